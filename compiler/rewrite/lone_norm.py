"""Batch norms that stand alone become a factor and an addend a channel."""

from __future__ import annotations

from typing import ClassVar

from ...dsl.records import dataclass
from ..ops.base import spatial_rank
from ..ops.convolution import DepthwiseConv
from ..ops.norm import BatchNorm
from .base import Property, Rewrite, Rewritten
from .counting import counted
from .draft import Draft
from .fold_norm import NORMS_FOLDED, norm_addend, norm_factor
from .weights import Reshaped

_POINT = DepthwiseConv(kernel=1, pad="valid")


@dataclass(frozen=True, slots=True)
class LoneNorm(Rewrite):
    """A norm before its convolution (ResNet v2, DenseNet) is a depthwise 1x1 convolution, which a relu can be fused to."""

    name: ClassVar[str] = "lone_norm"
    summary: ClassVar[str] = "Makes a batch norm of an image that could not be folded a depthwise 1x1 convolution. Always legal in evaluation."
    requires: ClassVar[tuple[Property, ...]] = (NORMS_FOLDED,)

    def apply(self, state: Rewritten) -> Rewritten:
        draft = Draft.of(state)
        count = 0
        for norm in draft.items():
            if not isinstance(norm.operation, BatchNorm) or spatial_rank(norm.shape) == 0:
                continue
            factor = norm_factor(norm)
            weight, _ = _POINT.weights(norm.input_shapes)
            norm.weights = {"weight": Reshaped(weight.shape, factor), "bias": norm_addend(norm, factor)}
            norm.operation, norm.owner = _POINT, None
            count += 1
        return draft.finish(f"{counted(count, 'batch norm')} made a factor and an addend" if count else "")
