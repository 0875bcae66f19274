"""What PyTorch's constructors take: their defaults, and the names of what is given by position.

Instances of one block may differ in whether an argument is given at all (`stride=2` here, nothing there); to share a
class they need the value that PyTorch puts in its place. A test holds this table against torch itself.
"""

from __future__ import annotations

import re

from ..ops.parameters import Plain

_CONV: dict[str, Plain] = {"stride": 1, "padding": 0, "dilation": 1, "groups": 1, "bias": True, "padding_mode": "zeros"}
_NORM: dict[str, Plain] = {"eps": 1e-05, "momentum": 0.1, "affine": True, "track_running_stats": True}

DEFAULTS: dict[str, dict[str, Plain]] = {
    "nn.Conv": _CONV,
    "nn.ConvTranspose": {**_CONV, "output_padding": 0},
    "nn.Linear": {"bias": True},
    "nn.BatchNorm": _NORM,
    "nn.InstanceNorm": {**_NORM, "affine": False, "track_running_stats": False},
    "nn.GroupNorm": {"eps": 1e-05, "affine": True},
    "nn.LayerNorm": {"eps": 1e-05, "elementwise_affine": True, "bias": True},
    "nn.LocalResponseNorm": {"alpha": 0.0001, "beta": 0.75, "k": 1.0},
    "nn.MaxPool": {"padding": 0, "dilation": 1, "ceil_mode": False},
    "nn.AvgPool": {"padding": 0, "ceil_mode": False, "count_include_pad": True},
    "nn.Dropout": {"p": 0.5, "inplace": False},
    "nn.LeakyReLU": {"negative_slope": 0.01, "inplace": False},
    "nn.ELU": {"alpha": 1.0, "inplace": False},
    "nn.PReLU": {"num_parameters": 1, "init": 0.25},
}
"""By constructor, without the number of dimensions (`nn.Conv` is nn.Conv1d, nn.Conv2d and nn.Conv3d)."""

POSITIONS: dict[str, tuple[str, ...]] = {
    "nn.Conv": ("in_channels", "out_channels", "kernel_size"),
    "nn.ConvTranspose": ("in_channels", "out_channels", "kernel_size"),
    "nn.Linear": ("in_features", "out_features"),
    "nn.BatchNorm": ("num_features",),
    "nn.InstanceNorm": ("num_features",),
    "nn.GroupNorm": ("num_groups", "num_channels"),
    "nn.LayerNorm": ("normalized_shape",),
    "nn.MaxPool": ("kernel_size", "stride"),
    "nn.AvgPool": ("kernel_size", "stride"),
    "nn.AdaptiveAvgPool": ("output_size",),
    "nn.AdaptiveMaxPool": ("output_size",),
    "nn.Dropout": ("p",),
    "nn.LeakyReLU": ("negative_slope",),
}

CHANNELS = frozenset({"in_channels", "out_channels", "in_features", "out_features", "num_features", "num_channels", "normalized_shape"})
"""Arguments that count channels: they come before the others."""


def family(target: str) -> str:
    """A constructor without its number of dimensions."""
    return re.sub(r"[123]d$", "", target)


def role_of(target: str, position: int, keyword: str | None) -> str:
    """The name of an argument, also where it is given by position."""
    if keyword is not None:
        return keyword
    names = POSITIONS.get(family(target), ())
    return names[position] if position < len(names) else f"argument{position + 1}"
