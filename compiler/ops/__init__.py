"""The operations of the language: `TABLE` holds each by its word. `STRICTER` lists where their rules are not PyTorch's."""

from __future__ import annotations

from . import (
    activation,
    adaptive,
    arrange,
    attention,
    blur,
    convolution,
    crop,
    deconvolution,
    dense,
    elementwise,
    fixed,
    learned,
    length_norm,
    merge,
    norm,
    other,
    part,
    pool,
    rearrange,
    recurrent,
    reduce,
    regularise,
    relative,
    resize,
    sdpa,
    shape,
    sliding,
    tensors,
    weighted,
)
from .base import Operation

FAMILIES = (
    convolution,
    weighted,
    deconvolution,
    dense,
    norm,
    length_norm,
    activation,
    elementwise,
    pool,
    blur,
    adaptive,
    reduce,
    merge,
    shape,
    rearrange,
    arrange,
    sliding,
    part,
    crop,
    resize,
    regularise,
    attention,
    recurrent,
    learned,
    tensors,
    fixed,
    relative,
    sdpa,
    other,
)

STRICTER: tuple[str, ...] = (
    "No axis of an output has size 0. (PyTorch lets a transposed convolution, a slice or a crop leave nothing.)",
    "`add`, `sub`, `maximum`, `minimum` and `mean` take equal shapes. `mul`, `div`, and `add(broadcast = true)`, stretch axes of size 1, "
    "and never add axes. `matmul` takes as many axes on both sides.",
    "`linear` takes a vector or a sequence. (On an image PyTorch would work along its width, which nobody means; `last = true` allows it.)",
    '`pad_mode` other than "zeros", and `ceil`, go with the same padding before and after an axis.',
    "A pool pads each side by at most half its window, also where the sides differ.",
    "`chunk` takes a number of parts that divides. (PyTorch makes a smaller last part.) `slice` takes bounds that lie in the tensor.",
    "Both inputs of `attention` have as many features.",
    "A group of `gn` has more than one value. (PyTorch refuses one value at batch 1 alone, and makes 0 of it at others.)",
    "`eps` of a norm is at most 1: `bn(64)` gives it 64, where a count of channels was meant.",
)
"""Where shape rules are stricter than PyTorch's. Everywhere else they are PyTorch's exactly."""

TABLE: dict[str, type[Operation]] = {row.name: row for family in FAMILIES for row in family.OPERATIONS}
