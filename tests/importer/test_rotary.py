"""Rotary positions in the ways in which people write them: `attention` where it turns as they do, short tables where it does not."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from archc import ArchError
from archc.compiler.importer.importing import Imported, import_model
from archc.compiler.importer.sources import model_of_module


def angles(length: int, size: int, base: float = 10000.0) -> Tensor:
    return torch.outer(torch.arange(length).float(), 1.0 / base ** (torch.arange(0, size, 2).float() / size))


def of_halves(x: Tensor, base: float = 10000.0) -> Tensor:
    """As transformers has it: `x * cos + rotate_half(x) * sin`."""
    both = angles(x.shape[-2], x.shape[-1], base).repeat(1, 2)
    first, second = x.chunk(2, -1)
    return x * both.cos() + torch.cat([-second, first], -1) * both.sin()


def of_halves_apart(x: Tensor) -> Tensor:
    """As nanoGPT's kin has it: each half by itself."""
    told = angles(x.shape[-2], x.shape[-1])
    first, second = x.chunk(2, -1)
    return torch.cat([first * told.cos() - second * told.sin(), second * told.cos() + first * told.sin()], -1)


def of_a_part(x: Tensor) -> Tensor:
    """As GPT-NeoX and Phi have it: the first features of a head alone."""
    return torch.cat([of_halves(x[..., :4]), x[..., 4:]], -1)


def of_pairs_of_a_part(x: Tensor) -> Tensor:
    """As GPT-J has it."""
    return torch.cat([of_repeated(x[..., :6]), x[..., 6:]], -1)


def of_base_500000(x: Tensor) -> Tensor:
    return of_halves(x, 500000.0)


def of_complex(x: Tensor) -> Tensor:
    """As Meta's own code has it: pairs of neighbours are complex numbers."""
    told = angles(x.shape[-2], x.shape[-1])
    pairs = torch.view_as_complex(x.float().reshape(*x.shape[:-1], -1, 2))
    return torch.view_as_real(pairs * torch.polar(torch.ones_like(told), told)).flatten(-2).type_as(x)


def of_pairs(x: Tensor) -> Tensor:
    """As RoFormer has it: neighbours, by strides."""
    told = angles(x.shape[-2], x.shape[-1])
    first, second = x[..., ::2], x[..., 1::2]
    return torch.stack([first * told.cos() - second * told.sin(), first * told.sin() + second * told.cos()], -1).flatten(-2)


def of_repeated(x: Tensor) -> Tensor:
    """As GPT-J has it: the same angle twice."""
    both = angles(x.shape[-2], x.shape[-1]).repeat_interleave(2, -1)
    return x * both.cos() + torch.stack([-x[..., 1::2], x[..., ::2]], -1).flatten(-2) * both.sin()


class Attention(nn.Module):
    def __init__(self, turn: Callable[[Tensor], Tensor], groups: int = 4, is_repeated: bool = False, has_norms: bool = False) -> None:
        super().__init__()
        self.turn, self.is_repeated, self.has_norms = turn, is_repeated, has_norms
        self.wq, self.wk, self.wv, self.wo = (nn.Linear(32, count * 8, bias=False) for count in (4, groups, groups, 4))
        if has_norms:
            self.q_norm, self.k_norm = (nn.RMSNorm(8, eps=1e-6) for _ in range(2))

    def forward(self, x: Tensor) -> Tensor:
        query, key, value = (row(x).unflatten(-1, (-1, 8)).transpose(-2, -3) for row in (self.wq, self.wk, self.wv))
        if self.has_norms:
            query, key = self.q_norm(query), self.k_norm(key)
        query, key = self.turn(query), self.turn(key)
        if self.is_repeated:
            key, value = (row.repeat_interleave(4 // row.shape[-3], -3) for row in (key, value))
        found = F.scaled_dot_product_attention(query, key, value, is_causal=True, enable_gqa=key.shape != query.shape)
        answer: Tensor = self.wo(found.transpose(-2, -3).flatten(-2))
        return answer


class Model(nn.Module):
    def __init__(self, turn: Callable[[Tensor], Tensor], groups: int = 4, is_repeated: bool = False, has_norms: bool = False) -> None:
        super().__init__()
        self.tokens, self.attn = nn.Embedding(50, 32), Attention(turn, groups, is_repeated, has_norms)

    def forward(self, ids: Tensor) -> Tensor:
        x: Tensor = self.tokens(ids)
        return x + self.attn(x)


def imported(model: nn.Module) -> Imported:
    made = import_model(model_of_module(model.eval(), torch.zeros(2, 12, dtype=torch.long)))
    assert made.proof.is_equal and not made.is_flat
    return made


KEYS = 'keys = ["wq", "wk", "wv", "wo"]'


def attention(text: str) -> str:
    """The one step of attention, on one line."""
    (line,) = (row for row in " ".join(text.split()).replace("attention( ", "attention(").split("attn: ") if row.startswith("attention("))
    return line[: line.index(")") + 1]


@pytest.mark.parametrize(
    ("turn", "told"),
    [
        (of_halves, "rotary = 10000"),
        (of_halves_apart, "rotary = 10000"),
        (of_base_500000, "rotary = 500000"),
        (of_complex, "rotary = 10000, pairs = true"),
        (of_pairs, "rotary = 10000, pairs = true"),
        (of_repeated, "rotary = 10000, pairs = true"),
        (of_a_part, "rotary = 10000, rotary_size = 4"),
        (of_pairs_of_a_part, "rotary = 10000, pairs = true, rotary_size = 6"),
    ],
)
def test_it_is_a_word_of_attention(turn: Callable[[Tensor], Tensor], told: str) -> None:
    text = imported(Model(turn)).text
    assert attention(text) == f"attention(4, bias = false, {KEYS}, {told}, causal = true)"
    assert "constant" not in text and "sizes of" not in text, "tables are attention's own, of whatever length"


@pytest.mark.parametrize("is_repeated", [False, True])
def test_fewer_heads_of_keys_are_groups(is_repeated: bool) -> None:
    text = imported(Model(of_halves, 2, is_repeated)).text
    assert attention(text) == f"attention(4, bias = false, {KEYS}, groups = 2, rotary = 10000, causal = true)"


def test_norms_stand_before_the_turn() -> None:
    text = imported(Model(of_halves, 1, has_norms=True)).text
    assert attention(text) == f'attention(4, bias = false, {KEYS}, groups = 1, norm = "rms", rotary = 10000, causal = true)'


class ByHead(nn.Module):
    """As GPT-NeoX has it: of one projection the queries, keys and values of a head stand side by side."""

    def __init__(self) -> None:
        super().__init__()
        self.qkv, self.dense = nn.Linear(32, 96), nn.Linear(32, 32)

    def forward(self, x: Tensor) -> Tensor:
        query, key, value = self.qkv(x).view(*x.shape[:2], 4, 24).transpose(1, 2).chunk(3, -1)
        found = F.scaled_dot_product_attention(of_a_part(query), of_a_part(key), value, is_causal=True)
        answer: Tensor = self.dense(found.transpose(1, 2).reshape(x.shape))
        return answer


def test_a_projection_may_be_interleaved() -> None:
    model = Model(of_halves)
    model.attn = ByHead()
    keys = 'keys = ["qkv", "dense"], interleaved = true'
    assert attention(imported(model).text) == f"attention(4, {keys}, rotary = 10000, rotary_size = 4, causal = true)"


def backwards(x: Tensor) -> Tensor:
    """The other way round: what `attention` does not."""
    return of_halves(x.flip(-2)).flip(-2)


def test_another_turn_is_written_out() -> None:
    assert "rotary = " not in imported(Model(backwards)).text


class Turned(nn.Module):
    """What is turned meets no attention."""

    def __init__(self, turn: Callable[[Tensor], Tensor]) -> None:
        super().__init__()
        self.turn, self.tokens = turn, nn.Embedding(50, 8)

    def forward(self, ids: Tensor) -> Tensor:
        return self.turn(self.tokens(ids))


@pytest.mark.parametrize("turn", [of_halves_apart, of_complex, of_pairs, of_repeated])
def test_tables_are_halves_of_a_word(turn: Callable[[Tensor], Tensor]) -> None:
    text = imported(Turned(turn)).text
    assert re.search(r'constant\("sincos", sizes = \[12\], features = 8\) -> (t4: )?chunk\(0, 2, axis = channels\)', text)
    assert "0.9" not in text


def test_long_tables_are_words_too() -> None:
    """Angles of single precision, as models work them out, are off by the more the further on they are."""
    model = model_of_module(Turned(of_halves).eval(), torch.zeros(2, 3000, dtype=torch.long))
    text = import_model(model).text
    assert 'constant("rotary_cos", sizes = [3000], features = 8)' in text and 'constant("rotary_sin"' in text


class Roots(nn.Module):
    """What is done with complex numbers beside a product."""

    def forward(self, x: Tensor) -> Tensor:
        pairs = torch.view_as_complex(x.unflatten(-1, (-1, 2)))
        return torch.view_as_real(pairs + pairs.conj()).flatten(-2)


def test_other_steps_of_complex_numbers_are_refused() -> None:
    with pytest.raises(ArchError) as error:
        import_model(model_of_module(Roots(), torch.rand(2, 5, 8)))
    (row,) = error.value.diagnostics
    assert row.code == "F653" and any(note.startswith("`add` of complex numbers: 1 time") for note in row.notes), row.notes
