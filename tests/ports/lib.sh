# What the scripts beside it share: functions, and nothing that happens when it is sourced. They need
# Debian 12 on x86-64 and a cargo. The compiler is Debian's own, because the source of its std can be had
# too (rust-web-src), and from that std is built for any system: nothing is asked of rustup.

TARGETS=(x86_64-unknown-linux-musl aarch64-unknown-linux-musl x86_64-pc-windows-gnu)

# Relative, because cargo's hashes hold the flags: two folders, one file.
OUT=target/ports

# No backtraces, which nobody could read in a stripped file; 12 KB less for size before speed.
STD=(-Zbuild-std=std,panic_abort -Zbuild-std-features=optimize_for_size)

# The flags of rustc for each target, which its function `prepare_…` adds to.
declare -A FLAGS

fail() { # WORDS
    echo "$1" >&2
    exit 1
}

# ---- What is installed ------------------------------------------------------------------------------

install_packages() { # PACKAGE...: those that are missing
    local missing=()
    local package
    for package in "$@"; do
        dpkg -s "$package" > /dev/null 2>&1 || missing+=("$package")
    done
    if [ ${#missing[@]} -gt 0 ]; then
        apt-get update -qq
        DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "${missing[@]}"
    fi
}

use_debians_compiler() {
    install_packages rustc-web rust-web-src
    # RUSTC_BOOTSTRAP: building std is not stable yet.
    export RUSTC=/usr/bin/rustc RUSTC_BOOTSTRAP=1 CARGO_TARGET_DIR=$OUT/build
    unset RUSTFLAGS CARGO_ENCODED_RUSTFLAGS CARGO_BUILD_TARGET
}

unpack_foreign() { # ARCHITECTURE PACKAGE: unpacked in $OUT/ARCHITECTURE; dpkg learns nothing of it
    local root=$PWD/$OUT/$1
    if [ -d "$root/usr" ]; then
        return
    fi
    mkdir -p "$root/lists/partial" "$root/archives/partial"
    : > "$root/status"
    cat > "$root/apt.conf" <<END
APT::Architecture "$1";
APT::Architectures "$1";
APT::Sandbox::User "root";
Dir::State::lists "$root/lists";
Dir::State::status "$root/status";
Dir::Cache "$root";
END
    (
        cd "$root"
        export APT_CONFIG=$root/apt.conf
        apt-get update -qq
        apt-get download -qq "$2"
    )
    dpkg -x "$root/$2"_*.deb "$root"
}

# ---- What is built ----------------------------------------------------------------------------------

prepare() { # TARGET
    # No path of this machine stays in a file.
    FLAGS[$1]=$(tests/flags.sh release)
    case $1 in
        x86_64-unknown-linux-musl) prepare_x86_64_musl ;;
        aarch64-unknown-linux-musl) prepare_aarch64_musl ;;
        x86_64-pc-windows-gnu) prepare_windows ;;
        *) fail "no script is written for $1" ;;
    esac
    # CARGO_TARGET_X86_64_UNKNOWN_LINUX_MUSL_RUSTFLAGS
    local variable=CARGO_TARGET_${1^^}_RUSTFLAGS
    export "${variable//-/_}=${FLAGS[$1]}"
}

# Where a panic aborts, nothing unwinds, and a stripped file has no names to trace.
drop_unwinder() { # TARGET CC AR FOLDER
    cat > "$4/unwind.c" <<'END'
int _Unwind_Backtrace(void *trace, void *argument) { (void)trace; (void)argument; return 5; }
unsigned long _Unwind_GetIP(void *context) { (void)context; return 0; }
END
    "$2" -Os -c "$4/unwind.c" -o "$4/unwind.o"
    rm -f "$4/libunwind.a"
    "$3" rcsD "$4/libunwind.a" "$4/unwind.o"
    echo 'SECTIONS { /DISCARD/ : { *(.eh_frame* .gcc_except_table*) } } INSERT AFTER .text;' > "$4/no-unwind.ld"
    FLAGS[$1]+=" -C link-arg=-Wl,--no-eh-frame-hdr,-T,$4/no-unwind.ld"
}

build_all() { # TARGET...: the login alone and the whole, in $OUT/TARGET
    local target
    for target in "$@"; do
        prepare "$target"
    done
    build --no-default-features bare-oauth "$@"
    build --all-features bare-oauth-classroom "$@"
    # The one that prepare_windows makes.
    if [ -L "$CARGO_TARGET_DIR" ]; then
        rm "$CARGO_TARGET_DIR"
    fi
}

build() { # FEATURES NAME TARGET...
    echo "building $2 for ${*:3}"
    local options=()
    local target
    for target in "${@:3}"; do
        options+=("--target=$target")
    done
    # All at once: the end of each is one long step on one core. std is built the first time only.
    cargo build --release --locked --quiet "${STD[@]}" "${options[@]}" --bin bare-oauth "$1"
    for target in "${@:3}"; do
        local built=$CARGO_TARGET_DIR/$target/release/bare-oauth
        mkdir -p "$OUT/$target"
        if [[ $target == *windows* ]]; then
            cp "$built.exe" "$OUT/$target/$2.exe"
        else
            cp "$built" "$OUT/$target/$2"
        fi
    done
}

# ---- What is tried ----------------------------------------------------------------------------------

assert_static() { # FILE MACHINE
    local headers
    headers=$(LC_ALL=C readelf -hldSW "$1")
    if grep -E 'INTERP|\(NEEDED\)|\.symtab' <<< "$headers"; then
        fail "$1 is not static and stripped"
    fi
    grep -q 'Type: *DYN' <<< "$headers" || fail "$1 is not position-independent"
    grep -q "Machine:.*$2" <<< "$headers" || fail "$1 is not for $2"
}

assert_at_most() { # BYTES FILE
    local bytes
    bytes=$(wc -c < "$2")
    [ "$bytes" -le "$1" ] || fail "$2 has $bytes bytes, over its budget of $1: find what grew"
}

# It logs in at its own practice provider, where there is no browser, so that practice plays the person.
assert_logs_in() { # COMMAND...
    local login
    login=$(env -u BROWSER -u DISPLAY -u WAYLAND_DISPLAY "$@" 2> "$OUT/said" | head -1)
    [ "${login%$'\r'}" = "login: octocat" ] || fail "$(cat "$OUT/said")"
}

# Its exit status, and a part of what it says.
assert_ends_with() { # STATUS WORDS COMMAND...
    local status=0
    "${@:3}" > /dev/null 2> "$OUT/said" || status=$?
    [ $status = "$1" ] || fail "${*:3} ended with $status: $(cat "$OUT/said")"
    grep -q "$2" "$OUT/said" || fail "${*:3} didn't say $2: $(cat "$OUT/said")"
}

# The login alone, and what it refuses.
assert_refuses() { # COMMAND...
    "$@" --version
    local command
    for command in practice provider exam; do
        assert_ends_with 2 bare-oauth-classroom "$@" $command
    done
    assert_ends_with 2 'unknown option' "$@" --nope
    assert_ends_with 1 CLIENT_ID env -u CLIENT_ID "$@"
}

# It has every case.
assert_lists_the_exam() { # COMMAND...
    "$@" exam --list | tr -d '\r' | diff tests/golden/exam-list.txt - || fail "$* exam --list differs"
}

# It examines itself.
assert_examines() { # FILE [COMMAND...]: the program, and what starts it
    "${@:2}" "$1" exam --only login,state,pkce -- "$1" > "$OUT/said" || fail "$(cat "$OUT/said")"
    grep -q '^3 passed' "$OUT/said" || fail "$(cat "$OUT/said")"
}

# The suite, built for this machine, with this file in the program's place.
assert_passes_the_suite() { # FILE OPTION...
    BARE_OAUTH_BIN=$PWD/$1 with_own_compiler cargo test --locked --quiet "${@:2}"
}

with_own_compiler() { # COMMAND...: with Rust's own compiler and flags, as in make test
    env -u RUSTC -u RUSTC_BOOTSTRAP CARGO_TARGET_DIR=target "$@"
}
