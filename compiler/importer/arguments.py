"""What a call is given and answers with: the tensors in it, and the same without their numbers."""

from __future__ import annotations

from typing import Any

import torch


def bare(value: Any, function: str) -> Any:
    """An argument whose tensors have no numbers: a model that makes one in its `forward` does not say where. What is written into stays."""
    if isinstance(value, torch.Tensor):
        return value if value.is_meta else torch.empty_like(value, device="meta")
    if isinstance(value, dict):
        return {key: bare(item, "") for key, item in value.items()}
    if type(value) in (list, tuple):
        rows = [bare(item, "") for item in value]
        if function == "__setitem__" or function.rstrip("_") + "_" == function:
            rows[0] = value[0]
        return type(value)(rows)
    return value


def tensors_of(result: object) -> list[torch.Tensor]:
    """The tensors among what a call answers with."""
    if isinstance(result, torch.Tensor):
        return [result]
    if isinstance(result, list | tuple):
        return [tensor for item in result for tensor in tensors_of(item)]
    return []
