"""Tensors as solids to scale, as the figures of AlexNet and of U-Net draw them: as high as a map is, as thick as it has channels.

Sizes are logarithmic, or a stem would hide all that follows. The solids stand along the main path, from left to right; in a U those of one
size stand at one height. What lies beside the path has no solid, and is named below the picture.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

from ...base.records import dataclass
from ..graph.graph import Graph
from .dot import Writer
from .edges import flow, ranks
from .font import width
from .labels import TIMES, box_rows, title
from .look import Look
from .picture import Box, Frame, Picture
from .style import POINTS
from .u_shape import arms

SMALL = POINTS["small"]
BETWEEN, MARGIN, ROW = 16.0, 10.0, 10.0  # points: between solids, around the picture, of a row of text
DEPTH = 0.28  # of the height, to the right and up
MOST_NAMED = 8


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


def scene(graph: Graph, picture: Picture, look: Look) -> Scene:
    """Where everything stands."""
    fills = Writer(graph, picture, look).colors()
    path = _main_path(picture)
    groups = _runs(picture, [box for box in path if not _is_output(box)])
    is_u = bool(arms(picture).level)
    sizes = sorted({_extent(run[0]) for run in groups}, reverse=True)
    room = 3 * ROW + BETWEEN
    floors: dict[int, float] = {}
    floor = MARGIN + ROW
    for size in sizes:
        floor += _high(size) * (1 + DEPTH) + room
        floors[size] = floor - room
    highest = max(map(_high, sizes), default=0.0)
    solids: list[Solid] = []
    x = MARGIN
    for run in groups:
        extent, channels = _extent(run[0]), _channels(run[0])
        high, thick = _high(extent), _thick(channels)
        above = _maps(run[0])
        below = (str(channels), _named(graph, picture, path, run))
        wide = max(thick + DEPTH * high, *(width(text, SMALL) for text in (above, *below)))
        y = floors[extent] if is_u else MARGIN + ROW + highest * (1 + DEPTH) - (highest - high) / 2
        left = x + (wide - thick - DEPTH * high) / 2
        heaviest = max(run, key=lambda box: box.work.macs)
        names = frozenset(box.name for box in run)
        solids.append(Solid(f"v{len(solids)}", left, y, thick, high, fills[heaviest.name], above, below, names))
        x += wide + BETWEEN
    bottom = max((solid.y for solid in solids), default=0.0) + 3 * ROW
    drawn = {name for solid in solids for name in solid.boxes}
    words = _beside(graph, [box for box in picture.boxes() if box.name not in drawn and not _is_output(box)])
    across = max(x - BETWEEN + MARGIN, width(words, SMALL) + 2 * MARGIN)
    return Scene(tuple(solids), _arrows(picture, solids), words, across, bottom + (2 * ROW if words else 0.0), is_u)


def _main_path(picture: Picture) -> list[Box]:
    """The longest way, from an input to the last output."""
    boxes = {box.name: box for box in picture.boxes()}
    lines = [line for line in picture.lines if not line.training_only]
    rank = ranks(flow(lines, boxes))
    before: dict[str, list[str]] = {}
    for line in lines:
        if rank[line.tail] < rank[line.head]:
            before.setdefault(line.head, []).append(line.tail)
    order = {name: place for place, name in enumerate(boxes)}
    ends = [name for name, box in boxes.items() if not box.training_only]
    at = max(ends, key=lambda name: (rank[name], order[name]))
    path = [at]
    while at in before:
        at = max(before[at], key=lambda name: (rank[name], -order[name]))
        path.append(at)
    return [boxes[name] for name in reversed(path)]


def _runs(picture: Picture, path: Sequence[Box]) -> list[list[Box]]:
    """Boxes that follow each other and give tensors of one shape are one solid: but a pool is none with what follows it, nor is what a skip enters with what it skips."""
    entering: dict[str, set[str]] = {}
    for line in picture.lines:
        if not line.size:
            entering.setdefault(line.head, set()).add(line.tail)
    runs: list[list[Box]] = []
    drawn: set[str] = set()  # by the runs before the last
    for box in path:
        if runs and _alike(runs[-1][-1], box) and not entering.get(box.name, set()) & drawn:
            runs[-1].append(box)
            continue
        drawn |= {before.name for before in runs[-1]} if runs else set()
        runs.append([box])
    return runs


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
    """The stage that boxes are, where it has no others on the path; else the first of those that compute most, and how many others there are."""
    for frame in picture.frames():
        held = {box.name for box in frame.boxes()}
        names = {box.name for box in run}
        if len(run) > 1 and names <= held and held & {box.name for box in path} <= names:
            return _text(frame)
    most = max(box.work.macs for box in run)
    named = next(box for box in run if 2 * box.work.macs >= most)
    said = "".join(words.text for words in box_rows(graph, named)[0])
    more = sum(box.count for box in run if box is not named)
    return said + (f" + {more}" if more else "")


def _text(frame: Frame) -> str:
    return "".join(words.text for words in title(frame.scope))


def _beside(graph: Graph, boxes: Sequence[Box]) -> str:
    names = ["".join(words.text for words in box_rows(graph, box)[0]) for box in boxes]
    if not names:
        return ""
    more = f" and {len(names) - MOST_NAMED} more" if len(names) > MOST_NAMED else ""
    return f"Beside the main path, without a solid: {'; '.join(names[:MOST_NAMED])}{more}"


def _arrows(picture: Picture, solids: Sequence[Solid]) -> tuple[tuple[Solid, Solid, bool], ...]:
    holder = {name: place for place, solid in enumerate(solids) for name in solid.boxes}
    found = {(place, place + 1): False for place in range(len(solids) - 1)}
    for line in picture.lines:
        tail, head = holder.get(line.tail), holder.get(line.head)
        if tail is not None and head is not None and head > tail + 1 and not line.size:
            found[tail, head] = True
    return tuple((solids[tail], solids[head], skips) for (tail, head), skips in found.items())
