"""Layers without a bias get one of zeros, for back ends whose kernels always add one."""

from __future__ import annotations

from typing import ClassVar

from ...base.records import dataclass
from ..ops.base import Operation
from .base import Rewrite, Rewritten
from .counting import counted
from .draft import Draft
from .layers import Layer, bias_of, with_bias


@dataclass(frozen=True, slots=True)
class GiveBias(Rewrite):
    """One kind of layer is simpler than two, and adding zeros costs nothing that can be measured."""

    layers: tuple[type[Operation], ...]

    name: ClassVar[str] = "give_bias"
    summary: ClassVar[str] = "Gives a bias of zeros to layers that have none. Always legal."

    def apply(self, state: Rewritten) -> Rewritten:
        draft = Draft.of(state)
        count = 0
        for item in draft.items():
            operation = item.operation
            if not isinstance(operation, self.layers) or not isinstance(operation, Layer) or operation.bias:
                continue
            if item.owner is None:
                item.weights = {**item.weights, "bias": bias_of(item)}
            item.operation = with_bias(operation)
            count += 1
        return draft.finish(f"{counted(count, 'layer')} given a bias of zeros" if count else "")
