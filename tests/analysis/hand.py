"""Programs made by hand: what an analysis says of a graph must not depend on the language."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace

from archc.base.source import Source
from archc.compiler.graph.graph import Graph
from archc.compiler.graph.program import Node, Program, Scope
from archc.compiler.ops import TABLE
from archc.compiler.ops.base import Operation, Shape
from archc.compiler.ops.ports import Input, Output

PLACE = Source.of("hand.arch", "made by hand").span(0, 4)


class Hand:
    """Appends nodes one by one; a step is named by its operation and its number in its scope, as in the language."""

    def __init__(self, name: str = "hand") -> None:
        self.name = name
        self.root = Scope("network", (), None, PLACE)
        self.scope = self.root
        self.nodes: list[Node] = []
        self.counts: dict[tuple[Scope, str], int] = {}

    @contextmanager
    def part(self, name: str, kind: str = "block", template: str = "part") -> Iterator[None]:
        outer, self.scope = self.scope, Scope(kind, (name,), self.scope, PLACE, template=template)
        yield
        self.scope = outer

    def input(self, *shape: int, name: str = "image") -> int:
        return self._add(Input(shape), (), (name,))

    def output(self, index: int) -> None:
        self.scope = self.root
        count = sum(isinstance(node.operation, Output) for node in self.nodes)
        self._add(Output(), (index,), (f"output{count + 1}" if count else "output",))

    def step(self, word: str, *inputs: int, label: str = "", **arguments: object) -> int:
        key = (self.scope, word)
        self.counts[key] = self.counts.get(key, 0) + 1
        return self._add(TABLE[word](**arguments), inputs, (label or f"{word}{self.counts[key]}",))

    def again(self, index: int, *inputs: int) -> int:
        """The step of node `index` with its weights, applied to other inputs."""
        first = self.nodes[index]
        new = self._add(first.operation, inputs, first.names)
        use = 1 + sum(node.shares == index for node in self.nodes)
        self.nodes[new] = replace(self.nodes[new], scope=first.scope, shares=index, use=use + 1)
        return new

    def _add(self, operation: Operation, inputs: tuple[int, ...], names: tuple[str, ...]) -> int:
        shapes: tuple[Shape, ...] = tuple(self.nodes[index].shape for index in inputs)
        self.nodes.append(Node(len(self.nodes), operation, inputs, shapes, operation.output(shapes), self.scope, names, PLACE))
        return len(self.nodes) - 1

    @property
    def graph(self) -> Graph:
        return Graph(Program(self.name, "", PLACE, self.root, tuple(self.nodes)))
