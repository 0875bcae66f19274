"""The classes of `kernels/` as text, each with what it needs."""

from __future__ import annotations

import ast
from collections.abc import Iterable
from functools import cache
from importlib.resources import files

from ....base.records import dataclass

_FILES = ("packed", "same", "convolution", "transposed", "winograd", "linear", "pool", "cudnn", "int8", "simulated")
"""In an order in which each needs only earlier ones."""


@dataclass(frozen=True, slots=True)
class Definition:
    """A class or function: its name, its text, and which others the text names."""

    name: str
    text: str
    needs: tuple[str, ...]


@cache
def _all() -> dict[str, Definition]:
    found: dict[str, Definition] = {}
    for file in _FILES:
        text = (files(__package__) / "kernels" / f"{file}.py").read_text(encoding="utf-8")
        for part in ast.parse(text).body:
            if isinstance(part, ast.ClassDef | ast.FunctionDef):
                source = ast.get_source_segment(text, part)
                assert source is not None
                names = {node.id for node in ast.walk(part) if isinstance(node, ast.Name)}
                found[part.name] = Definition(part.name, source, tuple(name for name in found if name in names))
    return found


def definitions(names: Iterable[str]) -> tuple[str, ...]:
    """The texts of the named classes and of what they need, in an order in which they can stand in one file."""
    wanted: set[str] = set()
    stack = list(names)
    while stack:
        name = stack.pop()
        if name not in wanted:
            wanted.add(name)
            stack.extend(_all()[name].needs)
    return tuple(row.text for row in _all().values() if row.name in wanted)
