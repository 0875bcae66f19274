"""Dotted labels put steps into containers; a block of several inputs heads a merge; learned tensors
stand alone.

Written by archc from `contained.arch`. Shapes in comments leave out the batch; they are for
image 8x12x12.
"""

import torch
import torch.nn.functional as F
from torch import Tensor, nn


class Gate(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(8, 8, kernel_size=1)
        self.conv2 = nn.Conv2d(8, 8, kernel_size=1)

    def forward(self, x: Tensor, context: Tensor) -> Tensor:
        x = self.conv1(x)  # [8, 12, 12]
        out = torch.sigmoid(self.conv2(context))  # [8, 12, 12]
        return x * out  # [8, 12, 12]


class Mix(nn.ModuleList):
    def __init__(self) -> None:
        super().__init__(
            [nn.Conv2d(8, 8, kernel_size=1), nn.Conv2d(8, 8, kernel_size=3, padding=1)]
        )

    def forward(self, x: Tensor) -> Tensor:
        x = self[0](x)  # [8, 12, 12]
        return F.relu(self[1](x) + x, inplace=True)  # [8, 12, 12]


class Contained(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.convs = nn.ModuleList(nn.Conv2d(8, 8, kernel_size=3, padding=1) for _ in range(3))
        self.norms = nn.ModuleList(nn.BatchNorm2d(8) for _ in range(3))
        self.mixed = Gate()
        self.layer_scale1 = nn.Parameter(torch.empty(8, 1, 1))
        self.mix = Mix()
        nn.init.constant_(self.layer_scale1, 0.1)

    def forward(self, image: Tensor) -> Tensor:
        x = F.relu(self.norms[0](self.convs[0](image)), inplace=True)  # [8, 12, 12]
        x = F.relu(self.norms[1](self.convs[1](x)), inplace=True)  # [8, 12, 12]
        x = F.relu(self.norms[2](self.convs[2](x)), inplace=True)  # [8, 12, 12]
        out = F.max_pool2d(x, 3, stride=1, padding=1)  # [8, 12, 12]
        out = self.mixed(out, x)  # [8, 12, 12]
        out = out * self.layer_scale1  # [8, 12, 12]
        return self.mix(out)  # [8, 12, 12]
