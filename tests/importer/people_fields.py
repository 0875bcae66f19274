"""Modules as people of several fields write them: medicine, speech, language, faces, points, pictures that are made."""

from __future__ import annotations

from collections.abc import Sequence

import torch
import torch.nn.functional as F
from torch import Tensor, nn


class ConvINReLU(nn.Sequential):
    def __init__(self, inputs: int, outputs: int, stride: int = 1) -> None:
        super().__init__(
            nn.Conv3d(inputs, outputs, 3, stride, 1, bias=False), nn.InstanceNorm3d(outputs, affine=True), nn.LeakyReLU(0.01, inplace=True)
        )


class MedicalUNet(nn.Module):
    """Levels in dictionaries, a head at each: deep supervision."""

    def __init__(self, channels: Sequence[int] = (8, 16, 32), classes: int = 3) -> None:
        super().__init__()
        self.enc, self.dec, self.up, self.heads = nn.ModuleDict(), nn.ModuleDict(), nn.ModuleDict(), nn.ModuleDict()
        inputs = 1
        for n, width in enumerate(channels):
            self.enc[f"level{n}"] = nn.Sequential(ConvINReLU(inputs, width, 1 if n == 0 else 2), ConvINReLU(width, width))
            inputs = width
        for n in reversed(range(len(channels) - 1)):
            width = channels[n]
            self.up[f"level{n}"] = nn.ConvTranspose3d(channels[n + 1], width, 2, 2)
            self.dec[f"level{n}"] = nn.Sequential(ConvINReLU(2 * width, width), ConvINReLU(width, width))
            self.heads[f"level{n}"] = nn.Conv3d(width, classes, 1)

    def forward(self, x: Tensor) -> dict[str, Tensor]:
        skips, found = {}, {}
        for name, block in self.enc.items():
            skips[name] = x = block(x)
        for name, block in self.dec.items():
            x = block(torch.cat([self.up[name](x), skips[name]], 1))
            found[name] = self.heads[name](x)
        return found


class GatedConv(nn.Module):
    def __init__(self, width: int, kernel: int = 7) -> None:
        super().__init__()
        self.norm, self.bn = nn.LayerNorm(width), nn.BatchNorm1d(width)
        self.pw1, self.pw2 = nn.Conv1d(width, 2 * width, 1), nn.Conv1d(width, width, 1)
        self.dw = nn.Conv1d(width, width, kernel, padding=kernel // 2, groups=width)

    def forward(self, x: Tensor) -> Tensor:
        y = F.glu(self.pw1(self.norm(x).transpose(1, 2)), dim=1)
        return self.pw2(F.silu(self.bn(self.dw(y)))).transpose(1, 2)  # type: ignore[no-any-return]


def feed_forward(width: int) -> nn.Sequential:
    return nn.Sequential(
        nn.LayerNorm(width), nn.Linear(width, 4 * width), nn.SiLU(), nn.Dropout(0.1), nn.Linear(4 * width, width), nn.Dropout(0.1)
    )


class ConformerBlock(nn.Module):
    def __init__(self, width: int, heads: int) -> None:
        super().__init__()
        self.ff1, self.ff2, self.conv = feed_forward(width), feed_forward(width), GatedConv(width)
        self.norm_att, self.norm = nn.LayerNorm(width), nn.LayerNorm(width)
        self.att = nn.MultiheadAttention(width, heads, batch_first=True)

    def forward(self, x: Tensor) -> Tensor:
        x = x + 0.5 * self.ff1(x)
        y = self.norm_att(x)
        x = x + self.att(y, y, y, need_weights=False)[0]
        x = x + self.conv(x)
        return self.norm(x + 0.5 * self.ff2(x))  # type: ignore[no-any-return]


class Conformer(nn.Module):
    """Speech: a spectrogram, a quarter of its times, letters."""

    def __init__(self, mels: int = 16, width: int = 32, layers: int = 3, letters: int = 10) -> None:
        super().__init__()
        self.sub = nn.Sequential(nn.Conv2d(1, 8, 3, 2, 1), nn.ReLU(), nn.Conv2d(8, 8, 3, 2, 1), nn.ReLU())
        self.proj, self.out = nn.Linear(8 * mels // 4, width), nn.Linear(width, letters)
        self.blocks = nn.ModuleList(ConformerBlock(width, 4) for _ in range(layers))

    def forward(self, mel: Tensor) -> Tensor:
        x = self.sub(mel.unsqueeze(1))
        n, c, f, t = x.shape
        x = self.proj(x.permute(0, 3, 1, 2).reshape(n, t, c * f))
        for block in self.blocks:
            x = block(x)
        return self.out(x).log_softmax(-1)  # type: ignore[no-any-return]


class RMS(nn.Module):
    def __init__(self, width: int, eps: float = 1e-6) -> None:
        super().__init__()
        self.weight, self.eps = nn.Parameter(torch.ones(width)), eps

    def forward(self, x: Tensor) -> Tensor:
        return x * torch.rsqrt(x.pow(2).mean(-1, keepdim=True) + self.eps) * self.weight


class GroupedQueries(nn.Module):
    """Two heads ask of one set of keys."""

    def __init__(self, width: int, heads: int, sets: int) -> None:
        super().__init__()
        self.heads, self.sets, self.size = heads, sets, width // heads
        self.wq, self.wo = nn.Linear(width, width, bias=False), nn.Linear(width, width, bias=False)
        self.wk, self.wv = nn.Linear(width, sets * self.size, bias=False), nn.Linear(width, sets * self.size, bias=False)

    def forward(self, x: Tensor) -> Tensor:
        n, length, _ = x.shape
        q = self.wq(x).view(n, length, self.heads, self.size).transpose(1, 2)
        k, v = (
            layer(x).view(n, length, self.sets, self.size).transpose(1, 2).repeat_interleave(self.heads // self.sets, 1)
            for layer in (self.wk, self.wv)
        )
        y = F.scaled_dot_product_attention(q, k, v, is_causal=True)
        return self.wo(y.transpose(1, 2).contiguous().view(n, length, -1))  # type: ignore[no-any-return]


class DecoderLayer(nn.Module):
    def __init__(self, width: int) -> None:
        super().__init__()
        self.n1, self.n2, self.att = RMS(width), RMS(width), GroupedQueries(width, 4, 2)
        self.w1, self.w3 = nn.Linear(width, 2 * width, bias=False), nn.Linear(width, 2 * width, bias=False)
        self.w2 = nn.Linear(2 * width, width, bias=False)

    def forward(self, x: Tensor) -> Tensor:
        x = x + self.att(self.n1(x))
        y = self.n2(x)
        return x + self.w2(F.silu(self.w1(y)) * self.w3(y))  # type: ignore[no-any-return]


class Decoder(nn.Module):
    """Language: what is read and what is said have one table."""

    def __init__(self, words: int = 40, width: int = 32, layers: int = 3) -> None:
        super().__init__()
        self.tok, self.head = nn.Embedding(words, width), nn.Linear(width, words, bias=False)
        self.layers, self.norm = nn.ModuleList([DecoderLayer(width) for _ in range(layers)]), RMS(width)
        self.head.weight = self.tok.weight

    def forward(self, ids: Tensor) -> Tensor:
        x = self.tok(ids)
        for layer in self.layers:
            x = layer(x)
        return self.head(self.norm(x))  # type: ignore[no-any-return]


class Alike(nn.Module):
    """Two pictures, and in three ways how alike they are."""

    def __init__(self) -> None:
        super().__init__()
        self.net = nn.Sequential(
            *[nn.Sequential(nn.Conv2d(i, o, 3, 2, 1), nn.BatchNorm2d(o), nn.ReLU()) for i, o in ((3, 8), (8, 16), (16, 32))]
        )
        self.proj, self.scale = nn.Linear(32, 16), nn.Parameter(torch.tensor(2.6))

    def embed(self, x: Tensor) -> Tensor:
        return F.normalize(self.proj(self.net(x).mean((-2, -1))), dim=-1)

    def forward(self, anchor: Tensor, other: Tensor) -> dict[str, Tensor]:
        a, b = self.embed(anchor), self.embed(other)
        return {
            "similarity": (a * b).sum(-1, keepdim=True) * self.scale.exp(),
            "distance": F.pairwise_distance(a, b, keepdim=True),
            "cosine": F.cosine_similarity(a, b),
        }


class ConditionalNorm(nn.Module):
    def __init__(self, width: int, facts: int) -> None:
        super().__init__()
        self.bn, self.gamma, self.beta = nn.BatchNorm2d(width, affine=False), nn.Linear(facts, width), nn.Linear(facts, width)

    def forward(self, x: Tensor, z: Tensor) -> Tensor:
        return self.bn(x) * (1 + self.gamma(z)[:, :, None, None]) + self.beta(z)[:, :, None, None]  # type: ignore[no-any-return]


class GeneratorBlock(nn.Module):
    def __init__(self, inputs: int, outputs: int, facts: int) -> None:
        super().__init__()
        self.norm1, self.norm2 = ConditionalNorm(inputs, facts), ConditionalNorm(outputs, facts)
        self.conv1, self.conv2 = nn.Conv2d(inputs, outputs, 3, padding=1), nn.Conv2d(outputs, outputs, 3, padding=1)
        self.side = nn.Conv2d(inputs, outputs, 1)

    def forward(self, x: Tensor, z: Tensor) -> Tensor:
        h = F.interpolate(F.relu(self.norm1(x, z)), scale_factor=2)
        h = self.conv2(F.relu(self.norm2(self.conv1(h), z)))
        return h + self.side(F.interpolate(x, scale_factor=2))  # type: ignore[no-any-return]


class Conditioned(nn.Module):
    """A picture of a class, out of noise that each block reads."""

    def __init__(self, noise: int = 12, width: int = 8, classes: int = 20) -> None:
        super().__init__()
        self.embed, self.fc, self.width = nn.Embedding(classes, 4), nn.Linear(noise, 64 * width), width
        self.blocks = nn.ModuleList([GeneratorBlock(4 * width, 2 * width, noise + 4), GeneratorBlock(2 * width, width, noise + 4)])
        self.out = nn.Sequential(nn.BatchNorm2d(width), nn.ReLU(), nn.Conv2d(width, 3, 3, padding=1), nn.Tanh())

    def forward(self, z: Tensor, y: Tensor) -> Tensor:
        facts = torch.cat([z, self.embed(y)], 1)
        x = self.fc(z).view(-1, 4 * self.width, 4, 4)
        for block in self.blocks:
            x = block(x, facts)
        return self.out(x)  # type: ignore[no-any-return]
