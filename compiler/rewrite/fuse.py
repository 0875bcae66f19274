"""Take sums and activations into the layers before them."""

from __future__ import annotations

from typing import ClassVar

from ...base.records import dataclass
from ..ops.activation import Relu
from ..ops.base import Operation
from ..ops.merge import Add
from .base import Property, Rewrite, Rewritten
from .counting import counted
from .draft import Draft
from .fused import Fused
from .inference import NO_TRAINING


@dataclass(frozen=True, slots=True)
class FuseAdd(Rewrite):
    """The sum of a layer and something else is done by the layer, which adds its result to what is already there."""

    layers: tuple[type[Operation], ...]
    """What the back end can do this for."""

    name: ClassVar[str] = "fuse_add"
    summary: ClassVar[str] = "Takes a sum of two into one of the layers that it adds. Legal where the sum alone reads that layer."
    requires: ClassVar[tuple[Property, ...]] = (NO_TRAINING,)

    def apply(self, state: Rewritten) -> Rewritten:
        draft = Draft.of(state)
        count = 0
        for add in draft.items():
            if not isinstance(add.operation, Add) or len(add.inputs) != 2 or add.inputs[0].shape != add.inputs[1].shape:
                continue
            if draft.is_batchless(add.inputs[0]) or draft.is_batchless(add.inputs[1]):
                continue  # a learned or fixed tensor, which is stretched over the batch and stays as it is
            # The later of two: the other is then there already, and may be added to in place.
            layers = [item for item in add.inputs if isinstance(item.operation, self.layers) and draft.only_user(item) is add]
            if not layers:
                continue
            layer = max(layers, key=lambda item: item.origin.index)
            other = add.inputs[0] if layer is add.inputs[1] else add.inputs[1]
            draft.read(add, (layer.inputs[0], other))
            draft.take_over(add, layer, Fused(layer.operation, adds=True))
            count += 1
        return draft.finish(f"{counted(count, 'sum')} done inside a layer" if count else "")


@dataclass(frozen=True, slots=True)
class FuseActivation(Rewrite):
    """The activation after a layer is done by the layer, while its result is still in a register."""

    layers: tuple[type[Operation], ...]
    activations: tuple[type[Operation], ...]
    after_sums: tuple[type[Operation], ...] = (Relu,)
    """Which activations may follow a sum that was fused; all three are what the back end can do."""

    name: ClassVar[str] = "fuse_activation"
    summary: ClassVar[str] = "Takes an activation into the layer before it. Legal where the activation alone reads the layer."
    requires: ClassVar[tuple[Property, ...]] = (NO_TRAINING,)

    def apply(self, state: Rewritten) -> Rewritten:
        draft = Draft.of(state)
        count = 0
        for item in draft.items():
            if not isinstance(item.operation, self.activations):
                continue
            (layer,) = item.inputs
            if draft.only_user(layer) is None or not self._takes(layer.operation, item.operation):
                continue
            adds = isinstance(layer.operation, Fused) and layer.operation.adds
            base = layer.operation.layer if isinstance(layer.operation, Fused) else layer.operation
            draft.read(item, tuple(layer.inputs))
            draft.take_over(item, layer, Fused(base, item.operation, adds))
            count += 1
        return draft.finish(f"{counted(count, 'activation')} done inside a layer" if count else "")

    def _takes(self, layer: Operation, activation: Operation) -> bool:
        if isinstance(layer, Fused):
            return layer.activation is None and isinstance(activation, self.after_sums)
        return isinstance(layer, self.layers)
