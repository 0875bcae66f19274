"""The module that is written: TorchScript, side heads, work in place, batch norm, padding, export."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch
from torch import Tensor, nn

from archc.compiler.codegen.pytorch import Mode, to_python
from archc.compiler.emit.torchscript import script
from archc.compiler.graph.graph import Graph
from archc.compiler.runtime.live_module import build

from .ask import legal, network, warned, weights

torch.set_num_threads(1)


def module(text: str, mode: Mode = Mode.TRAIN) -> nn.Module:
    torch.manual_seed(0)
    return build(Graph(legal(text)), mode)


def image(*shape: int) -> Tensor:
    return torch.randn(2, *shape, generator=torch.Generator().manual_seed(1))


def test_B025_the_side_that_gets_the_extra_row() -> None:
    made = module(network("2, 6, 6", "c: conv(1, 3, stride = 2, pad = same)"))
    x = image(2, 6, 6)
    expected = nn.functional.conv2d(nn.functional.pad(x, (0, 1, 0, 1)), made.c.weight, made.c.bias, stride=2)
    assert torch.equal(made(x), expected)
    even = nn.functional.conv2d(x, made.c.weight, made.c.bias, stride=2, padding=1)
    assert even.shape == expected.shape and not torch.allclose(even, expected)


def test_B027_same_with_an_even_kernel() -> None:
    made = module(network("1, 20, 20", "c: conv(1, 4, pad = same)"))
    x = image(1, 20, 20)
    assert torch.allclose(made(x), nn.functional.conv2d(nn.functional.pad(x, (1, 2, 1, 2)), made.c.weight, made.c.bias))


def test_B071_a_residual_block_with_and_without_a_projection() -> None:
    for skip in ("skip", "d: conv(4, 1)"):
        made = module(network("4, 8, 8", f"add {{ | c: conv(4, 1) | {skip} }}"))
        scripted = script(made)
        x = image(4, 8, 8)
        assert torch.equal(scripted(x), made(x))
        assert hasattr(made, "d") == (skip != "skip")
        assert "None" not in to_python(Graph(legal(network("4, 8, 8", "add { | c: conv(4, 1) | skip }")))).split("def forward")[1]


EXCHANGE = """
network case {
  input a[4, 8, 8]
  input b[4, 8, 8]
  skip(a)
  o0: add { | f00: conv(4, 1) | skip(b) -> f01: conv(4, 1) }
  o1: add { | skip(a) -> f10: conv(4, 1) | skip(b) -> f11: conv(4, 1) }
  output o0, o1
}
"""


def test_B073_an_exchange_unit() -> None:
    assert weights(legal(EXCHANGE)) == 80
    made = module(EXCHANGE)
    a, b = image(4, 8, 8), image(4, 8, 8) + 1
    eager, scripted = made(a, b), script(made)(a, b)
    assert torch.equal(eager.o0, made.f00(a) + made.f01(b)) and torch.equal(eager.o1, made.f10(a) + made.f11(b))
    assert torch.equal(eager[0], scripted[0]) and torch.equal(eager[1], scripted[1])


AUX = network("3, 8, 8", "stem: relu", "aux side { conv(2, 1) }", "skip(stem) -> main: conv(4, 1)")


def test_B075_side_heads_while_training_only() -> None:
    made = module(AUX)
    x = image(3, 8, 8)
    made.train()
    out = made(x)
    assert out._fields == ("output", "side") and out.output.shape == (2, 4, 8, 8) and out.side.shape == (2, 2, 8, 8)
    made.eval()
    assert isinstance(made(x), Tensor)
    inference = script(module(AUX, Mode.INFERENCE))
    assert isinstance(inference(x), Tensor) and not any("side" in key for key in inference.state_dict())
    training = script(module(AUX, Mode.SIDE_HEADS), train=True)
    assert training(x).side.shape == (2, 2, 8, 8)


def test_B077_a_preactivation_does_not_change_the_skip() -> None:
    made = module(network("4, 8, 8", "add { | relu -> c: conv(4, 3) | skip }"))
    x = image(4, 8, 8)
    before = x.clone()
    out = made(x)
    assert torch.equal(x, before)
    assert torch.allclose(out, made.c(torch.relu(before)) + before)
    inside = module(network("4, 8, 8", "p: conv(4, 1)", "add { | relu -> c: conv(4, 3) | skip }"))
    y = inside.p(x)
    assert torch.allclose(inside(x), inside.c(torch.relu(y)) + y)


def test_B083_a_norm_behind_a_global_pool() -> None:
    text = network("256, 14, 14", "global_avgpool -> conv(64, 1, bias = false) -> bn -> relu")
    warned(text, "W506")
    made = module(text).train()
    with pytest.raises(ValueError, match="more than 1 value per channel"):
        made(torch.randn(1, 256, 14, 14))
    assert made(image(256, 14, 14)).shape == (2, 64, 1, 1)
    assert made.eval()(torch.randn(1, 256, 14, 14)).shape == (1, 64, 1, 1)


def test_B107_generated_files_hold_any_script(tmp_path: Path) -> None:
    text = "## 网络 größer\n" + network("3, 8, 8", "conv(8)").lstrip()
    source = to_python(Graph(legal(text)))
    file = tmp_path / "case.py"
    file.write_text(source, encoding="utf-8")
    assert "网络 größer" in file.read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("size", "body"),
    [
        ("4, 12, 12", "maxpool(1, stride = 2, ceil = true)"),
        ("3, 12, 12", "adaptive_avgpool(7)"),
        ("9, 9, 9", "avgpool(4, stride = 2, ceil = true)"),
    ],
    ids=["B019", "B067", "B069"],
)
def test_pools_in_onnx_runtime(size: str, body: str, tmp_path: Path) -> None:
    onnxruntime = pytest.importorskip("onnxruntime")
    pytest.importorskip("onnxscript")
    from archc.compiler.emit.onnx import save

    program = legal(network(size, body))
    made = build(Graph(program), Mode.INFERENCE).eval()
    file = tmp_path / "case.onnx"
    save(made, Graph(program), str(file))
    x = image(*program.nodes[0].shape)
    (out,) = onnxruntime.InferenceSession(str(file), providers=["CPUExecutionProvider"]).run(None, {"x": x.numpy()})
    assert out.shape[1:] == program.nodes[-1].shape
    assert torch.allclose(torch.from_numpy(out), made(x), atol=1e-6)
