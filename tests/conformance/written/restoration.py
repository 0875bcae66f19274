"""Networks that make an image sharper."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from .parts import named


def plain(width: int) -> nn.Conv2d:
    return nn.Conv2d(width, width, 3, padding=1, bias=False)


class SrResNet(nn.Module):
    """Figure 4, the generator."""

    def __init__(self, width: int = 64, blocks: int = 16, doublings: int = 2) -> None:
        super().__init__()
        self.head = named(conv1=nn.Conv2d(3, width, 9, padding=4), prelu1=nn.PReLU())
        residuals = {
            str(i): named(
                conv_bn1=named(conv1=plain(width), bn1=nn.BatchNorm2d(width)),
                prelu1=nn.PReLU(),
                conv_bn2=named(conv1=plain(width), bn1=nn.BatchNorm2d(width)),
            )
            for i in range(blocks)
        }
        self.body = nn.ModuleDict({**residuals, "conv_bn1": named(conv1=plain(width), bn1=nn.BatchNorm2d(width))})
        self.tail = nn.ModuleDict()
        for i in range(doublings):
            self.tail[str(i)] = named(conv1=nn.Conv2d(width, 4 * width, 3, padding=1), shuffle=nn.PixelShuffle(2), prelu1=nn.PReLU())
        self.tail["conv1"] = nn.Conv2d(width, 3, 9, padding=4)

    def forward(self, image: Tensor) -> Tensor:
        first = x = self.head(image)
        for name, part in self.body.items():
            x = x + part(x) if name.isdecimal() else part(x)
        x = x + first
        for part in self.tail.values():
            x = part(x)
        sharp: Tensor = x
        return sharp


class Residual(nn.Module):
    """Figure 2c: no norms."""

    def __init__(self, width: int, shrink: float) -> None:
        super().__init__()
        self.body = nn.Sequential(nn.Conv2d(width, width, 3, padding=1), nn.ReLU(), nn.Conv2d(width, width, 3, padding=1))
        self.shrink = shrink

    def forward(self, x: Tensor) -> Tensor:
        found: Tensor = x + self.body(x) * self.shrink
        return found


class Edsr(nn.Module):
    """Figure 3; the colours are those that the authors' code takes for 255 levels."""

    def __init__(self, blocks: int = 32, width: int = 256, shrink: float = 0.1, doublings: int = 2) -> None:
        super().__init__()
        self.colours = 255 * torch.tensor([0.4488, 0.4371, 0.4040])[:, None, None]
        self.head = nn.Sequential(nn.Conv2d(3, width, 3, padding=1))
        self.body = nn.Sequential(*(Residual(width, shrink) for _ in range(blocks)), nn.Conv2d(width, width, 3, padding=1))
        enlarge: list[nn.Module] = []
        for _ in range(doublings):
            enlarge += [nn.Conv2d(width, 4 * width, 3, padding=1), nn.PixelShuffle(2)]
        self.tail = nn.Sequential(nn.Sequential(*enlarge), nn.Conv2d(width, 3, 3, padding=1))

    def forward(self, image: Tensor) -> Tensor:
        x = self.head(image - self.colours)
        sharp: Tensor = self.tail(x + self.body(x)) + self.colours
        return sharp
