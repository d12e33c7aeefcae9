# Linux on 64-bit ARM, with musl. It runs under qemu, which imitates the processor.
prepare() {
    install gcc-aarch64-linux-gnu libc6-dev-arm64-cross qemu-user
    foreign arm64 musl-dev
    local gcc=aarch64-linux-gnu-gcc self=$out/self-aarch64
    local lib=$out/arm64/usr/lib/aarch64-linux-musl include=$PWD/$out/arm64/usr/include/aarch64-linux-musl
    mkdir -p "$self"
    cp "$lib"/{rcrt1,crti,crtn}.o "$lib/libc.a" "$self/"
    # rustc knows no position-independent static file for this target: the start files of one stand
    # here under the names of the other.
    cp "$lib/rcrt1.o" "$self/crt1.o"
    for file in begin end; do
        for kind in '' S; do cp "$($gcc -print-file-name=crt${file}S.o)" "$self/crt$file$kind.o"; done
    done
    export CC_aarch64_unknown_linux_musl=$gcc
    export CFLAGS_aarch64_unknown_linux_musl="-nostdinc -isystem $include -isystem $($gcc -print-file-name=include)"
    flags+=" -C link-self-contained=yes -C linker=$gcc -L native=$self -C link-arg=-static-pie"
    no_unwinder $gcc aarch64-linux-gnu-ar "$self"
}

try() { # FOLDER
    is_static "$1/bare-oauth" AArch64
    is_static "$1/bare-oauth-classroom" AArch64
    refuses qemu-aarch64 "$1/bare-oauth"
    logs_in qemu-aarch64 "$1/bare-oauth-classroom"
    lists_the_exam qemu-aarch64 "$1/bare-oauth-classroom"
    printf '#!/bin/sh\nexec /usr/bin/qemu-aarch64 %s "$@"\n' "$PWD/$1/bare-oauth-classroom" > "$1/under-qemu"
    chmod +x "$1/under-qemu"
    examines "$1/under-qemu"
    # One test measures memory, and would measure qemu's. Others give the program a second, which is
    # enough where each has a core.
    suite "$1/under-qemu" --test suite -- --test-threads 2 --skip while_it_waits_it_takes_no_time_and_little_memory
}
