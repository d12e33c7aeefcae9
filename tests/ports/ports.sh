#!/usr/bin/env bash
# Builds the program for other systems, and runs it as far as that goes on this one.
. "$(dirname "$0")/std.sh"
tests/ports/build.sh
for target in "${targets[@]}"; do
    echo "running $target"
    (. "tests/ports/$target.sh"; try "$out/$target")
done
# There is no linker for these here, and no C library: their types are checked, and nothing runs.
# --release: with the macros and build scripts that were built above.
others=(aarch64-apple-darwin x86_64-unknown-freebsd)
for features in --no-default-features --all-features; do
    echo "checking the types for ${others[*]}, $features"
    CC=true AR=true cargo check --release --locked --quiet "${std[@]}" "${others[@]/#/--target=}" $features
done
wc -c "$out"/*/bare-oauth{,-classroom}{,.exe} 2>/dev/null || true
