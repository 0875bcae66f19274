"""Kinds of parameter: what an argument of an operation may be, and how it is read.

A kind turns a value of the language (see `compiler/elaborate/closures.py`) into the plain value that the operation
keeps, or says in the user's words what was expected. Fields of an operation are made with `parameter`.
"""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Iterable, Mapping
from typing import Any, ClassVar, TypeAlias

from ...base.records import dataclass

Plain: TypeAlias = "int | float | bool | str | tuple[Plain, ...] | None"
"""What an operation keeps in its fields, and what a constructor argument in generated code may be."""

MISSING = dataclasses.MISSING


class BadValue(Exception):
    """A value that a kind does not accept. `expected` completes the sentence "`stride` must be …"."""

    def __init__(self, expected: str) -> None:
        super().__init__(expected)
        self.expected = expected


@dataclass(frozen=True, slots=True)
class Kind:
    """One kind of parameter. `read` accepts what `values.py` makes: int, float, bool, str, None, Size and tuple."""

    names_axes: ClassVar[bool] = False
    """Whether its words are names of axes, which are looked for among those of what comes in."""

    is_list: ClassVar[bool] = False
    """Whether it takes a list: of sizes, of numbers, of axes."""

    describe: str

    def read(self, value: object) -> Plain:
        raise NotImplementedError

    def refuse(self) -> BadValue:
        return BadValue(self.describe)


@dataclass(frozen=True, slots=True)
class Integer(Kind):
    """A whole number, at least `least`, and at most `most` where work is done for each. A boolean is not one; `64.0` is not one either."""

    least: int = 1
    most: float = math.inf

    def read(self, value: object) -> int:
        if isinstance(value, bool) or not isinstance(value, int) or not self.least <= value <= self.most:
            raise self.refuse()
        return value


@dataclass(frozen=True, slots=True)
class Real(Kind):
    """A finite number in `[least, most]`."""

    least: float = -math.inf
    most: float = math.inf

    def read(self, value: object) -> float | int:
        if isinstance(value, bool) or not isinstance(value, int | float):
            raise self.refuse()
        if not math.isfinite(value) or not self.least <= value <= self.most:
            raise self.refuse()
        return value


@dataclass(frozen=True, slots=True)
class Flag(Kind):
    def read(self, value: object) -> bool:
        if not isinstance(value, bool):
            raise self.refuse()
        return value


@dataclass(frozen=True, slots=True)
class Word(Kind):
    """One of a few words."""

    words: tuple[str, ...] = ()

    def read(self, value: object) -> str:
        if not isinstance(value, str) or value not in self.words:
            raise self.refuse()
        return value


@dataclass(frozen=True, slots=True)
class Extent(Kind):
    """A size: one integer for every spatial axis, or one for each (`1x7`, `[1, 7]`)."""

    is_list: ClassVar[bool] = True

    least: int = 1

    def read(self, value: object) -> Plain:
        if isinstance(value, int) and not isinstance(value, bool) and value >= self.least:
            return value
        if (
            isinstance(value, tuple)
            and value
            and all(isinstance(item, int) and not isinstance(item, bool) and item >= self.least for item in value)
        ):
            return tuple(value)
        raise self.refuse()


@dataclass(frozen=True, slots=True)
class Padding(Kind):
    """`half`, `valid`, `same`, `causal`, a number, a size, or `[top, bottom, left, right]`."""

    words: tuple[str, ...] = ("half", "valid", "same", "causal")

    def read(self, value: object) -> Plain:
        if isinstance(value, str):
            if value in self.words:
                return value
            raise self.refuse()
        return Extent(self.describe, least=0).read(value)


@dataclass(frozen=True, slots=True)
class Integers(Kind):
    """A list of whole numbers."""

    is_list: ClassVar[bool] = True

    least: int = 0

    def read(self, value: object) -> Plain:
        if isinstance(value, tuple) and all(isinstance(item, int) and not isinstance(item, bool) and item >= self.least for item in value):
            return tuple(value)
        raise self.refuse()


class Named(tuple[int, ...]):
    """A list of sizes with names: `[length = 196, channels = 768]`; "" for a size without one."""

    names: tuple[str, ...]

    def __new__(cls, sizes: Iterable[int], names: tuple[str, ...]) -> Named:
        made = super().__new__(cls, sizes)
        made.names = names
        return made


@dataclass(frozen=True, slots=True)
class Sizes(Integers):
    """The sizes of a tensor's axes, which may have names: kept as pairs then, so that two with other names are not one."""

    def read(self, value: object) -> Plain:
        sizes = Integers.read(self, value)
        assert isinstance(sizes, tuple)
        return tuple(zip(value.names, sizes, strict=True)) if isinstance(value, Named) else sizes


def sizes_of(shape: tuple[Plain, ...]) -> tuple[int, ...]:
    """The sizes alone."""
    found = [item[1] if isinstance(item, tuple) else item for item in shape]
    return tuple(size for size in found if isinstance(size, int))


def names_of(shape: tuple[Plain, ...]) -> tuple[str, ...]:
    """The names alone, "" where there is none."""
    return tuple(str(item[0]) if isinstance(item, tuple) else "" for item in shape)


@dataclass(frozen=True, slots=True)
class OpenSizes(Kind):
    """Sizes by names that the call chooses: each is an argument of its own, `p = 7`, and the field keeps them as pairs."""

    item: ClassVar[Integer] = Integer("a whole number, at least 1")

    def read(self, value: object) -> Plain:
        if not isinstance(value, tuple) or not all(isinstance(row, tuple) and len(row) == 2 for row in value):
            raise self.refuse()
        return tuple((str(name), self.item.read(size)) for name, size in value)


@dataclass(frozen=True, slots=True)
class Reference(Kind):
    """The label of a step. The elaborator adds the tensor as a further input of the node and keeps `True` in the field."""

    def read(self, value: object) -> Plain:
        if isinstance(value, bool):
            return value
        raise self.refuse()


@dataclass(frozen=True, slots=True)
class Anything(Kind):
    """A value of any kind that a class of Python can be given."""

    def read(self, value: object) -> Plain:
        if isinstance(value, float) and not math.isfinite(value):
            raise self.refuse()
        if value is None or isinstance(value, bool | int | float | str):
            return value
        if isinstance(value, tuple) and not isinstance(value, Named):
            return tuple(self.read(item) for item in value)
        raise self.refuse()


@dataclass(frozen=True, slots=True)
class Optional(Kind):
    """`none`, or what `kind` accepts."""

    kind: Kind | None = None

    def read(self, value: object) -> Plain:
        if value is None:
            return None
        assert self.kind is not None
        try:
            return self.kind.read(value)
        except BadValue:
            raise self.refuse() from None


CHANNELS = Integer("a whole number of channels, at least 1")
COUNT = Integer("a whole number, at least 1")
NATURAL = Integer("a whole number, at least 0", least=0)
FLAG = Flag("true or false")
KERNEL = Extent("a size: `3`, or `1x7`")
STRIDE = Extent("a stride of at least 1: `2`, or `2x1`")
DILATION = Extent("a dilation of at least 1: `2`, or `2x1`")
PADDING = Padding("`half`, `valid`, `same`, `causal`, a number, a size like `0x3`, or `[top, bottom, left, right]`")
PROBABILITY = Real("a probability from 0 to 1", least=0.0, most=1.0)
POSITIVE = Real("a number, at least 0", least=0.0)
EPSILON = Real("a number from 0 to 1 (the channels are never written)", least=0.0, most=1.0)
NUMBER = Real("a number")
ANYTHING = Anything("a number, true or false, a text, a size, `none`, or a list of these")


@dataclass(frozen=True, slots=True)
class Parameter:
    """One parameter of an operation, as its field declares it."""

    name: str
    kind: Kind
    doc: str
    default: Plain
    required: bool
    text: str = ""
    """The default as the text writes it, where it is an expression that reads other parameters."""


def parameter(kind: Kind, doc: str, default: Any = MISSING) -> Any:
    """The field of an operation's dataclass for one parameter. `doc` is one line without a full stop."""
    metadata: Mapping[str, object] = {"kind": kind, "doc": doc}
    if default is MISSING:
        return dataclasses.field(metadata=metadata)
    return dataclasses.field(default=default, metadata=metadata)
