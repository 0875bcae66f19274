"""Work out once what layers work out of what they learned at each run."""

from __future__ import annotations

from typing import ClassVar

from ...base.records import dataclass
from ..graph.graph import Graph
from ..graph.program import Node
from ..ops.worked_out import WorkedOut
from .base import Property, Rewrite, Rewritten
from .counting import counted
from .draft import Draft
from .inference import NO_TRAINING
from .weights import Settled


def _unsettled(graph: Graph) -> tuple[Node, ...]:
    return tuple(node for node in graph.nodes if isinstance(node.operation, WorkedOut))


WEIGHTS_SETTLED = Property("no layer works its weight out as it runs", _unsettled)


@dataclass(frozen=True, slots=True)
class SettleWeights(Rewrite):
    """Standardised filters (BiT, NFNet), and those that are normed (TCN, SN-GAN), are the same at each run: a third of NFNet's time."""

    name: ClassVar[str] = "settle_weights"
    summary: ClassVar[str] = (
        "Makes standardised and normed layers plain ones, whose weights are worked out once. Always legal in evaluation."
    )
    requires: ClassVar[tuple[Property, ...]] = (NO_TRAINING,)
    ensures: ClassVar[tuple[Property, ...]] = (WEIGHTS_SETTLED,)

    def apply(self, state: Rewritten) -> Rewritten:
        draft = Draft.of(state)
        count = 0
        for family in draft.families():
            first = family[0]
            layer = first.operation
            if not isinstance(layer, WorkedOut):
                continue
            plain = layer.plain()
            weight, *_ = plain.weights(first.input_shapes)
            learned = tuple((name, recipe) for name, recipe in first.weights.items() if name != "bias")
            kept = {name: recipe for name, recipe in first.weights.items() if name == "bias"}
            first.weights = {weight.name: Settled(weight.shape, layer, learned), **kept}
            for each in family:
                each.operation = plain
            count += len(family)
        return draft.finish(f"the weights of {counted(count, 'layer')} worked out once" if count else "")
