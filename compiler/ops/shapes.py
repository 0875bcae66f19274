"""Shapes and values as numbers and as texts."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeAlias

from .parameters import Plain

Shape: TypeAlias = tuple[int, ...]
Shapes: TypeAlias = tuple[Shape, ...]


def product(values: Sequence[int]) -> int:
    total = 1
    for value in values:
        total *= value
    return total


def show(shape: Shape) -> str:
    """A shape as messages print it: `[64, 56, 56]`."""
    return "[" + ", ".join(str(size) for size in shape) + "]"


def show_size(size: Plain) -> str:
    """A size as the language writes it: `3x3`, `1x7`."""
    return "x".join(str(item) for item in size) if isinstance(size, tuple) else str(size)


def literal(value: Plain) -> str:
    """A value as generated code writes it: texts in double quotes."""
    if isinstance(value, str):
        return '"' + value.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n") + '"'
    if isinstance(value, tuple):
        return "(" + ", ".join(literal(item) for item in value) + ("," if len(value) == 1 else "") + ")"
    return repr(value)
