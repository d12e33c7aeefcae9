#!/usr/bin/env bash
# pages.sh FOLDER: makes the manual page and the completions of an archive, in this folder.
set -euo pipefail
cd "$(dirname "$0")"

main() { # FOLDER
    ./manual.py > "$1/bare-oauth.1"
    mkdir -p "$1/completions"
    complete_for "$1/completions" bare-oauth --alone
    complete_for "$1/completions" bare-oauth-classroom
}

complete_for() { # FOLDER PROGRAM [--alone]
    ./completions.py bash "${@:2}" > "$1/$2.bash"
    ./completions.py zsh "${@:2}" > "$1/_$2"
    ./completions.py fish "${@:2}" > "$1/$2.fish"
}

main "$@"
