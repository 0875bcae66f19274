"""Convolutions whose filters no layer keeps: fixed ones (Sobel, Laplace, wavelets), learned ones under another name, and what a model works out of some (masks, scales)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from .flat_steps import Plain, Step
from .known import Data
from .lower import Lowering, one, spread
from .lower_arithmetic import summed
from .lower_folded import side_by_side
from .traced import Call, Ref
from .unsaid import Unsaid
from .worked_weights import blurring


def by_filters(low: Lowering, call: Call, row: Mapping[str, Any], data: Data) -> None:
    """The filters are a path beside what they go over; a bias is added to what comes out."""
    if data.alone:
        raise Unsaid("a weight that is computed from others")
    filters, bias, made = low.data(row["weight"]), row["bias"], low.result(call)
    rank = len(filters.shape) - 2
    kernel, dilation, stride = filters.shape[2:], spread(row["dilation"], rank), spread(row["stride"], rank)
    arguments: dict[str, Plain] = {
        "stride": one(stride),
        "pad": _pad(row["padding"], kernel, dilation),
        "groups": row["groups"],
        "dilation": one(dilation),
    }
    if data.batch == 0 and data.fold > 1:
        if bias is not None:
            raise Unsaid("`conv` with rows folded into the batch")
        side_by_side(low, call, "convolve", arguments, data, None, filters)
    elif bias is None:
        low.emit(call, "convolve", arguments, [data, filters])
    else:
        ones = (filters.shape[0], *[1] * rank)
        addend = low.step("reshape", {"shape": list(ones)}, low.data(bias), ones)
        low.emit(call, *summed(low.between("convolve", arguments, [data, filters], made.bare), addend))


def is_of_layer(low: Lowering, *weights: Ref | None) -> bool:
    """Whether a module keeps these as its `weight` and `bias`."""
    try:
        return bool(low.key(*weights))
    except Unsaid:
        return False


def _pad(padding: Any, kernel: tuple[int, ...], dilation: tuple[int, ...]) -> Plain:
    """What is padded on both sides."""
    rank = len(kernel)
    half = tuple(d * (k - 1) // 2 for d, k in zip(dilation, kernel, strict=True))
    is_even = all(d * (k - 1) % 2 == 0 for d, k in zip(dilation, kernel, strict=True))
    if padding == "same" and not is_even:
        raise Unsaid("a convolution that pads one side more than the other")
    sides = half if padding == "same" else (0,) * rank if padding == "valid" else spread(padding, rank)
    return "half" if sides == half and is_even else one(sides)


def blurred(low: Lowering, call: Call, row: Mapping[str, Any], before: Step | None) -> bool:
    """Whether it is a fixed filter of each channel by itself that blurs, after a padding; then it is written."""
    stride = set(spread(row["stride"], 1))
    if len(stride) > 1 or row["bias"] is not None or before is None or spread(row["padding"], 1) not in ((0,), (0, 0), (0, 0, 0)):
        return False
    found = blurring(low.values, row["weight"], before, stride.pop(), row["groups"])
    if found is None:
        return False
    low.flat.steps.pop()
    low.emit(call, "blur_pool", found, [Data(before.inputs[0], (), 0)])
    return True
