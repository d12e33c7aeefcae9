#!/usr/bin/env bash
# with-qemu.sh COMMAND...: runs this where the kernel hands programs for 64-bit ARM to qemu, so that such a
# program can be started by another, by itself, and in a root of its own. It needs qemu-user-static, and Linux 6.7
# or a list that has it: Debian's binfmt-support.
set -euo pipefail

# What such a file begins with, and which bits of it count: ELF of 64 bits, an executable or a shared object,
# which a position-independent program is too, for machine 183 (elf(5)).
BYTES='\x7fELF\x02\x01\x01\x00\x00\x00\x00\x00\x00\x00\x00\x00\x02\x00\xb7\x00'
COUNT='\xff\xff\xff\xff\xff\xff\xff\x00\xff\xff\xff\xff\xff\xff\xff\xff\xfe\xff\xff\xff'
FORMATS=/proc/sys/fs/binfmt_misc

main() { # COMMAND...
    if [ -e $FORMATS/qemu-aarch64 ]; then
        exec "$@"
    fi
    # The list of formats belongs to a namespace. So this system's own stays as it is.
    exec unshare --user --map-root-user --mount "$0" --in-namespace "$@"
}

register() {
    if ! mount -t binfmt_misc none $FORMATS; then
        echo "a namespace has no list of formats of its own here (Linux 6.7): install binfmt-support" >&2
        exit 1
    fi
    printf '%s' ":qemu-aarch64:M::$BYTES:$COUNT:/usr/bin/qemu-aarch64-static:F" > $FORMATS/register
}

if [ "${1:-}" = --in-namespace ]; then
    shift
    register
fi
main "$@"
