"""Parts of language models as their libraries write them: dense layers that keep their weights the other way, places and kinds of words, biases by distance."""

from __future__ import annotations

import math

import pytest
import torch
from torch import Tensor, nn

from .same import imported


class Dense(nn.Module):
    """Of GPT-2: a dense layer whose weight is [in, out]."""

    def __init__(self, features: int, given: int) -> None:
        super().__init__()
        self.weight, self.bias = nn.Parameter(torch.randn(given, features) * 0.1), nn.Parameter(torch.randn(features))

    def forward(self, x: Tensor) -> Tensor:
        return torch.addmm(self.bias, x.view(-1, x.size(-1)), self.weight).view(*x.shape[:-1], -1)


class Causal(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.wte, self.c_attn, self.c_proj = nn.Embedding(20, 16), Dense(48, 16), Dense(16, 16)

    def forward(self, words: Tensor) -> Tensor:
        query, key, value = (row.view(*row.shape[:2], 4, 4).transpose(1, 2) for row in self.c_attn(self.wte(words)).split(16, 2))
        mixed = nn.functional.scaled_dot_product_attention(query, key, value, is_causal=True)
        return self.c_proj(mixed.transpose(1, 2).reshape(*words.shape, 16))  # type: ignore[no-any-return]


def test_a_dense_layer_may_keep_its_weight_the_other_way() -> None:
    text = imported(Causal(), [torch.randint(20, (2, 6))], [torch.randint(20, (3, 6))])
    assert "block dense(size) {" in text and "weight: parameter([16, size])" in text and "c_attn: dense(48)" in text


def test_words_may_be_made_whole_numbers_that_they_are() -> None:
    class Ids(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.words = nn.Embedding(20, 8)

        def forward(self, words: Tensor) -> Tensor:
            return self.words(words.long())  # type: ignore[no-any-return]

    assert "embedding(20, 8)" in imported(Ids(), [torch.randint(20, (2, 6))], [torch.randint(20, (3, 6))])


@pytest.mark.parametrize(("alpha", "beta"), [(1.0, 1.0), (0.5, 2.0), (0.5, 0.0)])
def test_a_product_of_each_matrix_may_be_added_to_something(alpha: float, beta: float) -> None:
    class Scores(nn.Module):
        def forward(self, x: Tensor) -> Tensor:
            logits = torch.baddbmm(x[:, :, :6], x, x.transpose(1, 2), beta=beta, alpha=alpha)
            return logits.softmax(-1) @ x

    imported(Scores(), [torch.rand(2, 6, 8)], [torch.rand(3, 6, 8)])


class Words(nn.Module):
    """Of BERT: which word, where it stands, and in which of two sentences."""

    def __init__(self, kinds: list[int]) -> None:
        super().__init__()
        self.words, self.places, self.kinds = nn.Embedding(20, 8), nn.Embedding(12, 8), nn.Embedding(3, 8)
        self.register_buffer("position_ids", torch.arange(12)[None], persistent=False)
        self.register_buffer("token_type_ids", torch.tensor([kinds]), persistent=False)

    def forward(self, words: Tensor) -> Tensor:
        length = words.size(1)
        kinds = self.token_type_ids[:, :length].expand(words.size(0), length)  # type: ignore[index]
        return self.words(words) + self.kinds(kinds) + self.places(self.position_ids[:, :length])  # type: ignore[index, no-any-return]


@pytest.mark.parametrize("kinds", [[0] * 6, [2] * 6, [0, 0, 0, 1, 1, 1], [2, 1, 0, 0, 2, 2]])
def test_words_of_a_kind_that_is_the_same_for_every_input_take_rows_of_the_table(kinds: list[int]) -> None:
    text = imported(Words(kinds), [torch.randint(20, (2, 6))], [torch.randint(20, (3, 6))])
    assert ("expand([" in text) is (len(set(kinds)) > 1), "one row for all stretches by itself"
    assert "slice(axis = 0, like = words2)" in text
    assert text.count("parameter(") == 2  # and the words themselves are an embedding


class ByDistance(nn.Module):
    """Of T5: a bias for logits, of whose distances the far ones share a number."""

    def __init__(self, length: int, both: bool) -> None:
        super().__init__()
        self.relative_attention_bias, self.both, self.length = nn.Embedding(8, 2), both, length

    def forward(self, x: Tensor) -> Tensor:
        apart = torch.arange(self.length)[None] - torch.arange(self.length)[:, None]
        count = 4 if self.both else 8
        side = (apart > 0).long() * count if self.both else torch.zeros_like(apart)
        apart = apart.abs() if self.both else -torch.min(apart, torch.zeros_like(apart))
        far = count // 2 + (torch.log(apart.float() / (count // 2)) / math.log(16 / (count // 2)) * (count - count // 2)).long()
        bucket = side + torch.where(apart < count // 2, apart, far.clamp(max=count - 1))
        bias = self.relative_attention_bias(bucket).permute(2, 0, 1).unsqueeze(0)
        heads = x.view(x.size(0), self.length, 2, 4).transpose(1, 2)
        return ((heads @ heads.transpose(2, 3) + bias).softmax(-1) @ heads).transpose(1, 2).flatten(2)


@pytest.mark.parametrize("both", [True, False])
def test_a_bias_by_distance_of_which_far_ones_share_a_number_is_read_along_a_line(both: bool) -> None:
    text = imported(ByDistance(14, both), [torch.rand(2, 14, 8)], [torch.rand(3, 14, 8)])
    assert "unfold(" in text


class Offsets(nn.Module):
    """Attention over a map, as LeViT's, with a number for each offset without its sign; of one place there is one."""

    def __init__(self, size: int) -> None:
        super().__init__()
        places = [(y, x) for y in range(size) for x in range(size)]
        offsets: dict[tuple[int, int], int] = {}
        index = [offsets.setdefault((abs(a - c), abs(b - d)), len(offsets)) for a, b in places for c, d in places]
        self.biases = nn.Parameter(torch.randn(2, len(offsets)))
        self.register_buffer("index", torch.tensor(index).view(len(places), len(places)), persistent=False)

    def forward(self, x: Tensor) -> Tensor:
        heads = x.view(x.size(0), -1, 2, 4).transpose(1, 2)
        return ((heads @ heads.transpose(2, 3) + self.biases[:, self.index]).softmax(-1) @ heads).transpose(1, 2).flatten(2)


@pytest.mark.parametrize("size", [1, 3])
def test_a_bias_by_offset_of_a_map_of_any_size(size: int) -> None:
    text = imported(Offsets(size), [torch.rand(2, size**2, 8)], [torch.rand(3, size**2, 8)])
    assert ("mirrored = true" in text) == (size > 1)


class Layers(nn.Module):
    """One layer that is gone through several times, from a list, as ALBERT's."""

    def __init__(self) -> None:
        super().__init__()
        self.groups = nn.ModuleList([nn.Sequential(nn.Linear(8, 8), nn.ReLU(), nn.Linear(8, 8))])
        self.head = nn.Linear(8, 3)

    def forward(self, x: Tensor) -> Tensor:
        for _ in range(3):
            x = x + self.groups[0](x)
        return self.head(x)


def test_a_layer_of_a_list_that_is_used_again_keeps_its_name() -> None:
    text = imported(Layers(), [torch.rand(2, 8)], [torch.rand(3, 8)])
    assert 'reuse("' in text and "indexed" in text and "groups" in text
