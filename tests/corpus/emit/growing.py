"""Layers that grow evenly are made in a loop; labels with expressions become names.

Written by archc from `growing.arch`. Shapes in comments leave out the batch; they are for image
3x16x16.
"""

from collections import OrderedDict

import torch
import torch.nn.functional as F
from torch import Tensor, nn


class Dense(nn.Module):
    """Keeps its input and adds `growth` channels."""

    def __init__(self, in_channels: int) -> None:
        super().__init__()
        self.norm = nn.BatchNorm2d(in_channels)
        self.conv = nn.Conv2d(in_channels, 12, kernel_size=3, padding=1, bias=False)

    def forward(self, x: Tensor) -> Tensor:
        out = self.conv(F.relu(self.norm(x), inplace=True))
        return torch.cat([x, out], dim=1)


class Growing(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.conv0 = nn.Conv2d(3, 16, kernel_size=3, padding=1, bias=False)
        self.dense = nn.Sequential(
            OrderedDict((f"layer{i}", Dense(4 + 12 * i)) for i in range(1, 7))
        )
        self.heads = nn.ModuleDict({"score": nn.Conv2d(88, 2, kernel_size=1, bias=False)})

    def forward(self, image: Tensor) -> Tensor:
        x = self.conv0(image)  # [16, 16, 16]
        x = self.dense(x)  # [88, 16, 16]
        return self.heads.score(x) * 0.5  # [2, 16, 16]
