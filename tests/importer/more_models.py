"""Modules of rarer kinds, for the tests of the import: what is worked out from learned or fixed tensors, and what is used again."""

from __future__ import annotations

import math
from itertools import product

import torch
import torch.nn.functional as F
from torch import nn

from .models import WindowBlock


class Distances(nn.Module):
    """Attention with a bias by distance, kept without signs and read through a cache, as LeViT does; the second looks from every second place."""

    def __init__(self, side: int, heads: int, stride: int = 1) -> None:
        super().__init__()
        self.heads, self.stride, self.side = heads, stride, side
        self.qkv = nn.Linear(8, 3 * 8)
        self.proj = nn.Linear(8, 8)
        self.biases = nn.Parameter(torch.zeros(heads, side * side))
        places = list(product(range(side), range(side)))
        asked = list(product(range(0, side, stride), range(0, side, stride)))
        numbers = [[abs(a[0] - b[0]) * side + abs(a[1] - b[1]) for b in places] for a in asked]
        self.register_buffer("numbers", torch.tensor(numbers), persistent=False)
        self.cache: dict[str, torch.Tensor] = {}

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        n, length, _width = x.shape
        q, k, v = self.qkv(x).reshape(n, length, 3, self.heads, -1).permute(2, 0, 3, 1, 4)
        if self.stride > 1:
            q = q.reshape(n, self.heads, self.side, self.side, -1)[:, :, :: self.stride, :: self.stride].flatten(2, 3)
        if "bias" not in self.cache:
            self.cache["bias"] = self.biases[:, self.numbers]
        x = F.scaled_dot_product_attention(q, k, v, attn_mask=self.cache["bias"].unsqueeze(0))
        return self.proj(x.transpose(1, 2).flatten(2))


class Levit(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.stem = nn.Conv2d(3, 8, 4, 4)
        self.bn = nn.BatchNorm1d(8)
        self.blocks = nn.Sequential(Distances(4, 2), Distances(4, 2, stride=2))
        self.head = nn.Linear(8, 3)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        x = self.stem(x).flatten(2).transpose(1, 2)
        x = self.bn(x.flatten(0, 1)).reshape_as(x)
        return self.head(self.blocks(x).mean(1))


class Coordinates(nn.Module):
    """A bias by distance that a small network works out from coordinates, as Swin v2 has it, with products of unit vectors."""

    def __init__(self, side: int, heads: int) -> None:
        super().__init__()
        self.heads, self.side = heads, side
        self.qkv = nn.Linear(8, 3 * 8)
        self.proj = nn.Linear(8, 8)
        self.scale = nn.Parameter(torch.full((heads, 1, 1), math.log(10)))
        self.mlp = nn.Sequential(nn.Linear(2, 16), nn.ReLU(), nn.Linear(16, heads, bias=False))
        line = torch.arange(-(side - 1), side, dtype=torch.float32)
        table = torch.stack(torch.meshgrid(line, line, indexing="ij"), -1)
        self.register_buffer("table", torch.sign(table) * torch.log2(table.abs() + 1), persistent=False)
        places = torch.stack(torch.meshgrid(torch.arange(side), torch.arange(side), indexing="ij")).flatten(1)
        apart = (places[:, :, None] - places[:, None, :]).permute(1, 2, 0) + side - 1
        self.register_buffer("numbers", apart[..., 0] * (2 * side - 1) + apart[..., 1], persistent=False)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        n, length, _width = x.shape
        q, k, v = self.qkv(x).reshape(n, length, 3, self.heads, -1).permute(2, 0, 3, 1, 4)
        logits = F.normalize(q, dim=-1) @ F.normalize(k, dim=-1).transpose(-2, -1)
        logits = logits * torch.clamp(self.scale, max=math.log(100)).exp()
        bias = self.mlp(self.table).view(-1, self.heads)[self.numbers.view(-1)].view(length, length, -1)
        logits = logits + 16 * torch.sigmoid(bias.permute(2, 0, 1).contiguous()).unsqueeze(0)
        return self.proj((logits.softmax(-1) @ v).transpose(1, 2).flatten(2))


class SwinV2(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.stem = nn.Conv2d(3, 8, 4, 4)
        self.attn = Coordinates(4, 2)
        self.head = nn.Linear(8, 3)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.head(self.attn(self.stem(x).flatten(2).transpose(1, 2)).mean(1))


class Standardised(nn.Conv2d):
    """Filters to mean 0 and deviation 1 at each run, with a learned factor each where there is one."""

    def __init__(self, inputs: int, outputs: int, with_gain: bool) -> None:
        super().__init__(inputs, outputs, 3, padding=1)
        self.gain = nn.Parameter(torch.ones(outputs, 1, 1, 1)) if with_gain else None

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        scale = 1.7 * self.weight[0].numel() ** -0.5
        factors = (self.gain * scale).view(-1) if self.gain is not None else None
        weight = F.batch_norm(self.weight.reshape(1, self.out_channels, -1), None, None, factors, training=True, momentum=0.0, eps=1e-6)
        return F.conv2d(x, weight.reshape_as(self.weight), self.bias, self.stride, self.padding)


class Blur(nn.Module):
    def __init__(self, channels: int) -> None:
        super().__init__()
        row = torch.tensor([1.0, 2.0, 1.0]) / 4
        self.register_buffer("filt", (row[:, None] * row).repeat(channels, 1, 1, 1), persistent=False)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return F.conv2d(F.pad(x, [1, 1, 1, 1], mode="reflect"), self.filt, stride=2, groups=x.shape[1])


class Worked(nn.Module):
    """Convolutions whose filters are worked out, and a norm that has factors and no addends."""

    def __init__(self) -> None:
        super().__init__()
        self.a = Standardised(3, 8, with_gain=False)
        self.b = Standardised(8, 8, with_gain=True)
        self.blur = Blur(8)
        self.factors = nn.Parameter(torch.ones(8))
        self.head = nn.Linear(8, 2)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        x = F.max_pool2d(F.pad(self.blur(self.b(self.a(x))), [0, 1, 0, 1], value=-float("inf")), 3, 2)
        return self.head(F.group_norm(x, 2, self.factors, None).mean([2, 3]))


class Sides(nn.Module):
    """Padding of channels, what is cut off by a negative one, rows folded into the batch, repeated images, one matrix for several."""

    def __init__(self) -> None:
        super().__init__()
        self.conv = nn.Conv2d(4, 4, 3, padding=1)
        self.mix = nn.Parameter(torch.randn(6, 4))
        self.again = nn.Linear(8, 8)
        self.head = nn.Linear(8, 2)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        x = self.conv(F.pad(x, [0, 0, 0, 0, 0, 1]))
        x = F.pad(x, [1, -1, 0, 0, 1, 1])
        n, c, h, w = x.shape
        x = F.avg_pool2d(x.reshape(n * 2, c // 2, h, w), 2).reshape(n, c, h // 2, w // 2)
        x = (self.mix @ x).repeat_interleave(2, dim=0).reshape(n, 2, c, 6, w // 2)
        return self.head(self.again(torch.relu(self.again(x))).mean([1, 2, 3]))


class SharedKeys(nn.Module):
    """Several heads ask of one set of keys."""

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        queries = x.reshape(x.shape[0], 4, 2, -1).transpose(2, 3)
        keys = x[:, :2].unsqueeze(1).transpose(2, 3)
        return F.scaled_dot_product_attention(queries, keys, keys)


class Rotary(nn.Module):
    """Queries and keys turned by sines of rows and columns, which are kept as tables, and an encoding that is made at each run."""

    def __init__(self, side: int = 4, heads: int = 2, size: int = 8) -> None:
        super().__init__()
        self.stem = nn.Conv2d(3, 16, 4, 4)
        self.encode = nn.Conv2d(8, 16, 1)
        self.qkv = nn.Linear(16, 3 * heads * size)
        self.proj = nn.Linear(heads * size, 16)
        self.heads, self.size = heads, size
        places = torch.stack(torch.meshgrid(torch.arange(side), torch.arange(side), indexing="ij"), -1).float().reshape(side * side, 2, 1)
        angles = (places * 100 ** (-torch.arange(size // 4) / (size // 4))).flatten(1).repeat_interleave(2, -1)
        self.register_buffer("sine", angles.sin(), persistent=False)
        self.register_buffer("cosine", angles.cos(), persistent=False)

    def turned(self, x: torch.Tensor) -> torch.Tensor:
        other = torch.stack([-x[..., 1::2], x[..., ::2]], -1).reshape(x.shape)
        return x * self.cosine + other * self.sine

    def waves(self, x: torch.Tensor) -> torch.Tensor:
        rows = torch.ones(1, *x.shape[2:], device=x.device).cumsum(1) / x.shape[2]
        angles = rows[..., None] / 50 ** (torch.arange(4, device=x.device) / 4)
        return torch.stack([angles.sin(), angles.cos()], 4).flatten(3).permute(0, 3, 1, 2)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        x = self.stem(x)
        x = (x + self.encode(self.waves(x))).flatten(2).transpose(1, 2)
        n, length, _ = x.shape
        q, k, v = self.qkv(x).reshape(n, length, 3, self.heads, self.size).permute(2, 0, 3, 1, 4)
        x = F.scaled_dot_product_attention(self.turned(q), self.turned(k), v)
        return self.proj(x.transpose(1, 2).flatten(2)).mean(1)


class Apart(nn.Module):
    """Heads and windows as images of their own: convolved with shared weights, cut into overlapping windows, compared along lines."""

    def __init__(self, side: int = 8) -> None:
        super().__init__()
        self.stem = nn.Conv2d(3, 8, 3, padding=1)
        self.conv = nn.Conv2d(4, 4, 3, 2, 1, groups=4)
        self.bn = nn.BatchNorm2d(4)
        self.lines = nn.Parameter(torch.randn(2 * side - 1, 4))
        asked, seen = torch.arange(side)[:, None], torch.arange(0, side, 2)
        self.register_buffer("numbers", asked - seen + side - 1, persistent=False)
        self.places = nn.Parameter(torch.zeros(1, 8, 2, 2))
        self.head = nn.Linear(2, 3)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        x = self.stem(x) + self.places.tile(1, 1, x.shape[2] // 2, x.shape[3] // 2)
        n, _, h, w = x.shape
        heads = x.reshape(n * 2, 4, h, w)
        small = self.bn(self.conv(heads)).reshape(n, 2, 4, h // 2, w // 2)
        along = torch.einsum("nchw,hkc->nhwk", heads.reshape(n, 2, 4, h, w)[:, 0], self.lines[self.numbers])
        whole = small.clone()
        whole[:, :, :, 1:, :2] = small[:, :, :, 1:, :2] * 2
        windows = along.unfold(1, 4, 2).unfold(2, 4, 2).mean([1, 2])
        return torch.cat([self.head(whole.mean([3, 4]).transpose(1, 2)).mean(1), windows.mean([2, 3])], 1)


class Packed(nn.Module):
    """PyTorch's own attention written out: weights that are no layer's, and a dense layer of such on an image, channels last."""

    class Attention(nn.Module):
        def __init__(self, width: int, heads: int) -> None:
            super().__init__()
            self.heads = heads
            self.in_proj_weight = nn.Parameter(torch.randn(3 * width, width))
            self.in_proj_bias = nn.Parameter(torch.zeros(3 * width))
            self.out_proj = nn.Linear(width, width)

        def forward(self, x: torch.Tensor) -> torch.Tensor:
            x = F.linear(x, self.in_proj_weight, self.in_proj_bias)
            query, key, value = x.unflatten(-1, (3, self.heads, -1)).permute(2, 0, 3, 1, 4).unbind(0)
            return self.out_proj(F.scaled_dot_product_attention(query, key, value).transpose(1, 2).flatten(2))

    def __init__(self) -> None:
        super().__init__()
        self.stem = nn.Conv2d(3, 8, 4, 4)
        self.mix = nn.Parameter(torch.randn(8, 8))
        self.attention = self.Attention(8, 2)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        x = F.linear(self.stem(x).permute(0, 2, 3, 1), self.mix)
        return self.attention(x.flatten(1, 2)).mean(1)


class Tagger(nn.Module):
    """A sequence of numbers, read both ways; a tag for each place, and of the whole what the last states say."""

    def __init__(self) -> None:
        super().__init__()
        self.words = nn.Embedding(50, 8)
        self.read = nn.LSTM(8, 6, num_layers=2, bidirectional=True, batch_first=True)
        self.whole = nn.GRU(12, 5, batch_first=True)
        self.tag = nn.Linear(12, 4)

    def forward(self, sentence: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        states, _ = self.read(self.words(sentence))
        _, last = self.whole(states)
        return self.tag(states), last[-1]


class Spread(nn.Module):
    """A variance of all values, and a norm of neighbours that is taken to pieces."""

    def __init__(self) -> None:
        super().__init__()
        self.conv = nn.Conv2d(3, 4, 1)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        x = self.conv(x)
        squares = nn.functional.pad((x * x).unsqueeze(1), (0, 0, 0, 0, 1, 1))
        mean = nn.functional.avg_pool3d(squares, (3, 1, 1), stride=1).squeeze(1)
        x = x / (mean * 2e-4 + 2.0) ** 0.75
        return x * (x.var((2, 3), keepdim=True, unbiased=False) + 1e-5).rsqrt()


class WindowStages(nn.Module):
    """The maps of the first stages are cut into windows (of the first into as many as a window has places), that of the last is one."""

    def __init__(self) -> None:
        super().__init__()
        self.stem = nn.Conv2d(3, 8, 2, 2)
        self.first = nn.Sequential(WindowBlock(8, 2, 4, 0), WindowBlock(8, 2, 4, 2))
        self.to_second, self.to_last = nn.Conv2d(8, 8, 2, 2), nn.Conv2d(8, 8, 2, 2)
        self.second = nn.Sequential(WindowBlock(8, 2, 4, 0), WindowBlock(8, 2, 4, 2))
        self.last = WindowBlock(8, 2, 4, 0)
        self.head = nn.Linear(8, 3)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        x = self.first(self.stem(x).permute(0, 2, 3, 1))
        x = self.second(self.to_second(x.permute(0, 3, 1, 2)).permute(0, 2, 3, 1))
        return self.head(self.last(self.to_last(x.permute(0, 3, 1, 2)).permute(0, 2, 3, 1)).mean([1, 2]))


class Deep(nn.Module):
    """A map with its channels last, whose blocks take turns at looking aside, and flatten it for what works on each position."""

    class Block(nn.Module):
        def __init__(self, dim: int, aside: bool) -> None:
            super().__init__()
            self.aside = aside
            self.mix, self.norm = nn.Linear(dim, dim), nn.LayerNorm(dim)
            self.mlp = nn.Sequential(nn.Linear(dim, 4 * dim), nn.GELU(), nn.Linear(4 * dim, dim))

        def forward(self, x: torch.Tensor) -> torch.Tensor:
            batch, height, width, channels = x.shape
            x = x + self.mix(x.roll((1, 1), (1, 2)) if self.aside else x)
            x = x.reshape(batch, -1, channels)
            return (x + self.mlp(self.norm(x))).reshape(batch, height, width, channels)

    class Merging(nn.Module):
        def __init__(self, dim: int) -> None:
            super().__init__()
            self.reduction = nn.Linear(2 * dim, dim, bias=False)  # four positions of half as many channels

        def forward(self, x: torch.Tensor) -> torch.Tensor:
            batch, height, width, channels = x.shape
            x = x.reshape(batch, height // 2, 2, width // 2, 2, channels).permute(0, 1, 3, 4, 2, 5).flatten(3)
            return self.reduction(x)

    class Stage(nn.Module):
        def __init__(self, dim: int, depth: int, merges: bool) -> None:
            super().__init__()
            self.merging = Deep.Merging(dim) if merges else nn.Identity()
            self.blocks = nn.Sequential(*(Deep.Block(dim, aside=place % 2 == 1) for place in range(depth)))

        def forward(self, x: torch.Tensor) -> torch.Tensor:
            return self.blocks(self.merging(x))

    def __init__(self) -> None:
        super().__init__()
        self.stem = nn.Conv2d(3, 8, 2, stride=2)
        self.stages = nn.Sequential(Deep.Stage(8, 2, False), Deep.Stage(16, 6, True), Deep.Stage(32, 4, True))
        self.head = nn.Linear(32, 5)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.head(self.stages(self.stem(x).permute(0, 2, 3, 1)).mean((1, 2)))
