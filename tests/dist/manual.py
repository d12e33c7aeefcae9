#!/usr/bin/env -S python3 -B
"""manual.py: prints the manual page, bare-oauth.1, made from the help.

Macros: man(7). Nothing of this day is in it, so that two builds make the same page.
"""

import help


def escaped(text: str) -> str:
    """So that troff reads no command in it, and shows a hyphen as the sign that a shell reads."""
    text = text.replace("\\", r"\e").replace("-", r"\-").replace("`", r"\(ga")
    return r"\&" + text if text.startswith((".", "'")) else text


def options(options: list[help.Option]) -> str:
    page = ""
    for option in options:
        names = ", ".join(rf"\fB{escaped(name)}\fR" for name in option.names)
        value = rf" \fI{escaped(option.value)}\fR" if option.value else ""
        page += f".TP\n{names}{value}\n{escaped(option.text)}\n"
    return page


def commands(commands: list[help.Command]) -> str:
    page = ""
    for command in commands:
        page += f".SS bare\\-oauth {command.name} {escaped(command.arguments)}\n"
        page += f"{escaped(command.text[0].upper() + command.text[1:])}.\n"
        page += options(command.options)
        for note in command.notes:
            page += f".PP\n{escaped(note)}\n"
    return page


def page() -> str:
    table = help.read(classroom=True)
    summary = table.summary[0].lower() + table.summary[1:].rstrip(".")
    _, purpose = table.usage.split("]", 1)
    text = f'.TH BARE\\-OAUTH 1 "" "bare\\-oauth {help.version()}"\n'
    # A URL is not hyphenated, and no line is stretched.
    text += ".nh\n.ad l\n"
    text += f".SH NAME\nbare\\-oauth \\- {escaped(summary)}\n"
    text += ".SH SYNOPSIS\n.B bare\\-oauth\n[\\fIOPTIONS\\fR]\n"
    for command in table.commands:
        text += f".br\n.B bare\\-oauth {command.name}\n{escaped(command.arguments)}\n"
    text += f".SH DESCRIPTION\n{escaped(table.summary)}\n.PP\n"
    text += f"Without a command: {escaped(purpose.strip())}.\n"
    text += f".SH OPTIONS\n{options(table.options)}"
    text += ".SH COMMANDS\nThe commands are the classroom. A file that holds the login alone has none of them.\n"
    text += "\\fBpractice\\fR takes the options above too.\n"
    text += commands(table.commands)
    text += ".SH ENVIRONMENT\n"
    for variable in table.variables:
        text += f".TP\n.B {escaped(variable.name)}\n{escaped(variable.text)}\n"
    text += f".PP\n{escaped(table.variables_note)}\n"
    text += f".SH EXIT STATUS\n{escaped(table.exit_status)}\n"
    return text


if __name__ == "__main__":
    print(page(), end="")
