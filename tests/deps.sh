#!/usr/bin/env bash
# deps.sh: shows the tree of packages. Fails where there is a fifth, for a build or for a test, or a crate
# more than tests/budgets allows.
set -euo pipefail

PACKAGES="serde serde_json ureq webbrowser"

# The packages that Cargo.toml names, for every system, those of tests and build scripts included.
direct() {
    cargo metadata --locked --no-deps --format-version 1 | python3 -c '
import json, sys
[package] = json.load(sys.stdin)["packages"]
print(*sorted({dependency["name"] for dependency in package["dependencies"]}))'
}

tree() { # OPTION...
    cargo tree --locked --edges normal,build --target x86_64-unknown-linux-gnu "$@"
}

fail() { # WORDS
    echo "$1" >&2
    exit 1
}

main() {
    cd "$(dirname "$0")/.."
    . tests/budgets
    tree
    local packages crates
    packages=$(direct)
    [ "$packages" = "$PACKAGES" ] || fail "the direct dependencies are $packages; they must be $PACKAGES"
    crates=$(tree --prefix none --no-dedupe --format '{p}' | sort -u | wc -l)
    echo "$crates crates"
    [ "$crates" -le "$CRATES" ] ||
        fail "there are $crates crates, and tests/budgets allows $CRATES: do without the new one"
}

main
