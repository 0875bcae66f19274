"""What a recurrent layer hands on at its end, as classifiers of sequences read it."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor, nn

from .same import imported


class Classifier(nn.Module):
    """The last states of the last layer, of one direction or of both side by side."""

    def __init__(self, kind: type[nn.LSTM] | type[nn.GRU], both: bool, layers: int) -> None:
        super().__init__()
        self.rnn = kind(8, 6, num_layers=layers, batch_first=True, bidirectional=both)
        self.fc, self.both = nn.Linear(12 if both else 6, 3), both

    def forward(self, x: Tensor) -> Tensor:
        state = self.rnn(x)[1]
        state = state[0] if isinstance(self.rnn, nn.LSTM) else state
        answer: Tensor = self.fc(torch.cat([state[-2], state[-1]], 1) if self.both else state[-1])
        return answer


@pytest.mark.parametrize("layers", [1, 2])
@pytest.mark.parametrize("both", [False, True])
@pytest.mark.parametrize("kind", [nn.LSTM, nn.GRU])
def test_states_are_read_where_they_are_made(kind: type[nn.LSTM] | type[nn.GRU], both: bool, layers: int) -> None:
    text = imported(Classifier(kind, both, layers), [torch.rand(2, 7, 8)], [torch.rand(3, 9, 8)])
    assert "stack" not in text and "reshape" not in text
    assert ("-> select(-1) -> fc: linear" in text) != both
