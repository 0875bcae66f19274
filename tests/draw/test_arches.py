"""A skip around a straight column is an arch: it turns to one side alone, and keeps off the words beside the lines."""

from __future__ import annotations

import math
import re
from itertools import pairwise

import pytest

from archc.compiler.draw import Look, Options, View, draw_text, fold
from archc.compiler.draw.beside_lines import curve, label_place, through
from archc.compiler.draw.dot import Writer
from archc.compiler.draw.laid_out import geometries
from archc.compiler.driver import check
from tests.support import graph_of

SMALL = """network small(width = 32) {
  input image[3, 32, 32]
  conv(width, 3) -> bn -> relu
  add { | conv(width, 3) -> bn -> relu -> conv(width, 3) -> bn | skip } -> relu
  global_avgpool -> flatten -> linear(10)
}"""
LONGER = SMALL.replace("relu -> conv(width, 3) -> bn | skip", "relu -> conv(128, 1) -> lrn(5) -> conv(width, 3) -> bn | skip")


def turned(points: list[tuple[float, float]]) -> tuple[float, float]:
    """How far a curve turns to either side, in degrees."""
    headings = [math.atan2(y1 - y0, x1 - x0) for (x0, y0), (x1, y1) in pairwise(points) if math.hypot(x1 - x0, y1 - y0) > 0.3]
    turns = [math.degrees(math.remainder(two - one, math.tau)) for one, two in pairwise(headings)]
    return sum(turn for turn in turns if turn > 0), -sum(turn for turn in turns if turn < 0)


@pytest.mark.parametrize("direction", ["TB", "LR", "BT", "RL"])
@pytest.mark.parametrize("text", [SMALL, LONGER], ids=["small", "longer"])
def test_a_plain_skip_is_an_arch(text: str, direction: str) -> None:
    graph = graph_of(text)
    writer = Writer(graph, fold(graph, View()), Look(direction=direction))
    made = geometries([writer])
    assert isinstance(made, tuple)
    geometry = made[0]
    (number,) = [number for number, line in enumerate(writer.picture.lines) if line.skip]
    points = curve(geometry.ways[number].points)
    assert min(turned(points)) < 40, "no S"
    line = writer.picture.lines[number]
    boxes = [place for name, place in geometry.places.items() if name not in (line.tail, line.head)]
    words = [
        place for other, way in zip(writer.picture.lines, geometry.ways, strict=True) if (place := label_place(other, way)) is not None
    ]
    assert not any(through(points, place, 1) for place in (*boxes, *words))


@pytest.mark.parametrize("name", ["googlenet", "inception_v4", "googlenet_naive"])
def test_lines_into_the_branches_of_an_inset_end_without_a_hook(name: str) -> None:
    """No line ends in a short piece that leads elsewhere: its arrow would lie askew at a corner of the box."""
    text = draw_text(check(name).graph, "svg", Options(insets=True)).data.decode()
    paths = re.findall(r'<path fill="none" stroke="[^"]*" stroke-width="0.9" d="([^"]*)"', text)
    assert len(paths) > 20
    for path in paths:
        points = [(float(x), float(y)) for x, y in re.findall(r"(-?[\d.]+),(-?[\d.]+)", path)]
        if len(points) > 4 and math.dist(points[-4], points[-1]) < 8:
            before, last = (math.atan2(y1 - y0, x1 - x0) for (x0, y0), (x1, y1) in ((points[-7], points[-4]), (points[-4], points[-1])))
            assert abs(math.degrees(math.remainder(last - before, math.tau))) < 15, path
