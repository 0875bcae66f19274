"""Masks that a model makes of its words, `ids != 0`: rows of a table of truths, as large as the embedding that reads the same words."""

from __future__ import annotations

from collections.abc import Callable

import pytest
import torch
from torch import Tensor, nn

import archc

from .same import imported


class Masked(nn.Module):
    def __init__(self, mask: Callable[[Tensor], Tensor]) -> None:
        super().__init__()
        self.words, self.fc, self.mask = nn.Embedding(10, 8), nn.Linear(8, 3), mask

    def forward(self, ids: Tensor) -> Tensor:
        kept = self.mask(ids)
        return self.fc(self.words(ids)).masked_fill(kept.unsqueeze(-1), 0.5) * (ids != 9).float().unsqueeze(-1)


@pytest.mark.parametrize(
    "mask",
    [
        lambda ids: ids != 0, lambda ids: ids == 4, lambda ids: ids > 3, lambda ids: ids >= 3, lambda ids: ids < 6, lambda ids: ids <= 6,
        lambda ids: (ids > 2) & (ids < 7), lambda ids: ~(ids == 9), lambda ids: ids < 100, lambda ids: ids.eq(0) | ids.eq(9),
    ],
)  # fmt: skip
def test_words_against_one(mask: Callable[[Tensor], Tensor]) -> None:
    imported(Masked(mask), [torch.zeros(2, 10, dtype=torch.long)], [torch.stack([torch.randperm(10) for _ in range(4)])])


class Reader(nn.Module):
    """An encoder that covers padding, and the mean of what is none."""

    def __init__(self) -> None:
        super().__init__()
        self.words = nn.Embedding(10, 16, padding_idx=0)
        self.encoder = nn.TransformerEncoder(nn.TransformerEncoderLayer(16, 2, 32, batch_first=True), 1, enable_nested_tensor=False)

    def forward(self, ids: Tensor) -> Tensor:
        kept = (ids != 0).float().unsqueeze(-1)
        read = self.encoder(self.words(ids), src_key_padding_mask=ids == 0)
        return (read * kept).sum(1) / kept.sum(1).clamp(min=1)


def test_an_encoder_that_covers_padding() -> None:
    given = torch.tensor([[1, 2, 3, 4, 5, 6], [7, 8, 9, 0, 0, 0], [4, 0, 0, 0, 0, 0]])
    assert "concat(axis = 0) { | constant(" in imported(Reader(), [torch.zeros(2, 6, dtype=torch.long)], [given])


class Unread(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.fc = nn.Linear(8, 8)

    def forward(self, x: Tensor, ids: Tensor) -> Tensor:
        return self.fc(x) * (ids > 2).float()


def test_whole_numbers_of_which_nobody_tells_how_many_there_are() -> None:
    with pytest.raises(archc.ArchError, match="no embedding tells how many"):
        archc.from_module(Unread(), [torch.zeros(2, 8), torch.zeros(2, 8, dtype=torch.long)])
