"""Tensors as solids to scale, as the figures of AlexNet and of U-Net draw them: as high as a map is, as thick as it has channels.

Sizes are logarithmic, or a stem would hide all that follows. The solids stand along the main path, from left to right; in a U those of one
size stand at one height. A few other ways of length, as a second tower or a second stream, have rows of their own below. Where there are more, what lies
beside the path has no solid, and is named below the picture.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import replace
from graphlib import TopologicalSorter
from itertools import chain, pairwise

from ...base.records import dataclass
from ..graph.graph import Graph
from .dot import Writer
from .edges import flow, ranks
from .font import width
from .labels import TIMES, headline, title
from .look import Look
from .picture import Box, Frame, Line, Picture
from .style import POINTS
from .u_shape import arms

SMALL = POINTS["small"]
BETWEEN, MARGIN, ROW = 16.0, 10.0, 10.0  # points: between solids, around the picture, of a row of text
DEPTH = 0.28  # of the height, to the right and up
APART = 5.0  # points between skips that run over the same solids
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

    def lift(self, tail: Solid, head: Solid) -> int:
        """How many skips that end on the way run below this one: those of one row and, in a U, of one size; the shortest runs lowest."""
        lifts: dict[tuple[str, str], int] = {}
        skips = [(one, two) for one, two, skips in self.arrows if skips and one.row == tail.row and (not self.is_u or one.y == tail.y)]
        for one, two in sorted(skips, key=lambda way: way[1].column - way[0].column):
            below = {lift for (a, b), lift in lifts.items() if self._column(a) < two.column and one.column < self._column(b)}
            lifts[one.name, two.name] = next(number for number in range(len(skips)) if number not in below)
        return lifts.get((tail.name, head.name), 0)

    def _column(self, name: str) -> int:
        return next(solid.column for solid in self.solids if solid.name == name)


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
    made = Scene(tuple(solids), _arrows(picture, solids), words, across, bottom + (2 * ROW if words else 0.0), is_u)
    up = APART * max((made.lift(tail, head) for tail, head, skips in made.arrows if skips), default=0)
    if not up:
        return made
    lower = [replace(solid, y=solid.y + up) for solid in solids]
    return replace(made, solids=tuple(lower), arrows=_arrows(picture, lower), height=made.height + up)


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

    A pool is none with what follows it, nor is what a skip enters with what it skips, nor what a way enters that began within.
    """
    entering: dict[str, set[str]] = {}
    for line in picture.lines:
        if not line.size:
            entering.setdefault(line.head, set()).add(line.tail)
    runs: list[list[Box]] = []
    drawn: set[str] = set()  # by the runs before the last
    for box in way:
        comes = entering.get(box.name, set())
        follows = bool(runs) and runs[-1][-1].name in comes and _alike(runs[-1][-1], box)
        if follows and not comes & drawn and not _returns(entering, comes, {before.name for before in runs[-1]}):
            runs[-1].append(box)
            continue
        drawn |= {before.name for before in runs[-1]} if runs else set()
        runs.append([box])
    return [part for run in runs for part in ([run] if _stage(picture, way, run) else _apart(run))]


def _returns(entering: Mapping[str, set[str]], comes: set[str], run: set[str]) -> bool:
    """Whether something that comes from beside a run began within it."""
    pending, seen = list(comes - run), set[str]()
    while pending:
        name = pending.pop()
        if name in run:
            return True
        pending += entering.get(name, set()) - seen
        seen.add(name)
    return False


def _apart(run: Sequence[Box]) -> list[list[Box]]:
    """A run, parted before each box that computes but for the first."""
    parts: list[list[Box]] = [[]]
    for box in run:
        if box.work.macs and any(before.work.macs for before in parts[-1]):
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
    return "".join(words.text for words in title(frame.scope))


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
