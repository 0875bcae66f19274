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


class Normed(nn.Module):
    """A norm of each frame by itself, and a layer that makes it larger."""

    def __init__(self, norm: nn.Module) -> None:
        super().__init__()
        self.norm, self.up = norm, nn.ConvTranspose2d(8, 4, 2, stride=2)

    def forward(self, x: Tensor) -> Tensor:
        y = self.up(self.norm(x.flatten(0, 1)))
        return y.reshape(*x.shape[:2], *y.shape[1:])


@pytest.mark.parametrize(
    "norm", [nn.GroupNorm(4, 8), nn.GroupNorm(2, 8, affine=False), nn.InstanceNorm2d(8, affine=True), nn.InstanceNorm2d(8)]
)
def test_norms_and_transposed_convolutions_of_frames(norm: nn.Module) -> None:
    text = imported(Normed(norm), [torch.zeros(2, 3, 8, 6, 5)], [torch.rand(3, 3, 8, 6, 5)])
    assert text.count("reuse(up)") == 2


class OnTokens(nn.Module):
    """A norm of groups of features, of each token by itself."""

    def __init__(self) -> None:
        super().__init__()
        self.norm = nn.GroupNorm(2, 8)

    def forward(self, x: Tensor) -> Tensor:
        return self.norm(x.reshape(-1, 8)).reshape(x.shape)  # type: ignore[no-any-return]


def test_a_norm_of_groups_of_tokens() -> None:
    imported(OnTokens(), [torch.zeros(2, 6, 8)], [torch.rand(3, 6, 8)])
