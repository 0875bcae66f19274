"""A signal along one axis: Conv1d, and weights that start in two ways.

Written by archc from `signal.arch`. Shapes in comments leave out the batch; they are for wave
1x400.
"""

import torch
import torch.nn.functional as F
from torch import Tensor, nn


class Signal(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.filters = nn.Sequential(
            nn.Conv1d(1, 16, kernel_size=25, stride=4, padding=12),
            nn.BatchNorm1d(16),
            nn.ReLU(inplace=True),
            nn.MaxPool1d(kernel_size=2),
            nn.Conv1d(16, 32, kernel_size=9, padding=4),
            nn.BatchNorm1d(32),
            nn.LeakyReLU(negative_slope=0.1, inplace=True),
        )
        self.conv1 = nn.Conv1d(32, 32, kernel_size=1)
        self.linear1 = nn.Linear(32, 4)

        for module in self.modules():
            if isinstance(module, nn.Conv1d):
                nn.init.kaiming_normal_(module.weight, mode="fan_out", nonlinearity="relu")
                nn.init.zeros_(module.bias)
            elif isinstance(module, nn.Linear):
                nn.init.normal_(module.weight, std=0.02)
                nn.init.zeros_(module.bias)
        nn.init.zeros_(self.conv1.weight)
        nn.init.zeros_(self.conv1.bias)

    def forward(self, wave: Tensor) -> Tensor:
        x = self.filters(wave)  # [32, 50]
        x = torch.flatten(F.adaptive_avg_pool1d(self.conv1(x), 1), 1)  # [32]
        return self.linear1(x)  # [4]
