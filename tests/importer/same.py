"""A model imported, built again with its own weights, and asked anew."""

from __future__ import annotations

import warnings
from collections.abc import Sequence

import torch
from torch import Tensor, nn

import archc


def imported(net: nn.Module, example: Sequence[Tensor], given: Sequence[Tensor], but: str = "W509") -> str:
    """The text of a model, which answers `given` as the model does and brings no warning, `but` what these small models do themselves."""
    torch.manual_seed(0)
    text = archc.from_module(net.eval(), list(example))
    with warnings.catch_warnings():
        warnings.simplefilter("error", archc.ArchWarning)
        warnings.filterwarnings("ignore", but)
        made = archc.load(text).eval()
    made.load_state_dict({key: value for key, value in net.state_dict().items() if key in made.state_dict()})
    with torch.no_grad():
        ours, theirs = made(*[_as_here(row) for row in given]), net(*given)
    for one, other in zip(_rows(ours), _rows(theirs), strict=True):
        torch.testing.assert_close(one, other if other.dim() > 1 else other[:, None], rtol=1e-4, atol=1e-5)
    return text


def _as_here(row: Tensor) -> Tensor:
    """An input of the model's as the text's."""
    row = row.float() if row.dtype == torch.bool else row
    return row if row.dim() > 1 else row[:, None]


def _rows(answer: Tensor | Sequence[Tensor]) -> Sequence[Tensor]:
    return [answer] if isinstance(answer, Tensor) else answer
