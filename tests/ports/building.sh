# What build.sh does, target by target: functions, and nothing that happens when it is sourced. It needs
# lib.sh, and for each target the file of its name.

# For each target, filled in by its function `prepare_…`: flags of rustc; lines with the C compiler and the
# linker; lines NAME=FILE for all that these link in, with the file that says whose it is; more flags for the
# last crate of the whole, where there are any.
declare -A FLAGS TOOLS NOTICES CLASSROOM_FLAGS

prepare() { # TARGET
    # No path of this machine stays in a file. A panic ends the program without a word, and nothing that would
    # word it is linked in. (None is known; the tests run on these files.)
    FLAGS[$1]="$(tests/flags.sh release) -Zunstable-options -Cpanic=immediate-abort"
    # A derived `Debug` prints the name of a value and not its fields, which no message shows: 24,576 bytes.
    FLAGS[$1]+=" -Zfmt-debug=shallow"
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
    drop_unwinder "$3" "$4" "$self"
    drop_printf "$3" "$4" "$self"
    FLAGS[$1]+=" -C link-arg=-Wl,--no-eh-frame-hdr,-T,tests/ports/layout.ld"
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
drop_unwinder() { # CC AR FOLDER
    cat > "$3/unwind.c" <<'END'
int _Unwind_Backtrace(void *trace, void *argument) { (void)trace; (void)argument; return 5; }
unsigned long _Unwind_GetIP(void *context) { (void)context; return 0; }
END
    "$1" -Os -c "$3/unwind.c" -o "$3/unwind.o"
    rm -f "$3/libunwind.a"
    "$2" rcsD "$3/libunwind.a" "$3/unwind.o"
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
    local how=(--release --locked --quiet "${STD[@]}" --bin bare-oauth "$1")
    local target together=()
    for target in "${@:3}"; do
        if [ "$1" = --all-features ] && [ -n "${CLASSROOM_FLAGS[$target]:-}" ]; then
            # Cargo takes flags for the last crate for one target at a time.
            # shellcheck disable=SC2086 # They are several words.
            cargo rustc "${how[@]}" --target="$target" -- ${CLASSROOM_FLAGS[$target]}
        else
            together+=(--target="$target")
        fi
    done
    # All at once: the end of each is one long step on one core. std is built the first time only.
    if [ ${#together[@]} != 0 ]; then
        cargo build "${how[@]}" "${together[@]}"
    fi
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
