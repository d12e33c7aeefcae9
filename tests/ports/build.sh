#!/usr/bin/env bash
# build.sh [TARGET...]: the login alone and the whole for these systems, in target/ports.
. "$(dirname "$0")/std.sh"
[ $# = 0 ] || targets=("$@")
build "${targets[@]}"
