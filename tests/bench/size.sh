#!/usr/bin/env bash
# size.sh PERCENT [TARGET]: how large the login alone is, in percent of the least program of the same
# packages, and where the difference is: by section, and with SYMBOLS=1 the code by crate. Both are
# built here, in a folder of their own, so that target/release keeps what `make build` made.
set -euo pipefail
export CARGO_TARGET_DIR=target/size/build
budget=$1 target=${2:-}
[ -n "$target" ] && set -- --target "$target" || set --
built=$CARGO_TARGET_DIR/${target:+$target/}release
folder=target/size/${target:-release}
mkdir -p "$folder"

build() { # NAME: stripped, as it is handed out, or with its symbols
    cargo build --release --locked --quiet "${@:2}" --no-default-features --bin bare-oauth --example least
    cp "$built/bare-oauth" "$folder/login$1"
    cp "$built/examples/least" "$folder/least$1"
}
build "" "$@"
[ -z "${SYMBOLS:-}" ] || CARGO_PROFILE_RELEASE_STRIP=none build .symbols "$@"

sections() { LC_ALL=C size -A -d "$1" | awk '$2 ~ /^[0-9]+$/ && $1 !~ /bss|debug|symtab|strtab|Total/ {print $1, $2}'; }
# `<a::B as c::D>::e` is of the crate a.
crates() {
    LC_ALL=C nm --demangle --size-sort --radix=d -S "$1" |
        awk '$3 ~ /[tTwW]/ {name = $4; gsub(/^[<&(\[*]+/, "", name); sub(/::.*/, "", name)
            if ($0 !~ /::/) name = "C"
            size[name] += $2}
            END {for (name in size) print name, size[name]}'
}
more() { # FILE FILE: what the first has more, the largest first
    awk 'NR == FNR {least[$1] = $2; next} {seen[$1]; print $2 - least[$1], $1}
        END {for (name in least) if (!(name in seen)) print -least[name], name}' <("$1" "$folder/least$2") <("$1" "$folder/login$2") |
        sort -nr | awk '$1 >= 500 || $1 <= -500 {printf "%+9d %s\n", $1, $2}'
}
login=$(wc -c < "$folder/login") least=$(wc -c < "$folder/least")
echo "what the login has more than the least program (${target:-release}), in bytes, by section:"
more sections ""
[ -z "${SYMBOLS:-}" ] || { echo "and its code by crate:"; more crates .symbols; }
awk -v login="$login" -v least="$least" -v budget="$budget" 'BEGIN {
    printf "%d bytes against %d: %.3f times; the Makefile allows %.2f\n", login, least, login / least, budget / 100}'
[ $((login * 100)) -le $((least * budget)) ] ||
    { echo "over budget: find what grew, or say in the Makefile why it may" >&2; exit 1; }
