"""What a folded block says: that it has a skip, which of two like ones it is, and what comes over and over once."""

from __future__ import annotations

import math
import re

import pytest

from archc.compiler.draw import Look, View, draw_text, fold, to_dot
from archc.compiler.draw.dot import Writer
from archc.compiler.draw.graphviz_json import lay_out
from archc.compiler.draw.labels import box_rows, frame_rows, has_skip
from archc.compiler.draw.laid_out import geometries
from archc.compiler.draw.picture import Box, Frame, Picture
from archc.compiler.draw.several import several
from archc.compiler.draw.style import LIGHT
from archc.compiler.driver import check
from archc.compiler.graph.graph import Graph
from tests.support import graph_of

from .checks import curve, laid_out

BLOCKS = """
block plain(out) { conv(out, 3) -> relu }
block residual(out) { add { | skip | conv(out, 3) -> relu -> conv(out, 3) } -> relu }
block projected(out) { add { | conv(out, 1) | conv(out, 3) -> relu } }
block dense(more) { concat { | skip | conv(more, 3) } }
block layer(out) { add { | skip | conv(out, 3) } -> add { | skip | conv(out, 1) } }
network n {
  input x[8, 16, 16]
  a: plain(16) -> b: residual(16) -> c: projected(16) -> d: dense(4) -> e: layer(20)
}
"""


def marked(graph: Graph, picture: Picture) -> set[str]:
    dot = to_dot(graph, picture)
    return {box.main.scope.path[0] for box in picture.boxes() if f"{box.name} -> {box.name} [" in dot}


def test_a_block_that_its_sum_tells_as_a_chain_has_the_mark_of_its_skip() -> None:
    graph = graph_of(BLOCKS)
    assert marked(graph, fold(graph)) == {"b"}
    assert marked(graph, fold(graph, View(open=("residual",)))) == set()


def test_a_projection_on_a_skip_is_added_and_not_joined() -> None:
    text = BLOCKS.replace("block layer", "block joined { concat { | conv(20, 1) | conv(4, 3) } -> conv(20, 1) }\nblock layer")
    graph = graph_of(text.replace("-> e:", "-> g: joined -> e:"))
    told = {box.scope.path[0]: texts(graph, box)[1:] for box in fold(graph).boxes() if box.scope is not None}
    assert told["c"] == ["| 1x1, 16", "+ 3x3, 16"]
    assert told["g"] == ["| 1x1, 20", "| 3x3, 4", "1x1, 20"]


def test_a_block_that_joins_or_scales_what_it_was_given_says_so() -> None:
    """The mark is that of a sum."""
    text = BLOCKS.replace("block layer", "block gate { mul { | skip | conv(20, 1) -> sigmoid } }\nblock layer")
    graph = graph_of(text.replace("-> e:", "-> g: gate -> e:"))
    told = {box.scope.path[0]: texts(graph, box)[-1] for box in fold(graph).boxes() if box.scope is not None}
    assert (told["b"], told["d"], told["g"]) == ("3x3, 16 \u2192 3x3, 16", "concat(3x3, 4)", "\u00d7(1x1, 20)")


def test_the_mark_stands_beside_its_box_and_is_no_line_of_the_network() -> None:
    graph = graph_of(BLOCKS)
    picture = fold(graph)
    made = lay_out([to_dot(graph, picture)])
    assert isinstance(made, tuple)
    (geometry,) = made
    assert len(geometry.ways) == len(picture.lines)
    (box,) = [box for box in picture.boxes() if box.main.scope.path[:1] == ("b",)]
    place, way = geometry.places[box.name], geometry.common[f"{box.name}_skip"]
    assert all(x >= place.x + place.width - 1 and place.y <= y <= place.y + place.height for x, y in way.points)
    tikz = draw_text(graph, "tex").data
    assert tikz is not None and tikz.count(b"draw[own skip]") == 1


def texts(graph: Graph, box: Box) -> list[str]:
    return ["".join(words.text for words in row) for row in box_rows(graph, box)]


def test_plain_and_shifted_layers_fold_as_pairs_and_say_which_they_are() -> None:
    graph = check("swin_t").graph
    (pair,) = [frame for frame in fold(graph).frames() if frame.count > 1]
    assert pair.count == 3
    assert [texts(graph, box)[:2] for box in pair.boxes()] == [["layer", "shift 0"], ["layer", "shift 3"]]
    assert len([box for box in fold(graph).boxes() if box.apart == "shift 3"]) == 3
    assert all(len(box.nodes) == 3 * len(box.first) for box in pair.boxes())
    beside = [
        box
        for box in fold(graph, View(open=("features.1.0",))).boxes()
        if box.scope is not None and box.scope.path == ("features", "1", "1")
    ]
    assert [box.apart for box in beside] == ["shift 3"], "beside one that is opened, too"


TURNS = """
block step(out, kernel) { conv(out, kernel) -> relu }
network n {
  input x[8, 16, 16]
  repeat TIMES as i { step(8, 3) -> step(8, 5) }
  LAST
}
"""


@pytest.mark.parametrize(("times", "last", "frames", "boxes"), [(1, "", 0, 4), (2, "", 1, 4), (4, "step(8, 3)", 1, 5), (3, "relu", 1, 5)])
def test_only_what_takes_turns_twice_is_a_pair(times: int, last: str, frames: int, boxes: int) -> None:
    graph = graph_of(TURNS.replace("TIMES", str(times)).replace("LAST", last))
    picture = fold(graph)
    found = [item for item in picture.frames() if isinstance(item, Frame)]
    assert (len(found), len(picture.boxes())) == (frames, boxes)
    assert [frame.count for frame in found] == [times] * frames
    edges = sorted((producer.index, user.index, operand) for producer, user, operand in graph.edges())
    assert sorted([edge for line in picture.lines for edge in line.edges] + list(picture.hidden)) == edges


def test_calls_that_differ_in_what_is_seen_are_not_told_apart() -> None:
    graph = graph_of(TURNS.replace("TIMES", "2").replace("LAST", ""))
    assert {box.apart for box in fold(graph).boxes()} == {""}  # their sums say `3x3` and `5x5`


def test_calls_in_a_row_tell_all_values_by_which_they_are_told_apart() -> None:
    text = """
block step(first, wide) { conv(wide, 3) -> relu }
network n {
  input x[8, 16, 16]
  for i in range(3) { step([0, 8, 4][i], 8) }
  maxpool(2)
  step(24, 8)
  maxpool(2)
  for i in range(4) { step(8 * i, 8) }
}
"""
    graph = graph_of(text)
    assert [(box.count, box.apart) for box in fold(graph).boxes() if box.scope is not None] == [
        (3, "first 0 or 8 or 4"),
        (1, "first 24"),
        (4, "first 0 \u2026 24"),
    ]


@pytest.mark.parametrize(
    ("values", "told"),
    [
        (("8", "8"), "8"),
        (("64", "32", "32", "4"), "64\u20264"),
        (("16", "4", "16"), "16 or 4"),
        (("0", "0.1", "0.25"), "0\u20260.25"),
        (("7", "1", "9", "2", "8", "7"), "7 or 1 or 9 or \u2026"),
        (("3x3, 8", "3x3, 16"), "3x3, 8\u20263x3, 16"),
        (("3x3, 8", "5x5, 4"), "3x3, 8\u20265x5, 4"),
        (("3x3, 8", "3x3, 8, /2"), "3x3, 8 or 3x3, 8, /2"),
        (("left", "right"), "left or right"),
    ],
)
def test_a_range_is_told_of_what_rises_or_falls_alone(values: tuple[str, ...], told: str) -> None:
    assert several(values) == told


@pytest.mark.parametrize(("text", "told"), [("repeat 2 { cbr -> cbr }", "5 \u00d7 cbr"), ("repeat 2 { add { | cbr -> cbr | skip } }", "5 \u00d7 cbr"),
                                            ("repeat 2 { other -> cbr -> relu }", "tower"), ("conv(8, 1) -> relu", "tower")])  # fmt: skip
def test_a_heading_counts_the_calls_in_repeats_too(text: str, told: str) -> None:
    blocks = "block cbr { conv(8, 3) -> bn -> relu }\nblock other { conv(8, 1) -> relu }\n"
    graph = graph_of(f"{blocks}network n {{ input x[8, 16, 16] tower: {{ cbr\n {text} }}\n conv(3, 1) }}")
    picture = fold(graph, View(open=("tower",)))
    (frame,) = [frame for frame in picture.frames() if frame.scope.names == ("tower",)]
    assert "".join(words.text for words in frame_rows(frame)[-1]) == told


LONG = """
block long(out) { ROWS }
network n { input x[8, 16, 16]
  long(8)
 }
"""


@pytest.mark.parametrize(
    ("rows", "expected"),
    [
        (" -> ".join(["conv(8, 3)"] * 2), ["3x3, 8 \u2192 3x3, 8"]),
        (" -> ".join(["conv(8, 3)"] * 14), ["3x3, 8 \u00d714"]),
        (" -> ".join(["conv(8, 1) -> conv(8, 3)"] * 9), ["(1x1, 8 \u2192 3x3, 8) \u00d79"]),
        (
            " -> ".join(["conv(4, 7)", *["conv(8, 1) -> conv(8, 3)"] * 6, "conv(2, 5)"]),
            ["7x7, 4 \u2192 (1x1, 8 \u2192 3x3, 8) \u00d76 \u2192 5x5, 2"],
        ),
    ],
)
def test_what_comes_over_and_over_in_a_long_sum_is_told_once(rows: str, expected: list[str]) -> None:
    graph = graph_of(LONG.replace("ROWS", rows))
    (box,) = [box for box in fold(graph).boxes() if box.scope is not None]
    assert texts(graph, box)[1:] == expected


def test_a_size_that_is_taken_from_a_map_makes_no_u() -> None:
    graph = check("deeplabv3").graph
    picture = fold(graph, View("op"))
    dot = to_dot(graph, picture, Look())
    assert "dir=back" not in dot


def test_a_group_that_has_but_a_number_has_no_frame() -> None:
    for name, block in (("swin_t", "layer"), ("maxvit_t", "parted")):
        frames = fold(check(name).graph, View(open=(block,))).frames()
        assert [frame for frame in frames if frame.scope.kind == "group" and frame.scope.names[-1].isdecimal()] == []
        assert [
            frame
            for frame in frames
            if len(frame.items) == 1 and isinstance(frame.items[0], Frame) and frame.items[0].scope.kind == "group"
        ] == []


@pytest.mark.parametrize("form", ["a", "b"])
@pytest.mark.parametrize("opened", ["", "layer1.0", "layer2.1", "transform"])
def test_beneath_a_long_heading_the_main_line_stays_straight_beside_the_marks_of_skips(form: str, opened: str) -> None:
    """They make a frame wider at one side: the line then came in through the heading, and was led around it."""
    graph = check("resnext50", settings={"form": form}).graph
    picture = fold(graph, View(open=(opened,) if opened else ()))
    writer = Writer(graph, picture, Look())
    made = geometries([writer])
    assert isinstance(made, tuple)
    (geometry,) = made
    around = {box.name: frame.name for frame in picture.frames() for box in frame.boxes()}
    seen = 0
    main = [box.name for box in picture.boxes() if box.scope is None and box.main.operation.family == "convolution"]
    for number, (line, way) in enumerate(zip(picture.lines, geometry.whole(writer.ways), strict=True)):
        if number in writer.ways.main and (around.get(line.tail) != around.get(line.head) or {line.tail, line.head} <= {*main}):
            assert max(x for x, _ in way.points) - min(x for x, _ in way.points) < 0.5, (line.tail, line.head)
            seen += 1
    assert seen >= 5


def test_the_mark_of_a_widened_box_stands_beside_it_too() -> None:
    """As wide as its stage's heading, and a row high: Graphviz led the mark out above the box and in beneath, through its outline."""
    graph = check("resnet18").graph
    picture = fold(graph)
    ((_, geometry),) = laid_out(graph, [picture], Look(plain=True))
    marked = [box for box in picture.boxes() if box.scope is not None and has_skip(graph, box.scope)]
    assert len(marked) == 4
    for box in marked:
        place, way = geometry.places[box.name], geometry.common[f"{box.name}_skip"]
        assert min(x for x, _ in way.points) > place.x + place.width - 1
        assert place.y < min(y for _, y in way.points) < max(y for _, y in way.points) < place.y + place.height


@pytest.mark.parametrize("name", ["vnet", "ddpm"])
def test_the_mark_of_a_skip_is_on_no_line_and_leads_where_the_flow_does(name: str) -> None:
    """A V-Net's skips left through the marks of their blocks, and the marks of its arm that goes up led down."""
    graph = check(name).graph
    ((picture, geometry),) = laid_out(graph, [fold(graph)])
    lines = [point for way in geometry.ways for point in curve(way.points, near=1.0)]
    entered = {line.head: way.points[-1] for line, way in zip(picture.lines, geometry.ways, strict=True) if not line.skip}
    for box in picture.boxes():
        mark, place = geometry.common.get(f"{box.name}_skip"), geometry.places[box.name]
        if mark is None:
            continue
        assert min(math.dist(one, two) for one in curve(mark.points, near=1.0) for two in lines) > 1.8, box.name
        upward = entered[box.name][1] > place.y + place.height / 2
        assert (mark.points[-1][1] < mark.points[0][1]) == upward, box.name
        assert place.y < min(y for _, y in mark.points) < max(y for _, y in mark.points) < place.y + place.height


def test_where_one_line_goes_on_into_a_frame_no_dot_is_on_it() -> None:
    """A port of one line is as wide as the line, and of its colour."""
    graph = check("yolov3").graph
    writer = Writer(graph, fold(graph), Look())
    text = writer.write()
    joints = dict(re.findall(r'^\s*(\w+) \[.*WIDTH="([12])" HEIGHT="2" BGCOLOR', text, re.MULTILINE))
    for port in writer.ways.ports:
        assert joints[port.name] == ("2" if writer.ways.parts_at(port) else "1")
    assert set(joints.values()) == {"1"} and text.count(f'HEIGHT="2" BGCOLOR="{LIGHT.skip}"') == 2
