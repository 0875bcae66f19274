"""The values of the language while a network is elaborated, and how messages print them.

Plain values are Python's own: int (exact, of any size), float, bool, str, None (`none`), tuple (a list).
"""

from __future__ import annotations

from collections.abc import Iterable

from ...base.diagnostics import Diagnostic
from ...base.records import dataclass
from ..graph.program import Shown
from ..ops.axes import AXIS_WORDS
from ..ops.axis_names import STANDARD, show_axes
from ..ops.base import show
from ..ops.parameters import Named
from .closures import Builtin, Module, Partial, Template
from .shape_of import ShapeOf

LARGEST_BITS = 256
"""Whole numbers of more bits than this are refused: no tensor has such a size, and arithmetic on them could take for ever."""

LARGEST_LIST = 100_000
"""The longest list (the items of the lists within it counted), and the largest number of rounds of one loop."""

LARGEST_TEXT = 10_000
"""Characters of the longest text."""

_SHOWN = 200
"""How many characters of a value a message shows."""

WORDS = ("half", "valid", "same", "causal", *AXIS_WORDS)
"""Words that are values: each is the text of its own name."""


class Size(tuple[int, ...]):
    """`1x7`: one integer for each spatial axis."""

    __slots__ = ()


class Exhausted(Exception):
    """A limit of the whole compile is passed: nothing more is worked out."""

    def __init__(self, diagnostic: Diagnostic) -> None:
        super().__init__(diagnostic.message)
        self.diagnostic = diagnostic


class Abandoned(Exception):
    """Nobody waits for the answer any more."""


class Unknowable(Exception):
    """Something that an earlier, reported mistake left unknown was needed: nothing more is to be said."""


@dataclass(frozen=True, slots=True)
class Unknown:
    """What a mistake leaves behind."""


UNKNOWN = Unknown()


def show_value(value: object) -> str:
    """A value as the language would write it."""
    if value is True:
        return "true"
    if value is False:
        return "false"
    if value is None:
        return "none"
    if isinstance(value, str):
        return f'"{value}"' if len(value) <= _SHOWN else f'"{value[:_SHOWN]}…"'
    if isinstance(value, Size):
        return "x".join(str(item) for item in value)
    if isinstance(value, Named):
        return "[" + ", ".join(f"{name} = {size}" if name else str(size) for name, size in zip(value.names, value, strict=True)) + "]"
    if isinstance(value, tuple):
        return _show_list(value)
    if isinstance(value, Template | Builtin | Module):
        return value.name
    if isinstance(value, Partial):
        return f"{value.name}(…)"
    if isinstance(value, ShapeOf):
        usual = not any(value.axes) or value.axes == STANDARD.get(len(value.shape))
        return show(value.shape) if usual else show_axes(value.shape, value.axes)
    if isinstance(value, Shown):
        return value.text
    if isinstance(value, int):
        return show_integer(value)
    return str(value)


def _show_list(value: tuple[object, ...]) -> str:
    """A list by its first items, and how many there are where those are not all."""
    shown, length = [], 0
    for item in value if len(value) <= 12 else value[:10]:
        shown.append(show_value(item))
        length += len(shown[-1])
        if length > _SHOWN:
            break
    if len(shown) < len(value):
        shown.append(f"… ({len(value)} items)")
    return f"[{', '.join(shown)}]"


def show_integer(value: int) -> str:
    """An integer; one of thousands of digits is told by its length, for it helps nobody and Python refuses to print it."""
    if value.bit_length() > 4 * LARGEST_BITS:
        return f"a number of {value.bit_length()} bits"
    return str(value)


def kind_of(value: object) -> str:
    """What a value is, for messages: `a number`, `a block`."""
    if isinstance(value, bool):
        return "true or false"
    names: Iterable[tuple[type | tuple[type, ...], str]] = (
        (int, "a whole number"),
        (float, "a number"),
        (str, "a text"),
        (Size, "a size"),
        (tuple, "a list"),
        (type(None), "none"),
        (Builtin, "an operation"),
        (Partial, "an operation with arguments"),
        (Module, "an imported file"),
        (ShapeOf, "a shape"),
    )
    if isinstance(value, Template):
        return "a network" if value.is_network else "a block"
    return next((name for kind, name in names if isinstance(value, kind)), "a value")
