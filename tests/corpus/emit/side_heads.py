"""A side head inside a stage, and one at the top, which read what the trunk goes on with.

Written by archc from `side_heads.arch`. Shapes in comments leave out the batch; they are for
image 3x16x16.
"""

from typing import NamedTuple

import torch
import torch.nn.functional as F
from torch import Tensor, nn


class Early(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.fc = nn.Linear(8, 5)

    def forward(self, x: Tensor) -> Tensor:
        return self.fc(torch.flatten(F.adaptive_avg_pool2d(x, 1), 1))  # [5]


class Body(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(3, 8, kernel_size=3, padding=1)
        self.conv2 = nn.Conv2d(8, 8, kernel_size=3, stride=2, padding=1)
        self.early = Early()

    def forward(self, x: Tensor) -> tuple[Tensor, Tensor]:
        x = F.relu(self.conv1(x), inplace=True)  # [8, 16, 16]
        out = F.relu(self.conv2(x), inplace=True)  # [8, 8, 8]
        return x, out


class Late(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.fc = nn.Linear(8, 5)

    def forward(self, x: Tensor) -> Tensor:
        x = torch.flatten(F.adaptive_avg_pool2d(x, 1), 1)  # [8]
        return self.fc(F.dropout(x, p=0.3, training=self.training))  # [5]


class SideHeadsOutputs(NamedTuple):
    output: Tensor
    early: Tensor
    late: Tensor


class SideHeads(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.body = Body()
        self.late = Late()
        self.fc = nn.Linear(8, 5)

    def trunk(self, image: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """The answer, and the tensors that the side heads read."""
        x, out = self.body(image)
        fc = self.fc(torch.flatten(F.adaptive_avg_pool2d(out, 1), 1))  # [5]
        return fc, x, out

    def forward(self, image: Tensor):
        output, x, out = self.trunk(image)
        if self.training and not torch.jit.is_scripting():
            early = self.body.early(x)
            late = self.late(out)
            return SideHeadsOutputs(output=output, early=early, late=late)
        return output
