#!/usr/bin/env python3
"""The house in figures: how long the core takes to read aloud, how the files import each other, and how
long and how dense they are. Ends with 1 where a bound is broken, and says what to do.

    tests/house.py               looks at src
    tests/house.py --self-test   looks at small sources that break each bound

Tests are left out everywhere: files named tests.rs, and items under #[cfg(test)], all(test, …) included.
"""

import re
import sys
from dataclasses import dataclass, field
from pathlib import Path

CRATE = "bare_oauth"

# From the top to the bottom: a room imports from rooms below it only.
ROOMS = ["main", "lib", "exam", "practice", "login", "narrator", "receive", "protocol", "ask", "setup"]
ROOMS += ["show", "wire", "secret", "error"]

# The rooms that a class reads aloud.
READ_ALOUD = ["login", "protocol"]
WORDS_A_MINUTE = 140
MOST_MINUTES = 35
AIM_MINUTES = 30

MOST_LINES_OF_A_FUNCTION = 60
MOST_LINES_OF_A_FILE = 300

# Combinators: the methods of options, results and iterators that take the place of an `if`, a `match`,
# a `?` or a loop, or that lead from one of them to the next. A method of ours with one of these names is
# counted as well. A line of code is one that isn't blank and isn't a comment.
COMBINATORS = """
    all and_then any chain cloned collect copied enumerate filter filter_map find find_map flat_map
    flatten fold for_each inspect is_none_or is_ok_and is_some_and last map map_err map_or map_or_else
    map_while nth ok_or ok_or_else or_else partition peekable position rev rfind scan skip skip_while
    sum take take_while then then_some transpose try_fold try_for_each unwrap_or unwrap_or_default
    unwrap_or_else zip
""".split()
MOST_COMBINATORS = 6
MOST_COMBINATORS_READ_ALOUD = 5


# ---- Sources ---------------------------------------------------------------------------------------

# Comments, strings, and characters; a lifetime is none of them.
NO_CODE = re.compile(
    r"""//[^\n]*
      | /\*.*?\*/
      | \bb?r(?P<hashes>\#*)".*?"(?P=hashes)
      | b?"(?:\\.|[^"\\])*"
      | b?'(?:\\u\{[^}]*\}|\\x..|\\.|[^'\\\n])'
    """,
    re.DOTALL | re.VERBOSE,
)


def blank(text):
    """The text with spaces for what is no code, so that every brace in it is a brace."""
    return NO_CODE.sub(lambda found: re.sub(r"[^\n]", " ", found.group()), text)


def end_of_block(code, start):
    """The place after the brace that closes the first one from `start` on."""
    depth = 0
    for at in range(code.index("{", start), len(code)):
        if code[at] == "{":
            depth += 1
        elif code[at] == "}":
            depth -= 1
            if depth == 0:
                return at + 1
    raise ValueError("a brace is never closed")


TEST = re.compile(r"#\[cfg\((?:all\()?test\b[^\]]*\]")


def without_tests(text):
    """The text without the items under #[cfg(test)]."""
    while True:
        code = blank(text)
        found = TEST.search(code)
        if not found:
            return text
        start = found.start()
        # `mod tests;` and `use …;` end with a semicolon, everything else with a brace.
        semicolon = code.find(";", start)
        brace = code.find("{", start)
        is_short = semicolon >= 0 and (brace < 0 or semicolon < brace)
        end = semicolon + 1 if is_short else end_of_block(code, start)
        text = text[:start].rstrip(" ") + text[end:].removeprefix("\n")


@dataclass
class File:
    """A source file without its tests."""

    path: str  # below src: `wire/form.rs`
    text: str
    code: str = ""  # The text with blanks for comments and strings.
    module: tuple = ()  # `("wire", "form")`; the crate's root is `()`.
    children: set = field(default_factory=set)  # The modules that it declares.

    def __post_init__(self):
        self.text = without_tests(self.text)
        self.code = blank(self.text)
        parts = self.path.removesuffix(".rs").split("/")
        if parts[-1] in ("mod", "lib"):
            parts.pop()
        self.module = tuple(parts)
        self.children = set(re.findall(r"\bmod (\w+);", self.code))

    @property
    def room(self):
        return self.path.removesuffix(".rs").split("/")[0]

    def line(self, at):
        return self.code.count("\n", 0, at) + 1

    def lines_of_code(self):
        return [line for line in self.code.split("\n") if line.strip()]


def read(folder):
    paths = sorted(path for path in folder.rglob("*.rs") if path.name != "tests.rs")
    return [File(path.relative_to(folder).as_posix(), path.read_text()) for path in paths]


# ---- Imports ---------------------------------------------------------------------------------------

USE = re.compile(r"\b(?P<again>pub(?:\([^)]*\))? )?use (?P<tree>[^;]+);")
# A path in code that isn't a part of a longer one, and doesn't only say who may see an item.
INLINE = re.compile(r"(?<![\w:])(?<!pub\(in )[a-z_]\w*(?:::\w+)+")


def paths_of(tree):
    """The paths of a `use`, with the names by which they are known: `a::{b, c as d}`."""
    tree = tree.strip()
    found = re.fullmatch(r"(.*?)(?:::)?\{(.*)\}", tree, re.DOTALL)
    if not found:
        path, _, alias = (part.strip() for part in tree.partition(" as "))
        parts = [part for part in path.split("::") if part]
        if parts[-1] == "self":
            return [(parts[:-1], alias)]
        return [(parts, alias or parts[-1])]
    before, inside = found.groups()
    before = [part.strip() for part in before.split("::") if part.strip()]
    paths, depth, start = [], 0, 0
    for at, sign in enumerate(inside + ","):
        depth += {"{": 1, "}": -1}.get(sign, 0)
        if sign == "," and depth == 0:
            if inside[start:at].strip():
                for parts, name in paths_of(inside[start:at]):
                    paths.append((before + parts, name or before[-1]))
            start = at + 1
    return paths


class Imports:
    """Which file imports from which, and where. Declaring a child is no import, naming its items is."""

    def __init__(self, files):
        self.modules = {file.module: file for file in files if file.path != "main.rs"}
        self.macros = {}
        for file in files:
            for name in re.findall(r"\bmacro_rules! (\w+)", file.code):
                self.macros[name] = file
        # What a file imports by name, and what it exports again: paths from the crate's root.
        self.known = {file.path: {} for file in files}
        self.exported = {file.path: {} for file in files}
        for file in files:
            for use in USE.finditer(file.code):
                for parts, name in paths_of(use["tree"]):
                    path = self.absolute(file, parts)
                    if path is None:
                        continue
                    self.known[file.path][name] = path
                    if use["again"]:
                        self.exported[file.path][name] = path
        self.edges = {file.path: {} for file in files}
        for file in files:
            self.follow(file)

    def absolute(self, file, parts):
        """A path from the crate's root; none where it leads to another crate."""
        parts = list(parts)
        first = parts.pop(0)
        if first in ("crate", CRATE):
            return tuple(parts)
        if first == "self":
            return file.module + tuple(parts)
        if first == "super":
            up = file.module[:-1]
            while parts and parts[0] == "super":
                parts.pop(0)
                up = up[:-1]
            return up + tuple(parts)
        if first in file.children:
            return (*file.module, first, *parts)
        if first in self.known[file.path]:
            return self.known[file.path][first] + tuple(parts)
        return None

    def target(self, path, seen=()):
        """The file in which this path is defined. An item that is exported again is the other file's."""
        length = len(path)
        while path[:length] not in self.modules:
            length -= 1
        file = self.modules[path[:length]]
        rest = path[length:]
        if rest and rest not in seen:
            again = self.exported[file.path].get(rest[0])
            if again is not None and again != path[: length + 1]:
                return self.target(again + rest[1:], (*seen, rest))
            if rest[0] in self.macros:
                return self.macros[rest[0]]
        return file

    def follow(self, file):
        places = []
        for use in USE.finditer(file.code):
            places += [(use.start(), parts) for parts, _ in paths_of(use["tree"])]
        code = USE.sub(lambda use: re.sub(r"[^\n]", " ", use.group()), file.code)
        places += [(path.start(), path.group().split("::")) for path in INLINE.finditer(code)]
        for at, parts in sorted(places):
            path = self.absolute(file, parts)
            if path is None:
                continue
            other = self.target(path)
            if other.path != file.path:
                self.edges[file.path].setdefault(other.path, file.line(at))

    def circles(self):
        """Each set of files that import each other, as the shortest way round."""
        circles, done = [], set()
        for start in sorted(self.edges):
            way = None if start in done else self.way_round(start)
            if way:
                done |= {path for path in self.edges if self.reaches(start, path) and self.reaches(path, start)}
                circles.append(way)
        return circles

    def way_round(self, start):
        ways, seen = [[start]], set()
        while ways:
            way = ways.pop(0)
            for path in sorted(self.edges[way[-1]]):
                if path == start:
                    return [*way, start]
                if path not in seen:
                    seen.add(path)
                    ways.append([*way, path])
        return None

    def reaches(self, start, end):
        seen, left = set(), [start]
        while left:
            for path in self.edges[left.pop()]:
                if path not in seen:
                    seen.add(path)
                    left.append(path)
        return end in seen


# ---- Bounds ----------------------------------------------------------------------------------------


@dataclass
class Finding:
    what: str
    figure: str
    bound: str
    broken: list  # Where the bound is broken; empty where it holds.
    advice: str


def words(text):
    """The words that are read: comments, names and texts; `AuthorizationCode` and `code_verifier` are two."""
    return re.findall(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|\d+", text)


def reading(files):
    minutes = {
        file.path: len(words(file.text)) / WORDS_A_MINUTE for file in files if file.room in READ_ALOUD
    }
    total = sum(minutes.values())
    longest = sorted(minutes, key=minutes.get, reverse=True)[:3]
    return Finding(
        "reading login.rs and protocol/ aloud",
        f"{total:.1f} minutes",
        f"at most {MOST_MINUTES}, the aim is {AIM_MINUTES}",
        [f"{path} takes {minutes[path]:.1f}" for path in longest] if total > MOST_MINUTES else [],
        "move what is rare to the room where it belongs, or leave it out",
    )


def circles(files):
    imports = Imports(files)
    found = imports.circles()
    broken = []
    for way in found:
        steps = [f"{one}:{imports.edges[one][other]} imports {other}" for one, other in zip(way, way[1:])]
        broken.append("; ".join(steps))
    return Finding(
        "import circles between files",
        str(len(found)),
        "none",
        broken,
        "put what two files share into a file below both, or hand it over as an argument",
    )


def imports_up(files):
    broken = [f"{file.path} is in no room of this script's ROOMS" for file in files if file.room not in ROOMS]
    rooms = {file.path: file.room for file in files if file.room in ROOMS}
    for one, others in Imports(files).edges.items():
        for other, line in others.items():
            if one in rooms and other in rooms and ROOMS.index(rooms[other]) < ROOMS.index(rooms[one]):
                broken.append(f"{one}:{line} imports {other}")
    return Finding(
        "imports that point up",
        str(len(broken)),
        "none; from the top: " + ", ".join(ROOMS),
        broken,
        "move the item down to where both can reach it",
    )


def functions(file):
    """Name, first line and number of lines of each function, from `fn` to its last brace."""
    for found in re.finditer(r"\bfn (\w+)", file.code):
        semicolon = file.code.find(";", found.start())
        brace = file.code.find("{", found.start())
        if brace < 0 or 0 <= semicolon < brace:
            continue  # A trait's function without a body.
        end = end_of_block(file.code, found.start())
        first, last = file.line(found.start()), file.line(end)
        yield found[1], first, last - first + 1


def longest_function(files):
    found = [(count, file.path, line, name) for file in files for name, line, count in functions(file)]
    found.sort(reverse=True)
    count, path, line, name = found[0] if found else (0, "none", 0, "none")
    return Finding(
        "longest function",
        f"{count} lines: {name} in {path}:{line}",
        f"at most {MOST_LINES_OF_A_FUNCTION}",
        [f"{path}:{line} {name}: {count}" for count, path, line, name in found if count > MOST_LINES_OF_A_FUNCTION],
        "cut it where the subject changes, and name the parts",
    )


def longest_file(files):
    found = sorted(((file.text.count("\n"), file.path) for file in files), reverse=True)
    count, path = found[0]
    return Finding(
        "longest file",
        f"{count} lines: {path}",
        f"at most {MOST_LINES_OF_A_FILE}",
        [f"{path}: {count}" for count, path in found if count > MOST_LINES_OF_A_FILE],
        "cut it by subject",
    )


COMBINATOR = re.compile(rf"\.(?:{'|'.join(COMBINATORS)})(?:::<[^()]*>)?\(")


def combinators(files):
    counts, lines = {}, {}
    for file in files:
        counts[file.path] = len(COMBINATOR.findall(file.code))
        lines[file.path] = len(file.lines_of_code())
    figures, broken = [], []
    for room in dict.fromkeys(file.room for file in files):
        paths = [file.path for file in files if file.room == room]
        count, of = sum(counts[path] for path in paths), sum(lines[path] for path in paths)
        density = 100 * count / max(of, 1)
        most = MOST_COMBINATORS_READ_ALOUD if room in READ_ALOUD else MOST_COMBINATORS
        figures.append(f"{room} {density:.1f}")
        if density > most:
            densest = sorted(paths, key=lambda path: counts[path] - most * lines[path] / 100, reverse=True)
            named = ", ".join(f"{path} ({counts[path]} in {lines[path]})" for path in densest[:3])
            broken.append(f"{room}: {count} in {of} lines are {density:.1f}, most of all in {named}")
    return Finding(
        "combinators in 100 lines",
        ", ".join(figures),
        f"at most {MOST_COMBINATORS_READ_ALOUD} in {' and '.join(READ_ALOUD)}, {MOST_COMBINATORS} elsewhere",
        broken,
        "write `if` for a condition, `match` or `let … else` for a choice, `?` for the way out, "
        "and a loop where something is done",
    )


def tuple_bindings(files):
    found = re.compile(r"\blet \([\w, ]+\) =\s*\(")
    broken = [
        f"{file.path}:{file.line(at.start())}" for file in files for at in found.finditer(file.code)
    ]
    return Finding("`let (a, b) = (x, y)`", str(len(broken)), "none", broken, "one binding a line")


BOUNDS = [reading, circles, imports_up, longest_function, longest_file, combinators, tuple_bindings]


# ---- The check of this script ----------------------------------------------------------------------


def self_test():
    """Each bound holds for one small house, and is broken by another."""

    def check(bound, holds, breaks):
        for sources, is_broken in ((holds, False), (breaks, True)):
            finding = bound([File(path, text) for path, text in sources.items()])
            assert bool(finding.broken) == is_broken, (bound.__name__, sources, finding)

    spoken = "// a word, codeVerifier and code_verifier: eight\n"
    assert len(words(spoken)) == 8, words(spoken)
    minutes = WORDS_A_MINUTE // 7
    check(
        reading,
        {"login.rs": "// one two three four five six seven\n" * minutes * MOST_MINUTES},
        {"login.rs": "// one two three four five six seven eight\n" * minutes * MOST_MINUTES},
    )
    tested = "fn a() {}\n#[cfg(test)]\nuse crate::a;\n#[cfg(all(test, unix))]\nmod tests {\n    // } \"\n    use crate::b;\n}\n"
    assert File("c.rs", tested).text == "fn a() {}\n", File("c.rs", tested).text

    declares = {"wire/mod.rs": "pub mod form;\npub mod url;", "wire/url.rs": "pub struct Url;"}
    exports = {"wire/mod.rs": "mod form;\nmod url;\npub use url::Url;", "wire/url.rs": "pub struct Url;"}
    for use in (
        "use super::url::Url;",
        "use crate::wire::url::{self, Url as Other};",
        "// use super::form::Form;\nfn a(url: &super::url::Url) { \"crate::wire::form\"; }",
    ):
        check(circles, {**declares, "wire/form.rs": use}, {**declares, "wire/url.rs": "use crate::wire::form;", "wire/form.rs": use})
    # An item that is exported again is not the parent's; one of its own is.
    uses = {"wire/form.rs": "use super::{Url};\npub(in crate::wire) struct Form;"}
    check(circles, {**exports, **uses}, {**declares, "wire/mod.rs": "mod form;\nmod url;\npub struct Url;\nfn a() { form::b() }", **uses})
    check(
        imports_up,
        {"login.rs": "use crate::error::Error;", "error.rs": "use std::fmt;"},
        {"login.rs": "", "error.rs": "fn a() { crate::login::login() }"},
    )
    check(imports_up, {"login.rs": ""}, {"attic.rs": ""})

    body = "    // }\n    b(\"}\", '}');\n" * ((MOST_LINES_OF_A_FUNCTION - 2) // 2)
    check(
        longest_function,
        {"a.rs": f"trait T {{ fn c(); }}\nfn a<'a>(it: &'a str) {{\n{body}}}\n"},
        {"a.rs": f"fn a() {{\n{body}\n}}\n"},
    )
    check(longest_file, {"a.rs": "a();\n" * MOST_LINES_OF_A_FILE}, {"a.rs": "a();\n" * (MOST_LINES_OF_A_FILE + 1)})
    plain = "a();\n" * (100 - 5)
    check(
        combinators,
        {"login.rs": plain + "a.map(b);\n" * 5, "a.rs": plain + "\n// a.map(b)\n\".map(\"\n"},
        {"login.rs": plain + "a.map(b);\n" * 6},
    )
    check(combinators, {"a.rs": plain + "a.map(b);\n" * 6}, {"a.rs": plain + "a.collect::<Vec<_>>();\n" * 7})
    check(tuple_bindings, {"a.rs": "let (a, b) = both();"}, {"a.rs": "let (mut a, b) =\n    (1, 2);"})


def main():
    if sys.argv[1:] == ["--self-test"]:
        self_test()
        return 0
    files = read(Path(__file__).resolve().parent.parent / "src")
    findings = [bound(files) for bound in BOUNDS]
    for finding in findings:
        print(f"{finding.what}: {finding.figure} ({finding.bound})")
    broken = [finding for finding in findings if finding.broken]
    for finding in broken:
        print(f"\n{finding.what}: {finding.advice}", file=sys.stderr)
        for place in finding.broken:
            print(f"  {place}", file=sys.stderr)
    return 1 if broken else 0


if __name__ == "__main__":
    sys.exit(main())
