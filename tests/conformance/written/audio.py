"""Networks for sound."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from .parts import named


class Gated(nn.Module):
    def __init__(self, width: int, dilation: int) -> None:
        super().__init__()
        self.filter = nn.Conv1d(width, width, 2, dilation=dilation)
        self.gate = nn.Conv1d(width, width, 2, dilation=dilation)
        self.before = dilation

    def forward(self, x: Tensor) -> Tensor:
        """Equation 2: nothing that comes later is heard."""
        heard = F.pad(x, (self.before, 0))
        found: Tensor = torch.tanh(self.filter(heard)) * torch.sigmoid(self.gate(heard))
        return found


class WaveNet(nn.Module):
    """Figure 4; what the layers tell the end is added up as they come."""

    def __init__(self, levels: int = 256, width: int = 32, out: int = 256, depth: int = 10, stacks: int = 3) -> None:
        super().__init__()
        self.causal = nn.Conv1d(levels, width, 2)
        self.order = [(f"stack{s}", i) for s in range(stacks) for i in range(depth)]
        for s in range(stacks):
            self.add_module(f"stack{s}", nn.ModuleDict())
        for stack, i in self.order:
            parts = self.get_submodule(stack)
            parts.add_module(f"gated{i}", Gated(width, 2**i))
            parts.add_module(f"told{i}", nn.Conv1d(width, out, 1))
            if (stack, i) != self.order[-1]:
                parts.add_module(f"residual{i}", nn.Conv1d(width, width, 1))
        self.conv1, self.conv2 = nn.Conv1d(out, out, 1), nn.Conv1d(out, levels, 1)

    def forward(self, sound: Tensor) -> Tensor:
        x = self.causal(F.pad(sound, (1, 0)))
        total = torch.zeros(1, device=sound.device)
        for stack, i in self.order:
            parts = self.get_submodule(stack)
            heard = parts.get_submodule(f"gated{i}")(x)
            total = total + parts.get_submodule(f"told{i}")(heard)
            if (stack, i) != self.order[-1]:
                x = x + parts.get_submodule(f"residual{i}")(heard)
        logits: Tensor = self.conv2(F.relu(self.conv1(F.relu(total))))
        return logits


class Separable(nn.Module):
    """One block of figure 1C."""

    def __init__(self, width: int, hidden: int, kernel: int, dilation: int, last: bool) -> None:
        super().__init__()
        around = dilation * (kernel - 1) // 2
        self.conv_layers = nn.Sequential(
            nn.Conv1d(width, hidden, 1),
            nn.PReLU(),
            nn.GroupNorm(1, hidden, eps=1e-8),
            nn.Conv1d(hidden, hidden, kernel, padding=around, dilation=dilation, groups=hidden),
            nn.PReLU(),
            nn.GroupNorm(1, hidden, eps=1e-8),
        )
        self.res_out = None if last else nn.Conv1d(hidden, width, 1)
        self.skip_out = nn.Conv1d(hidden, width, 1)

    def forward(self, x: Tensor) -> tuple[Tensor, Tensor]:
        seen = self.conv_layers(x)
        return x if self.res_out is None else x + self.res_out(seen), self.skip_out(seen)


class MaskGenerator(nn.Module):
    def __init__(self, sources: int, features: int, width: int, hidden: int, kernel: int, depth: int, stacks: int) -> None:
        super().__init__()
        self.input_norm = nn.GroupNorm(1, features, eps=1e-8)
        self.input_conv = nn.Conv1d(features, width, 1)
        last = depth * stacks - 1
        self.conv_layers = nn.ModuleList(Separable(width, hidden, kernel, 2 ** (i % depth), i == last) for i in range(last + 1))
        self.output_prelu = nn.PReLU()
        self.output_conv = nn.Conv1d(width, sources * features, 1)
        self.sources = sources

    def forward(self, spectrum: Tensor) -> Tensor:
        x = self.input_conv(self.input_norm(spectrum))
        told = []
        for block in self.conv_layers:
            x, more = block(x)
            told.append(more)
        masks: Tensor = self.output_conv(self.output_prelu(torch.stack(told).sum(dim=0))).sigmoid()
        return masks.unflatten(1, (self.sources, -1))


class ConvTasNet(nn.Module):
    """Figure 1; all masks at once, and all sources through the decoder as further sounds of the batch."""

    def __init__(
        self,
        sources: int = 2,
        window: int = 16,
        features: int = 512,
        width: int = 128,
        hidden: int = 512,
        kernel: int = 3,
        depth: int = 8,
        stacks: int = 3,
    ) -> None:
        super().__init__()
        half = window // 2
        self.encoder = nn.Conv1d(1, features, window, stride=half, padding=half, bias=False)
        self.mask_generator = MaskGenerator(sources, features, width, hidden, kernel, depth, stacks)
        self.decoder = nn.ConvTranspose1d(features, 1, window, stride=half, padding=half, bias=False)

    def forward(self, sound: Tensor) -> Tensor:
        spectrum = self.encoder(sound)
        masked = self.mask_generator(spectrum) * spectrum[:, None]
        parted: Tensor = self.decoder(masked.flatten(0, 1))
        return parted.unflatten(0, (len(sound), -1)).squeeze(2)


class M5(nn.Module):
    """Table 1."""

    def __init__(
        self, first: int = 128, widths: tuple[int, ...] = (128, 256, 512), depths: tuple[int, ...] = (1, 1, 1), classes: int = 10
    ) -> None:
        super().__init__()
        self.stem = named(conv1=nn.Conv1d(1, first, 80, stride=4, bias=False), bn1=nn.BatchNorm1d(first))
        self.stages = len(widths)
        before = first
        for i, (width, depth) in enumerate(zip(widths, depths, strict=True)):
            parts = nn.Sequential()
            for _ in range(depth):
                parts.append(named(conv1=nn.Conv1d(before, width, 3, padding=1, bias=False), bn1=nn.BatchNorm1d(width), act=nn.ReLU()))
                before = width
            self.add_module(f"stage{i + 1}", parts)
        self.linear1 = nn.Linear(before, classes)

    def forward(self, sound: Tensor) -> Tensor:
        lacking = (-(-sound.shape[2] // 4) - 1) * 4 + 80 - sound.shape[2]
        x = F.max_pool1d(self.stem(F.pad(sound, (lacking // 2, lacking - lacking // 2))).relu(), 4, ceil_mode=True)
        for i in range(self.stages):
            x = F.max_pool1d(self.get_submodule(f"stage{i + 1}")(x), 4, ceil_mode=True)
        classes: Tensor = self.linear1(x.mean(dim=2))
        return classes
