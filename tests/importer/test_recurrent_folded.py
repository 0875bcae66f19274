"""Recurrent layers over sequences that are folded into the batch: rows of an image, chunks of a sound, characters of words."""

from __future__ import annotations

import pytest
import torch
from torch import nn

from .same import imported


class DualPath(nn.Module):
    """A sequence in chunks, read within each and across them (DPRNN), with positions before the batch or behind it."""

    def __init__(self, is_batch_first: bool) -> None:
        super().__init__()
        self.is_batch_first = is_batch_first
        self.intra = nn.LSTM(8, 6, batch_first=is_batch_first, bidirectional=True)
        self.inter = nn.GRU(8, 6, batch_first=is_batch_first)
        self.fc1, self.fc2 = nn.Linear(12, 8), nn.Linear(6, 8)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        batch, _, size, count = x.shape
        if self.is_batch_first:
            y = self.fc1(self.intra(x.permute(0, 3, 2, 1).reshape(batch * count, size, 8))[0])
            x = x + y.reshape(batch, count, size, 8).permute(0, 3, 2, 1)
            y = self.fc2(self.inter(x.permute(0, 2, 3, 1).reshape(batch * size, count, 8))[0])
            return x + y.reshape(batch, size, count, 8).permute(0, 3, 1, 2)
        y = self.fc1(self.intra(x.permute(2, 0, 3, 1).reshape(size, batch * count, 8))[0])
        x = x + y.reshape(size, batch, count, 8).permute(1, 3, 0, 2)
        y = self.fc2(self.inter(x.permute(3, 0, 2, 1).reshape(count, batch * size, 8))[0])
        return x + y.reshape(count, batch, size, 8).permute(1, 3, 2, 0)


@pytest.mark.parametrize("is_batch_first", [True, False])
def test_sequences_that_are_folded_into_the_batch_are_axes_in_front(is_batch_first: bool) -> None:
    text = imported(DualPath(is_batch_first), [torch.rand(2, 8, 6, 5)], [torch.rand(3, 8, 4, 7)])
    assert "intra: lstm(6, bidirectional = true)" in text and "inter: gru(6)" in text and "reshape" not in text


class Characters(nn.Module):
    """Each word by what its characters hand on at the end."""

    def __init__(self, is_both: bool) -> None:
        super().__init__()
        self.within = nn.LSTM(5, 4, batch_first=True, bidirectional=is_both)
        self.across = nn.GRU(8 if is_both else 4, 3, batch_first=True)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        _, (state, _) = self.within(x.flatten(0, 1))
        answer: torch.Tensor = self.across(state.permute(1, 0, 2).reshape(*x.shape[:2], -1))[0]
        return answer


@pytest.mark.parametrize("is_both", [True, False])
def test_what_folded_sequences_hand_on_at_their_end(is_both: bool) -> None:
    text = imported(Characters(is_both), [torch.rand(2, 4, 6, 5)], [torch.rand(3, 4, 6, 5)])
    assert "within: lstm(4" in text and "across: gru(3)" in text
