"""Equal convolutions of the parts of one tensor become one grouped convolution."""

from __future__ import annotations

import dataclasses
from typing import ClassVar

from ...base.records import dataclass
from ..ops.base import Operation
from ..ops.convolution import Conv
from ..ops.merge import Add
from ..ops.part import Slice
from .base import Property, Rewrite, Rewritten
from .counting import counted
from .draft import Draft, Item
from .fused import Fused, layer_of
from .inference import NO_TRAINING
from .slices import part_of, whole_of
from .weights import Joined


@dataclass(frozen=True, slots=True)
class GroupBranches(Rewrite):
    """The branches of ResNeXt as its paper draws them (32 narrow paths) are the grouped convolution that everybody runs."""

    name: ClassVar[str] = "group_branches"
    summary: ClassVar[str] = (
        "Makes equal convolutions, each of its own part of one tensor, one grouped convolution. "
        "Legal where the parts are the whole tensor in order, and each convolution has weights of its own."
    )
    requires: ClassVar[tuple[Property, ...]] = (NO_TRAINING,)

    def apply(self, state: Rewritten) -> Rewritten:
        count, groups = 0, 0
        while True:
            # Again for what the branches do next: their inputs are parts of one tensor only now.
            draft = Draft.of(state)
            families: dict[tuple[Item, Operation], list[Item]] = {}
            for item in draft.items():
                part = part_of(item.inputs[0]) if item.inputs and _may_join(draft, item) else None
                if part is not None:
                    families.setdefault((part[0], item.operation), []).append(item)
            found = [
                rows
                for rows in families.values()
                if len(rows) > 1 and whole_of([row.inputs[0] for row in rows]) is not None and not _are_summed(draft, rows)
            ]
            if not found:
                gain = f"{counted(count, 'convolution')} of branches made {groups} grouped" if count else ""
                return dataclasses.replace(state, gains=(*state.gains, gain)) if gain else state
            for rows in found:
                _join(draft, rows)
            count, groups = count + sum(map(len, found)), groups + len(found)
            state = dataclasses.replace(draft.finish("grouped"), gains=state.gains)


def _may_join(draft: Draft, item: Item) -> bool:
    operation = item.operation
    if draft.is_shared(item) or (isinstance(operation, Fused) and operation.adds):
        return False
    layer = layer_of(operation)
    return isinstance(layer, Conv)


def _are_summed(draft: Draft, rows: list[Item]) -> bool:
    """Whether one sum reads them all: then they are better one convolution that adds them up itself."""
    users = {draft.only_user(row) for row in rows}
    (user,) = users if len(users) == 1 else (None,)
    return user is not None and isinstance(user.operation, Add) and isinstance(rows[0].operation, Conv)


def _join(draft: Draft, rows: list[Item]) -> None:
    first = rows[0]
    whole = whole_of([row.inputs[0] for row in rows])
    layer = layer_of(first.operation)
    assert whole is not None and isinstance(layer, Conv)
    channels = layer.channels * len(rows)
    wide: Operation = dataclasses.replace(layer, channels=channels, groups=layer.groups * len(rows))
    if isinstance(first.operation, Fused):
        wide = dataclasses.replace(first.operation, layer=wide)
    weights = {
        name: Joined((len(rows) * recipe.shape[0], *recipe.shape[1:]), tuple(row.weights[name] for row in rows))
        for name, recipe in first.weights.items()
    }
    names = (*first.names[:-1], f"{first.names[-1]}_of_{len(rows)}")
    joined = Item(first.origin, wide, [whole], (channels, *first.shape[1:]), dict(weights), None, names)
    draft.insert(joined, first)
    for number, row in enumerate(rows):
        part = row.inputs[0]
        draft.read(row, (joined,))
        draft.drop_unread(part)
        row.operation, row.weights = Slice("channels", number * layer.channels, (number + 1) * layer.channels), {}
