"""Fold multiplications by a fixed number into the layers before them."""

from __future__ import annotations

from typing import ClassVar

from ...base.records import dataclass
from ..ops.other import Scale
from .base import Property, Rewrite, Rewritten
from .counting import counted
from .draft import Draft
from .inference import NO_TRAINING
from .layers import is_layer, multiplied


@dataclass(frozen=True, slots=True)
class FoldScale(Rewrite):
    """`layer -> scale(0.1)` is the layer with a tenth of its weights (the residual scaling of Inception-ResNet)."""

    name: ClassVar[str] = "fold_scale"
    summary: ClassVar[str] = (
        "Folds a multiplication by a fixed number into the layer before it. "
        "Legal where the multiplication alone reads the layer and the layer's weights serve no other place."
    )
    requires: ClassVar[tuple[Property, ...]] = (NO_TRAINING,)

    def apply(self, state: Rewritten) -> Rewritten:
        draft = Draft.of(state)
        count = 0
        for scale in draft.items():
            if not isinstance(scale.operation, Scale):
                continue
            (layer,) = scale.inputs
            if not is_layer(layer.operation) or draft.is_shared(layer) or draft.only_user(layer) is None:
                continue
            layer.weights = multiplied(layer, scale.operation.factor)
            draft.replace(scale, layer)
            count += 1
        return draft.finish(f"{counted(count, 'scale')} folded into the layers before them" if count else "")
