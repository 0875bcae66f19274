"""PyTorch's attention where no step of the language is it: keys and values of two tensors, projections apart, a key that is learned or 0.

Such a call is written down as the calls that it is made of.
"""

from __future__ import annotations

import inspect
from collections.abc import Mapping, Sequence
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor

WHOLE = "multi_head_attention_forward"
"""What PyTorch calls it."""


def told_in_parts(name: str, args: Sequence[Any], kwargs: Mapping[str, Any]) -> dict[str, Any] | None:
    """The arguments of a call that is told in parts, by name; None for others."""
    if name != WHOLE:
        return None
    row = inspect.signature(F.multi_head_attention_forward).bind(*args, **kwargs)
    row.apply_defaults()
    given = row.arguments
    apart = given["key"] is not given["value"] or given["use_separate_proj_weight"]
    return given if apart or given["bias_k"] is not None or given["add_zero_attn"] else None


def attention_in_parts(row: Mapping[str, Any]) -> tuple[Tensor, Tensor | None]:
    """What `F.multi_head_attention_forward` answers, with rows of [length, batch, features]."""
    query, key, value = row["query"], row["key"], row["value"]
    length, batch, features = query.shape
    heads = row["num_heads"]
    query, key, value = (F.linear(item, *projection) for item, projection in zip((query, key, value), _projections(row), strict=True))
    if row["bias_k"] is not None:
        key, value = (torch.cat([item, row[name].expand(1, batch, features)]) for item, name in ((key, "bias_k"), (value, "bias_v")))
    if row["add_zero_attn"]:
        key, value = (torch.cat([item, item.new_zeros(1, batch, features)]) for item in (key, value))
    query, key, value = (item.reshape(item.shape[0], batch, heads, -1).permute(1, 2, 0, 3) for item in (query, key, value))
    mask = _mask(row, (batch, heads, length, key.shape[2]))
    found = F.scaled_dot_product_attention(query, key, value, mask, row["dropout_p"] if row["training"] else 0.0)
    found = F.linear(found.permute(2, 0, 1, 3).reshape(length, batch, features), row["out_proj_weight"], row["out_proj_bias"])
    if not row["need_weights"]:
        return found, None
    logits = query @ key.transpose(-2, -1) * (features // heads) ** -0.5
    weights = torch.softmax(logits if mask is None else logits + mask, -1)
    return found, weights.mean(1) if row["average_attn_weights"] else weights


def _projections(row: Mapping[str, Any]) -> list[tuple[Tensor, Tensor | None]]:
    """The weights and biases of queries, keys and values."""
    bias = row["in_proj_bias"]
    biases = [None] * 3 if bias is None else bias.chunk(3)
    if row["use_separate_proj_weight"]:
        weights = [row[f"{name}_proj_weight"] for name in "qkv"]
    else:
        weights = row["in_proj_weight"].chunk(3)
    return list(zip(weights, biases, strict=True))


def _mask(row: Mapping[str, Any], logits: tuple[int, int, int, int]) -> Tensor | None:
    """What is added to the logits."""
    batch, heads, length, keys = logits
    masks = []
    if row["attn_mask"] is not None:
        mask = _added(row["attn_mask"], row["query"])
        masks.append(mask if mask.dim() == 2 else mask.reshape(batch, heads, length, -1))
    if row["key_padding_mask"] is not None:
        masks.append(_added(row["key_padding_mask"], row["query"]).reshape(batch, 1, 1, -1))
    more = [F.pad(mask, (0, keys - mask.shape[-1])) if mask.shape[-1] < keys else mask for mask in masks]
    return more[0] + more[1] if len(more) > 1 else next(iter(more), None)


def _added(mask: Tensor, like: Tensor) -> Tensor:
    if mask.dtype != torch.bool:
        return mask
    return torch.zeros(mask.shape, dtype=like.dtype, device=like.device).masked_fill(mask, float("-inf"))
