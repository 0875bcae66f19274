"""Number formats and their sizes."""

from __future__ import annotations

from ..ops.base import Weight

BYTES: dict[str, int] = {"float64": 8, "float32": 4, "float16": 2, "bfloat16": 2, "float8": 1}
"""What `--dtype` may say, and the bytes of one element."""

INTEGER_BYTES = 8
"""Counters and indices are 64-bit integers in PyTorch, whatever the dtype of the network."""


_OTHER_BYTES = {"bool": 1}


def weight_bytes(weight: Weight, dtype: str) -> int:
    """Only floating-point tensors follow the network's dtype (`module.half()` leaves counters alone)."""
    return weight.elements * (BYTES[dtype] if weight.dtype == "float" else _OTHER_BYTES.get(weight.dtype, INTEGER_BYTES))
