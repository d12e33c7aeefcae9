#!/usr/bin/env bash
# build.sh [TARGET...]: the login alone and the whole for these systems, or for all of them, in
# target/ports.
set -euo pipefail
cd "$(dirname "$0")/../.."
. tests/ports/lib.sh
. tests/ports/building.sh
. tests/ports/x86_64-unknown-linux-musl.sh
. tests/ports/aarch64-unknown-linux-musl.sh
. tests/ports/x86_64-pc-windows-gnu.sh

main() { # [TARGET...]
    use_debians_compiler
    if [ $# = 0 ]; then
        build_all "${TARGETS[@]}"
    else
        build_all "$@"
    fi
}

main "$@"
