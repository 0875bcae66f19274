"""Calls of PyTorch's that no step of the language is, as the calls that they are made of: attention in some forms, `bilinear`, one step of a recurrent cell; short forms."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor

from .attention_parts import attention_in_parts, told_in_parts
from .composites import composite

CELLS = ("lstm_cell", "gru_cell", "rnn_tanh_cell", "rnn_relu_cell")


def in_parts(name: str, args: Sequence[Any], kwargs: Mapping[str, Any], visit: int) -> Callable[[], Any] | None:
    """What makes the same by other calls; None where a call stays whole. A cell that its module runs again is a loop, and stays."""
    row = told_in_parts(name, args, kwargs)
    if row is not None:
        return lambda: attention_in_parts(row)
    if name == "bilinear":
        return lambda: _bilinear(*args, **kwargs)
    if name in CELLS and visit == 1 and not kwargs:
        return lambda: _cell(name, *args)
    return composite(name, args, kwargs)


def _bilinear(input1: Tensor, input2: Tensor, weight: Tensor, bias: Tensor | None = None) -> Tensor:
    outputs, first, second = weight.shape
    rows = F.linear(input1, weight.permute(0, 2, 1).reshape(outputs * second, first))
    products = rows.reshape(*rows.shape[:-1], outputs, second) * input2.unsqueeze(-2)
    return products.sum(-1) if bias is None else products.sum(-1) + bias


def _cell(name: str, given: Tensor, state: Any, *weights: Tensor | None) -> Any:
    inner, outer, bias_inner, bias_outer = weights
    assert inner is not None and outer is not None
    hidden = state if isinstance(state, Tensor) else state[0]
    from_input, from_state = F.linear(given, inner, bias_inner), F.linear(hidden, outer, bias_outer)
    if name == "gru_cell":
        (reset, update, new), (reset_too, update_too, new_too) = from_input.chunk(3, -1), from_state.chunk(3, -1)
        update = torch.sigmoid(update + update_too)
        return (1 - update) * torch.tanh(new + torch.sigmoid(reset + reset_too) * new_too) + update * hidden
    if name != "lstm_cell":
        return (torch.tanh if name == "rnn_tanh_cell" else torch.relu)(from_input + from_state)
    taken, kept, made, shown = (from_input + from_state).chunk(4, -1)
    cell = torch.sigmoid(kept) * state[1] + torch.sigmoid(taken) * torch.tanh(made)
    return torch.sigmoid(shown) * torch.tanh(cell), cell
