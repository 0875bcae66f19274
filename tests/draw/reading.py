"""What a DOT text says, for tests: its lines from box to box, whether they enter a frame at a port or not."""

from __future__ import annotations

import re

EDGE = re.compile(r"^\t+(\w+) -> (\w+) \[", re.MULTILINE)
BOX = re.compile(r"\w?n\d+")


def lines(dot: str) -> list[tuple[str, str]]:
    """Tail and head of each line. What enters a frame at a port comes from the tail of the common piece, and that from a port further out."""
    pieces = EDGE.findall(dot)
    tails = {head: tail for tail, head in pieces if not BOX.fullmatch(head)}

    def begin(tail: str) -> str:
        return begin(tails[tail]) if tail in tails else tail

    return [(begin(tail), head) for tail, head in pieces if BOX.fullmatch(head) and tail != head]  # the mark of a skip is none
