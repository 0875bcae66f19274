"""Frames that stand in the batch while a layer of images works on each: one above the other in one image, without a warning that the model brings none for."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor, nn

from .same import imported


class OnFrames(nn.Module):
    def __init__(self, **told: int) -> None:
        super().__init__()
        self.conv = nn.Conv2d(3, 4, **told)  # type: ignore[arg-type]

    def forward(self, x: Tensor) -> Tensor:
        y = self.conv(x.flatten(0, 1))
        return y.reshape(x.shape[0], x.shape[1], *y.shape[1:])


@pytest.mark.parametrize(
    "told",
    [
        {"kernel_size": 3, "stride": 2, "padding": 1},
        {"kernel_size": 7, "stride": 2, "padding": 3},
        {"kernel_size": 4, "stride": 4},
        {"kernel_size": 3, "padding": 2, "dilation": 2},
        {"kernel_size": 3},
        {"kernel_size": 1, "stride": 2},
    ],
)
def test_a_convolution_of_frames(told: dict[str, int]) -> None:
    imported(OnFrames(**told), [torch.zeros(2, 5, 3, 12, 8)], [torch.rand(3, 5, 3, 12, 8)])
