"""Where Graphviz put the boxes and lines of pictures, read from its JSON; many pictures are laid out in one run."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Sequence

from ...base.records import dataclass
from .graphviz import SECONDS, Failure, render
from .ways import Ways

Point = tuple[float, float]
NUMBER = re.compile(r"(?:\w+f\d+_\d+)?e(\d+)")  # the root's name stands before it, where a picture stands beside others


@dataclass(frozen=True, slots=True)
class Place:
    """A rectangle: its corner at the top left, and its size. Points, downwards."""

    x: float
    y: float
    width: float
    height: float


@dataclass(frozen=True, slots=True)
class Way:
    """The run of a line from its tail to its head: the points of a spline, the head's last, and where its label stands."""

    points: tuple[Point, ...]
    label: Point | None


@dataclass(frozen=True, slots=True)
class Geometry:
    """`places` by the names of boxes, frames and ports; `ways` in the order of the picture's lines.

    A line that enters a frame at a port begins there; `common` are the pieces before, by the names of the ports.
    """

    width: float
    height: float
    places: dict[str, Place]
    ways: tuple[Way, ...]
    common: dict[str, Way]

    def whole(self, found: Ways) -> tuple[Way, ...]:
        """The ways of the lines, the first of each port with the common piece before it."""
        ways = list(self.ways)
        for port in reversed(found.ports):  # from the inside out
            before = self.common[port.name]
            ways[port.first] = Way(before.points + ways[port.first].points[1:], before.label)
        return tuple(ways)


def lay_out(dots: Sequence[str], seconds: float = SECONDS) -> tuple[Geometry, ...] | Failure:
    """The geometry of each DOT text, laid out in one process."""
    made = render("\0".join(dots), "json", seconds)
    if isinstance(made, Failure):
        return made
    found: list[Geometry] = []
    rest = made
    while rest.strip():
        geometry, rest = first_of(rest)
        found.append(geometry)
    return tuple(found)


def first_of(made: bytes) -> tuple[Geometry, bytes]:
    """The geometry that Graphviz's answer begins with, and what follows it: the same picture in another format."""
    text = made.decode("utf-8", "surrogateescape")
    graph, end = json.JSONDecoder().raw_decode(text, len(text) - len(text.lstrip()))
    return _geometry(graph), text[end:].lstrip("\n").encode("utf-8", "surrogateescape")


def _way(row: dict[str, str], point: Callable[[str], Point]) -> Way:
    """The spline of an edge. Graphviz writes arrow tips apart, and edges that run backwards from head to tail."""
    tip: Point | None = None
    points: list[Point] = []
    backwards = False
    for piece in row.get("pos", "").split():
        if piece.startswith(("e,", "s,")):
            backwards = piece.startswith("s,")
            tip = point(piece[2:])
        else:
            points.append(point(piece))
    if backwards:
        points.reverse()
    if tip is not None:
        points.append(tip)
    return Way(tuple(points), point(row["lp"]) if "lp" in row else None)


def _numbers(text: str) -> list[float]:
    return [float(number) for number in text.split(",")]


def _geometry(graph: dict[str, object]) -> Geometry:
    left, bottom, right, top = _numbers(str(graph["bb"]))

    def point(text: str) -> Point:
        x, y = _numbers(text)[:2]
        return round(x - left, 1), round(top - y, 1)

    places: dict[str, Place] = {}
    objects = graph.get("objects", [])
    assert isinstance(objects, list)
    for row in objects:
        if "pos" in row:
            x, y = point(row["pos"])
            width, height = 72 * float(row["width"]), 72 * float(row["height"])
            places[row["name"]] = Place(round(x - width / 2, 1), round(y - height / 2, 1), round(width, 1), round(height, 1))
        elif str(row.get("name", "")).startswith("cluster_") and "bb" in row:
            x0, y0, x1, y1 = _numbers(row["bb"])
            name = row["name"].removeprefix("cluster_")
            places[name] = Place(round(x0 - left, 1), round(top - y1, 1), round(x1 - x0, 1), round(y1 - y0, 1))
    ways: dict[int, Way] = {}
    edges = graph.get("edges", [])
    assert isinstance(edges, list)
    common: dict[str, Way] = {}
    for row in edges:
        name = row.get("id", "")
        number = NUMBER.fullmatch(name)
        if number:
            ways[int(number[1])] = _way(row, point)
        elif name:  # those without keep boxes in their order
            common[name] = _way(row, point)
    return Geometry(round(right - left, 1), round(top - bottom, 1), places, tuple(ways[number] for number in sorted(ways)), common)
