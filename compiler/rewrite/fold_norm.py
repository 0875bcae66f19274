"""Fold batch norms into the layers before them."""

from __future__ import annotations

from typing import ClassVar

from ...base.records import dataclass
from ..graph.graph import Graph
from ..graph.program import Node
from ..ops.base import Operation, Shape
from ..ops.dense import Linear
from ..ops.norm import BatchNorm
from .base import Property, Rewrite, Rewritten
from .counting import counted
from .draft import Draft, Item
from .inference import NO_TRAINING, NOTHING_IDLE
from .layers import bias_of, is_layer, scaled, with_bias
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


def is_channels_first(item: Item) -> bool:
    """Whether it is a batch norm of the first axis."""
    return isinstance(item.operation, BatchNorm) and not item.operation.over_last(item.shape)


def _norms(norm: Operation, shape: Shape, layer: Operation) -> bool:
    """Whether a batch norm counts as channels what such a layer makes: a dense layer makes the last axis of a sequence, all others the first."""
    return isinstance(norm, BatchNorm) and is_layer(layer) and norm.over_last(shape) == (isinstance(layer, Linear) and len(shape) > 1)


def _foldable(graph: Graph) -> tuple[Node, ...]:
    owners = {node.shares for node in graph.nodes if node.shares is not None}
    found = []
    for node in graph.nodes:
        if isinstance(node.operation, BatchNorm):
            (layer,) = graph.operands(node)
            shared = layer.shares is not None or layer.index in owners
            if _norms(node.operation, node.shape, layer.operation) and not shared and len(graph.users(layer)) == 1:
                found.append(node)
    return tuple(found)


NORMS_FOLDED = Property("no batch norm follows a layer that it could be folded into", _foldable)


@dataclass(frozen=True, slots=True)
class FoldBatchNorm(Rewrite):
    """In evaluation a batch norm is a factor and an addend a channel: the layer before it takes both into its weights."""

    name: ClassVar[str] = "fold_batch_norm"
    summary: ClassVar[str] = (
        "Folds a batch norm into the convolution, transposed convolution or dense layer before it. "
        "Legal where the norm alone reads the layer, wherever the layer's weights are used."
    )
    requires: ClassVar[tuple[Property, ...]] = (NO_TRAINING, NOTHING_IDLE)
    ensures: ClassVar[tuple[Property, ...]] = (NORMS_FOLDED,)

    def apply(self, state: Rewritten) -> Rewritten:
        draft = Draft.of(state)
        count = 0
        for family in draft.families():
            layer = family[0]
            while is_layer(layer.operation) and (norms := _one_norm(draft, family)):
                factor = norm_factor(norms[0])
                layer.weights = {"weight": scaled(layer, factor), "bias": norm_addend(norms[0], factor, bias_of(layer))}
                for each, norm in zip(family, norms, strict=True):
                    each.operation = with_bias(each.operation)
                    draft.replace(norm, each)
                count += len(norms)
        return draft.finish(f"{counted(count, 'batch norm')} folded into the layers before them" if count else "")


def _one_norm(draft: Draft, layers: list[Item]) -> list[Item]:
    """The norm that alone reads the layers of one family, for each of them; none where they have not the same."""
    users = map(draft.only_user, layers)
    norms = [
        norm for norm, layer in zip(users, layers, strict=True) if norm is not None and _norms(norm.operation, norm.shape, layer.operation)
    ]
    return norms if len(norms) == len(layers) and all(norm.shares_with(norms[0]) for norm in norms) else []
