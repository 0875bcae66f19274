"""Modules as people write them, for the tests of the import."""

from __future__ import annotations

from collections import OrderedDict

import torch
import torch.nn.functional as F
from torch import nn


class Residual(nn.Module):
    """Two convolutions and a shortcut, which is projected where the shape changes."""

    def __init__(self, inputs: int, outputs: int, stride: int = 1) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(inputs, outputs, 3, stride, 1, bias=False)
        self.bn1 = nn.BatchNorm2d(outputs)
        self.conv2 = nn.Conv2d(outputs, outputs, 3, 1, 1, bias=False)
        self.bn2 = nn.BatchNorm2d(outputs)
        self.shortcut = nn.Sequential()
        if stride != 1 or inputs != outputs:
            self.shortcut = nn.Sequential(nn.Conv2d(inputs, outputs, 1, stride, bias=False), nn.BatchNorm2d(outputs))

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        y = self.bn2(self.conv2(F.relu(self.bn1(self.conv1(x)))))
        return F.relu(y + self.shortcut(x))


class Small(nn.Module):
    """The ResNet that people write for CIFAR."""

    def __init__(self, classes: int = 10) -> None:
        super().__init__()
        self.stem = nn.Conv2d(3, 16, 3, padding=1, bias=False)
        self.bn = nn.BatchNorm2d(16)
        self.layer1 = self._layer(16, 16, 1)
        self.layer2 = self._layer(16, 32, 2)
        self.layer3 = self._layer(32, 64, 2)
        self.fc = nn.Linear(64, classes)

    def _layer(self, inputs: int, outputs: int, stride: int) -> nn.Sequential:
        return nn.Sequential(Residual(inputs, outputs, stride), Residual(outputs, outputs), Residual(outputs, outputs))

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        x = F.relu(self.bn(self.stem(x)))
        x = self.layer3(self.layer2(self.layer1(x)))
        return self.fc(torch.flatten(F.adaptive_avg_pool2d(x, 1), 1))


class TwoInputs(nn.Module):
    """An image and a vector of facts about it."""

    def __init__(self) -> None:
        super().__init__()
        self.image = nn.Sequential(nn.Conv2d(3, 8, 3, padding=1), nn.ReLU(), nn.AdaptiveAvgPool2d(1), nn.Flatten())
        self.facts = nn.Linear(5, 8)
        self.head = nn.Linear(16, 2)

    def forward(self, picture: torch.Tensor, facts: torch.Tensor) -> torch.Tensor:
        return self.head(torch.cat([self.image(picture), F.relu(self.facts(facts))], 1))


class Signal(nn.Module):
    """A one-dimensional network."""

    def __init__(self) -> None:
        super().__init__()
        self.blocks = nn.ModuleList([nn.Sequential(nn.Conv1d(c, 16, 5, padding=2), nn.BatchNorm1d(16), nn.GELU()) for c in (1, 16, 16, 16)])
        self.out = nn.Linear(16, 3)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        for block in self.blocks:
            x = block(x)
        return self.out(x.mean(-1))


class Volume(nn.Sequential):
    """A three-dimensional network, all of it an `nn.Sequential`."""

    def __init__(self) -> None:
        super().__init__(
            nn.Conv3d(1, 4, 3, padding=1), nn.ReLU(), nn.MaxPool3d(2), nn.Conv3d(4, 8, 3, padding=1), nn.ReLU(), nn.AdaptiveAvgPool3d(1), nn.Flatten(), nn.Linear(8, 2)
        )  # fmt: skip


class Siamese(nn.Module):
    """One tower for two images."""

    def __init__(self) -> None:
        super().__init__()
        self.tower = nn.Sequential(nn.Conv2d(1, 4, 3, padding=1), nn.BatchNorm2d(4), nn.ReLU(), nn.Conv2d(4, 8, 3, padding=1))
        self.head = nn.Linear(8, 1)

    def forward(self, left: torch.Tensor, right: torch.Tensor) -> torch.Tensor:
        difference = self.tower(left) - self.tower(right)
        return self.head(torch.flatten(F.adaptive_avg_pool2d(difference, 1), 1))


class Pyramid(nn.Module):
    """Several outputs, by name."""

    def __init__(self) -> None:
        super().__init__()
        self.c1 = nn.Conv2d(3, 8, 3, 2, 1)
        self.c2 = nn.Conv2d(8, 16, 3, 2, 1)
        self.lateral1 = nn.Conv2d(8, 8, 1)
        self.lateral2 = nn.Conv2d(16, 8, 1)

    def forward(self, x: torch.Tensor) -> dict[str, torch.Tensor]:
        c1 = F.relu(self.c1(x))
        c2 = F.relu(self.c2(c1))
        p2 = self.lateral2(c2)
        p1 = self.lateral1(c1) + F.interpolate(p2, scale_factor=2, mode="nearest")
        return OrderedDict(p1=p1, p2=p2)


class WithAux(nn.Module):
    """A side head that training alone has."""

    def __init__(self) -> None:
        super().__init__()
        self.first = nn.Conv2d(3, 8, 3, padding=1)
        self.side = nn.Sequential(nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(8, 4))
        self.second = nn.Conv2d(8, 8, 3, padding=1)
        self.fc = nn.Linear(8, 4)

    def forward(self, x: torch.Tensor) -> torch.Tensor | tuple[torch.Tensor, torch.Tensor]:
        x = torch.relu(self.first(x))
        side = self.side(x) if self.training else None
        x = torch.relu(self.second(x))
        x = self.fc(torch.flatten(F.adaptive_avg_pool2d(x, 1), 1))
        return (x, side) if side is not None else x


class Dense(nn.Module):
    """Each layer reads all that came before."""

    def __init__(self, layers: int = 3, growth: int = 4) -> None:
        super().__init__()
        self.layers = nn.ModuleList([nn.Conv2d(3 + growth * i, growth, 3, padding=1) for i in range(layers)])

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        found = [x]
        for layer in self.layers:
            found.append(torch.relu(layer(torch.cat(found, 1))))
        return torch.cat(found, 1)


class Gated(nn.Module):
    """The same tensor read from far away: a label."""

    def __init__(self) -> None:
        super().__init__()
        self.a = nn.Conv2d(3, 4, 3, padding=1)
        self.b = nn.Conv2d(4, 4, 3, padding=1)
        self.c = nn.Conv2d(4, 4, 3, padding=1)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        a = self.a(x)
        b = torch.sigmoid(self.b(a))
        c = self.c(b * a)
        return c + b + a


class Unsayable(nn.Module):
    """A step that no word of the language says."""

    def __init__(self) -> None:
        super().__init__()
        self.a = nn.Conv2d(3, 4, 3, padding=1)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return torch.fft.rfft2(self.a(x)).real


class MixerBlock(nn.Module):
    """Linear layers along the tokens, then along the channels."""

    def __init__(self, tokens: int, width: int) -> None:
        super().__init__()
        self.norm1 = nn.LayerNorm(width)
        self.tokens = nn.Sequential(nn.Linear(tokens, 2 * tokens), nn.GELU(), nn.Linear(2 * tokens, tokens))
        self.norm2 = nn.LayerNorm(width)
        self.channels = nn.Sequential(nn.Linear(width, 2 * width), nn.GELU(), nn.Linear(2 * width, width))

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        x = x + self.tokens(self.norm1(x).transpose(1, 2)).transpose(1, 2)
        return x + self.channels(self.norm2(x))


class Mixer(nn.Module):
    """As many tokens as channels: a step along the wrong axis has the right shape."""

    def __init__(self) -> None:
        super().__init__()
        self.stem = nn.Conv2d(3, 16, 4, 4)
        self.blocks = nn.Sequential(MixerBlock(16, 16), MixerBlock(16, 16))
        self.norm = nn.LayerNorm(16)
        self.head = nn.Linear(16, 5)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.head(self.norm(self.blocks(self.stem(x).flatten(2).transpose(1, 2))).mean(1))


class ChannelsLast(nn.Module):
    """ConvNeXt's block as most write it: the norm and the dense layers with the channels at the end."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.dw = nn.Conv2d(width, width, 7, padding=3, groups=width)
        self.norm = nn.LayerNorm(width)
        self.up = nn.Linear(width, 4 * width)
        self.down = nn.Linear(4 * width, width)
        self.gamma = nn.Parameter(torch.ones(width))

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        y = self.norm(self.dw(x).permute(0, 2, 3, 1))
        return x + (self.gamma * self.down(F.gelu(self.up(y)))).permute(0, 3, 1, 2)


class Convnext(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.stem = nn.Conv2d(3, 8, 4, 4)
        self.blocks = nn.Sequential(ChannelsLast(8), ChannelsLast(8))
        self.head = nn.Linear(8, 3)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.head(self.blocks(self.stem(x)).mean([-2, -1]))


class Recording(nn.Module):
    """A sequence goes in: features last, as dense layers want them, then channels first, as convolutions do."""

    def __init__(self) -> None:
        super().__init__()
        self.enter = nn.Linear(6, 8)
        self.conv = nn.Conv1d(8, 8, 3, padding=1)
        self.bn = nn.BatchNorm1d(8)
        self.head = nn.Linear(8, 2)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        x = torch.relu(self.bn(self.conv(self.enter(x).transpose(1, 2))))
        return self.head(F.max_pool1d(x, 2).transpose(1, 2))


class PooledTokens(nn.Module):
    """A pool along the features of tokens, which the language takes for channels."""

    def __init__(self) -> None:
        super().__init__()
        self.stem = nn.Conv2d(3, 8, 4, 4)
        self.norm = nn.LayerNorm(8)
        self.head = nn.Linear(8, 4)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        x = F.avg_pool1d(self.norm(self.stem(x).flatten(2).transpose(1, 2)), 2)
        return self.head(torch.softmax(torch.cat([x, x], -1), -1))


class Turned(nn.Module):
    """A square image and its transpose, added: height on width."""

    def __init__(self) -> None:
        super().__init__()
        self.conv = nn.Conv2d(3, 8, 3, padding=1)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        x = self.conv(x)
        return x + x.transpose(2, 3)


class NormAcross(nn.Module):
    """Dense layer, norm and softmax along the positions of a sequence."""

    def __init__(self) -> None:
        super().__init__()
        self.enter = nn.Linear(8, 4)
        self.across = nn.Linear(16, 16)
        self.norm = nn.LayerNorm(16)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.norm(self.across(self.enter(x).transpose(1, 2))).softmax(1).transpose(1, 2)


class Windows(nn.Module):
    """Sizes that follow the input: positions as tokens and back to rows, and a map that is brought to another's size."""

    def __init__(self) -> None:
        super().__init__()
        self.stem = nn.Conv2d(3, 8, 4, 4)
        self.down = nn.Conv2d(8, 8, 3, 2, 1)
        self.mix = nn.Linear(8, 8)
        self.head = nn.Linear(8, 3)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        x = self.stem(x)
        x = x + F.interpolate(self.down(x), size=x.shape[-2:], mode="bilinear", align_corners=False)
        n, c, h, w = x.shape
        x = self.mix(x.permute(0, 2, 3, 1).reshape(n, h * w, c))
        return self.head(x.reshape(n, h * w // 2, 2, c).mean(2).mean(1))


class Learned(nn.Module):
    """Learned tensors of every use: added, as factors, joined, worked on before they are used."""

    def __init__(self) -> None:
        super().__init__()
        self.stem = nn.Conv2d(3, 8, 4, 4)
        self.places = nn.Parameter(torch.zeros(1, 8, 4, 4))
        self.first = nn.Parameter(torch.zeros(1, 1, 8))
        self.second = nn.Parameter(torch.zeros(1, 1, 8))
        self.positions = nn.Parameter(torch.zeros(1, 18, 8))
        self.gate = nn.Parameter(torch.ones(1))
        self.shift = nn.Parameter(torch.zeros(8))
        self.mix = nn.Parameter(torch.randn(5, 18))
        self.register_buffer("offsets", torch.tensor([1.0, -1.0, 0.5, 0.0, 2.0, 3.0, 4.0, 5.0]))
        self.head = nn.Linear(8, 3)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        x = (self.stem(x) + self.places).flatten(2).transpose(1, 2)
        tokens = torch.cat([self.first, self.second], 1).expand(x.shape[0], -1, -1)
        x = torch.cat([tokens, x], 1) + self.positions
        x = x * torch.sigmoid(self.gate) + self.shift - self.offsets
        return self.head(torch.matmul(self.mix.softmax(-1), x).mean(1))


class SelfAttention(nn.Module):
    """Attention as most write it: one projection, cut into queries, keys and values of each head."""

    def __init__(self, width: int, heads: int) -> None:
        super().__init__()
        self.heads = heads
        self.qkv = nn.Linear(width, 3 * width)
        self.proj = nn.Linear(width, width)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        n, length, width = x.shape
        q, k, v = self.qkv(x).reshape(n, length, 3, self.heads, width // self.heads).permute(2, 0, 3, 1, 4).unbind(0)
        logits = (q * (width // self.heads) ** -0.5) @ k.transpose(-2, -1)
        return self.proj((logits.softmax(-1) @ v).transpose(1, 2).reshape(n, length, width))


class CrossAttention(nn.Module):
    """Keys and values of another sequence, of a projection of their own, with a mask that is learned."""

    def __init__(self, width: int, heads: int, length: int) -> None:
        super().__init__()
        self.heads = heads
        self.q = nn.Linear(width, width, bias=False)
        self.kv = nn.Linear(width, 2 * width, bias=False)
        self.proj = nn.Linear(width, width)
        self.bias = nn.Parameter(torch.zeros(heads, length, length // 2))

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        n, length, width = x.shape
        half = x[:, : length // 2]
        q = self.q(x).reshape(n, length, self.heads, -1).transpose(1, 2)
        k, v = self.kv(half).reshape(n, length // 2, 2, self.heads, -1).permute(2, 0, 3, 1, 4)
        x = F.scaled_dot_product_attention(q, k, v, attn_mask=self.bias.unsqueeze(0))
        return self.proj(x.transpose(1, 2).reshape(n, length, width))


class Transformer(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.stem = nn.Conv2d(3, 16, 4, 4)
        self.norms = nn.ModuleList([nn.LayerNorm(16) for _ in range(3)])
        self.attentions = nn.ModuleList([SelfAttention(16, 4), SelfAttention(16, 4), CrossAttention(16, 2, 16)])
        self.head = nn.Linear(16, 5)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        x = self.stem(x).flatten(2).transpose(1, 2)
        for norm, attention in zip(self.norms, self.attentions, strict=True):
            x = x + attention(norm(x))
        return self.head(x.mean(1))


class ShiftedWindows(nn.Module):
    """Windows of a rolled image, with a bias by distance and a mask that is worked out in `forward`."""

    def __init__(self, width: int, heads: int, side: int, shift: int) -> None:
        super().__init__()
        self.heads, self.side, self.shift = heads, side, shift
        self.qkv = nn.Linear(width, 3 * width)
        self.proj = nn.Linear(width, width)
        self.relative_position_bias_table = nn.Parameter(torch.zeros((2 * side - 1) ** 2, heads))
        places = torch.stack(torch.meshgrid(torch.arange(side), torch.arange(side), indexing="ij")).flatten(1)
        apart = (places[:, :, None] - places[:, None, :]).permute(1, 2, 0) + side - 1
        self.register_buffer("relative_position_index", apart[..., 0] * (2 * side - 1) + apart[..., 1])

    def windows(self, x: torch.Tensor) -> torch.Tensor:
        n, h, w, c = x.shape
        x = x.reshape(n, h // self.side, self.side, w // self.side, self.side, c)
        return x.permute(0, 1, 3, 2, 4, 5).reshape(-1, self.side**2, c)

    def mask(self, x: torch.Tensor) -> torch.Tensor:
        parts = x.new_zeros((1, x.shape[1], x.shape[2], 1))
        cuts = (slice(0, -self.side), slice(-self.side, -self.shift), slice(-self.shift, None))
        for row in range(3):
            for column in range(3):
                parts[:, cuts[row], cuts[column], :] = 3 * row + column
        parts = self.windows(parts).squeeze(-1)
        apart = parts.unsqueeze(1) - parts.unsqueeze(2)
        return apart.masked_fill(apart != 0, -100.0).masked_fill(apart == 0, 0.0)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        n, h, w, c = x.shape
        if self.shift:
            x = x.roll((-self.shift, -self.shift), (1, 2))
        mask = self.mask(x) if self.shift else None
        x = self.windows(x)
        q, k, v = self.qkv(x).reshape(len(x), self.side**2, 3, self.heads, -1).permute(2, 0, 3, 1, 4)
        logits = (q * q.shape[-1] ** -0.5) @ k.transpose(-2, -1)
        table = self.relative_position_bias_table[self.relative_position_index.view(-1)]
        logits = logits + table.view(self.side**2, self.side**2, -1).permute(2, 0, 1).unsqueeze(0)
        if mask is not None:
            logits = logits.view(n, len(mask), self.heads, *mask.shape[1:]) + mask.unsqueeze(1).unsqueeze(0)
            logits = logits.view(-1, self.heads, *mask.shape[1:])
        x = self.proj((logits.softmax(-1) @ v).transpose(1, 2).reshape(len(x), self.side**2, c))
        x = x.view(n, h // self.side, w // self.side, self.side, self.side, c).permute(0, 1, 3, 2, 4, 5).reshape(n, h, w, c)
        return x.roll((self.shift, self.shift), (1, 2)) if self.shift else x


class WindowBlock(nn.Module):
    def __init__(self, width: int, heads: int, side: int, shift: int) -> None:
        super().__init__()
        self.norm = nn.LayerNorm(width)
        self.attn = ShiftedWindows(width, heads, side, shift)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return x + self.attn(self.norm(x))


class Swin(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.stem = nn.Conv2d(3, 8, 2, 2)
        self.blocks = nn.Sequential(WindowBlock(8, 2, 4, 0), WindowBlock(8, 2, 4, 2))
        self.head = nn.Linear(8, 3)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.head(self.blocks(self.stem(x).permute(0, 2, 3, 1)).mean([1, 2]))
