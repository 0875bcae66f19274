"""Tensors that the language has a word for, found by their numbers: biases by distance, masks of windows, tables of positions."""

from __future__ import annotations

from collections.abc import Iterator
from math import acos, asin, isqrt, prod
from typing import Any

import torch

from ...base.records import dataclass
from ..ops import TABLE
from ..ops.base import Operation
from .fixed_values import Values
from .flat_steps import Plain
from .waves import ROUNDED

Arguments = dict[str, Plain]

USUAL = 10000.0
"""The base of most tables of sines, and of the language where none is said."""

LEAST = -3e38
"""What is this or less takes the place of minus infinity in masks."""


def one(sizes: tuple[int, ...]) -> int | tuple[int, ...]:
    """A size as the language has it: one number where all are equal."""
    return sizes[0] if len(set(sizes)) == 1 else sizes


def made_by(record: Operation, weight: torch.Tensor | None = None) -> torch.Tensor:
    """What a step without inputs makes, as its own generated code does it; `weight` is that of the step. The batch's axis stands first."""
    names: dict[str, Any] = {"torch": torch}
    exec("\n".join(record.helpers(())), names)  # the text of the record itself
    construct = record.constant(())
    if construct is not None:
        positional = [value for name, value in construct.arguments if name is None]
        named = {name: value for name, value in construct.arguments if name is not None}
        weight = eval(construct.target, names)(*(_listed(value) for value in positional), **named)
    names["weight"] = weight
    made = eval(record.expression(["weight"], ()) or "", names)
    assert isinstance(made, torch.Tensor)
    return made


def _listed(value: object) -> Any:
    return [_listed(item) for item in value] if isinstance(value, tuple) else value


def relative_bias(values: Values, number: int) -> tuple[str, Arguments, tuple[int, ...]] | None:
    """The key of a table whose biases by distance a tensor is, the arguments of the word, and the shape that it makes."""
    shape = values.trace.values[number].shape
    bare = shape[-3:]
    leaves = values.leaves(number)
    if len(bare) != 3 or prod(shape) != prod(bare) or bare[2] < 2 or len(leaves) != 1:
        return None
    ((key, leaf),) = leaves.items()
    stored = values.trace.values[leaf].shape
    found: torch.Tensor | None = None
    for arguments in _windows(bare, stored):
        record = TABLE["relative_bias"](**arguments)
        if record.weights(())[0].shape != stored:
            continue
        probe = torch.arange(prod(stored), dtype=torch.float32).reshape(stored)
        if found is None:
            found = values.of(number, {leaf: probe}).reshape(bare)
        if torch.equal(made_by(record, probe)[0].double(), found.double()):
            return key, arguments, bare
    return None


def _windows(bare: tuple[int, ...], stored: tuple[int, ...]) -> Iterator[dict[str, Any]]:
    heads, asking, length = bare
    if stored == (heads, length):
        for height in sorted(range(1, length + 1), key=lambda side: abs(side - isqrt(length))):
            if length % height == 0:
                window: dict[str, Any] = {"window": one((height, length // height)), "heads": heads, "mirrored": True}
                for step in (1, 2):
                    if -(-height // step) * -(-(length // height) // step) == asking:
                        yield window | ({"step": step} if step > 1 else {})
    if asking != length:
        return
    for with_class in (False, True):
        places = length - with_class
        for height in sorted(range(1, places + 1), key=lambda side: abs(side - isqrt(places))):
            if places % height == 0:
                window = {"window": one((height, places // height)), "heads": heads}
                yield {**window, "class_token": with_class}
                if not with_class and len(stored) == 3:
                    yield {**window, "heads_first": True}


@dataclass(frozen=True, slots=True)
class Half:
    """The sines, or the cosines, of a table that has both, of [places, frequencies]; each of them so many times, one beside the other."""

    arguments: Arguments
    part: int
    times: int


def half(tensor: torch.Tensor) -> Half | None:
    """The half of a table of sines that a tensor is, if it is one: factors of rotary positions, each once, or for both of a pair of features."""
    bare = tensor.squeeze()
    if bare.dim() != 2 or bare.shape[0] < 2 or float(bare.abs().max()) > 1.0:
        return None
    for times in (1, 2):
        table = bare[:, ::times]
        length, count = table.shape
        if bare.shape[1] % times or not torch.equal(table.repeat_interleave(times, 1), bare):
            continue
        for part in range(2):
            for base in (USUAL, *_bases(table, part == 0)):
                arguments: Arguments = {"value": "sincos", "sizes": (length,), "features": 2 * count, "base": base}
                made = made_by(TABLE["constant"](**arguments))[0].chunk(2, 1)[part]
                if torch.allclose(made.double(), table.double(), atol=_off(arguments), rtol=1e-5):
                    return Half({name: value for name, value in arguments.items() if (name, value) != ("base", USUAL)}, part, times)
    return None


def _bases(table: torch.Tensor, is_sine: bool) -> Iterator[float]:
    """With which base, beside the usual one, frequencies may fall along a table of [places, frequencies]: as its second place says.

    Where the slowest of all is 1 / 10000 (tensor2tensor's tables, diffusion's), the base is 10000 ** (count / (count - 1)).
    """
    length, count = table.shape
    if length < 2 or count < 2:
        return
    told = float(table[1, -1 if is_sine else 1])
    if 0 < told < 1:
        slowest = 1 / asin(told) if is_sine else acos(told) ** (1 - count)
        power = count / (count - 1)
        for digits, base, last in (
            (2, slowest**power, 1.0),
            (3, slowest**power, 1.0),
            (2, slowest, power),
            (3, slowest, power),
            (6, slowest**power, 1.0),
        ):
            if 1 < (near := float(f"{base:.{digits}g}") ** last) < 1e12:
                yield int(near) if near.is_integer() else near


def constant(tensor: torch.Tensor) -> tuple[Arguments, tuple[int, ...]] | None:
    """The arguments of the `constant` that a tensor is, and the shape that this has: of fewer leading axes of 1, where it is a table."""
    shape = tuple(tensor.shape)
    while len(shape) > 1 and shape[0] == 1:
        shape = shape[1:]
    bare = tensor.reshape(shape)
    if bare.dim() == 2 and bare.shape[0] == bare.shape[1] and bool((bare[bare != 0] <= LEAST).all()):
        bare = bare.masked_fill(bare != 0, float("-inf"))  # the least number that there is covers as it does
    for arguments, whole in _tables(bare):
        record = TABLE["constant"](**arguments)
        made = made_by(record)[0]
        if made.numel() == bare.numel() and torch.allclose(made.reshape(shape).double(), bare.double(), atol=_off(arguments), rtol=1e-5):
            return arguments, tuple(made.shape) if whole else shape
    return None


def _off(arguments: Arguments) -> float:
    """How far the numbers of a word may be from those of a table; of sines, the more the more places there are."""
    sizes = arguments["sizes"] if arguments.get("features") else ()
    assert isinstance(sizes, tuple)
    return 2e-6 + ROUNDED * max((int(size) for size in sizes), default=0)


def _tables(tensor: torch.Tensor) -> Iterator[tuple[dict[str, Any], bool]]:
    shape = tuple(tensor.shape)
    if len(shape) >= 2 and shape[-1] == shape[-2] and bool(((tensor == 0) | (tensor == -100)).all()) and bool((tensor != 0).any()):
        windows, places = shape[0] if len(shape) > 2 else 1, shape[-1]
        if prod(shape) == windows * places * places:
            side = isqrt(places)
            for rows in (row for row in range(1, windows + 1) if windows % row == 0 and side * side == places):
                sizes = (rows * side, windows // rows * side)
                for shift in ((side // 2, side // 2), (0, side // 2), (side // 2, 0)):
                    yield {"value": "window_mask", "sizes": sizes, "window": side, "shift": one(shift)}, True
    if len(shape) == 2 and shape[0] == shape[1] and bool(torch.isinf(tensor).any()):
        yield {"value": "causal", "sizes": (shape[0],)}, False
    if len(shape) == 2 and float(tensor.abs().max()) <= 1.0:
        length, features = shape
        if features % 2 == 0:
            for value in ("sinusoid", "rotary_cos", "rotary_sin"):
                yield {"value": value, "sizes": (length,), "features": features}, False
            for value in ("rotary_cos", "rotary_sin"):
                for base in _bases(tensor[:, : features // 2], value == "rotary_sin"):
                    yield {"value": value, "sizes": (length,), "features": features, "base": base}, False
            yield {"value": "sincos", "sizes": (length,), "features": features}, False
            for value, sines in (("sincos", tensor[:, : features // 2]), ("sinusoid", tensor[:, ::2])):
                for base in _bases(sines, True):
                    yield {"value": value, "sizes": (length,), "features": features, "base": base}, False
        if features % 4 == 0:
            for rows in (row for row in range(1, length + 1) if length % row == 0):
                yield {"value": "sincos", "sizes": (rows, length // rows), "features": features}, False
