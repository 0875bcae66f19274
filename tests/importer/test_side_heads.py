"""What answers in training alone: heads on the way up of a U-Net, heads of several tensors, heads in one list with the main one."""

from __future__ import annotations

from collections.abc import Sequence

import pytest
import torch
from torch import Tensor, nn
from torch.nn import functional as F

import archc

from .same import imported


def _conv(width: int, channels: int) -> nn.Sequential:
    return nn.Sequential(nn.Conv2d(width, channels, 3, padding=1, bias=False), nn.BatchNorm2d(channels), nn.ReLU())


class DeepSupervision(nn.Module):
    """Each step of the way up answers; the last one alone in evaluation."""

    def __init__(self) -> None:
        super().__init__()
        self.down = nn.ModuleList([_conv(1, 4), _conv(4, 8), _conv(8, 16)])
        self.up = nn.ModuleList([nn.ConvTranspose2d(16, 8, 2, 2), nn.ConvTranspose2d(8, 4, 2, 2)])
        self.joined = nn.ModuleList([_conv(16, 8), _conv(8, 4)])
        self.heads = nn.ModuleList([nn.Conv2d(8, 3, 1), nn.Conv2d(4, 3, 1)])

    def forward(self, x: Tensor) -> Tensor | list[Tensor]:
        seen = [self.down[0](x)]
        for down in list(self.down)[1:]:
            seen.append(down(F.max_pool2d(seen[-1], 2)))
        x, found = seen[-1], []
        for up, joined, head, beside in zip(self.up, self.joined, self.heads, seen[-2::-1], strict=True):
            x = joined(torch.cat([up(x), beside], 1))
            found.append(head(x))
        return found[::-1] if self.training else found[-1]


class OfTwo(nn.Module):
    """A head that joins two tensors."""

    def __init__(self) -> None:
        super().__init__()
        self.one, self.two, self.three = nn.Conv2d(3, 4, 3), nn.Conv2d(4, 4, 3), nn.Conv2d(4, 4, 3)
        self.sides = nn.ModuleList([nn.Conv2d(4, 1, 1), nn.Conv2d(4, 1, 1)])

    def forward(self, x: Tensor) -> Tensor | tuple[Tensor, Tensor]:
        one = torch.relu(self.one(x))
        two = torch.relu(self.two(one))
        found = self.three(two)
        if not self.training:
            return found
        return self.sides[0](one).mean((2, 3)) + self.sides[1](two).mean((2, 3)), found


class OfOneList(nn.Module):
    """The main head and another, in one dictionary."""

    def __init__(self) -> None:
        super().__init__()
        self.trunk = nn.Conv2d(3, 4, 3)
        self.heads = nn.ModuleDict({"main": nn.Conv2d(4, 2, 1), "other": nn.Sequential(nn.Conv2d(4, 4, 1), nn.ReLU(), nn.Conv2d(4, 2, 1))})

    def forward(self, x: Tensor) -> Tensor | tuple[Tensor, Tensor]:
        x = torch.relu(self.trunk(x))
        found = self.heads["main"](x)
        return (found, self.heads["other"](x)) if self.training else found


class Resized(nn.Module):
    """Both heads end in a function of the root's."""

    def __init__(self) -> None:
        super().__init__()
        self.one, self.two = _conv(3, 4), _conv(4, 8)
        self.head, self.other = nn.Conv2d(8, 2, 1), nn.Conv2d(4, 2, 1)

    def forward(self, x: Tensor) -> dict[str, Tensor]:
        one = self.one(x)
        found = {"out": F.interpolate(self.head(self.two(one)), scale_factor=2.0)}
        if self.training:
            found["other"] = F.interpolate(self.other(one), scale_factor=2.0)
        return found


class Unfound(nn.Module):
    """In training something else answers, of other weights."""

    def __init__(self) -> None:
        super().__init__()
        self.one, self.two = nn.Conv2d(3, 4, 3), nn.Conv2d(3, 4, 3)

    def forward(self, x: Tensor) -> Tensor:
        return torch.sin(self.two(x)) if self.training else self.one(x)  # type: ignore[no-any-return]


def _trained(net: nn.Module, x: Tensor) -> Sequence[Tensor]:
    found = net.train()(x)
    return list(found.values()) if isinstance(found, dict) else found if isinstance(found, list | tuple) else [found]


@pytest.mark.parametrize(
    ("kind", "told"),
    [
        (DeepSupervision, 'aux heads_0_head flat { "heads.0": conv(3, 1, bias = true) }'),
        (OfTwo, "aux sides {"),
        (OfOneList, 'aux heads_other_head flat { "heads.other": indexed {'),
        (Resized, "aux other_head flat {"),
    ],
)
def test_heads_of_training_stand_where_they_begin(kind: type[nn.Module], told: str) -> None:
    torch.manual_seed(0)
    net = kind()
    x = torch.randn(2, 1 if kind is DeepSupervision else 3, 16, 16)
    text = archc.from_module(net.eval(), x)
    assert told in text and "Note" not in text, text
    made = archc.load(text)
    made.load_state_dict(net.state_dict(), strict=True)
    ours, theirs = _trained(made, x), _trained(net, x)
    left = list(theirs)
    for row in ours:
        place = next(place for place, other in enumerate(left) if other.shape == row.shape and torch.allclose(row, other, atol=1e-5))
        del left[place]
    assert not left


def test_what_training_alone_reads_is_told_so() -> None:
    text = archc.from_module(Unfound().eval(), torch.randn(2, 3, 8, 8))
    assert "## Note: 2 keys that training alone reads are left out: `two.weight`, `two.bias`." in text and "no run reads" not in text


class Modulated(nn.Module):
    """What is shared by factor and shift comes after what they are applied to."""

    def __init__(self) -> None:
        super().__init__()
        self.convs = nn.ModuleList(nn.Conv2d(3 if place == 0 else 4, 4, 3, padding=1) for place in range(2))
        self.styles = nn.ModuleList(nn.Linear(5, 8) for _ in range(2))

    def forward(self, x: Tensor, z: Tensor) -> Tensor:
        for conv, style in zip(self.convs, self.styles, strict=True):
            factor, shift = style(z)[:, :, None, None].chunk(2, 1)
            x = torch.relu((1 + factor) * conv(x) + shift)
        return x


def test_steps_stand_in_the_models_order() -> None:
    shapes = (3, 8, 8), (5,)
    text = imported(Modulated(), [torch.randn(2, *shape) for shape in shapes], [torch.randn(3, *shape) for shape in shapes])
    places = [text.index(f'"{key}"') for key in ("styles.0", "convs.0", "styles.1", "convs.1")]
    assert places == sorted(places), text


class AgainLater(nn.Module):
    """Weights that are used again at the end, where what they make is shared."""

    def __init__(self) -> None:
        super().__init__()
        self.style, self.one, self.two = nn.Linear(5, 8), nn.Linear(4, 4), nn.Linear(4, 4)

    def forward(self, x: Tensor, z: Tensor) -> Tensor:
        for layer in (self.one, self.two):
            factor, shift = torch.tanh(self.style(z)).chunk(2, 1)
            x = layer(x) * (1 + factor) + shift
        return x


def test_weights_are_used_again_after_their_first_use() -> None:
    shapes = (4,), (5,)
    text = imported(AgainLater(), [torch.randn(2, *shape) for shape in shapes], [torch.randn(3, *shape) for shape in shapes])
    assert "reuse(style)" not in text or text.index("style: linear") < text.index("reuse(style)"), text
