"""Words for what was won."""

from __future__ import annotations


def counted(count: int, one: str, many: str = "") -> str:
    """`1 batch norm`, `53 batch norms`."""
    return f"{count} {one if count == 1 else many or one + 's'}"
