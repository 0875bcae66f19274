"""A declaration, its class, and a network with them, for the tests of operations of one's own."""

from __future__ import annotations

from pathlib import Path

FOCUS = '''import torch
from torch import Tensor, nn


class Focus(nn.Module):
    """Every second pixel as a channel."""

    def __init__(self, inputs: int, channels: int, k: int = 1) -> None:
        super().__init__()
        self.conv = nn.Conv2d(4 * inputs, channels, k, padding=k // 2)

    def forward(self, x: Tensor) -> Tensor:
        return self.conv(torch.cat([x[..., ::2, ::2], x[..., 1::2, ::2], x[..., ::2, 1::2], x[..., 1::2, 1::2]], 1))
'''

DECLARED = """## Every second pixel as a channel.
operation focus(channels = 64, kernel = 1) from "my_layers.py:Focus" {
  arguments [in.channels, channels, k = kernel]
  shape [channels, in.height / 2, in.width / 2]
  weight conv.weight[channels, 4 * in.channels, kernel, kernel]
  weight conv.bias[channels]
  macs out.channels * out.height * out.width * 4 * in.channels * kernel ** 2
}
"""

NETWORK = """
network n(size = 16) {
  input x[3, size, size]
  stem: focus(8) -> bn -> relu
  add { | focus(8, kernel = 3) -> focus | maxpool(4) -> conv(64, 1) }
  global_avgpool -> flatten -> linear(5)
}
"""


def write(folder: Path, text: str = DECLARED + NETWORK, layers: str = FOCUS) -> Path:
    """The two files in a folder; the path of the network's."""
    (folder / "my_layers.py").write_text(layers, encoding="utf-8")
    path = folder / "n.arch"
    path.write_text(text, encoding="utf-8")
    return path
