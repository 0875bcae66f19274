"""DDPM's network for CIFAR-10: what the way down has made is put on a pile, and the way up takes it from there."""

from __future__ import annotations

import math

import torch
import torch.nn.functional as F
from torch import Tensor, nn


class Residual(nn.Module):
    def __init__(self, before: int, out: int, time: int, drop: float) -> None:
        super().__init__()
        self.norm1, self.conv1 = nn.GroupNorm(32, before, eps=1e-6), nn.Conv2d(before, out, 3, padding=1)
        self.time_emb_proj = nn.Linear(time, out)
        self.norm2, self.conv2 = nn.GroupNorm(32, out, eps=1e-6), nn.Conv2d(out, out, 3, padding=1)
        self.conv_shortcut = nn.Conv2d(before, out, 1) if before != out else None
        self.drop = nn.Dropout(drop)

    def forward(self, x: Tensor, time: Tensor) -> Tensor:
        h = self.conv1(F.silu(self.norm1(x)))
        h = h + self.time_emb_proj(F.silu(time))[:, :, None, None]
        h = self.conv2(self.drop(F.silu(self.norm2(h))))
        found: Tensor = h + (x if self.conv_shortcut is None else self.conv_shortcut(x))
        return found


class Attend(nn.Module):
    def __init__(self, width: int) -> None:
        super().__init__()
        self.group_norm = nn.GroupNorm(32, width, eps=1e-6)
        self.to_q, self.to_k, self.to_v = nn.Linear(width, width), nn.Linear(width, width), nn.Linear(width, width)
        self.to_out = nn.ModuleList([nn.Linear(width, width)])

    def forward(self, x: Tensor) -> Tensor:
        places = self.group_norm(x).flatten(2).transpose(1, 2)
        logits = self.to_q(places) @ self.to_k(places).transpose(1, 2) / math.sqrt(x.shape[1])
        answer = self.to_out[0](logits.softmax(dim=2) @ self.to_v(places))
        found: Tensor = x + answer.transpose(1, 2).reshape(x.shape)
        return found


class Level(nn.Module):
    """Residual parts, each perhaps with attention, and what changes the size after them."""

    def __init__(self, residuals: list[Residual], attentions: list[Attend], sampler: tuple[str, nn.Conv2d] | None = None) -> None:
        super().__init__()
        self.resnets = nn.ModuleList(residuals)
        self.attentions = nn.ModuleList(attentions)
        if sampler is not None:
            self.add_module(sampler[0], nn.ModuleList([nn.ModuleDict({"conv": sampler[1]})]))

    def attended(self, number: int, x: Tensor, time: Tensor) -> Tensor:
        found: Tensor = self.resnets[number](x, time)
        return self.attentions[number](found) if len(self.attentions) > 0 and number < len(self.attentions) else found

    def sampler(self, name: str) -> nn.Module | None:
        found = getattr(self, name, None)
        return None if found is None else found[0]["conv"]


class Ddpm(nn.Module):
    def __init__(
        self,
        width: int = 128,
        widths: tuple[int, ...] = (1, 2, 2, 2),
        depth: int = 2,
        attend_at: int = 16,
        drop: float = 0.1,
        steps: int = 1000,
        side: int = 32,
    ) -> None:
        super().__init__()
        self.width = width
        time = 4 * width
        self.time_embedding = nn.ModuleDict({"linear_1": nn.Linear(width, time), "linear_2": nn.Linear(time, time)})
        self.conv_in = nn.Conv2d(3, width, 3, padding=1)
        pile, before = [width], width
        self.down_blocks, self.up_blocks = nn.ModuleList(), nn.ModuleList()
        for i, times in enumerate(widths):
            out = times * width
            residuals = [Residual(before if j == 0 else out, out, time, drop) for j in range(depth)]
            pile += [out] * depth
            down = None
            attentions = [Attend(out) for _ in residuals] if side >> i == attend_at else []
            if i < len(widths) - 1:
                down = ("downsamplers", nn.Conv2d(out, out, 3, stride=2))
                pile.append(out)
            self.down_blocks.append(Level(residuals, attentions, down))
            before = out
        self.mid_block = Level([Residual(before, before, time, drop) for _ in range(2)], [Attend(before)])
        for i, times in reversed(list(enumerate(widths))):
            out, residuals = times * width, []
            for _ in range(depth + 1):
                residuals.append(Residual(before + pile.pop(), out, time, drop))
                before = out
            attentions = [Attend(out) for _ in residuals] if side >> i == attend_at else []
            up = ("upsamplers", nn.Conv2d(out, out, 3, padding=1)) if i else None
            self.up_blocks.append(Level(residuals, attentions, up))
        self.conv_norm_out, self.conv_out = nn.GroupNorm(32, width, eps=1e-6), nn.Conv2d(width, 3, 3, padding=1)

    def embedded(self, step: Tensor) -> Tensor:
        """Sines, then cosines, whose frequencies fall from 1 to 1/10000."""
        half = self.width // 2
        frequencies = torch.exp(-math.log(10000) / (half - 1) * torch.arange(half, device=step.device))
        angles = step.float() * frequencies
        hidden = F.silu(self.time_embedding["linear_1"](torch.cat([angles.sin(), angles.cos()], dim=1)))
        found: Tensor = self.time_embedding["linear_2"](hidden)
        return found

    def forward(self, image: Tensor, step: Tensor) -> Tensor:
        time = self.embedded(step)
        x = self.conv_in(image)
        pile = [x]
        for level in self.down_blocks:
            assert isinstance(level, Level)
            for number in range(len(level.resnets)):
                x = level.attended(number, x, time)
                pile.append(x)
            smaller = level.sampler("downsamplers")
            if smaller is not None:
                x = smaller(F.pad(x, (0, 1, 0, 1)))
                pile.append(x)
        for number in range(2):
            x = self.mid_block.attended(number, x, time)
        for level in self.up_blocks:
            assert isinstance(level, Level)
            for number in range(len(level.resnets)):
                x = level.attended(number, torch.cat([x, pile.pop()], dim=1), time)
            larger = level.sampler("upsamplers")
            if larger is not None:
                x = larger(F.interpolate(x, scale_factor=2.0))
        assert not pile
        noise: Tensor = self.conv_out(F.silu(self.conv_norm_out(x)))
        return noise
