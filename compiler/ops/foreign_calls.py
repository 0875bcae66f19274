"""Calls as other libraries write them: which of their arguments is which parameter here.

Names alone are in `foreign_names.py`. Here stands the order of their positional arguments, what they do where archc does another thing
by default, and which of their arguments are left out because archc knows them.
"""

from __future__ import annotations

import re
from typing import Final

from .foreign_names import NO_PARAMETERS, PARAMETERS, key, same_as

TORCH: Final = {
    "conv": "- channels kernel stride pad dilation groups bias pad_mode",
    "convtranspose": "- channels kernel stride pad out_pad groups bias dilation",
    "linear": "- features bias",
    "lazylinear": "features bias",
    "batchnorm": "- eps momentum affine",
    "syncbatchnorm": "- eps momentum affine",
    "instancenorm": "- eps momentum affine",
    "layernorm": "- eps affine bias",
    "rmsnorm": "- eps affine",
    "groupnorm": "groups - eps affine",
    "localresponsenorm": "size alpha beta k",
    "maxpool": "kernel stride pad dilation indices ceil",
    "avgpool": "kernel stride pad ceil count_pad",
    "adaptiveavgpool": "size",
    "adaptivemaxpool": "size",
    "dropout": "p -",
    "relu": "-",
    "relu6": "-",
    "silu": "-",
    "mish": "-",
    "selu": "-",
    "hardswish": "-",
    "hardsigmoid": "-",
    "leakyrelu": "slope -",
    "prelu": "- start",
    "elu": "alpha -",
    "celu": "alpha -",
    "softmax": "axis",
    "logsoftmax": "axis",
    "flatten": "- -",
    "upsample": "size scale mode align_corners",
    "interpolate": "size scale mode align_corners",
    "pixelshuffle": "factor",
    "pixelunshuffle": "factor",
    "channelshuffle": "groups",
    "embedding": "count features",
    "multiheadattention": "- heads dropout bias",
    "lstm": "- features layers bias",
    "gru": "- features layers bias",
    "unfold": "kernel dilation pad stride",
    "fold": "size kernel dilation pad stride",
    "stochasticdepth": "p -",
    "clip": "min max",
    "clamp": "min max",
    "hardtanh": "min max",
    "relun": "max",
    "constantpad": "sides value",
    "pad": "sides mode value",
    "upsamplingnearest": "size scale",
    "upsamplingbilinear": "size scale",
    "tensorsplit": "n axis",
    "gather": "axis",
    "indexselect": "axis",
    "layerscale": "- init",
    "stdconv": "- channels kernel stride pad dilation groups bias",
    "positionalencoding": "- - -",
    "depthwise": "kernel stride pad dilation",
    "dwconv": "kernel stride pad dilation",
    "cat": "- axis",
    "concat": "- axis",
    "stack": "- axis",
}
"""By the name without its module and dimensions: the parameters in the order of PyTorch's arguments; `-` is known from the tensor."""

_ALIKE: Final = {
    "conv": "conv",
    "std_conv": "stdconv",
    "deconv": "convtranspose",
    "linear": "linear",
    "bn": "batchnorm",
    "ln": "layernorm",
    "gn": "groupnorm",
    "instance_norm": "instancenorm",
    "lrn": "localresponsenorm",
    "maxpool": "maxpool",
    "avgpool": "avgpool",
    "adaptive_avgpool": "adaptiveavgpool",
    "adaptive_maxpool": "adaptivemaxpool",
    "leaky_relu": "leakyrelu",
    "attention": "multiheadattention",
    "lstm": "lstm",
    "gru": "gru",
    "embedding": "embedding",
    "position_embedding": "positionalencoding",
    "layer_scale": "layerscale",
}
"""Operations whose other names (`fc`, `mha`, `pos_embed`) are called as the one in `TORCH` is."""

KERAS: Final = {
    "conv": "channels kernel stride pad",
    "convtranspose": "channels kernel stride pad",
    "depthwiseconv": "kernel stride pad",
    "dense": "features",
    "layernormalization": "axis",
    "groupnormalization": "groups axis",
    "maxpooling": "kernel stride pad",
    "averagepooling": "kernel stride pad",
    "maxpool": "kernel stride pad",
    "avgpool": "kernel stride pad",
    "dropout": "p",
    "leakyrelu": "slope",
    "softmax": "axis",
    "upsampling": "scale",
    "embedding": "count features",
    "lstm": "features",
    "gru": "features",
    "multiheadattention": "heads head_size",
    "concatenate": "-",
}
"""The same for Keras, where channels stand last."""

STEPS: Final = {"activation", "act", "act_layer", "norm", "norm_layer", "batch_norm", "use_bn"}
"""Arguments that ask for a further step."""

_DROPPED: Final = {*NO_PARAMETERS, "batch_first", "num_channels", "d_model", "max_len"} - STEPS
_KERAS_ALONE: Final = {
    "dense",
    "batchnormalization",
    "layernormalization",
    "groupnormalization",
    "maxpooling",
    "averagepooling",
    "concatenate",
    "upsampling",
    "depthwiseconv",
}
_MORE_PARAMETERS: Final = {
    "kernel_shape": "kernel",
    "dilations": "dilation",
    "pads": "pad",
    "hidden_size": "features",
    "num_layers": "layers",
    "axes": "axis",
    "key_dim": "head_size",
    "nhead": "heads",
    "dims": "axis",
    "padding": "sides",
    "pad": "sides",
}
STATED: Final = frozenset(
    ["in_channels", "in_features", "num_features", "num_channels", "input_dim", "in_dim", "embed_dim", "input_size", "d_model"]
)
"""Arguments that say how many channels come in."""

_STATES: Final = frozenset(
    [
        "conv",
        "convtranspose",
        "stdconv",
        "linear",
        "batchnorm",
        "syncbatchnorm",
        "instancenorm",
        "groupnorm",
        "multiheadattention",
        "lstm",
        "gru",
        "layerscale",
        "bilstm",
        "bigru",
    ]
)
"""Calls whose arguments by place that are left out here say it, too."""

_WORDS: Final = {"True": "true", "False": "false", "None": "none", '"same"': "same", '"valid"': "valid", '"causal"': "causal"}
_HALF: Final = {"conv", "depthwiseconv"}
"""Where those libraries pad nothing unless they are asked, and archc keeps the size."""


_UNSAID: Final = {
    "reflectionpad": {"mode": '"reflect"'},
    "reflectpad": {"mode": '"reflect"'},
    "replicationpad": {"mode": '"replicate"'},
    "circularpad": {"mode": '"circular"'},
    "upsamplingbilinear": {"mode": '"bilinear"', "align_corners": "true"},
    "bilstm": {"bidirectional": "true"},
    "bigru": {"bidirectional": "true"},
    "relun": {"min": "0"},
    "hardtanh": {"min": "-1", "max": "1"},
}
"""What a name says by itself."""

_UNSAID_IN_KERAS: Final = {
    "batchnormalization": {"eps": "1e-3", "momentum": "0.01"},
    "layernormalization": {"eps": "1e-3"},
    "groupnormalization": {"groups": "32", "eps": "1e-3"},
    "leakyrelu": {"slope": "0.3"},
    "maxpooling": {"kernel": "2"},
    "averagepooling": {"kernel": "2"},
    "maxpool": {"kernel": "2"},
    "avgpool": {"kernel": "2"},
}

_OF_KERAS: Final = re.compile(r"\bkeras\b|\blayers\.|\w\dD\s*\(|\bDense\s*\(|\b(?:Max|Average)Pooling|\bBatchNormalization\b")


def as_in_its_text(word: str, text: str) -> str:
    """A name that PyTorch and Keras have, and that does another thing there by itself, with the module that its text is written for."""
    return f"layers.{word}" if word in ("LeakyReLU", "PReLU") and _OF_KERAS.search(text) is not None else word


_WEIGHTED: Final = {"conv", "convtranspose", "linear", "batchnorm", "layernorm", "groupnorm", "instancenorm", "embedding", "prelu"}


def takes_weights(word: str) -> bool:
    """Whether it is a function of PyTorch's that is given its weights: those stand in no text here."""
    return re.match(r"(torch|nn|F)\.", word) is not None and word.rpartition(".")[2].islower() and key(word) in _WEIGHTED


def states_inputs(word: str) -> bool:
    """Whether the arguments of `word` by place that archc leaves out say how many channels come in."""
    return key(word) in _STATES or _ALIKE.get(same_as(word) or "") in _STATES


def is_keras(word: str) -> bool:
    """Whether a name is Keras's, where channels stand last."""
    return re.search(r"\dD", word) is not None or key(word) in _KERAS_ALONE or re.match(r"(tf|keras|layers)\.", word.lower()) is not None


def positions(word: str) -> tuple[str, ...] | None:
    """The parameters in the order of the positional arguments of a call to `word`; None where nobody knows whose word it is."""
    plain = key(word)
    if is_keras(word):
        return tuple(KERAS[plain].split()) if plain in KERAS else None
    if word == "MultiHeadAttention":  # Keras's begins with the heads, most others' with the features
        return None
    row = plain if plain in TORCH else _ALIKE.get(same_as(word) or "")
    return tuple(TORCH[row].split()) if row is not None else None


def is_from_elsewhere(word: str) -> bool:
    """Whether a name tells by its module that another library is meant."""
    return re.match(r"(torch|nn|F|tf|keras|layers)\.", word) is not None


def parameter_of(name: str, known: set[str]) -> str | None:
    """What an argument's name is here: a parameter of `known`, "-" where it is left out, None where nothing is known of it."""
    lowered = name.lower()
    for found in (name, PARAMETERS.get(lowered), _MORE_PARAMETERS.get(lowered)):
        if found in known:
            return found
    return "-" if lowered in _DROPPED else None


NEVER_WRITTEN: Final = frozenset(
    [
        "in_channels",
        "in_features",
        "num_features",
        "input_dim",
        "embed_dim",
        "normalized_shape",
        "in_dim",
        "input_size",
        "d_model",
        "inplace",
        "batch_first",
    ]
)
"""Arguments that say what is known here: leaving them out changes nothing."""


def stretching_of(operation: str, name: str, text: str) -> tuple[str, bool] | None:
    """What is done where `broadcast` is asked of a merge that has no such parameter, and whether leaving it out does that."""
    if name != "broadcast" or operation not in ("mul", "div", "maximum", "minimum", "mean"):
        return None
    if operation in ("mul", "div"):
        return f"`{operation}` stretches axes of size 1 by itself: leave it out", text == "true"
    return f"`{operation}` takes equal shapes: `expand([-1, 14, 14])` on a path stretches its axes of size 1 before", False


def argument_here(operation: str, name: str, text: str) -> str | None:
    """An argument whose value is another one here, as it is written; "" where that is the default, None where nothing is known of it."""
    if (operation, name) == ("gelu", "approximate"):
        return {"tanh": "tanh = true", "true": "tanh = true", "none": "", "false": ""}.get(text.strip("\"'").lower())
    if name == "bias" and operation in ("bn", "gn", "instance_norm"):  # of both at once
        return "" if text.lower() == "true" else None
    return None


def value_of(parameter: str, text: str) -> str | None:
    """The text of an argument as archc writes it; None where it has another meaning there."""
    if parameter == "pattern":  # the batch stands before both sides there
        sides = [side.split() for side in text.strip("\"'").split("->")]
        alike = len(sides) == 2 and all(sides) and sides[0][0] == sides[1][0] and sides[0][0] in ("b", "n", "B", "N", "batch")
        return '"' + " -> ".join(" ".join(side[1:]) for side in sides) + '"' if alike else text
    plain = _WORDS.get(text.replace("'", '"') if parameter == "pad" else text, text)
    if parameter == "mode" and plain.strip("\"'") == "constant":
        return '"zeros"'
    if parameter == "axis":  # the batch counts there
        if re.fullmatch(r"-[0-9]+", plain):
            return plain
        return str(int(plain) - 1) if plain.isdigit() and int(plain) else None
    tuple_of_sizes = re.fullmatch(r"[(\[]\s*(\d+(?:\s*,\s*\d+){0,2})\s*,?\s*[)\]]", plain)
    if tuple_of_sizes is not None and parameter in ("kernel", "stride", "pad", "dilation", "size", "out_pad"):
        sizes = [size.strip() for size in tuple_of_sizes[1].split(",")]
        return sizes[0] if len(set(sizes)) == 1 else "x".join(sizes)
    return plain.replace("'", '"') if plain.startswith("'") else plain


def keras_value(parameter: str, text: str, rank: int | None) -> str | None:
    """An argument of Keras's, where that is another value than PyTorch's: "-" where it is left out, None where it is not certain."""
    if parameter == "axis":  # channels stand last there, behind the batch and the other axes
        return "-" if text == "-1" or text == str(rank) else None
    if parameter == "momentum":  # how much stays there, and how much comes anew here
        return f"{1 - float(text):.6g}" if re.fullmatch(r"0?\.\d+", text) is not None else None
    return value_of(parameter, text)


def left_out(operation: str, name: str, text: str) -> str | None:
    """Why an argument that no parameter takes cannot be left out; "" where it can, None where nothing is known of it."""
    said = text.lower()
    if name == "track_running_stats" and operation in ("bn", "instance_norm"):
        kept = "true" if operation == "bn" else "false"
        other = (
            "`bn` keeps running statistics, which evaluation uses" if operation == "bn" else "`instance_norm` keeps no running statistics"
        )
        return "" if said == kept else f"{other}: with `{name} = {said}` there is nothing here"
    if name == "momentum" and operation == "instance_norm":
        return ""  # of running statistics, which it has not by default
    if (operation, name, said) == ("bn", "momentum", "none"):
        return "without a momentum PyTorch takes the mean over all batches; `bn` counts the last ones more: `bn(momentum = 0.1)`"
    return None


def unsaid(word: str, given: dict[str, str]) -> dict[str, str]:
    """What a call leaves to its library's default and has to be written here, because archc's is another."""
    certain = re.search(r"\d[dD]", word) is not None or is_from_elsewhere(word)  # `Conv(64)` may be archc's own with a capital
    plain = key(word)
    if is_keras(word) and plain in _UNSAID_IN_KERAS:
        return {name: text for name, text in _UNSAID_IN_KERAS[plain].items() if name not in given}
    if certain and plain in _HALF and "pad" not in given and given.get("kernel", "") not in ("1", "1x1"):
        return {"pad": "0"}
    return {name: text for name, text in _UNSAID.get(plain, {}).items() if name not in given}
