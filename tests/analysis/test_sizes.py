"""Accepted sizes against what the compiler says of every size."""

from __future__ import annotations

from collections.abc import Mapping

import pytest
import torch

from archc.compiler.analysis.sizes import Axis, sizes, sizes_json, sizes_table
from archc.compiler.graph.graph import Graph
from archc.compiler.ops.base import Shape
from tests.sample import EVERYTHING
from tests.support import checked

from .built import built
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
    for size in range(1, 150 if EVERYTHING else 75):
        accepted = checked(text_of(name, size, 48), "t.arch").program is not None
        assert (size in height.compiled) is accepted, size
    assert height.compiled == width.compiled
    assert height.built == height.compiled and height.fixed_by == ""


def test_axes_are_told_apart() -> None:
    graph = graph_of(
        "network n { input x[3, 40, 40] conv(4, 3x5, pad = 0) -> maxpool(1x4) -> deconv(4, 1x4, stride = 1x4) -> avgpool(2x1) }"
    )
    height, width = sizes(graph)
    assert (height.axis, height.compiled.smallest, width.axis, width.compiled.smallest) == ("height", 4, "width", 8)


def test_a_linear_layer_fixes_the_built_module() -> None:
    graph = shipped("alexnet")
    height, _ = sizes(graph)
    assert height.fixed_by == "classifier.0.linear1"
    assert str(height.built) == "223 to 254" and height.compiled.smallest == 63
    assert 224 in height.built and 222 not in height.built and 222 in height.compiled


@pytest.mark.slow
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
    rows = [(row.inputs, row.axis, str(row.built)) for row in sizes(graph)]
    assert rows == [(("a", "b"), "channels", "every size from 1"), (("a", "b"), "length", "every size from 1")]
    assert "a and b must agree: they are varied together." in sizes_table("n", sizes(graph)).text()


WITH_HOLES = {
    "token ids": "input ids[{0}]\n embedding(100, 16) -> permute([1, 0]) -> conv(8) -> maxpool(2) -> global_maxpool -> flatten -> linear(4)",
    "attention over ids": "input ids[{0}]\n embedding(100, 16) -> attention(2) -> linear(4)",
    "a learned place": "input ids[{0}]\n embedding(100, 16) -> position_embedding -> attention(2)",
    "a sequence": "input x[length = {0}, channels = 8]\n attention(2) -> ln -> linear(8) -> slice(0, 2, 5)",
    "pairs of tokens": "input x[length = {0}, channels = 8]\n linear(4) -> chunk(0, 2, axis = 0) -> permute([1, 0]) -> conv(4, 3, stride = 3, pad = 0)",
    "two images": "input left[3, {0}, 64]\n input right[3, {0}, 64]\n concat {{ | skip(left) | skip(right) }} -> conv(8) -> relu -> maxpool(2) -> conv(2)",
    "two of three": "input a[3, {0}, 64]\n input b[3, {0}, 64]\n input c[3, 64, 64]\n concat {{ | add {{ | skip(a) | skip(b) }} -> global_avgpool | skip(c) -> global_avgpool }}",
    "all three": "input a[3, {0}, 64]\n input b[3, {0}, 64]\n input c[3, {0}, 64]\n add {{ | skip(a) | skip(b) | skip(c) }} -> conv(2, 3, pad = 0)",
    "two sequences of ids": "input a[{0}]\n input b[{0}]\n add {{ | skip(a) -> embedding(9, 4) | skip(b) -> embedding(9, 4) }} -> chunk(1, 3, axis = 0)",
    "quarters": "input x[3, {0}, 8]\n conv(4) -> chunk(0, 4, axis = height) -> relu",
    "quarters of halves": "input x[3, {0}, 8]\n conv(4, 3, stride = 2) -> chunk(0, 4, axis = height) -> relu",
    "rows of six": "input x[3, {0}, 8]\n reshape([6, -1, 8]) -> conv(4)",
    "its own size": "input x[3, {0}, 8]\n conv(in.channels) -> reshape([in.channels, in.height * in.width]) -> conv(4, 3, stride = in.width // 4)",
    "a condition on it": "input x[3, {0}, 8]\n if in.height % 3 == 0 {{ maxpool(3) }} else {{ maxpool(2) -> conv(2, 7, pad = 0) }}",
    "a demand on it": 'input x[3, {0}, 8]\n require in.height >= 10, "too small"\n conv(2)',
}


@pytest.mark.parametrize("name", WITH_HOLES)
def test_as_compiling_says_at_each_size(name: str) -> None:
    def compiled(text: str, shapes: Mapping[str, Shape]) -> Graph | None:
        found = checked(text, "t.arch", inputs=shapes)
        return None if found.has_errors else found.graph

    native = 64 if "64" in WITH_HOLES[name] else 48
    text = f"network n {{{{ {WITH_HOLES[name]} }}}}".format(native)
    first = next(axis for axis in sizes(graph_of(text), lambda shapes: compiled(text, shapes)) if axis.native == native)
    for size in range(1, 120):
        assert (size in first.compiled) is (compiled(f"network n {{{{ {WITH_HOLES[name]} }}}}".format(size), {}) is not None), size


DEMANDS = {
    "every size": ("in.height > 0", 400),
    "from one on": ("in.height >= 20", 400),
    "up to one": ("in.height <= 333", 1300),
    "all but one": ("in.height != 300", 1300),
    "multiples": ("in.height % 28 == 0", 400),
    "multiples of much": ("in.height % 112 == 0", 1300),
}
"""What the text asks of a size, and how many compiles may find it out, of two axes that have a thousand sizes each."""


@pytest.mark.parametrize("name", DEMANDS)
def test_few_compiles_tell_what_the_text_asks_of_a_size(name: str) -> None:
    demand, most = DEMANDS[name]
    asked = []

    def at(height: int) -> bool:
        text = f'network n {{ input x[3, {height}, 8]\n require {demand}, "no"\n conv(4, 3, stride = 16) -> conv(4, 3, stride = 12) }}'
        return not checked(text, "t.arch").has_errors

    def compiled(shapes: Mapping[str, Shape]) -> Graph | None:
        asked.append(shapes)
        ((_, height, width),) = shapes.values()
        return graph if width != 8 or at(height) else None

    graph = graph_of(f'network n {{ input x[3, 224, 8]\n require {demand}, "no"\n conv(4, 3, stride = 16) -> conv(4, 3, stride = 12) }}')
    height, _ = sizes(graph, compiled)
    assert height.was_asked
    for size in (*range(1, 40), 112, 113, 223, 224, 225, *range(298, 303), *range(330, 337), 448, 560, 999, 1000, 1008):
        assert (size in height.compiled) is at(size), size
    assert len(asked) < most


@pytest.mark.parametrize("name", WITH_HOLES)
def test_as_the_built_module_runs_at_each_size(name: str) -> None:
    native = 64 if "64" in WITH_HOLES[name] else 48
    graph = graph_of(f"network n {{{{ {WITH_HOLES[name]} }}}}".format(native))
    first = next(axis for axis in sizes(graph) if axis.native == native)
    model = built(graph).eval()
    for size in (*range(1, 60), native, 3 * native):
        other = graph_of_inputs(graph, first, size)
        try:
            model(*other)
            runs = True
        except (RuntimeError, ValueError, IndexError):
            runs = False
        # PyTorch takes more than archc: parts of different sizes, slices that reach over the end, one token at every learned place.
        assert runs or size not in first.built, size
        if not any(word in WITH_HOLES[name] for word in ("chunk", "slice", "position")):
            assert runs is (size in first.built), size


def graph_of_inputs(graph: Graph, axis: Axis, size: int) -> list[torch.Tensor]:
    """An input for each of the graph's, those of the axis of another size."""
    made = []
    for node in graph.inputs:
        shape = list(node.shape)
        if node.names[-1] in axis.inputs:
            shape[shape.index(axis.native)] = size
        made.append(torch.zeros(2, *shape, device="meta", dtype=torch.float32 if graph.integers(node) is None else torch.int64))
    return made


@pytest.mark.slow
def test_inception_s_smallest() -> None:
    height, _ = sizes(shipped("inception_v3"))
    assert height.built.smallest == 75
    document = sizes_json("inception_v3", (height,))
    assert document["version"] == 1
    assert "every size from 75" in sizes_table("inception_v3", (height,)).text()


@pytest.mark.parametrize(
    ("body", "told"),
    [
        ("input x[length = 16, channels = 4]\n add { | skip | parameter([3000, 4]) -> slice(axis = 0, like = x) }", "every size from 1 to 3000"),
        ("input x[length = 16, channels = 4]\n add { | skip | parameter([3000, 4]) -> slice(axis = 0, start = 5, like = x) }", "every size from 1 to 2995"),
        ("input x[2, 64]\n add { | skip | parameter([2, 700]) -> crop(like = x) }", "every size from 1 to 700"),
        ("input x[2, 64]\n w: conv(4, 4, stride = 4, pad = 0)\n add { | skip | constant(1.5, [4, 300]) -> slice(axis = 1, like = w) }", "every size from 4 to 1203"),
    ],
)  # fmt: skip
def test_a_table_that_is_cut_to_the_input_s_size_ends(body: str, told: str) -> None:
    first, *_ = sizes(graph_of(f"network n {{ {body} }}"))
    assert str(first.built) == told
    assert first.built.most is not None and first.built.most in first.built and first.built.most + first.built.period not in first.built
