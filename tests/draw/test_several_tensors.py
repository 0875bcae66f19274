"""A box that hands on several tensors has a line for each, with its shape: lines join where they carry the same alone."""

from __future__ import annotations

from functools import cache

import pytest

from archc.compiler.draw import View, fold
from archc.compiler.draw.page.page import to_page
from archc.compiler.draw.picture import Picture
from archc.compiler.draw.ways import ways
from archc.compiler.driver import check
from archc.compiler.graph.graph import Graph
from tests.sample import sample
from tests.support import graph_of

from .checks import laid_out, within, wrong
from .test_library import NETWORKS
from .test_page import data

TWO = """
block two(out) gives a, b {
  a: conv(out, 3) -> relu
  b: conv(out * 2, 3, stride = 2) -> relu
}
network n {
  input image[8, 32, 32]
  t: two(8)
  stage late {
    skip("t.a") -> conv(4, 3) -> x: maxpool(2)
    skip("t.a") -> y: conv(4, 3, stride = 2)
    skip("t.b") -> z: conv(4, 3)
    add { | skip(x) | skip(y) | skip(z) }
  }
}
"""


@cache
def of(name: str) -> Graph:
    return check(name).graph if name else graph_of(TWO)


def leaving(picture: Picture, title: str) -> dict[tuple[int, ...], set[str]]:
    """For each tensor of a box the shapes beside its lines."""
    name = next(box.name for box in picture.boxes() if box.scope is not None and title in (box.scope.template, box.scope.title))
    found: dict[tuple[int, ...], set[str]] = {}
    for line in picture.lines:
        if line.tail == name:
            found.setdefault(line.tensors, set()).update(["x".join(map(str, line.shape))] if line.shape is not None else [])
    return found


@pytest.mark.parametrize(
    ("name", "box", "shapes"),
    [
        ("", "two", ["8x32x32", "16x16x16"]),
        ("hrnet_w18", "transition", ["18x56x56", "36x28x28"]),
        ("lraspp_mobilenet_v3_large", "trunk", ["960x33x33", "40x65x65"]),
    ],
)
def test_each_tensor_has_its_shape_and_joins_no_other(name: str, box: str, shapes: list[str]) -> None:
    graph = of(name)
    picture = fold(graph)
    assert sorted(leaving(picture, box).values(), key=str) == sorted(({shape} for shape in shapes), key=str)
    found = ways(picture)
    assert all(len({picture.lines[number].tensors for number in port.lines}) == 1 for port in found.ports)
    assert len({port.name for port in found.ports}) == len(found.ports)
    ((_, geometry),) = laid_out(graph, [picture])
    assert wrong(graph, picture, geometry) == {}
    # Every line begins at its box, or at the port of its own tensor.
    for line, way in zip(picture.lines, geometry.whole(found), strict=True):
        at = geometry.places[line.tail]
        port = next(
            (port for port in found.ports if picture.lines.index(line) in port.lines and picture.lines[port.first] is not line), None
        )
        assert port is not None or within(at, way.points[0], -2), (line.tail, line.head)


@pytest.mark.parametrize("name", sample(NETWORKS, 0, 12))
def test_lines_of_one_port_carry_one_tensor(name: str) -> None:
    graph = check(name).graph
    for level in ("stage", "block", "op"):
        picture = fold(graph, View(level))
        if len(picture.boxes()) > 250:
            continue
        found = ways(picture)
        assert all(len({picture.lines[number].tensors for number in port.lines}) == 1 for port in found.ports)
        assert len({port.name for port in found.ports}) == len(found.ports)


@pytest.mark.parametrize("name", ["", "hrnet_w18"])
def test_on_the_page_each_leaves_the_opened_box_at_a_port_of_its_own(name: str) -> None:
    """The script leads a line from the port inside an opened box on; one that parts from another line has no beginning of its own."""
    made = to_page(of(name))
    assert isinstance(made, str)
    outer = data(made)["layouts"][0]
    for box in outer["boxes"]:
        if "i" not in box or box.get("c", 1) > 1:
            continue
        ports = {line["h"] for line in data(made)["layouts"][box["i"]]["lines"] if line["h"].startswith("out")}
        begun = {port for line in outer["lines"] if line["t"] == box["n"] and "b" not in line for port in line.get("u", [0])}
        assert begun == {int(port.removeprefix("out")) for port in ports}, box["r"]


def test_rounds_that_are_drawn_once_hand_on_one_tensor() -> None:
    """Each round of SRResNet's enlarging gives another size: the first one's is none of all."""
    picture = fold(check("srresnet").graph)
    (repeated,) = [frame for frame in picture.frames() if frame.count > 1]
    assert [line.shape for line in picture.lines if line.tail in {box.name for box in repeated.boxes()}] == [None, None]


@pytest.mark.parametrize(
    ("name", "lines"),
    [
        # From the first transition to the stage that reads both; what a third stage makes of the coarsest is told on its way to the transition.
        ("hrnet_w18", [["18x56x56", "36x28x28"], ["18x56x56", "36x28x28"]]),
        ("lraspp_mobilenet_v3_large", [["40x65x65", "960x33x33"]]),
        ("pnasnet5large", [["270x83x83", "540x42x42"]]),
    ],
)
def test_few_tensors_of_one_box_for_another_have_a_line_each(name: str, lines: list[list[str]]) -> None:
    graph = check(name).graph
    picture = fold(graph, View("stage"))
    between: dict[tuple[str, str], list[str]] = {}
    for line in picture.lines:
        if line.shape is not None:
            between.setdefault((line.tail, line.head), []).append("x".join(map(str, line.shape)))
    assert [sorted(shapes) for shapes in between.values() if len(shapes) > 1] == lines
    ((_, geometry),) = laid_out(graph, [picture])
    assert wrong(graph, picture, geometry) == {}


def test_many_tensors_are_one_line_with_their_number() -> None:
    picture = fold(check("unet").graph, View("stage"))
    assert [line.count for line in picture.lines if line.count > 1] == [4]
