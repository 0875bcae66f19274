"""Layers of images on what hangs on no input: a norm of zeros, pools of learned tensors. It was refused as rows that are folded into the batch."""

from __future__ import annotations

import pytest
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from .same import imported


class Beside(nn.Module):
    """What a layer makes of ones is added to the map."""

    def __init__(self, layer: nn.Module) -> None:
        super().__init__()
        self.layer, self.conv = layer, nn.Conv2d(3, 8, 3, padding=1)

    def forward(self, x: Tensor) -> Tensor:
        x = self.conv(x)
        return self.layer(torch.ones_like(x)) + x  # type: ignore[no-any-return]


@pytest.mark.parametrize(
    "layer",
    [
        nn.GroupNorm(2, 8),
        nn.BatchNorm2d(8),
        nn.InstanceNorm2d(8, affine=True),
        nn.ConvTranspose2d(8, 8, 3, padding=1),
        nn.LocalResponseNorm(3),
        nn.Sequential(nn.Conv2d(8, 32, 3, padding=1), nn.PixelShuffle(2), nn.MaxPool2d(2), nn.PixelUnshuffle(2), nn.AdaptiveAvgPool2d(1)),
    ],
    ids=lambda layer: type(layer).__name__,
)
def test_a_layer_of_numbers(layer: nn.Module) -> None:
    channels = 32 if isinstance(layer, nn.Sequential) else 8
    net = Beside(nn.Sequential(layer, nn.Conv2d(channels, 8, 1)) if channels != 8 else layer)
    imported(net, [torch.rand(2, 3, 8, 8)], [torch.rand(3, 3, 8, 8)], "W5..")


class Learned(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.prompt, self.norm, self.conv = nn.Parameter(torch.randn(1, 8, 8, 8)), nn.GroupNorm(2, 8), nn.Conv2d(3, 8, 1)

    def forward(self, x: Tensor) -> Tensor:
        prompt = self.norm(self.prompt)
        return self.conv(x) * F.adaptive_avg_pool2d(prompt, 1).sigmoid() + F.max_pool2d(prompt, 3, 1, 1)  # type: ignore[no-any-return]


def test_a_norm_and_pools_of_a_learned_tensor() -> None:
    imported(Learned(), [torch.rand(2, 3, 8, 8)], [torch.rand(3, 3, 8, 8)])
