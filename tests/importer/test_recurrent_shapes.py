"""Recurrent layers without numbers: the shapes that PyTorch gives, without a walk through the sequence."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import pytest
import torch
from torch import nn
from torch.overrides import TorchFunctionMode

from archc.compiler.importer.recurrent_shapes import STATEFUL, shapes_alone


class _Noted(TorchFunctionMode):
    """Beside what each recurrent call gives, what is said of it on tensors without numbers."""

    def __init__(self) -> None:
        super().__init__()
        self.rows: list[tuple[list[torch.Size], list[torch.Size]]] = []

    def __torch_function__(
        self, func: Callable[..., Any], types: Sequence[type], args: Sequence[Any] = (), kwargs: Mapping[str, Any] | None = None
    ) -> Any:
        result = func(*args, **(kwargs or {}))
        if (name := getattr(func, "__name__", "")) in STATEFUL:
            said = shapes_alone(name, [_without_numbers(item) for item in args], kwargs or {})
            assert said is not None
            self.rows.append(([row.shape for row in result], [row.shape for row in said]))
        return result


def _without_numbers(item: Any) -> Any:
    if isinstance(item, tuple):
        return tuple(map(_without_numbers, item))
    return item.to("meta") if isinstance(item, torch.Tensor) else item


@pytest.mark.parametrize("kind", [nn.LSTM, nn.GRU, nn.RNN])
@pytest.mark.parametrize("more", [{}, {"bidirectional": True}, {"batch_first": True}, {"proj_size": 3}])
@pytest.mark.filterwarnings("ignore:LSTM with projections")
def test_the_shapes_of_each_layer(kind: type[nn.RNNBase], more: dict[str, Any]) -> None:
    if "proj_size" in more and kind is not nn.LSTM:
        return
    with _Noted() as noted:
        kind(4, 8, 2, **more)(torch.zeros(5, 3, 4))
    ((given, said),) = noted.rows
    assert given == said


def test_other_calls_are_pytorchs() -> None:
    assert shapes_alone("relu", [torch.zeros(2, device="meta")], {}) is None
    assert shapes_alone("gru", [torch.zeros(5, 3, 4), torch.zeros(1, 3, 8), [], True, 1, 0.0, False, False, False], {}) is None
