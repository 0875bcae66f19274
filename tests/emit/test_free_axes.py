"""`--dynamic`: ONNX and exported programs that take other sizes, and answer as the module does; what is fixed is refused with its reason."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch

import archc
from archc.compiler.emit.free_axes import free_axes
from archc.reporting.error import ArchError
from tests.sample import sample
from tests.support import graph_of

FCN = """default conv(bias = false)
network fcn(classes = 5) {
  input image[3, 64, 96]
  e: conv(16) -> bn -> relu
  conv(32, stride = 2) -> bn -> relu -> conv(32, stride = 2) -> bn -> relu
  upsample(like = e, mode = "bilinear") -> conv(classes, 1)
}
"""
UNET = """network unet {
  input image[3, 32, 32]
  a: conv(8) -> relu
  maxpool(2) -> conv(16) -> relu -> deconv(8, 2, stride = 2)
  concat { | skip | skip(a) } -> conv(2, 1)
}
"""
TWO = """network two {
  input left[3, 32, 32]
  input right[3, 32, 32]
  concat { | skip(left) | skip(right) } -> conv(8) -> relu -> maxpool(2) -> conv(2)
}
"""
WORDS = """network words {
  input ids[32]
  embedding(100, 16) -> attention(2) -> linear(4)
}
"""
CEILED = """network ceiled {
  input image[3, 64, 64]
  conv(8, 7, stride = 2) -> maxpool(3, stride = 2, pad = 0, ceil = true) -> conv(8) -> maxpool(3, stride = 2, pad = 0, ceil = true)
  concat { | skip | maxpool(3, stride = 1, pad = 1, ceil = true) } -> global_avgpool -> flatten -> linear(5)
}
"""
POOLED = """network pooled {
  input image[3, 32, 40]
  conv(8) -> relu -> e: skip
  add(broadcast = true) { | adaptive_avgpool(4x5) | skip(e) -> adaptive_maxpool(4x1) | skip(e) -> global_avgpool }
  flatten -> linear(5)
}
"""
SIGNAL = """network signal {
  input x[3, 40]
  conv(8, 5, stride = 2) -> maxpool(2, ceil = true) -> conv(4)
}
"""
READ = """network read {
  input x[length = 32, channels = 3]
  lstm(5, bidirectional = true) -> linear(3)
}
"""
CASES = {
    "pooled": (POOLED, ("height", "width"), [(32, 40), (16, 24), (13, 61)], "every size from 2"),
    "fcn": (FCN, ("height", "width"), [(64, 96), (37, 80), (128, 51)], "every size from 5"),
    "unet": (UNET, ("height", "width"), [(32, 32), (48, 20), (6, 64)], "multiples of 2 from 4"),
    "two": (TWO, ("width",), [(32, 32), (32, 8), (32, 51)], "left and right width"),
    "words": (WORDS, ("length",), [(32,), (7,), (51,)], "every size from 2"),
    "ceiled": (CEILED, ("height", "width"), [(64, 64), (96, 128), (128, 40)], "from"),
}


def inputs_of(name: str, size: tuple[int, ...]) -> list[torch.Tensor]:
    nodes = graph_of(CASES[name][0], f"{name}.arch").inputs
    if name == "words":
        return [torch.randint(100, (3, *size)) for _ in nodes]
    return [torch.randn(3, 3, *size) for _ in nodes]


@pytest.mark.slow
@pytest.mark.parametrize("name", sorted({"pooled", *sample(CASES, one_in=2)}))
def test_the_file_takes_other_sizes_and_answers_as_the_module(name: str, tmp_path: Path) -> None:
    onnxruntime = pytest.importorskip("onnxruntime")
    text, axes, sizes, _ = CASES[name]
    network = archc.compile(text)
    module = network.to_module().eval()
    network.to_onnx(tmp_path / "net.onnx", module.state_dict(), dynamic=axes)
    program = network.to_export(module.state_dict(), dynamic=axes).module()
    session = onnxruntime.InferenceSession(str(tmp_path / "net.onnx"), providers=["CPUExecutionProvider"])
    for size in sizes:
        inputs = inputs_of(name, size)
        with torch.no_grad():
            expected = module(*inputs)
            torch.testing.assert_close(program(*inputs), expected)
        names = [row.name for row in session.get_inputs()]
        (found,) = session.run(None, {name: value.numpy() for name, value in zip(names, inputs, strict=True)})
        torch.testing.assert_close(torch.from_numpy(found), expected, rtol=1e-3, atol=1e-4)


@pytest.mark.parametrize("name", CASES)
def test_the_sizes_are_told(name: str) -> None:
    text, axes, _, told = CASES[name]
    assert told in str(free_axes(graph_of(text, f"{name}.arch"), axes))


def test_a_size_that_pytorch_fixes_without_a_word_is_not_told_to_be_free(tmp_path: Path) -> None:
    """A pool with `ceil` of a signal: the file took the compiled size alone. Of what `lstm` gives the traced length stood in the file."""
    onnx = pytest.importorskip("onnx")

    def sides(text: str, axes: tuple[str, ...]) -> tuple[list[str], list[str]]:
        archc.compile(text).to_onnx(tmp_path / "net.onnx", dynamic=axes)
        graph = onnx.load(tmp_path / "net.onnx").graph
        comes, goes = (ends[0].type.tensor_type.shape.dim for ends in (graph.input, graph.output))
        return [row.dim_param for row in comes], [row.dim_param or str(row.dim_value) for row in goes]

    assert sides(SIGNAL, ("length",))[0] == ["batch", "", "4*x_length_in_4s"]
    with pytest.raises(ArchError) as refused:  # a guard of the program held it to that size
        archc.compile(SIGNAL).to_export(dynamic=("length",))
    assert [row.code for row in refused.value.diagnostics] == ["F626"]
    assert sides(READ, ("length",)) == (["batch", "x_length", ""], ["batch", "0", "3"])
    assert sides(POOLED, ("height",))[0] == ["batch", "", "image_height", ""]


FLAT = "network head {\n  input image[3, 32, 32]\n  conv(8, stride = 4) -> flatten -> fc: linear(5)\n}\n"
SQUARE = """network square {
  input image[4, 8, 8]
  reshape([channels = 4, length = in.height * in.width]) -> t: identity
}
"""


@pytest.mark.parametrize(
    ("text", "axes", "said"),
    [
        (
            FLAT,
            ("height",),
            "the height of `image` cannot be free: the built network takes 29 to 32 alone; the weights of `fc` depend on it",
        ),
        (FCN, ("hight",), "no input has an axis `hight` whose size could be free"),
        (FCN, ("length",), "no input has an axis `length` whose size could be free"),
    ],
)
def test_what_is_fixed_is_refused_with_its_reason(text: str, axes: tuple[str, ...], said: str) -> None:
    with pytest.raises(ArchError) as refused:
        free_axes(graph_of(text, "head.arch" if text is FLAT else "fcn.arch"), axes)
    (row,) = refused.value.diagnostics
    assert (row.code, row.message) == ("F626", said)
    assert row.help


def test_weights_of_side_heads_hold_training_to_a_size_and_not_evaluation() -> None:
    graph = archc.compile("googlenet").typed_graph
    assert "every size from" in str(free_axes(graph, ("height",)))
