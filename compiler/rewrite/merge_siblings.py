"""Convolutions of one tensor become one convolution, whose output they share."""

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
from .fused import Fused
from .inference import NO_TRAINING
from .weights import Joined


def _kind(item: Item) -> Operation | None:
    """What siblings have in common: the convolution but for its channels; None for what cannot have siblings."""
    operation = item.operation
    if item.owner is not None or (isinstance(operation, Fused) and operation.adds):
        return None
    layer = operation.layer if isinstance(operation, Fused) else operation
    if not isinstance(layer, Conv) or layer.groups != 1:
        return None
    common = dataclasses.replace(layer, channels=1)
    return dataclasses.replace(operation, layer=common) if isinstance(operation, Fused) else common


@dataclass(frozen=True, slots=True)
class MergeSiblings(Rewrite):
    """The 1x1 convolutions at the start of an Inception module read one tensor: together they are one wider convolution."""

    kernels: tuple[int, ...] = (1,)
    """Which kernels; larger ones gain little, for they are worth a call of their own."""

    name: ClassVar[str] = "merge_siblings"
    summary: ClassVar[str] = (
        "Merges convolutions that read the same tensor and differ in their channels alone. Legal where each has weights of its own."
    )
    requires: ClassVar[tuple[Property, ...]] = (NO_TRAINING,)

    def apply(self, state: Rewritten) -> Rewritten:
        draft = Draft.of(state)
        families: dict[tuple[Item, Operation], list[Item]] = {}
        for item in draft.items():
            kind = None if draft.is_shared(item) or _is_summed(draft, item) else _kind(item)
            if kind is not None and item.weights["weight"].shape[2:] in [(kernel,) * (len(item.shape) - 1) for kernel in self.kernels]:
                families.setdefault((item.inputs[0], kind), []).append(item)
        merged = [family for family in families.values() if len(family) > 1]
        for family in merged:
            _merge(draft, family)
        count = sum(len(family) for family in merged)
        return draft.finish(f"{counted(count, 'convolution')} merged into {len(merged)}" if merged else "")


def _is_summed(draft: Draft, item: Item) -> bool:
    """Whether it is added to others, which it, or one that does them all, then does itself."""
    user = draft.only_user(item)
    return user is not None and isinstance(user.operation, Add) and item.shape == user.shape


def _merge(draft: Draft, family: list[Item]) -> None:
    first = family[0]
    channels = sum(item.shape[0] for item in family)
    operation = first.operation
    layer = operation.layer if isinstance(operation, Fused) else operation
    assert isinstance(layer, Conv)
    wide: Operation = dataclasses.replace(layer, channels=channels)
    if isinstance(operation, Fused):
        wide = dataclasses.replace(operation, layer=wide)
    weights = {
        name: Joined((channels, *first.weights[name].shape[1:]), tuple(item.weights[name] for item in family)) for name in first.weights
    }
    names = (*first.names[:-1], f"{first.names[-1]}_with_{len(family) - 1}_more")
    whole = Item(first.origin, wide, [first.inputs[0]], (channels, *first.shape[1:]), dict(weights), None, names)
    draft.insert(whole, first)
    start = 0
    for item in family:
        draft.read(item, (whole,))
        item.operation, item.weights = Slice("channels", start, start + item.shape[0]), {}
        start += item.shape[0]
