"""Names that begin with a digit, where the language takes none: which may be written instead."""

from __future__ import annotations

import re
from typing import Final

_IMPORT: Final = re.compile(
    r"""\s*(?P<word>from|import)\s+["']?(?:\.{0,2}[\\/])*(?P<folders>(?:[A-Za-z_]\w*[./])*)(?P<stem>[0-9][\w-]*)(?:\.arch)?["']?(?P<rest>.*)"""
)
_HEAD: Final = re.compile(r"(?:\A|.*[{\s])(block|network|operation|let|input|for|as)\s+\Z")
_LABEL: Final = re.compile(r"[0-9]\w*(?=\s*:)")
_READ: Final = re.compile(r"[0-9]\w*(?=\s*\))")
_READS: Final = re.compile(r"\b(?:skip|reuse)\(\s*\Z")
_IN_A_VALUE: Final = re.compile(r"[(,=\[*+-]\s*\Z")
_FACTOR: Final = re.compile(r"([0-9]+)([A-Za-z_]\w*)")


def name_of_a_file(line: str) -> str | None:
    """`from 18b import x`, `import "18b"`: a file is found by its name, so that the file needs another."""
    found = _IMPORT.match(line)
    if found is None:
        return None
    better = "net_" + re.sub(r"\W", "_", found["stem"])
    path = found["folders"].replace("/", ".") + better
    brought = re.match(r"\s*(import\s+\w.*)", found["rest"])
    written = f"from {path} {brought[1].strip() if brought else 'import …'}" if found["word"] == "from" else f"import {path}"
    return f"a file is imported by its name, which begins with a letter: call it `{better}.arch`, and write `{written}`"


def name_of_a_part(line: str, column: int, text: str) -> str | None:
    """`block 3conv(w)`, `let 2w = 3`: what is to be named there."""
    found = _HEAD.match(line[:column])
    letters = text.lstrip("0123456789_.")
    if found is None or not letters.isidentifier():
        return None
    digits = text[: len(text) - len(letters)].strip("_.")
    return f"write the digits behind: `{found[1]} {letters}{'_' if letters[-1].isdigit() else ''}{digits}`"


def label_with_digits(line: str, column: int) -> str | None:
    """`1a: conv(64)`, `skip(1a)`: the label between quotes."""
    found = _LABEL.match(line, column) or (_READ.match(line, column) if _READS.search(line[:column]) else None)
    return f'"{found[0]}"' if found is not None else None


def product_of(line: str, column: int, text: str) -> str | None:
    """`conv(2w)`: a number times a name."""
    found = _FACTOR.fullmatch(text) if _IN_A_VALUE.search(line[:column]) else None
    return f"{found[1]} * {found[2]}" if found is not None else None
