"""Two resolutions that tell each other what they know: two inputs, two outputs, a table of layers.

Written by archc from `exchange.arch`. Shapes in comments leave out the batch; they are for a
4x8x8, b 4x8x8.
"""

from typing import NamedTuple

from torch import Tensor, nn


class ExchangeOutputs(NamedTuple):
    o0: Tensor
    o1: Tensor


class Exchange(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.f00 = nn.Conv2d(4, 4, kernel_size=1)
        self.f01 = nn.Conv2d(4, 4, kernel_size=1)
        self.f10 = nn.Conv2d(4, 4, kernel_size=1)
        self.f11 = nn.Conv2d(4, 4, kernel_size=1)

    def forward(self, a: Tensor, b: Tensor) -> ExchangeOutputs:
        o0 = self.f00(a) + self.f01(b)  # [4, 8, 8]
        o1 = self.f10(a) + self.f11(b)  # [4, 8, 8]
        return ExchangeOutputs(o0=o0, o1=o1)
