"""Convolutions whose filters no layer keeps: fixed ones, learned ones under another name, and what a model works out of some."""

from __future__ import annotations

from collections.abc import Callable

import pytest
import torch
from torch import Tensor, nn
from torch.nn import functional as F

from .same import imported


class Edges(nn.Module):
    """Sobel's filters, of each channel; kept or made on the way."""

    def __init__(self, kept: bool) -> None:
        super().__init__()
        self.head, self.tail = nn.Conv2d(3, 4, 3, padding=1), nn.Conv2d(8, 2, 1)
        row = torch.tensor([[-1.0, 0.0, 1.0], [-2.0, 0.0, 2.0], [-1.0, 0.0, 1.0]])
        self.kept = kept
        if kept:
            self.register_buffer("filters", torch.stack([row, row.t()])[:, None].repeat(4, 1, 1, 1))

    def forward(self, x: Tensor) -> Tensor:
        x = self.head(x)
        if self.kept:
            filters = self.filters
        else:
            row = torch.tensor([[-1.0, 0.0, 1.0], [-2.0, 0.0, 2.0], [-1.0, 0.0, 1.0]])
            filters = torch.stack([row, row.t()])[:, None].repeat(4, 1, 1, 1)
        return self.tail(F.conv2d(x, filters, padding=1, groups=4))  # type: ignore[no-any-return]


@pytest.mark.parametrize("kept", [True, False])
def test_fixed_filters_are_a_path(kept: bool) -> None:
    """They were refused, where the language has `convolve`."""
    text = imported(Edges(kept), [torch.rand(2, 3, 16, 16)], [torch.rand(3, 3, 24, 16)])
    assert "convolve(groups = 4) {" in text and "constant([" in text
    assert ("filters: constant([" in text) is kept


class Worked(nn.Module):
    """A layer that works its weight out at each run."""

    def __init__(self, work: Callable[[Tensor], Tensor], dims: int = 2, bias: bool = True, stride: int = 1, padding: int | str = 1) -> None:
        super().__init__()
        self.work, self.dims, self.stride, self.padding = work, dims, stride, padding
        self.kernel = nn.Parameter(torch.randn(4, 3, *[3] * dims))
        self.shift = nn.Parameter(torch.randn(4)) if bias else None

    def forward(self, x: Tensor) -> Tensor:
        convolved = {1: F.conv1d, 2: F.conv2d, 3: F.conv3d}[self.dims]
        return convolved(x, self.work(self.kernel), self.shift, self.stride, self.padding)


HALF = torch.ones(4, 3, 3, 3).triu()
WORKS: dict[str, Callable[[Tensor], Tensor]] = {
    "as it is, under its name": lambda weight: weight,
    "scaled (StyleGAN)": lambda weight: weight * 0.19,
    "masked (PixelCNN)": lambda weight: weight * HALF,
    "normed (EDM2)": lambda weight: weight / (1e-4 + weight.flatten(1).norm(dim=1)[:, None, None, None]),
    "turned round": lambda weight: weight.flip(2, 3),
}


@pytest.mark.parametrize("work", WORKS.values(), ids=WORKS)
def test_filters_that_a_model_works_out_are_a_path(work: Callable[[Tensor], Tensor]) -> None:
    text = imported(Worked(work), [torch.rand(2, 3, 12, 12)], [torch.rand(3, 3, 16, 12)])
    assert "convolve" in text and "kernel: parameter" in text and "shift: parameter" in text


@pytest.mark.parametrize(
    ("dims", "bias", "stride", "padding"), [(1, True, 1, "same"), (3, False, 2, 0), (2, False, 2, 1), (2, True, 1, "valid")]
)
def test_filters_of_other_ranks_and_paddings(dims: int, bias: bool, stride: int, padding: int | str) -> None:
    net = Worked(lambda weight: 2.0 * weight, dims, bias, stride, padding)
    imported(net, [torch.rand(2, 3, *[9] * dims)], [torch.rand(3, 3, *[9] * dims)])


class EachChannel(nn.Module):
    """One filter for all channels, which are images of their own on the way."""

    def __init__(self) -> None:
        super().__init__()
        self.head = nn.Conv2d(3, 4, 3, padding=1)

    def forward(self, x: Tensor) -> Tensor:
        x = self.head(x)
        batch, channels, height, width = x.shape
        laplace = torch.tensor([[0.0, 1.0, 0.0], [1.0, -4.0, 1.0], [0.0, 1.0, 0.0]])[None, None]
        return F.conv2d(x.view(-1, 1, height, width), laplace, padding=1).view(batch, channels, height, width)


def test_a_filter_of_channels_that_are_images_of_their_own() -> None:
    imported(EachChannel(), [torch.rand(2, 3, 8, 8)], [torch.rand(3, 3, 8, 8)])
