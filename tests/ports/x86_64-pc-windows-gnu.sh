# Windows on x86-64. It runs under Wine, which imitates the system.

prepare_windows() {
    install_packages gcc-mingw-w64-x86-64-win32
    local self=$OUT/self-windows
    mkdir -p "$self"
    # They register unwind tables on 32 bits only. std's own build makes them; -Zbuild-std does not.
    local file
    for file in rsbegin rsend; do
        : > "$self/$file.c"
        x86_64-w64-mingw32-gcc -c "$self/$file.c" -o "$self/$file.o"
    done
    # GNU ld sorts the imports by the paths of their libraries, some of which rustc writes where it
    # builds. So that is below /tmp, wherever this folder is.
    mkdir -p "$OUT/build"
    CARGO_TARGET_DIR=/tmp/bare-oauth-$(cksum <<< "$PWD" | cut -d ' ' -f 1)
    ln -sfn "$PWD/$OUT/build" "$CARGO_TARGET_DIR"
    TOOLS[x86_64-pc-windows-gnu]="$(x86_64-w64-mingw32-gcc --version | head -1)
$(x86_64-w64-mingw32-ld --version | head -1)"
    NOTICES[x86_64-pc-windows-gnu]="mingw-w64 $(package_version mingw-w64-x86-64-dev)=/usr/share/doc/mingw-w64-x86-64-dev/copyright
$(gcc_notice x86_64-w64-mingw32-gcc)"
    # No date in the file.
    FLAGS[x86_64-pc-windows-gnu]+=" -L native=$self -C link-arg=-Wl,--no-insert-timestamp"
}

try_windows() { # FOLDER
    install_packages wine wine64
    . tests/budgets
    assert_at_most "$WINDOWS_BYTES" "$1/bare-oauth.exe"
    assert_at_most "$WINDOWS_CLASSROOM_BYTES" "$1/bare-oauth-classroom.exe"
    # Wine before 9 has no bcryptprimitives.dll, from which std draws random bytes.
    # It stands beside the programs.
    local run=$OUT/wine-run
    mkdir -p "$run"
    cp "$1"/*.exe "$run/"
    cat > "$run/random.c" <<'END'
__declspec(dllimport) unsigned char SystemFunction036(void *buffer, unsigned long length);
__declspec(dllexport) int ProcessPrng(void *buffer, unsigned long long length) { return SystemFunction036(buffer, (unsigned long)length); }
END
    x86_64-w64-mingw32-gcc -shared -Os -s -o "$run/bcryptprimitives.dll" "$run/random.c" -ladvapi32
    if x86_64-w64-mingw32-objdump -p "$run/bare-oauth.exe" | grep -i 'DLL Name: lib'; then
        fail "$1/bare-oauth.exe needs a library that Windows hasn't"
    fi
    export WINEPREFIX=$PWD/$OUT/wine WINEDEBUG=-all WINEDLLOVERRIDES=mscoree,mshtml=
    local wine=/usr/lib/wine/wine64
    assert_refuses $wine "$run/bare-oauth.exe"
    # Windows always has a browser; with --break no browser is opened.
    assert_logs_in $wine "$run/bare-oauth-classroom.exe" practice --break fewer-scopes
    assert_lists_the_exam $wine "$run/bare-oauth-classroom.exe"
    assert_examines "$run/bare-oauth-classroom.exe" $wine
    /usr/lib/wine/wineserver64 -k || true
}
