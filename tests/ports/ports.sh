#!/usr/bin/env bash
# ports.sh [TARGET...]: builds the program for these systems, or for all of them, and runs it as far as
# that goes on this one.
set -euo pipefail
cd "$(dirname "$0")/../.."
. tests/ports/lib.sh
. tests/ports/x86_64-unknown-linux-musl.sh
. tests/ports/aarch64-unknown-linux-musl.sh
. tests/ports/x86_64-pc-windows-gnu.sh

try() { # TARGET
    echo "running $1"
    case $1 in
        x86_64-unknown-linux-musl) try_x86_64_musl "$OUT/$1" ;;
        aarch64-unknown-linux-musl) try_aarch64_musl "$OUT/$1" ;;
        x86_64-pc-windows-gnu) try_windows "$OUT/$1" ;;
    esac
}

# There is no linker for these here, and no C library: their types are checked, and nothing runs.
check_types() { # FEATURES
    local systems=(aarch64-apple-darwin x86_64-unknown-freebsd)
    echo "checking the types for ${systems[*]}, $1"
    # --release: with the macros and build scripts that were built above.
    CC=true AR=true cargo check --release --locked --quiet "${STD[@]}" "${systems[@]/#/--target=}" "$1"
}

main() { # [TARGET...]
    local targets=("$@")
    if [ $# = 0 ]; then
        targets=("${TARGETS[@]}")
    fi
    tests/ports/build.sh "${targets[@]}"
    use_debians_compiler
    local target
    for target in "${targets[@]}"; do
        (try "$target")
    done
    check_types --no-default-features
    check_types --all-features
    for target in "${targets[@]}"; do
        wc -c "$OUT/$target"/bare-oauth*
    done
}

main "$@"
