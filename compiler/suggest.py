"""The names that a person may have meant."""

from __future__ import annotations

from collections.abc import Iterable

# What people who come from PyTorch, Keras or Caffe write, and what it is called here.
FOREIGN = {
    "conv1d": "conv", "conv2d": "conv", "conv3d": "conv", "convolution": "conv", "convtranspose2d": "deconv",
    "conv_transpose": "deconv", "depthwise": "dwconv", "depthwiseconv2d": "dwconv", "batchnorm": "bn", "batchnorm1d": "bn",
    "batchnorm2d": "bn", "batchnorm3d": "bn", "batch_norm": "bn", "layernorm": "ln", "layer_norm": "ln", "groupnorm": "gn",
    "group_norm": "gn", "instancenorm2d": "instance_norm", "localresponsenorm": "lrn", "maxpool2d": "maxpool", "max_pool": "maxpool",
    "maxpooling2d": "maxpool", "avgpool2d": "avgpool", "avg_pool": "avgpool", "averagepooling2d": "avgpool",
    "adaptiveavgpool2d": "adaptive_avgpool", "adaptivemaxpool2d": "adaptive_maxpool", "globalaveragepooling2d": "global_avgpool",
    "gap": "global_avgpool", "dense": "linear", "fc": "linear", "fully_connected": "linear", "innerproduct": "linear",
    "cat": "concat", "concatenate": "concat", "sum": "add", "plus": "add", "multiply": "mul", "leakyrelu": "leaky_relu",
    "swish": "silu", "hardswish": "hard_swish", "hardsigmoid": "hard_sigmoid", "droppath": "drop_path", "stochastic_depth": "drop_path",
    "pixelshuffle": "pixel_shuffle", "channelshuffle": "channel_shuffle", "interpolate": "upsample", "resize": "upsample",
    "filters": "channels", "out_channels": "channels", "kernel_size": "kernel", "padding": "pad", "strides": "stride", "units": "features",
    "out_features": "features", "group": "groups", "ceil_mode": "ceil", "count_include_pad": "count_pad", "rate": "p", "momentum": "momentum",
    "output_padding": "out_pad", "padding_mode": "pad_mode", "activation": "relu", "shortcut": "skip", "residual": "skip", "num_classes": "classes",
    "elementwise_affine": "affine", "use_bias": "bias", "negative_slope": "slope", "output_size": "size", "num_heads": "heads",
}  # fmt: skip


COUNT_INPUTS = {
    "conv1d": 2, "conv2d": 2, "conv3d": 2, "convtranspose2d": 2, "linear": 2, "dense": 2,
    "batchnorm": 1, "batchnorm1d": 1, "batchnorm2d": 1, "batchnorm3d": 1, "instancenorm2d": 1, "layernorm": 1, "groupnorm": 2,
}  # fmt: skip
"""Names of other libraries whose first arguments count the channels that come in, and from how many arguments on that is so."""


def closest(word: str, options: Iterable[str], most: int = 4) -> tuple[str, ...]:
    """At most `most` of `options`, nearest first: the translation of a foreign word, then names at a small distance."""
    from difflib import SequenceMatcher

    known = sorted(set(options))
    first = FOREIGN.get(word.lower().replace("nn.", ""))
    lowered = word.lower()
    scored = []
    for option in known:
        ratio = SequenceMatcher(None, lowered, option.lower()).ratio()
        # Of a single letter every short name is near, and none was meant.
        if (ratio >= 0.6 and len(word) > 1) or lowered == option.lower() or (len(lowered) >= 3 and option.lower().startswith(lowered)):
            scored.append((-ratio, option))
    found = [option for _, option in sorted(scored)]
    if first in known:
        found = [first] + [option for option in found if option != first]
    return tuple(found[:most])


def did_you_mean(names: tuple[str, ...]) -> str | None:
    """The help line for `closest`'s answer."""
    if not names:
        return None
    quoted = [f"`{name}`" for name in names]
    return f"did you mean {quoted[0]}?" if len(quoted) == 1 else f"did you mean {', '.join(quoted[:-1])} or {quoted[-1]}?"
