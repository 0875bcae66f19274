"""Parts of one tensor that lie end to end: what branches of equal work read and write."""

from __future__ import annotations

from collections.abc import Sequence

from ..ops.part import Slice
from .draft import Item


def part_of(item: Item) -> tuple[Item, int, int] | None:
    """The tensor that `item` is a slice of, along the channels, and its first channel and the one after its last."""
    if not isinstance(item.operation, Slice) or item.operation.axis != "channels" or item.operation.step != 1:
        return None
    whole = item.inputs[0]
    start, stop, _ = slice(item.operation.start, item.operation.stop).indices(whole.shape[0])
    return whole, start, stop


def whole_of(items: Sequence[Item]) -> Item | None:
    """The tensor whose channels the items are, all of them, each once and in order; None where there is none."""
    reached = 0
    found: Item | None = None
    for item in items:
        part = part_of(item)
        if part is None or part[1] != reached or (found is not None and part[0] is not found):
            return None
        found, _, reached = part
    return found if found is not None and reached == found.shape[0] else None
