"""Compute once what is computed twice."""

from __future__ import annotations

from typing import ClassVar

from ...base.records import dataclass
from .base import Property, Rewrite, Rewritten
from .counting import counted
from .draft import Draft, Item
from .inference import NO_TRAINING


@dataclass(frozen=True, slots=True)
class ShareCommon(Rewrite):
    """Two operations that do the same to the same tensors with the same weights are one."""

    name: ClassVar[str] = "share_common"
    summary: ClassVar[str] = "Computes equal operations of equal inputs once. Legal where they have no weights, or the very same."
    requires: ClassVar[tuple[Property, ...]] = (NO_TRAINING,)

    def apply(self, state: Rewritten) -> Rewritten:
        draft = Draft.of(state)
        known: dict[tuple[object, ...], Item] = {}
        count = 0
        for item in draft.items():
            if item.operation.family == "port":
                continue
            # Operations compare by their parameters: equal ones with weights differ in whose weights they use.
            owner = None if not item.operation.weights(item.input_shapes) else item.owner or item
            first = known.setdefault((item.operation, *item.inputs, owner), item)
            if first is not item:
                draft.replace(item, first)
                count += 1
        return draft.finish(f"{counted(count, 'operation')} not done a second time" if count else "")
