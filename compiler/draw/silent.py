"""Steps that hand on what they are given, in training too: no picture shows them, and what reads them reads what stands before them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import field

from ...base.records import dataclass
from ..graph.graph import Graph


@dataclass(slots=True)
class Silence:
    """What of a network is not drawn. `told` are steps that are drawn all the same."""

    graph: Graph
    told: set[int] = field(default_factory=set)

    def holds(self, index: int) -> bool:
        """Whether a reader misses nothing where a step is left out: not where its label names an output."""
        node = self.graph.nodes[index]
        if not node.operation.passes_on() or index in self.told:
            return False
        return not (node.label and any(user.is_port for user in self.graph.users(node)))

    def tell(self, rounds: Iterable[Sequence[int]]) -> None:
        """Of rounds that the first is drawn for: what does nothing in that one and something in another is drawn there."""
        for place in zip(*rounds, strict=True):
            if self.holds(place[0]) and not all(map(self.holds, place)):
                self.told.add(place[0])

    def source(self, index: int) -> int:
        """The step that made a tensor, whatever handed it on."""
        while self.holds(index):
            index = self.graph.nodes[index].inputs[0]
        return index

    def sources(self, index: int) -> list[int]:
        """The steps that made what one reads."""
        return [self.source(operand) for operand in self.graph.nodes[index].inputs]

    def users(self, index: int) -> Iterator[int]:
        """The steps that read a tensor, whatever hands it on."""
        waiting = [user.index for user in reversed(self.graph.users(self.graph.nodes[index]))]
        while waiting:
            user = waiting.pop()
            if self.holds(user):
                waiting.extend(further.index for further in reversed(self.graph.users(self.graph.nodes[user])))
            else:
                yield user
