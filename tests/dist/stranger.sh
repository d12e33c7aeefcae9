#!/usr/bin/env bash
# stranger.sh TARGET FOLDER OPENED: opens the archive for a system that dist.sh left in the folder, and uses
# all that is in it.
set -euo pipefail
cd "$(dirname "$0")/../.."
. tests/ports/lib.sh

# What the archive holds, and nothing beside it.
CONTENTS="BUILT-WITH LICENSE README.md THIRD-PARTY bare-oauth bare-oauth-classroom bare-oauth.1 completions"

open_archive() { # TARGET FOLDER OPENED: says where its files are
    mkdir -p "$3"
    (
        cd "$2"
        sha256sum --quiet --check SHA256SUMS
        tar -x -C "$3" -f "$2"/bare-oauth-*-"$1".tar.gz
    )
    echo "$3"/bare-oauth-*-"$1"
}

assert_is_complete() { # FOLDER
    local contents
    contents=$(ls "$1" | sed 's/\.exe$//' | LC_ALL=C sort | tr '\n' ' ')
    [ "${contents% }" = "$CONTENTS" ] || fail "the archive holds $contents"
    grep -q 'Permission is hereby granted' "$1/LICENSE"
    grep -q '^ring [0-9]' "$1/THIRD-PARTY"
    grep -q '^    rustc [0-9]' "$1/BUILT-WITH"
}

assert_is_a_manual() { # PAGE
    local warnings
    warnings=$(LC_ALL=C.UTF-8 MANROFFSEQ='' MANWIDTH=80 man --warnings -E UTF-8 -l -Tutf8 -Z "$1" 2>&1 > /dev/null)
    [ -z "$warnings" ] || fail "man warns of $1: $warnings"
    local page
    page=$(MANWIDTH=80 man -l "$1")
    grep -q -- '--revoke' <<< "$page" || fail "$1 has no --revoke: $page"
}

main() { # TARGET FOLDER OPENED
    tests/needs.sh --install dist
    local files
    files=$(open_archive "$1" "$2" "$3")
    assert_is_complete "$files"
    assert_is_a_manual "$files/bare-oauth.1"
    # The shells are this system's, and start the programs.
    if [[ $1 == x86_64-*-linux-* ]]; then
        tests/dist/shells.py "$files"
    fi
    tests/ports/try.sh "$1" "$files"
}

main "$@"
