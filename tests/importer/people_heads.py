"""Heads of detectors as people write them: places of a grid, strides, one activation for all layers, parts written in steps."""

import torch
from torch import Tensor, nn

ACT = nn.SiLU()


class Conv(nn.Module):
    """One activation serves all of a model."""

    def __init__(self, into: int, out: int, stride: int = 1) -> None:
        super().__init__()
        self.conv = nn.Conv2d(into, out, 3, stride, 1, bias=False)
        self.bn = nn.BatchNorm2d(out)
        self.act = ACT

    def forward(self, x: Tensor) -> Tensor:
        return self.act(self.bn(self.conv(x)))  # type: ignore[no-any-return]


class Bottleneck(nn.Module):
    def __init__(self, width: int) -> None:
        super().__init__()
        self.cv1, self.cv2 = Conv(width, width), Conv(width, width)

    def forward(self, x: Tensor) -> Tensor:
        return x + self.cv2(self.cv1(x))  # type: ignore[no-any-return]


class Neck(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.stem = Conv(3, 8, 2)
        self.blocks = nn.Sequential(Bottleneck(8), Bottleneck(8))
        self.down = Conv(8, 16, 2)

    def forward(self, x: Tensor) -> list[Tensor]:
        fine = self.blocks(self.stem(x))
        return [fine, self.down(fine)]


class Boxes(nn.Module):
    """Distances from the places of two grids become boxes. The strides are a tensor, and each grid is filled with one of them."""

    def __init__(self) -> None:
        super().__init__()
        self.neck = Neck()
        self.heads = nn.ModuleList([nn.Conv2d(8, 4, 1), nn.Conv2d(16, 4, 1)])
        self.stride = torch.tensor([2.0, 4.0])

    def forward(self, x: Tensor) -> Tensor:
        maps = self.neck(x)
        places, strides = [], []
        for i, found in enumerate(maps):
            height, width = found.shape[2:]
            across, down = torch.arange(width).type_as(x) + 0.5, torch.arange(height).type_as(x) + 0.5
            down, across = torch.meshgrid(down, across, indexing="ij")
            places.append(torch.stack((across, down), -1).view(-1, 2))
            strides.append(x.new_full((height * width, 1), self.stride[i]))
        anchors, scales = torch.cat(places).transpose(0, 1), torch.cat(strides).transpose(0, 1)
        told = torch.cat([head(found).flatten(2) for head, found in zip(self.heads, maps, strict=True)], 2)
        near, far = told.chunk(2, 1)
        return torch.cat([anchors - near, anchors + far], 1) * scales


class Points(nn.Module):
    """Every third channel is how sure the others are."""

    def __init__(self) -> None:
        super().__init__()
        self.points = nn.Conv1d(4, 12, 1)

    def forward(self, x: Tensor) -> Tensor:
        y = self.points(x).clone()
        y[:, 2::3] = y[:, 2::3].sigmoid()
        y[:, 0::3] = y[:, 0::3] * 2 + 1
        y[:, 1::3, 2:6] = 0.5
        return y  # type: ignore[no-any-return]


class Shifted(nn.Module):
    """Attention in windows whose mask is made for each image, and a learned bias beside it."""

    def __init__(self) -> None:
        super().__init__()
        self.qkv = nn.Linear(8, 24)
        self.bias = nn.Parameter(torch.zeros(1, 2, 4, 4))

    def forward(self, x: Tensor) -> Tensor:
        batch, length, width = x.shape
        places = torch.arange(length, device=x.device)
        region = ((places >= length - 4).long() + (places >= length - 2).long()).view(-1, 4).to(x.dtype)
        mask = region[:, None] - region[:, :, None]
        mask = mask.masked_fill(mask != 0, -100.0).masked_fill(mask == 0, 0.0)
        mask = mask.unsqueeze(1).unsqueeze(0).expand(batch, -1, -1, -1, -1).reshape(-1, 1, 4, 4)
        q, k, v = (row.reshape(-1, 4, 2, 4).transpose(1, 2) for row in self.qkv(x).chunk(3, -1))
        seen = (q @ k.transpose(2, 3) * 0.5 + (self.bias + mask)).softmax(-1)
        return (seen @ v).transpose(1, 2).reshape(batch, length, width)  # type: ignore[no-any-return]


class Rows(nn.Module):
    """A map whose sides are worked out of the input's, which a text has as numbers."""

    def __init__(self) -> None:
        super().__init__()
        self.conv = nn.Conv2d(3, 4, 1)

    def forward(self, x: Tensor) -> Tensor:
        return nn.functional.interpolate(self.conv(x), size=(x.shape[2] // 2 + 3, x.shape[3] // 2 + 3))


class Captured(nn.Module):
    """The first run puts up what catches the outputs of layers, and remembers that it did."""

    def __init__(self) -> None:
        super().__init__()
        self.layers = nn.ModuleList([nn.Linear(8, 8), nn.Linear(8, 4)])
        self.caught: list[Tensor] = []

    def forward(self, x: Tensor) -> list[Tensor]:
        if not getattr(self, "is_up", False):
            for layer in self.layers:
                layer.register_forward_hook(lambda part, given, made: self.caught.append(made))
            self.is_up = True
        self.caught.clear()
        for layer in self.layers:
            x = layer(x)
        return list(self.caught)


class Probe(nn.Module):
    """A learned query asks all of a sequence."""

    def __init__(self) -> None:
        super().__init__()
        self.probe = nn.Parameter(torch.randn(1, 1, 8))
        self.attention = nn.MultiheadAttention(8, 2, batch_first=True)

    def forward(self, x: Tensor) -> Tensor:
        return self.attention(self.probe.repeat(x.shape[0], 1, 1), x, x)[0][:, 0]  # type: ignore[no-any-return]
