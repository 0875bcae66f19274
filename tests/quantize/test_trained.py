"""A small network that has learned something decides in eight bits as it does in floating point, in every form it is written in."""

from __future__ import annotations

import warnings
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest
import torch
import torch.nn.functional as F
from torch import Tensor

import archc
from archc.compiler.emit.fast.int8 import Simulated
from archc.compiler.quantize.agreement import decibels
from archc.compiler.quantize.modules import Made, quantize
from archc.compiler.quantize.wanted import Wanted
from archc.reporting.error import ArchError

TEXT = """
network glyphs {
  input image[1, 10, 10]
  conv(12, 3, bias = false) -> bn -> relu
  add { | conv(12, 3, bias = false) -> bn -> relu -> conv(12, 3, bias = false) -> bn | skip } -> relu
  maxpool(2)
  conv(24, 3, bias = false) -> bn -> relu
  conv(32, 3, stride = 2) -> relu -> flatten -> linear(8)
}
"""

STROKES = {
    0: ((2, 2, 2, 7), (7, 2, 7, 7), (2, 2, 7, 2), (2, 7, 7, 7)),
    1: ((1, 5, 8, 5),),
    2: ((2, 2, 2, 7), (2, 7, 5, 7), (5, 2, 5, 7), (5, 2, 8, 2), (8, 2, 8, 7)),
    3: ((1, 2, 8, 2), (8, 2, 8, 7)),
    4: ((1, 2, 5, 2), (5, 2, 5, 7), (1, 7, 8, 7)),
    5: ((1, 1, 8, 8),),
    6: ((1, 1, 8, 8), (1, 8, 8, 1)),
    7: ((2, 2, 2, 7), (2, 5, 8, 5)),
}
"""Of eight signs, the strokes from row and column to row and column."""


@cache
def signs() -> Tensor:
    """Each sign pushed by none or one pixel each way: [sign, push, row, column]."""
    drawn = torch.zeros(len(STROKES), 10, 10)
    for number, strokes in STROKES.items():
        for top, left, bottom, right in strokes:
            for step in range(12):
                drawn[number, round(top + step * (bottom - top) / 11), round(left + step * (right - left) / 11)] = 1.0
    return torch.stack([drawn.roll((down, right), (1, 2)) for down in (-1, 0, 1) for right in (-1, 0, 1)], 1)


def glyphs(count: int, seed: int) -> tuple[Tensor, Tensor]:
    """Signs under noise: images and classes."""
    generator = torch.Generator().manual_seed(seed)
    classes, pushed = torch.randint(8, (count,), generator=generator), torch.randint(9, (count,), generator=generator)
    noise = 0.4 * torch.randn(count, 1, 10, 10, generator=generator)
    return signs()[classes, pushed].unsqueeze(1) + noise, classes


@cache
def trained() -> tuple[archc.Network, dict[str, Tensor]]:
    torch.set_num_threads(1)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", archc.ArchWarning)  # it takes images of this size alone
        network = archc.compile(TEXT)
    with torch.random.fork_rng(devices=()):
        torch.manual_seed(0)
        module = network.to_module()
    images, classes = glyphs(768, 0)
    optimizer = torch.optim.Adam(module.parameters(), lr=0.01)
    for _ in range(3):
        for start in range(0, 768, 32):
            optimizer.zero_grad()
            F.cross_entropy(module(images[start : start + 32]), classes[start : start + 32]).backward()
            optimizer.step()
    return network, {key: value.detach().clone() for key, value in module.state_dict().items()}


def answers(module: Any, images: Tensor) -> Tensor:
    with torch.no_grad():
        answer = module(images)
    assert isinstance(answer, Tensor)
    return answer


def check_agrees(found: Tensor, wanted: Tensor, classes: Tensor) -> None:
    assert float((wanted.argmax(1) == classes).float().mean()) > 0.9, "it has learned"
    assert float((wanted.argmax(1) == found.argmax(1)).float().mean()) >= 0.99
    assert decibels([wanted], [found]) >= 25


def test_it_decides_as_in_floating_point() -> None:
    network, weights = trained()
    images, classes = glyphs(400, 1)
    made = network.to_torchscript(weights, quantize="int8", calibrate=glyphs(64, 2)[0], loss=25)
    check_agrees(answers(made, images), answers(network.to_torchscript(weights), images), classes)


@cache
def in_onnx(folder: Path) -> tuple[Made, str]:
    network, weights = trained()
    calibrate = glyphs(64, 2)[0]
    path = str(folder / "glyphs.onnx")
    network.to_onnx(path, weights, quantize="int8", calibrate=calibrate)
    return quantize(network.typed_graph, weights, Wanted(calibrate), Simulated()), path


@pytest.mark.slow
@pytest.mark.skipif(find_spec("onnxscript") is None or find_spec("onnxruntime") is None, reason="needs ONNX")
def test_onnx_runtime_answers_as_the_definition_does(tmp_path: Path) -> None:
    import onnx
    import onnxruntime

    network, weights = trained()
    made, path = in_onnx(tmp_path)
    words = [node.op_type for node in onnx.load(path).graph.node]
    assert words.count("Conv") == 5
    assert words.count("QuantizeLinear") >= 7
    images, classes = glyphs(400, 1)
    wanted = answers(made.simulated, images)
    step = float(wanted.abs().max()) / 127
    for level in (onnxruntime.GraphOptimizationLevel.ORT_DISABLE_ALL, onnxruntime.GraphOptimizationLevel.ORT_ENABLE_ALL):
        options = onnxruntime.SessionOptions()
        options.graph_optimization_level = level
        options.intra_op_num_threads = 1
        session = onnxruntime.InferenceSession(path, options, providers=["CPUExecutionProvider"])
        found = torch.from_numpy(session.run(None, {"image": images.numpy()})[0])
        assert float((found - wanted).abs().max()) <= step
        check_agrees(found, answers(network.to_torchscript(weights), images), classes)


def test_calls_from_python_that_are_not_whole() -> None:
    network, weights = trained()
    for call, told, remedy in (
        ({"quantize": "int8"}, "needs samples", '`calibrate="random"`'),
        ({"calibrate": "random"}, "`quantize=\"int8\"` is not there", 'add `quantize="int8"`'),
        ({"quantize": "int4", "calibrate": "random"}, "`int4` is nothing", 'write `quantize="int8"`'),
        ({"quantize": "int8", "calibrate": "random", "train": True}, "`train` does not go with it", "leave out `train`"),
        ({"quantize": "int8", "calibrate": "random", "loss": 300.0}, "no signal to noise", "25"),
    ):  # fmt: skip
        with pytest.raises(ArchError) as caught:
            network.to_torchscript(weights, **call)  # type: ignore[arg-type]
        (row,) = caught.value.diagnostics
        assert (row.code, told in row.message, remedy in (row.help or "")) == ("F684", True, True), row
