# Sourced by the scripts beside it: what they share. They need Debian 12 on x86-64 and a cargo. The
# compiler is Debian's own, because the source of its std can be had too (rust-web-src), and from that
# std is built for any system: nothing is asked of rustup.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."
# Relative, because cargo's hashes hold the flags: two folders, one file.
out=target/ports
targets=(x86_64-unknown-linux-musl aarch64-unknown-linux-musl x86_64-pc-windows-gnu)

install() { # PACKAGE...: those that are missing
    local missing=()
    for package in "$@"; do dpkg -s "$package" >/dev/null 2>&1 || missing+=("$package"); done
    [ ${#missing[@]} = 0 ] && return
    apt-get update -qq
    DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "${missing[@]}"
}
install rustc-web rust-web-src

# RUSTC_BOOTSTRAP: building std is not stable yet.
export RUSTC=/usr/bin/rustc RUSTC_BOOTSTRAP=1 CARGO_TARGET_DIR=$out/build
unset RUSTFLAGS CARGO_ENCODED_RUSTFLAGS CARGO_BUILD_TARGET
# No backtraces, which nobody could read in a stripped file; 12 KB less for size before speed.
std=(-Zbuild-std=std,panic_abort -Zbuild-std-features=optimize_for_size)

foreign() { # ARCHITECTURE PACKAGE: unpacked in $out/ARCHITECTURE; dpkg learns nothing of it
    local root=$PWD/$out/$1
    [ -d "$root/usr" ] && return
    mkdir -p "$root/lists/partial" "$root/archives/partial"
    : > "$root/status"
    cat > "$root/apt.conf" <<EOF
APT::Architecture "$1"; APT::Architectures "$1"; APT::Sandbox::User "root";
Dir::State::lists "$root/lists"; Dir::State::status "$root/status"; Dir::Cache "$root";
EOF
    (cd "$root" && export APT_CONFIG=$root/apt.conf && apt-get update -qq && apt-get download -qq "$2")
    dpkg -x "$root/$2"_*.deb "$root"
}

no_unwinder() { # CC AR FOLDER: where a panic aborts, nothing unwinds, and a stripped file has no names to trace
    cat > "$3/unwind.c" <<'EOF'
int _Unwind_Backtrace(void *trace, void *argument) { (void)trace; (void)argument; return 5; }
unsigned long _Unwind_GetIP(void *context) { (void)context; return 0; }
EOF
    "$1" -Os -c "$3/unwind.c" -o "$3/unwind.o"
    rm -f "$3/libunwind.a"
    "$2" rcsD "$3/libunwind.a" "$3/unwind.o"
    echo 'SECTIONS { /DISCARD/ : { *(.eh_frame* .gcc_except_table*) } } INSERT AFTER .text;' > "$3/no-unwind.ld"
    flags+=" -C link-arg=-Wl,--no-eh-frame-hdr,-T,$3/no-unwind.ld"
}

build() { # TARGET...: the login alone and the whole, in $out/TARGET
    local target flags variable features name file
    for target in "$@"; do
        # No path of this machine stays in a file.
        flags=--remap-path-prefix=${CARGO_HOME:-$HOME/.cargo}/registry/src=
        . "tests/ports/$target.sh"
        prepare
        variable=CARGO_TARGET_${target^^}_RUSTFLAGS
        export "${variable//-/_}=$flags"
        mkdir -p "$out/$target"
    done
    for features in --no-default-features --all-features; do
        name=bare-oauth
        [ $features = --all-features ] && name=bare-oauth-classroom
        echo "building $name for $*"
        # All at once: the end of each is one long step on one core. std is built the first time only.
        cargo build --release --locked --quiet "${std[@]}" "${@/#/--target=}" --bin bare-oauth $features
        for target in "$@"; do
            for file in "$CARGO_TARGET_DIR/$target/release"/bare-oauth{,.exe}; do
                if [ -e "$file" ]; then cp "$file" "$out/$target/$name${file##*/bare-oauth}"; fi
            done
        done
    done
    if [ -L "$CARGO_TARGET_DIR" ]; then rm "$CARGO_TARGET_DIR"; fi
}

is_static() { # FILE MACHINE
    local said
    said=$(LC_ALL=C readelf -hldSW "$1")
    if grep -E 'INTERP|\(NEEDED\)|\.symtab' <<< "$said" || ! grep -q 'Type: *DYN' <<< "$said" || ! grep -q "Machine:.*$2" <<< "$said"; then
        echo "$1 is not static, stripped and position-independent for $2" >&2
        exit 1
    fi
}

is_at_most() { # BYTES FILE
    local bytes
    bytes=$(wc -c < "$2")
    [ "$bytes" -le "$1" ] || { echo "$2 has $bytes bytes, over its budget of $1: find what grew" >&2; exit 1; }
}

logs_in() { # COMMAND...: logs in at its own practice provider, where there is no browser
    local login
    login=$(env -u BROWSER -u DISPLAY -u WAYLAND_DISPLAY "$@" practice 2> "$out/said" | head -1)
    [ "${login%$'\r'}" = "login: octocat" ] || { cat "$out/said" >&2; exit 1; }
}

ends_with() { # CODE WORDS COMMAND...: its exit status, and what it says
    local code=0
    "${@:3}" > /dev/null 2> "$out/said" || code=$?
    [ $code = "$1" ] && grep -q "$2" "$out/said" || { cat "$out/said" >&2; exit 1; }
}

refuses() { # COMMAND...: the login alone, and what ends it
    "$@" --version
    local command
    for command in practice provider exam; do ends_with 2 bare-oauth-classroom "$@" $command; done
    ends_with 2 'unknown option' "$@" --nope
    ends_with 1 CLIENT_ID env -u CLIENT_ID "$@"
}

lists_the_exam() { # COMMAND...: it has every case
    "$@" exam --list | tr -d '\r' | diff tests/suite/exam-list.txt - ||
        { echo "$* exam --list isn't tests/suite/exam-list.txt" >&2; exit 1; }
}

examines() { # FILE [COMMAND...]: itself, started by this command
    "${@:2}" "$1" exam --only login,state,pkce -- "$1" > "$out/said" && grep -q '^3 passed' "$out/said" ||
        { cat "$out/said" >&2; exit 1; }
}

suite() { # FILE [OPTION...]: the suite, built for this machine, with this file in the program's place
    # Rust's own compiler and flags, as in make test.
    (unset RUSTC RUSTC_BOOTSTRAP RUSTFLAGS; export CARGO_TARGET_DIR=target BARE_OAUTH_BIN=$PWD/$1; shift
        RUST_TEST_THREADS=8 cargo test --locked --quiet "$@")
}
