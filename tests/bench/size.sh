#!/usr/bin/env bash
# size.sh release|static: how large the login alone is, in percent of the least program of the same
# packages, and where the difference is: by section, and with SYMBOLS=1 the code by crate. Fails over the
# budget. Both are built in a folder of their own, so that target/release keeps what `make build` made.
set -euo pipefail

build() { # FOLDER SUFFIX [--target TARGET]: both programs, into the folder
    cargo build --release --locked --quiet "${@:3}" --no-default-features --bin bare-oauth --example least
    local built=$CARGO_TARGET_DIR/${4:-}/release
    cp "$built/bare-oauth" "$1/login$2"
    cp "$built/examples/least" "$1/least$2"
}

# Each section with its size, but for those that no memory is read into.
sections() { # FILE
    LC_ALL=C size -A -d "$1" | awk '$2 ~ /^[0-9]+$/ && $1 !~ /bss|debug|symtab|strtab|Total/ {print $1, $2}'
}

# Each crate with the size of its code. `<a::B as c::D>::e` is of the crate a.
crates() { # FILE
    LC_ALL=C nm --demangle --size-sort --radix=d -S "$1" | awk '
        $3 ~ /[tTwW]/ {
            name = $4
            gsub(/^[<&(\[*]+/, "", name)
            sub(/::.*/, "", name)
            if ($0 !~ /::/) name = "C"
            size[name] += $2
        }
        END { for (name in size) print name, size[name] }'
}

more() { # LISTS LEAST LOGIN: what the login has more by one of the two functions above, the largest first
    awk '
        NR == FNR { least[$1] = $2; next }
        { seen[$1]; print $2 - least[$1], $1 }
        END { for (name in least) if (!(name in seen)) print -least[name], name }
    ' <("$1" "$2") <("$1" "$3") | sort -nr | awk '$1 >= 500 || $1 <= -500 {printf "%+9d %s\n", $1, $2}'
}

main() { # release|static
    cd "$(dirname "$0")/../.."
    . tests/budgets
    export CARGO_TARGET_DIR=target/size/build
    local folder=target/size/$1
    mkdir -p "$folder"
    local percent=$RELEASE_PERCENT
    local options=()
    RUSTFLAGS=$(tests/flags.sh release)
    if [ "$1" = static ]; then
        percent=$STATIC_PERCENT
        options=(--target "$(tests/flags.sh target)")
        RUSTFLAGS=$(tests/flags.sh static "${options[1]}")
    fi
    export RUSTFLAGS
    build "$folder" "" "${options[@]}"

    echo "the login has more than the least program ($1), in bytes, by section:"
    more sections "$folder/least" "$folder/login"
    if [ -n "${SYMBOLS:-}" ]; then
        CARGO_PROFILE_RELEASE_STRIP=none build "$folder" .symbols "${options[@]}"
        echo "and its code by crate:"
        more crates "$folder/least.symbols" "$folder/login.symbols"
    fi

    local login least
    login=$(wc -c < "$folder/login")
    least=$(wc -c < "$folder/least")
    awk -v login="$login" -v least="$least" -v percent="$percent" 'BEGIN {
        printf "%d bytes against %d: %.3f times; tests/budgets allows %.2f\n", login, least, login / least, percent / 100
    }'
    if [ $((login * 100)) -gt $((least * percent)) ]; then
        echo "over budget: find what grew, or say in tests/budgets why it may" >&2
        exit 1
    fi
}

main "$@"
