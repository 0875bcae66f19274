"""What an option of a block depends on: what a flag is called, and tests of parameters."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Protocol

from .columns import distinct
from .tree import ABSENT, Body, Call, Column, Op, Skip, walk
from .words import is_name

TELLING = ("stride", "expand", "ratio", "depth")
"""Numbers on which, being 1 or 0 or not, papers make a step depend."""


OF_SHORTCUTS = ("stride", "width", "out_channels", "channels")
"""Numbers of a step that some blocks alone have, which are those of the block where one of its parameters says them."""

WIDTHS = ("channels", "features")


class HasColumn(Protocol):
    name: str
    column: Column


def flag(body: Body) -> str:
    """The name of a flag: of what is there, or not."""
    for item in body.items:
        if isinstance(item, Skip):
            return "residual"
        if item.label is not None and is_name(item.label):
            return f"with_{item.label.strip('_')}"
        if isinstance(item, Op):
            return {"roll": "shifted"}.get(item.operation[0], f"with_{item.operation[0]}")
        if isinstance(item, Call):
            return f"with_{item.block}"
    return "whole"


def said_by(constructor: Mapping[str, Column], present: Sequence[bool], places: Sequence[int]) -> str | None:
    """The argument of the constructor, a truth value, that says where something is there: the model's own reason."""
    for name, column in constructor.items():
        if all(type(column[place]) is bool and column[place] is present[place] for place in places):
            return name
    return None


def one_width(body: Body) -> int | None:
    """How many channels the steps of a body make, where that is one number at all places: a shortcut is there where others enter."""
    sizes = [item.arguments[word] for item, _ in walk(body) if isinstance(item, Op) for word in WIDTHS if word in item.arguments]
    found = {value for column in sizes for value in column if value is not ABSENT}
    return found.pop() if len(found) == 1 and all(type(value) is int for value in found) else None


def equals(parameter: HasColumn, value: Any) -> Callable[[int], bool | None]:
    return lambda place: None if parameter.column[place] is ABSENT else bool(parameter.column[place] == value)


def differs(parameter: HasColumn, value: Any) -> Callable[[int], bool | None]:
    return lambda place: None if parameter.column[place] is ABSENT else bool(parameter.column[place] != value)


def simple_tests(parameters: Sequence[HasColumn], is_often: bool) -> list[tuple[str, Callable[[int], bool | None]]]:
    """What a condition may ask of a parameter. That something is there where a stride is 1, or is not, says nothing if it is so at one place alone."""
    found: list[tuple[str, Callable[[int], bool | None]]] = []
    for row in parameters:
        is_telling = any(word in row.name for word in TELLING) and (is_often or "stride" not in row.name)
        for value in distinct(row.column):
            if isinstance(value, bool):
                found.append((row.name if value else f"not {row.name}", equals(row, value)))
            elif isinstance(value, int | float) and value in (0, 1) and is_telling:
                found.append((f"{row.name} != {value!r}", differs(row, value)))
                found.append((f"{row.name} == {value!r}", equals(row, value)))
    return found
