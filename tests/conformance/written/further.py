"""Networks of video, of pairs of images, of lines of text, and of points."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor, nn
from torch.nn import functional

from .parts import named


class Bottleneck(nn.Module):
    """A block of table 1: a window along time, one in space, and one of a single place."""

    def __init__(self, enters: int, out: int, time: int, stride: int) -> None:
        super().__init__()
        mid = out // 4
        self.conv1, self.bn1 = nn.Conv3d(enters, mid, (time, 1, 1), 1, (time // 2, 0, 0), bias=False), nn.BatchNorm3d(mid)
        self.conv2 = nn.Conv3d(mid, mid, (1, 3, 3), (1, stride, stride), (0, 1, 1), bias=False)
        self.bn2, self.conv3, self.bn3 = nn.BatchNorm3d(mid), nn.Conv3d(mid, out, 1, bias=False), nn.BatchNorm3d(out)
        if stride != 1 or enters != out:
            self.downsample = nn.Sequential(nn.Conv3d(enters, out, 1, (1, stride, stride), bias=False), nn.BatchNorm3d(out))

    def forward(self, x: Tensor) -> Tensor:
        inner = self.bn2(self.conv2(self.bn1(self.conv1(x)).relu())).relu()
        outer: Tensor = self.bn3(self.conv3(inner))
        return (outer + (self.downsample(x) if hasattr(self, "downsample") else x)).relu()


class SlowFast(nn.Module):
    """Table 1, with what is handed over before each of its four stages."""

    def __init__(
        self,
        depths: Sequence[int] = (3, 4, 6, 3),
        width: int = 64,
        alpha: int = 4,
        beta: int = 8,
        drop: float = 0.5,
        classes: int = 400,
    ) -> None:
        super().__init__()
        slow: dict[str, nn.Module] = {"res1": self.stem(width, 1)}
        fast: dict[str, nn.Module] = {"res1": self.stem(width // beta, 5)}
        channels = width
        for i, depth in enumerate(depths):
            out = 4 * width * 2**i
            few = channels // beta
            lateral = nn.Conv3d(few, 2 * few, (7, 1, 1), (alpha, 1, 1), (3, 0, 0), bias=False)
            slow[f"lateral{i + 1}"] = named(conv1=lateral, bn1=nn.BatchNorm3d(2 * few), act=nn.ReLU())
            slow[f"res{i + 2}"] = self.blocks(channels + 2 * few, out, 3 if i > 1 else 1, depth, 2 if i > 0 else 1)
            fast[f"res{i + 2}"] = self.blocks(few, out // beta, 3, depth, 2 if i > 0 else 1)
            channels = out
        self.slow_path, self.fast_path = nn.ModuleDict(slow), nn.ModuleDict(fast)
        self.stages = len(depths)
        self.head = named(drop=nn.Dropout(drop), fc=nn.Linear(channels + channels // beta, classes))

    @staticmethod
    def stem(out: int, time: int) -> nn.Module:
        convolution = nn.Conv3d(3, out, (time, 7, 7), (1, 2, 2), (time // 2, 3, 3), bias=False)
        return named(conv1=convolution, bn1=nn.BatchNorm3d(out), act=nn.ReLU(), pool=nn.MaxPool3d((1, 3, 3), (1, 2, 2), (0, 1, 1)))

    @staticmethod
    def blocks(enters: int, out: int, time: int, depth: int, stride: int) -> nn.Module:
        return nn.Sequential(*[Bottleneck(enters if j == 0 else out, out, time, stride if j == 0 else 1) for j in range(depth)])

    def forward(self, slow: Tensor, fast: Tensor) -> Tensor:
        slow, fast = self.slow_path["res1"](slow), self.fast_path["res1"](fast)
        for i in range(self.stages):
            told = self.slow_path[f"lateral{i + 1}"](fast)
            slow = self.slow_path[f"res{i + 2}"](torch.cat([slow, told], dim=1))
            fast = self.fast_path[f"res{i + 2}"](fast)
        seen = torch.cat([slow.mean((2, 3, 4)), fast.mean((2, 3, 4))], dim=1)
        answer: Tensor = self.head(seen)
        return answer


class Refinement(nn.ModuleDict):
    """Figure 3, of the maps of levels 2 to 6, the largest first."""

    def __init__(self, widths: Sequence[int], bias: bool) -> None:
        super().__init__()
        enters = widths[5]
        for level in (6, 5, 4, 3, 2):
            if level < 6:
                out = widths[level - 2]
                self[f"deconv{level}"] = nn.ConvTranspose2d(enters, out, 4, 2, 1)
                self[f"finer{level}"] = nn.ConvTranspose2d(2, 2, 4, 2, 1, bias=bias)
                enters = widths[level - 1] + out + 2
            self[f"flow{level}"] = nn.Conv2d(enters, 2, 3, 1, 1)

    def forward(self, maps: Sequence[Tensor]) -> tuple[Tensor, ...]:
        x = maps[4]
        flows = [self["flow6"](x)]
        for level in (5, 4, 3, 2):
            finer = functional.leaky_relu(self[f"deconv{level}"](x), 0.1)
            x = torch.cat([maps[level - 2], finer, self[f"finer{level}"](flows[-1])], dim=1)
            flows.append(self[f"flow{level}"](x))
        return tuple(reversed(flows))


def leaky(enters: int, out: int, kernel: int, stride: int) -> nn.Sequential:
    return named(conv1=nn.Conv2d(enters, out, kernel, stride, kernel // 2), act=nn.LeakyReLU(0.1))


class FlowNetS(nn.Module):
    """Figures 2 (above) and 3."""

    def __init__(self, widths: Sequence[int] = (64, 128, 256, 512, 512, 1024)) -> None:
        super().__init__()
        self.contracting, self.refinement = nn.ModuleDict(), Refinement(widths, bias=False)
        enters = 6
        for i, out in enumerate(widths):
            rounds = {"cr1": leaky(enters, out, (7, 5, 5, 3, 3, 3)[i], 2)}
            if i > 1:
                rounds["cr2"] = leaky(out, out, 3, 1)
            self.contracting[f"conv{i + 1}"] = named(**rounds)
            enters = out

    def forward(self, first: Tensor, second: Tensor) -> tuple[Tensor, ...]:
        x = torch.cat([first, second], dim=1)
        maps = []
        for part in self.contracting.values():
            x = part(x)
            maps.append(x)
        answer: tuple[Tensor, ...] = self.refinement(maps[1:])
        return answer


class FlowNetC(nn.Module):
    """Figures 2 (below) and 3."""

    def __init__(
        self, widths: Sequence[int] = (64, 128, 256, 512, 512, 1024), reach: int = 20, step: int = 2, redirected: int = 32
    ) -> None:
        super().__init__()
        self.reach, self.step = reach, step
        kernels = (7, 5, 5)
        rows = {f"conv{i + 1}": leaky((3, *widths)[i], widths[i], kernels[i], 2) for i in range(3)}
        self.reading = nn.ModuleDict({"one": named(**rows)})
        enters = redirected + (2 * (reach // step) + 1) ** 2
        self.redirect = leaky(widths[2], redirected, 1, 1)
        parts: dict[str, nn.Module] = {"conv3": leaky(enters, widths[2], 3, 1)}
        for i in (3, 4, 5):
            parts[f"conv{i + 1}"] = named(cr1=leaky(widths[i - 1], widths[i], 3, 2), cr2=leaky(widths[i], widths[i], 3, 1))
        self.contracting, self.refinement = nn.ModuleDict(parts), Refinement(widths, bias=True)

    def forward(self, first: Tensor, second: Tensor) -> tuple[Tensor, ...]:
        reading = self.reading["one"]
        maps = [reading.conv2(reading.conv1(first))]
        one, two = reading.conv3(maps[0]), reading(second)
        height, width = one.shape[2:]
        around = functional.pad(two, [self.reach // self.step * self.step] * 4)
        # Windows of the second image as large as the whole, a place further each: [N, C, rows, columns, height, width].
        moved = around.unfold(2, height, self.step).unfold(3, width, self.step)
        alike = (one[:, :, None, None] * moved).mean(1).flatten(1, 2)
        x = torch.cat([self.redirect(one), functional.leaky_relu(alike, 0.1)], dim=1)
        for name in ("conv3", "conv4", "conv5", "conv6"):
            x = self.contracting[name](x)
            maps.append(x)
        answer: tuple[Tensor, ...] = self.refinement(maps)
        return answer


class Crnn(nn.Module):
    """Table 1, from below."""

    def __init__(self, width: int = 64, features: int = 256, classes: int = 37) -> None:
        super().__init__()
        self.cnn = nn.ModuleDict()
        enters = 1
        for i, times in enumerate((1, 2, 4, 4, 8, 8)):
            out = times * width
            self.cnn[f"cr{i + 1}"] = named(
                conv1=nn.Conv2d(enters, out, 3, 1, 1, bias=i < 4), **({"bn1": nn.BatchNorm2d(out)} if i > 3 else {})
            )
            enters = out
        self.cnn["conv1"] = nn.Conv2d(enters, enters, 2)
        self.rnn = nn.ModuleDict()
        for i, out in enumerate((features, classes)):
            lstm = nn.LSTM(enters, features, bidirectional=True, batch_first=True)
            self.rnn[f"read{i + 1}"] = named(lstm1=lstm, linear1=nn.Linear(2 * features, out))
            enters = features

    def forward(self, line: Tensor) -> Tensor:
        x = line
        pools = {1: (2, 2), 2: (2, 2), 4: (2, 1), 6: (2, 1)}
        for i, part in enumerate(self.cnn.values(), start=1):
            x = part(x).relu()
            if i in pools:
                x = functional.max_pool2d(x, pools[i])
        x = x.squeeze(2).transpose(1, 2)
        for read in self.rnn.values():
            x = read.linear1(read.lstm1(x)[0])  # type: ignore[operator]
        return x


def shared(enters: int, out: int) -> nn.Sequential:
    return named(conv1=nn.Conv1d(enters, out, 1, bias=False), bn1=nn.BatchNorm1d(out), act=nn.ReLU())


def dense(enters: int, out: int) -> nn.Sequential:
    return named(linear1=nn.Linear(enters, out, bias=False), bn1=nn.BatchNorm1d(out), act=nn.ReLU())


class Transform(nn.Module):
    """Appendix C: a small PointNet that answers with a matrix."""

    def __init__(self, k: int) -> None:
        super().__init__()
        self.shared1, self.shared2, self.shared3 = shared(k, 64), shared(64, 128), shared(128, 1024)
        self.dense1, self.dense2, self.linear1 = dense(1024, 512), dense(512, 256), nn.Linear(256, k * k)
        nn.init.zeros_(self.linear1.weight)

    def forward(self, points: Tensor) -> Tensor:
        seen = self.shared3(self.shared2(self.shared1(points))).amax(2)
        matrix: Tensor = self.linear1(self.dense2(self.dense1(seen)))
        return matrix.unflatten(1, (points.shape[1], points.shape[1]))


class PointNet(nn.Module):
    """Figure 2, above."""

    def __init__(self, drop: float = 0.3, classes: int = 40) -> None:
        super().__init__()
        self.align1, self.align2 = named(transform=Transform(3)), named(transform=Transform(64))
        self.mlp1 = named(shared1=shared(3, 64), shared2=shared(64, 64))
        self.mlp2 = named(shared1=shared(64, 64), shared2=shared(64, 128), shared3=shared(128, 1024))
        self.head = named(dense1=dense(1024, 512), dense2=dense(512, 256), drop=nn.Dropout(drop), scores=nn.Linear(256, classes))

    def forward(self, points: Tensor) -> tuple[Tensor, Tensor]:
        x = points + self.align1(points) @ points
        x = self.mlp1(x)
        matrix = self.align2(x)
        x = x + matrix @ x
        return self.head(self.mlp2(x).amax(2)), matrix
