#!/usr/bin/env bash
# try.sh TARGET FOLDER: runs what build.sh made for a system, and left in this folder, as far as that goes
# on this one.
set -euo pipefail
cd "$(dirname "$0")/../.."
. tests/ports/lib.sh
. tests/ports/trying.sh
. tests/ports/x86_64-unknown-linux-musl.sh
. tests/ports/aarch64-unknown-linux-musl.sh
. tests/ports/x86_64-pc-windows-gnu.sh

main() { # TARGET FOLDER
    echo "running $1"
    mkdir -p "$OUT"
    case $1 in
        x86_64-unknown-linux-musl) try_x86_64_musl "$2" ;;
        aarch64-unknown-linux-musl) try_aarch64_musl "$2" ;;
        x86_64-pc-windows-gnu) try_windows "$2" ;;
        *) fail "no script is written for $1" ;;
    esac
    wc -c "$2"/bare-oauth*
}

main "$@"
