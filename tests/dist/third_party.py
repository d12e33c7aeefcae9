#!/usr/bin/env -S python3 -B
"""third_party.py STD NAME=FILE... < UNITS: prints THIRD-PARTY, the notices of all that is linked into
a file: name, version, licence and its text.

UNITS is what `cargo build --unit-graph` says of the build of that very file, std's crates included. A
crate's texts stand in its source. A crate without one stops this. STD is Debian's copyright file for
std's source, which comes without them; each NAME=FILE is one for what the C compiler links in.
"""

import json
import re
import sys
import tomllib
from dataclasses import dataclass
from pathlib import Path

APACHE = Path("/usr/share/common-licenses/Apache-2.0")
# LICENSE-MIT, license.txt, COPYING, UNLICENSE, NOTICE
TEXT = re.compile(r"(licen[cs]e|copying|unlicense|notice|copyright)([-._].*)?", re.IGNORECASE)
CODE = {".rs", ".py", ".c", ".h", ".toml"}


@dataclass
class Crate:
    name: str
    version: str
    licence: str
    # The text that `license-file` names; "" where the crate names none.
    licence_file: str
    folder: Path

    def texts(self) -> list[Path]:
        """Below its folder too: a crate may hold a piece of somebody else's."""
        texts = {self.folder / self.licence_file} if self.licence_file else set()
        for file in self.folder.rglob("*"):
            if file.is_file() and TEXT.fullmatch(file.name) and file.suffix not in CODE:
                texts.add(file)
        return sorted(texts)


def linked(graph: dict) -> list[Path]:
    """The manifests of the libraries that are linked in: neither macros nor build scripts."""
    units = graph["units"]
    found, open_ends = set(), list(graph["roots"])
    while open_ends:
        index = open_ends.pop()
        if index in found:
            continue
        found.add(index)
        for dependency in units[index]["dependencies"]:
            unit = units[dependency["index"]]
            # A unit without a platform is for this machine: a build script, a macro.
            is_library = unit["target"]["kind"][0] in ("lib", "rlib")
            if is_library and unit["mode"] == "build" and unit["platform"]:
                open_ends.append(dependency["index"])
    roots = {units[root]["pkg_id"] for root in graph["roots"]}
    others = [units[index] for index in found if units[index]["pkg_id"] not in roots]
    return sorted({manifest_of(Path(unit["target"]["src_path"])) for unit in others})


def manifest_of(source: Path) -> Path:
    return next(folder / "Cargo.toml" for folder in source.parents if (folder / "Cargo.toml").exists())


def crate_of(manifest: Path) -> Crate:
    package = tomllib.loads(manifest.read_text())["package"]
    licence_file = package.get("license-file", "")
    licence = package.get("license", f"as in {licence_file}" if licence_file else "")
    return Crate(package["name"], package["version"], licence, licence_file, manifest.parent)


def is_std(manifest: Path) -> bool:
    return "rustlib" in manifest.parts


class Copyright:
    """A copyright file of Debian's: https://www.debian.org/doc/packaging-manuals/copyright-format/1.0/"""

    def __init__(self, file: Path):
        self.paragraphs = [self.fields(text) for text in re.split(r"\n\n+", file.read_text().strip())]

    @staticmethod
    def fields(paragraph: str) -> dict[str, str]:
        fields, name = {}, ""
        for line in paragraph.splitlines():
            if line.startswith((" ", "\t")):
                fields[name] += "\n" + line.strip().removeprefix(".")
            elif not line.startswith("#"):
                name, _, value = line.partition(":")
                fields[name] = value.strip()
        return fields

    def below(self, folder: str) -> str:
        """Holders and licences of a folder, and the texts of these licences."""
        notices, licences = "", set()
        for paragraph in self.paragraphs:
            files = paragraph.get("Files", "").split()
            mine = [pattern for pattern in files if pattern.startswith(folder)]
            if mine:
                licence = paragraph["License"].splitlines()[0]
                notices += f"{' '.join(mine)}\nCopyright: {paragraph['Copyright']}\nLicense: {licence}\n\n"
                licences |= set(re.split(r" (?:and|or) ", licence.replace("(", "").replace(")", "")))
        if not notices:
            sys.exit(f"nothing is said of {folder}")
        return notices + "\n".join(self.text(licence) for licence in sorted(licences))

    def text(self, licence: str) -> str:
        for paragraph in self.paragraphs:
            name, _, text = paragraph.get("License", "").partition("\n")
            if "Files" not in paragraph and name.lower() == licence.lower():
                if APACHE.name in text:
                    text += "\n" + APACHE.read_text()
                return f"License: {name}\n{text}\n"
        sys.exit(f"no text of the licence {licence}")


LINE = "=" * 80


class Notices:
    """The texts, each of them once."""

    def __init__(self):
        self.page = ""
        self.where = {}

    def add(self, heading: str, texts: list[tuple[str, str]]) -> None:
        self.page += f"{LINE}\n{heading}\n{LINE}\n\n"
        for name, text in texts:
            text = text.strip().replace("\r\n", "\n")
            known = self.where.setdefault(" ".join(text.split()), f"{heading.split(',')[0]}, {name}")
            mine = f"{heading.split(',')[0]}, {name}"
            self.page += f"{name}: " + (f"as above ({known})\n\n" if known != mine else f"\n\n{text}\n\n")


def main(std: str, *others: str) -> None:
    manifests = linked(json.load(sys.stdin))
    notices = Notices()
    crates = [crate_of(manifest) for manifest in manifests if not is_std(manifest)]
    for crate in sorted(crates, key=lambda crate: (crate.name, crate.version)):
        texts = [(str(file.relative_to(crate.folder)), file.read_text(errors="replace")) for file in crate.texts()]
        if not texts or not crate.licence:
            sys.exit(f"{crate.name} {crate.version} has no licence, or no text of it")
        notices.add(f"{crate.name} {crate.version}, {crate.licence}", texts)
    notices.add("Rust's standard library, MIT OR Apache-2.0", [("copyright", Copyright(Path(std)).below("library/"))])
    for other in others:
        name, _, file = other.partition("=")
        notices.add(name, [("copyright", Path(file).read_text())])
    print("What is linked into this file beside bare-oauth itself, and under which licence.\n")
    print("\n".join(re.findall(rf"{LINE}\n(.*)\n{LINE}", notices.page)), end="\n\n")
    print(notices.page, end="")


if __name__ == "__main__":
    main(*sys.argv[1:])
