"""Networks of several resolutions side by side: where maps of different sizes are made apart and fused, each size has a column of its own.

The rule looks for fusions, frame by frame: a box that joins a map of its own size with one that was brought to that size from another,
neither of which comes from the other. What comes into a frame was made apart for those who look into it: the levels of a pyramid do, though
the backbone made one of the other. Skips of a U are no fusions (the deep map comes from the sharp one), nor are the two ways of a residual
block.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping
from dataclasses import field
from itertools import pairwise
from typing import TYPE_CHECKING

from ...base.records import dataclass
from ..graph.program import Node
from ..ops.base import Shape
from .edges import flow, is_read, ranks
from .picture import Box, Frame, Line, Picture

if TYPE_CHECKING:
    import networkx

LEAST_FUSIONS = 2
Scale = tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Grid:
    """What one frame has of the columns: by the number of each its boxes and the marks between them; `rows` are those that are level, from left to right."""

    columns: Mapping[int, tuple[str, ...]]
    rows: tuple[tuple[str, ...], ...]


@dataclass(frozen=True, slots=True)
class Scales:
    """`grids` by the name of their frame. A column goes on from frame to frame; the largest maps have number 0 and stand at the left."""

    grids: Mapping[str, Grid] = field(default_factory=dict)
    boxes: frozenset[str] = frozenset()
    sizes: tuple[Scale, ...] = ()

    @property
    def deep(self) -> frozenset[tuple[str, str]]:
        """Frames with the first map of a column that begins below others."""
        return frozenset(
            (frame, self.first(names))
            for frame, grid in self.grids.items()
            for names in grid.columns.values()
            if names[0] not in self.boxes
        )

    def first(self, column: tuple[str, ...]) -> str:
        """The first map of a column: what stands above it is a mark."""
        return next((name for name in column if name in self.boxes), "")

    def leftmost(self, names: Collection[str]) -> str:
        """Of some boxes the one in the first column, which stands below the headings of the frames around it."""
        place = {name: number for grid in self.grids.values() for number, column in grid.columns.items() for name in column}
        return min((name for name in names if name in place), key=lambda name: (place[name], name), default="")

    def successions(self, picture: Picture) -> Iterator[tuple[str, str]]:
        """Frames with columns one of which leads to the other: they stand under each other."""
        around = {box.name: frame.name for frame in picture.frames() if frame.name in self.grids for box in frame.boxes()}
        pairs = dict.fromkeys((around.get(line.tail), around.get(line.head)) for line in picture.lines)
        yield from ((one, two) for one, two in pairs if one and two and one != two)

    def number(self, shape: Shape) -> int | None:
        """The column of a map."""
        return self.sizes.index(size) if (size := _of(shape)) in self.sizes else None

    def column(self, number: int) -> tuple[str, ...]:
        return tuple(name for grid in self.grids.values() for name in grid.columns.get(number, ()))

    def columns(self) -> tuple[tuple[str, ...], ...]:
        numbers = {number for grid in self.grids.values() for number in grid.columns}
        return tuple(self.column(number) for number in sorted(numbers))

    def straight(self, picture: Picture) -> set[tuple[str, str]]:
        """The lines along columns: between neighbours in a frame, and from a frame to the next."""
        place = {name: (frame, number) for frame, grid in self.grids.items() for number, names in grid.columns.items() for name in names}
        beside = {pair for grid in self.grids.values() for names in grid.columns.values() for pair in pairwise(names)}
        found = set()
        for line in picture.lines:
            one, two = place.get(line.tail), place.get(line.head)
            if one and two and ((line.tail, line.head) in beside or (one[0] != two[0] and one[1] == two[1])):
                found.add((line.tail, line.head))
        return found


ONE_SCALE = Scales()


def scales(picture: Picture) -> Scales:
    """The columns of a picture; `ONE_SCALE` where no frame fuses maps twice, or where only one size has several maps."""
    import networkx

    if picture.entries or picture.exits:  # the inside of a box
        return ONE_SCALE
    boxes = {box.name: box for box in picture.boxes()}
    nodes = {node.index: node for box in boxes.values() for node in box.nodes}
    lines = [line for line in picture.lines if not line.training_only and any(is_read(nodes, edge) for edge in line.edges)]
    if not networkx.is_directed_acyclic_graph(flow(lines, boxes)):
        return ONE_SCALE
    found = {frame.name: cells for frame in (picture.root, *picture.frames()) if (cells := _cells(frame, lines, nodes))}
    if not found:
        return ONE_SCALE
    order = sorted({scale for cells in found.values() for scale in cells}, reverse=True)
    joined = {(line.tail, line.head) for line in lines}
    grids = {
        name: _grid(name, {order.index(scale): cells[scale] for scale in sorted(cells, reverse=True)}, joined)
        for name, cells in found.items()
    }
    return Scales(grids, frozenset(boxes), tuple(order))


def _cells(frame: Frame, lines: list[Line], nodes: Mapping[int, Node]) -> dict[Scale, dict[int, str]]:
    """The boxes of a frame that are a stream of maps, by their scale and their row; none where it has no two streams that are fused."""
    import networkx

    boxes = {box.name: box for box in frame.boxes()}
    own = {item.name for item in frame.items if isinstance(item, Box)}
    size = {name: _scale(box, nodes) for name, box in boxes.items()}
    inside = [line for line in lines if line.tail in boxes and line.head in boxes]
    graph = flow(inside, boxes)
    rank = ranks(graph)
    for line in lines:
        if line.head in boxes and line.tail not in boxes:
            for producer in line.tensors:
                source = f"{line.tail}.{producer}"
                graph.add_edge(source, line.head)
                size[source] = _of(nodes[producer].shape)
    fused = {name for name in own if _is_fusion(graph, size, name)}
    if len(fused) < LEAST_FUSIONS:
        return {}
    stream = fused.union(*(networkx.ancestors(graph, name) | networkx.descendants(graph, name) for name in fused)) & own
    largest = max(size[source] for name in fused for source in graph.predecessors(name))
    cells: dict[Scale, dict[int, list[str]]] = defaultdict(lambda: defaultdict(list))
    for name in boxes:
        if name in stream and () < size[name] <= largest and not _resizes(graph, size, name):
            cells[size[name]][rank[name]].append(name)
    # Of several that are level none is the stream.
    alone = {scale: {at: names[0] for at, names in sorted(rows.items()) if len(names) == 1} for scale, rows in cells.items()}
    alone = {scale: rows for scale, rows in alone.items() if rows}
    return alone if sum(len(rows) > 1 for rows in alone.values()) >= 2 else {}  # one map of a size is no stream


def _grid(frame: str, cells: Mapping[int, Mapping[int, str]], joined: set[tuple[str, str]]) -> Grid:
    """Where a stream has no box and no line it has a mark, so that nothing changes sides with it."""
    columns: dict[int, dict[int, str]] = {}
    begins = {next(iter(rows)) for rows in cells.values()}
    first = min(begins) - (len(begins) > 1)  # all begin side by side, which keeps them in their order
    for number, rows in cells.items():
        column = columns[number] = dict(rows)
        for one, two in pairwise(rows):
            if (rows[one], rows[two]) not in joined:
                column.update({at: f"{frame}_scale{number}_{at - first}" for at in range(one + 1, two)})
        column.update({at: f"{frame}_scale{number}_{at - first}" for at in range(first, next(iter(rows)))})
        columns[number] = dict(sorted(column.items()))
    last = max((at for column in columns.values() for at in column), default=-1)
    level = [tuple(column[at] for column in columns.values() if at in column) for at in range(first, last + 1)]
    return Grid({number: tuple(column.values()) for number, column in columns.items()}, tuple(row for row in level if row))


def _scale(box: Box, nodes: Mapping[int, Node]) -> Scale:
    """The size of a box's map. What is stacked has that of the maps in the stack."""
    merged = nodes.get(box.main.inputs[0]) if box.is_merge else None
    return _of(box.output if merged is None else merged.shape)


def _of(shape: Shape) -> Scale:
    """The size of a map; nothing for a vector or a row of them."""
    return tuple(shape[1:]) if len(shape) > 2 else ()


def _resizes(graph: networkx.MultiDiGraph[str], size: Mapping[str, Scale], name: str) -> bool:
    """Whether a box brings one map to another size: it stands between the two columns."""
    above = set(graph.predecessors(name))
    return len(above) == 1 and size[next(iter(above))] != size[name]


def _is_fusion(graph: networkx.MultiDiGraph[str], size: Mapping[str, Scale], name: str) -> bool:
    """Whether a box joins a map with one of another size that was made beside it."""
    from networkx import has_path

    above = set(graph.predecessors(name))
    if not size[name] or len(above) < 2:  # most boxes are a link of a chain: its beginning need not be looked for
        return False
    sources = {tail: _resized(graph, size, tail) for tail in above if size[tail] == size[name]}
    own = [tail for tail, source in sources.items() if not source]
    others = [source for source in sources.values() if source]
    return any(not has_path(graph, one, two) and not has_path(graph, two, one) for one in own for two in others)


def _resized(graph: networkx.MultiDiGraph[str], size: Mapping[str, Scale], name: str) -> str:
    """The map of another size that a box's was made of, by steps of one input each; nothing where it was made at its own size."""
    scale = size[name]
    while len(above := set(graph.predecessors(name))) == 1:
        (name,) = above
        if size[name] != scale:
            return name if size[name] else ""
    return ""
