"""What happens in a part, in order: its telling operations as steps after each other and paths beside each other.

Read from the graph alone: how the text wrote them down says nothing of what follows what. Steps and paths are found by
reducing the part's edges, in series and in parallel, until one is left.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import field
from itertools import chain
from typing import TYPE_CHECKING

from ...base.records import dataclass
from ..graph.graph import Graph
from ..graph.program import Node, Scope
from .edges import is_read

if TYPE_CHECKING:
    import networkx

DEEPEST = 8  # parts within parts, beyond which nothing tells anything to a reader
START, END = -1, -2


@dataclass(frozen=True, slots=True)
class Fork:
    """Paths side by side, each a row of steps. `sign` is the merge's where all but one path skip, `merge` its number; `joined` the sign of
    the merge of several. Of steps that are `woven` into each other it is not told which follows which."""

    paths: tuple[Steps, ...]
    sign: str = ""
    merge: int = END
    joined: str = ""
    woven: bool = False


Steps = tuple["str | Fork", ...]


@dataclass(frozen=True, slots=True)
class Unit:
    """An operation, or a part that is named and not entered. `words` are empty where it tells nothing; `sign` is a merge's."""

    nodes: tuple[int, ...]
    words: str
    sign: str = ""


@dataclass(frozen=True, slots=True)
class Plan:
    """The units of a part, in order: those that each reads (`START`: what is outside), and those whose tensors leave."""

    units: Sequence[Unit]
    before: Sequence[set[int]]
    leaving: set[int]

    def steps(self) -> Steps:
        """The steps from the start to the end."""
        whole = _reduced(self.units, self.before, self.leaving)
        return _in_rows(*_order(self.units, self.before)) if whole is None else whole


def plan_of(graph: Graph, scope: Scope, words: Callable[[Node], str], title: Callable[[Scope], str]) -> tuple[Plan, list[set[int]]]:
    """A part and, for each unit, the nodes outside that it reads. `words` tells what an operation does, `title` names a part within that is
    not entered; both may say nothing."""
    units = _units(graph, scope, words, title)
    unit_of = {node: number for number, unit in enumerate(units) for node in unit.nodes}
    before: list[set[int]] = []
    leaving: set[int] = set()
    outside: list[set[int]] = []
    for number, unit in enumerate(units):
        made = {source for node in unit.nodes for source in _read(graph, graph.nodes[node])}
        outside.append({source for source in made if source not in unit_of})
        before.append({unit_of[source] for source in made - outside[-1]} - {number})
        users = {unit_of.get(user.index) for node in unit.nodes for user in graph.users(graph.nodes[node])}
        if not users - {number} or None in users:
            leaving.add(number)
    return Plan(units, before, leaving), outside


def _read(graph: Graph, node: Node) -> Iterator[int]:
    """What makes the operands of an operation, without those of which it takes the size alone."""
    return (source for operand, source in enumerate(node.inputs) if is_read(graph.nodes, (source, node.index, operand)))


def _units(graph: Graph, scope: Scope, words: Callable[[Node], str], title: Callable[[Scope], str], depth: int = 0) -> list[Unit]:
    units: list[Unit] = []
    for member in graph.members[scope]:
        if isinstance(member, Node):
            sign = (member.operation.symbol or member.operation.name) if member.operation.family == "merge" else ""
            units.append(Unit((member.index,), words(member), sign))
        elif member.kind != "aux":
            name = title(member)
            if name or depth >= DEEPEST:
                units.append(Unit(tuple(nodes_in(graph, member)), name))
            else:
                units.extend(_units(graph, member, words, title, depth + 1))
    return units


def own_name(scope: Scope) -> str:
    """What the user called a part, where it says more than the number that it has anyhow."""
    name = scope.title or (scope.names[-1] if scope.names else "")
    automatic = name.removeprefix(scope.template) if scope.template else name
    return "" if automatic.isdigit() or not automatic else name


def names_of(scope: Scope) -> frozenset[str]:
    """What a user may call a part: its path, its own name, its title, the block that it is a call of."""
    own = {".".join(scope.path), scope.title, scope.template}
    if scope.names:
        own.add(scope.names[-1])
    return frozenset(own - {""})


def nodes_in(graph: Graph, scope: Scope) -> Iterator[int]:
    """The indices of the nodes of a part, those of parts within it in their place."""
    for member in graph.members[scope]:
        if isinstance(member, Node):
            yield member.index
        else:
            yield from nodes_in(graph, member)


# -------------------------------------------------------------------------------------------- in series, in parallel


@dataclass(slots=True)
class _Edge:
    """Ways from one point to another, each with the number of its first step, which is its place among others."""

    tail: int
    head: int
    ways: list[tuple[int, Steps]]


@dataclass(slots=True)
class _Reduction:
    """Points and the edges between them. A point is where a unit begins, or, where it has words, also where it ends."""

    signs: Mapping[int, str]
    into: dict[int, dict[int, _Edge]] = field(default_factory=lambda: defaultdict(dict))
    out_of: dict[int, dict[int, _Edge]] = field(default_factory=lambda: defaultdict(dict))
    pending: list[int] = field(default_factory=list)

    def add(self, edge: _Edge) -> None:
        """Edges between the same points become one."""
        known = self.out_of[edge.tail].get(edge.head)
        if known is None:
            self.out_of[edge.tail][edge.head] = self.into[edge.head][edge.tail] = edge
        else:
            known.ways += edge.ways
        self.pending += (edge.tail, edge.head)

    def run(self) -> Steps | None:
        """The steps from the start to the end, or None where some of them go round in a circle."""
        while True:
            while self.pending:
                point = self.pending.pop()
                if point not in (START, END) and len(self.into[point]) == len(self.out_of[point]) == 1:
                    self._join(point)
            if list(self.out_of[START]) == [END] and sum(map(len, self.out_of.values())) == 1:
                return self._steps(self.out_of[START][END])[1]
            if not self._unweave():
                return None

    def _unweave(self) -> bool:
        """Makes one edge of the smallest piece between two points in which paths are woven into each other.

        Its steps stand in rows where each leads to the next row; where one leads further, past a row beside it, rows would say what is not so.
        """
        import networkx as nx

        lines = nx.DiGraph((tail, head) for tail, heads in self.out_of.items() for head in heads)
        if START not in lines or END not in lines or not nx.is_directed_acyclic_graph(lines):
            return False
        above = nx.immediate_dominators(lines, START)
        below = nx.immediate_dominators(lines.reverse(copy=False), END)
        beside = lines.to_undirected(as_view=True)
        pieces: list[tuple[set[int], int, int]] = []
        for point in sorted(set(above) & set(below) - {START, END}):
            tail, head = above[point], below[point]
            piece = _around(beside, point, {tail, head})
            if not piece & {START, END}:
                pieces.append((piece, tail, head))
        if not pieces:
            return False
        piece, tail, head = min(pieces, key=lambda row: len(row[0]))
        depth = {tail: 0}
        rows: dict[int, list[tuple[int, Steps]]] = defaultdict(list)
        joined: dict[int, Steps] = {}  # what stands before the steps that begin with a number: the merge that they begin at
        told_to: list[tuple[int, int]] = []  # the row of each, and the point that it leads to
        for point in (point for point in nx.topological_sort(lines) if point in piece or point == head):
            for source in sorted(self.into[point]):
                if source in depth and (source in piece or point in piece):
                    told = self._steps(self.into[point][source])
                    if told[1]:
                        rows[depth[source]].append(told)
                        if source in piece and source in self.signs and len(self.into[source]) > 1:
                            joined[told[0]] = (self.signs[source],)
                        told_to.append((depth[source], point))
                    depth[point] = max(depth.get(point, 0), depth[source] + bool(told[1]))
        for point in piece:
            for source in self.into.pop(point):
                del self.out_of[source][point]
            for user in self.out_of.pop(point):
                if user in self.into:
                    del self.into[user][point]
        ordered = [sorted(rows[place], key=lambda way: way[0]) for place in sorted(rows)]
        first = ordered[0][0][0] if ordered else min(piece)
        whole = [[(*joined.get(number, ()), *told) for number, told in row] for row in ordered]
        steps = tuple(step for row in whole for step in (row[0] if len(row) == 1 else (Fork(tuple(row)),)))
        if any(depth[point] != row + 1 for row, point in told_to):
            told_of = (way[1] for way in sorted(chain(*ordered), key=lambda way: way[0]))
            steps = (Fork(tuple(chain.from_iterable(map(_items, told_of))), woven=True),)
        self.add(_Edge(tail, head, [(first, steps)]))
        return True

    def _join(self, point: int) -> None:
        ((tail, one),) = self.into.pop(point).items()
        ((head, two),) = self.out_of.pop(point).items()
        del self.out_of[tail][point], self.into[head][point]
        (first, before), (second, after) = self._steps(one), self._steps(two)
        self.add(_Edge(tail, head, [(first if before else second, before + after)]))

    def _steps(self, edge: _Edge) -> tuple[int, Steps]:
        """The ways of an edge as steps; of ways side by side, those that tell something."""
        told = sorted((way for way in edge.ways if way[1]), key=lambda way: way[0])
        if not told:
            return edge.ways[0][0], ()
        first, steps = told[0]
        if len(told) > 1:
            return first, (Fork(tuple(steps for _, steps in told), joined=self.signs.get(edge.head, "")),)
        sign = self.signs.get(edge.head, "") if len(edge.ways) > 1 else ""
        if not sign:
            return first, steps
        last = steps[-1]
        if isinstance(last, Fork) and last.merge == edge.head:  # what a step makes goes on and into the merge, too
            steps = (*steps[:-1], *last.paths[0])
        return first, (Fork((steps,), sign, edge.head),)


def _items(steps: Steps) -> tuple[Steps, ...]:
    """What steps are in a list of woven ones: those of a list within it are its own."""
    (first, *others) = steps
    return first.paths if isinstance(first, Fork) and first.woven and not others else (steps,)


def _around(lines: networkx.Graph[int], point: int, ends: set[int]) -> set[int]:
    """The points that are joined to one without passing these ends."""
    found, pending = {point}, [point]
    while pending:
        fresh = set(lines[pending.pop()]) - found - ends
        found |= fresh
        pending += fresh
    return found


def _reduced(units: Sequence[Unit], before: Sequence[set[int]], leaving: set[int]) -> Steps | None:
    """A unit begins at its number, and with words ends at the same number beyond those of all others."""
    signs = {number: unit.sign for number, unit in enumerate(units) if unit.sign}
    reduction = _Reduction(signs)
    ends = {number: number + len(units) if unit.words else number for number, unit in enumerate(units)}
    ends[START] = START
    for number, unit in enumerate(units):
        for source in sorted(before[number] or {START}):
            reduction.add(_Edge(ends[source], number, [(number, ())]))
        if unit.words:
            reduction.add(_Edge(number, ends[number], [(number, (unit.words,))]))
        if number in leaving:
            reduction.add(_Edge(ends[number], END, [(number, ())]))
    return reduction.run()


# -------------------------------------------------------------------------------------------------- what is woven


def _order(units: Sequence[Unit], before: Sequence[set[int]]) -> tuple[list[Unit], list[set[int]]]:
    """The units that tell something, each behind those alone that come right before it."""
    numbers = {number: place for place, number in enumerate(number for number, unit in enumerate(units) if unit.words)}
    above: list[int] = []  # for each unit a bit for each telling one that it comes after
    for sources in before:
        mask = 0
        for source in sources - {START}:
            mask |= above[source] | (1 << numbers[source] if source in numbers else 0)
        above.append(mask)
    masks = [above[number] for number in numbers]
    right_before: list[set[int]] = []
    for mask in masks:
        sources = {place for place in range(len(masks)) if mask >> place & 1}
        further = 0
        for source in sources:
            further |= masks[source]
        right_before.append({source for source in sources if not further >> source & 1} or {START})
    return [units[number] for number in numbers], right_before


def _in_rows(units: Sequence[Unit], before: Sequence[set[int]]) -> Steps:
    """Units that have as many before them, at most, stand beside each other; where one leads past the next row all are told as woven."""
    depth = {START: -1}
    rows: dict[int, list[str]] = defaultdict(list)
    for number, unit in enumerate(units):
        depth[number] = 1 + max(depth[source] for source in before[number])
        rows[depth[number]].append(unit.words)
    leading = {source for number, sources in enumerate(before) for source in sources if depth[number] == depth[source] + 1}
    last = max(depth.values())
    if any(depth[number] < last and number not in leading for number in range(len(units))):
        return (Fork(tuple((unit.words,) for unit in units), woven=True),)
    return tuple(row[0] if len(row) == 1 else Fork(tuple((words,) for words in row)) for row in rows.values())
