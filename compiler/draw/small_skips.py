"""The skips of folded blocks, in the small: each stands beside its box, as the flow leads there, and on no line."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence

from .beside_lines import Piece, label_place, near, overlap, through
from .graphviz_json import Geometry, Place, Point, Way
from .picture import Picture

EDGE, OUT, TIP = 1.0, 18.0, 4.5  # points: how near to an edge a line is at it; of a mark how far it reaches, and its tip
OFF = 2.0  # points between a mark and a line, at least
SPANS = ((0.25, 0.75), (0.62, 0.9), (0.1, 0.38))  # of the height of a box, where its mark may stand


def small_skips(
    picture: Picture, geometry: Geometry, pieces: Sequence[Piece], curves: Mapping[str, Sequence[Point]], walls: Sequence[Place]
) -> Iterator[tuple[str, Way]]:
    """Those that Graphviz drew wrong: out above a wide box and in beneath, on a line that comes or leaves there, or against the flow."""
    words = [place for piece in pieces if (place := label_place(piece.line, piece.way)) is not None]
    for box in picture.boxes():
        way = geometry.common.get(mark := f"{box.name}_skip")
        if way is None or not way.points:
            continue
        place = geometry.places[box.name]
        (x0, y0), (x1, y1) = way.points[0], way.points[-1]
        is_around = min(x0, x1) < place.x + place.width - EDGE and abs(y0 - y1) > place.height - EDGE
        if not is_around and min(x0, x1) < place.x + place.width - EDGE:
            continue  # above its box, in a picture that leads across
        upward = _leads_up(box.name, place, pieces)
        if not is_around and upward == (y1 < y0) and not _is_met(_room(place, SPANS[0], True), curves.values()):
            continue
        others = [wall for wall in (*walls, *words) if wall != place]
        around = next((geometry.places[frame.name] for frame in reversed(tuple(picture.frames())) if box in frame.items), None)
        sides = [(right, span) for right in (True, False) for span in SPANS]
        free = ((right, span) for right, span in sides if _is_free(_room(place, span, right), around, others, curves))
        right, span = next(free, (True, SPANS[0]))
        yield mark, Way(_points(place, span, right, upward), way.label)


def _leads_up(name: str, place: Place, pieces: Sequence[Piece]) -> bool:
    """Whether the flow goes up at a box: what comes to it comes from below, what leaves it leaves above."""
    middle, ups = place.y + place.height / 2, 0
    for piece in pieces:
        if piece.skip or piece.line.size or name not in piece.ends:
            continue
        y = piece.way.points[0][1] if piece.ends[0] == name else 2 * middle - piece.way.points[-1][1]
        ups += (y <= place.y + EDGE) - (y >= place.y + place.height - EDGE)
    return ups > 0


def _room(place: Place, span: tuple[float, float], right: bool) -> Place:
    """What a mark takes."""
    top, bottom = (place.y + place.height * share for share in span)
    return Place(place.x + place.width if right else place.x - OUT, top, OUT, bottom - top)


def _is_free(room: Place, around: Place | None, others: Sequence[Place], curves: Mapping[str, Sequence[Point]]) -> bool:
    inside = around is None or (around.x < room.x - OFF and room.x + room.width + OFF < around.x + around.width)
    return inside and not any(overlap(room, other) for other in others) and not _is_met(room, curves.values())


def _is_met(room: Place, curves: Iterable[Sequence[Point]]) -> bool:
    return any(through(points, room, -OFF) for points in curves if any(near(points, (room,), OFF)))


def _points(place: Place, span: tuple[float, float], right: bool, upward: bool) -> tuple[Point, ...]:
    """Out of the box and in again where the flow leads on."""
    out, back = (place.y + place.height * share for share in (span[::-1] if upward else span))
    by, on = (1 if right else -1), (1 if back > out else -1)
    edge = place.x + place.width if right else place.x
    far = edge + by * OUT
    points = ((edge, out), (far, out - on), (far, back + on), (edge + by * TIP, back + on * 0.4), (edge, back))
    return tuple((round(x, 1), round(y, 1)) for x, y in points)
