# Linux on 64-bit ARM, with musl. It runs here by qemu, which imitates the processor.

prepare_aarch64_musl() {
    install_packages gcc-aarch64-linux-gnu libc6-dev-arm64-cross
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
        FLAGS[aarch64-unknown-linux-musl]+=" -C link-arg=-Wl,--pack-dyn-relocs=relr,-T,tests/ports/constants.ld"
    fi
}

try_aarch64_musl() { # FOLDER
    install_packages qemu-user-static
    . tests/budgets
    assert_at_most "$AARCH64_MUSL_BYTES" "$1/bare-oauth"
    assert_at_most "$AARCH64_MUSL_CLASSROOM_BYTES" "$1/bare-oauth-classroom"
    assert_static "$1/bare-oauth" AArch64
    assert_static "$1/bare-oauth-classroom" AArch64
    local qemu=$PWD/tests/ports/with-qemu.sh
    assert_refuses "$qemu" "$1/bare-oauth"
    assert_logs_in "$qemu" "$1/bare-oauth-classroom" practice
    assert_lists_the_exam "$qemu" "$1/bare-oauth-classroom"
    # Cargo starts the tests by it, and so they can start the file. qemu is slow, so that half as many run
    # side by side, and the memory of the file can't be told from its own. Where a program with threads starts
    # another, qemu 7.2 hangs now and then: so neither the exam nor what starts a browser runs here.
    export CARGO_TARGET_X86_64_UNKNOWN_LINUX_GNU_RUNNER=$qemu RUST_TEST_THREADS=4
    assert_passes_the_suite "$1/bare-oauth" --no-default-features --test suite -- --skip little_memory --skip opener
    tests/needs.sh --install test-static
    assert_passes_the_suite "$1/bare-oauth" --no-default-features --test static -- --ignored
    assert_passes_the_suite "$1/bare-oauth-classroom" --test static -- --ignored
}
