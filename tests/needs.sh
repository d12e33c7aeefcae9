#!/usr/bin/env bash
# needs.sh [--install] TARGET...: the programs that these targets of the Makefile need beside Rust, gcc
# and make. Names what is missing here, with its Debian package, and ends with 1; --install gets it.
set -euo pipefail

# TARGET PROGRAM PACKAGE: what for
needs() {
    cat <<'END'
check         python3    python3          make house, and the climb
check         requests   python3-requests the climb, and the Python script that it begins with
check         openssl    openssl          the server of the TLS tests, and the handout's commands
check         curl       curl             the handout's commands
check         bash       bash             a browser that is a script
check         script     bsdutils         a terminal
check         unshare    util-linux       a network without IPv6
check         ip         iproute2         the same
check         node       nodejs           the certified authorization server
check         npm        npm              its package
install       python3    python3          the manual page and the completions
test-faults   strace     strace           system calls that fail
test-browser  chromium   chromium         a browser
test-browser  chromedriver chromium-driver what drives it
test-static   unshare    util-linux       an empty root, and a network of a test's own
test-static   ip         iproute2         the same
test-static   openssl    openssl          the server of the TLS tests
dist          python3    python3          the manual page, the completions, and THIRD-PARTY
dist          man        man-db           the manual page, read
dist          zsh        zsh              its completions, tried
dist          fish       fish             the same
END
}

is_there() { # PROGRAM
    case $1 in
        # A Python of one's own may stand before the system's, and lack what the system installs.
        requests) has_requests python3 || has_requests /usr/bin/python3 ;;
        *) command -v "$1" > /dev/null ;;
    esac
}

has_requests() { # PYTHON
    "$1" -c 'import requests' 2> /dev/null
}

install_packages() { # PACKAGE...
    apt-get update -qq
    DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "$@"
}

main() { # [--install] TARGET...
    local install=no
    if [ "$1" = --install ]; then
        install=yes
        shift
    fi
    local missing=()
    local target program package purpose
    while read -r target program package purpose; do
        if [[ " $* " == *" $target "* ]] && ! is_there "$program"; then
            missing+=("$package")
            [ $install = yes ] || echo "make $target needs $program, for $purpose: apt-get install $package" >&2
        fi
    done < <(needs)
    [ ${#missing[@]} -gt 0 ] || return 0
    [ $install = yes ] || return 1
    install_packages "${missing[@]}"
}

main "$@"
