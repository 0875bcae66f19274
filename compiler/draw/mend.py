"""Lines that Graphviz led through a box, out of their frame, in a curl or across their own column are led another way: the layout as it is drawn.

Graphviz draws a line into a frame as a line to the frame's edge and bends it at will. What is wrong with a line is looked for here, and
`route` finds another way for it; all that is right stays as it is, to the byte.
"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from itertools import pairwise, product

from .arches import arched, unhooked
from .beside_lines import WORD, Piece, aside, bounds_of, curve, dense, label_place, meetings, near, other_words, overlap, through, within
from .fan import fanned, gathering
from .graphviz_json import Geometry, Place, Point, Way
from .labels import frame_rows, rows_width
from .picture import Frame, Picture
from .route import LONGEST, Ground, bends, cells, doors, route, spline
from .small_skips import small_skips
from .ways import Ways, columns

ASIDE, SWAYS = 8.0, 3.0  # points: of a straight line from the edge of what it leads to, and by how much one sways that should be straight
EDGING = 30.0  # points that a line may run along the edge of a frame
BESIDE = (5.0, -5.0, 3.0, -3.0)  # how far beside it it runs else
SWING = 16.0  # points from the side of a frame within which a line is led away from it
CLOSE = 2.5  # points between a line and a box that it passes, at least: nearer it seems to come out of it
CURL = math.radians(330)  # how far a line may turn in all
INDENT, ROW, BELOW = 8.0, 10.5, 3.0  # points: of a heading from the edge of its frame, of a row of it, of what reaches below its last row


def mended(picture: Picture, geometry: Geometry, found: Ways) -> Geometry:
    """The geometry with other ways for the lines that are led wrong; itself where none is."""
    pieces = list(_pieces(picture, geometry, found))
    inside = {
        frame.name: {box.name for box in frame.boxes()} | {port.name for port in found.ports if port.frame in _held(frame)}
        for frame in picture.frames()
    }
    headings = {frame.name: heading(frame, geometry.places[frame.name]) for frame in picture.frames()}
    boxes = {box.name: geometry.places[box.name] for box in picture.boxes()}
    curves = {piece.name: curve(piece.way.points) for piece in pieces}
    wrong = [
        piece
        for piece in pieces
        if _crosses(piece, curves[piece.name], boxes)
        or _strays(piece, curves[piece.name], inside, geometry)
        or _turns(curves[piece.name]) > CURL
        or any(through(curves[piece.name], place, 2) for place in near(curves[piece.name], headings.values()))
    ]
    frames = tuple(geometry.places[name] for name in inside)
    changing = _changing_sides(picture, found, pieces, curves)
    mains = {piece.name for piece in pieces if _is_main(piece, found)}
    for piece in dict.fromkeys((*wrong, *changing)):
        # Its own words and the curves of the others are around it; a wall is never at one of its ends.
        is_wrong = piece in wrong
        others = [point for name, points in curves.items() if name != piece.name for point in dense(points)]
        words = other_words(piece, pieces)
        ground = Ground((*boxes.values(), *headings.values(), *words), frames, frozenset(cells(others)))
        around = [geometry.places[name] for name, held in inside.items() if held.issuperset(piece.ends)]
        longest = LONGEST if is_wrong else LONGEST // 20  # what only crosses is not worth a long look
        corners = _led(piece, geometry, ground.within(around[-1]) if around else ground, longest)
        if corners is None and is_wrong and around:
            corners = _led(piece, geometry, ground, longest)
        if corners is None:
            continue
        is_common = piece.name in geometry.common
        points = spline(corners, arrow=not is_common)
        if not is_wrong:
            before, after = (_crossings(way, piece.name, curves, mains) for way in (curves[piece.name], curve(points)))
            if after >= before:
                continue
        way = Way(points, _beside(piece, corners, [*boxes.values(), *headings.values(), *words]))
        curves[piece.name] = curve(points)
        pieces[pieces.index(piece)] = replace(piece, way=way)
    walls = (*boxes.values(), *headings.values())
    pieces = [_straight(piece, curves, geometry, walls) for piece in pieces]
    pieces = [_unbowed(piece, curves, geometry, walls, pieces) if piece.name in mains else piece for piece in pieces]
    pieces = [_off_edges(piece, curves, geometry, walls, frames) for piece in pieces]
    pieces = [_off_own_frame(piece, curves, geometry, walls, inside) for piece in pieces]
    pieces = [_off_boxes(piece, curves, geometry, boxes, walls) for piece in pieces]
    for number, piece in enumerate(pieces):
        pieces[number] = unhooked(arched(piece, curves, geometry, walls, pieces), curves, geometry, walls, pieces)
    pieces = fanned(pieces, gathering(picture), curves, geometry, walls)
    pieces = aside(pieces, curves, walls, frames)
    ways = {piece.name: piece.way for piece in pieces} | dict(small_skips(picture, geometry, pieces, curves, walls))
    return replace(
        geometry,
        ways=tuple(ways[f"e{number}"] for number in range(len(geometry.ways))),
        common={name: ways.get(name, way) for name, way in geometry.common.items()},
    )


def _straight(piece: Piece, curves: dict[str, list[Point]], geometry: Geometry, walls: Sequence[Place]) -> Piece:
    """A line from a port, straight down where that is free: Graphviz leads it around where nothing stands."""
    if piece.ends[0] not in geometry.common or piece.ends[1] in geometry.common or piece.way.label is not None:
        return piece
    start, head = _joint(geometry.places[piece.ends[0]]), geometry.places[piece.ends[1]]
    x, y, end = start.x, start.y + start.height, head.y
    sways = max(abs(point[0] - x) for point in curves[piece.name])
    if not head.x + ASIDE < x < head.x + head.width - ASIDE or end - y < ASIDE or sways < SWAYS:
        return piece
    corners = ((x, y), (x, end))
    points = spline(corners, arrow=True)
    line = curve(points)
    if any(through(line, place, 2) for place in walls if place != head):
        return piece
    # Through the port of others it would seem to be theirs.
    ports = (_joint(geometry.places[name]) for name in geometry.common if name in geometry.places and name != piece.ends[0])
    if any(abs(port.x - x) < ASIDE and y < port.y + port.height / 2 < end for port in ports):
        return piece
    if _crossings(line, piece.name, curves) > _crossings(curves[piece.name], piece.name, curves):
        return piece
    curves[piece.name] = line
    return replace(piece, way=Way(points, None))


def _unbowed(piece: Piece, curves: dict[str, list[Point]], geometry: Geometry, walls: Sequence[Place], pieces: Sequence[Piece]) -> Piece:
    """A line of a main path to a box right below, straight down where that is free: Graphviz led it around its own words."""
    tail, head = (geometry.places[name] for name in piece.ends)
    low, high = (edge(x for x, _ in (piece.way.points[0], piece.way.points[-1])) for edge in (min, max))
    if all(low - SWAYS <= x <= high + SWAYS for x, _ in curves[piece.name]) or set(piece.ends) & geometry.common.keys():
        return piece
    left, right = max(tail.x, head.x) + ASIDE, min(tail.x + tail.width, head.x + head.width) - ASIDE
    x, y, end = min(max(head.x + head.width / 2, left), right), tail.y + tail.height, head.y
    words = other_words(piece, pieces)
    corners = ((x, y), (x, end))
    line = curve(spline(corners, arrow=True)) if left <= right and end - y >= ASIDE else []
    if not line or any(through(line, place, 1) for place in (*walls, *words) if place not in (tail, head)):
        return piece
    if _crossings(line, piece.name, curves) > _crossings(curves[piece.name], piece.name, curves):
        return piece
    curves[piece.name] = line
    return replace(piece, way=Way(spline(corners, arrow=True), _beside(piece, corners, [*walls, *words])))


def _pieces(picture: Picture, geometry: Geometry, found: Ways) -> Iterator[Piece]:
    for port in found.ports:
        first = picture.lines[port.first]
        yield Piece(port.name, (port.tail, port.name), geometry.common[port.name], first.head, False, first)
    for number, line in enumerate(picture.lines):
        start = found.start(number, line)
        yield Piece(f"e{number}", (start, line.head), geometry.ways[number], line.head, line.skip, line)


def _held(frame: Frame) -> set[str]:
    return {frame.name, *(inner.name for inner in frame.frames())}


def heading(frame: Frame, place: Place) -> Place:
    """Where the name of a frame stands."""
    rows = frame_rows(frame)
    return Place(place.x + INDENT - 2, place.y + INDENT / 2, rows_width(rows) + 4, ROW * len(rows) + BELOW)


def _crosses(piece: Piece, points: Sequence[Point], boxes: dict[str, Place]) -> bool:
    """Whether a line runs through a box which is none of its ends."""
    ends = [boxes[name] for name in (*piece.ends, piece.line.tail) if name in boxes]
    return any(place not in ends and through(points, place, 0.5) for place in near(points, boxes.values()))


def _strays(piece: Piece, points: Sequence[Point], inside: dict[str, set[str]], geometry: Geometry) -> bool:
    """Whether a line leaves a frame that it ends in, once it is in it."""
    for name, held in inside.items():
        if piece.ends[1] in held:
            held_in = [within(geometry.places[name], point, 0) for point in points]
            if sum(one != two for one, two in pairwise(held_in)) > (piece.ends[0] not in held):
                return True
    return False


def _off_edges(piece: Piece, curves: dict[str, list[Point]], geometry: Geometry, walls: Sequence[Place], frames: Sequence[Place]) -> Piece:
    """A line that runs along the edge of a frame, over which it is not seen, a little beside it where there is room."""
    ends = [geometry.places[name] for name in piece.ends]
    for axis, place in _edges_along(curves[piece.name], frames):
        first, *inner, last = piece.way.points
        for by in BESIDE:
            points = (first, *(_shifted(point, axis, by) if abs(point[axis] - place) < 1.5 else point for point in inner), last)
            line = curve(points)
            if any(through(line, wall, 1) for wall in walls if wall not in ends) or _edges_along(line, frames):
                continue
            if _crossings(line, piece.name, curves) <= _crossings(curves[piece.name], piece.name, curves) + 1:
                curves[piece.name] = line
                return replace(piece, way=Way(points, piece.way.label))
    return piece


def _off_boxes(
    piece: Piece, curves: dict[str, list[Point]], geometry: Geometry, boxes: Mapping[str, Place], walls: Sequence[Place]
) -> Piece:
    """A line that grazes boxes which are none of its ends, led a little further from them where there is room."""
    own = [boxes[name] for name in (*piece.ends, piece.line.tail, piece.line.head) if name in boxes]
    before = [place for place in _grazed(curves[piece.name], boxes.values()) if place not in own]
    if not before:
        return piece
    others = [place for place in boxes.values() if place not in own]
    ends = [geometry.places[name] for name in piece.ends]
    points = piece.way.points
    # A knot is moved with what leads to it and away from it, so that the line stays smooth.
    parts = [at for at in range(0, len(points) - 3, 3) if _grazed(curve(points[at : at + 4]), before)]
    moving = {at + step for at in parts for step in range(-1, 5)} & set(range(1, len(points) - 1 - (len(points) % 3 == 2)))
    for by, axis in product((3.0, -3.0, 5.0, -5.0, 8.0, -8.0, 12.0, -12.0), (1, 0)):
        made = tuple(_shifted(point, axis, by) if at in moving else point for at, point in enumerate(points))
        line = curve(made)
        if _grazed(line, others) or any(through(line, wall, 1) for wall in walls if wall not in ends):
            continue
        if _crossings(line, piece.name, curves) <= _crossings(curves[piece.name], piece.name, curves) + 1:
            curves[piece.name] = line
            return replace(piece, way=Way(made, piece.way.label))
    return piece


def _grazed(points: Sequence[Point], boxes: Iterable[Place]) -> list[Place]:
    return [place for place in near(points, boxes, CLOSE) if through(points, place, -CLOSE)]


def _off_own_frame(
    piece: Piece, curves: dict[str, list[Point]], geometry: Geometry, walls: Sequence[Place], inside: Mapping[str, set[str]]
) -> Piece:
    """A line that swings out to a side of the frame that it stays in, as skips do, a little less far."""
    around = [geometry.places[name] for name, held in inside.items() if held.issuperset(piece.ends)]
    if not around:
        return piece
    frame, ends = around[-1], [geometry.places[name] for name in piece.ends]
    first, *inner, last = piece.way.points
    for edge, side in ((frame.x, 1.0), (frame.x + frame.width, -1.0)):
        near_by = min(side * (x - edge) for x, _ in curves[piece.name])
        if near_by >= CLOSE:
            continue
        by = 2 * CLOSE - near_by
        made = (first, *(_shifted(point, 0, side * by) if side * (point[0] - edge) < SWING else point for point in inner), last)
        line = curve(made)
        is_free = min(side * (x - edge) for x, _ in line) >= CLOSE and not any(through(line, wall, 1) for wall in walls if wall not in ends)
        if is_free and _crossings(line, piece.name, curves) <= _crossings(curves[piece.name], piece.name, curves):
            curves[piece.name] = line
            return replace(piece, way=Way(made, piece.way.label))
    return piece


def _shifted(point: Point, axis: int, by: float) -> Point:
    x, y = point
    return (round(x + by, 1), y) if axis == 0 else (x, round(y + by, 1))


def _edges_along(points: Sequence[Point], frames: Sequence[Place]) -> list[tuple[int, float]]:
    """Where a line runs along the edges of frames: down (0) or across (1), and at which place."""
    found = []
    for axis in (0, 1):
        for place, start, end in _runs(points, axis):
            for frame in frames:
                low, size, begin, long = frame.x, frame.width, frame.y, frame.height
                if axis:
                    low, size, begin, long = begin, long, low, size
                if min(abs(low - place), abs(low + size - place)) < 1.5 and min(end, begin + long) - max(start, begin) > EDGING:
                    found.append((axis, place))
    return found


def _runs(points: Sequence[Point], axis: int) -> Iterator[tuple[float, float, float]]:
    """The long pieces of a line straight down (`axis` 0) or across: where they are, from where to where."""
    at = 0
    while at < len(points) - 1:
        end = at
        while end < len(points) - 1 and abs(points[end + 1][axis] - points[at][axis]) < 1:
            end += 1
        start, stop = sorted((points[at][1 - axis], points[end][1 - axis]))
        if stop - start > EDGING:
            yield points[at][axis], start, stop
        at = max(end, at + 1)


def _turns(points: Sequence[Point]) -> float:
    """By how much a line turns from its beginning to its end, left and right alike."""
    headings = [math.atan2(y1 - y0, x1 - x0) for (x0, y0), (x1, y1) in pairwise(points) if math.hypot(x1 - x0, y1 - y0) > 0.3]
    return sum(abs(math.remainder(two - one, math.tau)) for one, two in pairwise(headings))


def _changing_sides(picture: Picture, found: Ways, pieces: Sequence[Piece], curves: Mapping[str, Sequence[Point]]) -> list[Piece]:
    """Pieces beside a straight column of boxes, in which they begin or end, that cross a line of it on their way."""
    column = {name: number for number, names in enumerate(columns(picture, found, ())) for name in names}
    main: dict[int, list[Piece]] = defaultdict(list)
    beside: list[Piece] = []
    for piece in pieces:
        numbers = {column.get(end, -1) for end in piece.ends}
        if len(numbers) == 1 and (number := numbers.pop()) >= 0 and _is_main(piece, found):
            main[number].append(piece)
        else:
            beside.append(piece)
    bounds = {name: bounds_of(points) for name, points in curves.items()}
    return [
        piece
        for piece in beside
        if any(
            overlap(bounds[piece.name], bounds[other.name])
            and not set(piece.ends) & set(other.ends)
            and meetings(curves[piece.name], curves[other.name])
            for number in {column.get(end, -1) for end in piece.ends}
            for other in main[number]
        )
    ]


def _is_main(piece: Piece, found: Ways) -> bool:
    lines = next((port.lines for port in found.ports if port.name == piece.name), None)
    return any(number in found.main for number in lines) if lines else int(piece.name[1:]) in found.main


def _crossings(points: Sequence[Point], name: str, curves: Mapping[str, Sequence[Point]], mains: Collection[str] = ()) -> int:
    """How often a line meets others. One of a main path counts thrice: there arrows and shapes stand, and the line seems to be one of them."""
    return sum(meetings(points, others) * (3 if other in mains else 1) for other, others in curves.items() if other != name)


def _led(piece: Piece, geometry: Geometry, ground: Ground, longest: int) -> tuple[Point, ...] | None:
    """The corners of another way: into a port from above, into a box from a side as well."""
    tail, head = (_joint(geometry.places[name]) if name in geometry.common else geometry.places[name] for name in piece.ends)
    return route(ground, doors(tail, "LRB"), doors(head, "T" if piece.name in geometry.common else "LRT"), longest)


def _joint(port: Place) -> Place:
    """What is seen of a port, in the middle of the room that it keeps for the heading beside it."""
    return Place(port.x + port.width / 2, port.y, 0.0, port.height)


def _beside(piece: Piece, corners: Sequence[Point], others: Sequence[Place]) -> Point | None:
    """A place for the words beside the new way where nothing else stands."""
    if piece.way.label is None:
        return None
    one = label_place(piece.line, piece.way)
    if one is None:
        return piece.way.label
    for (x0, y0), (x1, y1) in bends(corners):
        x, y = (x0 + x1) / 2, (y0 + y1) / 2
        for center in (
            ((x + one.width / 2 + 3, y), (x - one.width / 2 - 3, y)) if x0 == x1 else ((x, y - WORD / 2 - 2), (x, y + WORD / 2 + 2))
        ):
            place = Place(center[0] - one.width / 2, center[1] - WORD / 2, one.width, WORD)
            if not any(overlap(place, other) for other in others):
                return round(center[0], 1), round(center[1], 1)
    return piece.way.label
