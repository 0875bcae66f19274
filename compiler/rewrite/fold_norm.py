"""Fold batch norms into the layers before them."""

from __future__ import annotations

from typing import ClassVar

from ...dsl.records import dataclass
from ..graph import Graph
from ..ops.norm import BatchNorm
from ..program import Node
from .base import Property, Rewrite, Rewritten
from .counting import counted
from .draft import Draft, Item
from .inference import NO_TRAINING, NOTHING_IDLE
from .layers import bias_of, makes_channels, scaled, with_bias
from .weights import NormAddend, NormFactor, Recipe


def norm_factor(norm: Item) -> NormFactor:
    """What a batch norm multiplies each channel by."""
    assert isinstance(norm.operation, BatchNorm)
    weights = norm.weights if norm.owner is None else norm.owner.weights
    variance = weights["running_var"]
    return NormFactor(variance.shape, variance, norm.operation.eps, weights.get("weight"))


def norm_addend(norm: Item, factor: NormFactor, bias: Recipe | None = None) -> NormAddend:
    """What it adds to each channel, when a layer before it had added `bias`."""
    weights = norm.weights if norm.owner is None else norm.owner.weights
    mean = weights["running_mean"]
    return NormAddend(mean.shape, mean, factor, weights.get("bias"), bias)


def _foldable(graph: Graph) -> tuple[Node, ...]:
    owners = {node.shares for node in graph.nodes if node.shares is not None}
    found = []
    for node in graph.nodes:
        if isinstance(node.operation, BatchNorm):
            (layer,) = graph.operands(node)
            shared = layer.shares is not None or layer.index in owners
            if makes_channels(layer.operation, layer.shape) and not shared and len(graph.users(layer)) == 1:
                found.append(node)
    return tuple(found)


NORMS_FOLDED = Property("no batch norm follows a layer that it could be folded into", _foldable)


@dataclass(frozen=True, slots=True)
class FoldBatchNorm(Rewrite):
    """In evaluation a batch norm is a factor and an addend a channel: the layer before it takes both into its weights."""

    name: ClassVar[str] = "fold_batch_norm"
    summary: ClassVar[str] = (
        "Folds a batch norm into the convolution, transposed convolution or dense layer before it. "
        "Legal where the norm alone reads the layer and the layer's weights serve no other place."
    )
    requires: ClassVar[tuple[Property, ...]] = (NO_TRAINING, NOTHING_IDLE)
    ensures: ClassVar[tuple[Property, ...]] = (NORMS_FOLDED,)

    def apply(self, state: Rewritten) -> Rewritten:
        draft = Draft.of(state)
        count = 0
        for norm in draft.items():
            if not isinstance(norm.operation, BatchNorm):
                continue
            (layer,) = norm.inputs
            if not makes_channels(layer.operation, layer.shape) or draft.is_shared(layer) or draft.only_user(layer) is None:
                continue
            factor = norm_factor(norm)
            layer.weights = {"weight": scaled(layer, factor), "bias": norm_addend(norm, factor, bias_of(layer))}
            layer.operation = with_bias(layer.operation)
            draft.replace(norm, layer)
            count += 1
        return draft.finish(f"{counted(count, 'batch norm')} folded into the layers before them" if count else "")
