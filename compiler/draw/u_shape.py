"""Networks that go down and come up again: where skips nest over ever smaller maps, the picture is folded at its deepest point.

It then is a U.
A skip from the way down ends at the same height on the way up. Everything after the deepest box stands in the second
arm, and its lines run against the layout's direction.
"""

from __future__ import annotations

from collections.abc import Collection

from ...base.records import dataclass
from ..ops.base import product
from .edges import flow, is_read, ranks
from .picture import Box, Line, Picture

LEAST_SKIPS = 2


@dataclass(frozen=True, slots=True)
class Arms:
    """`level` are pairs of boxes that stand side by side, from the outermost skip to the innermost; `rising` the second arm, `deepest` the box between."""

    level: tuple[tuple[str, str], ...] = ()
    rising: frozenset[str] = frozenset()
    deepest: str = ""

    def column(self, name: str) -> str:
        """The column that a box is kept in, so that the arms are straight."""
        return "" if name == self.deepest else "up" if name in self.rising else "down"

    def rises(self, line: Line) -> bool:
        """Whether a line is on the way up: it runs against the direction of the layout."""
        return line.head in self.rising and not self.crosses(line)

    def crosses(self, line: Line) -> bool:
        """Whether a line leads from the way down across to the way up."""
        return bool(self.level) and line.skip and line.head in self.rising and line.tail not in self.rising


STRAIGHT = Arms()


def arms(picture: Picture) -> Arms:
    """The two arms of a network whose long skips nest; `STRAIGHT` for all others."""
    import networkx

    if picture.entries:  # the inside of a box: a page shows it between what comes in above and what goes out below
        return STRAIGHT
    boxes = {box.name: box for box in picture.boxes()}
    graph = flow(picture.lines, boxes)
    rank = ranks(graph)
    nested: list[tuple[str, str]] = []
    # A vector that goes to every level, as the time in a diffusion network, is brought back from no level.
    # Nor is a map that only tells a resizing how large it is to be.
    users = {node.index: node for box in boxes.values() for node in box.nodes}
    maps = (
        line
        for line in picture.lines
        if line.skip and len(boxes[line.tail].output) > 1 and any(is_read(users, edge) for edge in line.edges)
    )
    for line in sorted(maps, key=lambda line: (rank[line.tail], -rank[line.head])):
        if not nested or _within(boxes, rank, line, *nested[-1]):
            nested.append((line.tail, line.head))
    if len(nested) < LEAST_SKIPS:
        return STRAIGHT
    tail, head = nested[-1]
    between = {tail} | {name for name in networkx.descendants(graph, tail) if head in networkx.descendants(graph, name)}
    deepest = _deepest(boxes, rank, between)
    rising = networkx.descendants(graph, deepest)
    if (
        any(tail in rising or head not in rising for tail, head in nested)
        or _goes_on(picture, nested[0], rising)
        or _answers_below(picture, rising)
        or _forks_in_frames(picture)
    ):
        return STRAIGHT
    return Arms(tuple(nested), frozenset(rising), deepest)


def _goes_on(picture: Picture, outermost: tuple[str, str], rising: Collection[str]) -> bool:
    """Whether the U is a part of the network, a backbone say, that the rest follows: that would climb beside it, and through its frames."""
    inside = [names for frame in picture.frames() if (names := {box.name for box in frame.boxes()}).issuperset(outermost)]
    whole = min(inside, key=len, default=None)
    return whole is not None and any(box.name in rising and box.name not in whole and not box.is_port for box in picture.boxes())


def _answers_below(picture: Picture, rising: Collection[str]) -> bool:
    """Whether an output is told before the way up: then there are more ways up than one, side by side, as in a nested U-Net."""
    ends = {line.tail for line in picture.lines}
    return any(box.is_port and box.name not in ends and box.name not in rising for box in picture.boxes())


def _forks_in_frames(picture: Picture) -> bool:
    """Whether a block that is open has branches: arms hold each box at its height, beside which a branch has no room."""
    for frame in picture.frames():
        inside = {box.name for box in frame.boxes()}
        if frame.scope.kind == "block" and len({line.tail for line in picture.lines if line.tail in inside}) < sum(
            line.tail in inside and line.head in inside for line in picture.lines
        ):
            return True
    return False


def _within(boxes: dict[str, Box], rank: dict[str, int], line: Line, tail: str, head: str) -> bool:
    """Whether a skip stands inside the one from `tail` to `head`, and brings back a smaller map."""
    inside = rank[line.tail] > rank[tail] and rank[line.head] < rank[head]
    return inside and _extent(boxes[line.tail]) < _extent(boxes[tail])


def _extent(box: Box) -> int:
    return product(box.output[1:])


def _deepest(boxes: dict[str, Box], rank: dict[str, int], between: Collection[str]) -> str:
    """The last of the smallest maps between the ends of the innermost skip; the skip's own tail where nothing lies there."""
    order = {name: place for place, name in enumerate(boxes)}  # `between` has none, and two may stand side by side
    return min(between, key=lambda name: (_extent(boxes[name]), -rank[name], -order[name]))
