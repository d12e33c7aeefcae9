#!/usr/bin/env bash
# flags.sh release        the flags of rustc for every file that is handed out
# flags.sh target         the target of a static file here
# flags.sh static TARGET  the flags of rustc for a static file
#
# The static file with glibc has 2,961,928 bytes without any of what is done below, with Rust 1.95 and its
# own lld. Kept, on x86-64 (on ARM GNU ld refuses the script):
#
#   102,296  relative relocations packed; glibc 2.36 and later unpacks them (musl from 1.2.4 on, but
#            Debian 12 has 1.2.3, so there they aren't packed)
#   307,688  unwind tables dropped, which nothing reads: a panic aborts
#
# Not kept, each tried on top of these two:
#
#    39,936  equal code made a function (-C llvm-args=-enable-machine-outliner): LLVM promises
#            nothing of it, and on this processor hardly anybody uses it
#    12,992  identical functions folded (--icf=all; 0 with --icf=safe): C promises that two functions
#            of glibc have two addresses, and only lld can
#     4,096  strings merged (-O2)
#     1,216  `log` messages compiled out (--cfg feature="max_level_off"): LTO has dropped the rest
#         0  unwind tables not made (-C force-unwind-tables=no), -C relocation-model=pie
#
# Dead sections are dropped by default.
set -euo pipefail

release() {
    # No path of this machine stays in a file: 4,096 bytes less, and the same bytes everywhere.
    echo "--remap-path-prefix=${CARGO_HOME:-$HOME/.cargo}/registry/src="
}

# musl where its standard library and a C compiler for it (for ring) are installed, glibc otherwise.
target() {
    local arch musl
    arch=$(uname -m)
    musl=$arch-unknown-linux-musl
    if [ ! -d "$(rustc --print target-libdir --target "$musl")" ]; then
        echo "musl is not installed: rustup target add $musl" >&2
        echo "$arch-unknown-linux-gnu"
    elif ! command -v "$arch-linux-musl-gcc" > /dev/null && ! command -v musl-gcc > /dev/null; then
        echo "its C compiler is not installed: apt-get install musl-tools" >&2
        echo "$arch-unknown-linux-gnu"
    else
        echo "$musl"
    fi
}

static() { # TARGET
    local flags script
    flags=$(release)
    if [[ $1 == *-gnu ]]; then
        flags+=" -C target-feature=+crt-static"
    fi
    # rustc makes static files position-independent on x86-64; on 64-bit ARM it doesn't.
    if [ "$1" = x86_64-unknown-linux-gnu ]; then
        script=target/static/no-unwind.ld
        mkdir -p target/static
        echo 'SECTIONS { /DISCARD/ : { *(.eh_frame* .gcc_except_table*) } } INSERT AFTER .text;' > $script
        flags+=" -C link-arg=-Wl,-z,pack-relative-relocs -C link-arg=-Wl,--no-eh-frame-hdr,-T,$script"
    fi
    echo "$flags"
}

cd "$(dirname "$0")/.."
"$@"
