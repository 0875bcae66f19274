"""A body's text in statements, be they archc's or lines of Python's: brackets whole, a colon's block by its indentation.

It shares nothing with `dsl/recovery/`, which matches the brackets of archc's tokens: lines of Python's have others, and are taken apart as text.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import Final

from ...base.records import dataclass

_COMMENT: Final = re.compile(r'("[^"\n]*"|\'[^\'\n]*\')|#[^\n]*')
_QUOTED: Final = re.compile(r'"[^"\n]*"|\'[^\'\n]*\'')
_BLOCK: Final = re.compile(r"(?:for|repeat|while|if|elif|else|with)\b[^{}:]*:")

_OTHER: Final = re.compile(r"\b(?:else|elif)\b[^{}:]*:")


@dataclass(frozen=True, slots=True)
class Row:
    """A statement; `body` is what stands behind its colon, None where it has none. `start` is where it begins in the text."""

    text: str
    indent: int
    start: int
    body: tuple[Row, ...] | None = None


def statements(text: str, start: int = 0) -> tuple[Row, ...]:
    return tuple(_nested(list(_rows(_COMMENT.sub(_blank, text), start))))


def _blank(match: re.Match[str]) -> str:
    return match[1] or " " * len(match[0])


def _rows(text: str, start: int) -> Iterator[Row]:
    waiting, begin, depth, place = "", 0, 0, 0
    lines = text.split("\n")
    behind = [""]
    for line in reversed(lines):
        behind.append(line.strip() or behind[-1])
    for number, line in enumerate(lines):
        if not waiting:
            begin = place + len(line) - len(line.lstrip())
        waiting = f"{waiting}\n{line}" if waiting else line
        bare = _QUOTED.sub("", line)
        depth += sum(bare.count(sign) for sign in "([{") - sum(bare.count(sign) for sign in ")]}")
        place += len(line) + 1
        following = behind[len(lines) - number - 1]
        if depth > 0 or bare.rstrip().endswith(("->", "\\")) or following.startswith(("->", "|")):
            continue
        yield from _parts(waiting, begin, start)
        waiting = ""
    if waiting:
        yield from _parts(waiting, begin, start)


def _parts(text: str, begin: int, start: int) -> Iterator[Row]:
    indent = len(text) - len(text.lstrip())
    for number, part in enumerate(text.split(";") if "{" not in text and '"' not in text else [text]):
        if part.strip():
            yield Row(part.strip(), indent, start + begin + number)


def _nested(rows: Sequence[Row]) -> Iterator[Row]:
    at = 0
    while at < len(rows):
        row, at = rows[at], at + 1
        head = _BLOCK.match(row.text)
        if head is None:
            yield row
            continue
        behind = row.text[head.end() :].strip()
        if behind:
            other = _OTHER.search(behind)
            inside = behind[: other.start()].strip() if other is not None else behind
            yield Row(head[0], row.indent, row.start, (Row(inside, row.indent + 1, row.start + head.end()),))
            if other is not None:
                rows = [*rows[:at], Row(behind[other.start() :], row.indent, row.start + head.end() + other.start()), *rows[at:]]
            continue
        first = at
        while at < len(rows) and rows[at].indent > row.indent:
            at += 1
        yield Row(head[0], row.indent, row.start, tuple(_nested(rows[first:at])))
