"""Tensors of zeros that a `forward` makes and fills part by part: where all is written, what is left is the parts side by side."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import pytest
import torch
from torch import Tensor, nn

import archc

from .same import imported


class Filling(nn.Module):
    """Three layers, of which each makes a part."""

    def __init__(self, fill: Callable[[Tensor, Sequence[nn.Module]], Tensor]) -> None:
        super().__init__()
        self.l = nn.ModuleList(nn.Linear(6, 4) for _ in range(3))
        self.fill = fill

    def forward(self, x: Tensor) -> Tensor:
        return self.fill(x, list(self.l))


def rows(x: Tensor, layers: Sequence[nn.Module]) -> Tensor:
    made = torch.zeros([x.size(0), 3, 4], dtype=x.dtype)
    for place, layer in enumerate(layers):
        made[:, place, :] = layer(x[:, place, :])
    return made


def columns(x: Tensor, layers: Sequence[nn.Module]) -> Tensor:
    made = torch.empty(x.size(0), 4, 3)
    for place, layer in enumerate(layers):
        made[..., place] = layer(x[:, place])
    return made


def written_twice(x: Tensor, layers: Sequence[nn.Module]) -> Tensor:
    made = torch.zeros(x.size(0), 3, 4)
    for place in (2, 1, 0, 1):
        made[:, place] = layers[place](x[:, 0])
    return made


def slices(x: Tensor, layers: Sequence[nn.Module]) -> Tensor:
    made = x.new_zeros(x.size(0), 3, 12)
    for place, layer in enumerate(layers):
        made[:, :, 4 * place : 4 * place + 4] = layer(x)
    return made


def overlapping(x: Tensor, layers: Sequence[nn.Module]) -> Tensor:
    made = torch.zeros(x.size(0), 3, 12)
    for place, layer in enumerate(layers):
        made[:, :, 3 * place : 3 * place + 4] = layer(x)
    return made


def from_both_ends(x: Tensor, layers: Sequence[nn.Module]) -> Tensor:
    made: Tensor = layers[0](x).clone()
    made[:, -1] = layers[1](x[:, -1])
    made[:, 0] = layers[2](x[:, 0])
    return made


def of_some(x: Tensor, layers: Sequence[nn.Module]) -> Tensor:
    made = torch.zeros(x.size(0), 5, 4)
    made[:, 1] = layers[0](x[:, 1])
    made[:, 3:, :2] = layers[1](x[:, :2, :])[:, :, :2]
    return made


def by_views(x: Tensor, layers: Sequence[nn.Module]) -> Tensor:
    made = torch.zeros(x.size(0), 3, 4)
    one, other = made[:, 1], made[:, 0]
    one.copy_(layers[0](x[:, 0]))
    other += layers[1](x[:, 1])
    return torch.cat([made, one.unsqueeze(1)], 1)


@pytest.mark.parametrize(
    ("fill", "steps"),
    [
        (rows, ["stack {"]),
        (columns, ["stack(axis = -1) {"]),
        (written_twice, ["stack {"]),
        (slices, ["concat(axis = channels) { | linear(4) | linear(4) | linear(4) }"]),
        (overlapping, ["constant(0", "slice(axis = channels, stop = 3)"]),
        (from_both_ends, ["slice(axis = length, start = 1, stop = -1)"]),
        (of_some, ["constant(0"]),
        (by_views, ["constant(0"]),
    ],
)
def test_zeros_that_are_filled_are_the_parts_side_by_side(
    fill: Callable[[Tensor, Sequence[nn.Module]], Tensor], steps: Sequence[str]
) -> None:
    text = imported(Filling(fill), [torch.rand(2, 3, 6)], [torch.rand(4, 3, 6)], but="W5(09|10)")
    assert all(step in text for step in steps)
    assert fill in (overlapping, of_some, by_views) or ("constant" not in text and text.count("concat") < 2)


def test_a_decision_by_what_was_filled_is_one_by_values() -> None:
    def decided(x: Tensor, layers: Sequence[nn.Module]) -> Tensor:
        made = rows(x, layers)
        return made if made.sum() > 0 else -made

    with pytest.raises(archc.ArchError) as error:
        archc.from_module(Filling(decided), torch.zeros(2, 3, 6))
    (row,) = error.value.diagnostics
    assert row.code == "F652" and "decides by the values" in str(row.help)
