"""A tensor with numbers that others without are written into, as `torch.zeros(…)` in a `forward` that is filled row by row: from then on it has none."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import torch

from .written import is_view

SWAP: Callable[[torch.Tensor, torch.Tensor], object] = torch.utils.swap_tensors
"""Two objects have each other's tensors from then on."""


def is_filled(function: str, args: Sequence[Any], given: Sequence[torch.Tensor]) -> bool:
    """Whether a call writes tensors without numbers into one that has some."""
    writes = function == "__setitem__" or function.rstrip("_") + "_" == function
    first = next(iter(args), None)  # what starts a weight, as `kaiming_uniform_(tensor=…)`, names it
    return writes and isinstance(first, torch.Tensor) and not first.is_meta and any(tensor.is_meta for tensor in given)


def emptied(tensor: torch.Tensor, alive: Sequence[torch.Tensor]) -> list[torch.Tensor]:
    """Take the numbers of all tensors that have its memory, which are the same objects as before, and views of each other as before."""
    rows = {id(row): row for row in (tensor, *alive) if row is tensor or is_view(row, tensor)}
    whole = next((row for row in rows.values() if not row._is_view()), None)
    if whole is None or any(row.layout is not torch.strided for row in rows.values()):
        return []  # PyTorch says what it cannot do
    views = [row for row in rows.values() if row is not whole]
    lie = [(row.size(), row.stride(), row.storage_offset()) for row in views]
    with torch._C.DisableTorchFunction():  # these are no calls of the model's
        for row in views:
            SWAP(row, torch.empty(0))
        SWAP(whole, torch.empty_strided(whole.size(), whole.stride(), dtype=whole.dtype, device="meta"))
        for row, place in zip(views, lie, strict=True):
            SWAP(row, whole.as_strided(*place))
    return list(rows.values())
