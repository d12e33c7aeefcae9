# Linux on x86-64, with musl: one file for every distribution. It runs here.
prepare() {
    install musl-tools
    # Not musl-gcc -print-file-name, which finds glibc's.
    local lib=/usr/lib/x86_64-linux-musl self=$out/self-x86_64
    mkdir -p "$self"
    # What rustup's target has in its folder `self-contained`.
    cp $lib/{rcrt1,crt1,crti,crtn}.o $lib/libc.a "$self/"
    for file in crtbegin crtbeginS crtend crtendS; do cp "$(gcc -print-file-name=$file.o)" "$self/"; done
    export CC_x86_64_unknown_linux_musl=musl-gcc
    # Relative relocations stay unpacked: musl unpacks them from 1.2.4 on, and Debian 12 has 1.2.3.
    flags+=" -C link-self-contained=yes -C linker=gcc -L native=$self"
    no_unwinder musl-gcc ar "$self"
}

try() { # FOLDER
    is_at_most 1520000 "$1/bare-oauth"
    is_at_most 1700000 "$1/bare-oauth-classroom"
    is_static "$1/bare-oauth" X86-64
    is_static "$1/bare-oauth-classroom" X86-64
    refuses "$1/bare-oauth"
    logs_in "$1/bare-oauth-classroom"
    lists_the_exam "$1/bare-oauth-classroom"
    examines "$1/bare-oauth-classroom"
    suite "$1/bare-oauth" --no-default-features --test suite
    suite "$1/bare-oauth-classroom" --test suite
    install util-linux iproute2 openssl
    suite "$1/bare-oauth" --no-default-features --test static -- --ignored
    suite "$1/bare-oauth-classroom" --test static -- --ignored
}
