"""Tensors as solids to scale, as the figures of AlexNet and of U-Net draw them: as high as a map is, as thick as it has channels.

Sizes are logarithmic, or a stem would hide all that follows. The solids stand along the main path, from left to right; in a U those of one
size stand at one height. A few other ways of length, as a second tower or a second stream, have rows of their own below. Where there are more, what lies
beside the path has no solid, and is named below the picture.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import field, replace
from graphlib import TopologicalSorter
from itertools import chain, pairwise

from ...base.records import dataclass
from ..graph.graph import Graph
from .dot import Writer
from .edges import flow, ranks
from .font import width
from .labels import TIMES, headline, owner_words, title
from .look import Look
from .picture import Box, Frame, Line, Picture
from .style import POINTS
from .u_shape import arms

SMALL = POINTS["small"]
BETWEEN, MARGIN, ROW = 16.0, 10.0, 10.0  # points: between solids, around the picture, of a row of text
DEPTH = 0.28  # of the height, to the right and up
APART = 5.0  # points between arrows that run over the same solids
LIFT = 14.0  # points that one rises above what it passes
MOST_NAMED = 8
MOST_ROWS = 3  # of solids; a picture of more ways than these is none of solids


@dataclass(frozen=True, slots=True)
class Solid:
    """One tensor: the lower left corner of its front, its sizes in points, and what stands above and below it."""

    name: str
    x: float
    y: float
    thick: float
    high: float
    fill: str
    above: str
    below: tuple[str, str]
    boxes: frozenset[str]
    row: int
    column: int
    left: float
    """Where its column begins, which is as wide as its widest words."""

    @property
    def deep(self) -> float:
        return DEPTH * self.high

    @property
    def middle(self) -> float:
        return self.y - self.high / 2


@dataclass(frozen=True, slots=True)
class Scene:
    """All solids, the arrows between them (tail, head, whether it skips), and the words below."""

    solids: tuple[Solid, ...]
    arrows: tuple[tuple[Solid, Solid, bool], ...]
    words: str
    width: float
    height: float
    is_u: bool
    levels: Mapping[tuple[str, str], float] = field(default_factory=dict)
    """How high an arrow runs that runs over solids, by the names of its ends."""


def is_over(tail: Solid, head: Solid, skips: bool) -> bool:
    """Whether an arrow runs over solids: a skip, and what comes to another row not right beside its own."""
    return skips if tail.row == head.row else head.column != tail.column + 1


def passed(tail: Solid, head: Solid, scene: Scene) -> tuple[Solid, ...]:
    """What an arrow would run over, with its ends. Across the valley of a U that is what stands in the way: a line through it would seem to end in it."""
    found = tuple(one for one in scene.solids if one.row == tail.row and tail.column <= one.column <= head.column)
    if scene.is_u and abs(tail.y - head.y) < 1:
        return tuple(solid for solid in found if solid.y - solid.high - solid.deep - ROW < tail.middle)
    return found


def is_level(tail: Solid, head: Solid, scene: Scene) -> bool:
    """Whether a skip of a U is a straight line."""
    return scene.is_u and abs(tail.y - head.y) < 1 and len(passed(tail, head, scene)) == 2


def _levels(scene: Scene) -> dict[tuple[str, str], float]:
    """How high each arrow runs that runs over solids: apart from the others there, the shortest lowest."""
    found: dict[tuple[str, str], float] = {}
    columns = {solid.name: solid.column for solid in scene.solids}
    over = [(tail, head) for tail, head, skips in scene.arrows if is_over(tail, head, skips) and not is_level(tail, head, scene)]
    for tail, head in sorted(over, key=lambda way: way[1].column - way[0].column):
        level = min(solid.y - solid.high - solid.deep for solid in passed(tail, head, scene)) - LIFT
        others = [other for (one, two), other in found.items() if columns[one] < head.column and tail.column < columns[two]]
        while met := [other for other in others if abs(other - level) < APART - 0.01]:
            level = min(met) - APART
        found[tail.name, head.name] = level
    return found


def _lowered(scene: Scene) -> Scene:
    """The scene with its rows so far down that the arrows over each have room beneath the words of the row above."""
    levels = _levels(scene)
    by: list[float] = []
    for row in range(1 + max((solid.row for solid in scene.solids), default=-1)):
        over = [level for (tail, _), level in levels.items() if next(one.row for one in scene.solids if one.name == tail) == row]
        least = max((solid.y for solid in scene.solids if solid.row == row - 1), default=-2 * ROW) + 2 * ROW + APART
        by.append((by[-1] if by else 0.0) + max([0.0, *(least - level for level in over)]))
    lower = {solid.name: replace(solid, y=solid.y + by[solid.row]) for solid in scene.solids}
    arrows = tuple((lower[tail.name], lower[head.name], skips) for tail, head, skips in scene.arrows)
    made = replace(scene, solids=tuple(lower.values()), arrows=arrows, height=scene.height + (by[-1] if by else 0.0))
    return replace(made, levels=_levels(made))


def scene(graph: Graph, picture: Picture, look: Look) -> Scene:
    """Where everything stands."""
    fills = Writer(graph, picture, look).colors()
    is_u = bool(arms(picture).level)
    path = _main_path(picture)
    rows = [_runs(picture, way) for way in ([path] if is_u else _ways(picture, path))]
    columns = _columns(picture, rows)
    floors = _floors(rows, is_u)
    made_of = [[(run, _solid(graph, picture, path, run, fills)) for run in row] for row in rows]
    widths: dict[int, float] = {}
    for run, solid in chain(*made_of):
        column = columns[run[0].name]
        widths[column] = max(_wide(solid), widths.get(column, 0.0))
    lefts: dict[int, float] = {}
    x = MARGIN
    for column in sorted(widths):
        lefts[column] = x
        x += widths[column] + BETWEEN
    solids: list[Solid] = []
    for number, row in enumerate(made_of):
        for run, solid in row:
            column = columns[run[0].name]
            left = lefts[column] + (widths[column] - solid.thick - solid.deep) / 2
            y = floors[number, _extent(run[0])]
            solids.append(replace(solid, name=f"v{len(solids)}", x=left, y=y, row=number, column=column, left=lefts[column]))
    bottom = max((solid.y for solid in solids), default=0.0) + 3 * ROW
    drawn = {name for solid in solids for name in solid.boxes}
    words = _beside(graph, [box for box in picture.boxes() if box.name not in drawn and not _is_output(box)])
    across = max(x - BETWEEN + MARGIN, width(words, SMALL) + 2 * MARGIN)
    return _lowered(Scene(tuple(solids), _arrows(picture, solids), words, across, bottom + (2 * ROW if words else 0.0), is_u))


def _solid(graph: Graph, picture: Picture, path: Sequence[Box], run: Sequence[Box], fills: Mapping[str, str]) -> Solid:
    """The solid of a run, which stands nowhere yet."""
    below = (str(_channels(run[0])), _named(graph, picture, path, run))
    heaviest = max(run, key=lambda box: box.work.macs)
    names = frozenset(box.name for box in run)
    thick, high = _thick(_channels(run[0])), _high(_extent(run[0]))
    return Solid("", 0.0, 0.0, thick, high, fills[heaviest.name], _maps(run[0]), below, names, 0, 0, 0.0)


def _wide(solid: Solid) -> float:
    """What a solid and its words take."""
    return max(solid.thick + solid.deep, *(width(text, SMALL) for text in (solid.above, *solid.below)))


def _floors(rows: Sequence[Sequence[Sequence[Box]]], is_u: bool) -> dict[tuple[int, int], float]:
    """Where the solids of each row and each size stand: in a U one below the other, elsewhere about the middle of their row."""
    floors: dict[tuple[int, int], float] = {}
    floor = MARGIN + ROW
    room = 3 * ROW + BETWEEN
    for number, row in enumerate(rows):
        sizes = sorted({_extent(run[0]) for run in row}, reverse=True)
        if is_u:
            for size in sizes:
                floor += _high(size) * (1 + DEPTH) + room
                floors[number, size] = floor - room
            continue
        highest = max(map(_high, sizes), default=0.0)
        floor += highest * (1 + DEPTH)
        for size in sizes:
            floors[number, size] = floor - (highest - _high(size)) / 2
        floor += room + ROW
    return floors


def _ways(picture: Picture, path: Sequence[Box]) -> list[Sequence[Box]]:
    """The main path and, where few rows hold all that is beside it, the other ways, the longest first. In one row stand those that are not side by side."""
    lines = [line for line in picture.lines if not line.training_only and not line.size]
    rank = ranks(flow(lines, {box.name: box for box in picture.boxes()}))
    left = [box for box in picture.boxes() if box not in path and not box.training_only and not _is_output(box)]
    rows: list[list[Box]] = [list(path)]
    while left:
        way = _longest(left, [line for line in lines if {line.tail, line.head} <= {box.name for box in left}], rank)
        left = [box for box in left if box not in way]
        ends = rank[way[0].name], rank[way[-1].name]
        for row in rows[1:]:
            if all(not ends[0] <= rank[box.name] <= ends[1] for box in row):
                row.extend(way)
                row.sort(key=lambda box: rank[box.name])
                break
        else:
            rows.append(way)
    return list(rows) if len(rows) <= MOST_ROWS else [path]


def _main_path(picture: Picture) -> list[Box]:
    """The longest way, from an input to the last output."""
    boxes = [box for box in picture.boxes() if not box.training_only]
    lines = [line for line in picture.lines if not line.training_only]
    way = _longest(boxes, lines, ranks(flow(lines, {box.name: box for box in picture.boxes()})))
    return [box for box in way if not _is_output(box)]


def _longest(boxes: Sequence[Box], lines: Sequence[Line], rank: Mapping[str, int]) -> list[Box]:
    """The way through these boxes that ends at the one of the highest rank."""
    before: dict[str, list[str]] = {}
    for line in lines:
        if rank[line.tail] < rank[line.head]:
            before.setdefault(line.head, []).append(line.tail)
    named = {box.name: box for box in boxes}
    order = {name: place for place, name in enumerate(named)}
    at = max(named, key=lambda name: (rank[name], order[name]))
    path = [at]
    while at in before:
        at = max(before[at], key=lambda name: (rank[name], -order.get(name, 0)))
        path.append(at)
    return [named[name] for name in reversed(path)]


def _columns(picture: Picture, rows: Sequence[Sequence[Sequence[Box]]]) -> dict[str, int]:
    """The column of each run, by its first box: right of all that come to it."""
    holder = {box.name: run[0].name for row in rows for run in row for box in run}
    before: dict[str, set[str]] = {name: set() for name in holder.values()}
    for row in rows:
        for one, two in pairwise(row):
            before[two[0].name].add(one[0].name)
    for line in picture.lines:
        tail, head = holder.get(line.tail), holder.get(line.head)
        if tail is not None and head is not None and tail != head and not line.training_only:
            before[head].add(tail)
    found: dict[str, int] = {}
    for name in TopologicalSorter(before).static_order():
        found[name] = max((found[one] + 1 for one in before[name]), default=0)
    return found


def _runs(picture: Picture, way: Sequence[Box]) -> list[list[Box]]:
    """Boxes that follow each other and give tensors of one shape are one solid where all are one stage; elsewhere each that computes has its own.

    A pool is none with what follows it, nor is what something enters from beside with what stands before: the arrow would end at that.
    """
    entering: dict[str, set[str]] = {}
    for line in picture.lines:
        if not line.size:
            entering.setdefault(line.head, set()).add(line.tail)
    runs: list[list[Box]] = []
    for box in way:
        comes = entering.get(box.name, set())
        if runs and comes <= {before.name for before in runs[-1]} and runs[-1][-1].name in comes and _alike(runs[-1][-1], box):
            runs[-1].append(box)
        else:
            runs.append([box])
    return [part for run in runs for part in ([run] if _stage(picture, way, run) else _apart(run, entering))]


def _apart(run: Sequence[Box], entering: Mapping[str, set[str]]) -> list[list[Box]]:
    """A run, parted before each box that computes but for the first, and where something of an earlier part comes in again."""
    parts: list[list[Box]] = [[run[0]]]
    for box in run[1:]:
        begins = box.work.macs and (any(before.work.macs for before in parts[-1]) or len(entering.get(parts[-1][0].name, ())) > 1)
        if begins or not entering.get(box.name, set()) <= {before.name for before in parts[-1]}:
            parts.append([])
        parts[-1].append(box)
    return parts


def _alike(one: Box, other: Box) -> bool:
    def kind(box: Box) -> tuple[object, ...]:
        return box.output, box.is_port, box.main.operation.family == "pool"

    return kind(one) == kind(other)


def _is_output(box: Box) -> bool:
    return box.is_port and box.main.operation.name == "output"


def _maps(box: Box) -> str:
    """The sizes of a tensor without its channels."""
    at = _channel_axis(box)
    return TIMES.join(str(size) for place, size in enumerate(box.output) if place != at)


def _channel_axis(box: Box) -> int:
    node = box.nodes[-1]
    return node.axes.index("channels") if "channels" in node.axes else 0


def _channels(box: Box) -> int:
    return box.output[_channel_axis(box)] if box.output else 1


def _extent(box: Box) -> int:
    """The largest of a tensor's sizes but for its channels."""
    at = _channel_axis(box)
    return max((size for place, size in enumerate(box.output) if place != at), default=1)


def _high(size: int) -> float:
    return 10.0 + 9.0 * math.log2(size + 1)


def _thick(channels: int) -> float:
    return 2.0 + 3.2 * math.log2(channels + 1)


def _named(graph: Graph, picture: Picture, path: Sequence[Box], run: Sequence[Box]) -> str:
    """The stage that boxes are; else the one that computes, or the first."""
    frame = _stage(picture, path, run)
    return _text(frame) if frame is not None else headline(graph, next((box for box in run if box.work.macs), run[0]))


def _stage(picture: Picture, path: Sequence[Box], run: Sequence[Box]) -> Frame | None:
    """The frame whose boxes on the path are just these, where they are several."""
    names = {box.name for box in run}
    on_path = {box.name for box in path}
    for frame in picture.frames() if len(run) > 1 else ():
        held = {box.name for box in frame.boxes()}
        if names <= held and held & on_path <= names:
            return frame
    return None


def _text(frame: Frame) -> str:
    return "".join(words.text for words in (*title(frame.scope, shares=frame.shares), *owner_words(frame.shares)))


def _beside(graph: Graph, boxes: Sequence[Box]) -> str:
    names = [headline(graph, box) for box in boxes]
    if not names:
        return ""
    more = f" and {len(names) - MOST_NAMED} more" if len(names) > MOST_NAMED else ""
    return f"Beside the main path, without a solid: {'; '.join(names[:MOST_NAMED])}{more}"


def _arrows(picture: Picture, solids: Sequence[Solid]) -> tuple[tuple[Solid, Solid, bool], ...]:
    """Tail, head, and whether it skips what stands between them in their row."""
    holder = {name: place for place, solid in enumerate(solids) for name in solid.boxes}
    found = {(place, place + 1): False for place, (one, two) in enumerate(pairwise(solids)) if one.row == two.row == 0}
    for line in picture.lines:
        tail, head = holder.get(line.tail), holder.get(line.head)
        if tail is None or head is None or line.size or (tail, head) in found or solids[tail].column >= solids[head].column:
            continue
        found[tail, head] = head != tail + 1 and solids[tail].row == solids[head].row
    return tuple((solids[tail], solids[head], skips) for (tail, head), skips in found.items())
