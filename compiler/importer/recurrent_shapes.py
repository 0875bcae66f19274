"""What recurrent layers give on tensors without numbers: PyTorch goes through the sequence for that, step by step."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import torch

STATEFUL = frozenset({"lstm", "gru", "rnn_tanh", "rnn_relu"})


def shapes_alone(name: str, args: Sequence[Any], kwargs: Mapping[str, Any]) -> tuple[torch.Tensor, ...] | None:
    """The results of such a call on meta tensors: `(output, state)`, of an LSTM `(output, h, c)`; None for any other call.

    The output has the input's shape but for its last axis, which is as long as a state, twice where both directions are read
    (torch.nn.LSTM, "Outputs"). Packed sequences, whose calls have other arguments, are left to PyTorch.
    """
    if name not in STATEFUL or kwargs or len(args) != 9 or not isinstance(args[0], torch.Tensor) or not args[0].is_meta:
        return None
    given, start, _, _, _, _, _, both_ways, _ = args
    states = tuple(start) if name == "lstm" else (start,)
    if not isinstance(both_ways, bool) or not all(isinstance(state, torch.Tensor) for state in states):
        return None
    wide = states[0].shape[-1] * (2 if both_ways else 1)
    return given.new_empty(*given.shape[:-1], wide), *(torch.empty_like(state) for state in states)
