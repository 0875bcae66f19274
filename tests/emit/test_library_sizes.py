"""`--dynamic` of shipped networks: the ONNX file takes other sizes and answers as the module does, or the reason is told."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch

import archc
from archc.compiler.emit.free_axes import free_axes
from archc.reporting.error import ArchError
from tests.conformance.modules import difference, shake, values
from tests.conformance.written import WRITTEN
from tests.sample import sample

IMAGE = ("height", "width")
Sizes = tuple[tuple[int, ...], ...]

TAKES: dict[str, tuple[tuple[str, ...], Sizes]] = {
    "mobilenet_v2": (IMAGE, ((64, 64), (96, 70), (51, 128))),
    "unet": (IMAGE, ((32, 32), (64, 48), (16, 80))),
    "fcn_resnet50": (IMAGE, ((64, 64), (48, 97), (90, 33))),
    "resnet18": (IMAGE, ((64, 64), (96, 70), (51, 128))),
    "convnext_tiny": (IMAGE, ((64, 64), (96, 70), (51, 128))),
    "densenet121": (IMAGE, ((64, 64), (96, 70), (51, 128))),
    "unetpp": (IMAGE, ((32, 32), (64, 48), (16, 80))),
    "srresnet": (IMAGE, ((24, 24), (30, 17), (9, 40))),
    "flownets": (IMAGE, ((64, 128), (128, 64), (192, 192))),
    "tcn": (("length",), ((50,), (17,), (128,))),
    "m5": (("length",), ((639,), (1000,), (800,))),
    "wavenet": (("length",), ((40,), (33,), (90,))),
}
"""One of each kind: the axes that may be free, and three sizes."""


@pytest.mark.slow
@pytest.mark.parametrize("name", sample(TAKES, 3, 12))
def test_the_file_takes_three_sizes(name: str, tmp_path: Path) -> None:
    onnxruntime = pytest.importorskip("onnxruntime")
    axes, sizes = TAKES[name]
    row = WRITTEN.get(name)
    torch.manual_seed(0)
    network = archc.compile(name, input=dict(row.inputs) if row and row.inputs else None, **(row.small if row else {}))
    module = shake(network.to_module()).eval().requires_grad_(False)
    network.to_onnx(tmp_path / "net.onnx", module.state_dict(), dynamic=axes)
    session = onnxruntime.InferenceSession(str(tmp_path / "net.onnx"), providers=["CPUExecutionProvider"])
    graph = network.typed_graph
    for size in sizes:
        given = []
        for node in graph.inputs:
            count = graph.integers(node)
            shape = (2, *size) if count else (2, node.shape[0], *size)
            given.append(torch.randint(count, shape) if count else torch.randn(shape))
        wanted = values(module(*given))
        names = [entry.name for entry in session.get_inputs()]
        found = session.run(None, {key: value.numpy() for key, value in zip(names, given, strict=True)})
        assert difference(tuple(map(torch.from_numpy, found)), wanted) < 1e-4


@pytest.mark.parametrize(
    ("name", "axes", "said"),
    [
        ("vit_b_16", IMAGE, "cannot be free"),
        ("mixer_s32", IMAGE, "cannot be free"),
        ("alexnet", IMAGE, "cannot be free"),
        ("transformer_encoder", ("length",), "the built network takes 128 alone"),  # its table of positions is as long
        ("resnet18", ("length",), "no input has an axis `length`"),
        ("gpt2_small", ("height",), "no input has an axis `height`"),
    ],
)
def test_what_is_fixed_is_refused_with_its_reason(name: str, axes: tuple[str, ...], said: str) -> None:
    with pytest.raises(ArchError) as refused:
        free_axes(archc.compile(name).typed_graph, axes)
    assert all(row.code == "F626" and said in row.message and row.help for row in refused.value.diagnostics)
