"""Networks of words."""

from __future__ import annotations

import torch
from torch import Tensor, nn


class Block(nn.Module):
    """With PyTorch's own products, and what is ahead masked out."""

    def __init__(self, width: int, heads: int) -> None:
        super().__init__()
        self.ln_1, self.ln_2 = nn.LayerNorm(width), nn.LayerNorm(width)
        self.heads = heads
        self.attn = nn.ModuleDict({"c_attn": nn.Linear(width, 3 * width), "c_proj": nn.Linear(width, width)})
        self.mlp = nn.ModuleDict({"c_fc": nn.Linear(width, 4 * width), "c_proj": nn.Linear(4 * width, width)})

    def forward(self, x: Tensor) -> Tensor:
        query, key, value = (
            part.unflatten(-1, (self.heads, -1)).transpose(1, 2) for part in self.attn["c_attn"](self.ln_1(x)).chunk(3, -1)
        )
        logits = query @ key.transpose(-1, -2) / query.shape[-1] ** 0.5
        ahead = torch.ones(logits.shape[-2:], device=x.device).triu(1).bool()
        logits = logits.masked_fill(ahead, -torch.inf)
        x = x + self.attn["c_proj"]((logits.softmax(-1) @ value).transpose(1, 2).flatten(2))
        found = x + self.mlp["c_proj"](nn.functional.gelu(self.mlp["c_fc"](self.ln_2(x)), approximate="tanh"))
        assert isinstance(found, Tensor)
        return found


class Gpt2(nn.Module):
    def __init__(self, words: int = 50257, context: int = 1024, width: int = 768, depth: int = 12, heads: int = 12) -> None:
        super().__init__()
        self.wte, self.wpe = nn.Embedding(words, width), nn.Embedding(context, width)
        self.h = nn.ModuleList(Block(width, heads) for _ in range(depth))
        self.ln_f = nn.LayerNorm(width)

    def forward(self, ids: Tensor) -> Tensor:
        x = self.wte(ids) + self.wpe.weight[: ids.shape[1]]
        for block in self.h:
            x = block(x)
        found = self.ln_f(x) @ self.wte.weight.T
        assert isinstance(found, Tensor)
        return found


class TransformerEncoder(nn.TransformerEncoder):
    """PyTorch's own, behind section 3.4's words and section 3.5's places."""

    def __init__(self, words: int = 37000, width: int = 512, depth: int = 6, heads: int = 8, hidden: int = 2048, drop: float = 0.1) -> None:
        layer = nn.TransformerEncoderLayer(width, heads, hidden, drop, batch_first=True)
        super().__init__(layer, depth, enable_nested_tensor=False)
        self.embed = nn.Embedding(words, width)
        self.drop = nn.Dropout(drop)

    def forward(self, ids: Tensor) -> Tensor:  # type: ignore[override]
        x = self.embed(ids) * self.embed.embedding_dim**0.5
        angles = torch.arange(x.shape[1], device=x.device)[:, None] / 10000 ** (
            torch.arange(0, x.shape[2], 2, device=x.device) / x.shape[2]
        )
        places = torch.empty(x.shape[1:], device=x.device)
        places[:, 0::2], places[:, 1::2] = angles.sin(), angles.cos()
        return super().forward(self.drop(x + places))
