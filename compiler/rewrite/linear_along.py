"""Narrow dense layers between a transposition and its inverse work along their axis where it stands."""

from __future__ import annotations

import dataclasses
from typing import ClassVar

from ...base.records import dataclass
from ..ops.activation import Softmax
from ..ops.axes import resolve_axis
from ..ops.base import Construct, Family, Operation, Shape, Shapes, Weight
from ..ops.dense import Linear
from ..ops.merge import Add, Matmul
from ..ops.other import Scale
from ..ops.parameters import NATURAL, Plain, parameter
from ..ops.pointwise import Pointwise
from ..ops.shape import Permute
from .base import Property, Rewrite, Rewritten
from .counting import counted
from .draft import Draft, Item
from .fused import OPERATION
from .inference import NO_TRAINING

NARROW = 32
"""Features up to which a matrix product over whole rows of the axes behind is the quicker one."""


_AXIS_LINEAR = '''class AxisLinear(nn.Module):
    """A dense layer along another axis than the last: a small matrix times the rows of all axes behind it."""

    def __init__(self, in_features: int, out_features: int, axis: int, bias: bool = True) -> None:
        super().__init__()
        self.axis = axis
        self.weight = nn.Parameter(torch.empty(out_features, in_features))
        self.bias = nn.Parameter(torch.empty(out_features)) if bias else None

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        rows = x.flatten(0, self.axis - 1).flatten(2)
        mixed = F.conv1d(rows, self.weight.unsqueeze(2), self.bias)
        sizes = list(x.shape)
        sizes[self.axis] = self.weight.shape[0]
        return mixed.reshape(sizes)
'''


@dataclass(frozen=True, slots=True)
class LinearAlong(Operation):
    """A dense layer along another axis than the last: what stands at its places is mixed, and all else stays where it is."""

    name: ClassVar[str] = "linear_along"
    family: ClassVar[Family] = "dense"
    summary: ClassVar[str] = "A dense layer along any axis."
    reference: ClassVar[str] = "torch.nn.functional.conv1d, with a window of 1"
    output_may_be_overwritten: ClassVar[bool] = True

    layer: Operation = parameter(OPERATION, "the dense layer, as it is along the last axis")
    axis: int = parameter(NATURAL, "the axis, without the batch")

    def _last(self, shape: Shape) -> Shape:
        """The shape with the axis brought to the end."""
        return (*shape[: self.axis], *shape[self.axis + 1 :], shape[self.axis])

    def output(self, inputs: Shapes) -> Shape:
        made = self.layer.output((self._last(inputs[0]),))
        return (*made[: self.axis], made[-1], *made[self.axis : -1])

    def weights(self, inputs: Shapes) -> tuple[Weight, ...]:
        return self.layer.weights((self._last(inputs[0]),))

    def module(self, inputs: Shapes, in_place: bool = False) -> Construct | None:
        (features, width), *bias = (weight.shape for weight in self.weights(inputs))
        arguments: tuple[tuple[str | None, Plain], ...] = ((None, width), (None, features), (None, self.axis + 1))
        return Construct("AxisLinear", arguments if bias else (*arguments, ("bias", False)))

    def helpers(self, inputs: Shapes) -> tuple[str, ...]:
        return (_AXIS_LINEAR,)

    def macs(self, inputs: Shapes, output: Shape) -> int:
        return self.layer.macs((self._last(inputs[0]),), self._last(output))

    def flops(self, inputs: Shapes, output: Shape) -> int:
        return self.layer.flops((self._last(inputs[0]),), self._last(output))


@dataclass(frozen=True, slots=True)
class MixWhereItStands(Rewrite):
    """CaiT's talking heads: what the heads found is mixed among them before the softmax and after it, which transposes all of it twice.

    Along the axis as it stands, both layers are products of a small matrix with long rows, and the softmax runs along memory.
    """

    name: ClassVar[str] = "mix_where_it_stands"
    summary: ClassVar[str] = (
        "Takes away a transposition and its inverse around narrow dense layers, softmaxes and functions of each element, which then work along the axis as it stood. "
        "Legal where each is read by the next alone, and the layers' weights serve no other place."
    )
    requires: ClassVar[tuple[Property, ...]] = (NO_TRAINING,)

    def apply(self, state: Rewritten) -> Rewritten:
        draft = Draft.of(state)
        count = 0
        for first in draft.items():
            if not isinstance(first.operation, Permute) or not _is_product(first.inputs[0]):
                continue
            chain = _chain(draft, first)
            if chain:
                _take_away(draft, first, chain)
                count += sum(isinstance(item.operation, LinearAlong) for item in chain)
        return draft.finish(f"{counted(count, 'dense layer')} done along the axis as it stands" if count else "")


def _is_product(item: Item) -> bool:
    """Whether it is a product of matrices, which lies in order: an image's channels lie last already, where a dense layer takes them."""
    while isinstance(item.operation, Scale | Add | Softmax):
        item = item.inputs[0]
    return isinstance(item.operation, Matmul)


def _chain(draft: Draft, first: Item) -> list[Item]:
    """What stands between a transposition and its inverse, and the inverse last; nothing where that is not so."""
    assert isinstance(first.operation, Permute)
    order = first.operation.order
    if order[-1] == len(order) - 1:
        return []  # what the layers mix stands last before and after
    found: list[Item] = []
    item = draft.only_user(first)
    while item is not None and len(item.inputs) == 1:
        found.append(item)
        operation = item.operation
        if isinstance(operation, Permute):
            back = all(order[axis] == place for place, axis in enumerate(operation.order))
            return found if back and any(isinstance(each.operation, Linear) for each in found) else []
        if isinstance(operation, Linear):
            if draft.is_shared(item) or max(item.shape[-1], item.inputs[0].shape[-1]) > NARROW:
                return []
        elif not isinstance(operation, Softmax | Pointwise | Scale) or operation.weights(item.input_shapes):
            return []
        item = draft.only_user(item)
    return []


def _take_away(draft: Draft, first: Item, chain: list[Item]) -> None:
    assert isinstance(first.operation, Permute)
    order, last = first.operation.order, chain[-1]
    for item in chain[:-1]:
        operation = item.operation
        if isinstance(operation, Linear):
            item.operation = LinearAlong(operation, order[-1])
        elif isinstance(operation, Softmax):
            item.operation = dataclasses.replace(operation, axis=order[resolve_axis(operation.axis, item.shape, operation.name)])
        turned = dict(zip(order, item.shape, strict=True))
        item.shape = tuple(turned[axis] for axis in range(len(order)))
    draft.replace(last, chain[-2])
    draft.replace(first, first.inputs[0])
