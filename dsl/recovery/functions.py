"""The functions of expressions, by their names alone: what they give is a value, and no step."""

from __future__ import annotations

from typing import Final

FUNCTIONS: Final = frozenset(
    ["range", "len", "sum", "take", "min", "max", "round", "floor", "ceil", "abs", "sqrt", "divisible", "linspace"]
)
