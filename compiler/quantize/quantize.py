"""From a graph, its weights and samples to a graph in eight bits that loses no more than is allowed."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from importlib import import_module
from typing import TYPE_CHECKING

from ...base.records import dataclass
from ..emit.fast.build import Fast, assemble, make_weights
from ..emit.fast.int8 import Simulated
from ..emit.fast.step import Backend
from ..graph.graph import Graph
from ..graph.program import Node
from ..rewrite.base import Rewritten
from ..rewrite.eight_bits import Grid, Int8, gridded, one_scale, quantized, stays
from .agreement import Agreement, Noise, agreeing, decibels, ratio
from .ranges import grids, nearest, observe
from .watch import run, watched

if TYPE_CHECKING:
    from torch import Tensor

KEPT = "loses most"
"""Why a layer stays in floating point that could be in eight bits."""

TRIED = 2
"""How many samples each layer is tried on alone."""


@dataclass(frozen=True)
class Quantized:
    """A graph in eight bits, with its weights. `before` is the graph that it was made of, `stay` why steps of that are not in eight bits."""

    before: Rewritten
    stay: Mapping[int, str]
    grids: Mapping[int, Grid]
    state: Rewritten
    tensors: Mapping[str, Tensor]
    decibels: float
    """Signal to noise of the outputs on the samples, against floating point."""

    @staticmethod
    def none(before: Rewritten, stay: Mapping[int, str]) -> Quantized:
        """Nothing of it in eight bits."""
        return Quantized(before, stay, {}, before, {}, math.inf)

    def module(self, backend: Backend) -> Fast:
        return assemble(self.state, self.tensors, backend)

    @property
    def layers(self) -> tuple[Node, ...]:
        """The steps with weights, before."""
        return tuple(layers_of(self.before.graph))


def layers_of(graph: Graph) -> Iterable[Node]:
    return (node for node in graph.nodes if not node.is_port and node.operation.weights(node.input_shapes))


class Search:
    """One graph, its weights and samples, and what was seen of them."""

    def __init__(self, graph: Graph, weights: Mapping[str, Tensor], batches: Sequence[Sequence[Tensor]], backend: Backend) -> None:
        import_module("torch.ao.quantization.fx._decomposed")  # declares the operators that `Simulated` writes
        self.weights, self.batches = weights, batches
        self.streams = True
        """Whether a residual stream has one scale, from its first sum to its last."""
        self.cut = True
        """Whether a grid may leave the rarest numbers out, which makes its steps finer for all others."""
        self.state = backend.rewritten(graph)
        self.graph = self.state.graph
        self.plain = watched(self.state, make_weights(self.state, weights), Backend())
        self.stay = stays(self.graph)
        """What has no form in eight bits."""
        self.ranges = observe(self.plain, batches, gridded(self.graph, self.stay))
        self.wanted = [self.plain_answers(given) for given in batches]

    @property
    def layers(self) -> tuple[Node, ...]:
        return tuple(layers_of(self.graph))

    def plain_answers(self, given: Sequence[Tensor]) -> tuple[Tensor, ...]:
        """Those in floating point."""
        return run(self.plain, given, _as_it_is)

    def not_finite(self) -> Node | None:
        """The first step that makes infinite numbers of the samples, or none at all (`nan`)."""
        return next((self.graph.nodes[index] for index, row in sorted(self.ranges.items()) if not row.is_finite), None)

    def keeping(self, kept: Iterable[str]) -> Quantized:
        """The graph in eight bits with these layers kept as they are, and what it loses."""
        stay = stays(self.graph, dict.fromkeys(kept, KEPT))
        needed = gridded(self.graph, stay)
        chosen = grids({index: self.ranges[index] for index in needed}, one_scale(self.graph, stay, self.streams), self.cut)
        state = quantized(self.state, stay, chosen)
        tensors = make_weights(state, self.weights)
        made = watched(state, tensors, Simulated())
        noise = Noise()
        for given, wanted in zip(self.batches, self.wanted, strict=True):
            noise.add(wanted, run(made, given, _as_it_is))
        return Quantized(self.state, stay, chosen, state, tensors, noise.decibels)

    def within(self, limit: float) -> Quantized:
        """With as few layers kept as the limit allows, those that lose most first; before any is kept, each sum gets a scale of its own.

        Numbers that are cut off are a small square error and always of one sign, so that a mean over an image keeps what it averages of all
        others: whether to cut is chosen by the outputs.
        """
        tried: dict[tuple[bool, bool], Quantized] = {}
        for self.streams in (True, False):
            for self.cut in (True, False):
                tried[self.streams, self.cut] = self.keeping(())
            best = max((tried[self.streams, cut] for cut in (True, False)), key=lambda row: row.decibels)
            if best.decibels >= limit:
                return best
        self.streams, self.cut = max(tried, key=lambda way: tried[way].decibels)
        order = self.losses()
        low, high = 0, len(order)  # `high` is enough: with every layer kept nothing is lost
        found = self.keeping(order)
        while high - low > 1:
            middle = (low + high) // 2
            fewer = self.keeping(order[:middle])
            if fewer.decibels >= limit:
                high, found = middle, fewer
            else:
                low = middle
        return found

    def agreement(self, found: Quantized) -> Agreement:
        """How far its answers are those in floating point, on all samples; and the worst layer, on a few."""
        made = watched(found.state, found.tensors, Simulated())
        same: int | None = 0
        for given, wanted in zip(self.batches, self.wanted, strict=True):
            one = agreeing(wanted[0], run(made, given, _as_it_is)[0])
            same = None if one is None or same is None or len(wanted) > 1 else same + one
        noise = self._by_layer(found, made)
        worst = min(noise, key=lambda name: noise[name])
        return Agreement(sum(len(given[0]) for given in self.batches), found.decibels, same, worst, noise[worst])

    def _by_layer(self, found: Quantized, made: Fast) -> dict[str, float]:
        """Signal to noise of what each layer in eight bits makes, with all that comes before it in eight bits."""
        names = {node.unique for node in found.layers if node.index not in found.stay}
        given = [value[:TRIED] for value in self.batches[0]]
        wanted: dict[str, Tensor] = {}
        noise: dict[str, float] = {}

        def keep(index: int, value: Tensor) -> Tensor:
            if self.graph.nodes[index].unique in names:
                wanted[self.graph.nodes[index].unique] = value
            return value

        def compare(index: int, value: Tensor) -> Tensor:
            node = found.state.graph.nodes[index]
            if node.unique in names and isinstance(node.operation, Int8):
                out = node.operation.out
                meant = value if out is None else (value.float() - out.zero) * out.scale
                one = wanted.pop(node.unique).double()
                noise[node.unique] = ratio(float(one.square().sum()), float((one - meant.double()).square().sum()))
            return value

        run(self.plain, given, keep)
        run(made, given, compare)
        return noise

    def losses(self) -> list[str]:
        """The layers in eight bits, first the one that costs the outputs most when it alone is rounded."""
        chosen = grids(self.ranges, one_scale(self.graph, self.stay, self.streams), self.cut)
        rows = [node for node in layers_of(self.graph) if node.index not in self.stay and node.shares is None]
        given = [value[:TRIED] for value in self.batches[0]]
        wanted = self.plain_answers(given)
        noise = {node.unique: self._alone(node, chosen, given, wanted) for node in rows}
        return sorted(noise, key=lambda name: noise[name])

    def _alone(self, node: Node, chosen: Mapping[int, Grid], given: Sequence[Tensor], wanted: Sequence[Tensor]) -> float:
        """Signal to noise of the outputs where this layer alone is in eight bits."""
        touched = {index: chosen[index] for index in (*node.inputs, node.index) if index in chosen}

        def seen(index: int, value: Tensor) -> Tensor:
            return nearest(value, touched[index]) if index in touched else value

        layer = getattr(self.plain.module, self.plain.written.attributes[node.unique])
        weight = layer.weight.data
        try:
            layer.weight.data = _rounded(weight)
            return decibels(wanted, run(self.plain, given, seen))
        finally:
            layer.weight.data = weight


def _as_it_is(index: int, value: Tensor) -> Tensor:
    return value


def _rounded(weight: Tensor) -> Tensor:
    """A weight as eight bits hold it, by channel."""
    scale = weight.flatten(1).abs().amax(1).clamp(min=1e-30).reshape(-1, *[1] * (weight.dim() - 1)) / 127
    return (weight / scale).round() * scale
