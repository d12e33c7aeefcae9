#!/usr/bin/env bash
# Builds everything twice from nothing, in two folders whose names differ in length, and packs it if
# the bytes are the same. dist.sh [TARGET...]
. "$(dirname "$0")/std.sh"
[ $# = 0 ] || targets=("$@")
dist=$PWD/target/dist
rm -rf "$dist"
mkdir -p "$dist"
other=$(mktemp -d)
trap 'rm -rf "$other" "$dist/first"' EXIT
for folder in "$dist/first" "$other/the-second"; do
    mkdir -p "$folder"
    tar -c --exclude=./target --exclude=./.git . | tar -x -C "$folder"
done
"$dist/first/tests/ports/build.sh" "${targets[@]}"
"$other/the-second/tests/ports/build.sh" "${targets[@]}"
version=$(sed -n 's/^version = "\(.*\)"/\1/p' Cargo.toml | head -1)
for target in "${targets[@]}"; do
    name=bare-oauth-$version-$target
    diff -r "$dist/first/$out/$target" "$other/the-second/$out/$target"
    cp -r "$dist/first/$out/$target" "$dist/$name"
    cp README.md "$dist/$name/"
    # Nothing of this day or this person goes into it.
    tar -c -C "$dist" --sort=name --mtime=@0 --owner=0 --group=0 --numeric-owner --mode=u=rwX,go=rX "$name" |
        gzip -9n > "$dist/$name.tar.gz"
    rm -r "${dist:?}/$name"
done
cd "$dist"
sha256sum ./*.tar.gz | sed 's| \./| |' | tee SHA256SUMS
