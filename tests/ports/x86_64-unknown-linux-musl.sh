# Linux on x86-64, with musl: one file for every distribution. It runs here.

prepare_x86_64_musl() {
    prepare_musl x86_64-unknown-linux-musl amd64 gcc ar
    TOOLS[x86_64-unknown-linux-musl]+=$'\n'$(ld --version | head -1)
    # The linker makes a call through a table a direct one: 4,096 bytes, and 176 addresses less to relocate at the
    # start. Old linkers can't, so rustc doesn't ask for it by itself.
    FLAGS[x86_64-unknown-linux-musl]+=" -Zrelax-elf-relocations=yes"
    # In the whole, equal runs of instructions are made functions where that saves 30 bytes: 8,192 bytes. In the
    # login alone it would be as many, and its start 4 % longer, so there it isn't done. LLVM does so by itself for
    # ARM at this level, and here on demand. It leaves alone all that touches the stack pointer, the instruction
    # pointer or a red zone; C and assembly are not its business.
    CLASSROOM_FLAGS[x86_64-unknown-linux-musl]="-C llvm-args=-enable-machine-outliner"
    CLASSROOM_FLAGS[x86_64-unknown-linux-musl]+=" -C llvm-args=-outliner-benefit-threshold=30"
    if unpacks_relative_relocations "$(unpack_musl amd64)"; then
        FLAGS[x86_64-unknown-linux-musl]+=" -C link-arg=-Wl,-z,pack-relative-relocs,-T,tests/ports/constants.ld"
    fi
}

try_x86_64_musl() { # FOLDER
    . tests/budgets
    assert_at_most "$X86_64_MUSL_BYTES" "$1/bare-oauth"
    assert_at_most "$X86_64_MUSL_CLASSROOM_BYTES" "$1/bare-oauth-classroom"
    assert_static "$1/bare-oauth" X86-64
    assert_static "$1/bare-oauth-classroom" X86-64
    assert_waits_in "$MUSL_WAITING_KB" "$1/bare-oauth"
    assert_refuses "$1/bare-oauth"
    assert_logs_in "$1/bare-oauth-classroom" practice
    assert_lists_the_exam "$1/bare-oauth-classroom"
    assert_examines "$1/bare-oauth-classroom"
    assert_passes_the_suite "$1/bare-oauth" --no-default-features --test suite
    assert_passes_the_suite "$1/bare-oauth-classroom" --test suite
    assert_passes_the_suite "$1/bare-oauth-classroom" --test suite -- --ignored fuzz::
    tests/needs.sh --install test-static test-faults
    assert_passes_the_suite "$1/bare-oauth" --no-default-features --test static -- --ignored
    assert_passes_the_suite "$1/bare-oauth-classroom" --test static -- --ignored
    ABORTS_AT_ONCE=1 BARE_OAUTH_BIN=$(realpath "$1/bare-oauth-classroom") tests/faults.py
}
