"""Networks of several resolutions side by side: each has a column of its own."""

from __future__ import annotations

import tracemalloc
from itertools import pairwise

import pytest

from archc.compiler.draw.fold import View, fold
from archc.compiler.draw.graphviz_json import Geometry
from archc.compiler.draw.picture import Picture
from archc.compiler.draw.scales import ONE_SCALE, scales
from archc.compiler.draw.ways import ways
from archc.compiler.driver import check
from tests.sample import only_in_campaign, sample
from tests.support import graph_of

from .checks import laid_out, touched, wrong

NESTED = """
  a0: conv(8, 3) -> maxpool(2) -> b0: conv(8, 3) -> maxpool(2) -> c0: conv(8, 3)
  concat { | skip(a0) | skip(b0) -> upsample(2) } -> a1: conv(8, 3)
  concat { | skip(b0) | skip(c0) -> upsample(2) } -> b1: conv(8, 3)
  concat { | skip(a1) | skip(b1) -> upsample(2) } -> a2: conv(8, 3)
  concat { | skip(a2) | skip(b1) -> conv(8, 3) -> upsample(2) } -> a3: conv(8, 3)
"""
U = """
  a: conv(8, 3) -> maxpool(2) -> b: conv(8, 3) -> maxpool(2) -> conv(8, 3)
  concat { | skip(b) | upsample(2) } -> conv(8, 3)
  concat { | skip(a) | upsample(2) } -> conv(8, 3)
"""
RESIDUAL = """
  add { | conv(8, 3, stride = 2) | conv(8, 1, stride = 2) }
  add { | conv(8, 3, stride = 2) | conv(8, 1, stride = 2) }
"""


@pytest.mark.parametrize("name", ["", pytest.param("unetpp", marks=pytest.mark.slow)])
def test_maps_of_one_size_stand_under_each_other_the_largest_at_the_left(name: str) -> None:
    graph = check(name).graph if name else graph_of(f"network n {{ input image[3, 32, 32]\n{NESTED}\n output a3, b1 }}")
    picture = fold(graph)
    ((_, geometry),) = laid_out(graph, [picture])
    boxes = {box.name: box for box in picture.boxes()}
    middles = []
    for column in scales(picture).columns():
        places = [geometry.places[one] for one in column if one in boxes]
        assert len({boxes[one].output[1:] for one in column if one in boxes}) == 1
        found = {place.x + place.width / 2 for place in places}
        assert max(found) - min(found) < 1
        middles.append(min(found))
    assert len(middles) == (5 if name else 3) and all(left < right for left, right in pairwise(middles))
    assert wrong(graph, picture, geometry) == {}


@pytest.mark.parametrize("text", [U, RESIDUAL])
def test_not_where_one_map_was_made_of_the_other(text: str) -> None:
    assert scales(fold(graph_of(f"network n {{ input image[3, 32, 32]\n{text} }}"))) is ONE_SCALE


def test_a_long_chain_is_looked_through_without_remembering_what_is_above_each_box() -> None:
    graph = graph_of('network n {\n  input x[8, 8, 8]\n  for i in range(2000) { "c{i}": conv(8, 1) }\n}\n')
    picture = fold(graph, View("op"))
    scales(picture)  # what is imported for it is no part of it
    tracemalloc.start()
    try:
        assert scales(picture) is ONE_SCALE
        assert tracemalloc.get_traced_memory()[1] < 20_000_000
    finally:
        tracemalloc.stop()


def middles(picture: Picture, geometry: Geometry, names: tuple[str, ...]) -> list[float]:
    """Where the boxes of a column stand."""
    boxes = {box.name for box in picture.boxes()}
    places = [geometry.places[name] for name in names if name in boxes]
    return [place.x + place.width / 2 for place in places]


STREAMS = """
block branch { conv(in.channels, 3) }
block mix takes p, q, r gives fine, mid, coarse {
  skip(p) -> a: branch
  skip(q) -> b: branch
  skip(r) -> c: branch
  add { | skip(a) | skip(b) -> upsample(2) | skip(c) -> upsample(4) } -> fine: relu
  add { | skip(a) -> maxpool(2) | skip(b) | skip(c) -> upsample(2) } -> mid: relu
  add { | skip(a) -> maxpool(4) | skip(b) -> maxpool(2) | skip(c) } -> coarse: relu
}
network n {
  input image[3, 32, 32]
  start: conv(8, 3)
  skip(start) -> s2: conv(8, 3, stride = 2)
  skip(start) -> s4: conv(8, 3, stride = 4)
  one: mix { | skip(start) | skip(s2) | skip(s4) }
  two: mix { | skip("one.fine") | skip("one.mid") | skip("one.coarse") }
  output two.fine, two.mid, two.coarse
}
"""


@pytest.mark.parametrize(
    ("name", "columns", "side"),
    [
        ("", 3, "left"),
        pytest.param("hrnet_w18", 4, "left", marks=pytest.mark.slow),
        pytest.param("efficientdet_d0", 5, "right", marks=pytest.mark.slow),  # the levels come to it from the right
        pytest.param("resnet50_fpn", 3, "left", marks=[pytest.mark.slow, only_in_campaign]),
        pytest.param("retinanet_resnet50", 3, "left", marks=pytest.mark.slow),
    ],
)
def test_streams_have_their_columns_in_every_frame_the_largest_at_one_side(name: str, columns: int, side: str) -> None:
    graph = check(name).graph if name else graph_of(STREAMS)
    picture = fold(graph)
    found = scales(picture)
    ((_, geometry),) = laid_out(graph, [picture])
    assert len(found.columns()) == columns
    for grid in found.grids.values():
        row = [middles(picture, geometry, names) for _, names in sorted(grid.columns.items(), reverse=side == "right")]
        assert all(max(left) < min(right) for left, right in pairwise(row))
    for one, two in found.successions(picture):
        assert geometry.places[one].y + geometry.places[one].height < geometry.places[two].y
    assert wrong(graph, picture, geometry) == {}


@pytest.mark.parametrize(("name", "opened"), [("", ("one", "two")), pytest.param("hrnet_w18", (), marks=pytest.mark.slow)])
def test_a_stream_goes_straight_on_from_frame_to_frame(name: str, opened: tuple[str, ...]) -> None:
    graph = check(name).graph if name else graph_of(STREAMS)
    picture = fold(graph, View(open=opened))
    ((_, geometry),) = laid_out(graph, [picture])
    found = scales(picture)
    assert len(found.grids) > 1
    for names in found.columns():
        places = middles(picture, geometry, names)
        assert max(places) - min(places) < 1


def test_a_block_of_several_streams_is_open_where_blocks_are_boxes() -> None:
    graph = graph_of(STREAMS)
    assert [(frame.scope.template, frame.count) for frame in fold(graph).frames()] == [("mix", 2)]
    assert not fold(graph, View(fold=("mix",))).frames()
    assert not fold(graph, View("stage")).frames()


LATTICE = """
block down takes p, q, r gives fine, mid, coarse {
  skip(r) -> c: conv(8, 3)
  add { | skip(q) | skip(c) -> upsample(2) } -> b: conv(8, 3)
  add { | skip(p) | skip(b) -> upsample(2) } -> fine: conv(8, 3)
  add { | skip(b) | skip(fine) -> maxpool(2) } -> mid: conv(8, 3)
  add { | skip(c) | skip(mid) -> maxpool(2) } -> coarse: relu
}
network n {
  input image[3, 32, 32]
  start: conv(8, 3)
  s2: conv(8, 3, stride = 2)
  s4: conv(8, 3, stride = 2)
  one: down { | skip(start) | skip(s2) | skip(s4) }
  two: down { | skip("one.fine") | skip("one.mid") | skip("one.coarse") }
  output two.fine, two.mid, two.coarse
}
"""


@pytest.mark.parametrize("name", ["", pytest.param("efficientdet_d0", marks=pytest.mark.slow)])
def test_what_comes_to_a_column_deep_in_a_frame_enters_it_above_the_column(name: str) -> None:
    graph = check(name).graph if name else graph_of(LATTICE)
    picture = fold(graph)
    ((_, geometry),) = laid_out(graph, [picture])
    found = ways(picture)
    seen = 0
    for frame, grid in found.scales.grids.items():
        ports = {line: port for port in found.ports if port.frame == frame for line in port.lines}
        above = []
        for _, column in sorted(grid.columns.items()):
            first = found.scales.first(column)
            numbers = [number for number, line in enumerate(picture.lines) if line.head == first and number in ports]
            assert numbers or first == column[0]
            above += [(geometry.places[ports[number].name], geometry.places[first]) for number in numbers]
        seen += len(above)
        assert all(port.y < box.y for port, box in above)
        assert len({left.x < right.x for (left, _), (right, _) in pairwise(above)}) == 1  # in the order of the columns
    assert seen >= 3
    assert wrong(graph, picture, geometry) == {}


@pytest.mark.slow
@pytest.mark.parametrize("name", sample(["unetpp", "resnet50_fpn", "retinanet_resnet50", "fcos_resnet50", "yolov3", "yolov8n"], 1, 2))
def test_no_line_runs_through_the_words_beside_another(name: str) -> None:
    graph = check(name).graph
    for picture, geometry in laid_out(graph, [fold(graph, View("block")), fold(graph, View("stage"))]):
        assert touched(picture, geometry) == []
