"""What callers in Python give, as the compiler takes it."""

from __future__ import annotations

import operator
from collections.abc import Iterable, Mapping, Sequence
from typing import SupportsFloat, SupportsIndex

from .compiler import driver
from .compiler.ops.base import Shape

Input = Sequence[int] | str | Mapping[str, Sequence[int] | str]
"""The shape of the only input, channels first and without the batch, or shapes by the inputs' names; `3x224x224` will do."""


def settings_of(parameters: Mapping[str, object]) -> dict[str, object]:
    return {name: _plain(name, value) for name, value in parameters.items()}


def _plain(name: str, value: object) -> object:
    """A value of the language: numbers of NumPy are numbers, too."""
    if value is None or isinstance(value, bool | int | float | str):
        return value
    if isinstance(value, list | tuple):
        return tuple(_plain(name, item) for item in value)
    if isinstance(value, SupportsIndex):
        return operator.index(value)
    if isinstance(value, SupportsFloat):
        return float(value)
    raise TypeError(f"the parameter `{name}` takes a number, a text, true or false, none, or a list of them, not {type(value).__name__!r}")


def one_of(name: str, value: str, words: Iterable[str]) -> None:
    if value not in words:
        raise ValueError(f"`{name}` is one of {', '.join(words)}, not {value!r}")


def shapes_of(given: Input | None) -> dict[str, Shape]:
    if given is None:
        return {}
    if isinstance(given, Mapping):
        return {name: _shape(shape) for name, shape in given.items()}
    return {"": _shape(given)}


def _shape(given: Sequence[int] | str) -> Shape:
    if not isinstance(given, str):
        return tuple(given)
    shape = driver.parse_shape(given)
    if shape is None:
        raise ValueError(f"a shape is written as (3, 224, 224) or '3x224x224', not {given!r}")
    return shape
