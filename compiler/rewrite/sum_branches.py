"""A sum of convolutions of the parts of one tensor is one convolution of the whole."""

from __future__ import annotations

from typing import ClassVar

from ...base.records import dataclass
from ..ops.convolution import Conv
from ..ops.merge import Add
from .base import Property, Rewrite, Rewritten
from .counting import counted
from .draft import Draft, Item
from .inference import NO_TRAINING
from .slices import part_of, whole_of
from .weights import Joined, Recipe, Total


@dataclass(frozen=True, slots=True)
class SumBranches(Rewrite):
    """What each branch adds to the sum is a convolution of its own channels: a wider convolution adds them up itself."""

    name: ClassVar[str] = "sum_branches"
    summary: ClassVar[str] = (
        "Makes equal convolutions of the parts of one tensor, which are added up, one convolution of the whole tensor. "
        "Legal where the sum alone reads them, the parts are the whole in order, and each has weights of its own."
    )
    requires: ClassVar[tuple[Property, ...]] = (NO_TRAINING,)

    def apply(self, state: Rewritten) -> Rewritten:
        draft = Draft.of(state)
        count = 0
        for add in draft.items():
            if not isinstance(add.operation, Add):
                continue
            rows = [item for item in add.inputs if _may_join(draft, item)]
            if len(rows) < 2 or len({row.operation for row in rows}) > 1 or whole_of([row.inputs[0] for row in rows]) is None:
                continue
            _join(draft, add, rows)
            count += len(rows)
        return draft.finish(f"{counted(count, 'convolution')} of branches made one for each sum" if count else "")


def _may_join(draft: Draft, item: Item) -> bool:
    operation = item.operation
    if not isinstance(operation, Conv) or operation.groups != 1 or draft.is_shared(item) or draft.only_user(item) is None:
        return False
    return part_of(item.inputs[0]) is not None


def _join(draft: Draft, add: Item, rows: list[Item]) -> None:
    first = rows[0]
    whole = whole_of([row.inputs[0] for row in rows])
    assert whole is not None
    shape = first.weights["weight"].shape
    weights: dict[str, Recipe] = {"weight": Joined((shape[0], whole.shape[0], *shape[2:]), tuple(row.weights["weight"] for row in rows), 1)}
    if "bias" in first.weights:
        bias = tuple(row.weights["bias"] for row in rows)
        weights["bias"] = Total(bias[0].shape, bias)
    names = (*first.names[:-1], f"{first.names[-1]}_of_{len(rows)}")
    joined = Item(first.origin, first.operation, [whole], first.shape, weights, None, names)
    parts = [row.inputs[0] for row in rows]
    draft.add_as_one(add, rows, joined)
    for part in parts:
        draft.drop_unread(part)
