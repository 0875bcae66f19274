"""Tensors that do not depend on the input where a step wants one: learned ones and constants become steps that take no input.

What a model does to such a tensor before it meets the others is lowered like anything else, when it is asked for; what the language
has a word for is looked for first.
"""

from __future__ import annotations

from collections.abc import Sequence
from math import prod
from typing import Any, Protocol

import torch

from .fixed_values import Values
from .flat_steps import Plain, Sizes
from .known import Data, Fixed, plain_name
from .separated import Separated, separated
from .tables import constant, relative_bias
from .trace import Call, Ref, Trace
from .unsaid import Unsaid

MOST_TOLD = 300
"""How many numbers a text may have of one constant."""

FEW = 32
"""Up to so many are written as they are, whatever shorter way there is."""

STRETCHES = frozenset(("expand", "expand_as", "repeat", "broadcast_to", "tile"))


class Lower(Protocol):
    """What is asked of the lowering."""

    trace: Trace
    values: Values
    made: dict[int, Data]
    alone: bool
    stored: frozenset[str]

    def alone_shape(self, number: int) -> tuple[int, ...]: ...
    def learned(self, key: str) -> dict[str, Plain]: ...
    def handle(self, call: Call) -> None: ...
    def between(
        self, operation: str, arguments: dict[str, Plain], inputs: Sequence[Data], shape: tuple[int, ...], key: str | None = None
    ) -> Data: ...


def flowing(low: Lower, number: int) -> Data:
    """A fixed tensor as steps. Raises `Unsaid` where the language lacks one."""
    if number in low.made:
        return low.made[number]
    value = low.trace.values[number]
    shape = low.alone_shape(number)
    bias = relative_bias(low.values, number) if value.call is not None else None
    if bias is not None:
        key, arguments, bare = bias
        found = _source(low, "relative_bias", arguments, bare, key)
        low.made[number] = found if bare == shape else _reshaped(low, found, shape)
    elif value.source == "parameter":
        started: dict[str, Plain] = {"shape": Sizes(value.shape), **low.learned(value.name), "stored": list(value.shape)}
        low.made[number] = _source(low, "parameter", started, value.shape, value.name)
    elif value.call is not None and low.values.leaves(number):
        _again(low, number, shape)
    else:
        low.made[number] = _constant(low, number, shape)
    return low.made[number]


def _source(low: Lower, operation: str, arguments: dict[str, Plain], shape: tuple[int, ...], key: str | None) -> Data:
    made = low.between(operation, arguments, [], shape, key)
    return Data(made.number, shape, -1, alone=True)


def _reshaped(low: Lower, data: Data, shape: tuple[int, ...]) -> Data:
    made = low.between("reshape", {"shape": list(shape)}, [data], shape)
    return Data(made.number, shape, -1, alone=True)


def _again(low: Lower, number: int, shape: tuple[int, ...]) -> None:
    """Lower the call that made it, on tensors that are one for the whole batch."""
    call = low.trace.values[number].call
    assert call is not None
    if plain_name(call.function) in STRETCHES and isinstance(call.arguments[0], Ref):
        source = flowing(low, call.arguments[0].number)
        if prod(source.shape) == prod(shape):
            low.made[number] = source if source.shape == shape else _reshaped(low, source, shape)
            return
    before, low.alone = low.alone, True
    try:
        low.handle(call)
    finally:
        low.alone = before
    if number not in low.made:
        raise Unsaid(f"`{plain_name(call.function)}` of a learned tensor")


def _constant(low: Lower, number: int, shape: tuple[int, ...]) -> Data:
    """Numbers, or a table by its name. Of what was stretched over the batch the first is taken."""
    tensor = low.values.of(number)
    for axis, (size, wanted) in enumerate(zip(tensor.shape, shape, strict=True)):
        if size != wanted:
            tensor = tensor.narrow(axis, 0, 1)
    if not tensor.dtype.is_floating_point:
        tensor = tensor.float()
    value = low.trace.values[number]
    key = value.name if value.source == "buffer" and value.name in low.stored else None
    arguments: dict[str, Any]
    if tensor.numel() and bool((tensor == tensor.flatten()[0]).all()):
        arguments, bare = {"value": _number(tensor.flatten()[0]), "sizes": list(shape) or None}, shape
    else:
        found = constant(tensor)
        parts = separated(tensor, min(MOST_TOLD, tensor.numel() // 2)) if found is None and key is None and tensor.numel() > FEW else None
        if parts is not None:
            return _put_together(low, parts, shape)
        if found is not None:
            told, bare = found
            arguments = {name: list(row) if name == "sizes" and isinstance(row, tuple) else row for name, row in told.items()}
        elif tensor.numel() <= MOST_TOLD and not bool(torch.isnan(tensor).any() or torch.isinf(tensor).any()):
            arguments, bare = {"value": [_number(item) for item in tensor.flatten()], "sizes": list(shape)}, shape
        else:
            raise Unsaid(f"a fixed tensor of {tensor.numel():,} numbers")
    if key is not None:
        arguments["stored"] = True
    made = _source(low, "constant", arguments, bare, key)
    return made if bare == shape else _reshaped(low, made, shape)


def _put_together(low: Lower, parts: Separated, shape: tuple[int, ...]) -> Data:
    """A constant of few numbers, stretched; several of them side by side along the last axis."""
    made = []
    for numbers in parts.slices:
        bare = tuple(numbers.shape)
        told: dict[str, Any] = {"value": [_number(item) for item in numbers.flatten()], "sizes": list(bare)}
        if numbers.numel() == 1:
            told["value"] = _number(numbers.flatten()[0])
        found = _source(low, "constant", told, bare, None)
        if bare != parts.whole:
            stretched = low.between("expand", {"shape": list(parts.whole)}, [found], parts.whole)
            found = Data(stretched.number, parts.whole, -1, alone=True)
        made.append(found)
    if parts.is_stacked:
        rank = len(parts.whole)
        whole = (*parts.whole, len(made))
        found = Data(low.between("stack", {"axis": rank}, made, whole).number, whole, -1, alone=True)
    else:
        (found,) = made
    return found if found.shape == shape else _reshaped(low, found, shape)


def _number(item: torch.Tensor) -> float | int:
    value = float(f"{float(item):.9g}")
    return int(value) if value.is_integer() and abs(value) < 1e6 else value


def beside(low: Lower, data: Data, like: Data) -> Data:
    """A tensor for the whole batch with the axes of one that has a batch, so that both meet in one step."""
    if not data.alone or like.alone:
        return data
    extra = len(data.shape) - len(like.shape)
    whole = (1,) * -extra + data.shape
    if extra > 0:
        if set(whole[:extra]) != {1}:
            raise Unsaid("a learned or fixed tensor of more axes than what it meets")
        whole = whole[extra:]
    if like.fold == 1:
        if whole[like.batch] != 1:
            raise Unsaid("a learned or fixed tensor with an axis along the batch")
        whole = whole[: like.batch] + whole[like.batch + 1 :]
    elif whole[like.batch] not in (1, like.fold):
        raise Unsaid("a learned or fixed tensor with an axis along the batch")
    return data if whole == data.bare else _reshaped(low, data, whole)


def scalar(low: Lower, fixed: Fixed, number: int) -> float | int | None:
    """The number that a fixed tensor is all over; None where it is learned, or not one."""
    if fixed.is_learned or not fixed.shape or prod(fixed.shape) == 1:
        if fixed.is_learned or low.values.leaves(number) or low.trace.values[number].name in low.stored:
            return None
        tensor = low.values.of(number)
        if tensor.numel() == 1:
            return _number(tensor.flatten()[0])
    return None
