"""A body of the language while its structure is looked for: steps, merges, scopes and calls of blocks.

Every number in it is a column: one value for each place that the body stands for. A body as it was lowered stands for one
place; where bodies are found to be one block, their columns are put side by side (`unify.py`), and what differs along a
column becomes a parameter (`blocks.py`).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import field
from typing import Any

from ...base.records import dataclass

Column = list[Any]
"""A value for each place; `ABSENT` where the step is not there."""


class _Absent:
    def __repr__(self) -> str:
        return "absent"

    def __deepcopy__(self, memo: object) -> _Absent:
        return self


ABSENT = _Absent()


Names = dict[int, tuple[str, int | None]]
"""Labels of tensors by their numbers; a place where the label stands for a list."""


@dataclass(slots=True, eq=False)
class Body:
    """What stands in braces. `entry` is the shape of what enters it, for each place."""

    items: list[Item] = field(default_factory=list)
    entry: Column = field(default_factory=list)
    entry_name: str | None = None
    """The name of what enters it, where a step far from its start reads that."""
    takes: tuple[str, ...] = ()
    """Where several tensors enter: their names, `x[]` for a list."""
    gives: tuple[str, ...] = ()
    """Where several tensors leave: their labels, `y[]` for a list."""
    names: Names = field(default_factory=dict)
    """Under which name, and which place in a list, each of the tensors that enter is read, where these are several."""
    several: Column = field(default_factory=list)
    """The shapes of these."""
    is_general: bool = False
    """Whether it is written for a list of any length."""

    def __repr__(self) -> str:
        return "{" + " -> ".join(map(repr, self.items)) + "}"


@dataclass(slots=True, eq=False)
class Item:
    """Anything in a body. `present` tells at which places it is there."""

    label: str | None = None
    present: list[bool] = field(default_factory=lambda: [True])
    number: int = -1
    """The tensor that it makes, as long as the body stands for one place."""
    condition: str | None = None
    """Under which it is there, where it is not always."""
    slot: str | None = None
    """The name of the module that a step without weights has to itself; in an indexed scope it counts."""
    into: Column = field(default_factory=list)
    """What enters it, for each place; empty where that was not kept."""

    def bodies(self) -> list[Body]:
        return []


@dataclass(slots=True, eq=False)
class Op(Item):
    operation: Column = field(default_factory=list)
    arguments: dict[str, Column] = field(default_factory=dict)
    has_weights: bool = False
    is_kept: bool = False
    """Whether it stays even where it does nothing."""
    like: Skip | None = None
    """The tensor whose size it takes."""

    def __repr__(self) -> str:
        return f"{self.label + ': ' if self.label else ''}{self.operation[0]}"


@dataclass(slots=True, eq=False)
class Merge(Item):
    operation: str = ""
    arguments: dict[str, Column] = field(default_factory=dict)
    paths: list[Path] = field(default_factory=list)
    head: Body | None = None
    """What joins the paths, where it is no operation: a scope that takes several tensors, or the call of a block."""

    def __repr__(self) -> str:
        return f"{self.head or self.operation} {self.paths}"

    def bodies(self) -> list[Body]:
        return [*(path.body for path in self.paths), *([] if self.head is None else [self.head])]


@dataclass(slots=True, eq=False)
class Path:
    body: Body
    present: list[bool] = field(default_factory=lambda: [True])
    condition: str | None = None
    rounds: str | None = None
    """How often it stands there, as the head of a loop says it."""

    def __repr__(self) -> str:
        return f"|{self.body}"


@dataclass(slots=True, eq=False)
class Skip(Item):
    """The identity, or with `to` the tensor of that number."""

    to: int | None = None
    name: str | None = None
    """The label of that tensor, once it has one."""
    part: int | str | None = None
    """Which of them, where the label stands for several."""

    def __repr__(self) -> str:
        return "skip" if self.to is None else f"skip({self.name or self.to})"


@dataclass(slots=True, eq=False)
class Scope(Item):
    """A module: its steps under its name."""

    body: Body = field(default_factory=Body)
    kind: str = ""
    """The class of the module."""
    path: str = ""
    indexed: bool = False
    enters: int | None = None
    """The tensor that enters it."""
    is_inline: bool = False
    """Whether it stays where it is: it is no block."""
    arguments: dict[str, Column] = field(default_factory=dict)
    """What its constructor was given: they name the parameters."""

    def __repr__(self) -> str:
        return f"{self.label}: {self.kind}{self.body}"

    def bodies(self) -> list[Body]:
        return [self.body]


@dataclass(slots=True, eq=False)
class Aux(Item):
    """A side head, which leaves the current tensor as it was."""

    body: Body = field(default_factory=Body)
    indexed: bool = False
    is_flat: bool = False
    """Whether it adds no name to the keys: a head that is one layer has that layer's."""
    kind: str = ""
    """The class of the module, where it is one."""

    def __repr__(self) -> str:
        return f"aux {self.label} {self.body}"

    def bodies(self) -> list[Body]:
        return [self.body]


@dataclass(slots=True, eq=False)
class Call(Item):
    """The use of a block."""

    block: str = ""
    arguments: dict[str, Column] = field(default_factory=dict)

    def __repr__(self) -> str:
        return f"{self.label + ': ' if self.label else ''}{self.block}({self.arguments})"


@dataclass(slots=True, eq=False)
class Loop(Item):
    """The same steps several times over."""

    count: Column = field(default_factory=list)
    body: Body = field(default_factory=Body)
    variable: str | None = None

    def __repr__(self) -> str:
        return f"repeat {self.count} {self.body}"

    def bodies(self) -> list[Body]:
        return [self.body]


@dataclass(frozen=True, slots=True)
class Text:
    """An expression, as it is written."""

    text: str

    def __repr__(self) -> str:
        return self.text


def scopes(body: Body) -> Iterator[tuple[Body, int, Scope]]:
    """Every scope in a body with where it stands, the inner ones first."""
    for place, item in enumerate(body.items):
        for inner in item.bodies():
            yield from scopes(inner)
        if isinstance(item, Scope):
            yield body, place, item


def walk(body: Body) -> Iterator[tuple[Item, Body]]:
    """Every item with the body that it stands in, the outer ones first."""
    for item in body.items:
        yield item, body
        for inner in item.bodies():
            yield from walk(inner)


def reads(item: Item) -> Skip | None:
    """The tensor that an item reads by its label."""
    return item if isinstance(item, Skip) else item.like if isinstance(item, Op) else None


def fingerprint(body: Body, with_entry: bool = False) -> str:
    """Equal for bodies that are written alike; with `with_entry`, for the same tensors as well."""

    def told(item: Item) -> object:
        own: tuple[object, ...] = (type(item).__name__, item.label, item.condition)
        if isinstance(item, Op):
            own += (item.operation, item.arguments, item.into if with_entry else ())
        elif isinstance(item, Merge):
            own += (item.operation, item.arguments)
        elif isinstance(item, Call):
            own += (item.block, item.arguments)
        elif isinstance(item, Loop):
            own += (item.count, item.variable)
        elif isinstance(item, Scope):
            own += (item.kind, item.indexed)
        elif isinstance(item, Skip):
            own += (item.name, item.part)
        return (own, [whole(inner) for inner in item.bodies()])

    def whole(inner: Body) -> object:
        return (inner.entry if with_entry else (), inner.entry_name, inner.takes, inner.gives, [told(item) for item in inner.items])

    return repr(whole(body))
