"""Attention whose weights are dropped in training, as people write it: the word has the probability; where there is no such word the steps stay."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor, nn

from .same import imported


class Attention(nn.Module):
    """minGPT's, of three projections, or timm's of one; what lies ahead may be covered."""

    def __init__(self, packed: bool, causal: bool, dropout: float = 0.1) -> None:
        super().__init__()
        self.packed, self.causal, self.attn_drop, self.proj = packed, causal, nn.Dropout(dropout), nn.Linear(8, 8)
        if packed:
            self.qkv = nn.Linear(8, 24)
        else:
            self.query, self.key, self.value = (nn.Linear(8, 8) for _ in range(3))
        self.register_buffer("ahead", torch.tril(torch.ones(16, 16))[None, None])

    def forward(self, x: Tensor) -> Tensor:
        batch, length, features = x.shape
        if self.packed:
            q, k, v = self.qkv(x).reshape(batch, length, 3, 2, 4).permute(2, 0, 3, 1, 4)
        else:
            q, k, v = (part(x).view(batch, length, 2, 4).transpose(1, 2) for part in (self.query, self.key, self.value))
        logits = (q @ k.transpose(-2, -1)) * 4**-0.5
        if self.causal:
            logits = logits.masked_fill(self.ahead[:, :, :length, :length] == 0, float("-inf"))
        weights = self.attn_drop(logits.softmax(-1))
        return self.proj((weights @ v).transpose(1, 2).reshape(batch, length, features))  # type: ignore[no-any-return]


class Block(nn.Module):
    def __init__(self, attn: nn.Module) -> None:
        super().__init__()
        self.norm, self.attn = nn.LayerNorm(8), attn

    def forward(self, x: Tensor) -> Tensor:
        return x + self.attn(self.norm(x))  # type: ignore[no-any-return]


@pytest.mark.parametrize("packed", [True, False])
@pytest.mark.parametrize("causal", [True, False])
def test_attention_has_the_probability_and_holds_at_any_length(packed: bool, causal: bool) -> None:
    text = imported(Block(Attention(packed, causal)), [torch.rand(2, 6, 8)], [torch.rand(3, 9, 8)])
    assert "attn: attention(2, dropout = 0.1, keys = " in text and ("causal = true" in text) is causal
    assert "training" not in text  # it drops what the model drops


@pytest.mark.parametrize("causal", [True, False])
def test_where_no_word_has_it_the_steps_stay(causal: bool) -> None:
    """The attention of the root has no key to be under."""
    text = imported(Attention(True, causal), [torch.rand(2, 6, 8)], [torch.rand(3, 6, 8)])
    assert "dropout(p = 0.1)" in text and "sdpa" not in text and ("constant(causal" in text) is causal
