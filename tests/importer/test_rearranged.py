"""Views of a tensor become the pattern that says what they do."""

from __future__ import annotations

from collections.abc import Callable

import pytest
import torch
from torch import nn

import archc

Views = Callable[[torch.Tensor], torch.Tensor]


class Viewed(nn.Module):
    def __init__(self, features: int, views: Views) -> None:
        super().__init__()
        self.before, self.views = nn.Linear(features, features), views

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.views(self.before(x)).relu()


@pytest.mark.parametrize(
    ("shape", "views", "said"),
    [
        ((6, 8), lambda x: x.unflatten(2, (2, -1)).transpose(1, 2), 'rearrange("a (b d) -> b a d", b = 2)'),
        ((6, 8), lambda x: x.view(x.shape[0], 6, -1, 4).transpose(1, 2), 'rearrange("a (b d) -> b a d", d = 4)'),
        ((6, 8), lambda x: x.unflatten(1, (2, -1)), 'rearrange("(h w) c -> h w c", h = 2)'),
        ((2, 3, 8), lambda x: x.flatten(1, 2), 'rearrange("h w c -> (h w) c")'),
        ((6, 8), lambda x: x.view(-1, 3, 16), "reshape([3, 16])"),
        (
            (4, 6, 8),
            lambda x: x.view(-1, 2, 2, 3, 2, 8).permute(0, 1, 3, 2, 4, 5).reshape(-1, 6, 4, 8),
            'rearrange("(h p) (w q) c -> (h w) (p q) c", p = 2, q = 2)',
        ),
        ((2, 3, 8), lambda x: x.view(-1, 6, 8).view(-1, 2, 3, 8).permute(0, 3, 1, 2), "permute([2, 0, 1])"),
    ],
)
def test_views_become_a_pattern(shape: tuple[int, ...], views: Views, said: str) -> None:
    """Which size the model leaves open is left open; what cuts no axis and turns none stays a reshape. The import proves the text equal."""
    assert said in archc.from_module(Viewed(shape[-1], views), [torch.zeros(2, *shape)])


class Attending(nn.Module):
    """A softmax beside views of each rank: what a module that attends cuts into heads has other shapes as well."""

    def __init__(self, views: Views) -> None:
        super().__init__()
        self.views = views

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.views(x).softmax(-1)


@pytest.mark.parametrize(
    ("shape", "views"),
    [
        ((24,), lambda x: x.view(-1, 2, 3, 4).transpose(1, 2).flatten(1)),  # ResNeSt's weights of its parts
        ((2, 12), lambda x: x.view(-1, 1, 2, 12).view(-1, 2, 3, 4).transpose(1, 2)),
        ((4, 1, 6), lambda x: x.view(-1, 4, 2, 3).transpose(1, 2)),
        ((4, 24), lambda x: x.view(-1, 4, 4, 6).permute(0, 3, 1, 2)),
    ],
)
def test_views_of_any_rank_stand_beside_a_softmax(shape: tuple[int, ...], views: Views) -> None:
    """Of heads or of none, in the same module."""
    assert "softmax" in archc.from_module(Attending(views), [torch.zeros(2, *shape)])


@pytest.mark.parametrize(
    ("shape", "views", "said"),
    [
        ((3, 4, 6), lambda x: x.view(-1, 3, 2, 2, 2, 3).amax((3, 5)), "maxpool(2x3)"),
        ((3, 4, 6), lambda x: x.view(-1, 3, 2, 2, 3, 2).permute(0, 1, 2, 4, 3, 5).mean((4, 5)), "avgpool(2)"),
        ((3, 4, 4, 4), lambda x: x.view(-1, 3, 2, 2, 2, 2, 2, 2).amax((3, 5, 7)), "maxpool(2)"),
        ((3, 8), lambda x: x.view(-1, 3, 2, 4).mean(3), "avgpool(4)"),
        ((3, 4, 6), lambda x: x.view(-1, 3, 4, 1, 6, 1).expand(-1, 3, 4, 2, 6, 2).reshape(-1, 3, 8, 12), "upsample(scale = 2)"),
        ((12, 4, 6), lambda x: x.view(-1, 3, 2, 2, 4, 6).permute(0, 1, 4, 2, 5, 3).reshape(-1, 3, 8, 12), "pixel_shuffle(2)"),
        ((3, 4, 6), lambda x: x.view(-1, 3, 2, 2, 3, 2).permute(0, 1, 3, 5, 2, 4).reshape(-1, 12, 2, 3), "pixel_unshuffle(2)"),
        # These do something else.
        ((3, 4, 6), lambda x: x.view(-1, 3, 2, 2, 2, 3).amax((2, 4)), "reduce("),
        ((12, 4, 6), lambda x: x.view(-1, 3, 2, 2, 4, 6).permute(0, 1, 4, 3, 5, 2).reshape(-1, 3, 8, 12), "rearrange("),
        ((3, 4, 6), lambda x: x.view(-1, 3, 1, 4, 1, 6).expand(-1, 3, 2, 4, 2, 6).reshape(-1, 3, 8, 12), "expand("),
    ],
)
def test_an_image_cut_into_cells_is_pooled_or_dealt_out(shape: tuple[int, ...], views: Views, said: str) -> None:
    """As einops cuts it, and hands do."""
    module = nn.Sequential(_Views(views)).eval()
    text = archc.from_module(module, torch.zeros(2, *shape))
    assert said in text
    given = torch.rand(3, *shape)
    torch.testing.assert_close(archc.load(text).eval()(given), module(given))


class _Views(nn.Module):
    def __init__(self, views: Views) -> None:
        super().__init__()
        self.views = views

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.views(x)
