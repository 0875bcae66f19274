"""The page's script, one text of many files: a page is one file, and its script is no module that a browser would have to fetch.

Each file keeps its own names: it becomes a function that is called once and gives what the file exports.
"""

from __future__ import annotations

import re
from pathlib import Path

FIRSTS = ("main.js", "compare.js")
"""The files that a page begins with: that of one network, and that of two."""

IMPORT = re.compile(r'^import (?:(\{[^}]*\}) from )?"\./([\w-]+\.js)";\n', re.MULTILINE)
EXPORT = re.compile(r"^export (?=(?:const|function\*?|class) (\w+))", re.MULTILINE)


def joined(folder: Path, first: str = FIRSTS[0]) -> str:
    """The first file after all that it imports, and that these import."""
    parts: dict[str, str] = {}
    _add(folder, first, parts)
    return "\n".join(['"use strict";', "const files = {};", *parts.values()])


def _add(folder: Path, name: str, parts: dict[str, str]) -> None:
    text = (folder / name).read_text(encoding="utf-8")
    for _, needed in IMPORT.findall(text):
        if needed not in parts:
            _add(folder, needed, parts)
    exported = ", ".join(EXPORT.findall(text))
    body = EXPORT.sub("", IMPORT.sub(_taken, text))
    parts[name] = f'files["{name}"] = (() => {{\n{body}return {{ {exported} }};\n}})();\n'


def _taken(found: re.Match[str]) -> str:
    names, name = found.groups()
    return f'const {names} = files["{name}"];\n' if names else ""
