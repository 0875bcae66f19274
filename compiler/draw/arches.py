"""Lines that Graphviz bent at will: skips in an S around the words of another line, lines from a port with a hook before their arrow.

The first are arches beside their column instead, the others lead out and down onto the middle of their box, where that is free.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import replace
from itertools import pairwise

from .beside_lines import Piece, curve, dense, meetings, near, other_words, through
from .graphviz_json import Geometry, Place, Point, Way
from .route import ARROW, spline

SNAKES = math.radians(35)  # how far a line turns one way, and the other as well, before it is an S
ASIDE = 14.0  # points between an arch and what stands beside it
WIDEST = 120.0  # points: what reaches farther from its column is no arch
BESIDE = 4.0  # points between two lines that run side by side
POINT = 8.0  # points: what is smaller is where a line begins, and no box
HOOK = 20.0  # points before the tip of an arrow in which a line is led straight
FLAT = 6.0  # points between a port and the arrow of what it leads to, at least
SHORT = 12.0  # points of an arch that is too flat to be seen as one


def arched(piece: Piece, curves: dict[str, list[Point]], geometry: Geometry, walls: Sequence[Place], pieces: Sequence[Piece]) -> Piece:
    """The piece, or a better way for it; `curves` is told of it. `walls` are boxes and headings."""
    if not piece.skip or piece.way.label is not None or set(piece.ends) & geometry.common.keys() or not _snakes(curves[piece.name]):
        return piece
    tail, head = (geometry.places[name] for name in piece.ends)
    # Of pictures that lead across, all is seen with its axes changed for each other.
    across = min(tail.y + tail.height, head.y + head.height) > max(tail.y, head.y)
    turn: Callable[[Place], Place] = _turned if across else lambda place: place
    one, two = turn(tail), turn(head)
    line = [(y, x) if across else (x, y) for x, y in curves[piece.name]]
    around = (*walls, *other_words(piece, pieces))
    low, high = sorted((one.y + one.height / 2, two.y + two.height / 2))
    if high - low < (one.height + two.height) / 2 + SHORT:
        return piece
    middle = (one.x + one.width / 2 + two.x + two.width / 2) / 2
    side = 1.0 if sum(x for x, _ in line) / len(line) > middle else -1.0
    farthest = max(side * x for x, _ in line)
    edges = [_edge(turn(place), side) for place in around if turn(place).y < high and turn(place).y + turn(place).height > low]
    least = max(_edge(one, side), _edge(two, side)) + ASIDE
    for far in sorted({edge + ASIDE for edge in edges if least < edge + ASIDE} | {least}):
        if far > min(farthest + ASIDE, least + WIDEST):
            break
        x = side * far
        corners = [(side * _edge(one, side), one.y + one.height / 2), (x, one.y + one.height / 2)]
        corners += [(x, two.y + two.height / 2), (side * _edge(two, side), two.y + two.height / 2)]
        points = spline([(y, x) for x, y in corners] if across else corners, arrow=True)
        found = curve(points)
        if any(through(found, place, 1) for place in near(found, around) if place not in (tail, head)):
            continue
        others = [other for name, other in curves.items() if name != piece.name]
        if _met(found, others) <= _met(curves[piece.name], others) and not _runs_with(found, others):
            curves[piece.name] = found
            return replace(piece, way=Way(points, None))
    return piece


def unhooked(piece: Piece, curves: dict[str, list[Point]], geometry: Geometry, walls: Sequence[Place], pieces: Sequence[Piece]) -> Piece:
    """A line from a port, or from where a block is entered, without its hook. `walls` are boxes and headings."""
    start, end = piece.ends
    is_point = start in geometry.common or geometry.places[start].width < POINT
    if not is_point or end in geometry.common or piece.way.label is not None or not _hooks(curves[piece.name]):
        return piece
    (x0, y0), head = piece.way.points[0], geometry.places[end]
    x1, y1 = head.x + head.width / 2, head.y - ARROW
    if y1 - y0 < FLAT:
        return piece
    knots = [(x0, y0), (x0 + (x1 - x0) * 0.75, y0), (x1, y0), (x1, y1)]
    points = (*((round(x, 1), round(y, 1)) for x, y in knots), (round(x1, 1), head.y))
    found = curve(points)
    around = (*walls, *other_words(piece, pieces))
    if any(through(found, place, 1) for place in near(found, around) if place != head):
        return piece
    others = [other for name, other in curves.items() if name != piece.name]
    if _met(found, others) > _met(curves[piece.name], others):
        return piece
    curves[piece.name] = found
    return replace(piece, way=Way(points, None))


def _hooks(points: Sequence[Point]) -> bool:
    """Whether a curve turns sharply just before its end."""
    last = [point for point in points if math.dist(point, points[-1]) < HOOK]
    headings = [math.atan2(y1 - y0, x1 - x0) for (x0, y0), (x1, y1) in pairwise(last) if math.hypot(x1 - x0, y1 - y0) > 0.2]
    return sum(abs(math.remainder(two - one, math.tau)) for one, two in pairwise(headings)) > math.radians(40)


def _snakes(points: Sequence[Point]) -> bool:
    """Whether a curve turns to one side and to the other."""
    headings = [math.atan2(y1 - y0, x1 - x0) for (x0, y0), (x1, y1) in pairwise(points) if math.hypot(x1 - x0, y1 - y0) > 0.3]
    turns = [math.remainder(two - one, math.tau) for one, two in pairwise(headings)]
    return min(sum(turn for turn in turns if turn > 0), -sum(turn for turn in turns if turn < 0)) > SNAKES


def _met(points: Sequence[Point], others: Sequence[Sequence[Point]]) -> int:
    return sum(meetings(points, other) for other in others)


def _runs_with(points: Sequence[Point], others: Sequence[Sequence[Point]]) -> bool:
    """Whether a curve would lie beside another, or on it, for a stretch: nobody could tell which is which."""
    own = list(dense(points))
    return any(sum(any(math.dist(one, two) < BESIDE for two in own) for one in dense(other)) > 3 for other in others)


def _turned(place: Place) -> Place:
    return Place(place.y, place.x, place.height, place.width)


def _edge(place: Place, side: float) -> float:
    """How far a place reaches to a side."""
    return place.x + place.width if side > 0 else -place.x
