"""Lines of many tensors onto one box: every arrow comes in at a place of its own, in the order of the lines."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Collection, Sequence
from dataclasses import replace
from itertools import pairwise

from .beside_lines import Piece, curve, through
from .graphviz_json import Geometry, Place, Point, Way
from .picture import Picture
from .route import ARROW, spline

MANY = 3  # tensors
DOWN = 3  # ranks that their lines come down on a box
LANE = 5.0  # points between lines that run beside each other
STEEP = 30.0  # points that a line comes down at least, so that its arrow is seen to enter from above


def gathering(picture: Picture) -> frozenset[str]:
    """The boxes that take many tensors: their weights are applied to each, or another box takes the same ones."""
    tails: dict[str, list[str]] = defaultdict(list)
    for line in picture.lines:
        tails[line.head].append(line.tail)
    alike = Counter(frozenset(found) for head, found in tails.items())
    return frozenset(
        box.name
        for box in picture.boxes()
        if len(tails[box.name]) >= MANY and (box.is_applied or (not box.is_merge and alike[frozenset(tails[box.name])] > 1))
    )


def ranks_onto(heads: Collection[str], picture: Picture, joined: Collection[int]) -> dict[int, int]:
    """Ranks that the lines of many tensors reach down onto the boxes that take them. Those that part at no joint turn into lanes, below their words."""
    return {number: DOWN if number in joined else DOWN + 1 for number, line in enumerate(picture.lines) if line.head in heads}


def fanned(
    pieces: Sequence[Piece], heads: Collection[str], curves: dict[str, list[Point]], geometry: Geometry, walls: Sequence[Place]
) -> list[Piece]:
    """The pieces, those onto each head spread over its upper edge where all come from joints above and nothing stands between."""
    made = list(pieces)
    apart: list[str] = []
    for head in sorted(heads):
        place = geometry.places[head]
        rows = [at for at, piece in enumerate(made) if piece.ends[1] == head]
        starts = {at: made[at].way.points[0] for at in rows}
        if not any(made[at].ends[0] in geometry.common for at in rows):
            apart.append(head)
            continue
        axis = next((axis for axis in (1, 0) if all((place.x, place.y)[axis] - start[axis] >= STEEP for start in starts.values())), None)
        if axis is None or any(made[at].ends[0] not in geometry.common for at in rows):
            continue
        order = sorted(rows, key=lambda at: (starts[at][1 - axis], starts[at]))
        step = (place.width, place.height)[1 - axis] / (len(rows) + 1)
        tips = {
            at: (place.x + step * number, place.y) if axis else (place.x, place.y + step * number) for number, at in enumerate(order, 1)
        }
        ways = {at: _down(starts[at], tips[at], axis) for at in order}
        lines = {at: curve(points) for at, points in ways.items()}
        if any(through(line, wall, 1) for line in lines.values() for wall in walls if wall != place):
            continue
        for at, points in ways.items():
            made[at] = replace(made[at], way=Way(points, made[at].way.label))
            curves[made[at].name] = lines[at]
    return _in_lanes(made, apart, curves, geometry, walls) if apart else made


def _in_lanes(
    made: list[Piece], heads: Collection[str], curves: dict[str, list[Point]], geometry: Geometry, walls: Sequence[Place]
) -> list[Piece]:
    """Lines from boxes far apart: above the heads each turns into a lane of its own, those of one head so that none crosses another."""
    places = {head: geometry.places[head] for head in heads}
    rows = [at for at, piece in enumerate(made) if piece.ends[1] in places]
    level = min(place.y for place in places.values()) - LANE * (len(rows) + 2)
    cuts = {at: cut for at in rows if (cut := _above(made[at].way.points, level)) is not None}
    if len(cuts) < len(rows):
        return made
    across = {at: cut[-1][0] for at, cut in cuts.items()}
    tips: dict[int, Point] = {}
    for head, place in places.items():
        order = sorted((at for at in rows if made[at].ends[1] == head), key=across.__getitem__)
        tips |= {at: (place.x + place.width / (len(order) + 1) * number, place.y) for number, at in enumerate(order, 1)}
    left = sorted((at for at in rows if tips[at][0] < across[at]), key=across.__getitem__)
    right = sorted((at for at in rows if tips[at][0] >= across[at]), key=lambda at: -across[at])
    ways: dict[int, tuple[Point, ...]] = {}
    for number, at in enumerate([*left, *right], 1):
        x, lane = across[at], level + LANE * number
        corners = [(x, level), (x, lane), (tips[at][0], lane), tips[at]]
        if abs(tips[at][0] - x) < 2 * LANE:
            corners = [(x, level), tips[at]]
        ways[at] = (*cuts[at][:-1], *spline(corners, arrow=True))
    lines = {at: curve(points) for at, points in ways.items()}
    ends = {at: {geometry.places[name] for name in made[at].ends} for at in rows}
    if any(through(lines[at], wall, 1) for at in rows for wall in walls if wall not in ends[at]):
        return made
    for at, points in ways.items():
        made[at] = replace(made[at], way=Way(points, made[at].way.label))
        curves[made[at].name] = lines[at]
    return made


def _above(points: Sequence[Point], level: float) -> tuple[Point, ...] | None:
    """The beginning of a spline, to where it comes down to a level for the last time; None where it begins below."""
    knots = points[: len(points) - (len(points) % 3 == 2)]
    for at in range(len(knots) - 4, -1, -3):
        piece = knots[at : at + 4]
        if piece[0][1] <= level <= piece[3][1]:
            low, high = 0.0, 1.0
            for _ in range(30):
                middle = (low + high) / 2
                low, high = (middle, high) if _split(piece, middle)[-1][1] < level else (low, middle)
            x = _split(piece, high)[-1][0]
            return (*knots[: at + 1], *_split(piece, high)[1:3], (round(x, 1), level))
    return None


def _split(piece: Sequence[Point], share: float) -> list[Point]:
    """The first part of a piece of a spline."""
    rows = [list(piece)]
    while len(rows[-1]) > 1:
        rows.append([(one[0] + (two[0] - one[0]) * share, one[1] + (two[1] - one[1]) * share) for one, two in pairwise(rows[-1])])
    return [(round(row[0][0], 1), round(row[0][1], 1)) for row in rows]


def _down(start: Point, tip: Point, axis: int) -> tuple[Point, ...]:
    """A curve that leaves along the flow and comes in along it: downwards where its axis is 1, to the right where it is 0."""

    def on(point: Point, by: float) -> Point:
        return (point[0], point[1] + by) if axis else (point[0] + by, point[1])

    end = on(tip, -ARROW)
    half = (end[axis] - start[axis]) / 2
    points = (start, on(start, half), on(end, -half), end, tip)
    return tuple((round(x, 1), round(y, 1)) for x, y in points)
