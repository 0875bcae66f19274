"""The operations of the language: `TABLE` holds each by its word.

Their shape rules are PyTorch's, with these exceptions, all of them stricter:

- no axis of an output has size 0 (PyTorch lets a transposed convolution, a slice or a crop leave nothing);
- `add`, `sub`, `maximum`, `mean` take equal shapes; `mul`, and `add(broadcast = true)`, stretch axes of size 1 and no others, and
  never add axes; `matmul` takes as many axes on both sides;
- `linear` takes a vector or a sequence: on an image PyTorch would work along its width, which nobody means (`last = true` allows it);
- `pad_mode` other than "zeros", and `ceil`, go with the same padding before and after an axis;
- a pool pads each side by at most half its window, also where the sides differ (PyTorch's own padding knows no sides);
- `chunk` takes numbers that divide (PyTorch makes a smaller last part), `slice` bounds that lie in the tensor;
- both inputs of `attention` have as many features.
"""

from __future__ import annotations

from . import (
    activation,
    adaptive,
    attention,
    convolution,
    crop,
    deconvolution,
    dense,
    learned,
    merge,
    norm,
    other,
    part,
    pool,
    regularise,
    resize,
    shape,
)
from .base import Operation

FAMILIES = (
    convolution,
    deconvolution,
    dense,
    norm,
    activation,
    pool,
    adaptive,
    merge,
    shape,
    part,
    crop,
    resize,
    regularise,
    attention,
    learned,
    other,
)

TABLE: dict[str, type[Operation]] = {row.name: row for family in FAMILIES for row in family.OPERATIONS}
