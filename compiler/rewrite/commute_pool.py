"""Average pools after the 1x1 convolutions that they stood before."""

from __future__ import annotations

import dataclasses
from typing import ClassVar

from ...base.records import dataclass
from ..ops.convolution import Conv, DepthwiseConv
from ..ops.pool import AvgPool
from .base import Property, Rewrite, Rewritten
from .counting import counted
from .draft import Draft, Item
from .inference import NO_TRAINING
from .weights import Filled

_POINT = DepthwiseConv(kernel=1, pad="valid")


def _is_pointwise(item: Item) -> bool:
    """Whether it is a plain 1x1 convolution: the same sum over channels at every position."""
    if not isinstance(item.operation, Conv) or item.operation.groups != 1:
        return False
    windows = item.operation.windows(item.input_shapes, item.shape) or ()
    return (
        bool(windows) and all((w.kernel, w.stride, w.before) == (1, 1, 0) for w in windows) and item.shape[1:] == item.input_shapes[0][1:]
    )


@dataclass(frozen=True, slots=True)
class CommuteAveragePool(Rewrite):
    """The pool branch of an Inception module: a mean over positions and a sum over channels may change places.

    The convolution usually makes fewer channels than it reads, so that the pool has less to do. The bias comes last where
    the zeros of the padding count in the mean: a depthwise 1x1 convolution by ones adds it, and may do the activation.
    """

    name: ClassVar[str] = "commute_average_pool"
    summary: ClassVar[str] = (
        "Puts an average pool of stride 1 after the 1x1 convolution that follows it and makes fewer channels. "
        "Legal where the convolution alone reads the pool and has weights of its own."
    )
    requires: ClassVar[tuple[Property, ...]] = (NO_TRAINING,)

    def apply(self, state: Rewritten) -> Rewritten:
        draft = Draft.of(state)
        count = 0
        for layer in draft.items():
            if not _is_pointwise(layer) or draft.is_shared(layer):
                continue
            (pool,) = layer.inputs
            gains = isinstance(pool.operation, AvgPool) and layer.shape[0] < pool.shape[0] and pool.shape[1:] == pool.input_shapes[0][1:]
            if gains and draft.only_user(pool) is layer:
                _commute(draft, pool, layer)
                count += 1
        return draft.finish(f"{counted(count, 'average pool')} put after a convolution" if count else "")


def _commute(draft: Draft, first: Item, second: Item) -> None:
    """`first` becomes the convolution, `second` the pool, or what adds the bias after the pool."""
    pool, layer = first.operation, second.operation
    assert isinstance(pool, AvgPool) and isinstance(layer, Conv)
    names, origin = first.names, first.origin
    bias = second.weights.get("bias")
    first.operation, first.weights, first.shape = layer, second.weights, (second.shape[0], *first.shape[1:])
    first.names, first.origin = second.names, second.origin
    if bias is None or not pool.count_pad:
        second.operation, second.weights = pool, {}
        second.names, second.origin = names, origin
        return
    first.operation = dataclasses.replace(layer, bias=False)
    first.weights = {name: recipe for name, recipe in second.weights.items() if name != "bias"}
    between = Item(origin, pool, [first], first.shape, {}, None, names)
    draft.insert(between, second)
    draft.read(second, (between,))
    weight, _ = _POINT.weights(second.input_shapes)
    second.operation, second.weights = _POINT, {"weight": Filled(weight.shape, 1.0), "bias": bias}
    second.names = (*second.names[:-1], f"{second.names[-1]}_bias")
