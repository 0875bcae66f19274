"""The heads of conditions and loops: which branches they have, and how many rounds."""

from __future__ import annotations

import re
from typing import Final, TypeAlias

from .meant import Unread
from .statements import Row, statements

MOST_ROUNDS: Final = 6

Branch: TypeAlias = "tuple[str | None, tuple[Row, ...]]"
"""A condition, None of an `else`, and what stands behind it."""


def branches(row: Row) -> list[Branch]:
    """Those of one statement: `if a { … } else { … }` has two."""
    head = row.text.removesuffix(":").rstrip() if row.body is not None else row.text
    if row.body is not None:
        return [(_condition(head), row.body)]
    found: list[Branch] = []
    text, start = row.text, row.start
    while text.strip():
        begin = text.find("{")
        end = _closing(text, begin)
        found.append((_condition(text[:begin]), statements(text[begin + 1 : end], start + begin + 1)))
        text, start = text[end + 1 :], start + end + 1
    return found


def _condition(head: str) -> str | None:
    words = head.strip()
    if words == "else":
        return None
    condition = re.sub(r"^(?:else\s+)?(?:if|elif)\b", "", words)
    return re.sub(r"[\s()]", "", condition)


def _closing(text: str, begin: int) -> int:
    depth = 0
    for place in range(max(begin, 0), len(text)):
        depth += (text[place] == "{") - (text[place] == "}")
        if depth == 0 and text[place] == "}":
            return place
    raise Unread


def rounds(word: str, text: str) -> int:
    """How often a loop runs; where that is not written out, twice, which tells what a round gives the next."""
    count = re.match(r"\s*(\d+)\s*(?:as\b|\Z)", text) if word == "repeat" else re.search(r"\bin\s+range\(\s*(\d+)\s*\)\s*\Z", text)
    if count is not None:
        return min(int(count[1]), MOST_ROUNDS)
    items = re.search(r"\bin\s*\[([^\[\]]*)\]\s*\Z", text) if word == "for" else None
    return min(len(items[1].split(",")), MOST_ROUNDS) if items is not None else 2
