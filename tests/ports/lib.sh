# What the scripts beside it share: functions, and nothing that happens when it is sourced. They need
# Debian 12 on x86-64 and a cargo. The compiler is Debian's own, because the source of its std can be had
# too (rust-web-src), and from that std is built for any system: nothing is asked of rustup.

TARGETS=(x86_64-unknown-linux-musl aarch64-unknown-linux-musl x86_64-pc-windows-gnu)

# What all of this was tried with last. Debian replaces its compiler without asking, so another one is
# said, and goes on; the budgets then warn.
TRIED_RUSTC=1.96.0
TRIED_MUSL=1.2.5
# The release of Debian that has that musl, which this one has not: from 1.2.4 on, musl unpacks relative
# relocations, which saves 40 KB of 1,423,392.
MUSL_RELEASE=trixie

# Relative, because cargo's hashes hold the flags: two folders, one file.
OUT=target/ports

# No backtraces, which nobody could read in a stripped file; 12 KB less for size before speed.
STD=(-Zbuild-std=std,panic_abort -Zbuild-std-features=optimize_for_size)

# For each target, filled in by its function `prepare_…`: flags of rustc; lines with the C compiler and the
# linker; lines NAME=FILE for all that these link in, with the file that says whose it is.
declare -A FLAGS TOOLS NOTICES

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
    if [ "$(rustc_version)" != $TRIED_RUSTC ]; then
        echo "this was tried with rustc $TRIED_RUSTC last; it goes on with $(rustc_version)" >&2
    fi
}

rustc_version() {
    /usr/bin/rustc --version | cut -d ' ' -f 2
}

package_version() { # PACKAGE
    dpkg-query --show --showformat '${Version}' "$1"
}

# The URL of Debian's packages, as apt knows it here.
debian_url() {
    # shellcheck disable=SC2016 # It is apt that fills these in.
    apt-get indextargets --format '$(REPO_URI)' 'Identifier: Packages' 'Label: Debian' 'Component: main' | head -1
}

# Unpacks a package of another release or architecture into $OUT/RELEASE-ARCHITECTURE; dpkg learns nothing
# of it. Its version is left there in the file `version`.
unpack() { # RELEASE ARCHITECTURE PACKAGE
    local root=$PWD/$OUT/$1-$2
    if [ -e "$root/version" ]; then
        return
    fi
    rm -rf "$root"
    mkdir -p "$root/lists/partial" "$root/archives/partial"
    : > "$root/status"
    [ -n "$(debian_url)" ] || apt-get update -qq
    echo "deb [signed-by=/usr/share/keyrings/debian-archive-keyring.gpg] $(debian_url) $1 main" > "$root/sources.list"
    cat > "$root/apt.conf" <<END
APT::Architecture "$2";
APT::Architectures "$2";
APT::Sandbox::User "root";
Dir::Etc::SourceList "$root/sources.list";
Dir::Etc::SourceParts "/dev/null";
Dir::State::lists "$root/lists";
Dir::State::status "$root/status";
Dir::Cache "$root";
END
    (
        cd "$root"
        export APT_CONFIG=$root/apt.conf
        apt-get update -qq && apt-get download -qq "$3"
    ) || return 1
    dpkg -x "$root/$3"_*.deb "$root" || return 1
    dpkg-deb --field "$root/$3"_*.deb Version > "$root/version"
}

# musl's files, from the release that has the right one, or else from this one. Says where they are.
unpack_musl() { # ARCHITECTURE
    local release
    for release in $MUSL_RELEASE "$(. /etc/os-release && echo "$VERSION_CODENAME")"; do
        if unpack "$release" "$1" musl-dev >&2; then
            echo "$OUT/$release-$1"
            return
        fi
        echo "Debian's $release has no musl-dev for $1 now" >&2
    done
    return 1
}

unpacks_relative_relocations() { # FOLDER: the musl there
    local version
    version=$(cat "$1/version")
    if dpkg --compare-versions "$version" lt 1.2.4; then
        echo "musl $version unpacks no relative relocations: they stay as they are" >&2
        return 1
    fi
}

# ---- What is built ----------------------------------------------------------------------------------

prepare() { # TARGET
    # No path of this machine stays in a file. A panic ends the program without a word, for which nothing
    # has to be linked in: 64 KB less. (None is known; the tests run on these files.)
    FLAGS[$1]="$(tests/flags.sh release) -Zunstable-options -Cpanic=immediate-abort"
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

# The same for every system with musl: start files and C library from its package, in the folder that rustc
# takes them from in the place of its own.
prepare_musl() { # TARGET ARCHITECTURE GCC AR
    local musl self include
    musl=$(unpack_musl "$2")
    self=$OUT/self-$2
    include=$PWD/$musl/usr/include/${1/-unknown/}
    mkdir -p "$self"
    cp "$musl/usr/lib/${1/-unknown/}"/{rcrt1,crt1,crti,crtn}.o "$musl/usr/lib/${1/-unknown/}/libc.a" "$self/"
    local file
    for file in crtbegin crtbeginS crtend crtendS; do
        cp "$("$3" -print-file-name=$file.o)" "$self/"
    done
    # For ring's C. CC_aarch64_unknown_linux_musl
    export "CC_${1//-/_}=$3"
    export "CFLAGS_${1//-/_}=-nostdinc -isystem $include -isystem $("$3" -print-file-name=include)"
    FLAGS[$1]+=" -C link-self-contained=yes -C linker=$3 -L native=$self"
    drop_unwinder "$1" "$3" "$4" "$self"
    drop_printf "$3" "$4" "$self"
    TOOLS[$1]=$("$3" --version | head -1)
    NOTICES[$1]="musl $(cat "$musl/version")=$musl/usr/share/doc/musl-dev/copyright
$(gcc_notice "$3")"
}

# With musl's start files stand some of GCC's.
gcc_notice() { # GCC
    local package
    package=$(dpkg --search "$("$1" -print-file-name=crtbegin.o)" | cut -d : -f 1)
    echo "GCC $("$1" -dumpfullversion)=/usr/share/doc/$package/copyright"
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
    echo 'SECTIONS { /DISCARD/ : { *(.eh_frame* .gcc_except_table* .comment) } } INSERT AFTER .text;' > "$4/no-unwind.ld"
    FLAGS[$1]+=" -C link-arg=-Wl,--no-eh-frame-hdr,-T,$4/no-unwind.ld"
}

# musl can name another thread, through /proc, and formats the path by printf, which nothing else here links
# in: 12,288 bytes. std names a thread only from within, and prctl(2) does that.
drop_printf() { # GCC AR FOLDER: the copy of libc.a there
    cat > "$3/pthread_setname_np.c" <<'END'
#include <sys/prctl.h>
int pthread_setname_np(void *self, const char *name) { (void)self; return prctl(PR_SET_NAME, name, 0, 0, 0); }
END
    "$1" -Os -c "$3/pthread_setname_np.c" -o "$3/pthread_setname_np.lo"
    "$2" rD "$3/libc.a" "$3/pthread_setname_np.lo"
}

build_all() { # TARGET...: the login alone and the whole, in $OUT/TARGET, and what belongs to both
    local target
    for target in "$@"; do
        prepare "$target"
    done
    build --no-default-features bare-oauth "$@"
    build --all-features bare-oauth-classroom "$@"
    for target in "$@"; do
        built_with "$target" > "$OUT/$target/BUILT-WITH"
        third_party "$target" > "$OUT/$target/THIRD-PARTY"
    done
    # The one that prepare_windows makes.
    if [ -L "$CARGO_TARGET_DIR" ]; then
        rm "$CARGO_TARGET_DIR"
    fi
}

build() { # FEATURES NAME TARGET...
    echo "building $2 for ${*:3}"
    # All at once: the end of each is one long step on one core. std is built the first time only.
    local targets=("${@:3}")
    cargo build --release --locked --quiet "${STD[@]}" "${targets[@]/#/--target=}" --bin bare-oauth "$1"
    local target
    for target in "${targets[@]}"; do
        local built=$CARGO_TARGET_DIR/$target/release/bare-oauth
        mkdir -p "$OUT/$target"
        if [[ $target == *windows* ]]; then
            cp "$built.exe" "$OUT/$target/$2.exe"
        else
            cp "$built" "$OUT/$target/$2"
        fi
    done
}

built_with() { # TARGET
    echo "These files for $1 were built with"
    echo "    $("$RUSTC" --version), Debian's rustc-web $(package_version rustc-web)"
    sed 's/^/    /' <<< "${TOOLS[$1]}"
    sed -n 's/^\(m.*\)=.*/    \1/p' <<< "${NOTICES[$1]}"
    echo "The scripts that built them were tried with rustc $TRIED_RUSTC and musl $TRIED_MUSL last."
}

third_party() { # TARGET
    local notices
    mapfile -t notices <<< "${NOTICES[$1]}"
    cargo build --release --locked --quiet "${STD[@]}" --target="$1" --bin bare-oauth --all-features \
        -Zunstable-options --unit-graph |
        tests/dist/third_party.py /usr/share/doc/rust-web-src/copyright "${notices[@]}"
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

# A budget is for the compiler and the C library that it was set with. With others it is a warning.
assert_at_most() { # BYTES FILE
    local bytes
    bytes=$(wc -c < "$2")
    if [ "$bytes" -le "$1" ]; then
        return
    fi
    if is_as_tried "$(dirname "$2")"; then
        fail "$2 has $bytes bytes, over its budget of $1: find what grew"
    fi
    echo "warning: $2 has $bytes bytes, over its budget of $1; another compiler or C library made it" >&2
}

is_as_tried() { # FOLDER
    grep -q "^    rustc $TRIED_RUSTC " "$1/BUILT-WITH" || return 1
    # Windows has no musl.
    ! grep '^    musl ' "$1/BUILT-WITH" | grep -qv "musl $TRIED_MUSL"
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
    BARE_OAUTH_BIN=$(realpath "$1") with_own_compiler cargo test --locked --quiet "${@:2}"
}

with_own_compiler() { # COMMAND...: with Rust's own compiler and flags, as in make test
    env -u RUSTC -u RUSTC_BOOTSTRAP CARGO_TARGET_DIR=target "$@"
}
