"""Opened blocks, as an author would draw them: branches in the order of the text, skips within their own frame, nothing struck through."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import groupby, pairwise
from xml.etree import ElementTree

import pytest

from archc.compiler.draw import Options, View, draw_text, fold, to_dot
from archc.compiler.draw.font import width
from archc.compiler.draw.graphviz_json import Geometry, Place, Point, lay_out
from archc.compiler.draw.labels import shape_text
from archc.compiler.draw.picture import Frame, Line, Picture
from archc.compiler.draw.style import POINTS
from archc.compiler.draw.u_shape import arms
from archc.compiler.draw.ways import ways
from archc.compiler.driver import check
from archc.compiler.files.locate import shipped
from archc.compiler.graph.graph import Graph
from archc.compiler.graph.program import Scope
from tests.sample import EVERYTHING
from tests.support import graph_of

from .test_headings import ROOM, bezier, groups, points, rows

FEW = ("googlenet", "resnext50")
MORE = (
    "inception_v4", "inception_resnet_v1", "densenet121", "efficientnet_b0", "mobilenet_v3_large", "res2net50_26w_4s", "resnet50_fpn",
    "dpn68", "resnest50d", "seresnext50_32x4d", "shufflenet_v2_x1_0", "squeezenet1_1", "unet", "vit_b_16",
)  # fmt: skip
# Skips past their frame: Graphviz draws a short skip beside wide frames as a bow.
BULGES = {
    "mobilenet_v3_large": {("n1", "n9")},
    "mobilenet_v3": {("n1", "n9")},
    "lraspp_mobilenet_v3_large": {("n39", "n55"), ("n118", "n134"), ("n147", "n163")},
    "convnextv2_atto": {("n161", "n171")},
    "hrnet_w18": {("n49", "n88")},
    "yolov8n": {("n118", "n128"), ("n136", "n146"), ("n154", "n164")},
    "cspdarknet53": {("n11", "n18"), ("n33", "n40"), ("n62", "n69"), ("n133", "n140"), ("n204", "n211")},
}
LARGEST = 250  # boxes; a larger picture is none that anybody looks at


def opened(graph: Graph) -> list[Picture]:
    """The network with each of its blocks opened alone, and with all operations."""
    blocks = sorted({scope.template for scope in graph.members if scope.kind == "block" and scope.template})
    pictures = [fold(graph, View(open=(name,))) for name in blocks] + [fold(graph, View("op"))]
    return [picture for picture in pictures if len(picture.boxes()) <= LARGEST]


def laid_out(graph: Graph, pictures: Sequence[Picture]) -> list[tuple[Picture, Geometry]]:
    made = lay_out([to_dot(graph, picture) for picture in pictures])
    assert isinstance(made, tuple)
    return list(zip(pictures, made, strict=True))


def graph_called(name: str) -> Graph:
    return check(name).graph


def branches(graph: Graph) -> Iterator[list[Scope]]:
    """The paths of each merge."""
    for members in graph.members.values():
        for is_path, run in groupby(members, lambda member: isinstance(member, Scope) and member.kind == "path"):
            if is_path:
                yield [member for member in run if isinstance(member, Scope)]


def out_of_order(graph: Graph, picture: Picture, geometry: Geometry) -> list[str]:
    """Merges one of whose branches stands left of an earlier one. A branch stands where the middle of its boxes is.

    Paths that more than one tensor enters are no branches: they are woven into what is around them.
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
        places = [sum(middles[path]) / len(middles[path]) for path in drawn]
        if len(sources) == 1 and any(right <= left for left, right in pairwise(places)):
            wrong.append(".".join(paths[0].path))
    return wrong


def curve(way: Sequence[Point]) -> list[Point]:
    knots = list(way[: len(way) - (len(way) % 3 == 2)])
    return [bezier(knots[at : at + 4], step / 12) for at in range(0, len(knots) - 3, 3) for step in range(13)]


def within(place: Place, point: Point, margin: float = 0.0) -> bool:
    x, y = point
    return place.x + margin < x < place.x + place.width - margin and place.y + margin < y < place.y + place.height - margin


def crossed(picture: Picture, geometry: Geometry) -> list[tuple[str, str, str]]:
    """Lines that run through a box which is none of their ends."""
    places = {box.name: geometry.places[box.name] for box in picture.boxes()}
    found = []
    for line, way in zip(picture.lines, geometry.whole(ways(picture, arms(picture))), strict=True):
        drawn = curve(way.points)
        left, top = (min(point[axis] for point in drawn) for axis in (0, 1))
        right, bottom = (max(point[axis] for point in drawn) for axis in (0, 1))
        for name, place in places.items():
            far = place.x > right or place.x + place.width < left or place.y > bottom or place.y + place.height < top
            if not far and name not in (line.tail, line.head) and any(within(place, point, 1) for point in drawn):
                found.append((line.tail, line.head, name))
    return found


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
    for line, way in zip(picture.lines, geometry.whole(ways(picture, arms(picture))), strict=True):
        words = f"\u00d7{line.count}" if line.count > 1 else shape_text(line.shape) if line.shape is not None else ""
        if words and way.label is not None:
            wide = width(words, POINTS["edge"])
            found.append((words, Place(way.label[0] - wide / 2, way.label[1] - 4, wide, 8)))
    return found


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


WOVEN_UP = ("ddpm",)  # a vector goes to every block of a U: opened, its lines cross boxes
OTHERS = [name for name in shipped() if check(name).program is not None and name not in (*FEW, *MORE, *WOVEN_UP)] if EVERYTHING else []


@pytest.mark.parametrize("name", [*FEW, *(pytest.param(name, marks=pytest.mark.slow) for name in (*MORE, *OTHERS))])
def test_branches_stand_in_the_order_of_the_text_and_no_line_strays(name: str) -> None:
    graph = graph_called(name)
    for picture, geometry in laid_out(graph, opened(graph)):
        if not arms(picture).level:  # the arms of a U go before
            assert out_of_order(graph, picture, geometry) == []
        assert covered(picture, geometry) == []
        assert crossed(picture, geometry) == []
        assert [row for row in straying(picture, geometry) if row not in BULGES.get(name, ())] == []


@pytest.mark.parametrize(("name", "block"), [("googlenet", "inception"), ("resnet18", "basic"), ("inception_v4", "inception_c")])
def test_no_line_crosses_the_heading_of_an_opened_block(name: str, block: str) -> None:
    graph = graph_called(name)
    drawn = draw_text(graph, "svg", Options(open=(block,))).data
    assert drawn is not None
    root = ElementTree.fromstring(drawn)
    struck = [point for line in groups(root, "edge") for point in points(line)]
    for frame in groups(root, "cluster"):
        for left, top, right, bottom in rows(frame):
            assert not [(x, y) for x, y in struck if left < x < right + ROOM and top < y < bottom], "".join(frame.itertext())


def test_a_branch_has_no_frame() -> None:
    graph = graph_called("googlenet")
    for view in (View(open=("inception3a",)), View("op")):
        kinds = {frame.scope.kind for frame in fold(graph, view).frames()}
        assert kinds == {"stage", "block"} | ({"aux"} if view.level == "op" else set())


WOVEN = """
block woven {
  concat { | a: conv(8, 1) | b: conv(8, 3) | c: conv(8, 5) | d: conv(8, 7) } -> all: conv(8, 1)
  m: add { | skip(a) | skip(c) } -> x: conv(8, 3)
  n: add { | skip(b) | skip(d) } -> y: conv(8, 3)
  concat { | skip(all) | skip(x) | skip(y) }
}
network n { input x[16, 8, 8]  relu -> woven -> relu }
"""


def test_the_order_of_the_text_holds_where_another_has_fewer_crossings() -> None:
    graph = graph_of(WOVEN)
    ((picture, geometry),) = laid_out(graph, [fold(graph, View(open=("woven",)))])
    assert out_of_order(graph, picture, geometry) == []
    places = [geometry.places[box.name] for box in picture.boxes() if box.main.names[-1] in tuple("abcd")]
    assert len(places) == 4 and [place.x for place in places] == sorted(place.x for place in places)
    assert len({place.y + place.height / 2 for place in places}) == 1


TWO_SKIPS = """
block plain(out) { add { | conv(out, 3) -> bn -> relu -> conv(out, 3) -> bn | skip } -> relu }
network n {
  input x[16, 8, 8]
  conv(16, 3)
  stage a { repeat 3 { plain(16) } }
}
"""


def test_a_skip_starts_in_the_frame_of_its_block_whatever_came_before() -> None:
    picture = fold(graph_of(TWO_SKIPS), View(open=("plain",)))
    (skip,) = [number for number, line in enumerate(picture.lines) if line.skip]
    (port,) = ways(picture).ports
    (block,) = [frame for frame in picture.frames() if frame.scope.kind == "block"]
    assert port.frame == block.name and skip in port.lines and len(port.lines) == 2
    assert not [line for line in picture.lines if line.tail == port.name or line.head == port.name]


def test_the_main_path_is_a_straight_line() -> None:
    """In the opened block of a residual network the layers stand under each other, the projection beside them."""
    graph = graph_called("resnext50")
    ((picture, geometry),) = laid_out(graph, [fold(graph, View(open=("bottleneck",)))])
    main = [picture.lines[number] for number in ways(picture).main]
    assert len(main) > 20
    for line in main:
        tail, head = geometry.places[line.tail], geometry.places[line.head]
        assert abs(tail.x + tail.width / 2 - head.x - head.width / 2) < 1
    beside = {box.name for box in picture.boxes() if box.scope is not None}
    assert len(beside) == 4 and not beside & {line.tail for line in main}
