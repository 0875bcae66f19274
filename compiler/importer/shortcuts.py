"""Questions that leave work out where a mask covers nothing, or all: `if mask.all(): mask = None`.

One mask alone answers such a question otherwise than all others do, so that what the model does with that one can be compared; the text does what it
does with all.
"""

from __future__ import annotations

from math import prod

import torch

from ...base.records import dataclass
from .traced import Call, Ref, Trace

_VIEWS = frozenset(("to", "bool", "view", "reshape", "flatten", "unsqueeze", "squeeze", "expand", "clone", "contiguous", "detach", "type"))
_TURNS = frozenset(("__invert__", "logical_not", "bitwise_not"))


@dataclass(frozen=True, slots=True)
class Shortcut:
    """The input (its place), what all of it is where the model takes the short way, and what it is answered there."""

    place: int
    value: bool
    answer: bool


def shortcut(trace: Trace, asked: Ref) -> Shortcut | None:
    """What a truth says of a mask that comes in; None where it may be one for several masks, or of something else."""
    found = _asked_of(trace, asked)
    if found is None:
        return None
    source, answer = found
    of_what, value_there = source, answer
    while (call := trace.values[source.number].call) is not None:
        given = list(call.refs())
        if len(given) != 1 or not isinstance(call.arguments[0], Ref):
            return None
        if call.function in _TURNS:
            value_there = not value_there
        elif call.function in ("eq", "__eq__", "ne", "__ne__") and call.arguments[1] in (0, 1):
            value_there ^= call.function.strip("_") == ("eq" if call.arguments[1] == 0 else "ne")
        elif call.function not in _VIEWS and not _takes_all(trace, call, source):
            return None
        source = given[0]
    mask = trace.values[source.number]
    places = [ref.number for ref in trace.inputs]
    if mask.number not in places or torch.bool not in (mask.dtype, trace.values[of_what.number].dtype):
        return None
    return Shortcut(places.index(mask.number), value_there, answer)


def _takes_all(trace: Trace, call: Call, made: Ref) -> bool:
    """Whether it is a part that is the whole: `mask[:, :length]`."""
    if call.function not in ("__getitem__", "getitem") or trace.values[made.number].shape != trace.values[next(call.refs()).number].shape:
        return False
    index = call.arguments[1]
    rows = index if isinstance(index, list | tuple) else [index]
    return all(row is Ellipsis or (isinstance(row, slice) and row.step in (None, 1)) for row in rows)  # a list of places may leave some out


def of_nothing(trace: Trace, asked: Ref) -> bool | None:
    """What a truth says of no numbers: all of them are true, and none is; None for a truth about some."""
    found = _asked_of(trace, asked)
    return found[1] if found is not None and 0 in trace.values[found[0].number].shape else None


def _asked_of(trace: Trace, asked: Ref) -> tuple[Ref, bool] | None:
    """The truths that are asked whether all of them are true (True), or any is (False)."""
    call = trace.values[asked.number].call
    if call is None or call.keywords:
        return None
    if call.function in ("eq", "__eq__") and isinstance(call.arguments[0], Ref):  # `mask.sum() == mask.numel()`
        counted = trace.values[call.arguments[0].number].call
        if counted is None or counted.function != "sum" or counted.keywords or len(counted.arguments) != 1:
            return None
        (source,) = counted.refs()
        value = trace.values[source.number]
        return (source, True) if value.dtype == torch.bool and call.arguments[1] == prod(value.shape) else None
    if call.function not in ("all", "any") or len(call.arguments) != 1:
        return None
    (source,) = call.refs()
    return source, call.function == "all"


def at_the_point(inputs: list[torch.Tensor], row: Shortcut) -> list[torch.Tensor]:
    """The inputs, with the mask that the model takes the short way for."""
    return [torch.full_like(tensor, row.value) if place == row.place else tensor for place, tensor in enumerate(inputs)]
