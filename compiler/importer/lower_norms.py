"""Norms: with a layer's own factors and addends, or with those that stand beside them."""

from __future__ import annotations

from dataclasses import replace

from .flat_steps import Plain
from .known import Data, Fixed
from .lower import Lowering, bind, lowers
from .lower_fixed import beside
from .lower_folded import clean, normed_apart, of_images, side_by_side
from .traced import Call, Ref
from .unsaid import Unsaid


def _normed(
    low: Lowering, call: Call, operation: str, arguments: dict[str, Plain], data: Data, axis: int, weight: Ref | None, bias: Ref | None
) -> None:
    """A norm whose factors and addends lie along `axis`: its own, where a module keeps them as PyTorch's does, or steps behind it."""
    if weight is None and bias is None:
        low.emit(call, operation, arguments | {"affine": False}, [data])
        return
    has_both = weight is not None and (bias is not None or operation in ("ln", "rms_norm"))
    if has_both and (key := _key(low, weight, bias)) is not None:
        low.emit(call, operation, arguments | {"affine": True}, [data], key)
        return
    made = low.result(call)

    def behind_it(word: str, told: dict[str, Plain], rows: list[Data], key: str | None = None) -> Data:
        return replace(made, number=low.between(word, told, rows, data.bare, key).number)

    normed = behind_it(operation, arguments | {"affine": False} | ({"bias": True} if operation == "ln" else {}), [data])
    axis %= len(data.bare)
    behind = len(data.bare) - 1 - axis
    if weight is not None:
        row = low.of(weight)
        if isinstance(row, Fixed) and row.is_learned and not row.done and len(row.shape) == 1:
            told = {"axis": axis, "stored": "flat" if behind else None} | low.factor(row.key)
            normed = behind_it("layer_scale", told, [normed], row.key)
        else:
            normed = behind_it("mul", {}, [normed, _along(low, normed, weight, behind)])
    if bias is not None and not _is_zero(low, bias):
        normed = behind_it("add", {"broadcast": True}, [normed, _along(low, normed, bias, behind)])
    low.tell(call.results[0].number, normed)


def _key(low: Lowering, *weights: Ref | None) -> str | None:
    """The module that keeps them under PyTorch's names, where one does."""
    try:
        return low.key(*weights)
    except Unsaid:
        return None


def _along(low: Lowering, made: Data, ref: Ref, behind: int) -> Data:
    """A vector as it meets the tensor: with an axis of 1 for each that stands behind its own."""
    row = low.data(ref)
    shape = row.shape + (1,) * behind
    turned = low.step("reshape", {"shape": list(shape)}, row, shape) if behind else row
    return beside(low, turned, made) if len(turned.bare) == len(made.bare) + 1 else low.of_rank(turned, len(made.bare))


def _is_zero(low: Lowering, bias: Ref) -> bool:
    """Whether nothing is added, today and with any checkpoint."""
    return not low.values.leaves(bias.number) and isinstance(low.of(bias), Fixed) and not bool(low.values.of(bias.number).any())


@lowers("batch_norm")
@of_images
def batch_norm(low: Lowering, call: Call) -> None:
    row = bind(
        call,
        "input running_mean running_var weight bias training momentum eps",
        weight=None,
        bias=None,
        training=False,
        momentum=0.1,
        eps=1e-5,
    )
    data = low.data(row["input"])
    along_last = len(data.shape) == 2 and data.batch == 0 and data.fold > 1  # tokens, all of them in one axis
    folded = data.batch == 0 and data.fold > 1 and len(data.shape) > 2
    data = data if along_last or folded else clean(data, "bn")
    if row["running_mean"] is None:
        raise Unsaid("batch norm without running statistics")
    if (row["weight"] is None) != (row["bias"] is None):
        raise Unsaid("batch norm with a weight and no bias, or a bias and no weight")
    key = low.key(row["weight"], row["bias"], row["running_mean"], row["running_var"])
    momentum = getattr(low.modules.get(key), "momentum", row["momentum"])
    if momentum is None:
        raise Unsaid("batch norm with a cumulative average")
    arguments: dict[str, Plain] = {"eps": row["eps"], "momentum": momentum, "affine": row["weight"] is not None}
    if folded:
        side_by_side(low, call, "bn", arguments, data, key)
        return
    low.emit(call, "bn", arguments | ({"last": True} if along_last else {}), [data], key)


@lowers("layer_norm")
def layer_norm(low: Lowering, call: Call) -> None:
    row = bind(call, "input normalized_shape weight bias eps", weight=None, bias=None, eps=1e-5)
    if len(row["normalized_shape"]) != 1:
        raise Unsaid("layer norm over several axes")
    has_bias = row["bias"] is not None or row["weight"] is None
    _normed(low, call, "ln", {"eps": row["eps"], "last": True, "bias": has_bias}, low.data(row["input"]), -1, row["weight"], row["bias"])


@lowers("rms_norm")
def rms_norm(low: Lowering, call: Call) -> None:
    row = bind(call, "input normalized_shape weight eps", weight=None, eps=None)
    if len(row["normalized_shape"]) != 1:
        raise Unsaid("a norm over several axes")
    eps = 1.1920928955078125e-07 if row["eps"] is None else row["eps"]
    _normed(low, call, "rms_norm", {"eps": eps, "last": True}, low.data(row["input"]), -1, row["weight"], None)


@lowers("group_norm")
@of_images
def group_norm(low: Lowering, call: Call) -> None:
    row = bind(call, "input num_groups weight bias eps", weight=None, bias=None, eps=1e-5)
    data = low.data(row["input"])
    arguments: dict[str, Plain] = {"groups": row["num_groups"], "eps": row["eps"]}
    if data.batch == 0 and data.fold > 1:
        normed_apart(low, call, "gn", arguments, data, row["weight"], row["bias"])
    else:
        _normed(low, call, "gn", arguments, clean(data, "gn"), 0, row["weight"], row["bias"])


@lowers("instance_norm")
@of_images
def instance_norm(low: Lowering, call: Call) -> None:
    row = bind(
        call,
        "input running_mean running_var weight bias use_input_stats momentum eps",
        weight=None,
        bias=None,
        use_input_stats=True,
        eps=1e-5,
    )
    if not row["use_input_stats"]:
        raise Unsaid("instance norm with running statistics")
    data = low.data(row["input"])
    if data.batch == 0 and data.fold > 1:
        normed_apart(low, call, "instance_norm", {"eps": row["eps"]}, data, row["weight"], row["bias"])
    else:
        _normed(low, call, "instance_norm", {"eps": row["eps"]}, clean(data, "instance_norm"), 0, row["weight"], row["bias"])
