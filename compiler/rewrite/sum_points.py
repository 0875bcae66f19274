"""A sum of 1x1 convolutions of several tensors is one convolution of these side by side."""

from __future__ import annotations

from typing import ClassVar

from ...base.records import dataclass
from ..ops.base import product
from ..ops.convolution import Conv
from ..ops.merge import Add, Concat
from .base import Property, Rewrite, Rewritten
from .counting import counted
from .draft import Draft, Item
from .inference import NO_TRAINING
from .weights import Joined, Recipe, Total


@dataclass(frozen=True, slots=True)
class SumPoints(Rewrite):
    """What every layer of a WaveNet tells the end: each sum reads and writes all that is told; one product adds it up in a register."""

    least: int = 3
    """How many; a sum of two is done inside one of them."""

    name: ClassVar[str] = "sum_points"
    summary: ClassVar[str] = (
        "Makes 1x1 convolutions that are added up one convolution of their inputs side by side. "
        "Legal where the sum alone reads them, and each has weights of its own; done where the inputs are smaller than what is summed."
    )
    requires: ClassVar[tuple[Property, ...]] = (NO_TRAINING,)

    def apply(self, state: Rewritten) -> Rewritten:
        draft = Draft.of(state)
        count = 0
        for add in draft.items():
            if not isinstance(add.operation, Add):
                continue
            rows = [item for item in add.inputs if _may_join(draft, item) and item.shape == add.shape]
            if len(rows) < self.least or len({(row.operation, row.inputs[0].shape[1:]) for row in rows}) > 1:
                continue
            if sum(product(row.inputs[0].shape) for row in rows) > product(add.shape) * (len(rows) - 1):
                continue
            _join(draft, add, rows)
            count += len(rows)
        return draft.finish(f"{counted(count, '1x1 convolution')} done as one for each sum" if count else "")


def _may_join(draft: Draft, item: Item) -> bool:
    operation = item.operation
    if not isinstance(operation, Conv) or operation.groups != 1 or draft.is_shared(item) or draft.only_user(item) is None:
        return False
    return set(item.weights["weight"].shape[2:]) == {1} and not draft.is_batchless(item)


def _join(draft: Draft, add: Item, rows: list[Item]) -> None:
    first = rows[0]
    parts = [row.inputs[0] for row in rows]
    channels = sum(part.shape[0] for part in parts)
    beside = Item(
        first.origin, Concat("channels"), list(parts), (channels, *parts[0].shape[1:]), names=(*first.names[:-1], f"{first.names[-1]}_read")
    )
    shape = first.weights["weight"].shape
    weights: dict[str, Recipe] = {"weight": Joined((shape[0], channels, *shape[2:]), tuple(row.weights["weight"] for row in rows), 1)}
    if "bias" in first.weights:
        bias = tuple(row.weights["bias"] for row in rows)
        weights["bias"] = Total(bias[0].shape, bias)
    joined = Item(
        first.origin, first.operation, [beside], first.shape, weights, None, (*first.names[:-1], f"{first.names[-1]}_of_{len(rows)}")
    )
    draft.insert(beside, add)
    draft.add_as_one(add, rows, joined)
