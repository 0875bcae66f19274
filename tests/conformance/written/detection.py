"""Networks that say where things are."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Sequence
from functools import partial

import torch
from torch import Tensor, nn
from torch.nn import functional

from tests.conformance.reference import torchvision

from .parts import named


def unit(enters: int, out: int, kernel: int = 1, stride: int = 1) -> nn.Sequential:
    """Darknet's convolution, with its norm and its activation."""
    convolution = nn.Conv2d(enters, out, kernel, stride, kernel // 2, bias=False)
    return named(conv=convolution, bn=nn.BatchNorm2d(out), act=nn.LeakyReLU(0.1))


class Dark(nn.Module):
    def __init__(self, channels: int) -> None:
        super().__init__()
        self.conv1 = unit(channels, channels // 2)
        self.conv2 = unit(channels // 2, channels, 3)

    def forward(self, x: Tensor) -> Tensor:
        answer: Tensor = x + self.conv2(self.conv1(x))
        return answer


class Yolov3(nn.Module):
    """Table 1 down to its average pool, then section 2.3: three scales, each of which reads the one before it, enlarged, and the backbone."""

    def __init__(self, depths: Sequence[int] = (1, 2, 8, 8, 4), width: int = 64, anchors: int = 3, classes: int = 80) -> None:
        super().__init__()
        parts: dict[str, nn.Module] = {"stem": unit(3, width // 2, 3)}
        channels = width // 2
        for i, depth in enumerate(depths):
            blocks = nn.Sequential(*[Dark(2 * channels) for _ in range(depth)])
            parts[f"stage{i + 1}"] = named(down=unit(channels, 2 * channels, 3, 2), blocks=blocks)
            channels *= 2
        self.darknet = nn.ModuleDict(parts)
        self.head = nn.ModuleDict()
        enters = channels
        for level in (5, 4, 3):
            mid = channels // 2 ** (6 - level)
            if level < 5:
                self.head[f"reduce{level}"] = unit(2 * mid, mid)
                enters = 3 * mid
            turns: dict[str, nn.Module] = {"conv_bn_act1": unit(enters, mid), "conv_bn_act2": unit(mid, 2 * mid, 3)}
            turns |= {"conv_bn_act3": unit(2 * mid, mid), "conv_bn_act4": unit(mid, 2 * mid, 3), "conv_bn_act5": unit(2 * mid, mid)}
            self.head[f"look{level}"] = named(**turns)
            self.head[f"detect{level}"] = named(conv1=unit(mid, 2 * mid, 3), conv2=nn.Conv2d(2 * mid, anchors * (5 + classes), 1))

    def forward(self, image: Tensor) -> tuple[Tensor, ...]:
        x = image
        maps = []
        for part in self.darknet.values():
            x = part(x)
            maps.append(x)
        answers = []
        for level in (5, 4, 3):
            if level < 5:
                x = functional.interpolate(self.head[f"reduce{level}"](x), scale_factor=2)
                x = torch.cat([x, maps[level]], dim=1)
            x = self.head[f"look{level}"](x)
            answers.append(self.head[f"detect{level}"](x))
        return tuple(reversed(answers))


class Residual(nn.Module):
    """Figure 4, left: a bottleneck with its norms first."""

    def __init__(self, enters: int, out: int) -> None:
        super().__init__()
        half = out // 2
        self.bn1, self.conv1 = nn.BatchNorm2d(enters), nn.Conv2d(enters, half, 1, bias=False)
        self.bn2, self.conv2 = nn.BatchNorm2d(half), nn.Conv2d(half, half, 3, 1, 1, bias=False)
        self.bn3, self.conv3 = nn.BatchNorm2d(half), nn.Conv2d(half, out, 1, bias=False)
        if enters != out:
            self.widen = nn.Conv2d(enters, out, 1, bias=False)

    def forward(self, x: Tensor) -> Tensor:
        inner = self.conv2(self.bn2(self.conv1(self.bn1(x).relu())).relu())
        outer: Tensor = self.conv3(self.bn3(inner).relu())
        return outer + (self.widen(x) if hasattr(self, "widen") else x)


class Nested(nn.Module):
    """Figure 3."""

    def __init__(self, order: int, width: int) -> None:
        super().__init__()
        self.stay, self.down, self.up = Residual(width, width), Residual(width, width), Residual(width, width)
        self.inner = Nested(order - 1, width) if order > 1 else Residual(width, width)

    def forward(self, x: Tensor) -> Tensor:
        small = self.up(self.inner(self.down(functional.max_pool2d(x, 2))))
        answer: Tensor = self.stay(x) + functional.interpolate(small, scale_factor=2)
        return answer


class See(nn.Sequential):
    """An hourglass, and what is made of it."""

    def __init__(self, order: int, width: int) -> None:
        convolution = nn.Conv2d(width, width, 1, bias=False)
        parts = {"nested1": Nested(order, width), "residual1": Residual(width, width), "conv1": convolution, "bn1": nn.BatchNorm2d(width)}
        super().__init__(OrderedDict(parts | {"act": nn.ReLU()}))


class Hourglass(nn.Module):
    """Figure 4, right: between two hourglasses the maps go back among the features."""

    def __init__(self, stacks: int = 8, order: int = 4, width: int = 256, joints: int = 16) -> None:
        super().__init__()
        self.stem = named(
            conv1=nn.Conv2d(3, width // 4, 7, 2, 3, bias=False),
            bn1=nn.BatchNorm2d(width // 4),
            relu1=nn.ReLU(),
            residual1=Residual(width // 4, width // 2),
            pool=nn.MaxPool2d(2),
            residual2=Residual(width // 2, width // 2),
            residual3=Residual(width // 2, width),
        )
        self.stacks = stacks
        for i in range(stacks):
            stack: dict[str, nn.Module] = {"see": See(order, width)}
            stack["heatmaps"] = nn.Conv2d(width, joints, 1)
            if i < stacks - 1:
                stack["back"] = named(conv1=nn.Conv2d(width, width, 1, bias=False), conv2=nn.Conv2d(joints, width, 1, bias=False))
            self.add_module(f"stack{i + 1}", nn.ModuleDict(stack))

    def forward(self, image: Tensor) -> Tensor:
        x = self.stem(image)
        answers = []
        for i in range(self.stacks):
            stack = self.get_submodule(f"stack{i + 1}")
            assert isinstance(stack, nn.ModuleDict)
            seen = stack["see"](x)
            answers.append(stack["heatmaps"](seen))
            if i < self.stacks - 1:
                back = stack["back"]
                x = x + back.conv1(seen) + back.conv2(answers[-1])  # type: ignore[operator]
        return torch.stack(answers, dim=1)


def separable(enters: int, out: int) -> nn.Sequential:
    return named(dwconv1=nn.Conv2d(enters, enters, 3, 1, 1, groups=enters, bias=False), conv1=nn.Conv2d(enters, out, 1))


def norm(channels: int) -> nn.BatchNorm2d:
    return nn.BatchNorm2d(channels, eps=0.001, momentum=0.01)


class Fuse(nn.Module):
    """Section 3.3, fast normalised fusion, and the convolution behind it."""

    def __init__(self, inputs: int, width: int) -> None:
        super().__init__()
        self.weights = nn.Parameter(torch.ones(inputs))
        self.separable1, self.bn1 = separable(width, width), norm(width)

    def forward(self, *maps: Tensor) -> Tensor:
        weights = self.weights.relu()
        shares = weights / (weights.sum() + 0.0001)
        mixed = torch.einsum("i,nichw->nchw", shares, torch.stack(maps, dim=1))
        answer: Tensor = self.bn1(self.separable1(functional.silu(mixed)))
        return answer


def half(x: Tensor) -> Tensor:
    return functional.max_pool2d(x, 3, 2, 1)


class BiFpn(nn.Module):
    """Figure 2d."""

    def __init__(self, width: int) -> None:
        super().__init__()
        for name in ("down6", "down5", "down4", "out3", "out7"):
            self.add_module(name, Fuse(2, width))
        for name in ("out4", "out5", "out6"):
            self.add_module(name, Fuse(3, width))

    def forward(self, maps: Sequence[Tensor], again: Sequence[Tensor]) -> list[Tensor]:
        p3, p4, p5, p6, p7 = maps
        down6 = self.down6(p6, functional.interpolate(p7, scale_factor=2))
        down5 = self.down5(p5, functional.interpolate(down6, scale_factor=2))
        down4 = self.down4(p4, functional.interpolate(down5, scale_factor=2))
        out3 = self.out3(p3, functional.interpolate(down4, scale_factor=2))
        out4 = self.out4(again[0], down4, half(out3))
        out5 = self.out5(again[1], down5, half(out4))
        out6 = self.out6(p6, down6, half(out5))
        return [out3, out4, out5, out6, self.out7(p7, half(out6))]


class Head(nn.Module):
    """Convolutions for all levels, and norms for each."""

    def __init__(self, width: int, depth: int, per: int) -> None:
        super().__init__()
        self.depth, self.per = depth, per
        for i in range(depth):
            self.add_module(f"conv{i}", separable(width, width))
            for level in range(3, 8):
                self.add_module(f"norm{i}_{level}", norm(width))
        self.predict = separable(width, 9 * per)

    def forward(self, maps: Sequence[Tensor]) -> Tensor:
        rows = []
        for level, x in enumerate(maps, start=3):
            for i in range(self.depth):
                x = functional.silu(self.get_submodule(f"norm{i}_{level}")(self.get_submodule(f"conv{i}")(x)))
            rows.append(self.predict(x).permute(0, 2, 3, 1).reshape(len(x), -1, self.per))
        return torch.cat(rows, dim=1)


class EfficientDet(nn.Module):
    """Figure 3, on torchvision's EfficientNet-B0."""

    def __init__(self, width: int = 64, cells: int = 3, depth: int = 3, drop_blocks: float = 0.2, classes: int = 90) -> None:
        super().__init__()
        layer = partial(nn.BatchNorm2d, eps=0.001, momentum=0.01)
        whole = torchvision().models.efficientnet_b0(weights=None, norm_layer=layer, stochastic_depth_prob=drop_blocks)
        self.backbone = named(features=whole.features[:8])
        entering = {"out3": 40, "out4": 112, "again4": 112, "out5": 320, "again5": 320, "lateral6": 320}
        self.levels = nn.ModuleDict({name: named(conv1=nn.Conv2d(n, width, 1), bn1=norm(width)) for name, n in entering.items()})
        self.cells = cells
        for i in range(cells):
            self.add_module(f"bifpn{i + 1}", BiFpn(width))
        self.class_net, self.box_net = Head(width, depth, classes), Head(width, depth, 4)

    def forward(self, image: Tensor) -> tuple[Tensor, Tensor]:
        found = []
        x = image
        for part in self.backbone.features:  # type: ignore[union-attr]
            x = part(x)
            found.append(x)
        c3, c4, c5 = found[3], found[5], found[7]
        level = self.levels
        p6 = half(level["lateral6"](c5))
        maps = [level["out3"](c3), level["out4"](c4), level["out5"](c5), p6, half(p6)]
        again = [level["again4"](c4), level["again5"](c5)]
        for i in range(self.cells):
            maps = self.get_submodule(f"bifpn{i + 1}")(maps, again)
            again = maps[1:3]
        return self.class_net(maps), self.box_net(maps)
