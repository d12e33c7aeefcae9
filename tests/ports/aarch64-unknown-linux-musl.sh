# Linux on 64-bit ARM, with musl. It runs under qemu, which imitates the processor.

prepare_aarch64_musl() {
    install_packages gcc-aarch64-linux-gnu libc6-dev-arm64-cross qemu-user
    prepare_musl aarch64-unknown-linux-musl arm64 aarch64-linux-gnu-gcc aarch64-linux-gnu-ar
    # rustc knows no position-independent static file for this target: the start files of one stand
    # here under the names of the other.
    local self=$OUT/self-arm64
    cp "$self/rcrt1.o" "$self/crt1.o"
    cp "$self/crtbeginS.o" "$self/crtbegin.o"
    cp "$self/crtendS.o" "$self/crtend.o"
    FLAGS[aarch64-unknown-linux-musl]+=" -C link-arg=-static-pie"
    # Debian 12's GNU ld ignores it for this processor that relative relocations are to be packed. A cross
    # compiler looks for lld only where -B says.
    install_packages lld
    ln -sfn /usr/bin/ld.lld "$self/ld.lld"
    FLAGS[aarch64-unknown-linux-musl]+=" -C link-arg=-B$self -C link-arg=-fuse-ld=lld"
    TOOLS[aarch64-unknown-linux-musl]+=$'\n'$(ld.lld --version)
    if unpacks_relative_relocations "$(unpack_musl arm64)"; then
        FLAGS[aarch64-unknown-linux-musl]+=" -C link-arg=-Wl,--pack-dyn-relocs=relr"
    fi
}

try_aarch64_musl() { # FOLDER
    . tests/budgets
    assert_at_most "$AARCH64_MUSL_BYTES" "$1/bare-oauth"
    assert_at_most "$AARCH64_MUSL_CLASSROOM_BYTES" "$1/bare-oauth-classroom"
    assert_static "$1/bare-oauth" AArch64
    assert_static "$1/bare-oauth-classroom" AArch64
    assert_refuses qemu-aarch64 "$1/bare-oauth"
    assert_logs_in qemu-aarch64 "$1/bare-oauth-classroom" practice
    assert_lists_the_exam qemu-aarch64 "$1/bare-oauth-classroom"
    # Nothing that starts the program itself: the exam and the browser's child would need a kernel that
    # knows qemu. So neither the exam nor the suite runs here.
}
