"""Lines of many tensors onto one box whose weights are applied to each: every arrow comes down at a place of its own, in the order of the lines."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Sequence
from dataclasses import replace

from .beside_lines import Piece, curve, through
from .graphviz_json import Geometry, Place, Point, Way
from .picture import Picture
from .route import ARROW

MANY = 3  # tensors that weights are applied to
STEEP = 30.0  # points that a line comes down at least, so that its arrow is seen to enter from above


def gathering(picture: Picture) -> frozenset[str]:
    """The boxes whose weights are applied to many tensors."""
    many = Counter(line.head for line in picture.lines)
    return frozenset(box.name for box in picture.boxes() if box.is_applied and many[box.name] >= MANY)


def fanned(
    pieces: Sequence[Piece], heads: Collection[str], curves: dict[str, list[Point]], geometry: Geometry, walls: Sequence[Place]
) -> list[Piece]:
    """The pieces, those onto each head spread over its upper edge where all come from joints above and nothing stands between."""
    made = list(pieces)
    for head in sorted(heads):
        place = geometry.places[head]
        rows = [at for at, piece in enumerate(made) if piece.ends[1] == head]
        starts = {at: made[at].way.points[0] for at in rows}
        if any(made[at].ends[0] not in geometry.common or place.y - starts[at][1] < STEEP for at in rows):
            continue
        step = place.width / (len(rows) + 1)
        ways = {
            at: _down(starts[at], (place.x + step * number, place.y)) for number, at in enumerate(sorted(rows, key=starts.__getitem__), 1)
        }
        lines = {at: curve(points) for at, points in ways.items()}
        if any(through(line, wall, 1) for line in lines.values() for wall in walls if wall != place):
            continue
        for at, points in ways.items():
            made[at] = replace(made[at], way=Way(points, made[at].way.label))
            curves[made[at].name] = lines[at]
    return made


def _down(start: Point, tip: Point) -> tuple[Point, ...]:
    """A curve that leaves downwards and comes in from above."""
    end = (tip[0], tip[1] - ARROW)
    half = (end[1] - start[1]) / 2
    points = (start, (start[0], start[1] + half), (end[0], end[1] - half), end, tip)
    return tuple((round(x, 1), round(y, 1)) for x, y in points)
