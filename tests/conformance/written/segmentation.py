"""Networks that say what each place of an image belongs to."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor, nn
from torch.nn import functional

from tests.conformance.reference import torchvision

from .parts import named


def double(enters: int, out: int) -> nn.Sequential:
    """Two 3x3 convolutions, numbered as the rounds of a loop are."""
    rounds = [
        named(conv1=nn.Conv2d(channels, out, 3, 1, 1, bias=False), bn1=nn.BatchNorm2d(out), relu1=nn.ReLU()) for channels in (enters, out)
    ]
    return nn.Sequential(*rounds)


class Unetpp(nn.Module):
    """Equation 1: X^(i,j) reads X^(i,0) ... X^(i,j-1) and X^(i+1,j-1), enlarged."""

    def __init__(self, width: int = 32, classes: int = 1) -> None:
        super().__init__()
        enlarging = 0
        for j in range(5):
            for i in range(5 - j):
                out = width * 2**i
                if j > 0:
                    enlarging += 1
                    self.add_module(f"deconv{enlarging}", nn.ConvTranspose2d(2 * out, out, 2, 2))
                enters = (j + 1) * out if j > 0 else 3 if i == 0 else out // 2
                self.add_module(f"x{i}_{j}", double(enters, out))
            if j > 0:
                self.add_module(f"classifier{j}", nn.Conv2d(width, classes, 1))

    def forward(self, image: Tensor) -> tuple[Tensor, ...]:
        x: dict[tuple[int, int], Tensor] = {}
        enlarging = iter(range(1, 11))
        for j in range(5):
            for i in range(5 - j):
                if j == 0:
                    enters = image if i == 0 else functional.max_pool2d(x[i - 1, 0], 2)
                else:
                    below = self.get_submodule(f"deconv{next(enlarging)}")(x[i + 1, j - 1])
                    enters = torch.cat([*(x[i, k] for k in range(j)), below], dim=1)
                x[i, j] = self.get_submodule(f"x{i}_{j}")(enters)
        return tuple(self.get_submodule(f"classifier{j}")(x[0, j]).sigmoid() for j in range(1, 5))


class Pspnet(nn.Module):
    """Figure 3, on torchvision's ResNet with dilated last stages."""

    def __init__(
        self,
        depths: Sequence[int] = (3, 4, 6, 3),
        bins: Sequence[int] = (1, 2, 3, 6),
        width: int = 512,
        drop: float = 0.1,
        side_heads: bool = True,
    ) -> None:
        super().__init__()
        resnet = torchvision().models.resnet
        self.backbone = resnet.ResNet(resnet.Bottleneck, list(depths), replace_stride_with_dilation=[False, True, True])
        del self.backbone.fc
        narrow = 2048 // len(bins)
        regions = [
            nn.Sequential(nn.AdaptiveAvgPool2d(bin), nn.Conv2d(2048, narrow, 1, bias=False), nn.BatchNorm2d(narrow), nn.ReLU())
            for bin in bins
        ]
        self.pyramid = nn.ModuleList(regions)
        if side_heads:
            self.aux_classifier = self.classified(1024, 256, 0.1)
        self.classifier = self.classified(4096, width, drop)

    @staticmethod
    def classified(enters: int, width: int, drop: float) -> nn.Sequential:
        convolution = nn.Conv2d(enters, width, 3, 1, 1, bias=False)
        return nn.Sequential(convolution, nn.BatchNorm2d(width), nn.ReLU(), nn.Dropout(drop), nn.Conv2d(width, 21, 1))

    def forward(self, image: Tensor) -> Tensor | tuple[Tensor, Tensor]:
        body = self.backbone
        x = body.maxpool(body.relu(body.bn1(body.conv1(image))))
        low = body.layer3(body.layer2(body.layer1(x)))
        high = body.layer4(low)

        def enlarged(x: Tensor, like: Tensor) -> Tensor:
            return functional.interpolate(x, like.shape[2:], mode="bilinear")

        joined = torch.cat([high, *(enlarged(region(high), high) for region in self.pyramid)], dim=1)
        answer = enlarged(self.classifier(joined), image)
        if self.training and hasattr(self, "aux_classifier"):
            return answer, enlarged(self.aux_classifier(low), image)
        return answer


class Learned(nn.Module):
    """V-Net's block: what comes in is added to what its convolutions make; the volume itself, of one channel, to each of theirs."""

    def __init__(self, enters: int, out: int, depth: int) -> None:
        super().__init__()
        self.depth = depth
        for i in range(1, depth + 1):
            self.add_module(f"conv{i}", nn.Conv3d(enters if i == 1 else out, out, 5, 1, 2))
            self.add_module(f"prelu{i}", nn.PReLU(out))

    def forward(self, x: Tensor) -> Tensor:
        learned = x
        for i in range(1, self.depth + 1):
            learned = self.get_submodule(f"conv{i}")(learned)
            if i < self.depth:
                learned = self.get_submodule(f"prelu{i}")(learned)
        answer: Tensor = self.get_submodule(f"prelu{self.depth}")(x + learned)
        return answer


class Vnet(nn.Module):
    """Figure 2."""

    def __init__(
        self, width: int = 16, depths: Sequence[int] = (1, 2, 3, 3, 3), up_depths: Sequence[int] = (1, 2, 3, 3), classes: int = 2
    ) -> None:
        super().__init__()
        self.left, self.right = nn.ModuleDict(), nn.ModuleDict()
        for i, depth in enumerate(depths):
            out = width * 2**i
            if i > 0:
                self.left[f"down{i}"] = named(conv1=nn.Conv3d(out // 2, out, 2, 2), prelu1=nn.PReLU(out))
            self.left[f"stage{i}"] = Learned(1 if i == 0 else out, out, depth)
        enters = width * 2 ** (len(depths) - 1)
        for i in reversed(range(len(depths) - 1)):
            half = width * 2**i
            self.right[f"up{i}"] = named(deconv1=nn.ConvTranspose3d(enters, half, 2, 2), prelu1=nn.PReLU(half))
            self.right[f"stage{i}"] = Learned(2 * half, 2 * half, up_depths[i])
            enters = 2 * half
        self.classifier = nn.Conv3d(enters, classes, 1)

    def forward(self, volume: Tensor) -> Tensor:
        kept: list[Tensor] = []
        x = volume
        for name, part in self.left.items():
            x = part(x)
            if name.startswith("stage"):
                kept.append(x)
        kept.pop()
        for name, part in self.right.items():
            x = part(x)
            if name.startswith("up"):
                x = torch.cat([x, kept.pop()], dim=1)
        answer: Tensor = self.classifier(x)
        return answer.softmax(dim=1)


class Segnet(nn.Module):
    """Figure 2. Its parts are numbered as steps are: a pool and what leads back from it take a number each, and so does a name for what is pooled."""

    def __init__(self, depths: Sequence[int] = (2, 2, 3, 3, 3), width: int = 64, classes: int = 12) -> None:
        super().__init__()
        self.depths = depths
        self.features, self.decoder = nn.ModuleDict(), nn.ModuleDict()
        widths = [min(width * 2**i, 8 * width) for i in range(len(depths))]
        enters, number = 3, 0
        for i, depth in enumerate(depths):
            for _ in range(depth):
                self.features[str(number)], self.features[str(number + 1)] = (
                    nn.Conv2d(enters, widths[i], 3, 1, 1),
                    nn.BatchNorm2d(widths[i]),
                )
                enters, number = widths[i], number + 3
            number += 1
        number = 0
        for i in reversed(range(len(depths))):
            number += 1
            for j in range(depths[i]):
                out = widths[i] if j < depths[i] - 1 else widths[i - 1] if i > 0 else classes
                self.decoder[str(number)] = nn.Conv2d(enters, out, 3, 1, 1)
                if i > 0 or j < depths[i] - 1:
                    self.decoder[str(number + 1)] = nn.BatchNorm2d(out)
                enters, number = out, number + 3

    def forward(self, x: Tensor) -> Tensor:
        kept, number = [], 0
        for depth in self.depths:
            for _ in range(depth):
                x, number = self.features[str(number + 1)](self.features[str(number)](x)).relu(), number + 3
            size = x.shape[2:]
            x, places = functional.max_pool2d(x, 2, 2, ceil_mode=True, return_indices=True)
            kept.append((places, size))
            number += 1
        number = 0
        for depth, (places, size) in zip(reversed(self.depths), reversed(kept), strict=True):
            x, number = functional.max_unpool2d(x, places, 2, 2, 0, list(size)), number + 1
            for _ in range(depth):
                x = self.decoder[str(number)](x)
                if str(number + 1) in self.decoder:
                    x = self.decoder[str(number + 1)](x).relu()
                number += 3
        return x
