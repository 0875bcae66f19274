"""Attention in the four axes that other formats have rules for."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from torch import Tensor


@contextmanager
def attention_of_four_axes() -> Iterator[None]:
    """Attention as exporters and AOTInductor have a rule for: of [batch, heads, length, features] alone. One head needs no axis in PyTorch, and further
    axes may stand in front; AOTInductor takes the second and third of five for heads and length."""
    from torch.nn import functional

    attend = functional.scaled_dot_product_attention

    def attend_in_four(query: Tensor, key: Tensor, value: Tensor, attn_mask: Tensor | None = None, **more: Any) -> Tensor:
        if query.ndim == 4:
            return attend(query, key, value, attn_mask, **more)
        if query.ndim == 3:
            mask = None if attn_mask is None else attn_mask.unsqueeze(1)
            return attend(query.unsqueeze(1), key.unsqueeze(1), value.unsqueeze(1), mask, **more).squeeze(1)
        mask = None if attn_mask is None else attn_mask.expand(*query.shape[:-3], *attn_mask.shape[-3:]).flatten(0, -4)
        found = attend(query.flatten(0, -4), key.flatten(0, -4), value.flatten(0, -4), mask, **more)
        return found.reshape(*query.shape[:-1], value.shape[-1])

    vars(functional)["scaled_dot_product_attention"] = attend_in_four
    try:
        yield
    finally:
        vars(functional)["scaled_dot_product_attention"] = attend
