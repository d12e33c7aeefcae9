#!/usr/bin/env -S python3 -B
"""completions.py SHELL PROGRAM [--alone]: prints the completions of bash, zsh or fish for a program of
this name, made from the help. --alone: for the login alone, which has no commands.

The names of buttons and cases are asked of the program itself, when somebody presses Tab there.
"""

import sys

import help

# What prints the values to choose from. Any other value is a number, but for the two below.
BUTTONS = 'practice --list 2> /dev/null | cut -d " " -f 1'
CASES = 'exam --list 2> /dev/null | tr -s " " | cut -d " " -f 3'
LISTS = {"NAME": BUTTONS, "CASE": CASES, "A,B": CASES}
FILE = "FILE"
FOLDER = "DIR"


def contexts(table: help.Help) -> list[str]:
    """The commands, and "" for none."""
    return [command.name for command in table.commands] + [""]


def words(context: str, table: help.Help) -> list[str]:
    words = [name for option in table.options_of(context) for name in option.names]
    if context == "":
        words += [command.name for command in table.commands]
    return words + ["--"] if context == "exam" else words


# ---- bash -------------------------------------------------------------------------------------------

BASH = """\
# Completions of PROGRAM for bash, made from its help.
FUNCTION() {
    local current=${COMP_WORDS[COMP_CWORD]}
    local previous=${COMP_WORDS[COMP_CWORD-1]}
    local command= words=
    if [ "$COMP_CWORD" -gt 1 ]; then
        command=${COMP_WORDS[1]}
    fi
    COMPREPLY=()
    # Behind `exam --` stands the command line of another program.
    if [[ $command = exam && " ${COMP_WORDS[*]:0:COMP_CWORD} " = *' -- '* ]]; then
        mapfile -t COMPREPLY < <(compgen -c -f -- "$current")
        return
    fi
    case "$command $previous" in
CASES    esac
    mapfile -t COMPREPLY < <(compgen -W "$words" -- "$current")
}
complete -F FUNCTION PROGRAM
"""


def bash(program: str, table: help.Help) -> str:
    cases = ""
    for context in contexts(table):
        for option in table.options_of(context):
            if option.value:
                cases += bash_value(context, option)
        pattern = f"{context}\\ *" if context else "*"
        cases += f"        {pattern}) words='{' '.join(words(context, table))}' ;;\n"
    function = "_" + program.replace("-", "_")
    return BASH.replace("CASES", cases).replace("FUNCTION", function).replace("PROGRAM", program)


def bash_value(context: str, option: help.Option) -> str:
    pattern = f"{context}\\ {option.names[0]}" if context else f"*\\ {option.names[0]}"
    if option.value in LISTS:
        return f"        {pattern}) words=$(\"${{COMP_WORDS[0]}}\" {LISTS[option.value]}) ;;\n"
    kinds = {FILE: "-f", FOLDER: "-d"}
    if option.value in kinds:
        kind = kinds[option.value]
        return f"        {pattern}) mapfile -t COMPREPLY < <(compgen {kind} -- \"$current\"); return ;;\n"
    return f"        {pattern}) return ;;\n"


# ---- zsh --------------------------------------------------------------------------------------------

ZSH = """\
#compdef PROGRAM
# Completions of PROGRAM for zsh, made from its help.
local program=$words[1] command=$words[2]
if (( CURRENT == 2 )); then
    command=
fi
CLIENTcase $command in
CASESesac
"""


ZSH_CLIENT = """\
# Behind `exam --` stands the command line of another program.
local end=${words[(i)--]}
if [[ $command = exam ]] && (( end < CURRENT )); then
    shift $end words
    (( CURRENT -= end ))
    _normal
    return
fi
"""


def zsh(program: str, table: help.Help) -> str:
    client = ZSH_CLIENT if table.commands else ""
    cases = ""
    for context in contexts(table):
        cases += f"    {context or '*'})\n"
        if context:
            cases += "        shift words\n        (( CURRENT-- ))\n"
        specs = [zsh_option(option) for option in table.options_of(context)]
        if context == "" and table.commands:
            choices = " ".join(f'{one.name}\\:"{one.text}"' for one in table.commands)
            specs.append(f"'1:command:(({choices}))'")
        lines = "".join(f" \\\n            {spec}" for spec in specs)
        cases += f"        _arguments{lines}\n        ;;\n"
    return ZSH.replace("CLIENT", client).replace("CASES", cases).replace("PROGRAM", program)


def zsh_option(option: help.Option) -> str:
    text = option.text.replace("'", "'\\''").replace("[", "\\[").replace("]", "\\]")
    value = zsh_value(option.value)
    if len(option.names) == 1:
        return f"'{option.names[0]}[{text}]{value}'"
    # One of the two is enough.
    exclusive = " ".join(option.names)
    return f"'({exclusive})'{{{','.join(option.names)}}}'[{text}]{value}'"


def zsh_value(value: str) -> str:
    if not value:
        return ""
    if value in LISTS:
        action = f"{{compadd -- ${{(f)\"$($program {LISTS[value]})\"}}}}"
    else:
        action = {FILE: "_files", FOLDER: "_files -/"}.get(value, " ")
    return f":{value}:{action}"


# ---- fish -------------------------------------------------------------------------------------------


def fish(program: str, table: help.Help) -> str:
    text = f"# Completions of {program} for fish, made from its help.\n"
    # No files, but behind `exam --`, where the command line of another program stands.
    text += f"complete -c {program} -f\n"
    every = " ".join(context for context in contexts(table) if context)
    for context in contexts(table):
        condition = f"__fish_seen_subcommand_from {context}" if context else ""
        if not context and every:
            condition = f"not __fish_seen_subcommand_from {every}"
        start = f"complete -c {program}" + (f" -n '{condition}'" if condition else "")
        for option in table.options_of(context):
            text += start + fish_option(program, option)
    for command in table.commands:
        text += f"complete -c {program} -n __fish_use_subcommand -a {command.name} -d {quoted(command.text)}\n"
        if command.name == "exam":
            text += f"complete -c {program} -n 'contains -- -- (commandline -opc)' -F -a '(__fish_complete_command)'\n"
    return text


def fish_option(program: str, option: help.Option) -> str:
    line = ""
    for name in option.names:
        line += f" -l {name[2:]}" if name.startswith("--") else f" -s {name[1:]}"
    if option.value in LISTS:
        line += f" -x -a '({program} {LISTS[option.value]})'"
    elif option.value == FILE:
        line += " -r -F"
    elif option.value == FOLDER:
        line += " -x -a '(__fish_complete_directories)'"
    elif option.value:
        line += " -x"
    return f"{line} -d {quoted(option.text)}\n"


def quoted(text: str) -> str:
    return "'" + text.replace("\\", "\\\\").replace("'", "\\'") + "'"


# -----------------------------------------------------------------------------------------------------

SHELLS = {"bash": bash, "zsh": zsh, "fish": fish}


def main(shell: str, program: str, *rest: str) -> None:
    table = help.read(classroom="--alone" not in rest)
    print(SHELLS[shell](program, table), end="")


if __name__ == "__main__":
    main(*sys.argv[1:])
