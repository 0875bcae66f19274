"""Batch norms that stand alone become a factor and an addend a channel."""

from __future__ import annotations

from typing import ClassVar

from ...base.records import dataclass
from ..ops.convolution import DepthwiseConv
from ..ops.spatial import spatial_rank
from .base import Property, Rewrite, Rewritten
from .counting import counted
from .draft import Draft, Item
from .fold_norm import NORMS_FOLDED, is_channels_first, norm_addend, norm_factor
from .weights import Recipe, Reshaped

_POINT = DepthwiseConv(kernel=1, pad="valid")


@dataclass(frozen=True, slots=True)
class LoneNorm(Rewrite):
    """A norm before its convolution (ResNet v2, DenseNet) is a depthwise 1x1 convolution, which a relu can be fused to."""

    name: ClassVar[str] = "lone_norm"
    summary: ClassVar[str] = (
        "Makes a batch norm of an image that could not be folded a depthwise 1x1 convolution. Always legal in evaluation."
    )
    requires: ClassVar[tuple[Property, ...]] = (NORMS_FOLDED,)

    def apply(self, state: Rewritten) -> Rewritten:
        draft = Draft.of(state)
        norms = [item for item in draft.items() if is_channels_first(item) and spatial_rank(item.shape) > 0]
        # All are worked out before any is changed, for one may use the weights of another.
        made = [{} if norm.owner in norms else _weights(norm) for norm in norms]
        for norm, weights in zip(norms, made, strict=True):
            norm.weights, norm.operation, norm.owner = weights, _POINT, norm.owner if norm.owner in norms else None
        return draft.finish(f"{counted(len(norms), 'batch norm')} made a factor and an addend" if norms else "")


def _weights(norm: Item) -> dict[str, Recipe]:
    factor = norm_factor(norm)
    weight, _ = _POINT.weights(norm.input_shapes)
    return {"weight": Reshaped(weight.shape, factor), "bias": norm_addend(norm, factor)}
