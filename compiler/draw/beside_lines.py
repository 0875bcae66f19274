"""The words beside lines: where they stand, and where else, if a line runs through them.

Graphviz keeps room for the words of a line, and leads others through it.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from itertools import pairwise

from ...base.records import dataclass
from .font import width
from .graphviz_json import Place, Point, Way
from .labels import TIMES, shape_text
from .picture import Line
from .style import POINTS

WORD = 8.0  # points: how high the words beside a line are
OFF = 2.5  # points between a line and its words
APART = 3.5  # points between words and the lines of others, where there is room
NEAR = (1.2, 2.0, 3.0)  # points that words are from a line, at most: at the first they touch it
SHARES = tuple(number / 40 for number in range(3, 38))  # places on a line that are tried
SAMPLES = 12  # points that are looked at on a piece of a spline


@dataclass(frozen=True, slots=True)
class Piece:
    """A line, or the common part of several: where it begins and ends, and what it is led as. `ends` are boxes or ports."""

    name: str
    ends: tuple[str, str]
    way: Way
    head: str
    """The box that it leads to, or that the first of its lines does: this says which frames it belongs to."""
    skip: bool
    line: Line


def aside(
    pieces: Sequence[Piece], curves: Mapping[str, Sequence[Point]], walls: Sequence[Place], frames: Sequence[Place] = ()
) -> list[Piece]:
    """The pieces, the words that a line or the edge of a frame runs through, or that seem another line's, at the nearest place beside their own
    line where none does and nothing else stands."""
    made = list(pieces)
    edges = [edge for frame in frames for edge in edges_of(frame)]
    around = {name: (_around(points), points) for name, points in curves.items()}
    drawn = list(around.values())
    places = {piece.name: place for piece in pieces if (place := label_place(piece.line, piece.way)) is not None}
    for number, piece in enumerate(made):
        place = places.get(piece.name)
        if place is None:
            continue
        is_struck = _is_met(place, drawn, 0.5) or any(overlap(place, edge) for edge in edges)
        if not is_struck and not _is_of_another(place, around[piece.name], drawn):
            continue
        foreign = [one for name, one in around.items() if name != piece.name]
        others = [*walls, *edges, *(other for name, other in places.items() if name != piece.name)]
        free = [
            one
            for one in _beside(curves[piece.name], place)
            if not any(overlap(one, other) for other in others) and not _is_met(one, drawn, -0.5)
        ]
        apart = (one for one in free if not _is_met(one, foreign, -APART))
        if (found := next(apart, free[0] if free and is_struck else None)) is not None:
            places[piece.name] = found
            label = (round(found.x + found.width / 2, 1), round(found.y + WORD / 2, 1))
            made[number] = replace(piece, way=Way(piece.way.points, label))
    return made


def _is_of_another(place: Place, own: tuple[Place, Sequence[Point]], drawn: Sequence[tuple[Place, Sequence[Point]]]) -> bool:
    """Whether words stand nearer to another line than to their own, or touch one."""
    close = [one for one in drawn if one is not own and _is_met(place, (one,), -NEAR[-1])]
    return any(_is_met(place, close, -off) and (off == NEAR[0] or not _is_met(place, (own,), -off)) for off in NEAR)


def _beside(points: Sequence[Point], place: Place) -> list[Place]:
    """Places at both sides of a line, those near the one that is left first."""
    found: list[Place] = []
    for share in SHARES:
        at = max(1, min(round(share * (len(points) - 1)), len(points) - 1))
        (x0, y0), (x1, y1) = points[at - 1], points[at]
        long = math.hypot(x1 - x0, y1 - y0)
        if not long:
            continue
        across, down = (y1 - y0) / long, (x0 - x1) / long
        off = place.width / 2 * abs(across) + WORD / 2 * abs(down) + OFF
        for side in (1, -1) if across >= 0 else (-1, 1):
            x, y = (x0 + x1) / 2 + side * across * off, (y0 + y1) / 2 + side * down * off
            found.append(Place(x - place.width / 2, y - WORD / 2, place.width, WORD))
    return sorted(found, key=lambda one: round(math.hypot(one.x - place.x, one.y - place.y), 3))


def edges_of(frame: Place) -> tuple[Place, ...]:
    """The four edges of a frame, as wide as their line."""
    x, y, right, bottom = frame.x - 0.5, frame.y - 0.5, frame.x + frame.width - 0.5, frame.y + frame.height - 0.5
    return Place(x, y, frame.width, 1), Place(x, bottom, frame.width, 1), Place(x, y, 1, frame.height), Place(right, y, 1, frame.height)


def _around(points: Sequence[Point]) -> Place:
    (x, right), (y, bottom) = ((min(row), max(row)) for row in zip(*points, strict=True))
    return Place(x, y, right - x, bottom - y)


def near(points: Sequence[Point], places: Iterable[Place], margin: float = 0.0) -> Iterator[Place]:
    """Those of some places that a line may run through, or come so close to: to ask that of each piece of it takes longer than all else."""
    around = _around(points)
    left, top, right, bottom = around.x - margin, around.y - margin, around.x + around.width + margin, around.y + around.height + margin
    return (one for one in places if one.x < right and one.x + one.width > left and one.y < bottom and one.y + one.height > top)


def _is_met(place: Place, drawn: Sequence[tuple[Place, Sequence[Point]]], margin: float) -> bool:
    """Whether one of these lines runs through a place."""
    return any(
        around.x + margin <= place.x + place.width and place.x + margin <= around.x + around.width
        and around.y + margin <= place.y + place.height and place.y + margin <= around.y + around.height
        and through(list(dense(points)), place, margin)
        for around, points in drawn
    )  # fmt: skip


def dense(points: Sequence[Point]) -> Iterator[Point]:
    """Points so close to each other that none jumps over a word."""
    for (x0, y0), (x1, y1) in pairwise(points):
        steps = max(1, math.ceil(math.hypot(x1 - x0, y1 - y0) / (WORD / 2)))
        yield from ((x0 + (x1 - x0) * step / steps, y0 + (y1 - y0) * step / steps) for step in range(steps))
    yield points[-1]


def label_place(line: Line, way: Way) -> Place | None:
    """Where the words beside a line stand."""
    words = f"{TIMES}{line.count}" if line.count > 1 else shape_text(line.shape) if line.shape is not None else ""
    if not words or way.label is None:
        return None
    wide = width(words, POINTS["edge"])
    return Place(way.label[0] - wide / 2, way.label[1] - WORD / 2, wide, WORD)


def other_words(piece: Piece, pieces: Iterable[Piece]) -> list[Place]:
    """Where the words beside all other lines stand."""
    return [place for other in pieces if other.name != piece.name and (place := label_place(other.line, other.way)) is not None]


def curve(way: Sequence[Point]) -> list[Point]:
    """Points on a spline, from its beginning to its end."""
    knots = list(way[: len(way) - (len(way) % 3 == 2)])
    found = [_on(knots[at : at + 4], step / SAMPLES) for at in range(0, len(knots) - 3, 3) for step in range(SAMPLES + 1)]
    return [*found, way[-1]]


def _on(knots: Sequence[Point], t: float) -> Point:
    weights = ((1 - t) ** 3, 3 * t * (1 - t) ** 2, 3 * t * t * (1 - t), t**3)
    return sum(w * x for w, (x, _) in zip(weights, knots, strict=True)), sum(w * y for w, (_, y) in zip(weights, knots, strict=True))


def meetings(one: Sequence[Point], two: Sequence[Point]) -> int:
    """How many times two curves cross."""
    if not overlap(bounds_of(one), bounds_of(two)):
        return 0
    return sum(_cross(*piece, *other) for piece in pairwise(one) for other in pairwise(two))


def bounds_of(points: Sequence[Point]) -> Place:
    """The place that a line takes, with some width also where it is straight."""
    place = _around(points)
    return Place(place.x - 0.5, place.y - 0.5, place.width + 1, place.height + 1)


def _cross(a: Point, b: Point, c: Point, d: Point) -> bool:
    """Whether two straight pieces do."""
    if max(a[1], b[1]) < min(c[1], d[1]) or max(c[1], d[1]) < min(a[1], b[1]):
        return False
    return _side(a, b, c) * _side(a, b, d) < 0 and _side(c, d, a) * _side(c, d, b) < 0


def _side(a: Point, b: Point, c: Point) -> float:
    return (b[0] - a[0]) * (c[1] - a[1]) - (b[1] - a[1]) * (c[0] - a[0])


def within(place: Place, point: Point, margin: float) -> bool:
    x, y = point
    return place.x + margin < x < place.x + place.width - margin and place.y + margin < y < place.y + place.height - margin


def through(points: Sequence[Point], place: Place, margin: float) -> bool:
    """Whether the pieces between these points, which may be long, run through a rectangle less a margin."""
    left, right = place.x + margin, place.x + place.width - margin
    top, bottom = place.y + margin, place.y + place.height - margin
    if left >= right or top >= bottom:
        return False
    return any(_cuts(one, two, left, right, top, bottom) for one, two in pairwise(points))


def _cuts(one: Point, two: Point, left: float, right: float, top: float, bottom: float) -> bool:
    (x0, y0), (x1, y1) = one, two
    if max(x0, x1) <= left or min(x0, x1) >= right or max(y0, y1) <= top or min(y0, y1) >= bottom:
        return False
    # It meets the strip of each axis; it is inside where it is in both at once.
    begin, end = 0.0, 1.0
    for start, by, low, high in ((x0, x1 - x0, left, right), (y0, y1 - y0, top, bottom)):
        if by:
            enters, leaves = sorted(((low - start) / by, (high - start) / by))
            begin, end = max(begin, enters), min(end, leaves)
    return begin < end


def overlap(one: Place, two: Place) -> bool:
    return one.x < two.x + two.width and two.x < one.x + one.width and one.y < two.y + two.height and two.y < one.y + one.height
