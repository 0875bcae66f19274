"""What a mask chooses: between two tensors, between a tensor that is learned and a number."""

from __future__ import annotations

from collections.abc import Callable

import pytest
import torch
from torch import Tensor, nn

from .same import imported


class Chosen(nn.Module):
    def __init__(self, answer: Callable[[Chosen, Tensor, Tensor], Tensor]) -> None:
        super().__init__()
        self.table, self.bias = nn.Parameter(torch.randn(6, 8)), nn.Parameter(torch.randn(8))
        self.answer = answer

    def forward(self, x: Tensor) -> Tensor:
        return self.answer(self, torch.arange(6)[:, None] < torch.tensor(3), x)


CHOICES: dict[str, Callable[[Chosen, Tensor, Tensor], Tensor]] = {
    "of the input": lambda net, mask, x: torch.where(mask, x, -x),
    "learned": lambda net, mask, x: torch.where(mask, x, net.table),
    "learned and smaller": lambda net, mask, x: torch.where(mask, net.bias, x * 2),
    "learned or a number": lambda net, mask, x: torch.where(mask, net.table, 0.5) + x,
    "a number or learned": lambda net, mask, x: x + torch.where(mask, torch.tensor(0.5), net.table),
}


@pytest.mark.parametrize("name", CHOICES)
def test_a_mask_chooses_between_two(name: str) -> None:
    imported(Chosen(CHOICES[name]), [torch.rand(2, 6, 8)], [torch.rand(3, 6, 8)])
