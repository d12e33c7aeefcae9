#!/usr/bin/env bash
# static.sh [--classroom]: builds the login alone, or with --classroom all of it, as a static file in
# target/static, and looks at what the linker made.
set -euo pipefail

build() { # FILE TARGET FEATURES
    RUSTFLAGS=$(tests/flags.sh static "$2") cargo build --release --locked --quiet --target "$2" --bin bare-oauth "$3"
    mkdir -p "$(dirname "$1")"
    cp "target/$2/release/bare-oauth" "$1"
}

check() { # FILE TARGET
    local headers
    headers=$(LC_ALL=C readelf -hldSW "$1")
    if grep -E 'INTERP|\(NEEDED\)' <<< "$headers"; then
        fail "$1 is not static"
    fi
    if grep '\.symtab' <<< "$headers"; then
        fail "$1 is not stripped"
    fi
    if [[ $2 == x86_64-* ]] && ! grep -q 'Type: *DYN' <<< "$headers"; then
        fail "$1 is not position-independent"
    fi
    echo "static: no INTERP, nothing NEEDED; stripped: no .symtab; $(awk '/Type:/ {print $2; exit}' <<< "$headers")"
    "$1" --version || fail "$1 does not run: is this glibc older than 2.36?"
    wc -c "$1"
}

fail() { # WORDS
    echo "$1" >&2
    exit 1
}

main() { # [--classroom]
    cd "$(dirname "$0")/.."
    export CARGO_TARGET_DIR=target
    local target
    target=$(tests/flags.sh target)
    echo "building for $target"
    local file=target/static/bare-oauth
    local features=--no-default-features
    if [ "${1:-}" = --classroom ]; then
        file=target/static/bare-oauth-classroom
        features=--all-features
    fi
    build $file "$target" $features
    check $file "$target"
}

main "$@"
