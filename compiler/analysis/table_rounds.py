"""Long tables for people: equal rounds of a repeat are shown once, and of what is still too long the beginning and the end."""

from __future__ import annotations

import re
from collections.abc import Sequence

MOST_ROWS = 1000
"""What a person scrolls through; a table that is shorter is shown as it is."""

LONGEST_ROUND = 200
"""Rows of a round, at most, that are looked for."""

LEAST_ROUNDS = 3

_NUMBER = re.compile(r"\d+")

Rows = Sequence[Sequence[str]]


def shortened(rows: Rows) -> tuple[Rows, Sequence[str]]:
    """The rows to show, and what is to be said below them. The first cell of a row is a path; others tell of it."""
    if len(rows) <= MOST_ROWS:
        return rows, ()
    shown = _folded(rows)
    notes = ["×N: so many equal rounds; the figures are those of one of them."] if len(shown) < len(rows) else []
    if len(shown) > MOST_ROWS:
        half = MOST_ROWS // 2
        left = len(shown) - 2 * half
        shown = [*shown[:half], ("…", *[""] * (len(rows[0]) - 1)), *shown[-half:]]
        notes.append(f"…: {left:,} rows that are not shown.")
    return shown, [*notes, f"All {len(rows):,} rows: `--format csv` or `--format json`."]


def _folded(rows: Rows) -> list[Sequence[str]]:
    keys = [(_NUMBER.sub("#", row[0]), *row[1:]) for row in rows]
    found: list[Sequence[str]] = []
    at = 0
    while at < len(rows):
        size, count = _rounds(keys, at)
        if not count:
            found.append(rows[at])
            at += 1
            continue
        for place in range(at, at + size):
            first, last = rows[place][0], rows[place + size * (count - 1)][0]
            found.append((f"{_span(first, last)} ×{count:,}", *rows[place][1:]))
        at += size * count
    return found


def _rounds(keys: Sequence[tuple[str, ...]], at: int) -> tuple[int, int]:
    """How many rows the shortest round that begins here has, and how often it comes; (0, 0) where none does."""
    for size in range(1, LONGEST_ROUND + 1):
        if at + LEAST_ROUNDS * size > len(keys):
            break
        if keys[at] != keys[at + size]:
            continue
        end = at + size
        while end < len(keys) and keys[end] == keys[end - size]:
            end += 1
        count = (end - at) // size
        if count >= LEAST_ROUNDS:
            return size, count
    return 0, 0


def _span(first: str, last: str) -> str:
    """`blocks.0..9.conv1` of `blocks.0.conv1` and `blocks.9.conv1`."""
    numbers = iter(_NUMBER.findall(last))
    return _NUMBER.sub(lambda match: match[0] if (other := next(numbers)) == match[0] else f"{match[0]}..{other}", first)
