"""Tensors that do not depend on the input where a step wants one: learned ones and constants become steps that take no input.

What a model does to such a tensor before it meets the others is lowered like anything else, when it is asked for; what the language
has a word for is looked for first.
"""

from __future__ import annotations

from math import prod

from .as_long import as_long_as_words
from .flat_steps import Plain, Sizes
from .known import Data, Fixed, plain_name
from .lower_constant import Lower, fixed, number_of, reshaped, source
from .tables import relative_bias
from .traced import Ref
from .unsaid import Unsaid

STRETCHES = frozenset(("expand", "expand_as", "repeat", "broadcast_to", "tile"))

MOST_TAKEN_APART = 100_000
"""Numbers of a fixed tensor that may be made of smaller ones: the places of a detector's grids, and no masks of all windows."""


def flowing(low: Lower, number: int) -> Data:
    """A fixed tensor as steps. Raises `Unsaid` where the language lacks one."""
    if number in low.made:
        return low.made[number]
    value = low.trace.values[number]
    shape = low.alone_shape(number)
    bias = relative_bias(low.values, number) if value.call is not None else None
    if bias is not None:
        key, arguments, bare = bias
        found = _bias(low, key, arguments, bare)
        low.made[number] = found if bare == shape else reshaped(low, found, shape)
    elif value.source == "parameter":
        started: dict[str, Plain] = {"shape": Sizes(value.shape), **low.learned(value.name), "stored": list(value.shape)}
        low.made[number] = source(low, "parameter", started, value.shape, value.name)
    elif value.call is not None and low.values.leaves(number):
        _again(low, number, shape)
    else:
        try:
            return fixed(low, number, shape)  # anew at each use, so that each has its own
        except Unsaid:
            if value.call is None or prod(shape) > MOST_TAKEN_APART:
                raise
            _again(low, number, shape)  # too many numbers, made of fewer
    return low.made[number]


def _bias(low: Lower, key: str, arguments: dict[str, Plain], shape: tuple[int, ...]) -> Data:
    """Biases by distance; those that another block had from the same table before, where several share one (T5)."""
    for step in low.flat.steps:
        if (step.operation, step.key, step.arguments) == ("relative_bias", key, arguments):
            return Data(step.number, shape, -1, alone=True)
    return source(low, "relative_bias", arguments, shape, key)


def _again(low: Lower, number: int, shape: tuple[int, ...]) -> None:
    """Lower the call that made it, on tensors that are one for the whole batch."""
    call = low.trace.values[number].call
    assert call is not None
    if plain_name(call.function) in STRETCHES and isinstance(call.arguments[0], Ref):
        source = flowing(low, call.arguments[0].number)
        if prod(source.shape) == prod(shape):
            low.made[number] = source if source.shape == shape else reshaped(low, source, shape)
            return
    before, low.alone = low.alone, True
    begin = len(low.flat.steps)
    try:
        low.handle(call)
    finally:
        low.alone = before
    as_long_as_words(low, number, call, begin)
    if number not in low.made:
        raise Unsaid(f"`{plain_name(call.function)}` of a learned tensor")


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
    return data if whole == data.bare else reshaped(low, data, whole)


def scalar(low: Lower, fixed: Fixed, number: int) -> float | int | None:
    """The number that a fixed tensor is all over; None where it is learned, or not one."""
    if fixed.is_learned or not fixed.shape or prod(fixed.shape) == 1:
        if fixed.is_learned or low.values.leaves(number) or low.trace.values[number].name in low.stored:
            return None
        tensor = low.values.of(number)
        if tensor.numel() == 1:
            return number_of(tensor.flatten()[0])
    return None
