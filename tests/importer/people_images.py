"""Modules as people write them: of images."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any, NamedTuple

import torch
import torch.nn.functional as F
from torch import Tensor, nn
from torch.nn.utils.parametrizations import spectral_norm


class DoubleConv(nn.Module):
    def __init__(self, in_ch: int, out_ch: int) -> None:
        super().__init__()
        self.double_conv = nn.Sequential(
            nn.Conv2d(in_ch, out_ch, 3, padding=1, bias=False),
            nn.BatchNorm2d(out_ch),
            nn.ReLU(inplace=True),
            nn.Conv2d(out_ch, out_ch, 3, padding=1, bias=False),
            nn.BatchNorm2d(out_ch),
            nn.ReLU(inplace=True),
        )

    def forward(self, x: Tensor) -> Any:
        return self.double_conv(x)


class Up(nn.Module):
    def __init__(self, in_ch: int, out_ch: int) -> None:
        super().__init__()
        self.conv = DoubleConv(in_ch, out_ch)

    def forward(self, x1: Tensor, x2: Tensor) -> Any:
        x1 = F.interpolate(x1, scale_factor=2, mode="bilinear", align_corners=True)
        diffY = x2.size()[2] - x1.size()[2]
        diffX = x2.size()[3] - x1.size()[3]
        x1 = F.pad(x1, [diffX // 2, diffX - diffX // 2, diffY // 2, diffY - diffY // 2])
        return self.conv(torch.cat([x2, x1], dim=1))


class UNet(nn.Module):
    def __init__(self, n_channels: int = 3, n_classes: int = 2) -> None:
        super().__init__()
        self.inc = DoubleConv(n_channels, 16)
        self.down1 = nn.Sequential(nn.MaxPool2d(2), DoubleConv(16, 32))
        self.down2 = nn.Sequential(nn.MaxPool2d(2), DoubleConv(32, 64))
        self.down3 = nn.Sequential(nn.MaxPool2d(2), DoubleConv(64, 64))
        self.up1 = Up(128, 32)
        self.up2 = Up(64, 16)
        self.up3 = Up(32, 16)
        self.outc = nn.Conv2d(16, n_classes, 1)

    def forward(self, x: Tensor) -> Any:
        x1 = self.inc(x)
        x2 = self.down1(x1)
        x3 = self.down2(x2)
        x4 = self.down3(x3)
        x = self.up1(x4, x3)
        x = self.up2(x, x2)
        x = self.up3(x, x1)
        return {"logits": self.outc(x), "mask": self.outc(x).softmax(1)}


class Generator(nn.Module):
    def __init__(self, nz: int = 64, ngf: int = 16, nc: int = 3) -> None:
        super().__init__()
        self.main = nn.Sequential(
            nn.ConvTranspose2d(nz, ngf * 8, 4, 1, 0, bias=False),
            nn.BatchNorm2d(ngf * 8),
            nn.ReLU(True),
            nn.ConvTranspose2d(ngf * 8, ngf * 4, 4, 2, 1, bias=False),
            nn.BatchNorm2d(ngf * 4),
            nn.ReLU(True),
            nn.ConvTranspose2d(ngf * 4, ngf * 2, 4, 2, 1, bias=False),
            nn.BatchNorm2d(ngf * 2),
            nn.ReLU(True),
            nn.ConvTranspose2d(ngf * 2, nc, 4, 2, 1, bias=False),
            nn.Tanh(),
        )

    def forward(self, z: Tensor) -> Any:
        return self.main(z.view(z.size(0), -1, 1, 1))


class Discriminator(nn.Module):
    def __init__(self, ndf: int = 16) -> None:
        super().__init__()
        self.layers = nn.ModuleList()
        c = 3
        for i in range(3):
            self.layers.append(spectral_norm(nn.Conv2d(c, ndf * 2**i, 4, 2, 1)))
            c = ndf * 2**i
        self.head = spectral_norm(nn.Linear(c, 1))

    def forward(self, x: Tensor) -> Any:
        for layer in self.layers:
            x = F.leaky_relu(layer(x), 0.2)
        x = x.sum(dim=(2, 3))
        return self.head(x).squeeze(-1)


class Attention(nn.Module):
    def __init__(self, dim: int, heads: int) -> None:
        super().__init__()
        self.heads, self.scale = heads, (dim // heads) ** -0.5
        self.qkv = nn.Linear(dim, dim * 3, bias=False)
        self.proj = nn.Linear(dim, dim)

    def forward(self, x: Tensor) -> Any:
        B, N, C = x.shape
        qkv = self.qkv(x).reshape(B, N, 3, self.heads, C // self.heads).permute(2, 0, 3, 1, 4)
        q, k, v = qkv[0], qkv[1], qkv[2]
        attn = (q @ k.transpose(-2, -1)) * self.scale
        attn = attn.softmax(dim=-1)
        return self.proj((attn @ v).transpose(1, 2).reshape(B, N, C))


class Block(nn.Module):
    def __init__(self, dim: int, heads: int) -> None:
        super().__init__()
        self.norm1 = nn.LayerNorm(dim)
        self.attn = Attention(dim, heads)
        self.norm2 = nn.LayerNorm(dim)
        self.mlp = nn.Sequential(nn.Linear(dim, dim * 4), nn.GELU(), nn.Linear(dim * 4, dim))
        self.ls1 = nn.Parameter(1e-5 * torch.ones(dim))
        self.ls2 = nn.Parameter(1e-5 * torch.ones(dim))

    def forward(self, x: Tensor) -> Any:
        x = x + self.ls1 * self.attn(self.norm1(x))
        return x + self.ls2 * self.mlp(self.norm2(x))


class ViTReg(nn.Module):
    def __init__(self, dim: int = 48, depth: int = 4, heads: int = 4, regs: int = 4) -> None:
        super().__init__()
        self.patch = nn.Conv2d(3, dim, 8, 8)
        self.cls = nn.Parameter(torch.zeros(1, 1, dim))
        self.reg = nn.Parameter(torch.randn(1, regs, dim) * 0.02)
        self.pos = nn.Parameter(torch.randn(1, 1 + 16, dim) * 0.02)
        self.blocks = nn.ModuleList([Block(dim, heads) for _ in range(depth)])
        self.norm = nn.LayerNorm(dim)
        self.head = nn.Linear(dim, 10)
        self.regs = regs

    def forward(self, x: Tensor) -> Any:
        B = x.shape[0]
        x = self.patch(x).flatten(2).transpose(1, 2)
        x = torch.cat([self.cls.expand(B, -1, -1), x], 1) + self.pos
        x = torch.cat([x[:, :1], self.reg.expand(B, -1, -1), x[:, 1:]], 1)
        for b in self.blocks:
            x = b(x)
        x = self.norm(x)
        return self.head(x[:, 0]), x[:, 1 + self.regs :]


def timestep_embedding(t: Tensor, dim: int) -> Any:
    half = dim // 2
    freqs = torch.exp(-math.log(10000) * torch.arange(half, dtype=torch.float32, device=t.device) / half)
    args = t[:, None].float() * freqs[None]
    return torch.cat([torch.cos(args), torch.sin(args)], dim=-1)


class ResBlock(nn.Module):
    def __init__(self, cin: int, cout: int, temb: int) -> None:
        super().__init__()
        self.norm1 = nn.GroupNorm(8, cin)
        self.conv1 = nn.Conv2d(cin, cout, 3, padding=1)
        self.emb = nn.Linear(temb, cout)
        self.norm2 = nn.GroupNorm(8, cout)
        self.conv2 = nn.Conv2d(cout, cout, 3, padding=1)
        self.skip = nn.Conv2d(cin, cout, 1) if cin != cout else nn.Identity()

    def forward(self, x: Tensor, t: Tensor) -> Any:
        h = self.conv1(F.silu(self.norm1(x)))
        h = h + self.emb(F.silu(t))[:, :, None, None]
        h = self.conv2(F.silu(self.norm2(h)))
        return h + self.skip(x)


class Diffusion(nn.Module):
    def __init__(self, ch: int = 16) -> None:
        super().__init__()
        self.time = nn.Sequential(nn.Linear(ch, ch * 4), nn.SiLU(), nn.Linear(ch * 4, ch * 4))
        self.ch = ch
        self.inp = nn.Conv2d(3, ch, 3, padding=1)
        self.r1 = ResBlock(ch, ch * 2, ch * 4)
        self.down = nn.Conv2d(ch * 2, ch * 2, 3, 2, 1)
        self.r2 = ResBlock(ch * 2, ch * 2, ch * 4)
        self.r3 = ResBlock(ch * 4, ch, ch * 4)
        self.out = nn.Conv2d(ch, 3, 3, padding=1)

    def forward(self, x: Tensor, t: Tensor) -> Any:
        temb = self.time(timestep_embedding(t, self.ch))
        h1 = self.r1(self.inp(x), temb)
        h2 = self.r2(self.down(h1), temb)
        h2 = F.interpolate(h2, size=h1.shape[-2:], mode="nearest")
        return self.out(self.r3(torch.cat([h1, h2], 1), temb))


class LayerNorm2d(nn.Module):
    def __init__(self, c: int, eps: float = 1e-6) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.ones(c))
        self.bias = nn.Parameter(torch.zeros(c))
        self.eps = eps

    def forward(self, x: Tensor) -> Any:
        u = x.mean(1, keepdim=True)
        s = (x - u).pow(2).mean(1, keepdim=True)
        x = (x - u) / torch.sqrt(s + self.eps)
        return self.weight[:, None, None] * x + self.bias[:, None, None]


class RMSNorm(nn.Module):
    def __init__(self, d: int, eps: float = 1e-6) -> None:
        super().__init__()
        self.eps = eps
        self.weight = nn.Parameter(torch.ones(d))

    def forward(self, x: Tensor) -> Any:
        return self.weight * (x * torch.rsqrt(x.pow(2).mean(-1, keepdim=True) + self.eps))


class CustomNorms(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.stem = nn.Conv2d(3, 16, 4, 4)
        self.n = LayerNorm2d(16)
        self.body = nn.Conv2d(16, 16, 1)
        self.r = RMSNorm(16)
        self.fc = nn.Linear(16, 5)

    def forward(self, x: Tensor) -> Any:
        x = self.body(self.n(self.stem(x)))
        return self.fc(self.r(x.flatten(2).transpose(1, 2)).mean(1))


@dataclass
class Out:
    logits: Tensor
    hidden: tuple[Tensor, ...] | None = None
    loss: Tensor | None = None


class Flow(nn.Module):
    """Complex control flow."""

    def __init__(self, depth: int = 4) -> None:
        super().__init__()
        self.convs = nn.ModuleList([nn.Conv2d(8, 8, 3, padding=1) for _ in range(depth)])
        self.gates = nn.ParameterList([nn.Parameter(torch.ones(1)) for _ in range(depth)])
        self.stem = nn.Conv2d(3, 8, 3, padding=1)
        self.heads = nn.ModuleDict({"cls": nn.Linear(8, 4), "reg": nn.Linear(8, 2)})

    def forward(self, x: Tensor, labels: Tensor | None = None, return_hidden: bool = True) -> Any:
        x = self.stem(x)
        hidden = []
        for i, (c, g) in enumerate(zip(self.convs, self.gates, strict=True)):
            if i % 2:
                x = x + g * c(x)
            else:
                x = F.max_pool2d(F.relu(c(x)), 2) if i == 2 else F.relu(c(x))
            hidden.append(x)
        if x.shape[-1] > 4:
            x = F.adaptive_avg_pool2d(x, 1)
        x = x.flatten(1)
        loss = F.cross_entropy(self.heads["cls"](x), labels) if labels is not None else None
        return Out(self.heads["cls"](x), tuple(hidden) if return_hidden else None, loss), self.heads["reg"](x)


class Deep(NamedTuple):
    out: Tensor
    aux: dict[str, Tensor]


class FPN(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.c = nn.ModuleList([nn.Conv2d(3, 8, 3, 2, 1), nn.Conv2d(8, 16, 3, 2, 1), nn.Conv2d(16, 32, 3, 2, 1)])
        self.lat = nn.ModuleList([nn.Conv2d(c, 8, 1) for c in (8, 16, 32)])
        self.smooth = nn.ModuleList([nn.Conv2d(8, 8, 3, padding=1) for _ in range(3)])

    def forward(self, x: Tensor) -> Any:
        feats = []
        for c in self.c:
            x = F.relu(c(x))
            feats.append(x)
        outs = [self.lat[-1](feats[-1])]
        for f, lateral in zip(feats[:-1][::-1], list(self.lat[:-1])[::-1], strict=True):
            outs.insert(0, lateral(f) + F.interpolate(outs[0], size=f.shape[-2:], mode="nearest"))
        outs = [s(o) for s, o in zip(self.smooth, outs, strict=True)]
        return Deep(outs[0], {"p4": outs[1], "p5": outs[2]})


class PixelShuffleSR(nn.Module):
    def __init__(self, scale: int = 2, n: int = 4) -> None:
        super().__init__()
        self.head = nn.Conv2d(3, 16, 3, padding=1)
        self.body = nn.Sequential(
            *[nn.Sequential(nn.Conv2d(16, 16, 3, padding=1), nn.PReLU(), nn.Conv2d(16, 16, 3, padding=1)) for _ in range(n)]
        )
        self.tail = nn.Sequential(nn.Conv2d(16, 3 * scale**2, 3, padding=1), nn.PixelShuffle(scale))
        self.register_buffer("mean", torch.tensor([0.4488, 0.4371, 0.4040]).view(1, 3, 1, 1))

    def forward(self, x: Tensor) -> Any:
        x = x - self.mean
        h = self.head(x)
        r = h
        for b in self.body:
            r = r + b(r) * 0.1
        return torch.clamp(self.tail(r + h) + self.mean, 0, 1)


class Swish(torch.autograd.Function):
    @staticmethod
    def forward(ctx: Any, x: Tensor) -> Any:
        ctx.save_for_backward(x)
        return x * torch.sigmoid(x)

    @staticmethod
    def backward(ctx: Any, g: Tensor) -> Any:
        (x,) = ctx.saved_tensors
        s = torch.sigmoid(x)
        return g * (s * (1 + x * (1 - s)))


class GradRev(torch.autograd.Function):
    @staticmethod
    def forward(ctx: Any, x: Tensor) -> Any:
        return x.view_as(x)

    @staticmethod
    def backward(ctx: Any, g: Tensor) -> Any:
        return -g


class DANN(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.f = nn.Sequential(nn.Conv2d(3, 8, 5), nn.MaxPool2d(2))
        self.a = nn.Linear(8, 4)
        self.d = nn.Linear(8, 2)

    def forward(self, x: Tensor) -> Any:
        f = Swish.apply(self.f(x)).mean((2, 3))
        return self.a(f), self.d(GradRev.apply(f))
