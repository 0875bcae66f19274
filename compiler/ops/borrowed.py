"""A class from outside that an operation of the user's own names: what generated code needs to know of it."""

from __future__ import annotations

from ...base.records import dataclass


@dataclass(frozen=True, slots=True)
class Borrowed:
    """`origin` is the path of a Python file, or the dotted name of a module that is installed; `name` the class in it."""

    origin: str
    name: str

    @property
    def is_file(self) -> bool:
        return self.origin.endswith(".py")
