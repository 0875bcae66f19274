"""A tower with one set of weights looks at two images; a head with one set of weights reads two
levels.

Written by archc from `shared.arch`. Shapes in comments leave out the batch; they are for left
3x16x16, right 3x16x16.
"""

from typing import NamedTuple

import torch
import torch.nn.functional as F
from torch import Tensor, nn


class Tower(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(3, 8, kernel_size=3, padding=1)
        self.bn1 = nn.BatchNorm2d(8)
        self.conv2 = nn.Conv2d(8, 8, kernel_size=3, stride=2, padding=1)
        self.bn2 = nn.BatchNorm2d(8)

    def forward(self, x: Tensor) -> Tensor:
        x = F.relu(self.bn1(self.conv1(x)), inplace=True)
        return F.relu(self.bn2(self.conv2(x)), inplace=True)


class SharedOutputs(NamedTuple):
    coarse: Tensor
    fine: Tensor


class Shared(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.eye = Tower()
        self.p1 = nn.Conv2d(16, 8, kernel_size=3, padding=1)
        self.p2 = nn.Conv2d(8, 8, kernel_size=3, stride=2, padding=1)
        self.head = nn.Conv2d(8, 8, kernel_size=1)
        self.level = nn.ModuleDict(
            {"conv1": nn.Conv2d(8, 8, kernel_size=1), "out": nn.Conv2d(8, 4, kernel_size=1)}
        )

    def forward(self, left: Tensor, right: Tensor) -> SharedOutputs:
        x = torch.cat([self.eye(left), self.eye(right)], dim=1)  # [16, 8, 8]
        p1 = self.p1(x)  # [8, 8, 8]
        x = self.p2(p1)  # [8, 4, 4]
        coarse = self.head(x)  # [8, 4, 4]
        x = self.level.conv1(p1)  # [8, 8, 8]
        x = self.head(x)  # [8, 8, 8]
        fine = self.level.out(x)  # [4, 8, 8]
        return SharedOutputs(coarse=coarse, fine=fine)
