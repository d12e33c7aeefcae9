#!/usr/bin/env bash
# check-types.sh: checks the types for systems that can't be linked for here, where nothing runs.
set -euo pipefail
cd "$(dirname "$0")/../.."
. tests/ports/lib.sh

SYSTEMS=(aarch64-apple-darwin x86_64-unknown-freebsd)

check() { # FEATURES
    echo "checking the types for ${SYSTEMS[*]}, $1"
    # --release: with the macros and build scripts of build.sh. No C is compiled: ring's build script finds
    # `true` for a compiler.
    CC=true AR=true cargo check --release --locked --quiet "${STD[@]}" "${SYSTEMS[@]/#/--target=}" "$1"
}

main() {
    use_debians_compiler
    check --no-default-features
    check --all-features
}

main
