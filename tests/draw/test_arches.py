"""A skip around a straight column is an arch: it turns to one side alone, and keeps off the words beside the lines."""

from __future__ import annotations

import math
from itertools import pairwise

import pytest

from archc.compiler.draw import Look, View, fold
from archc.compiler.draw.beside_lines import curve, label_place, through
from archc.compiler.draw.dot import Writer
from archc.compiler.draw.laid_out import geometries
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
