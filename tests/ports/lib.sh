# What the scripts beside it share: functions, and nothing that happens when it is sourced. They need
# Debian 12 on x86-64 and a cargo. The compiler is Debian's own, because the source of its std can be had
# too (rust-web-src), and from that std is built for any system: nothing is asked of rustup.

TARGETS=(x86_64-unknown-linux-musl aarch64-unknown-linux-musl x86_64-pc-windows-gnu)

# What all of this was tried with last. Debian replaces its compiler without asking, so another one is
# said, and goes on; the budgets then warn.
TRIED_RUSTC=1.96.0
TRIED_MUSL=1.2.5
# The release of Debian that has that musl, which this one has not: from 1.2.4 on, musl unpacks relative
# relocations, which saves 40 KB of 1,423,392.
MUSL_RELEASE=trixie

# Relative, because cargo's hashes hold the flags: two folders, one file.
OUT=target/ports

# No backtraces, which nobody could read in a stripped file; 12 KB less for size before speed.
STD=(-Zbuild-std=std,panic_abort -Zbuild-std-features=optimize_for_size)

fail() { # WORDS
    echo "$1" >&2
    exit 1
}

install_packages() { # PACKAGE...: those that are missing
    local missing=()
    local package
    for package in "$@"; do
        dpkg -s "$package" > /dev/null 2>&1 || missing+=("$package")
    done
    if [ ${#missing[@]} -gt 0 ]; then
        apt-get update -qq
        DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "${missing[@]}"
    fi
}

use_debians_compiler() {
    install_packages rustc-web rust-web-src
    # RUSTC_BOOTSTRAP: building std is not stable yet.
    export RUSTC=/usr/bin/rustc RUSTC_BOOTSTRAP=1 CARGO_TARGET_DIR=$OUT/build
    unset RUSTFLAGS CARGO_ENCODED_RUSTFLAGS CARGO_BUILD_TARGET
    if [ "$(rustc_version)" != $TRIED_RUSTC ]; then
        echo "this was tried with rustc $TRIED_RUSTC last; it goes on with $(rustc_version)" >&2
    fi
}

rustc_version() {
    /usr/bin/rustc --version | cut -d ' ' -f 2
}

package_version() { # PACKAGE
    dpkg-query --show --showformat '${Version}' "$1"
}

# The URL of Debian's packages, as apt knows it here.
debian_url() {
    # shellcheck disable=SC2016 # It is apt that fills these in.
    apt-get indextargets --format '$(REPO_URI)' 'Identifier: Packages' 'Label: Debian' 'Component: main' | head -1
}

# Unpacks a package of another release or architecture into $OUT/RELEASE-ARCHITECTURE; dpkg learns nothing
# of it. Its version is left there in the file `version`.
unpack() { # RELEASE ARCHITECTURE PACKAGE
    local root=$PWD/$OUT/$1-$2
    if [ -e "$root/version" ]; then
        return
    fi
    rm -rf "$root"
    mkdir -p "$root/lists/partial" "$root/archives/partial"
    : > "$root/status"
    [ -n "$(debian_url)" ] || apt-get update -qq
    echo "deb [signed-by=/usr/share/keyrings/debian-archive-keyring.gpg] $(debian_url) $1 main" > "$root/sources.list"
    cat > "$root/apt.conf" <<END
APT::Architecture "$2";
APT::Architectures "$2";
APT::Sandbox::User "root";
Dir::Etc::SourceList "$root/sources.list";
Dir::Etc::SourceParts "/dev/null";
Dir::State::lists "$root/lists";
Dir::State::status "$root/status";
Dir::Cache "$root";
END
    (
        cd "$root"
        export APT_CONFIG=$root/apt.conf
        apt-get update -qq && apt-get download -qq "$3"
    ) || return 1
    dpkg -x "$root/$3"_*.deb "$root" || return 1
    dpkg-deb --field "$root/$3"_*.deb Version > "$root/version"
}

# musl's files, from the release that has the right one, or else from this one. Says where they are.
unpack_musl() { # ARCHITECTURE
    local release
    for release in $MUSL_RELEASE "$(. /etc/os-release && echo "$VERSION_CODENAME")"; do
        if unpack "$release" "$1" musl-dev >&2; then
            echo "$OUT/$release-$1"
            return
        fi
        echo "Debian's $release has no musl-dev for $1 now" >&2
    done
    return 1
}

unpacks_relative_relocations() { # FOLDER: the musl there
    local version
    version=$(cat "$1/version")
    if dpkg --compare-versions "$version" lt 1.2.4; then
        echo "musl $version unpacks no relative relocations: they stay as they are" >&2
        return 1
    fi
}
