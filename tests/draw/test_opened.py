"""Opened blocks, as an author would draw them: branches in the order of the text, skips within their own frame, nothing struck through."""

from __future__ import annotations

from xml.etree import ElementTree

import pytest

from archc.compiler.draw import Options, View, draw_text, fold
from archc.compiler.draw.beside_lines import edges_of, overlap
from archc.compiler.draw.labels import headline
from archc.compiler.draw.paths import own_name
from archc.compiler.draw.picture import Picture
from archc.compiler.draw.ways import branches, ways
from archc.compiler.driver import check
from archc.compiler.graph.graph import Graph
from tests.support import graph_of

from .checks import along, curve, label_boxes, laid_out, loose, out_of_order, without_tip
from .test_headings import ROOM, groups, points, rows


def graph_called(name: str) -> Graph:
    return check(name).graph


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


WITHIN_EACH_OTHER = """
block residual(out) { add { | conv(out, 3) -> relu -> conv(out, 3) | skip } }
block nested(order) {
  add {
    | stay: residual(16)
    | maxpool(2) -> down: residual(16)
      if order > 1 { inner: nested(order - 1) } else { inner: residual(16) }
      upsample(2)
  }
}
network n {
  input x[16, 32, 32]
  stem: relu
  see: nested(2) -> heat: conv(16, 1)
  add { | skip(stem) | skip(heat) }
}
"""


def test_what_enters_two_frames_one_in_the_other_comes_into_the_inner_one_from_the_outer() -> None:
    """Else Graphviz, which ranks each frame by itself, sees no line into the inner one, and lets it sink to where it is read."""
    graph = graph_of(WITHIN_EACH_OTHER)
    ((picture, geometry),) = laid_out(graph, [fold(graph, View(open=("nested", "residual")))])
    found = ways(picture)
    by_name = {port.name: port for port in found.ports}
    inner = [port for port in found.ports if port.tail in by_name]
    frames = {frame.name: frame for frame in picture.frames()}
    assert [".".join(frames[port.frame].scope.path) for port in inner] == ["see.stay", "see.inner.stay"]
    assert all(set(port.lines) < set(by_name[port.tail].lines) for port in inner)
    places = geometry.places
    for port in inner:  # the ways begin beside each other
        pool = next(line.head for number, line in enumerate(picture.lines) if found.start(number, line) == port.tail and not line.skip)
        assert places[port.frame].x + places[port.frame].width < places[pool].x
        assert places[port.frame].y < places[pool].y + places[pool].height
    whole = geometry.whole(found)
    for line, way in zip(picture.lines, whole, strict=True):
        if line.tail in places and any(line is picture.lines[port.first] for port in found.ports):
            at = places[line.tail]
            assert at.x <= way.points[0][0] <= at.x + at.width and way.points[0][1] == pytest.approx(at.y + at.height, abs=2)
    assert out_of_order(graph, picture, geometry) == []


@pytest.mark.parametrize(
    ("name", "part"),
    [("resnet50", "layer1.0.downsample"), ("inception_v4", "features.6.branch2"), ("inception_v3", "Mixed_5b.branch3x3dbl_1")],
)
def test_a_line_that_is_led_anew_begins_where_the_port_is_seen(name: str, part: str) -> None:
    """A port keeps room for the heading beside it, of which nothing is seen."""
    graph = graph_called(name)
    ((picture, geometry),) = laid_out(graph, [fold(graph, View(open=(part,)))])
    assert ways(picture).ports and loose(picture, geometry) == []


@pytest.mark.parametrize("name", ["yolov3", "segnet", "googlenet", "retinanet_resnet50"])
def test_lines_keep_off_the_edges_of_frames_and_end_in_arrows(name: str) -> None:
    graph = graph_called(name)
    ((picture, geometry),) = laid_out(graph, [fold(graph)])
    assert along(picture, geometry) == []
    drawn = draw_text(graph, "svg", Options(insets=False)).data
    assert drawn is not None and without_tip(ElementTree.fromstring(drawn)) == []
    edges = [place for frame in picture.frames() for place in edges_of(geometry.places[frame.name])]
    assert [words for words, place in label_boxes(picture, geometry) if any(overlap(place, edge) for edge in edges)] == []


def test_a_line_from_a_port_is_straight_where_nothing_stands_below() -> None:
    """YOLOv3's finest map came into its neck in an S, and bowed on its way to the sum below."""
    graph = graph_called("yolov3")
    ((picture, geometry),) = laid_out(graph, [fold(graph)])
    found = ways(picture)
    skips = [number for number, line in enumerate(picture.lines) if line.skip and number in found.port_of]
    assert len(skips) == 2
    for number in skips:
        across = [x for x, _ in geometry.ways[number].points]
        assert max(across) - min(across) < 1


@pytest.mark.slow
def test_a_line_of_the_main_path_makes_no_bow_around_its_own_words() -> None:
    graph = graph_called("slowfast_r50")
    ((picture, geometry),) = laid_out(graph, [fold(graph)])
    blocks = {box.name for box in picture.boxes() if box.scope is not None and box.scope.template == "bottleneck"}
    within = [number for number, line in enumerate(picture.lines) if {line.tail, line.head} <= blocks and number in ways(picture).main]
    assert len(within) > 6
    for number in within:
        xs = [x for x, _ in geometry.ways[number].points]
        low, high = sorted((xs[0], xs[-1]))
        assert low - 8 <= min(xs) and max(xs) <= high + 8


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


BEGUN_APART = """
block pooled(out) { maxpool(3, stride = 1, pad = 1) -> conv(out, 1) }
block cell {
  add { | late: conv(8, 7) | pooled(8) | again: conv(8, 5) }
}
network n { input x[16, 8, 8]  conv(8, 1) -> cell -> relu }
"""

PARAMETER = """
network n {
  input x[16, 8, 8]
  first: relu
  add(broadcast = true) { | here: conv(8, 7) | offset: parameter([8, 8, 8]) -> sigmoid | there: conv(8, 5) }
  mul { | skip | held: parameter([8, 8, 8]) -> tanh }
}
"""


@pytest.mark.parametrize(("text", "order"), [(BEGUN_APART, ["late", "maxpool1", "again"]), (PARAMETER, ["here", "offset", "there"])])
def test_the_order_of_the_text_holds_for_a_branch_in_a_frame_and_for_one_that_begins_at_a_parameter(text: str, order: list[str]) -> None:
    graph = graph_of(text)
    picture = fold(graph, View("op", open=("pooled",)))
    assert [[picture_name(picture, name) for name in row.names] for rows in branches(picture, ways(picture)).values() for row in rows] == [
        order
    ]
    ((_, geometry),) = laid_out(graph, [picture])
    assert out_of_order(graph, picture, geometry) == []


def picture_name(picture: Picture, name: str) -> str:
    """The label that a box has in the text."""
    (box,) = [box for box in picture.boxes() if box.name == name]
    return box.main.names[-1] if box.main.names else ""


@pytest.mark.parametrize(
    ("name", "part", "told"),
    [
        ("googlenet", "inception3a", []),  # three of its branches are groups, which have no frame
        ("inception_v3", "Mixed_5b", ["branch1x1", "branch5x5_1", "branch5x5_2", "branch_pool"]),  # each step has a name of its own
    ],
)
def test_of_branches_all_have_names_or_none(name: str, part: str, told: list[str]) -> None:
    graph = check(name).graph
    boxes = [box for box in fold(graph, View(open=(part,))).boxes() if box.scope is not None and part in box.scope.path]
    first = [headline(graph, box).split()[0] for box in boxes]
    assert [word for word in first if word.startswith("branch") and word != "branch3x3dbl_1"] == told


def test_a_branch_that_holds_a_change_has_no_frame() -> None:
    """A box in a box: the branch's lines say what it is."""
    graph = check("googlenet").graph
    changed = {node.index for node in graph.nodes if node.unique.startswith("inception3a.branch2.1.")}
    marks = tuple("changed" if node.index in changed else "same" for node in graph.nodes)
    frames = [frame for frame in fold(graph, View(marks=marks, calm="same")).frames() if "inception3a" in frame.scope.path]
    assert [own_name(frame.scope) or frame.scope.template for frame in frames] == ["inception3a"]


def test_a_skip_keeps_off_the_side_of_the_frame_that_it_swings_out_to() -> None:
    graph = check("swin_t").graph
    ((picture, geometry),) = laid_out(graph, [fold(graph, View(open=("features.1.0",)))])
    (frame,) = (frame for frame in picture.frames() if frame.scope.template == "layer")
    place, held = geometry.places[frame.name], {box.name for box in frame.boxes()}
    skips = [curve(way.points) for line, way in zip(picture.lines, geometry.ways, strict=True) if line.skip and line.head in held]
    assert len(skips) == 2
    assert max(x for points in skips for x, _ in points) < place.x + place.width - 2.4
