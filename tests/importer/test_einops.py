"""Models with einops, as many are written: its functions and layers are views, sums and products of PyTorch, and are read as such."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor, nn

import archc

einops = pytest.importorskip("einops")
layers = pytest.importorskip("einops.layers.torch")


class Attends(nn.Module):
    def __init__(self, width: int, heads: int) -> None:
        super().__init__()
        self.heads, self.scale = heads, (width // heads) ** -0.5
        self.to_qkv = nn.Linear(width, 3 * width, bias=False)
        self.to_out = nn.Linear(width, width)

    def forward(self, x: Tensor) -> Tensor:
        q, k, v = (einops.rearrange(part, "b n (h d) -> b h n d", h=self.heads) for part in self.to_qkv(x).chunk(3, dim=-1))
        scores = einops.einsum(q, k, "b h i d, b h j d -> b h i j") * self.scale
        made = einops.einsum(scores.softmax(-1), v, "b h i j, b h j d -> b h i d")
        return self.to_out(einops.rearrange(made, "b h n d -> b n (h d)"))  # type: ignore[no-any-return]


class ViT(nn.Module):
    """As the repositories of papers write it."""

    def __init__(self) -> None:
        super().__init__()
        self.patches = nn.Sequential(layers.Rearrange("b c (h p) (w q) -> b (h w) (p q c)", p=4, q=4), nn.Linear(48, 16))
        self.token = nn.Parameter(torch.randn(16))
        self.attends = Attends(16, 4)
        self.head = nn.Linear(16, 3)

    def forward(self, x: Tensor) -> Tensor:
        x = self.patches(x)
        x = torch.cat([einops.repeat(self.token, "d -> b 1 d", b=x.shape[0]), x], 1)
        return self.head(einops.reduce(self.attends(x) + x, "b n d -> b d", "mean"))  # type: ignore[no-any-return]


class Shapes(nn.Module):
    """Pixels to channels and back, a pool, a gate, and each pixel four times."""

    def __init__(self) -> None:
        super().__init__()
        self.a, self.b = nn.Conv2d(12, 8, 1), nn.Conv2d(8, 12, 1)

    def forward(self, x: Tensor) -> Tensor:
        x = self.a(einops.rearrange(x, "b c (h s) (w t) -> b (c s t) h w", s=2, t=2))
        y = einops.reduce(x, "b c (h 2) (w 2) -> b c h w", "max")
        x = x + einops.repeat(y, "b c h w -> b c (h 2) (w 2)")
        x = x * einops.reduce(x, "b c h w -> b c 1 1", "mean").sigmoid()
        return einops.rearrange(self.b(x), "b (c s t) h w -> b c (h s) (w t)", s=2, t=2)  # type: ignore[no-any-return]


class Mixes(nn.Sequential):
    """Layers alone, with weights of their own."""

    def __init__(self) -> None:
        super().__init__(
            layers.Rearrange("b c (h p) (w q) -> b (h w) (p q c)", p=4, q=4), nn.Linear(48, 8),
            layers.EinMix("b n c -> b m c", weight_shape="n m", bias_shape="m", n=16, m=6), nn.GELU(),
            layers.Reduce("b n c -> b c", "max"), nn.Linear(8, 4),
        )  # fmt: skip


class Video(nn.Module):
    """Frames stand in the batch, and packed tokens in a row."""

    def __init__(self) -> None:
        super().__init__()
        self.conv, self.registers, self.head = nn.Conv2d(3, 8, 3, padding=1), nn.Parameter(torch.randn(2, 8)), nn.Linear(8, 4)

    def forward(self, x: Tensor) -> tuple[Tensor, Tensor]:
        y = self.conv(einops.rearrange(x, "b t c h w -> (b t) c h w")).relu()
        y = einops.reduce(y, "(b t) c h w -> b t c", "mean", t=x.shape[1])
        packed, parts = einops.pack([y, einops.repeat(self.registers, "n d -> b n d", b=x.shape[0])], "b * d")
        frames, registers = einops.unpack(self.head(packed), parts, "b * d")
        return frames, registers


CASES: dict[str, tuple[type[nn.Module], tuple[int, ...], tuple[str, ...]]] = {
    "ViT": (ViT, (3, 16, 16), ('rearrange("c (h p) (w q) -> (h w) (p q c)", p = 4, q = 4)', "attention(4")),
    "Shapes": (
        Shapes,
        (3, 16, 16),
        ("pixel_unshuffle(2)", "maxpool(2)", "upsample(scale = 2)", "pixel_shuffle(2)", "global_avgpool -> sigmoid"),
    ),
    "Mixes": (Mixes, (3, 16, 16), ("einsum(", "gelu")),
    "Video": (Video, (4, 3, 8, 8), ("concat(",)),
}


@pytest.mark.parametrize("name", CASES)
def test_what_einops_does_is_said_in_the_words_of_the_language(name: str) -> None:
    kind, shape, said = CASES[name]
    module = kind().eval()
    text = archc.from_module(module, torch.zeros(2, *shape))
    assert [words for words in said if words not in text] == []
    made = archc.load(text, weights=module.state_dict()).eval()
    given = torch.rand(3, *shape)
    with torch.no_grad():
        ours, theirs = made(given), module(given)
    for one, other in zip(ours, theirs, strict=True) if isinstance(theirs, tuple) else ((ours, theirs),):
        torch.testing.assert_close(one, other, rtol=1e-4, atol=1e-5)
