#!/usr/bin/env bash
# install.sh PREFIX: installs the release binary, its manual page and its completions below PREFIX.
set -euo pipefail
cd "$(dirname "$0")/../.."

BIN=target/release/bare-oauth

main() { # PREFIX
    local pages=target/pages
    mkdir -p $pages
    tests/dist/manual.py > $pages/bare-oauth.1
    tests/dist/completions.py bash bare-oauth > $pages/bare-oauth.bash
    tests/dist/completions.py zsh bare-oauth > $pages/_bare-oauth
    tests/dist/completions.py fish bare-oauth > $pages/bare-oauth.fish

    # Where each shell looks by itself, if PREFIX is /usr or, for most, /usr/local.
    local share=$1/share
    install -D -m 755 $BIN "$1/bin/bare-oauth"
    install -D -m 644 $pages/bare-oauth.1 "$share/man/man1/bare-oauth.1"
    install -D -m 644 $pages/bare-oauth.bash "$share/bash-completion/completions/bare-oauth"
    install -D -m 644 $pages/_bare-oauth "$share/zsh/site-functions/_bare-oauth"
    install -D -m 644 $pages/bare-oauth.fish "$share/fish/vendor_completions.d/bare-oauth.fish"
}

main "$@"
