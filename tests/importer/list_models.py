"""Modules whose forward takes or gives lists and tuples, and modules with settings, for the tests of the imported text."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

import torch
import torch.nn.functional as F
from torch import nn


def conv_bn(width: int, out: int, kernel: int, stride: int = 1) -> nn.Sequential:
    return nn.Sequential(nn.Conv2d(width, out, kernel, stride, kernel // 2, bias=False), nn.BatchNorm2d(out))


class Exchange(nn.Module):
    """Takes images of several sizes and gives as many: each by itself, and then each of all."""

    def __init__(self, widths: list[int]) -> None:
        super().__init__()
        self.alone = nn.ModuleList(nn.Sequential(conv_bn(width, width, 3), nn.ReLU()) for width in widths)
        self.mix = nn.ModuleList(nn.ModuleList(self.way(i, j, widths) for j in range(len(widths))) for i in range(len(widths)))

    def way(self, i: int, j: int, widths: list[int]) -> nn.Module:
        if j > i:
            return nn.Sequential(conv_bn(widths[j], widths[i], 1), nn.Upsample(scale_factor=2 ** (j - i)))
        if j < i:
            between = [nn.Sequential(conv_bn(widths[j], widths[j], 3, 2), nn.ReLU()) for _ in range(i - j - 1)]
            return nn.Sequential(*between, conv_bn(widths[j], widths[i], 3, 2))
        return nn.Identity()

    def forward(self, images: list[torch.Tensor]) -> list[torch.Tensor]:
        images = [step(image) for step, image in zip(self.alone, images, strict=True)]
        made = []
        for row in self.mix:
            total = row[0](images[0])
            for way, image in zip(row[1:], images[1:], strict=True):
                total = total + way(image)
            made.append(F.relu(total))
        return made


class Ladder(nn.Module):
    """Two, three and four images, each half the size of the one before."""

    def __init__(self) -> None:
        super().__init__()
        widths = [4, 8, 12, 20]
        self.first = nn.Conv2d(3, 4, 3, 1, 1)
        self.down = nn.ModuleList(nn.Conv2d(a, b, 3, 2, 1) for a, b in pairwise(widths))
        self.stages = nn.ModuleList(Exchange(widths[: count + 2]) for count in range(3))
        self.more = Exchange(widths)
        self.head = nn.Linear(44, 5)

    def forward(self, image: torch.Tensor) -> torch.Tensor:
        images = [self.first(image)]
        for down, stage in zip(self.down, self.stages, strict=True):
            images = stage([*images, down(images[-1])])
        images = self.more(images)
        return self.head(torch.cat([image.mean((2, 3)) for image in images], 1))


class Exchanged(nn.Module):
    """Two streams that each hear of the other; they come and go as a tuple."""

    def __init__(self, width: int, ratio: int) -> None:
        super().__init__()
        self.left, self.right = nn.Linear(width, width * ratio), nn.Linear(width * ratio, width)
        self.norm_left, self.norm_right = nn.LayerNorm(width), nn.LayerNorm(width)

    def forward(self, left: torch.Tensor, right: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        heard = self.right(F.gelu(self.left(left + right)))
        return self.norm_left(left + heard), self.norm_right(right * heard)


class Streams(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.split = nn.ModuleList([nn.Linear(6, 8), nn.Linear(6, 8)])
        self.layers = nn.ModuleList(Exchanged(8, ratio) for ratio in (2, 2, 4))
        self.head = nn.Linear(16, 3)

    def forward(self, facts: torch.Tensor) -> torch.Tensor:
        left, right = self.split[0](facts), self.split[1](facts)
        for layer in self.layers:
            left, right = layer(left, right)
        return self.head(torch.cat([left, right], -1))


@dataclass
class Settings:
    """What one unit is made of."""

    squeezed: int
    widened: int
    kernel: int


class Unit(nn.Module):
    def __init__(self, settings: Settings) -> None:
        super().__init__()
        self.narrow = Cell(8, settings.squeezed, 1, True)
        self.wide = Cell(settings.squeezed, settings.widened, settings.kernel, True)
        self.back = Cell(settings.widened, 8, 1, False)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return x + self.back(self.wide(self.narrow(x)))


class Cell(nn.Module):
    """A convolution, its norm, and an activation or none."""

    def __init__(self, width: int, out: int, kernel: int, active: bool) -> None:
        super().__init__()
        self.conv = nn.Conv2d(width, out, kernel, padding=kernel // 2, bias=False)
        self.norm = nn.BatchNorm2d(out)
        self.act = nn.SiLU() if active else nn.Identity()

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.act(self.norm(self.conv(x)))


class Configured(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.stem = Cell(3, 8, 3, True)
        self.units = nn.Sequential(*(Unit(Settings(*row)) for row in ((4, 10, 3), (5, 9, 3), (4, 11, 5), (6, 7, 3))))
        self.head = nn.Linear(8, 4)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.head(self.units(self.stem(x)).mean((2, 3)))


class Side(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.conv, self.fc = Cell(8, 6, 1, True), nn.Linear(6, 4)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.fc(self.conv(x).mean((2, 3)))


class TwoSides(nn.Module):
    """Two side heads that are alike, in training alone."""

    def __init__(self) -> None:
        super().__init__()
        self.one, self.two, self.three = Cell(3, 8, 3, True), Cell(8, 8, 3, True), Cell(8, 8, 3, True)
        self.aux1, self.aux2 = Side(), Side()
        self.fc = nn.Linear(8, 4)

    def forward(self, x: torch.Tensor) -> torch.Tensor | tuple[torch.Tensor, ...]:
        first = self.one(x)
        second = self.two(first)
        made = self.fc(self.three(second).mean((2, 3)))
        return (made, self.aux1(first), self.aux2(second)) if self.training else made


class Stream(nn.Module):
    """One of the two of a pair alone is read later: a block gives what is read."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.keep, self.send = nn.Conv2d(width, width, 1), nn.Conv2d(width, width, 3, padding=1)

    def forward(self, x: torch.Tensor) -> dict[str, torch.Tensor]:
        kept = self.keep(x)
        return {"kept": kept, "sent": self.send(kept)}


class Pairs(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.blocks = nn.ModuleList(Stream(4) for _ in range(3))

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        total = x
        for block in self.blocks:
            found = block(x)
            x, total = found["sent"], total * found["kept"]
        return total + x


class Levels(nn.Module):
    """Three outputs, two of them whole parts, and one that is as large as the input, whatever its size."""

    def __init__(self) -> None:
        super().__init__()
        self.stem = nn.Conv2d(3, 8, 3, 3)
        nn.init.trunc_normal_(self.stem.weight, std=27**-0.5)
        nn.init.zeros_(self.stem.bias)
        self.fine = nn.Sequential(nn.Conv2d(8, 8, 3, padding=1), nn.ReLU())
        self.coarse = nn.Sequential(nn.Conv2d(8, 8, 3, 2, 1), nn.ReLU())
        self.classifier = nn.Conv2d(8, 5, 1)

    def forward(self, image: torch.Tensor) -> dict[str, torch.Tensor]:
        x = self.stem(image)
        fine = self.fine(x)
        coarse = self.coarse(fine)
        whole = F.interpolate(self.classifier(coarse), size=image.shape[2:], mode="bilinear")
        return {"fine": fine, "deep": coarse, "whole": whole}
