#!/usr/bin/env bash
# ports.sh [TARGET...]: builds the program for these systems, or for all of them, and runs it as far as
# that goes on this one.
set -euo pipefail
cd "$(dirname "$0")/../.."
. tests/ports/lib.sh

main() { # [TARGET...]
    local targets=("$@")
    if [ $# = 0 ]; then
        targets=("${TARGETS[@]}")
    fi
    tests/ports/build.sh "${targets[@]}"
    local target
    for target in "${targets[@]}"; do
        tests/ports/try.sh "$target" "$OUT/$target"
    done
    tests/ports/check-types.sh
}

main "$@"
