"""What is known at a place of a body: the value at hand, and what each name is."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import field
from typing import Final, TypeAlias

from ...base.records import dataclass
from .meant import Unread, Value

Module: TypeAlias = "Callable[[tuple[Value, ...]], Value]"
"""Layers that were made, and wait for a tensor. They have the same weights each time."""

AT_HAND: Final = frozenset({"x", "y", "h", "out", "output", "outputs", "inputs", "input", "hidden_states", "image", "img"})
"""What Python's texts call what comes in, and the tensor at hand: of such a name nobody knows whether it goes on with the steps below it."""

RESULTS: Final = frozenset({"out", "output", "outputs", "y", "h", "hidden_states"})
"""Of these, what a body gives: where nothing has the name, `return out` is what the last step gave."""


@dataclass(slots=True, eq=False)
class State:
    """`over_and_over` are names that lines give something several times, `declared` those of layers that lines call, `once` those that stand nowhere else.

    `stale` are names whose tensor went on through steps without a name: what is meant by them is not certain.
    """

    entry: Value
    over_and_over: frozenset[str]
    declared: frozenset[str]
    once: frozenset[str]
    current: Value | None = None
    names: dict[str, Value] = field(default_factory=dict)
    labels: set[str] = field(default_factory=set)
    scalars: set[str] = field(default_factory=set)
    modules: dict[str, Module] = field(default_factory=dict)
    again: dict[str, Module] = field(default_factory=dict)
    stale: set[str] = field(default_factory=set)
    goes_on: dict[str, str] = field(default_factory=dict)
    """Names of steps that were given no tensor, and the name of the one whose tensor they took."""
    place: tuple[object, ...] = ()
    is_python: bool = False
    has_run: bool = False
    results: list[Value] = field(default_factory=list)
    heads: list[Value] = field(default_factory=list)
    is_over: bool = False
    hidden: list[dict[str, Value | None]] = field(default_factory=list)

    def at_hand(self) -> Value:
        if self.current is None:
            raise Unread
        return self.current

    def set(self, value: Value, name: str | None = None) -> None:
        """Steps of archc's own have run: what is at hand, under a name of theirs or none."""
        if name is None and value is not self.current:
            self.stale |= {word for word in self.names if word in self.over_and_over or (word in AT_HAND and word not in self.labels)}
        self.current, self.has_run = value, True
        if name is not None:
            self.label(name, value)

    def label(self, name: str, value: Value) -> None:
        if self.hidden:
            self.hidden[-1].setdefault(name, self.names.get(name))
        self.names[name] = value
        self.labels.add(name)
        self.stale.discard(name)
        self.goes_on.pop(name, None)

    def give(self, name: str, value: Value) -> None:
        """`x = …`, which is known until it is given something else, wherever that stands."""
        for level in self.hidden:
            level.pop(name, None)
        self.names[name] = value
        self.labels.discard(name)
        self.scalars.discard(name)
        self.stale.discard(name)
        self.goes_on.pop(name, None)
        self.current, self.has_run, self.is_python = value, True, True

    def read(self, name: str, as_in_python: bool = True) -> Value:
        value = self.names[name]
        if name in self.stale and value is not self.current and (as_in_python or name in self.over_and_over):
            raise Unread
        return value

    def unnamed(self, name: str, target: str | None) -> Value:
        """A name that nothing has: what came in, or what is at hand where the line gives it that name."""
        if not self.has_run and name in AT_HAND:
            return self.entry
        if name == target:
            return self.at_hand()
        raise Unread

    @contextmanager
    def inside(self) -> Iterator[None]:
        """A body between braces: labels of its steps are not known behind it."""
        self.hidden.append({})
        yield
        for name, before in self.hidden.pop().items():
            if before is None:
                self.names.pop(name, None)
            else:
                self.names[name] = before
