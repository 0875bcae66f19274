"""Fold multiplications by a fixed number, or by a learned one for each channel, into the layers before them."""

from __future__ import annotations

from typing import ClassVar

from ...base.records import dataclass
from ..ops.dense import Linear
from ..ops.learned import LayerScale
from ..ops.other import Scale
from ..ops.shape import Permute
from .base import Property, Rewrite, Rewritten
from .counting import counted
from .draft import Draft, Item
from .inference import NO_TRAINING
from .layers import is_layer, multiplied, scaled
from .weights import Recipe, Reshaped, ScaledOutputs


@dataclass(frozen=True, slots=True)
class FoldScale(Rewrite):
    """`layer -> scale(0.1)` is the layer with a tenth of its weights (the residual scaling of Inception-ResNet), and `layer -> layer_scale`
    (ConvNeXt, CaiT) the layer with the weights of each output times its factor."""

    name: ClassVar[str] = "fold_scale"
    summary: ClassVar[str] = (
        "Folds a multiplication by a fixed number, or by a learned one for each channel, into the layer before it. "
        "Legal where the multiplication alone reads the layer and the layer's weights serve no other place."
    )
    requires: ClassVar[tuple[Property, ...]] = (NO_TRAINING,)

    def apply(self, state: Rewritten) -> Rewritten:
        draft = Draft.of(state)
        count = 0
        for item in draft.items():
            weights = _weights(draft, item)
            if weights:
                layer, made = weights
                layer.weights = made
                draft.replace(item, item.inputs[0])
                count += 1
        return draft.finish(f"{counted(count, 'scale')} folded into the layers before them" if count else "")


def _weights(draft: Draft, item: Item) -> tuple[Item, dict[str, Recipe]] | None:
    """The layer that takes a factor, and its weights then."""
    operation = item.operation
    if not isinstance(operation, Scale | LayerScale) or draft.is_shared(item):
        return None
    axis = operation.axis_of(item.shape) if isinstance(operation, LayerScale) else 0
    layer = item.inputs[0]
    while isinstance(layer.operation, Permute) and draft.only_user(layer) is not None:
        axis, layer = layer.operation.order[axis], layer.inputs[0]
    if not is_layer(layer.operation) or draft.is_shared(layer) or draft.only_user(layer) is None:
        return None
    if isinstance(operation, Scale):
        return layer, multiplied(layer, operation.factor)
    if axis != (len(layer.shape) - 1 if isinstance(layer.operation, Linear) else 0):
        return None
    factor = Reshaped((layer.shape[axis],), item.weights[""])
    made: dict[str, Recipe] = {"weight": scaled(layer, factor)}
    if "bias" in layer.weights:
        made["bias"] = ScaledOutputs(layer.weights["bias"].shape, layer.weights["bias"], factor)
    return layer, made
