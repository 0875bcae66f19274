"""What happens in a part, in order: its telling operations as steps after each other and paths beside each other.

Read from the graph alone: how the text wrote them down says nothing of what follows what. Steps and paths are found by
reducing the part's edges, in series and in parallel, until one is left.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import field, replace

from ...base.records import dataclass
from ..graph.graph import Graph
from ..graph.program import Node, Scope

DEEPEST = 8  # parts within parts, beyond which nothing tells anything to a reader
START, END = -1, -2


@dataclass(frozen=True, slots=True)
class Fork:
    """Paths side by side, each a row of steps. `sign` is the merge's where all but one path skip, `merge` its number."""

    paths: tuple[Steps, ...]
    sign: str = ""
    merge: int = END


Steps = tuple["str | Fork", ...]


@dataclass(frozen=True, slots=True)
class _Unit:
    """An operation, or a part that is named and not entered. `words` are empty where it tells nothing; `sign` is a merge's."""

    nodes: tuple[int, ...]
    words: str
    sign: str = ""


def steps_of(graph: Graph, scope: Scope, words: Callable[[Node], str], title: Callable[[Scope], str]) -> Steps:
    """The steps of a part. `words` tells what an operation does, `title` names a part within that is not entered; both may say nothing."""
    units = _units(graph, scope, words, title)
    unit_of = {node: number for number, unit in enumerate(units) for node in unit.nodes}
    before: list[set[int]] = []
    leaving: set[int] = set()
    entry: int | None = None  # what comes in first is the way in
    for number, unit in enumerate(units):
        made = {source for node in unit.nodes for source in graph.nodes[node].inputs}
        outside = {source for source in made if source not in unit_of}
        if entry is None and outside:
            entry = min(outside)
        sources = {unit_of[source] for source in made - outside} - {number} | ({START} if entry in outside else set())
        if outside - {entry} and sources and unit.sign:  # another tensor joins: that is a step of its own
            units[number] = replace(unit, words=unit.sign)
        before.append(sources or {START})
        users = {unit_of.get(user.index) for node in unit.nodes for user in graph.users(graph.nodes[node])}
        if not users - {number} or None in users:
            leaving.add(number)
    whole = _reduced(units, before, leaving)
    if whole is None:  # paths are woven into each other: then what comes before what, without the lines that only skip
        units, before, leaving = _order(units, before)
        whole = _reduced(units, before, leaving)
    return _in_rows(units, before) if whole is None else whole


def _units(graph: Graph, scope: Scope, words: Callable[[Node], str], title: Callable[[Scope], str], depth: int = 0) -> list[_Unit]:
    units: list[_Unit] = []
    for member in graph.members[scope]:
        if isinstance(member, Node):
            sign = (member.operation.symbol or member.operation.name) if member.operation.family == "merge" else ""
            units.append(_Unit((member.index,), words(member), sign))
        elif member.kind != "aux":
            name = title(member)
            if name or depth >= DEEPEST:
                units.append(_Unit(tuple(nodes_in(graph, member)), name))
            else:
                units.extend(_units(graph, member, words, title, depth + 1))
    return units


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
        """The steps from the start to the end, or None where the edges cannot be reduced to one."""
        while self.pending:
            point = self.pending.pop()
            if point not in (START, END) and len(self.into[point]) == len(self.out_of[point]) == 1:
                self._join(point)
        if list(self.out_of[START]) != [END] or sum(map(len, self.out_of.values())) != 1:
            return None
        return self._steps(self.out_of[START][END])[1]

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
            return first, (Fork(tuple(steps for _, steps in told)),)
        sign = self.signs.get(edge.head, "") if len(edge.ways) > 1 else ""
        if not sign:
            return first, steps
        last = steps[-1]
        if isinstance(last, Fork) and last.merge == edge.head:  # what a step makes goes on and into the merge, too
            steps = (*steps[:-1], *last.paths[0])
        return first, (Fork((steps,), sign, edge.head),)


def _reduced(units: Sequence[_Unit], before: Sequence[set[int]], leaving: set[int]) -> Steps | None:
    """A unit begins at its number, and with words ends at the same number beyond those of all others."""
    signs = {number: unit.sign for number, unit in enumerate(units) if unit.sign}
    reduction = _Reduction(signs)
    ends = {number: number + len(units) if unit.words else number for number, unit in enumerate(units)}
    ends[START] = START
    for number, unit in enumerate(units):
        for source in sorted(before[number]):
            reduction.add(_Edge(ends[source], number, [(number, ())]))
        if unit.words:
            reduction.add(_Edge(number, ends[number], [(number, (unit.words,))]))
        if number in leaving:
            reduction.add(_Edge(ends[number], END, [(number, ())]))
    return reduction.run()


# -------------------------------------------------------------------------------------------------- what is woven


def _order(units: Sequence[_Unit], before: Sequence[set[int]]) -> tuple[list[_Unit], list[set[int]], set[int]]:
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
    leaving = set(range(len(masks))) - set().union(*right_before)
    return [units[number] for number in numbers], right_before, leaving


def _in_rows(units: Sequence[_Unit], before: Sequence[set[int]]) -> Steps:
    """Units that have as many before them, at most, stand beside each other."""
    rows: dict[int, list[str]] = defaultdict(list)
    depth = {START: -1}
    for number, unit in enumerate(units):
        depth[number] = 1 + max(depth[source] for source in before[number])
        rows[depth[number]].append(unit.words)
    return tuple(row[0] if len(row) == 1 else Fork(tuple((words,) for words in row)) for row in rows.values())
