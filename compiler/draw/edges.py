"""The lines of a picture: every edge of the graph is in one line, or hidden inside a box or between folded rounds."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import field, replace
from typing import TYPE_CHECKING

from ...base.records import dataclass
from ..graph.graph import Graph
from ..graph.program import Node
from ..ops.base import Shape
from .picture import Box, Edge, Frame, Line
from .silent import Silence

if TYPE_CHECKING:
    import networkx

FEW = 3  # tensors of one box for another that have a line each

Rounds = Mapping[int, Sequence[tuple[int, int]]]


def connect(
    graph: Graph, root: Frame, representative: Sequence[int], rounds: Rounds, silence: Silence
) -> tuple[tuple[Line, ...], tuple[Edge, ...]]:
    """The lines between the boxes of `root`, in the order of the heads, and the hidden edges."""
    edges = [(producer.index, user.index, operand) for producer, user, operand in graph.edges() if is_drawn(user, operand)]
    return _Ends(graph, root, representative, rounds, silence).connect(edges)


def is_drawn(node: Node, operand: int) -> bool:
    """Not what a further result of a module takes beside the first: a line to the module is there already."""
    return not operand or not node.operation.result_number()


def connect_inside(
    graph: Graph, root: Frame, representative: Sequence[int], rounds: Rounds, silence: Silence, nodes: Sequence[int]
) -> tuple[tuple[Line, ...], tuple[Edge, ...], tuple[int, ...], tuple[int, ...]]:
    """The same for the inside of a part, `nodes`, with its ports: lines, hidden edges, entries, exits (see `Picture`)."""
    inside = set(nodes)
    edges: list[Edge] = []
    leaving: list[Edge] = []
    ends = _Ends(graph, root, representative, rounds, silence)
    for index in nodes:
        node = graph.nodes[index]
        for operand, source in enumerate(node.inputs):
            if is_drawn(node, operand):
                edges.append((source, index, operand))
                ends.enter(source, index)
        outer = next((user.index for user in graph.users(node) if _is_outer(silence, user.index, inside)), None)
        if outer is not None:
            ends.exits[index] = f"out{len(ends.exits)}"
            leaving.append((index, outer, graph.nodes[outer].inputs.index(index)))
            ends.enter(index)
    lines, hidden = ends.connect(edges, leaving)
    return lines, hidden, tuple(ends.entries), tuple(ends.exits)


def _is_outer(silence: Silence, user: int, inside: set[int]) -> bool:
    """Whether a tensor leaves a part for a user of it: not where this does no more than hand it on to what is inside."""
    return user not in inside and not (silence.holds(user) and all(further in inside for further in silence.users(user)))


@dataclass(slots=True)
class _Ends:
    """Where edges begin and end: at a box, or at a port for what stands outside."""

    graph: Graph
    root: Frame
    representative: Sequence[int]
    rounds: Rounds
    silence: Silence
    entries: dict[int, str] = field(default_factory=dict)
    exits: dict[int, str] = field(default_factory=dict)
    box_of: dict[int, Box] = field(init=False)
    chained: frozenset[str] = field(init=False)
    """The boxes of rounds that feed each other."""

    def __post_init__(self) -> None:
        self.box_of = {node.index: box for box in self.root.boxes() for node in box.nodes}
        self.chained = frozenset(_chained(self.root))

    def made(self, index: int) -> int:
        """What is drawn as the beginning of what a step hands on."""
        while index not in self.box_of and self.silence.holds(index):
            index = self.graph.nodes[index].inputs[0]
        return index

    def enter(self, source: int, user: int | None = None) -> None:
        """A port for what comes in from outside to what is drawn, or leads right out again."""
        made = self.made(source)
        if made not in self.box_of and (user is None or user in self.box_of):
            self.entries.setdefault(made, f"in{len(self.entries)}")

    def connect(self, edges: Sequence[Edge], leaving: Sequence[Edge] = ()) -> tuple[tuple[Line, ...], tuple[Edge, ...]]:
        bundles: dict[tuple[object, ...], list[Edge]] = {}
        hidden = [edge for edge in edges if edge[1] not in self.box_of]
        given: dict[tuple[int, int], int] = {}
        for edge in (*(edge for edge in edges if edge[1] in self.box_of), *leaving):
            producer, user = self.made(edge[0]), edge[1]
            tail, head = self.tail(producer), self.head(user, edge[0])
            if tail == head or _between_rounds(self.rounds, producer, user):
                hidden.append(edge)
                continue
            key: tuple[object, ...] = (tail, head)
            if self._single(producer) and self._single(user):
                # An operand that is given twice is two lines; the same operand of equal branches is one.
                time = given[producer, user] = given.get((producer, user), 0) + 1
                key += (self.representative[producer], self.representative[user], time)
            bundles.setdefault(key, []).append(edge)
        split = [part for edges in bundles.values() for part in self._parted(edges)]
        names = [*self.entries.values(), *(box.name for box in self.root.boxes()), *self.exits.values()]
        lines = self._with_skips([self._line(edges) for edges in split], names)
        return self._labelled(lines), tuple(hidden)

    def _parted(self, edges: list[Edge]) -> list[list[Edge]]:
        """The edges of a line by their tensors, where these are few and no two have one shape: a number would hide what they are."""
        parts: dict[int, list[Edge]] = {}
        for edge in edges:
            parts.setdefault(self.representative[self.made(edge[0])], []).append(edge)
        box = self.box_of.get(self.made(edges[0][0]))
        is_repeated = box is not None and (box.is_applied or box.name in self.chained)
        shapes = {self.graph.nodes[tensor].shape for tensor in parts}
        return [edges] if is_repeated or not 1 < len(parts) == len(shapes) <= FEW else list(parts.values())

    def tail(self, producer: int) -> str:
        box = self.box_of.get(producer)
        return box.name if box is not None else self.entries[producer]

    def head(self, user: int, producer: int) -> str:
        box = self.box_of.get(user)
        return box.name if box is not None else self.exits[producer]

    def _single(self, index: int) -> bool:
        box = self.box_of.get(index)
        return box is not None and len(box.first) == 1

    def _line(self, edges: list[Edge]) -> Line:
        producer, user = self.made(edges[0][0]), edges[0][1]
        box = self.box_of.get(producer)
        is_applied = box is not None and box.is_applied  # what it makes of each tensor has a shape of its own
        sources = sorted({self.made(producer) for producer, _, _ in edges})
        tensors = sources if is_applied else sorted({self.representative[source] for source in sources})
        training_only = all(self.graph.nodes[head].training_only for _, head, _ in edges)
        tail, head = self.tail(producer), self.head(user, edges[0][0])
        count = len(tensors)
        if box is not None and box.name in self.chained:  # each round may give what the head gathers
            given: dict[int, set[int]] = {}
            for source, to, _ in edges:
                given.setdefault(to, set()).add(self.made(source))
            count = max(count, *map(len, given.values()))
        size = not any(is_read(self.graph.nodes, edge) for edge in edges)
        return Line(tail, head, tuple(edges), tuple(tensors), count=count, training_only=training_only, size=size)

    def _with_skips(self, lines: list[Line], names: Sequence[str]) -> list[Line]:
        """Marks the lines whose tail reaches their head by another way as well: where weights are applied several times, the same application."""
        graph = flow(lines, names)
        rank = ranks(graph)
        uses = [{self._application(user) for _, user, _ in line.edges} for line in lines]
        applied: dict[tuple[str, str], set[int]] = {}
        for line, own in zip(lines, uses, strict=True):
            applied.setdefault((line.tail, line.head), set()).update(own)
        marked = []
        for line, own in zip(lines, uses, strict=True):
            far = rank[line.head] - rank[line.tail] > 1 and graph.in_degree(line.head) > 1
            skip = far and any(not own.isdisjoint(applied[other, line.head]) for other in _others(graph, rank, line.tail, line.head))
            marked.append(replace(line, skip=skip) if skip else line)
        return marked

    def _application(self, user: int) -> int:
        """Which application of weights that are applied several times a step is of; 0 where they are not."""
        box = self.box_of.get(user)
        if box is None or not box.is_applied:
            return 0
        return next(number for number, node in enumerate(box.nodes) if node.index == user) // len(box.first)

    def _labelled(self, lines: list[Line]) -> tuple[Line, ...]:
        """Gives one line of each tensor its shape, where the box in front of it changed the shape or hands on tensors of several shapes."""
        given: dict[str, set[Shape]] = {}
        for line in lines:
            given.setdefault(line.tail, set()).update(self.graph.nodes[tensor].shape for tensor in line.tensors)
        chosen: dict[tuple[str, tuple[int, ...]], int] = {}
        for number, line in enumerate(lines):
            shape = self.graph.nodes[line.edges[0][0]].shape
            tail = self.box_of.get(self.made(line.edges[0][0]))
            if tail is None or tail.is_port or (len(given[line.tail]) == 1 and shape in self._entering(tail)):
                continue
            key = (tail.name, line.tensors)
            if key not in chosen or (lines[chosen[key]].skip and not line.skip):
                chosen[key] = number
        return tuple(
            replace(line, shape=self.graph.nodes[line.edges[0][0]].shape) if chosen.get((line.tail, line.tensors)) == number else line
            for number, line in enumerate(lines)
        )

    def _entering(self, box: Box) -> set[Shape]:
        """The shapes of the tensors that come into a box from outside."""
        inside = {node.index for node in box.nodes}
        nodes = self.graph.nodes
        return {nodes[source].shape for node in box.nodes for source in map(self.made, node.inputs) if source not in inside}


def _chained(item: Box | Frame, is_chained: bool = False) -> Iterator[str]:
    """The names of boxes in folded rounds that all come one after the other."""
    if item.count > 1:
        if item.parallel:
            return
        is_chained = True
    if isinstance(item, Frame):
        for inner in item.items:
            yield from _chained(inner, is_chained)
    elif is_chained:
        yield item.name


def _between_rounds(rounds: Rounds, producer: int, user: int) -> bool:
    """Whether an edge leads from one round of a folded repeat to another."""
    into = dict(rounds.get(user, ()))
    return any(into.get(repeat, number) != number for repeat, number in rounds.get(producer, ()))


# ------------------------------------------------------------------------------------------------- skips


def is_read(nodes: Mapping[int, Node] | Sequence[Node], edge: Edge) -> bool:
    """Whether a map is more than a size for its user. One that takes places of maxima as well brings these back with the size."""
    _, user, operand = edge
    return operand == 0 or not getattr(nodes[user].operation, "like", False) or len(nodes[user].inputs) > 2


def flow(lines: Iterable[Line], names: Iterable[str]) -> networkx.MultiDiGraph[str]:
    """The boxes and the lines between them."""
    import networkx as nx

    graph: networkx.MultiDiGraph[str] = nx.MultiDiGraph()
    graph.add_nodes_from(names)
    graph.add_edges_from((line.tail, line.head) for line in lines)
    return graph


def ranks(graph: networkx.MultiDiGraph[str]) -> dict[str, int]:
    """The longest way from a source to each box, in lines.

    Boxes may stand in a ring: where the first use of weights is left out, a later step takes its name and its place, in a
    part that was done before. Those of one ring have one rank.
    """
    import networkx as nx

    if nx.is_directed_acyclic_graph(graph):
        return {name: rank for rank, names in enumerate(nx.topological_generations(graph)) for name in names}
    rings = nx.condensation(graph)
    rows = enumerate(nx.topological_generations(rings))
    return {name: rank for rank, row in rows for ring in row for name in rings.nodes[ring]["members"]}


def _others(graph: networkx.MultiDiGraph[str], rank: Mapping[str, int], tail: str, head: str) -> set[str]:
    """The boxes from which another way than the line from `tail` comes to `head`: nothing behind the head is looked at."""
    import networkx as nx

    def onwards(name: str) -> Iterator[str]:
        return (after for after in graph.successors(name) if rank[after] <= rank[head] and after != head)

    reached = {after for _, after in nx.generic_bfs_edges(graph, tail, neighbors=onwards)}
    return reached.intersection(graph.predecessors(head))
