#!/bin/sh
# Examines real clients, which it installs from the registries, and compares the verdicts that are not
# `pass` with tests/golden/clients. Behind each line there, after ` -- `, stands what makes it true in the
# client's source.
#
# usage: tests/clients/run.sh [NAME...]        UPDATE=1 writes what has changed, without its reasons
set -eu
cd "$(dirname "$0")/../.."
root=$PWD
folder=$root/target/clients
clients=${*:-authlib git-credential-oauth msal oauth2cli oauth4webapi rclone spotipy wrangler}

install_all() {
    mkdir -p "$folder/deb" "$folder/npm"
    [ -e "$folder/venv" ] || python3 -m venv "$folder/venv"
    "$folder/venv/bin/pip" install --quiet msal==1.39.0 spotipy==2.26.0 Authlib==1.9.10 \
        requests oauth2cli==1.0.3
    npm install --silent --no-audit --no-fund --prefix "$folder/npm" oauth4webapi@3.8.8 wrangler@4.86.0
    if ! [ -e "$folder/deb/usr/bin/rclone" ]; then
        (cd "$folder/deb" && apt-get download --quiet git-credential-oauth rclone &&
            for package in *.deb; do dpkg -x "$package" .; done)
    fi
    cp tests/clients/oauth4webapi.mjs "$folder/npm/"
}

# The lines of a report that are not `pass`: verdict and name.
wrong() {
    sed -n 's/^  \(fail\|warn\|unclear\) *\([a-z0-9-]*\).*/\1 \2/p'
}

examine() { # NAME
    case $1 in
        oauth4webapi) target/release/bare-oauth exam -- node "$folder/npm/oauth4webapi.mjs" ;;
        *) target/release/bare-oauth exam -- "tests/clients/$1" ;;
    esac
}

install_all
export PATH="$folder/venv/bin:$folder/deb/usr/bin:$folder/npm/node_modules/.bin:$PATH" PYTHONPATH="$root/tests/clients" PYTHONDONTWRITEBYTECODE=1
differs=0
for name in $clients; do
    golden=tests/golden/clients/$name.txt
    examine "$name" > "$folder/$name.report" || [ $? = 1 ] || { cat "$folder/$name.report"; exit 1; }
    wrong < "$folder/$name.report" > "$folder/$name.txt"
    if [ -n "${UPDATE:-}" ]; then
        # A line that is known keeps its reason.
        while read -r line; do
            grep "^$line -- " "$golden" || echo "$line --"
        done < "$folder/$name.txt" > "$folder/$name.new"
        mv "$folder/$name.new" "$golden"
    fi
    if sed 's/ --.*//' "$golden" | diff "$folder/$name.txt" - > "$folder/$name.diff"; then
        echo "$name: as expected"
    else
        echo "$name: < is what was found, > what was expected"
        cat "$folder/$name.diff"
        differs=1
    fi
done
exit $differs
