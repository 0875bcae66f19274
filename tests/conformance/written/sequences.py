"""A temporal convolutional network, and a pair of towers with one set of weights."""

from __future__ import annotations

import warnings

import torch.nn.functional as F
from torch import Tensor, nn

from .parts import named


def weight_norm(convolution: nn.Conv1d) -> nn.Conv1d:
    """The older way of PyTorch's, which the authors took: its keys are weight_g and weight_v."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", FutureWarning)
        return nn.utils.weight_norm(convolution)


class Temporal(nn.Module):
    """Figure 1b."""

    def __init__(self, before: int, width: int, kernel: int, dilation: int, drop: float) -> None:
        super().__init__()
        self.before = (kernel - 1) * dilation
        self.conv1 = weight_norm(nn.Conv1d(before, width, kernel, dilation=dilation))
        self.conv2 = weight_norm(nn.Conv1d(width, width, kernel, dilation=dilation))
        self.downsample = nn.Conv1d(before, width, 1) if before != width else None
        self.drop = nn.Dropout(drop)

    def forward(self, x: Tensor) -> Tensor:
        h = self.drop(self.conv1(F.pad(x, (self.before, 0))).relu())
        h = self.drop(self.conv2(F.pad(h, (self.before, 0))).relu())
        return F.relu(h + (x if self.downsample is None else self.downsample(x)))


class Tcn(nn.Module):
    def __init__(self, width: int = 25, depth: int = 8, kernel: int = 7, drop: float = 0.05, classes: int = 10) -> None:
        super().__init__()
        blocks = (Temporal(width if i else 1, width, kernel, 2**i, drop) for i in range(depth))
        self.tcn = nn.ModuleDict({"network": nn.Sequential(*blocks)})
        self.linear = nn.Linear(width, classes)

    def forward(self, sequence: Tensor) -> Tensor:
        answer: Tensor = self.linear(self.tcn["network"](sequence)[:, :, -1])
        return answer


class Siamese(nn.Module):
    """Figure 4: the towers' outputs, their distance by components, and one unit that weighs it."""

    def __init__(self, width: int = 64, features: int = 4096) -> None:
        super().__init__()
        self.tower = named(
            conv1=nn.Conv2d(1, width, 10),
            act1=nn.ReLU(),
            pool1=nn.MaxPool2d(2),
            conv2=nn.Conv2d(width, 2 * width, 7),
            act2=nn.ReLU(),
            pool2=nn.MaxPool2d(2),
            conv3=nn.Conv2d(2 * width, 2 * width, 4),
            act3=nn.ReLU(),
            pool3=nn.MaxPool2d(2),
            conv4=nn.Conv2d(2 * width, 4 * width, 4),
            act4=nn.ReLU(),
            flat=nn.Flatten(),
            linear1=nn.Linear(4 * width * 6 * 6, features),
            act5=nn.Sigmoid(),
        )
        self.score = nn.Linear(features, 1)

    def forward(self, one: Tensor, other: Tensor) -> Tensor:
        distance = (self.tower(one) - self.tower(other)).abs()
        same: Tensor = self.score(distance).sigmoid()
        return same
