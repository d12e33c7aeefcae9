#!/usr/bin/env -S python3 -B
"""shells.py FOLDER: presses Tab in bash, zsh and fish. The folder is an opened archive: in it are
`bare-oauth`, `bare-oauth-classroom` and `completions`. A shell that is not installed is a failure.
"""

import os
import pty
import select
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import completions
import help

ALONE, WHOLE = "bare-oauth", "bare-oauth-classroom"
# What is typed, and what it must become.
LINES = [
    (f"{ALONE} --no-b", "--no-browser"),
    (f"{ALONE} --tim", "--timeout"),
    (f"{WHOLE} prac", "practice"),
    (f"{WHOLE} practice --no-b", "--no-browser"),
    (f"{WHOLE} practice --break forged-st", "forged-state"),
    (f"{WHOLE} provider --po", "--port"),
    (f"{WHOLE} exam --sk", "--skip"),
    (f"{WHOLE} exam --only token-endl", "token-endless"),
    (f"{WHOLE} exam --save /us", "/usr"),
    (f"{WHOLE} exam -- gunz", "gunzip"),
]
SECONDS = 30


class Shell:
    """A shell at a terminal of its own."""

    def __init__(self, command: list[str], folder: Path):
        environment = {
            "PATH": f"{folder}:/usr/bin:/bin",
            "TERM": "dumb",
            "HOME": str(folder),
            "LANG": "C.UTF-8",
        }
        self.process, self.terminal = pty.fork()
        if self.process == 0:
            os.chdir(folder)
            os.execve(command[0], command, environment)
        self.seen = ""

    def type(self, text: str) -> None:
        self.seen = ""
        os.write(self.terminal, text.encode())

    def wait_for(self, text: str) -> None:
        end = time.monotonic() + SECONDS
        while text not in self.seen:
            ready, _, _ = select.select([self.terminal], [], [], max(0, end - time.monotonic()))
            if not ready:
                sys.exit(f"no {text!r} in {self.seen!r}")
            self.seen += os.read(self.terminal, 4096).decode(errors="replace")

    def end(self) -> None:
        os.close(self.terminal)
        os.waitpid(self.process, 0)


def at_a_terminal(command: list[str], setup: str, folder: Path) -> None:
    shell = Shell(command, folder)
    # The answer has another spelling than the echo of the command.
    shell.type(f"{setup}; echo rea''dy\n")
    shell.wait_for("ready")
    for typed, completed in LINES:
        shell.type(f"{typed}\t")
        shell.wait_for(typed.rpartition(" ")[0] + " " + completed)
        # Ctrl-U empties the line.
        shell.type("\x15")
    shell.end()


def in_fish(folder: Path) -> None:
    for typed, completed in LINES:
        source = "".join(f"source completions/{program}.fish; " for program in (ALONE, WHOLE))
        environment = {"PATH": f"{folder}:/usr/bin:/bin", "HOME": str(folder), "LANG": "C.UTF-8"}
        command = ["fish", "--private", "-c", f"{source} complete -C '{typed}'"]
        said = subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, check=True).stdout
        words = [line.split("\t")[0].rstrip("/") for line in said.splitlines()]
        if words != [completed]:
            sys.exit(f"fish makes {words} of {typed!r}")


def has_every_option(folder: Path) -> None:
    """Each file has each option of the help, and what is in the help is what the program reads."""
    for program, classroom in ((ALONE, False), (WHOLE, True)):
        table = help.read(classroom)
        files = [f"{program}.bash", f"_{program}", f"{program}.fish"]
        for file, shell in zip(files, completions.SHELLS.values(), strict=True):
            if (folder / "completions" / file).read_text() != shell(program, table):
                sys.exit(f"completions/{file} is not made from this help")


def main(folder: str) -> None:
    with tempfile.TemporaryDirectory() as scratch:
        folder, scratch = Path(folder).resolve(), Path(scratch)
        has_every_option(folder)
        for name in (ALONE, WHOLE, "completions"):
            (scratch / name).symlink_to(folder / name)
        sources = "; ".join(f". completions/{program}.bash" for program in (ALONE, WHOLE))
        at_a_terminal(["/bin/bash", "--noprofile", "--norc"], sources, scratch)
        setup = "fpath=($PWD/completions $fpath); autoload -U compinit; compinit -u -D"
        at_a_terminal(["/usr/bin/zsh", "-f"], setup, scratch)
        in_fish(scratch)
    print("bash, zsh and fish complete what is typed")


if __name__ == "__main__":
    main(*sys.argv[1:])
