# What try.sh asserts of a program: functions, and nothing that happens when it is sourced. It needs lib.sh.

assert_static() { # FILE MACHINE
    local headers
    headers=$(LC_ALL=C readelf -hldSW "$1")
    if grep -E 'INTERP|\(NEEDED\)|\.symtab' <<< "$headers"; then
        fail "$1 is not static and stripped"
    fi
    grep -q 'Type: *DYN' <<< "$headers" || fail "$1 is not position-independent"
    grep -q "Machine:.*$2" <<< "$headers" || fail "$1 is not for $2"
}

# A budget is for the compiler and the C library that it was set with. With others it is a warning.
assert_at_most() { # BYTES FILE
    local bytes
    bytes=$(wc -c < "$2")
    if [ "$bytes" -le "$1" ]; then
        return
    fi
    if is_as_tried "$(dirname "$2")"; then
        fail "$2 has $bytes bytes, over its budget of $1: find what grew"
    fi
    echo "warning: $2 has $bytes bytes, over its budget of $1; another compiler or C library made it" >&2
}

is_as_tried() { # FOLDER
    grep -q "^    rustc $TRIED_RUSTC " "$1/BUILT-WITH" || return 1
    # Windows has no musl.
    ! grep '^    musl ' "$1/BUILT-WITH" | grep -qv "musl $TRIED_MUSL"
}

# It logs in at its own practice provider, where there is no browser, so that practice plays the person.
assert_logs_in() { # COMMAND...
    local login
    login=$(env -u BROWSER -u DISPLAY -u WAYLAND_DISPLAY "$@" 2> "$OUT/said" | head -1)
    [ "${login%$'\r'}" = "login: octocat" ] || fail "$(cat "$OUT/said")"
}

# Its exit status, and a part of what it says.
assert_ends_with() { # STATUS WORDS COMMAND...
    local status=0
    "${@:3}" > /dev/null 2> "$OUT/said" || status=$?
    [ $status = "$1" ] || fail "${*:3} ended with $status: $(cat "$OUT/said")"
    grep -q "$2" "$OUT/said" || fail "${*:3} didn't say $2: $(cat "$OUT/said")"
}

# The login alone, and what it refuses.
assert_refuses() { # COMMAND...
    "$@" --version
    local command
    for command in practice provider exam; do
        assert_ends_with 2 bare-oauth-classroom "$@" $command
    done
    assert_ends_with 2 'unknown option' "$@" --nope
    assert_ends_with 1 CLIENT_ID env -u CLIENT_ID "$@"
}

# It has every case.
assert_lists_the_exam() { # COMMAND...
    "$@" exam --list | tr -d '\r' | diff tests/golden/exam-list.txt - || fail "$* exam --list differs"
}

# It examines itself.
assert_examines() { # FILE [COMMAND...]: the program, and what starts it
    "${@:2}" "$1" exam --only login,state,pkce -- "$1" > "$OUT/said" || fail "$(cat "$OUT/said")"
    grep -q '^3 passed' "$OUT/said" || fail "$(cat "$OUT/said")"
}

# While nobody is connected, with the roots that are built in (those of a file take 200 kB more). How much of
# the file is read in differs by chance, so that nine wait, and the one in the middle counts.
assert_waits_in() { # KB FILE
    local programs=() statuses=()
    local turn
    for turn in {1..9}; do
        env -i CLIENT_ID=id CLIENT_SECRET=secret REDIRECT_URI=http://localhost:0/callback \
            "$2" --no-browser > /dev/null 2> "$OUT/said-$turn" &
        programs+=($!)
        statuses+=("/proc/$!/status")
        until grep -q '^Waiting for authorization' "$OUT/said-$turn" 2> /dev/null; do
            kill -0 $! || fail "$2 ended: $(cat "$OUT/said-$turn")"
            sleep 0.1
        done
    done
    local middle
    middle=$(sed -n 's/^VmRSS:[^0-9]*\([0-9]*\).*/\1/p' "${statuses[@]}" | sort -n | sed -n 5p)
    kill "${programs[@]}"
    wait "${programs[@]}" || true
    rm "$OUT"/said-?
    echo "$2 waits in $middle kB"
    [ "$middle" -le "$1" ] || fail "$2 takes $middle kB to wait, over its budget of $1"
}

# The suite, built for this machine, with this file in the program's place.
assert_passes_the_suite() { # FILE OPTION...
    BARE_OAUTH_BIN=$(realpath "$1") with_own_compiler cargo test --locked --quiet "${@:2}"
}

with_own_compiler() { # COMMAND...: with Rust's own compiler and flags, as in make test
    env -u RUSTC -u RUSTC_BOOTSTRAP CARGO_TARGET_DIR=target "$@"
}
