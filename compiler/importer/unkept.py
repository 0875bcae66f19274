"""Learned tensors that a model uses and does not keep: of layers in a plain list, of layers that `forward` makes, of tensors that are no `nn.Parameter`."""

from __future__ import annotations

from .known import matters
from .traced import Call, Trace, Value
from .unsaid import Unsaid

KEEP = (
    "a text has the weights that the model keeps, and no training or checkpoint finds others: make an attribute of the layer, or keep layers in an "
    "`nn.ModuleList` and tensors as `nn.Parameter`, in `__init__`"
)


def unkept(trace: Trace) -> frozenset[int]:
    """The tensors of a run, by number, that no input leads to and such a tensor does."""
    found = {value.number for value in trace.values if _is_learned_and_nowhere(value)}
    if not found:
        return frozenset()
    flowing = {ref.number for ref in trace.inputs}
    for call in trace.calls:
        read = {ref.number for ref in matters(call)}
        made = {ref.number for ref in call.results}
        if not flowing.isdisjoint(read):
            flowing |= made
        elif not found.isdisjoint(read):
            found |= made
    return frozenset(found)


def refuse_unkept(call: Call, numbers: frozenset[int]) -> None:
    """Raises `Unsaid` for a step that reads one: its numbers would stand in the text as if they were fixed."""
    if numbers and any(ref.number in numbers for ref in matters(call)):
        raise Unsaid("a learned tensor that is no parameter of the model", KEEP)


def _is_learned_and_nowhere(value: Value) -> bool:
    tensor = value.tensor
    return value.source == "constant" and tensor is not None and tensor.requires_grad and tensor.is_leaf
