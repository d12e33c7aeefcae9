# Linux on 64-bit ARM, with musl. It runs under qemu, which imitates the processor.

prepare_aarch64_musl() {
    install_packages gcc-aarch64-linux-gnu libc6-dev-arm64-cross qemu-user
    unpack_foreign arm64 musl-dev
    local gcc=aarch64-linux-gnu-gcc
    local self=$OUT/self-aarch64
    local lib=$OUT/arm64/usr/lib/aarch64-linux-musl
    local include=$PWD/$OUT/arm64/usr/include/aarch64-linux-musl
    mkdir -p "$self"
    cp "$lib"/{rcrt1,crti,crtn}.o "$lib/libc.a" "$self/"
    # rustc knows no position-independent static file for this target: the start files of one stand
    # here under the names of the other.
    cp "$lib/rcrt1.o" "$self/crt1.o"
    local file
    for file in crtbegin crtend; do
        cp "$($gcc -print-file-name=${file}S.o)" "$self/$file.o"
        cp "$($gcc -print-file-name=${file}S.o)" "$self/${file}S.o"
    done
    export CC_aarch64_unknown_linux_musl=$gcc
    export CFLAGS_aarch64_unknown_linux_musl="-nostdinc -isystem $include -isystem $($gcc -print-file-name=include)"
    FLAGS[aarch64-unknown-linux-musl]+=" -C link-self-contained=yes -C linker=$gcc -L native=$self -C link-arg=-static-pie"
    drop_unwinder aarch64-unknown-linux-musl $gcc aarch64-linux-gnu-ar "$self"
}

try_aarch64_musl() { # FOLDER
    assert_static "$1/bare-oauth" AArch64
    assert_static "$1/bare-oauth-classroom" AArch64
    assert_refuses qemu-aarch64 "$1/bare-oauth"
    assert_logs_in qemu-aarch64 "$1/bare-oauth-classroom" practice
    assert_lists_the_exam qemu-aarch64 "$1/bare-oauth-classroom"
    # A file that starts it under qemu.
    printf '#!/bin/sh\nexec /usr/bin/qemu-aarch64 %s "$@"\n' "$PWD/$1/bare-oauth-classroom" > "$1/under-qemu"
    chmod +x "$1/under-qemu"
    assert_examines "$1/under-qemu"
    # One test measures memory, and would measure qemu's. Another leaves no descriptor free, and the shell
    # that starts qemu needs one.
    assert_passes_the_suite "$1/under-qemu" --test suite -- \
        --skip while_it_waits_it_takes_no_time_and_little_memory \
        --skip a_login_without_a_free_descriptor_ends_after_its_timeout
}
