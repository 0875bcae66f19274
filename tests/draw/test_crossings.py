"""Lines cross as little as the order of branches and of columns lets them."""

from __future__ import annotations

import math
from collections import Counter
from itertools import combinations, pairwise

import pytest

from archc.compiler.draw import Look, View, fold
from archc.compiler.draw.dot import Writer
from archc.compiler.draw.fan import gathering
from archc.compiler.draw.graphviz_json import Geometry
from archc.compiler.draw.laid_out import geometries
from archc.compiler.driver import check
from archc.compiler.graph.graph import Graph
from tests.sample import only_in_campaign
from tests.support import graph_of

from .checks import crossings, grazed, laid_out, meet, misplaced, out_of_order
from .checks import curve as bent


def drawn(graph: Graph, view: View, direction: str | None) -> tuple[Writer, Geometry]:
    writer = Writer(graph, fold(graph, view), Look(direction=direction))
    made = geometries([writer])
    assert isinstance(made, tuple)
    return writer, made[0]


@pytest.mark.parametrize(
    ("name", "direction", "most"),
    [
        ("yolov8n", "TB", 0),  # the lines to its three heads keep their order, and none changes sides of the column
        ("yolov8n", None, 4),  # two maps go up past two copies that come across
        ("yolov3", None, 1),
        pytest.param("efficientdet_d0", None, 30, marks=pytest.mark.slow),
    ],
)
def test_lines_of_a_neck_and_its_heads(name: str, direction: str | None, most: int) -> None:
    _, geometry = drawn(check(name).graph, View(), direction)
    assert crossings(geometry) <= most


def test_what_is_counted() -> None:
    """The copies of a U are level with its arms, and a line that joins the two ends of a column runs beside it."""
    _, geometry = drawn(check("resnet18").graph, View(open=("basic",)), "TB")
    assert crossings(geometry) == 0
    _, tangled = drawn(check("hrnet_w18").graph, View(), "TB")
    assert crossings(tangled) > 20


@pytest.mark.parametrize("direction", ["TB", "LR", "RL", "BT"])
@pytest.mark.parametrize(("name", "view"), [("googlenet", View()), ("yolov8n", View())])
def test_branches_stand_in_the_order_of_the_text_wherever_the_picture_leads(name: str, view: View, direction: str) -> None:
    """From left to right; from top to bottom where it leads across."""
    writer, geometry = drawn(check(name).graph, view, direction)
    rows = [row.names for rows in writer.beside.values() for row in rows]
    assert rows
    for row in rows:
        places = [geometry.places[one] for one in row]
        along = [place.y if direction in ("LR", "RL") else place.x for place in places]
        assert along == sorted(along) and len(set(along)) == len(along)


@pytest.mark.slow
@only_in_campaign
def test_where_a_second_look_at_crossings_would_lose_their_order_there_is_none() -> None:
    graph = check("ddpm").graph
    blocks = sorted({scope.template for scope in graph.members if scope.kind == "block" and scope.template})
    looks = set()
    for block in blocks:
        writer, geometry = drawn(graph, View(open=(block,)), None)
        looks.add(writer.looks_again)
        for row in (row for rows in writer.beside.values() for row in rows):
            along = [geometry.places[one].x for one in row.names]
            assert along == sorted(along)
    assert looks == {True, False}  # otherwise this shows nothing


@pytest.mark.slow
def test_the_streams_of_a_picture_that_leads_across_have_the_largest_at_the_top() -> None:
    writer, geometry = drawn(check("unetpp").graph, View(), "LR")
    (grid,) = writer.scales.grids.values()
    for row in grid.rows:
        along = [geometry.places[one].y for one in row]
        assert along == sorted(along)


def test_where_many_lines_change_columns_each_arrow_is_seen_to_enter_its_own_box() -> None:
    """From a row of maps to the boxes that bring them to other sizes."""
    writer, geometry = drawn(check("hrnet_w18").graph, View(), None)
    rows = {one for grid in writer.scales.grids.values() for row in grid.rows for one in row}
    ends = [
        (line.head, way.points[-1])
        for line, way in zip(writer.picture.lines, geometry.ways, strict=True)
        if line.tail in rows and line.head not in rows
    ]
    assert len(ends) > 20
    assert min(math.dist(here, there) for (one, here), (two, there) in combinations(ends, 2) if one != two) > 20


WOVEN = """
block cbr(w, k = 3) { conv(w, k) -> bn -> relu }
network n {
  input image[3, 64, 64]
  a: cbr(8)
  d1: cbr(8)
  d2: concat { | skip(d1) | skip(a) } -> c2: cbr(8)
  concat { | skip(a) | skip(d1) | skip(c2) } -> c3: cbr(8)
  concat { | skip(a) | skip(d1) | skip(c2) | skip(c3) } -> c4: cbr(8, 1)
}
"""


def test_a_skip_crosses_no_line_of_the_main_path_where_it_may_cross_another_skip() -> None:
    """Between the arrow of the main path and its shape it seemed to lead to the box below them."""
    graph = graph_of(WOVEN)
    writer, geometry = drawn(graph, View(), None)
    lines = list(zip(writer.picture.lines, geometry.ways, strict=True))
    main = [(line, bent(way.points)) for number, (line, way) in enumerate(lines) if number in writer.ways.main]
    for line, way in (pair for number, pair in enumerate(lines) if number not in writer.ways.main):
        for other, points in main:
            if not {line.tail, line.head} & {other.tail, other.head}:
                assert not any(meet(*one, *two) for one in pairwise(bent(way.points)) for two in pairwise(points)), (line.head, other.head)


def test_a_branch_in_a_frame_of_its_own_keeps_its_place_behind_one_without() -> None:
    text = "maxpool(3, stride = 1, pad = 1) -> conv(8, 1) | repeat 3 { conv(8, 3) -> relu } | skip"
    before = "add { | concat { | conv(4, 1) | conv(4, 3) -> relu } | mul { | conv(8, 3) -> sigmoid | conv(8, 3) -> tanh } | skip } -> relu"
    graph = graph_of(f"network n {{ input image[3, 32, 32]\n conv(8, 3) -> relu\n {before}\n concat {{ | {text} }}\n conv(4, 1) }}")
    picture = fold(graph, View("op"))
    ((_, geometry),) = laid_out(graph, [picture])
    assert out_of_order(graph, picture, geometry) == []


@pytest.mark.slow
@pytest.mark.parametrize("name", ["retinanet_resnet50", "fcos_resnet50", "ssd300_vgg16", "efficientdet_d0"])
def test_lines_of_many_tensors_come_down_on_the_heads_that_each_is_given_to(name: str) -> None:
    """They lay on the upper edge of a first head on their way to the second, and three of five met in a corner of that."""
    graph = check(name).graph
    writer, geometry = drawn(graph, View(), None)
    heads = gathering(writer.picture)
    assert len(heads) == 2
    ends = Counter(line.head for line in writer.picture.lines)
    many = 6 if name == "ssd300_vgg16" else 5
    assert [ends[head] for head in heads] == [many, many]
    joints = [geometry.places[port.name].y for port in writer.ways.ports if writer.picture.lines[port.first].head in heads]
    assert len(joints) == (0 if name == "efficientdet_d0" else many) and len(set(joints)) < 2, "they part level with each other"
    for head in heads:
        ways = [way.points for line, way in zip(writer.picture.lines, geometry.ways, strict=True) if line.head == head]
        arrows = [points[-1][0] for points in sorted(ways)]
        assert min(right - left for left, right in pairwise(arrows)) > 14, "each arrow is seen, and none where another is"
        assert {points[-1][1] for points in ways} == {geometry.places[head].y}, "all come in from above"
    for line, way in zip(writer.picture.lines, geometry.ways, strict=True):
        if line.head in heads:
            for name in heads - {line.head}:
                place = geometry.places[name]
                along = [x for x, y in bent(way.points) if place.x < x < place.x + place.width and abs(y - place.y) < 4]
                assert max(along, default=0) - min(along, default=0) < place.width / 5


@pytest.mark.parametrize("name", ["hrnet_w18", "ddpm"])
def test_no_line_passes_a_box_of_others_so_close_that_it_seems_to_come_out_of_it(name: str) -> None:
    graph = check(name).graph
    ((picture, geometry),) = laid_out(graph, [fold(graph)])
    assert grazed(picture, geometry) == []


@pytest.mark.parametrize("name", ["hrnet_w18", "unetpp"])
def test_words_beside_a_line_stand_nearer_to_it_than_to_any_other(name: str) -> None:
    """HRNet's `72\u00d714\u00d714`, which a short line across brings, stood at the line of the 36 channels that goes down there."""
    graph = check(name).graph
    ((picture, geometry),) = laid_out(graph, [fold(graph)])
    assert misplaced(picture, geometry) == []
