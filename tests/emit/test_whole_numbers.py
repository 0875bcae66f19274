"""A whole number where PyTorch wants a real one, in a class and in an `nn.Sequential`; and an `out_pad` that runtimes refuse."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch

from archc.compiler.codegen.pytorch import Mode
from archc.compiler.emit import onnx
from archc.compiler.emit.torchscript import script
from archc.compiler.runtime.live_module import build
from tests.support import graph_of


@pytest.mark.parametrize("form", ["{}", "indexed {{ {} }}"])
@pytest.mark.parametrize(
    "step",
    [
        "pad(1, value = 1)",
        "leaky_relu(1)",
        "elu(2)",
        "softplus(2)",
        "prelu(start = 1)",
        "lrn(3, 1, 1, 2)",
        "scale(2)",
        "layer_scale(1)",
        "bn(eps = 1, momentum = 1)",
        "gn(1, eps = 1)",
        "ln(eps = 1)",
        "instance_norm(eps = 1)",
        "dropout(1)",
        "drop_path(1)",
        "upsample(2)",
        "upsample(2, mode = \"bilinear\")",
        "tokens -> attention(1, dropout = 0)",
    ],
)  # fmt: skip
def test_a_whole_number_is_as_good_as_a_real_one(step: str, form: str) -> None:
    graph = graph_of(f"network n {{ input x[3, 8, 8]\n conv(4) -> {form.format(step)} -> relu }}")
    module = build(graph, Mode.TRAIN).eval()
    image = torch.randn(2, 3, 8, 8)
    torch.testing.assert_close(script(module)(image), module(image))


@pytest.mark.parametrize(
    ("shape", "step"),
    [
        ("3, 8, 8", "deconv(4, 3, stride = 1, dilation = 2, out_pad = 1)"),
        ("3, 8, 8", "deconv(4, 3, stride = 2x1, dilation = 4x2, out_pad = 3x1, pad = 1)"),
        ("4, 9", "deconv(6, 3, stride = 2, dilation = 3, out_pad = 2, groups = 2)"),
        ("2, 3, 4, 5", "deconv(4, 2, dilation = 3, out_pad = 2, bias = false)"),
    ],
)
def test_an_out_pad_of_a_stride_and_more_runs_as_onnx(shape: str, step: str, tmp_path: Path) -> None:
    runtime = pytest.importorskip("onnxruntime")
    pytest.importorskip("onnxscript")
    graph = graph_of(f"network n {{ input x[{shape}]\n {step} -> relu\n indexed {{ conv(3) -> conv(2) }} }}")
    module = build(graph, Mode.INFERENCE).eval()
    image = torch.randn(2, *graph.inputs[0].shape)
    with torch.no_grad():
        before = module(image)
    onnx.save(module, graph, str(tmp_path / "n.onnx"))
    (answer,) = runtime.InferenceSession(str(tmp_path / "n.onnx")).run(None, {"x": image.numpy()})
    torch.testing.assert_close(torch.from_numpy(answer), before, rtol=1e-4, atol=1e-5)
    with torch.no_grad():
        torch.testing.assert_close(module(image), before)  # the module is left as it was
