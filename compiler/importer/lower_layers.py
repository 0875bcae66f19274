"""Layers: what has weights, and what pools, normalises, activates and drops."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from .by_distance import gather, once
from .flat_steps import Plain
from .known import Data, Fixed
from .lower import Lowering, bind, elements, lowers, one, spread
from .lower_filters import blurred, by_filters, is_of_layer
from .lower_fixed import beside
from .lower_folded import batched, clean, of_images, one_by_one, pooled, side_by_side, unbatched
from .lower_products import dense
from .places_read import places
from .traced import Call, Ref
from .unsaid import Unsaid, across
from .worked_weights import normed, standardised


@lowers("conv1d", "conv2d", "conv3d")
def conv(low: Lowering, call: Call) -> None:
    row = bind(call, "input weight bias stride padding dilation groups", bias=None, stride=1, padding=0, dilation=1, groups=1)
    data, weight = low.data(row["input"]), low.of(row["weight"])
    if data.alone:
        data = unbatched(low, call, data, len(weight.shape))
    folded = data if data.batch == 0 and data.fold > 1 else None
    data = data if folded is not None or data.alone else clean(data, "conv")
    before = low.flat.steps[-1] if low.flat.steps and low.flat.steps[-1].number == data.number else None
    operation, told = "conv", dict[str, Plain]()
    if not isinstance(weight, Fixed):
        raise Unsaid("a weight that is computed from the input")
    if low.is_made_up(row["weight"]) or not weight.is_learned:
        if not low.values.leaves(row["weight"].number):
            if not blurred(low, call, row, before):
                by_filters(low, call, row, data)
            return
        found, norm = standardised(low.values, row["weight"]), normed(low.values, row["weight"], "conv")
        if found is not None:
            operation, (key, told) = "std_conv", found
        elif norm is not None:
            operation, key = norm
        else:
            by_filters(low, call, row, data)
            return
    elif is_of_layer(low, row["weight"], row["bias"]):
        key = low.key(row["weight"], row["bias"])
    else:
        by_filters(low, call, row, data)
        return
    rank = len(weight.shape) - 2
    kernel, dilation = weight.shape[2:], spread(row["dilation"], rank)
    stride = spread(row["stride"], rank)
    half = tuple(
        d * (k - 1) // 2 if d * (k - 1) % 2 == 0 or s > 1 else None  # an even window loses a row, of which its number tells (W507)
        for k, d, s in zip(kernel, dilation, stride, strict=True)
    )
    source, mode, pad = data, "zeros", row["padding"]
    if before is not None and before.path == call.path and before.arguments.get("mode") not in (None, "zeros"):
        # `nn.Conv2d(padding_mode = "reflect")` pads first: one step of the language.
        low.flat.steps.pop()
        source, mode = Data(before.inputs[0], (), 0), str(before.arguments["mode"])
        sides = before.arguments["sides"]
        pad = tuple(sides[::2]) if isinstance(sides, list) else sides
        folded = None if folded is None else source
    arguments: dict[str, Plain] = {
        "channels": weight.shape[0],
        "kernel": one(kernel),
        "stride": one(stride),
        "pad": pad if isinstance(pad, str) else "half" if spread(pad, rank) == half else one(spread(pad, rank)),
        "groups": row["groups"],
        "dilation": one(dilation),
        "bias": row["bias"] is not None,
        "pad_mode": mode,
    }
    arguments |= told
    if operation in ("conv", "std_conv"):  # the others start as PyTorch's layers do
        arguments |= low.start(key, row["bias"] is not None)
    if folded is not None:
        side_by_side(low, call, operation, arguments, folded, key)
    elif data.alone:
        batched(low, call, low.between(operation, arguments, [source], low.result(call).shape[1:], key))
    else:
        low.emit(call, operation, arguments, [source], key)


@lowers("conv_transpose1d", "conv_transpose2d", "conv_transpose3d")
@of_images
def deconv(low: Lowering, call: Call) -> None:
    row = bind(
        call,
        "input weight bias stride padding output_padding groups dilation",
        bias=None,
        stride=1,
        padding=0,
        output_padding=0,
        groups=1,
        dilation=1,
    )
    data, weight = low.data(row["input"]), low.of(row["weight"])
    rank = len(weight.shape) - 2
    arguments: dict[str, Plain] = {
        "channels": weight.shape[1] * row["groups"],
        "kernel": one(weight.shape[2:]),
        "stride": one(spread(row["stride"], rank)),
        "pad": one(spread(row["padding"], rank)),
        "out_pad": one(spread(row["output_padding"], rank)),
        "groups": row["groups"],
        "dilation": one(spread(row["dilation"], rank)),
        "bias": row["bias"] is not None,
    }
    if isinstance(weight, Fixed) and (low.is_made_up(row["weight"]) or not weight.is_learned):
        norm = normed(low.values, row["weight"], "deconv")
        if norm is None:
            raise Unsaid("a weight that is computed from others")
        low.emit(call, norm[0], arguments, [data], norm[1])
        return
    key = low.key(row["weight"], row["bias"])
    told = arguments | low.start(key, row["bias"] is not None)
    if data.fold > 1:
        one_by_one(low, call, "deconv", told, data, key)
    else:
        low.emit(call, "deconv", told, [clean(data, "deconv")], key)


@lowers("linear")
def linear(low: Lowering, call: Call) -> None:
    row = bind(call, "input weight bias", bias=None)
    data, weight = low.data(row["input"]), low.of(row["weight"])
    if len(data.shape) - 1 == data.batch:
        raise across("`linear`")
    bias = row["bias"]
    norm = normed(low.values, row["weight"], "linear") if low.is_made_up(row["weight"]) else None
    if norm is not None and not (isinstance(bias, Ref) and low.is_made_up(bias)):
        low.emit(call, norm[0], {"features": weight.shape[0], "bias": bias is not None, "last": True}, [data], norm[1])
        return
    if low.is_tied(row["weight"]) or low.is_made_up(row["weight"]) or not low.has_name(row["weight"], "weight"):
        dense(low, call, data, row["weight"], bias)
        return
    made_up = isinstance(bias, Ref) and low.is_made_up(bias)
    if isinstance(bias, Ref) and made_up and f"{low.key(row['weight'])}.bias" in low.values.leaves(bias.number):
        # A layer of PyTorch adds what has the name `bias` in it, and not what was made of that.
        dense(low, call, data, row["weight"], bias)
        return
    has_bias = bias is not None and not made_up
    arguments: dict[str, Plain] = {"features": weight.shape[0], "bias": has_bias, "last": True}
    key = low.key(row["weight"], bias if has_bias else None)
    arguments |= low.start(key, has_bias)
    if not made_up:
        low.emit(call, "linear", arguments, [data], key)
        return
    # A bias that is put together of others is added by itself.
    made = low.result(call)
    flowing_ = replace(made, number=low.between("linear", arguments, [data], made.bare, key).number)
    low.emit(call, "add", {"broadcast": True}, [flowing_, beside(low, low.data(bias), made)])


@lowers("local_response_norm")
@of_images
def lrn(low: Lowering, call: Call) -> None:
    row = bind(call, "input size alpha beta k", alpha=1e-4, beta=0.75, k=1.0)
    low.emit(call, "lrn", {name: row[name] for name in ("size", "alpha", "beta", "k")}, [low.data(row["input"])])


@lowers("max_pool1d", "max_pool2d", "max_pool3d")
@of_images
def max_pool(low: Lowering, call: Call) -> None:
    row = bind(
        call,
        "input kernel_size stride padding dilation ceil_mode return_indices",
        stride=None,
        padding=0,
        dilation=1,
        ceil_mode=False,
        return_indices=False,
    )
    if row["return_indices"]:
        raise Unsaid("max-pooling that gives its indices")
    data = low.data(row["input"])
    rank = len(data.shape) - 2
    dilation = one(spread(row["dilation"], rank))
    before = low.flat.steps[-1] if low.flat.steps and low.flat.steps[-1].number == data.number else None
    if (
        before is not None
        and before.operation == "pad"
        and before.arguments["value"] == float("-inf")
        and not any(spread(row["padding"], 1))
    ):
        # What is smaller than every value is how the language's own pool pads.
        low.flat.steps.pop()
        sides = before.arguments["sides"]
        told = {**_window(row, rank), "pad": sides, "dilation": dilation, "ceil": row["ceil_mode"]}
        low.emit(call, "maxpool", told, [Data(before.inputs[0], (), 0)])
        return
    pooled(low, call, "maxpool", {**_window(row, rank), "dilation": dilation, "ceil": row["ceil_mode"]}, data)


def _window(row: dict[str, Any], rank: int) -> dict[str, Plain]:
    kernel = spread(row["kernel_size"], rank)
    stride = kernel if row["stride"] in (None, [], ()) else spread(row["stride"], rank)
    return {"kernel": one(kernel), "stride": one(stride), "pad": one(spread(row["padding"], rank))}


@lowers("avg_pool1d", "avg_pool2d", "avg_pool3d")
@of_images
def avg_pool(low: Lowering, call: Call) -> None:
    row = bind(
        call,
        "input kernel_size stride padding ceil_mode count_include_pad divisor_override",
        stride=None,
        padding=0,
        ceil_mode=False,
        count_include_pad=True,
        divisor_override=None,
    )
    if row["divisor_override"] is not None:
        raise Unsaid("average pooling with a divisor of its own")
    data = low.data(row["input"])
    arguments = {**_window(row, len(data.shape) - 2), "ceil": row["ceil_mode"], "count_pad": row["count_include_pad"]}
    no_padding = arguments["pad"] == 0 and not arguments["ceil"]
    pooled(low, call, "avgpool", {**arguments, "count_pad": True if no_padding else arguments["count_pad"]}, data)


@lowers(
    "adaptive_avg_pool1d", "adaptive_avg_pool2d", "adaptive_avg_pool3d", "adaptive_max_pool1d", "adaptive_max_pool2d", "adaptive_max_pool3d"
)
@of_images
def adaptive(low: Lowering, call: Call) -> None:
    row = bind(call, "input output_size")
    data = low.data(row["input"])
    kind = "avgpool" if "avg" in call.function else "maxpool"
    size = spread(row["output_size"], len(data.shape) - 2)
    size = tuple(made if item is None else item for item, made in zip(size, low.result(call).shape[2:], strict=True))
    if set(size) == {1}:
        pooled(low, call, f"global_{kind}", {}, data)
    else:
        pooled(low, call, f"adaptive_{kind}", {"size": one(size)}, data)


ACTIVATIONS = {
    "relu": "relu", "relu6": "relu6", "silu": "silu", "mish": "mish", "sigmoid": "sigmoid", "tanh": "tanh", "hardsigmoid": "hard_sigmoid",
    "hardswish": "hard_swish",
}  # fmt: skip


@lowers(*ACTIVATIONS)
def activation(low: Lowering, call: Call) -> None:
    name = call.function.strip("_")
    low.emit(call, ACTIVATIONS[name], {}, [low.data(call.arguments[0] if call.arguments else call.keywords["input"])])


@lowers("leaky_relu")
def leaky_relu(low: Lowering, call: Call) -> None:
    row = bind(call, "input negative_slope inplace", negative_slope=0.01)
    low.emit(call, "leaky_relu", {"slope": row["negative_slope"]}, [low.data(row["input"])])


@lowers("elu")
def elu(low: Lowering, call: Call) -> None:
    row = bind(call, "input alpha inplace", alpha=1.0)
    low.emit(call, "elu", {"alpha": row["alpha"]}, [low.data(row["input"])])


@lowers("gelu")
def gelu(low: Lowering, call: Call) -> None:
    row = bind(call, "input", approximate="none")
    low.emit(call, "gelu", {"tanh": row["approximate"] == "tanh"}, [low.data(row["input"])])


@lowers("softplus")
def softplus(low: Lowering, call: Call) -> None:
    row = bind(call, "input beta threshold", beta=1.0, threshold=20.0)
    if row["threshold"] != 20:
        raise Unsaid("softplus with a threshold of its own")
    low.emit(call, "softplus", {"beta": row["beta"]}, [low.data(row["input"])])


@lowers("prelu")
def prelu(low: Lowering, call: Call) -> None:
    row = bind(call, "input weight")
    weight = low.of(row["weight"])
    low.emit(call, "prelu", {"shared": weight.shape == (1,)}, [low.data(row["input"])], low.key(row["weight"]))


@lowers("hardtanh")
def hardtanh(low: Lowering, call: Call) -> None:
    row = bind(call, "input min_val max_val inplace", min_val=-1.0, max_val=1.0)
    _bounded(low, call, row["input"], row["min_val"], row["max_val"])


@lowers("clamp", "clip", "clamp_min", "clamp_max")
def clamp(low: Lowering, call: Call) -> None:
    names = {"clamp_min": "input min", "clamp_max": "input max"}.get(call.function.strip("_"), "input min max")
    row = bind(call, names, min=None, max=None)
    _bounded(low, call, row["input"], row["min"], row["max"])


def _bounded(low: Lowering, call: Call, given: object, least: object, most: object) -> None:
    data = low.data(given)
    if isinstance(least, Ref) or isinstance(most, Ref):
        raise Unsaid("`clamp` to tensors")
    if (least, most) == (0, 6):
        low.emit(call, "relu6", {}, [data])
    elif (least, most) == (0, None):
        low.emit(call, "relu", {}, [data])
    else:
        bounds: dict[str, Plain] = {"min": least, "max": most}  # type: ignore[dict-item]
        low.emit(call, "clamp", bounds, [data])


@lowers("selu")
def selu(low: Lowering, call: Call) -> None:
    low.emit(call, "selu", {}, [low.data(call.arguments[0])])


@lowers("celu")
def celu(low: Lowering, call: Call) -> None:
    row = bind(call, "input alpha inplace", alpha=1.0)
    low.emit(call, "celu", {"alpha": row["alpha"]}, [low.data(row["input"])])


@lowers("softmax", "log_softmax")
def softmax(low: Lowering, call: Call) -> None:
    row = bind(call, "input dim")
    data = low.data(row["input"])
    axis = data.axis(row["dim"])
    low.emit(call, call.function, {"axis": -1 if axis and axis == len(data.bare) - 1 else axis}, [data])


@lowers("dropout", "dropout1d", "dropout2d", "dropout3d", "feature_dropout", "alpha_dropout", "feature_alpha_dropout")
def dropout(low: Lowering, call: Call) -> None:
    row = bind(call, "input p training inplace", p=0.5)
    data = low.data(row["input"])
    if call.function.strip("_") != "dropout" and row["p"]:
        what = "numbers, to what keeps mean and variance," if call.function.strip("_") == "alpha_dropout" else "whole channels"
        low.flat.notes.append(f"`{call.function}({row['p']:g})` of `{call.path}` drops {what} in training: written as an identity")
    is_plain = call.function.strip("_") == "dropout" or not row["p"]
    low.emit(call, "dropout" if is_plain else "identity", {"p": row["p"]} if is_plain else {}, [data])


DROPS = {"DropPath": ("drop_prob", "p"), "StochasticDepth": ("p",)}
"""Modules that drop whole samples in training, and hand their input on otherwise; where they keep the probability."""


@lowers("pass")
def passed(low: Lowering, call: Call) -> None:
    """A module that handed its input on."""
    module = low.modules.get(call.path)
    data = low.data(call.arguments[0])
    kind = type(module).__name__
    rate = next((getattr(module, name) for name in DROPS.get(kind, ()) if hasattr(module, name)), None)
    rate = rate if getattr(module, "mode", "row") == "row" else None
    if kind == "Identity" and call.path.rpartition(".")[2].startswith("drop_path"):
        rate = 0.0  # what timm puts where nothing is dropped
    if kind in DROPS and rate is None:
        low.flat.notes.append(f"{kind} of `{call.path}` drops parts in training: written as an identity")
    if isinstance(rate, int | float):
        low.emit(call, "drop_path", {"p": float(rate)}, [data])
    else:
        low.emit(call, "identity", {}, [data])


@lowers("drop_path")
def drop_path(low: Lowering, call: Call) -> None:
    low.emit(call, "drop_path", {"p": call.arguments[1]}, [low.data(call.arguments[0])])


@lowers("embedding")
def embedding(low: Lowering, call: Call) -> None:
    row = bind(call, "input weight padding_idx max_norm norm_type scale_grad_by_freq sparse")
    if low.alone:
        _rows(low, call, row["input"], row["weight"])
        return
    weight, data = low.of(row["weight"]), places(low, row["input"])
    if len(data.bare) != 1:  # one number, or an image of numbers: in a row, and back
        told: dict[str, Plain] = {"count": weight.shape[0], "features": weight.shape[1]}
        row_, shape = low.step("reshape", {"shape": [elements(data.bare)]}, data, (elements(data.bare),)), low.result(call).bare
        found = low.between("embedding", told, [row_], (*row_.bare, weight.shape[1]), low.key(row["weight"]))
        low.emit(call, "reshape", {"shape": list(shape)}, [found])
        return
    if isinstance(weight, Fixed) and (low.is_tied(row["weight"]) or low.is_made_up(row["weight"]) or not weight.is_learned):
        low.emit(call, "embedding", {"count": weight.shape[0], "features": weight.shape[1]}, [data, low.data(row["weight"])])
        return
    low.emit(call, "embedding", {"count": weight.shape[0], "features": weight.shape[1]}, [data], low.key(row["weight"]))


@lowers("embedding_bag")
def embedding_bag(low: Lowering, call: Call) -> None:
    """Rows of a table, and what they come to: of bags that are equally long."""
    names = "input weight offsets max_norm norm_type scale_grad_by_freq mode sparse per_sample_weights include_last_offset padding_idx"
    row = bind(call, names, offsets=None, max_norm=None, mode="mean", per_sample_weights=None, padding_idx=None)
    weight, data = low.of(row["weight"]), places(low, row["input"])
    others = ("offsets", "max_norm", "per_sample_weights", "padding_idx")
    if any(row[name] is not None for name in others) or len(data.bare) != 1 or low.is_tied(row["weight"]):
        told = "give it [batch, words], all bags equally long; what weighs or leaves out words is an `nn.Embedding`, a product and a mean"
        raise Unsaid("bags of words that are not equally long, or are weighed, padded or tied", told)
    table: dict[str, Plain] = {"count": weight.shape[0], "features": weight.shape[1]}
    found = low.between("embedding", table, [data], (data.bare[0], weight.shape[1]), low.key(row["weight"]))
    low.emit(call, "reduce", {"by": row["mode"], "axis": 0, "keep": False}, [found])


def _rows(low: Lowering, call: Call, places: Ref, weight: Ref) -> None:
    """An embedding of places that are the same for every input, as positions are: rows of the table that is learned."""
    table, made = low.data(weight), low.result(call)
    low.tell(made.number, gather(low, table, 0, once(low, places.number), made.shape))
