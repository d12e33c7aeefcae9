#!/usr/bin/env -S python3 -B
"""licence.py: prints LICENSE, which is the last section of README.md. Fails where that isn't one."""

import re
import sys

from help import ROOT

# Every MIT licence says this.
MUST_SAY = ["Copyright", "Permission is hereby granted", "THE SOFTWARE IS PROVIDED"]


def main() -> None:
    heading, _, text = (ROOT / "README.md").read_text().rpartition("\n## ")[2].partition("\n")
    missing = [words for words in MUST_SAY if words not in " ".join(text.split())]
    if not re.search(r"licen[cs]e", heading, re.IGNORECASE) or missing:
        sys.exit(f"the last section of README.md, “{heading}”, is not the licence; an archive needs one")
    # Neither fences nor signs of a quotation belong to it.
    print(re.sub(r"^(```.*|> ?)", "", text, flags=re.MULTILINE).strip())


if __name__ == "__main__":
    main()
