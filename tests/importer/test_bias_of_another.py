"""A bias by distance whose table another module keeps, as T5's blocks share one: each block works on it before anything of the input is there."""

from __future__ import annotations

from collections.abc import Callable

import pytest
import torch
from torch import Tensor, nn

from .same import imported


class Bias(nn.Module):
    """Of T5: a number for each distance and head."""

    def __init__(self, length: int, heads: int) -> None:
        super().__init__()
        self.length, self.table = length, nn.Embedding(2 * length - 1, heads)

    def forward(self) -> Tensor:
        places = torch.arange(self.length)
        return self.table(places[:, None] - places[None] + self.length - 1).permute(2, 0, 1)  # type: ignore[no-any-return]


class Weigh(nn.Module):
    """The inner part, as a module of its own with a part: a number for any two places is scaled, covered and added."""

    def __init__(self) -> None:
        super().__init__()
        self.dropout = nn.Dropout(0.0)

    def forward(self, q: Tensor, k: Tensor, v: Tensor, bias: nn.Module) -> Tensor:
        length = q.shape[2]
        logits = q @ k.transpose(-2, -1) * q.shape[-1] ** -0.5 + bias().sigmoid() * 4.0
        weights = logits.masked_fill(torch.ones(length, length, dtype=torch.bool).triu(1), -torch.finfo(q.dtype).max).softmax(-1)
        return self.dropout(weights) @ v  # type: ignore[no-any-return]


class Attention(nn.Module):
    def __init__(self, features: int, heads: int) -> None:
        super().__init__()
        self.heads, self.weigh = heads, Weigh()
        self.to_q, self.to_k, self.to_v, self.to_out = (nn.Linear(features, features, bias=False) for _ in range(4))

    def forward(self, x: Tensor, bias: nn.Module) -> Tensor:
        batch, length, features = x.shape
        q, k, v = (row(x).view(batch, length, self.heads, -1).transpose(1, 2) for row in (self.to_q, self.to_k, self.to_v))
        return self.to_out(self.weigh(q, k, v, bias).transpose(1, 2).reshape(batch, length, features))  # type: ignore[no-any-return]


class Learned(nn.Module):
    """A number for any two places and each head, as it is."""

    def __init__(self, length: int, heads: int) -> None:
        super().__init__()
        self.rows = nn.Parameter(torch.randn(heads, length, length))

    def forward(self) -> Tensor:
        return self.rows


class Shared(nn.Module):
    def __init__(self, bias: nn.Module) -> None:
        super().__init__()
        self.bias = bias
        self.norms = nn.ModuleList([nn.LayerNorm(8) for _ in range(2)])
        self.blocks = nn.ModuleList([Attention(8, 2) for _ in range(2)])

    def forward(self, x: Tensor) -> Tensor:
        for norm, block in zip(self.norms, self.blocks, strict=True):
            x = x + block(norm(x), self.bias)
        return x


@pytest.mark.parametrize("bias", [Bias, Learned])
def test_a_scope_that_takes_a_learned_tensor_alone_stands_where_it_is_read(bias: Callable[[int, int], nn.Module]) -> None:
    """It was "start is not in G", and weights "used again where they have no name", which no text and no refusal said."""
    imported(nn.Sequential(Shared(bias(6, 2)), nn.Linear(8, 3)), [torch.rand(2, 6, 8)], [torch.randn(3, 6, 8)])


class WithoutPattern(nn.Module):
    """CrossFormer's: a small network gives a number for each offset, and these are read in an order of its own."""

    def __init__(self, axis: int) -> None:
        super().__init__()
        self.axis, self.table = axis, nn.Parameter(torch.randn(12, 3) if axis == 0 else torch.randn(3, 12))
        self.register_buffer("order", torch.randint(12, (8, 8), generator=torch.Generator().manual_seed(1)), persistent=False)

    def forward(self, x: Tensor) -> Tensor:
        table = torch.tanh(self.table)
        bias = table[self.order].permute(2, 0, 1) if self.axis == 0 else table[:, self.order]
        return (x[:, None] + bias).relu()


@pytest.mark.parametrize("axis", [0, 1])
def test_a_table_that_is_read_in_an_order_without_a_pattern_is_read_by_its_rows(axis: int) -> None:
    text = imported(WithoutPattern(axis), [torch.rand(2, 8, 8)], [torch.rand(3, 8, 8)])
    assert "embedding(12, 3)" in text and "index = true" in text
