"""Convolutions and pools with random parameters and sizes: the record and PyTorch give one shape, or both refuse."""

from __future__ import annotations

from collections.abc import Sequence

import torch
import torch.nn.functional as F
from hypothesis import given
from hypothesis import strategies as st
from torch import nn

from archc.compiler.ops.base import Operation

from .compare import Case, axes, compare, images, much, per_axis, small
from .samples import op


def pads(rank: int, most: int) -> st.SearchStrategy[object]:
    number = st.integers(0, most)
    return st.one_of(
        st.sampled_from(["half", "valid", "same"]),
        number,
        st.tuples(*[number] * rank),
        st.tuples(*[number] * (2 * rank)),
    )


# ------------------------------------------------------------------------------------- PyTorch's own words


def torch_pads(
    pad: object, sizes: Sequence[int], kernel: Sequence[int], stride: Sequence[int], dilation: Sequence[int]
) -> list[tuple[int, int]]:
    """Before and after each axis, worked out here by another way than the record's."""
    rank = len(sizes)
    if pad == "valid":
        return [(0, 0)] * rank
    if pad == "half":
        return [(d * (k - 1) // 2,) * 2 for k, d in zip(kernel, dilation, strict=True)]
    if pad == "same":
        rows = []
        for size, k, s, d in zip(sizes, kernel, stride, dilation, strict=True):
            windows = -(-size // s)
            total = max((windows - 1) * s + (k - 1) * d + 1 - size, 0)
            rows.append((total // 2, (total + 1) // 2))
        return rows
    if isinstance(pad, tuple) and len(pad) == 2 * rank:
        return [(pad[2 * axis], pad[2 * axis + 1]) for axis in range(rank)]
    return [(size, size) for size in axes(pad, rank)]


def flat(rows: Sequence[tuple[int, int]]) -> list[int]:
    return [side for row in reversed(rows) for side in row]


def conv(operation: Operation, inputs: Sequence[torch.Tensor]) -> torch.Tensor:
    (x,) = inputs
    rank, channels = x.dim() - 2, x.shape[1]
    values = dict(operation.arguments())
    kernel, stride, dilation = (axes(values[name], rank) for name in ("kernel", "stride", "dilation"))
    groups = values.get("groups", channels)
    assert isinstance(groups, int)
    out = values["channels"] if "channels" in values else channels * values["multiplier"]  # type: ignore[operator]
    rows = torch_pads(values["pad"], x.shape[2:], kernel, stride, dilation)
    mode = str(values["pad_mode"])
    x = F.pad(x, flat(rows)) if mode == "zeros" else F.pad(x, flat(rows), mode=mode)
    layer = getattr(nn, f"Conv{rank}d")(channels, out, kernel, stride, 0, dilation, groups, device="meta")
    answer = layer(x)
    assert isinstance(answer, torch.Tensor)
    return answer


def deconv(operation: Operation, inputs: Sequence[torch.Tensor]) -> torch.Tensor:
    (x,) = inputs
    rank = x.dim() - 2
    v = dict(operation.arguments())
    words = ("kernel", "stride", "pad", "out_pad")
    kernel, stride, pad, out_pad = (axes(v[name], rank) for name in words)
    make = getattr(nn, f"ConvTranspose{rank}d")
    layer = make(x.shape[1], v["channels"], kernel, stride, pad, out_pad, v["groups"], True, axes(v["dilation"], rank))
    # Not on the meta device, which lets an `out_pad` pass that no other does.
    answer = layer(torch.zeros(x.shape))
    assert isinstance(answer, torch.Tensor)
    return answer


def pool(operation: Operation, inputs: Sequence[torch.Tensor]) -> torch.Tensor:
    (x,) = inputs
    rank = x.dim() - 2
    v = dict(operation.arguments())
    kernel = axes(v["kernel"], rank)
    stride = kernel if v["stride"] is None else axes(v["stride"], rank)
    dilation = axes(v.get("dilation", 1), rank)
    rows = torch_pads(v["pad"], x.shape[2:], kernel, stride, dilation)
    ceil = bool(v["ceil"]) and v["pad"] != "same"
    if v["pad"] == "same" or any(before != after for before, after in rows):
        x = F.pad(x, flat(rows))
        pad = (0,) * rank
    else:
        pad = tuple(before for before, _ in rows)
    if operation.name == "maxpool":
        answer = getattr(F, f"max_pool{rank}d")(x, kernel, stride, pad, dilation, ceil)
    else:
        answer = getattr(F, f"avg_pool{rank}d")(x, kernel, stride, pad, ceil, v["count_pad"])
    assert isinstance(answer, torch.Tensor)
    return answer


# -------------------------------------------------------------------------------------------- strategies


@st.composite
def convs(draw: st.DrawFn) -> Case:
    shape = draw(images())
    rank = len(shape) - 1
    kernel, stride, dilation = (draw(per_axis(rank, st.integers(1, most))) for most in (5, 3, 3))
    pad = draw(pads(rank, 4))
    mode = draw(st.sampled_from(["zeros", "zeros", "reflect", "replicate", "circular"]))
    common = {"kernel": kernel, "stride": stride, "pad": pad, "dilation": dilation, "pad_mode": mode}
    if draw(st.booleans()):
        return op("dwconv", multiplier=draw(small), **common), (shape,)
    groups = draw(st.sampled_from([1, 1, 2, 3, 4]))
    return op("conv", channels=draw(st.integers(1, 12)), groups=groups, **common), (shape,)


@st.composite
def deconvs(draw: st.DrawFn) -> Case:
    shape = draw(images())
    rank = len(shape) - 1
    sizes = {
        "kernel": draw(per_axis(rank, st.integers(1, 5))),
        "stride": draw(per_axis(rank, st.integers(1, 3))),
        "pad": draw(per_axis(rank, st.integers(0, 3))),
        "out_pad": draw(per_axis(rank, st.integers(0, 2))),
        "dilation": draw(per_axis(rank, st.integers(1, 3))),
    }
    return op("deconv", channels=draw(st.integers(1, 8)), groups=draw(st.sampled_from([1, 1, 2])), **sizes), (shape,)


@st.composite
def pools(draw: st.DrawFn) -> Case:
    shape = draw(images(4))
    rank = len(shape) - 1
    values: dict[str, object] = {
        "kernel": draw(per_axis(rank, st.integers(1, 5))),
        "stride": draw(st.one_of(st.none(), per_axis(rank, st.integers(1, 4)))),
        "pad": draw(pads(rank, 2)),
        "ceil": draw(st.booleans()),
    }
    if draw(st.booleans()):
        return op("maxpool", dilation=draw(per_axis(rank, st.integers(1, 2))), **values), (shape,)
    return op("avgpool", count_pad=draw(st.booleans()), **values), (shape,)


@much
@given(convs())
def test_convolutions(case: Case) -> None:
    compare(case, conv, lambda refusal: refusal.code == "E326")


@much
@given(deconvs())
def test_transposed_convolutions(case: Case) -> None:
    compare(case, deconv)


@much
@given(pools())
def test_pools(case: Case) -> None:
    uneven = isinstance(case[0].arguments()[2][1], tuple)
    compare(case, pool, lambda refusal: refusal.code == "E326" or (refusal.code == "E312" and uneven))
