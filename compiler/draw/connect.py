"""The lines of a picture: every edge of the graph is in one line, or hidden inside a box or between folded rounds."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from ..graph import Graph
from ..ops.base import Shape
from .picture import Box, Edge, Frame, Line

Rounds = Mapping[int, Sequence[tuple[int, int]]]


def connect(
    graph: Graph, root: Frame, representative: Sequence[int], rounds: Rounds
) -> tuple[tuple[Line, ...], tuple[Edge, ...]]:
    """The lines between the boxes of `root`, in the order of the heads, and the hidden edges."""
    boxes = {box.name: box for box in root.boxes()}
    box_of = {node.index: box for box in boxes.values() for node in box.nodes}
    bundles: dict[tuple[object, ...], list[Edge]] = {}
    hidden: list[Edge] = []
    for producer, user, operand in graph.edges():
        tail, head = box_of[producer.index], box_of[user.index]
        edge = (producer.index, user.index, operand)
        if tail is head or _between_rounds(rounds, producer.index, user.index):
            hidden.append(edge)
            continue
        key: tuple[object, ...] = (tail.name, head.name)
        if len(tail.first) == len(head.first) == 1:
            key += (representative[producer.index], representative[user.index], operand)
        bundles.setdefault(key, []).append(edge)
    lines = [_line(graph, box_of, edges, representative) for edges in bundles.values()]
    return _labelled(graph, box_of, _with_skips(lines, [box.name for box in root.boxes()])), tuple(hidden)


def _between_rounds(rounds: Rounds, producer: int, user: int) -> bool:
    """Whether an edge leads from one round of a folded repeat to another."""
    into = dict(rounds.get(user, ()))
    return any(into.get(repeat, number) != number for repeat, number in rounds.get(producer, ()))


def _line(graph: Graph, box_of: Mapping[int, Box], edges: list[Edge], representative: Sequence[int]) -> Line:
    tensors = {representative[producer] for producer, _, _ in edges}
    producer, user, _ = edges[0]
    training_only = all(graph.nodes[head].training_only for _, head, _ in edges)
    return Line(
        box_of[producer].name, box_of[user].name, tuple(edges), count=len(tensors), training_only=training_only
    )


# ------------------------------------------------------------------------------------------------- skips


def _with_skips(lines: list[Line], names: Sequence[str]) -> list[Line]:
    """Marks the lines whose tail reaches their head by another way as well."""
    after: dict[str, list[str]] = {name: [] for name in names}
    arriving: dict[str, int] = dict.fromkeys(names, 0)
    for line in lines:
        after[line.tail].append(line.head)
        arriving[line.head] += 1
    rank = ranks(after, arriving)
    marked = []
    for line in lines:
        far = rank[line.head] - rank[line.tail] > 1 and arriving[line.head] > 1
        skip = far and _reaches(after, rank, line.tail, line.head)
        marked.append(replace(line, skip=skip) if skip else line)
    return marked


def ranks(after: Mapping[str, Sequence[str]], arriving: Mapping[str, int]) -> dict[str, int]:
    """The longest way from a source to each box, in lines."""
    waiting = dict(arriving)
    rank = dict.fromkeys(after, 0)
    ready = [name for name in after if not waiting[name]]
    while ready:
        name = ready.pop()
        for head in after[name]:
            rank[head] = max(rank[head], rank[name] + 1)
            waiting[head] -= 1
            if not waiting[head]:
                ready.append(head)
    return rank


def _reaches(after: Mapping[str, Sequence[str]], rank: Mapping[str, int], tail: str, head: str) -> bool:
    """Whether a way of two lines or more leads from `tail` to `head`."""
    seen = {tail}
    ready = [name for name in after[tail] if name != head]
    while ready:
        name = ready.pop()
        if name in seen or rank[name] >= rank[head]:
            continue
        seen.add(name)
        for following in after[name]:
            if following == head:
                return True
            ready.append(following)
    return False


# ------------------------------------------------------------------------------------------------ shapes


def _labelled(graph: Graph, box_of: Mapping[int, Box], lines: list[Line]) -> tuple[Line, ...]:
    """Gives one line of each tensor its shape, where the box in front of it changed the shape."""
    chosen: dict[tuple[str, Shape], int] = {}
    for number, line in enumerate(lines):
        shape = graph.nodes[line.edges[0][0]].shape
        tail = box_of[line.edges[0][0]]
        if tail.is_port or shape in _entering(graph, tail):
            continue
        key = (tail.name, shape)
        if key not in chosen or (lines[chosen[key]].skip and not line.skip):
            chosen[key] = number
    shapes = {number: shape for (_, shape), number in chosen.items()}
    return tuple(
        replace(line, shape=shapes[number]) if number in shapes else line for number, line in enumerate(lines)
    )


def _entering(graph: Graph, box: Box) -> set[Shape]:
    """The shapes of the tensors that come into a box from outside."""
    inside = {node.index for node in box.nodes}
    return {graph.nodes[source].shape for node in box.nodes for source in node.inputs if source not in inside}
