"""The operations of the language: `TABLE` holds each by its word. `STRICTER` lists where their rules are not PyTorch's."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from importlib import import_module

from .base import Operation

FAMILIES = {
    "convolution": "conv dwconv",
    "weighted": "std_conv weight_norm_conv spectral_norm_conv",
    "weighted_deconvolution": "weight_norm_deconv spectral_norm_deconv",
    "deconvolution": "deconv",
    "convolve": "convolve",
    "deform": "deform_conv",
    "dense": "linear",
    "weighted_dense": "weight_norm_linear spectral_norm_linear",
    "norm": "bn gn ln instance_norm lrn",
    "length_norm": "normalize rms_norm",
    "activation": "relu relu6 leaky_relu prelu elu gelu silu mish sigmoid tanh hard_sigmoid hard_swish selu celu softmax log_softmax softplus",
    "elementwise": "exp log sqrt rsqrt reciprocal abs sin cos square power clamp offset",
    "pool": "maxpool avgpool pool_indices",
    "unpool": "maxunpool",
    "blur": "blur_pool",
    "adaptive": "adaptive_avgpool adaptive_maxpool global_avgpool global_maxpool",
    "reduce": "reduce",
    "merge": "add mul div sub maximum minimum mean concat matmul",
    "einsum": "einsum",
    "shape": "flatten reshape permute tokens channel_shuffle pixel_shuffle pixel_unshuffle",
    "image": "image",
    "rearrange": "rearrange",
    "arrange": "stack expand flip roll",
    "sliding": "unfold fold",
    "part": "slice chunk select",
    "crop": "crop",
    "resize": "pad upsample",
    "regularise": "dropout drop_path dropblock",
    "attention": "attention",
    "recurrent": "lstm gru",
    "learned": "class_token position_embedding layer_scale",
    "tensors": "parameter",
    "fixed": "constant",
    "relative": "relative_bias",
    "sdpa": "sdpa",
    "affine": "affine_grid",
    "sample": "grid_sample roi_align",
    "correlation": "correlation",
    "other": "scale identity embedding",
}
"""The files of the records, in the order of the manual, and the words that each gives the language, so that a word loads its own file alone."""

STRICTER: tuple[str, ...] = (
    "No axis of an output has size 0. (PyTorch lets a transposed convolution, a slice or a crop leave nothing.)",
    "`add`, `sub`, `maximum`, `minimum` and `mean` take equal shapes. `mul`, `div`, and `add` and `sub` with `broadcast = true`, stretch axes of size 1, "
    "and never add axes. `matmul` takes as many axes on both sides.",
    "`linear` takes a vector or a sequence. (On an image PyTorch would work along its width, which nobody means; `last = true` allows it.)",
    '`pad_mode` other than "zeros", and `ceil`, go with the same padding before and after an axis.',
    "A pool pads each side by at most half its window, also where the sides differ.",
    "`chunk` takes a number of parts that divides. (PyTorch makes a smaller last part.) `slice` takes bounds that lie in the tensor.",
    'Both inputs of `attention` have as many features, unless its projections are named: `keys = ["q", "kv", "proj"]`.',
    "A group of `gn` has more than one value. (PyTorch refuses one value at batch 1 alone, and makes 0 of it at others.)",
    "`eps` of a norm is at most 1: `bn(64)` gives it 64, where a count of channels was meant.",
)
"""Where shape rules are stricter than PyTorch's. Everywhere else they are PyTorch's exactly."""


class Table(Mapping[str, type[Operation]]):
    """The record of each word. A file of records is imported when a word of it is first asked for: a network uses some ten of a hundred."""

    def __init__(self) -> None:
        self._files = {word: file for file, words in FAMILIES.items() for word in words.split()}
        self._known: dict[str, type[Operation]] = {}

    def __getitem__(self, word: str) -> type[Operation]:
        if word not in self._known:
            operations: tuple[type[Operation], ...] = import_module(f"{__name__}.{self._files[word]}").OPERATIONS
            self._known |= {row.name: row for row in operations}
        return self._known[word]

    def __iter__(self) -> Iterator[str]:
        return iter(self._files)

    def __len__(self) -> int:
        return len(self._files)

    def __contains__(self, word: object) -> bool:
        return word in self._files


TABLE = Table()
