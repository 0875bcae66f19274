"""Networks of several resolutions side by side: where maps of different sizes are made apart and fused, each size has a column of its own.

The rule looks for fusions: a box that joins a map of its own size with one that was brought to that size from another, neither of which
comes from the other. Skips of a U are none (the deep map comes from the sharp one), nor are the two ways of a residual block.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from typing import TYPE_CHECKING

from ...base.records import dataclass
from .edges import flow, ranks
from .picture import Box, Picture

if TYPE_CHECKING:
    import networkx

LEAST_FUSIONS = 2
Scale = tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Scales:
    """`columns` are boxes and marks between them, one column for each size of map, the largest first; `rows` those that are level, from left to right."""

    columns: tuple[tuple[str, ...], ...] = ()
    rows: tuple[tuple[str, ...], ...] = ()
    boxes: frozenset[str] = frozenset()


ONE_SCALE = Scales()


def scales(picture: Picture) -> Scales:
    """The columns of a picture; `ONE_SCALE` where fewer than two maps are fused, where these are not in one frame, or where only one size has several maps."""
    import networkx

    boxes = {box.name: box for box in picture.boxes()}
    graph = flow((line for line in picture.lines if not line.training_only), boxes)
    if picture.entries or not networkx.is_directed_acyclic_graph(graph):
        return ONE_SCALE
    fused = {name for name in boxes if _is_fusion(graph, boxes, name)}
    holders = [frame for frame in (picture.root, *picture.frames()) if any(item.name in fused for item in frame.items)]
    if len(fused) < LEAST_FUSIONS or len(holders) > 1:
        return ONE_SCALE
    rank = ranks(graph)
    stream = fused.union(*(networkx.ancestors(graph, name) for name in fused)).intersection(item.name for item in holders[0].items)
    largest = max(_scale(boxes[source]) for name in fused for source in graph.predecessors(name))
    cells: dict[Scale, dict[int, list[str]]] = defaultdict(lambda: defaultdict(list))
    for name in boxes:
        scale = _scale(boxes[name])
        if name in stream and scale and scale <= largest:
            cells[scale][rank[name]].append(name)
    columns = []
    for number, scale in enumerate(sorted(cells, reverse=True)):
        # Of several that are level none is the stream, and where it has no box it has a mark, so that nothing changes sides with it.
        alone = {at: names[0] for at, names in cells[scale].items() if len(names) == 1}
        columns.append({at: alone.get(at, f"scale{number}_{at}") for at in range(min(alone), max(alone) + 1)} if alone else {})
    if sum(len(cells[scale]) > 1 for scale in cells) < 2:  # one map of a size is no stream
        return ONE_SCALE
    rows = [[column[at] for column in columns if at in column] for at in range(max(rank.values()))]
    return Scales(tuple(tuple(column.values()) for column in columns), tuple(tuple(row) for row in rows if row), frozenset(boxes))


def _scale(box: Box) -> Scale:
    """The size of a map; nothing for a vector or a row of them."""
    return box.output[1:] if len(box.output) > 2 else ()


def _is_fusion(graph: networkx.MultiDiGraph[str], boxes: Mapping[str, Box], name: str) -> bool:
    """Whether a box joins a map with one of another size that was made beside it."""
    from networkx import has_path

    scale, above = _scale(boxes[name]), set(graph.predecessors(name))
    if not scale or len(above) < 2:  # most boxes are a link of a chain: its beginning need not be looked for
        return False
    sources = {tail: _resized(graph, boxes, tail) for tail in above if _scale(boxes[tail]) == scale}
    own = [tail for tail, source in sources.items() if not source]
    others = [source for source in sources.values() if source]
    return any(not has_path(graph, one, two) and not has_path(graph, two, one) for one in own for two in others)


def _resized(graph: networkx.MultiDiGraph[str], boxes: Mapping[str, Box], name: str) -> str:
    """The map of another size that a box's was made of, by steps of one input each; nothing where it was made at its own size."""
    scale = _scale(boxes[name])
    while len(above := set(graph.predecessors(name))) == 1:
        (name,) = above
        if _scale(boxes[name]) != scale:
            return name if _scale(boxes[name]) else ""
    return ""
