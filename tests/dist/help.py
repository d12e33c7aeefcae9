"""The help, read as the table that it is: the manual page and the completions are made from it.

A line that begins with an option, behind two or six spaces, is one; its text begins at column 25 and
goes on in the lines that do. A line of the classroom's part that begins at column 2 is a command, and
one that begins at column 6 with a word is a note about it.
"""

import re
from dataclasses import dataclass, field
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
SETUP = ROOT / "src/setup"
TEXT_COLUMN = 25


@dataclass
class Option:
    """`-h, --help`, or `--timeout SECONDS`."""

    names: list[str]
    value: str  # "" where it takes none
    text: str


@dataclass
class Variable:
    name: str
    text: str


@dataclass
class Command:
    """`practice [OPTIONS]`: what stands behind the name, its text, its options, and notes."""

    name: str
    arguments: str
    text: str
    options: list[Option] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)


@dataclass
class Help:
    summary: str
    usage: str
    options: list[Option]
    variables: list[Variable]
    variables_note: str
    exit_status: str
    commands: list[Command]

    def options_of(self, command: str) -> list[Option]:
        """Those that may follow a command, or the program's name where the command is ""."""
        help_and_version = [option for option in self.options if "--help" in option.names or "--version" in option.names]
        if command == "":
            return self.options
        own = next(one.options for one in self.commands if one.name == command)
        if command == "practice":
            return self.options + own
        if command == "exam":
            return own + [option for option in help_and_version if "--help" in option.names]
        return own + help_and_version


def read(classroom: bool) -> Help:
    """The help of the whole program, or of the login alone."""
    text = (SETUP / "help.txt").read_text()
    summary, usage, options, environment, end = text.strip().split("\n\n")
    environment = environment.splitlines()
    return Help(
        summary=summary,
        usage=usage.removeprefix("usage: "),
        options=read_options(options.splitlines()[1:]),
        variables=read_variables(environment[1:-1]),
        variables_note=environment[-1],
        exit_status=end.removeprefix("exit status: "),
        commands=read_commands() if classroom else [],
    )


def read_options(lines: list[str]) -> list[Option]:
    options = []
    for line in lines:
        if line.startswith(" " * TEXT_COLUMN):
            options[-1].text += " " + line.strip()
        else:
            options.append(read_option(line))
    return options


def read_option(line: str) -> Option:
    head, text = re.split(r" {2,}", line.strip(), maxsplit=1)
    names, value = re.fullmatch(r"(-.*?)(?: ([A-Z,]+))?", head).groups()
    return Option(names.split(", "), value or "", text)


def read_variables(lines: list[str]) -> list[Variable]:
    variables = []
    for line in lines:
        found = re.match(r"  ([A-Z_]+) +(.*)", line)
        if found:
            variables.append(Variable(found[1], found[2]))
        else:
            variables[-1].text += " " + line.strip()
    return variables


def read_commands() -> list[Command]:
    commands = []
    for line in (SETUP / "help-classroom.txt").read_text().strip().splitlines()[1:]:
        if not line:
            continue
        if re.match(r"  [a-z]", line):
            head, text = re.split(r" {2,}", line.strip(), maxsplit=1)
            name, _, arguments = head.partition(" ")
            commands.append(Command(name, arguments, text))
            continue
        command = commands[-1]
        if line.startswith(" " * TEXT_COLUMN):
            command.options[-1].text += " " + line.strip()
        elif line.startswith("      -"):
            command.options.append(read_option(line))
        elif command.notes and not command.notes[-1].endswith("."):
            command.notes[-1] += " " + line.strip()
        else:
            command.notes.append(line.strip())
    return commands


def version() -> str:
    return re.search(r'^version = "(.*)"', (ROOT / "Cargo.toml").read_text(), re.MULTILINE)[1]
