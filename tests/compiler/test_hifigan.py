"""HiFi-GAN's generator, whose transposed convolutions have weights of normed length: PyTorch's numbers, imported, and in every format."""

from __future__ import annotations

import warnings
from pathlib import Path

import pytest
import torch
import torch.nn.functional as F
from torch import Tensor, nn
from torch.nn.utils import weight_norm

from archc.compiler.emit import onnx
from archc.compiler.emit.torchscript import script
from archc.compiler.runtime.live_module import build

from ..analysis.peaks import are_never_too_low
from ..analysis.texts import graph_of
from ..importer.same import imported

HIFIGAN = """
## A residual block of dilated convolutions.
block resblock(kernel, dilations = [1, 3]) {
  for d in dilations {
    add {
      | leaky_relu(0.1) -> weight_norm_conv(in.channels, kernel, dilation = d)
        leaky_relu(0.1) -> weight_norm_conv(in.channels, kernel)
      | skip
    }
  }
}

network hifigan(width = 16, rates = [4, 2], kernels = [3, 5]) {
  input mel[10, 12]
  conv_pre: weight_norm_conv(width, 7)
  for i, rate in rates {
    leaky_relu(0.1) -> "ups.{i}": weight_norm_deconv(width / 2 ** (i + 1), 2 * rate, stride = rate, pad = rate / 2)
    mean { | for kernel in kernels: resblock(kernel) }
  }
  leaky_relu(0.01) -> conv_post: weight_norm_conv(1, 7) -> tanh
}
"""


class Block(nn.Module):
    def __init__(self, width: int, kernel: int) -> None:
        super().__init__()
        self.first = nn.ModuleList(
            [weight_norm(nn.Conv1d(width, width, kernel, padding=d * (kernel - 1) // 2, dilation=d)) for d in (1, 3)]
        )
        self.second = nn.ModuleList([weight_norm(nn.Conv1d(width, width, kernel, padding=kernel // 2)) for _ in (1, 3)])

    def forward(self, x: Tensor) -> Tensor:
        for first, second in zip(self.first, self.second, strict=True):
            x = x + second(F.leaky_relu(first(F.leaky_relu(x, 0.1)), 0.1))
        return x


class Generator(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.conv_pre = weight_norm(nn.Conv1d(10, 16, 7, padding=3))
        self.ups = nn.ModuleList([weight_norm(nn.ConvTranspose1d(16, 8, 8, 4, 2)), weight_norm(nn.ConvTranspose1d(8, 4, 4, 2, 1))])
        self.blocks = nn.ModuleList([Block(width, kernel) for width in (8, 4) for kernel in (3, 5)])
        self.conv_post = weight_norm(nn.Conv1d(4, 1, 7, padding=3))

    def forward(self, x: Tensor) -> Tensor:
        x = self.conv_pre(x)
        for i, up in enumerate(self.ups):
            x = up(F.leaky_relu(x, 0.1))
            x = (self.blocks[2 * i](x) + self.blocks[2 * i + 1](x)) / 2
        return torch.tanh(self.conv_post(F.leaky_relu(x)))


def theirs() -> Generator:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", FutureWarning)
        return Generator().eval()


def test_it_has_pytorchs_parameters_and_shapes() -> None:
    graph = graph_of(HIFIGAN)
    ours, reference = build(graph).eval(), theirs()
    assert sum(row.numel() for row in ours.parameters()) == sum(row.numel() for row in reference.parameters())
    state = {key: value for key, value in reference.state_dict().items() if key.startswith(("conv_", "ups."))}
    assert state.keys() <= ours.state_dict().keys()
    x = torch.randn(2, 10, 12)
    assert ours(x).shape == reference(x).shape == (2, 1, 96)
    torch.testing.assert_close(script(ours)(x), ours(x))
    are_never_too_low(graph, 2)


def test_it_is_imported() -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", FutureWarning)
        net = nn.Sequential(
            weight_norm(nn.ConvTranspose1d(10, 8, 8, 4, 2)), nn.ReLU(), weight_norm(nn.ConvTranspose1d(8, 4, 4, 2, groups=2))
        )
    text = imported(net, [torch.randn(2, 10, 12)], [torch.randn(3, 10, 12)])
    assert text.count("weight_norm_deconv(") == 2


@pytest.mark.slow
def test_onnx_gives_the_same(tmp_path: Path) -> None:
    graph = graph_of(HIFIGAN)
    model = build(graph).eval()
    x = torch.randn(2, 10, 12)
    runtime = pytest.importorskip("onnxruntime")
    onnx.save(model, graph, str(tmp_path / "n.onnx"))
    session = runtime.InferenceSession(str(tmp_path / "n.onnx"))
    (found,) = session.run(None, {session.get_inputs()[0].name: x.numpy()})
    torch.testing.assert_close(torch.from_numpy(found), model(x), rtol=1e-4, atol=1e-5)
