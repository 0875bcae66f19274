"""A way for a line that Graphviz led wrong: along the gaps between boxes, with few bends, and through no frame that it does not belong to.

The ways are those of a grid whose lines run beside every box; the cheapest is taken. Boxes and words stop a line; the edge of a
frame, and the run of another line, cost it.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Callable, Iterable, Iterator, Sequence
from heapq import heappop, heappush
from itertools import pairwise

from ...base.records import dataclass
from .graphviz_json import Place, Point

GAP = 4.0  # points between a line and the box that it runs along
NEXT = 9.0  # points between it and a second line beside the first
CLEAR = 2.5  # points around a box that no line comes into
ROOMY = 24.0  # points of a side that has room for more than one line
CORNER = 7.0  # points of the arc in which a line turns
ARROW = 5.5  # points of the tip of an arrow
BEND, BORDER, BESIDE = (
    24.0,
    600.0,
    10.0,
)  # what a bend costs, the edge of a frame, a point along another line or across it; a point of way costs 1
LONGEST = 250_000  # crossings that are looked at for one way; beyond it the line stays as it is
CELL = 3.0  # points: how close two lines are that run along each other
ALONG = 4.0  # what a point of way along the edge of a frame costs, over which a line cannot be seen

Step = tuple[int, int]


@dataclass(frozen=True, slots=True)
class Door:
    """Where a way may begin or end: a point on the edge of a box, and the direction away from the box."""

    point: Point
    away: Step


@dataclass(frozen=True, slots=True)
class Ground:
    """What stands in a picture: `walls` stop a line, the edges of `frames` cost it, `busy` are the cells where other lines run."""

    walls: tuple[Place, ...]
    frames: tuple[Place, ...]
    busy: frozenset[tuple[int, int]] = frozenset()

    def within(self, frame: Place) -> Ground:
        """What of it stands in a frame, which is a wall around it then."""
        walls = (place for place in self.walls if _touch(place, frame))
        inner = tuple(place for place in self.frames if _touch(place, frame) and place != frame and not _touch_around(place, frame))
        x, y, right, bottom = frame.x, frame.y, frame.x + frame.width, frame.y + frame.height
        edges = (
            Place(x - 1, y - 1, 1, frame.height + 2), Place(right, y - 1, 1, frame.height + 2),
            Place(x - 1, y - 1, frame.width + 2, 1), Place(x - 1, bottom, frame.width + 2, 1),
        )  # fmt: skip
        return Ground((*walls, *edges), inner, self.busy)


def _touch(one: Place, two: Place) -> bool:
    return one.x < two.x + two.width and two.x < one.x + one.width and one.y < two.y + two.height and two.y < one.y + one.height


def _touch_around(one: Place, two: Place) -> bool:
    """Whether the first is around the second."""
    return one.x <= two.x and one.y <= two.y and one.x + one.width >= two.x + two.width and one.y + one.height >= two.y + two.height


def cells(points: Iterable[Point]) -> Iterator[tuple[int, int]]:
    return ((_cell(x), _cell(y)) for x, y in points)


def _cell(place: float) -> int:
    return round(place / CELL)


def doors(place: Place, sides: str = "LRTB") -> tuple[Door, ...]:
    """The middles of a box's sides, and where there is room places to both sides of these."""
    found: list[Door] = []
    for side in sides:
        across = side in "TB"
        size = place.width if across else place.height
        for share in (0.5, 0.25, 0.75) if size > ROOMY else (0.5,):
            x = place.x + (place.width * share if across else place.width * (side == "R"))
            y = place.y + (place.height * (side == "B") if across else place.height * share)
            found.append(Door((x, y), {"L": (-1, 0), "R": (1, 0), "T": (0, -1), "B": (0, 1)}[side]))
    return tuple(found)


def route(ground: Ground, starts: Sequence[Door], ends: Sequence[Door], longest: int = LONGEST) -> tuple[Point, ...] | None:
    """The corners of the cheapest way from one of `starts` to one of `ends`; None where none is found within `longest` looks."""
    grid = _Grid(ground, [*starts, *ends])
    goals: dict[tuple[int, int], list[Door]] = {}
    for door in ends:
        goals.setdefault(grid.at(_before(door)), []).append(door)
    waiting: list[tuple[float, float, tuple[int, int], Step, int]] = []
    best: dict[tuple[tuple[int, int], Step], float] = {}
    came: dict[tuple[tuple[int, int], Step], tuple[tuple[int, int], Step] | Door] = {}
    for number, door in enumerate(starts):
        at = grid.at(_before(door))
        if not grid.is_wall(at):
            best[at, door.away] = 0.0
            came[at, door.away] = door
            heappush(waiting, (0.0, 0.0, at, door.away, number))
    targets = list(goals)
    for _ in range(longest):
        if not waiting:
            break
        _, cost, at, heading, number = heappop(waiting)
        if cost > best[at, heading]:
            continue
        for door in goals.get(at, ()):
            if heading == (-door.away[0], -door.away[1]):
                return _corners(grid, came, (at, heading), door)
        for step in ((0, 1), (0, -1), (1, 0), (-1, 0)):
            if step == (-heading[0], -heading[1]):
                continue
            turn = 0.0 if step == heading else BEND
            found = grid.beside(at, step)
            if found is None:
                if step != heading and (at, step) not in best:
                    best[at, step] = cost + turn
                    came[at, step] = (at, heading)
                    heappush(waiting, (cost + turn + grid.least(at, targets), cost + turn, at, step, number))
                continue
            there, length = found
            total = cost + turn + length
            if total < best.get((there, step), float("inf")):
                best[there, step] = total
                came[there, step] = (at, heading)
                heappush(waiting, (total + grid.least(there, targets), total, there, step, number))
        for door in goals.get(at, ()):  # a turn at the very end
            step = (-door.away[0], -door.away[1])
            if step != (-heading[0], -heading[1]) and cost + BEND < best.get((at, step), float("inf")):
                best[at, step] = cost + BEND
                came[at, step] = (at, heading)
                heappush(waiting, (cost + BEND, cost + BEND, at, step, number))
    return None


def _before(door: Door) -> Point:
    return door.point[0] + door.away[0] * GAP, door.point[1] + door.away[1] * GAP


def _corners(
    grid: _Grid,
    came: dict[tuple[tuple[int, int], Step], tuple[tuple[int, int], Step] | Door],
    last: tuple[tuple[int, int], Step],
    end: Door,
) -> tuple[Point, ...]:
    points = [end.point]
    state: tuple[tuple[int, int], Step] | Door = last
    while not isinstance(state, Door):
        points.append(grid.point(state[0]))
        state = came[state]
    points.append(state.point)
    points.reverse()
    return tuple(_straightened(points))


def _straightened(points: Sequence[Point]) -> Iterator[Point]:
    """Without those that stand on the line between their neighbours."""
    kept = [points[0]]
    for point in points[1:]:
        if point != kept[-1]:
            if len(kept) > 1 and _in_line(kept[-2], kept[-1], point):
                kept.pop()
            kept.append(point)
    yield from kept


def _in_line(a: Point, b: Point, c: Point) -> bool:
    return (a[0] == b[0] == c[0]) or (a[1] == b[1] == c[1])


class _Grid:
    """Lines across and down beside every box; where they meet, a way may turn."""

    def __init__(self, ground: Ground, ends: Sequence[Door]) -> None:
        self.ground = ground
        across, down = set[float](), set[float]()
        for place in (*ground.walls, *ground.frames):
            for gap in (GAP, NEXT):
                across.update((place.x - gap, place.x + place.width + gap))
                down.update((place.y - gap, place.y + place.height + gap))
        for wall in ground.walls:  # a way from one side to the other meets it in the middle
            across.add(wall.x + wall.width / 2)
            down.add(wall.y + wall.height / 2)
        for frame in ground.frames:
            across.update((frame.x + GAP, frame.x + frame.width - GAP))
            down.update((frame.y + GAP, frame.y + frame.height - GAP))
        for door in ends:
            x, y = _before(door)
            across.add(x)
            down.add(y)
        self.xs, self.ys = sorted(across), sorted(down)
        self.column = {x: number for number, x in enumerate(self.xs)}
        self.row = {y: number for number, y in enumerate(self.ys)}
        self.walled = set[tuple[int, int]]()
        for wall in ground.walls:
            columns = range(bisect_right(self.xs, wall.x - CLEAR), bisect_left(self.xs, wall.x + wall.width + CLEAR))
            rows = range(bisect_right(self.ys, wall.y - CLEAR), bisect_left(self.ys, wall.y + wall.height + CLEAR))
            self.walled.update((column, row) for column in columns for row in rows)
        self.busy_in_row, self.busy_in_column = dict[int, list[int]](), dict[int, list[int]]()
        for column, row in sorted(ground.busy):
            self.busy_in_row.setdefault(row, []).append(column)
            self.busy_in_column.setdefault(column, []).append(row)
        self.cell_columns, self.cell_rows = [_cell(x) for x in self.xs], [_cell(y) for y in self.ys]
        self.rest = dict[tuple[int, int], float]()
        self.edges_in_column = [_at_edge(x, ((place.x, place.width, place.y, place.height) for place in ground.frames)) for x in self.xs]
        self.edges_in_row = [_at_edge(y, ((place.y, place.height, place.x, place.width) for place in ground.frames)) for y in self.ys]
        # Which frames a crossing is in: those of its column that are those of its row.
        self.in_column = [_spans((frame.x, frame.width) for frame in ground.frames)(x) for x in self.xs]
        self.in_row = [_spans((frame.y, frame.height) for frame in ground.frames)(y) for y in self.ys]

    def at(self, point: Point) -> tuple[int, int]:
        return self.column[point[0]], self.row[point[1]]

    def point(self, at: tuple[int, int]) -> Point:
        return self.xs[at[0]], self.ys[at[1]]

    def is_wall(self, at: tuple[int, int]) -> bool:
        return at in self.walled

    def beside(self, at: tuple[int, int], step: Step) -> tuple[tuple[int, int], float] | None:
        """The next crossing in a direction, and what it costs to get there."""
        there = at[0] + step[0], at[1] + step[1]
        if not (0 <= there[0] < len(self.xs) and 0 <= there[1] < len(self.ys)) or there in self.walled:
            return None
        one, two = self.point(at), self.point(there)
        length = abs(one[0] - two[0]) + abs(one[1] - two[1])
        borders = (self.in_column[at[0]] & self.in_row[at[1]] ^ self.in_column[there[0]] & self.in_row[there[1]]).bit_count()
        return there, length + borders * BORDER + self._busy(at, there) * CELL * BESIDE + self._along(at, there) * ALONG

    def _busy(self, at: tuple[int, int], there: tuple[int, int]) -> int:
        """How many cells between two crossings other lines run through."""
        if at[1] == there[1]:
            return _held(self.busy_in_row.get(self.cell_rows[at[1]], ()), self.cell_columns[at[0]], self.cell_columns[there[0]])
        return _held(self.busy_in_column.get(self.cell_columns[at[0]], ()), self.cell_rows[at[1]], self.cell_rows[there[1]])

    def _along(self, at: tuple[int, int], there: tuple[int, int]) -> float:
        """How far a step runs along the edges of frames."""
        across = at[1] == there[1]
        spans = self.edges_in_row[at[1]] if across else self.edges_in_column[at[0]]
        if not spans:
            return 0.0
        start, end = sorted((self.point(at)[not across], self.point(there)[not across]))
        return sum(max(0.0, min(end, stop) - max(start, begin)) for begin, stop in spans)

    def least(self, at: tuple[int, int], targets: Sequence[tuple[int, int]]) -> float:
        """What the rest of the way costs at least: its length, and the edges of the frames that one end is in and the other is not."""
        known = self.rest.get(at)
        if known is None:
            x, y = self.point(at)
            frames = self.in_column[at[0]] & self.in_row[at[1]]
            known = self.rest[at] = min(
                abs(self.xs[column] - x) + abs(self.ys[row] - y) + (frames ^ self.in_column[column] & self.in_row[row]).bit_count() * BORDER
                for column, row in targets
            )
        return known


def _held(places: Sequence[int], one: int, two: int) -> int:
    """How many of some places, in order, lie between two, or at one of them."""
    if not places:
        return 0
    if one > two:
        one, two = two, one
    return bisect_right(places, two) - bisect_left(places, one)


def _at_edge(place: float, frames: Iterable[tuple[float, float, float, float]]) -> list[tuple[float, float]]:
    """From where to where the edges of frames stand at a place; of each its beginning and size this way, then the other way."""
    return [(begin, begin + size) for start, wide, begin, size in frames if min(abs(start - place), abs(start + wide - place)) < CLEAR]


def _spans(rows: Iterable[tuple[float, float]]) -> Callable[[float], int]:
    """Which of some spans a place is in, as the bits of a number."""
    spans = [(start, start + size) for start, size in rows]
    return lambda at: sum(1 << number for number, (start, end) in enumerate(spans) if start < at < end)


def spline(corners: Sequence[Point], arrow: bool) -> tuple[Point, ...]:
    """The points of a spline along straight pieces, its corners rounded; the tip of its arrow last, where it has one."""
    ends = list(corners)
    if arrow:
        (x0, y0), (x1, y1) = ends[-2:]
        long = abs(x1 - x0) + abs(y1 - y0)
        ends[-1] = (x1 - (x1 - x0) / long * ARROW, y1 - (y1 - y0) / long * ARROW)
    points = [ends[0]]
    for before, here, after in zip(ends, ends[1:], ends[2:], strict=False):
        room = min(CORNER, _long(before, here) / 2, _long(here, after) / 2)
        into, out = _toward(here, before, room), _toward(here, after, room)
        points += [*_straight(points[-1], into), _toward(here, before, room * 0.45), _toward(here, after, room * 0.45), out]
    points += _straight(points[-1], ends[-1])
    rounded = [(round(x, 1), round(y, 1)) for x, y in points]
    return (*rounded, corners[-1]) if arrow else tuple(rounded)


def _long(one: Point, two: Point) -> float:
    return abs(one[0] - two[0]) + abs(one[1] - two[1])


def _toward(start: Point, end: Point, by: float) -> Point:
    long = _long(start, end) or 1.0
    return start[0] + (end[0] - start[0]) / long * by, start[1] + (end[1] - start[1]) / long * by


def _straight(start: Point, end: Point) -> list[Point]:
    """The three points that follow the first of a straight piece."""
    return [_between(start, end, 1 / 3), _between(start, end, 2 / 3), end]


def _between(start: Point, end: Point, share: float) -> Point:
    return start[0] + (end[0] - start[0]) * share, start[1] + (end[1] - start[1]) * share


def bends(corners: Sequence[Point]) -> list[tuple[Point, Point]]:
    """The straight pieces, the longest first."""
    return sorted(pairwise(corners), key=lambda piece: -_long(*piece))
