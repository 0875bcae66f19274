"""Accepted sizes against what the compiler says of every size."""

from __future__ import annotations

import pytest

from archc.compiler.analysis.sizes import sizes, sizes_json, sizes_table
from archc.compiler.driver import check_source
from archc.compiler.graph import Graph
from archc.dsl.source import Source

from .texts import graph_of, shipped

TEXTS = {
    "strides": "conv(4, 7, stride = 2, pad = 0) -> conv(4, 3, stride = 2, pad = 0) -> maxpool(2) -> conv(4, 3, pad = 0)",
    "u": "e: conv(4, 3) -> maxpool(2)\n f: conv(4, 3) -> maxpool(2) -> conv(4, 3)\n"
    " concat { | deconv(4, 2, stride = 2)\n | skip(f) } -> conv(4, 3)\n concat { | deconv(4, 2, stride = 2)\n | skip(e) } -> conv(2, 1)",
    "ceil": "add { | conv(4, 3, stride = 2)\n | maxpool(2, stride = 2, ceil = true) -> conv(4, 1) }",
    "floor": "add { | conv(4, 3, stride = 2)\n | maxpool(2, stride = 2) -> conv(4, 1) }",
    "off": "add { | conv(4, 4, stride = 3, pad = 0)\n | conv(4, 5, stride = 3, pad = 0) }",
    "grid": "avgpool(5, stride = 3) -> conv(4, 3, pad = 0) -> deconv(4, 3, stride = 3) -> avgpool(4, stride = 2)",
    "pooled": "conv(4, 3, stride = 2) -> global_avgpool -> flatten -> linear(3)",
}


def text_of(name: str, height: int, width: int) -> str:
    return f"network n {{ input x[3, {height}, {width}]\n {TEXTS[name]} }}"


@pytest.mark.parametrize("name", TEXTS)
def test_as_elaboration_says_at_each_size(name: str) -> None:
    graph = graph_of(text_of(name, 48, 48))
    height, width = sizes(graph)
    for size in range(1, 150):
        accepted = check_source(Source.of("t.arch", text_of(name, size, 48))).program is not None
        assert (size in height.compiled) is accepted, size
    assert height.compiled == width.compiled
    assert height.built == height.compiled and height.fixed_by == ""


def test_axes_are_told_apart() -> None:
    graph = graph_of("network n { input x[3, 40, 40] conv(4, 3x5, pad = 0) -> maxpool(1x4) -> deconv(4, 1x4, stride = 1x4) -> avgpool(2x1) }")
    height, width = sizes(graph)
    assert (height.axis, height.compiled.smallest, width.axis, width.compiled.smallest) == ("height", 4, "width", 8)


def test_a_linear_layer_fixes_the_built_module() -> None:
    graph = shipped("alexnet")
    height, _ = sizes(graph)
    assert height.fixed_by == "classifier.0.linear1"
    assert str(height.built) == "223 to 254" and height.compiled.smallest == 63
    assert 224 in height.built and 222 not in height.built and 222 in height.compiled


def test_words() -> None:
    def words(graph: Graph) -> list[str]:
        return [str(axis.built) for axis in sizes(graph)]

    assert words(shipped("resnet50")) == ["every size from 1"] * 2
    assert words(shipped("unet")) == ["multiples of 16 from 16"] * 2
    assert words(graph_of(text_of("floor", 48, 48))) == ["multiples of 2 from 2"] * 2
    assert words(graph_of(text_of("off", 48, 48))) == ["from 5, sizes that leave 0, 2 when divided by 3"] * 2
    assert sizes(graph_of("network n { input x[8] linear(2) }")) == ()


def test_signals_and_several_inputs() -> None:
    graph = graph_of("network n { input a[2, 32] input b[2, 32]\n add { | skip(a)\n | skip(b) } }")
    rows = sizes(graph)
    assert [(row.input, row.axis, str(row.built)) for row in rows] == [("a", "length", "32"), ("b", "length", "32")]


def test_inception_s_smallest() -> None:
    height, _ = sizes(shipped("inception_v3"))
    assert height.built.smallest == 75
    document = sizes_json("inception_v3", (height,))
    assert document["version"] == 1
    assert "every size from 75" in sizes_table("inception_v3", (height,)).text()
