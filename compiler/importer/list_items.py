"""A list that differs among the places of a block, item by item: `[3 * dim, dim]` where a list of its own for each place would say nothing."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from fractions import Fraction
from typing import Any

from ..ops.axis_names import Axes
from .columns import distinct, is_width, ratio, same, times
from .flat_steps import Sizes
from .tree import ABSENT, Column

FEWEST = 3
"""At how many numbers one must be the same part of another for that to be no accident, where neither is a number of channels,
or the constructor takes both."""

Named = Sequence[tuple[str, Column]]
"""Parameters of the block and what enters it, by name, with their values."""


def of_items(column: Column, known: Callable[[], Named], parameter: Callable[[Column], str]) -> str | None:
    """A list whose items are numbers, written with what is `known`; a `parameter` is made for the one kind of item that nothing else says."""
    there = [_items(value) for value in column if value is not ABSENT]
    lists = [row for row in there if row is not None]
    if not lists or len(lists) < len(there) or any(row[1] != lists[0][1] or len(row[0]) != len(lists[0][0]) for row in lists):
        return None
    names = lists[0][1]
    items: list[Column] = []
    for place in range(len(lists[0][0])):
        numbers = iter(lists)
        items.append([value if value is ABSENT else next(numbers)[0][place] for value in column])
    told = [_told(item, known()) for item in items]
    rest = [item for item, text in zip(items, told, strict=True) if text is None]
    if rest and (len(rest) == len(items) or any(item != rest[0] for item in rest)):
        return None
    own = parameter(rest[0]) if rest else ""
    texts = [text or own for text in told]
    return "[" + ", ".join(f"{name} = {text}" if name else text for name, text in zip(names or [""] * len(texts), texts, strict=True)) + "]"


def _items(value: Any) -> tuple[Sequence[int], Axes] | None:
    """The numbers of a list or a shape, and the names of its axes where these are written."""
    sizes, axes = (value.sizes, value.axes) if isinstance(value, Sizes) else (value, ())
    is_list = isinstance(sizes, list | tuple) and isinstance(value, Sizes | list) and all(type(item) is int for item in sizes)
    return (sizes, axes) if is_list else None


def _told(column: Column, known: Named) -> str | None:
    """One item: the same everywhere, a parameter or what enters, or a multiple or part of one of these."""
    values = distinct(column)
    if len(values) == 1:
        return str(values[0])
    for name, other in known:
        if same(column, other):
            return name
    for name, other in known:
        factor = ratio(column, other) if is_width(name) or len(values) >= FEWEST else None
        if factor is not None and factor != Fraction(1):
            return times(name, factor)
    return None
