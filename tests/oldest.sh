#!/usr/bin/env bash
# oldest.sh: builds and tests with the oldest Rust that Cargo.toml allows, that very version. Debian's main
# archive has it, beside the one that its security updates bring; it is unpacked in target/oldest, and dpkg
# learns nothing of it. Where the archive hasn't it any more, that is said, and nothing was tested.
set -euo pipefail
cd "$(dirname "$0")/.."
. tests/ports/lib.sh

OLDEST=$PWD/target/oldest

rust_version() {
    sed -n 's/^rust-version = "\(.*\)"/\1/p' Cargo.toml
}

# The version of Debian's package, `1.85.0+…` for 1.85; nothing where there is none.
debian_version() { # RUST_VERSION
    apt-cache madison rustc-web | awk -v start="$1." '!found && index($3, start) == 1 {print $3; found = 1}'
}

unpack_rust() { # RUST_VERSION DEBIAN_VERSION
    if [ "$(cat "$OLDEST/version" 2> /dev/null)" = "$2" ]; then
        return
    fi
    rm -rf "$OLDEST"
    mkdir -p "$OLDEST"
    # LLVM is a library of its own, and has every version beside the others.
    install_packages "$(apt-cache show "libstd-rust-web-$1=$2" | grep -o 'libllvm[0-9]*' | head -1)"
    (
        cd "$OLDEST"
        apt-get download -qq -o APT::Sandbox::User=root \
            "rustc-web=$2" "libstd-rust-web-dev=$2" "libstd-rust-web-$1=$2"
    )
    local package
    for package in "$OLDEST"/*.deb; do
        dpkg -x "$package" "$OLDEST/root"
    done
    echo "$2" > "$OLDEST/version"
}

main() {
    local rust debian
    rust=$(rust_version)
    debian=$(debian_version "$rust")
    if [ -z "$debian" ]; then
        apt-get update -qq
        debian=$(debian_version "$rust")
    fi
    if [ -z "$debian" ]; then
        echo "NOT TESTED with Rust $rust: Debian has only $(apt-cache madison rustc-web | awk '{print $3}' | tr '\n' ' ')"
        return
    fi
    unpack_rust "$rust" "$debian"
    export RUSTC=$OLDEST/root/usr/bin/rustc CARGO_TARGET_DIR=$OLDEST/build
    export LD_LIBRARY_PATH=$OLDEST/root/usr/lib/x86_64-linux-gnu
    "$RUSTC" --version
    # The bench, which is run by hand, needs a newer one.
    cargo test --locked --quiet --lib --bins
    cargo test --locked --quiet --test suite -- command_line:: configuration:: login:: practice::
    cargo build --locked --quiet --no-default-features
}

main
