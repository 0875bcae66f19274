"""The numbers in the text of a class, over all its instances."""

from __future__ import annotations

from dataclasses import field

from ...base.records import dataclass
from ..ops.base import literal
from ..ops.parameters import Plain
from .torch_defaults import CHANNELS


@dataclass(slots=True, eq=False)
class Slot:
    """An argument's value in each instance. `role` is what the constructor calls it, `owner` whose argument it is."""

    values: tuple[Plain, ...]
    role: str
    owner: str
    like: Slot | None = None  # the slot whose text it repeats: the groups of a depthwise convolution are its channels
    wish: str = ""  # what it would be called, where nothing better is known
    parameter: str = ""

    @property
    def is_constant(self) -> bool:
        first = self.values[0]
        return all(value is first or same(value, first) for value in self.values)

    @property
    def text(self) -> str:
        return self.parameter or literal(self.values[0])

    @property
    def number(self) -> int | None:
        """The number that stands here in the text."""
        value = self.values[0]
        return value if not self.parameter and isinstance(value, int) and not isinstance(value, bool) else None


@dataclass(slots=True, eq=False)
class Made:
    """An expression that makes a module: a constructor with arguments, or an `nn.Sequential` of others.

    `is_weight`: it makes a weight that has no module. `buffer`: a fixed tensor, which the state_dict has (`saved`) or has not (`unsaved`).
    `is_inner`: `target` is a class of ours.
    """

    target: str
    arguments: list[tuple[str | None, Slot]] = field(default_factory=list)
    parts: list[tuple[str, Made]] = field(default_factory=list)
    is_named: bool = False
    is_inner: bool = False
    is_weight: bool = False
    buffer: str = ""


@dataclass(slots=True, eq=False)
class Parameter:
    """A parameter of a class's constructor, its type, and its default as text ("" for none)."""

    name: str
    role: str
    kind: str
    values: tuple[Plain, ...]
    default: str = ""

    @property
    def is_positional(self) -> bool:
        """Channels, and lists that the author named, are given by position; all else by name."""
        return not self.default and (self.role in CHANNELS or all(isinstance(value, tuple) for value in self.values))


def same(one: Plain, other: Plain) -> bool:
    return one == other and kind_of(one) == kind_of(other)


def kind_of(value: object) -> str:
    return "tuple" if isinstance(value, tuple) else type(value).__name__


def is_plain(value: object) -> bool:
    """Whether a value of the language can stand in generated code."""
    if isinstance(value, tuple):
        return all(is_plain(item) for item in value)
    return value is None or isinstance(value, int | float | str)
