# Linux on x86-64, with musl: one file for every distribution. It runs here.

prepare_x86_64_musl() {
    install_packages musl-tools
    # Not musl-gcc -print-file-name, which finds glibc's.
    local lib=/usr/lib/x86_64-linux-musl
    local self=$OUT/self-x86_64
    mkdir -p "$self"
    # The files that rustup's target has in its folder `self-contained`.
    cp $lib/{rcrt1,crt1,crti,crtn}.o $lib/libc.a "$self/"
    local file
    for file in crtbegin crtbeginS crtend crtendS; do
        cp "$(gcc -print-file-name=$file.o)" "$self/"
    done
    export CC_x86_64_unknown_linux_musl=musl-gcc
    # Relative relocations stay unpacked: musl unpacks them from 1.2.4 on, and Debian 12 has 1.2.3.
    FLAGS[x86_64-unknown-linux-musl]+=" -C link-self-contained=yes -C linker=gcc -L native=$self"
    drop_unwinder x86_64-unknown-linux-musl musl-gcc ar "$self"
}

try_x86_64_musl() { # FOLDER
    . tests/budgets
    assert_at_most "$MUSL_BYTES" "$1/bare-oauth"
    assert_at_most "$MUSL_CLASSROOM_BYTES" "$1/bare-oauth-classroom"
    assert_static "$1/bare-oauth" X86-64
    assert_static "$1/bare-oauth-classroom" X86-64
    assert_refuses "$1/bare-oauth"
    assert_logs_in "$1/bare-oauth-classroom" practice
    assert_lists_the_exam "$1/bare-oauth-classroom"
    assert_examines "$1/bare-oauth-classroom"
    assert_passes_the_suite "$1/bare-oauth" --no-default-features --test suite
    assert_passes_the_suite "$1/bare-oauth-classroom" --test suite
    tests/needs.sh --install test-static
    assert_passes_the_suite "$1/bare-oauth" --no-default-features --test static -- --ignored
    assert_passes_the_suite "$1/bare-oauth-classroom" --test static -- --ignored
}
