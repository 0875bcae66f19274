"""What is wrong with a layout, as somebody who looks at it sees it: for tests alone, apart from what archc looks for itself."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Sequence
from itertools import combinations, groupby, pairwise
from xml.etree import ElementTree

from archc.compiler.draw.dot import Writer
from archc.compiler.draw.font import width
from archc.compiler.draw.graphviz_json import Geometry, Place, Point
from archc.compiler.draw.labels import frame_rows, row_width, shape_text
from archc.compiler.draw.laid_out import geometries
from archc.compiler.draw.look import PLAIN, Look
from archc.compiler.draw.picture import Frame, Line, Picture
from archc.compiler.draw.style import POINTS, contrast
from archc.compiler.draw.svg import tag
from archc.compiler.draw.u_shape import arms
from archc.compiler.draw.ways import Ways, ways
from archc.compiler.graph.graph import Graph
from archc.compiler.graph.program import Scope

from .test_headings import bezier

FAR = 50.0
"""Points that a line may run along the edge of a frame."""


def laid_out(graph: Graph, pictures: Sequence[Picture], look: Look = PLAIN) -> list[tuple[Picture, Geometry]]:
    made = geometries([Writer(graph, picture, look) for picture in pictures])
    assert isinstance(made, tuple)
    return list(zip(pictures, made, strict=True))


def ways_in(picture: Picture, geometry: Geometry) -> Ways:
    """How the lines run; in a U that is drawn as one, as its arms do."""
    found = ways(picture)
    return found if all(port.name in geometry.common for port in found.ports) else ways(picture, arms(picture))


def branches(graph: Graph) -> Iterator[list[Scope]]:
    """The paths of each merge."""
    for members in graph.members.values():
        for is_path, run in groupby(members, lambda member: isinstance(member, Scope) and member.kind == "path"):
            if is_path:
                yield [member for member in run if isinstance(member, Scope)]


def out_of_order(graph: Graph, picture: Picture, geometry: Geometry) -> list[str]:
    """Merges one of whose branches stands left of an earlier one. A branch stands where the middle of its boxes is.

    Paths that more than one tensor enters are no branches: they are woven into what is around them. One that no tensor enters and that
    several boxes begin (a bias worked out of learned tensors) stands where its last box is.
    """
    middles: dict[Scope, list[float]] = {}
    inside: dict[Scope, set[int]] = {}
    for box in picture.boxes():
        place = geometry.places[box.name]
        for scope in set.intersection(*(set(node.scope.ancestors()) for node in box.first)):
            middles.setdefault(scope, []).append(place.x + place.width / 2)
            inside.setdefault(scope, set()).update(node.index for node in box.nodes if scope in node.scope.ancestors())
    wrong = []
    for paths in branches(graph):
        drawn = [path for path in paths if path in middles]
        sources = {source for path in drawn for index in inside[path] for source in set(graph.nodes[index].inputs) - inside[path]}
        entered = {path for path in drawn for index in inside[path] if set(graph.nodes[index].inputs) - inside[path]}
        places = [sum(middles[path]) / len(middles[path]) if path in entered else middles[path][-1] for path in drawn]
        if len(sources) == 1 and any(right <= left for left, right in pairwise(places)):
            wrong.append(".".join(paths[0].path))
    return wrong


def curve(way: Sequence[Point], near: float = 4.0) -> list[Point]:
    """Points on a line, so close to each other that none jumps over a box or a word, however long the line."""
    knots = list(way[: len(way) - (len(way) % 3 == 2)])
    found: list[Point] = []
    for at in range(0, len(knots) - 3, 3):
        piece = knots[at : at + 4]
        steps = max(12, math.ceil(sum(math.dist(one, two) for one, two in pairwise(piece)) / near))
        found += [bezier(piece, step / steps) for step in range(steps + 1)]
    return found


def within(place: Place, point: Point, margin: float = 0.0) -> bool:
    x, y = point
    return place.x + margin < x < place.x + place.width - margin and place.y + margin < y < place.y + place.height - margin


def crossed(picture: Picture, geometry: Geometry) -> list[tuple[str, str, str]]:
    """Lines that run through a box which is none of their ends."""
    places = {box.name: geometry.places[box.name] for box in picture.boxes()}
    found = []
    for line, way in zip(picture.lines, geometry.whole(ways_in(picture, geometry)), strict=True):
        drawn = curve(way.points)
        left, top = (min(point[axis] for point in drawn) for axis in (0, 1))
        right, bottom = (max(point[axis] for point in drawn) for axis in (0, 1))
        for name, place in places.items():
            far = place.x > right or place.x + place.width < left or place.y > bottom or place.y + place.height < top
            if not far and name not in (line.tail, line.head) and any(within(place, point, 1) for point in drawn):
                found.append((line.tail, line.head, name))
    return found


def grazed(picture: Picture, geometry: Geometry) -> list[tuple[str, str, str]]:
    """Lines that pass a box which is none of their ends so close by that they seem to come out of it."""
    places = {box.name: geometry.places[box.name] for box in picture.boxes()}
    return [
        (line.tail, line.head, name)
        for line, way in zip(picture.lines, geometry.whole(ways_in(picture, geometry)), strict=True)
        for name, place in places.items()
        if name not in (line.tail, line.head) and any(within(place, point, -2) for point in curve(way.points))
    ]


def crossings(geometry: Geometry) -> int:
    """How many times lines cross. What enters a frame together is one line until it parts."""
    drawn = [curve(way.points, near=math.inf) for way in (*geometry.common.values(), *geometry.ways)]
    return sum(meet(*one, *two) for first, second in combinations(drawn, 2) for one in pairwise(first) for two in pairwise(second))


def meet(a: Point, b: Point, c: Point, d: Point) -> bool:
    """Whether two straight pieces cross."""

    def side(p: Point, q: Point, r: Point) -> float:
        return (q[0] - p[0]) * (r[1] - p[1]) - (q[1] - p[1]) * (r[0] - p[0])

    return side(a, b, c) * side(a, b, d) < 0 and side(c, d, a) * side(c, d, b) < 0


def straying(picture: Picture, geometry: Geometry) -> list[tuple[str, str]]:
    """Skips that leave the innermost frame around their end, once they are in it."""
    found = []
    for line, way in zip(picture.lines, geometry.ways, strict=True):
        frame = innermost(picture, line)
        if line.skip and frame is not None:
            place = geometry.places[frame.name]
            inside = [within(place, point) for point in curve(way.points)]
            if sum(before != after for before, after in pairwise(inside)) > 1:
                found.append((line.tail, line.head))
    return found


def innermost(picture: Picture, line: Line) -> Frame | None:
    around = [frame for frame in picture.frames() if any(box.name == line.head for box in frame.boxes())]
    return around[-1] if around else None


def label_boxes(picture: Picture, geometry: Geometry) -> list[tuple[str, Place]]:
    """The words beside lines, and where they stand."""
    found = []
    for line, way in zip(picture.lines, geometry.whole(ways_in(picture, geometry)), strict=True):
        words = f"\u00d7{line.count}" if line.count > 1 else shape_text(line.shape) if line.shape is not None else ""
        if words and way.label is not None:
            wide = width(words, POINTS["edge"])
            found.append((words, Place(way.label[0] - wide / 2, way.label[1] - 4, wide, 8)))
    return found


def misplaced(picture: Picture, geometry: Geometry) -> list[tuple[str, str, str]]:
    """Words beside a line that stand nearer to another line, so that they seem to be its."""
    found = []
    whole = geometry.whole(ways_in(picture, geometry))
    drawn = [curve(way.points, near=1.0) for way in whole]
    labelled = [number for number, (line, way) in enumerate(zip(picture.lines, whole, strict=True)) if way.label is not None]
    for number, (words, place) in zip(labelled, label_boxes(picture, geometry), strict=True):
        off = [min(_apart(place, point) for point in points) for points in drawn]
        # Of lines that part only beyond the words all are theirs.
        mine = {other for other, points in enumerate(drawn) if other == number or points[0] == drawn[number][0]}
        nearest = min((by for other, by in enumerate(off) if other not in mine), default=math.inf)
        if nearest < min(off[number] - 0.5, 6):
            found.append((picture.lines[number].tail, picture.lines[number].head, words))
    return found


def _apart(place: Place, point: Point) -> float:
    """How far a point is from a rectangle."""
    x, y = point
    return math.hypot(max(place.x - x, 0, x - place.x - place.width), max(place.y - y, 0, y - place.y - place.height))


def covered(picture: Picture, geometry: Geometry) -> list[tuple[str, str]]:
    """Words beside lines that stand on a box or on other words."""
    labels = label_boxes(picture, geometry)
    others = [*labels, *((box.name, geometry.places[box.name]) for box in picture.boxes())]
    return [
        (words, other)
        for number, (words, one) in enumerate(labels)
        for other, two in others[number + 1 :]
        if one.x + 1 < two.x + two.width
        and two.x + 1 < one.x + one.width
        and one.y + 1 < two.y + two.height
        and two.y + 1 < one.y + one.height
    ]


def touched(picture: Picture, geometry: Geometry) -> list[tuple[str, str, str]]:
    """Words beside lines that a line runs through, their own or another's."""
    drawn = [(line, curve(way.points)) for line, way in zip(picture.lines, geometry.whole(ways_in(picture, geometry)), strict=True)]
    labels = label_boxes(picture, geometry)
    return [
        (words, line.tail, line.head)
        for words, place in labels
        for line, points in drawn
        if any(within(place, point, 1) for point in points)
    ]


def struck(picture: Picture, geometry: Geometry) -> list[tuple[str, str, str]]:
    """Headings of frames that a line runs through."""
    rows = []
    for frame in picture.frames():
        at = geometry.places[frame.name]
        for number, row in enumerate(frame_rows(frame)):
            rows.append((frame.name, Place(at.x + 8, at.y + 6 + 10.5 * number, row_width(row), 9)))
    drawn = [(line, curve(way.points)) for line, way in zip(picture.lines, geometry.whole(ways_in(picture, geometry)), strict=True)]
    return [
        (name, line.tail, line.head) for name, place in rows for line, points in drawn if any(within(place, point, 1) for point in points)
    ]


def loose(picture: Picture, geometry: Geometry) -> list[tuple[str, str]]:
    """Lines that do not begin and end at what they join: at a box's border, or where a port's joint is seen."""
    found = ways_in(picture, geometry)
    pieces = [*((port.tail, port.name, geometry.common[port.name]) for port in found.ports)]
    pieces += [
        (found.start(number, line), line.head, way) for number, (line, way) in enumerate(zip(picture.lines, geometry.ways, strict=True))
    ]

    def is_at(name: str, point: Point) -> bool:
        place = geometry.places[name]
        if name in geometry.common:
            place = Place(place.x + place.width / 2, place.y, 0.0, place.height)
        return within(place, point, -4)

    return [(tail, head) for tail, head, way in pieces if not is_at(tail, way.points[0]) or not is_at(head, way.points[-1])]


def along(picture: Picture, geometry: Geometry) -> list[tuple[str, str, str, float]]:
    """Lines that run along the edge of a frame, over which they are not seen, with how far they do."""
    found = []
    frames = [(frame.name, geometry.places[frame.name]) for frame in picture.frames()]
    for line, way in zip(picture.lines, geometry.whole(ways_in(picture, geometry)), strict=True):
        for name, at in frames:
            edges = [(0, at.x, at.y, at.height), (0, at.x + at.width, at.y, at.height)]
            edges += [(1, at.y, at.x, at.width), (1, at.y + at.height, at.x, at.width)]
            for axis, place, start, size in edges:
                far = sum(
                    max(0.0, min(max(one[1 - axis], two[1 - axis]), start + size) - max(min(one[1 - axis], two[1 - axis]), start))
                    for one, two in pairwise(curve(way.points))
                    if max(abs(one[axis] - place), abs(two[axis] - place)) < 1
                    and abs(one[axis] - two[axis]) < 0.01 * abs(one[1 - axis] - two[1 - axis])  # what slants comes away from it
                )
                if far > FAR:
                    found.append((line.tail, line.head, name, round(far)))
    return found


def without_tip(root: ElementTree.Element) -> list[str]:
    """Lines that end in no arrow. The common pieces of several lines end at a port and have none."""
    edges = [group for group in root.iter(tag("g")) if re.fullmatch(r"e\d+", group.get("id", ""))]
    return [group.get("id", "") for group in edges if next(group.iter(tag("polygon")), None) is None]


def wrong(graph: Graph, picture: Picture, geometry: Geometry) -> dict[str, object]:
    """All that is wrong with the boxes and lines of a picture."""
    found: dict[str, object] = {
        "words on others": covered(picture, geometry),
        "lines through words": touched(picture, geometry),
        "lines through boxes": crossed(picture, geometry),
        "lines through headings": struck(picture, geometry),
        "lines that hang loose": loose(picture, geometry),
        "lines along the edge of a frame": along(picture, geometry),
        "skips out of their frame": straying(picture, geometry),
        "branches": [] if arms(picture).level else out_of_order(graph, picture, geometry),  # the arms of a U go before
    }
    return {name: rows for name, rows in found.items() if rows}


# ---------------------------------------------------------------------------------------------------- texts

Shape = tuple[Place, str]


def texts_of(root: ElementTree.Element) -> list[tuple[str, Place, set[str]]]:
    """Every row of text of an SVG: its words, where they stand, and the colours of its pieces."""
    found = []
    for text in root.iter(tag("text")):
        size, x, y = (float(text.attrib[name]) for name in ("font-size", "x", "y"))
        wide = float(text.get("textLength", "0"))
        left = x - {"start": 0.0, "middle": 0.5, "end": 1.0}[text.get("text-anchor", "start")] * wide
        colors = {piece.get("fill") or text.get("fill") or "#000000" for piece in (list(text) or [text])}
        found.append(("".join(text.itertext()), Place(left, y - 0.72 * size, wide, 0.72 * size), colors))
    return found


def overlapping(root: ElementTree.Element) -> list[tuple[str, str]]:
    """Rows of text that stand on one another."""
    texts = texts_of(root)
    return [
        (words, other)
        for number, (words, one, _) in enumerate(texts)
        for other, two, _ in texts[number + 1 :]
        if one.x + 0.5 < two.x + two.width
        and two.x + 0.5 < one.x + one.width
        and one.y + 0.5 < two.y + two.height
        and two.y + 0.5 < one.y + one.height
    ]


def shapes(root: ElementTree.Element) -> Iterator[Shape]:
    """What is filled, from behind to the front."""
    for element in root.iter():
        fill = element.get("fill", "none")
        if not fill.startswith("#"):
            continue
        if element.tag == tag("rect"):
            yield Place(*(float(element.attrib[name]) for name in ("x", "y", "width", "height"))), fill
        elif element.tag == tag("ellipse"):
            x, y, across, down = (float(element.attrib[name]) for name in ("cx", "cy", "rx", "ry"))
            yield Place(x - across, y - down, 2 * across, 2 * down), fill
        elif element.tag == tag("polygon"):
            points = [tuple(map(float, point.split(","))) for point in element.attrib["points"].split()]
            (x, right), (y, bottom) = ((min(row), max(row)) for row in zip(*points, strict=True))
            yield Place(x, y, right - x, bottom - y), fill


def unreadable(root: ElementTree.Element) -> list[tuple[str, str, str]]:
    """Rows of text whose colour is too near to that behind them: words, colour, ground. WCAG 2 wants 4.5."""
    filled = list(shapes(root))
    found = []
    for words, place, colors in texts_of(root):
        middle = (place.x + place.width / 2, place.y + place.height / 2)
        ground = next((fill for shape, fill in reversed(filled) if within(shape, middle)), "#ffffff")
        found += [(words, color, ground) for color in colors if color.startswith("#") and contrast(color, ground) < 4.5]
    return found
