"""Calls of PyTorch's that are told in the calls that they are made of, and loops of cells, which a recurrent layer is the word for."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor, nn

import archc

from .same import imported


class Policy(nn.Module):
    """One step of each kind of cell, from states that are inputs."""

    def __init__(self, bias: bool = True) -> None:
        super().__init__()
        self.enc, self.read = nn.Linear(6, 8), nn.LSTMCell(8, 8, bias=bias)
        self.gate, self.last = nn.GRUCell(8, 8, bias=bias), nn.RNNCell(8, 8, bias=bias, nonlinearity="relu")
        self.tanh, self.head = nn.RNNCell(8, 8, bias=bias), nn.Linear(8, 3)

    def forward(self, x: Tensor, h: Tensor, c: Tensor) -> tuple[Tensor, ...]:
        h, c = self.read(self.enc(x).relu(), (h, c))
        return self.head(self.tanh(self.last(self.gate(h, c), h), c)), h, c


@pytest.mark.parametrize("bias", [True, False])
def test_one_step_of_a_cell(bias: bool) -> None:
    imported(
        Policy(bias), [torch.zeros(2, 6), torch.zeros(2, 8), torch.zeros(2, 8)], [torch.rand(3, 6), torch.rand(3, 8), torch.rand(3, 8)]
    )


class Pairs(nn.Module):
    def __init__(self, outputs: int, bias: bool) -> None:
        super().__init__()
        self.both = nn.Bilinear(6, 5, outputs, bias=bias)

    def forward(self, x: Tensor, y: Tensor) -> Tensor:
        return self.both(x, y)  # type: ignore[no-any-return]


@pytest.mark.parametrize(("outputs", "bias"), [(4, True), (1, False)])
@pytest.mark.parametrize("before", [(), (3,)])
def test_a_bilinear_layer(outputs: int, bias: bool, before: tuple[int, ...]) -> None:
    imported(
        Pairs(outputs, bias),
        [torch.zeros(2, *before, 6), torch.zeros(2, *before, 5)],
        [torch.rand(3, *before, 6), torch.rand(3, *before, 5)],
    )


class Loop(nn.Module):
    def __init__(self, kind: type[nn.Module]) -> None:
        super().__init__()
        self.cell = kind(6, 8)

    def forward(self, x: Tensor) -> Tensor:
        state = x.new_zeros(x.shape[0], 8)
        both = (state, state)
        for row in x.unbind(1):
            if isinstance(self.cell, nn.LSTMCell):
                both = self.cell(row, both)
            else:
                state = self.cell(row, state)
        return both[0] + state


@pytest.mark.parametrize(("kind", "layer"), [(nn.LSTMCell, "nn.LSTM"), (nn.GRUCell, "nn.GRU")])
def test_a_loop_of_cells_is_told_the_layer_that_it_is(kind: type[nn.Module], layer: str) -> None:
    with pytest.raises(archc.ArchError) as error:
        archc.from_module(Loop(kind), torch.zeros(2, 5, 6))
    (row,) = error.value.diagnostics
    assert row.code == "F653" and "a loop of" in row.message and row.help is not None and f"`{layer}(…, batch_first=True)`" in row.help
