"""Columns of numbers, one for each place of a block: which are equal, multiples of each other, what enters."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from fractions import Fraction
from typing import Any

from .tree import ABSENT, Column

WIDTHS = ("channels", "features", "planes", "width", "dim", "hidden")


def is_width(role: str) -> bool:
    """Whether an argument of this name is a number of channels."""
    return role.rstrip("0123456789").endswith(WIDTHS)


def matches(column: Column, known: Column) -> bool:
    """Whether a column may be that of a parameter, which is not read at all of its places yet."""
    pairs = [(a, b) for a, b in zip(column, known, strict=True) if a is not ABSENT and b is not ABSENT]
    there = sum(value is not ABSENT for value in column)
    if not pairs or any(type(a) is not type(b) or a != b for a, b in pairs):
        return False
    return len(pairs) == there or (2 * len(pairs) > there and len(distinct([a for a, _ in pairs])) > 1)


def channels_of(entry: Column) -> tuple[str, Column]:
    """The word for the channels of what enters, and how many these are."""
    rows = [row for row in entry if row is not ABSENT]
    if not rows or len({row.axes for row in rows}) != 1 or not rows[0].shape:
        return "", []
    axes = rows[0].axes
    if axes.count("channels") == 1:
        word, axis = "channels", axes.index("channels")
    else:
        word, axis = "features", -1
    return word, [ABSENT if row is ABSENT else row.shape[axis] for row in entry]


def same(one: Sequence[Any], two: Sequence[Any]) -> bool:
    """Whether two columns are equal wherever both are there, and both are somewhere."""
    pairs = [(a, b) for a, b in zip(one, two, strict=False) if a is not ABSENT and b is not ABSENT]
    there = sum(value is not ABSENT for value in one)
    return len(pairs) == there and bool(pairs) and all(type(a) is type(b) and a == b for a, b in pairs)


def equal(one: Column, two: Column) -> Callable[[int], bool | None]:
    """Whether two columns are equal at a place, where both are there."""
    return lambda place: None if ABSENT in (one[place], two[place]) else bool(one[place] == two[place])


def unequal(one: Column, two: Column) -> Callable[[int], bool | None]:
    return lambda place: None if ABSENT in (one[place], two[place]) else bool(one[place] != two[place])


def extend(column: Column, other: Column) -> None:
    for place, value in enumerate(other):
        if column[place] is ABSENT:
            column[place] = value


def typed(column: Sequence[Any]) -> type | None:
    kinds = {type(value) for value in column if value is not ABSENT}
    return kinds.pop() if len(kinds) == 1 else None


def product(one: Column, two: Column) -> Column:
    return [ABSENT if ABSENT in (a, b) else (int(a * b) if float(a * b).is_integer() else a * b) for a, b in zip(one, two, strict=True)]


def ratio(column: Column, other: Column) -> Fraction | None:
    """The one factor by which all values are those of `other`; only whole numbers and their inverses."""
    pairs = [(a, b) for a, b in zip(column, other, strict=True) if a is not ABSENT]
    if any(b is ABSENT or not b or not isinstance(a, int) or not isinstance(b, int) for a, b in pairs):
        return None
    factors = {Fraction(a, b) for a, b in pairs}
    if len(factors) != 1 or len({b for _, b in pairs}) < 2:
        return None
    (factor,) = factors
    return factor if factor.numerator == 1 or factor.denominator == 1 else None


SIDES = ("depth", "height", "width", "length")
"""Words for the sides of a map or a sequence."""


def of_sides(column: Column, entry: Column) -> str | None:
    """A size, or a list of sizes, as sides of what enters or as parts of these: `in.height / 7`, `[in.height, in.width]`."""
    lists = [value for value in column if isinstance(value, list | tuple)]
    if not lists:
        return next((text for _, text in _sides(column, entry)), None)
    if {len(value) for value in lists} != {len(lists[0])} or any(not isinstance(value, list | tuple | type(ABSENT)) for value in column):
        return None
    words: list[str] = []
    told: list[str] = []
    for place in range(len(lists[0])):
        rows = list(_sides([value if value is ABSENT else value[place] for value in column], entry))
        if not rows:
            return None
        word, text = next((row for row in rows if row[0] not in words), rows[0])  # of a square map one after the other
        words.append(word)
        told.append(text)
    return f"[{', '.join(told)}]"


def _sides(column: Column, entry: Column) -> Iterator[tuple[str, str]]:
    """The sides of which a size is one and the same part everywhere, each with the text that says so."""
    for word in SIDES:
        if any(row is not ABSENT and row.axes.count(word) != 1 for row in entry):
            continue
        factor = ratio(column, [ABSENT if row is ABSENT else row.shape[row.axes.index(word)] for row in entry])
        if factor is not None:
            yield word, f"in.{word}" if factor == 1 else times(f"in.{word}", factor)


def times(name: str, factor: Fraction) -> str:
    if factor == -1:
        return f"-{name}"
    return f"{name} * {factor.numerator}" if factor.denominator == 1 else f"{name} / {factor.denominator}"


def distinct(column: Column) -> list[Any]:
    found: list[Any] = []
    for value in column:
        if value is not ABSENT and not any(type(value) is type(other) and value == other for other in found):
            found.append(value)
    return found
