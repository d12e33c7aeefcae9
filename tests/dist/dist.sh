#!/usr/bin/env bash
# dist.sh [TARGET...]: builds what is committed for these systems, or for all of them, twice from nothing,
# in two folders whose names differ in length; packs it if the bytes are the same; then opens each archive
# and uses it as a stranger would. The archives and SHA256SUMS are left in target/dist.
set -euo pipefail
cd "$(dirname "$0")/../.."
. tests/ports/lib.sh

DIST=$PWD/target/dist

refuse_changes() {
    local changes
    changes=$(git status --porcelain)
    [ -z "$changes" ] || fail "an archive holds what is committed; commit this first, or remove it:
$changes"
}

build_in() { # FOLDER TARGET...
    mkdir -p "$1"
    git archive HEAD | tar -x -C "$1"
    "$1/tests/ports/build.sh" "${@:2}"
}

pack() { # TARGET VERSION FIRST SECOND: the two folders
    local name=bare-oauth-$2-$1
    diff -r "$3/$OUT/$1" "$4/$OUT/$1" || fail "two builds for $1 differ"
    cp -r "$3/$OUT/$1" "$DIST/$name"
    cp "$3/README.md" "$DIST/$name/"
    "$3/tests/dist/licence.py" > "$DIST/$name/LICENSE"
    "$3/tests/dist/pages.sh" "$DIST/$name"
    # Nothing of this day or this person goes into it.
    tar -c -C "$DIST" --sort=name --mtime=@0 --owner=0 --group=0 --numeric-owner --mode=u=rwX,go=rX "$name" |
        gzip -9n > "$DIST/$name.tar.gz"
    rm -r "${DIST:?}/$name"
}

main() { # [TARGET...]
    local targets=("$@")
    if [ $# = 0 ]; then
        targets=("${TARGETS[@]}")
    fi
    refuse_changes
    tests/dist/licence.py > /dev/null
    rm -rf "$DIST"
    mkdir -p "$DIST"
    local other
    other=$(mktemp -d)
    # shellcheck disable=SC2064 # The folder's name is known now.
    trap "rm -rf '$other' '$DIST/first' '$DIST/opened'" EXIT
    build_in "$DIST/first" "${targets[@]}"
    build_in "$other/the-second" "${targets[@]}"
    local version
    version=$(sed -n 's/^version = "\(.*\)"/\1/p' Cargo.toml | head -1)
    local target
    for target in "${targets[@]}"; do
        pack "$target" "$version" "$DIST/first" "$other/the-second"
    done
    (
        cd "$DIST"
        sha256sum ./*.tar.gz | sed 's| \./| |' | tee SHA256SUMS
    )
    for target in "${targets[@]}"; do
        tests/dist/stranger.sh "$target" "$DIST" "$DIST/opened"
    done
}

main "$@"
