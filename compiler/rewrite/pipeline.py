"""The rewrites, in the order in which they are tried."""

from __future__ import annotations

from collections.abc import Iterable

from ..graph.graph import Graph
from .add_kernels import AddKernels
from .base import Rewrite, Rewritten
from .common import ShareCommon
from .fold_norm import FoldBatchNorm
from .fold_scale import FoldScale
from .inference import DropIdle, KeepInference
from .settle_weights import SettleWeights

ALWAYS: tuple[Rewrite, ...] = (
    KeepInference(),
    DropIdle(),
    SettleWeights(),
    ShareCommon(),
    FoldBatchNorm(),
    FoldScale(),
    AddKernels(),
)
"""What every way of running a network gains by."""


def rewrite(graph: Graph, passes: Iterable[Rewrite] = ALWAYS) -> Rewritten:
    """The graph for inference, after all passes."""
    state = Rewritten.of(graph)
    for each in passes:
        state = each.apply(state)
    return state
