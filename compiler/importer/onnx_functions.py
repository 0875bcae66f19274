"""The operators of ONNX as calls of PyTorch's functions, by name. Numbers that a graph works out on the way (shapes) stay arrays of numpy."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy
import torch
import torch.nn.functional as F

Function = Callable[..., Any]


def is_host(*values: Any) -> bool:
    """Whether these are numbers at hand rather than tensors that flow."""
    return not any(isinstance(value, torch.Tensor) for value in values)


def sizes(value: Any) -> list[int]:
    return [int(item) for item in numpy.atleast_1d(value)]


def plain(value: Any) -> Any:
    """A single number as itself, more as a tensor."""
    if isinstance(value, numpy.ndarray | numpy.generic):
        return value.item() if value.size == 1 else torch.from_numpy(numpy.ascontiguousarray(value))
    return value


def _pads(x: torch.Tensor, given: Sequence[int], rank: int, value: float = 0.0) -> tuple[torch.Tensor, list[int]]:
    """What PyTorch's layers pad by themselves, the same on both sides; the rest is padded before."""
    before, after = list(given[:rank]), list(given[rank:])
    if before == after:
        return x, before
    sides = [side for pair in reversed(list(zip(before, after, strict=True))) for side in pair]
    return F.pad(x, sides, value=value), [0] * rank


def _auto(attributes: dict[str, Any], x: torch.Tensor, kernel: Sequence[int], stride: Sequence[int], dilation: Sequence[int]) -> list[int]:
    rank = len(kernel)
    way = attributes.get("auto_pad", b"NOTSET")
    if way in (b"NOTSET", b""):
        return list(attributes.get("pads", [0] * 2 * rank))
    if way == b"VALID":
        return [0] * 2 * rank
    whole = [
        max(0, (-(-size // s) - 1) * s + d * (k - 1) + 1 - size)
        for size, k, s, d in zip(x.shape[2:], kernel, stride, dilation, strict=True)
    ]
    small, large = [pad // 2 for pad in whole], [pad - pad // 2 for pad in whole]
    return [*small, *large] if way == b"SAME_UPPER" else [*large, *small]


def conv(x: torch.Tensor, weight: torch.Tensor, bias: Any = None, **attributes: Any) -> torch.Tensor:
    rank = weight.dim() - 2
    stride, dilation = attributes.get("strides", [1] * rank), attributes.get("dilations", [1] * rank)
    x, pad = _pads(x, _auto(attributes, x, list(weight.shape[2:]), stride, dilation), rank)
    return (F.conv1d, F.conv2d, F.conv3d)[rank - 1](x, weight, bias, stride, pad, dilation, attributes.get("group", 1))


def conv_transpose(x: torch.Tensor, weight: torch.Tensor, bias: Any = None, **attributes: Any) -> torch.Tensor:
    rank = weight.dim() - 2
    pads = list(attributes.get("pads", [0] * 2 * rank))
    if pads[:rank] != pads[rank:] or attributes.get("auto_pad", b"NOTSET") != b"NOTSET" or "output_shape" in attributes:
        raise NotImplementedError("ConvTranspose whose sides differ")
    ones = [1] * rank
    function = (F.conv_transpose1d, F.conv_transpose2d, F.conv_transpose3d)[rank - 1]
    return function(
        x, weight, bias, attributes.get("strides", ones), pads[:rank], attributes.get("output_padding", [0] * rank),
        attributes.get("group", 1), attributes.get("dilations", ones),
    )  # fmt: skip


def gemm(x: torch.Tensor, weight: torch.Tensor, bias: Any = None, **_: Any) -> torch.Tensor:
    """Whose weight was put as `linear` has it when the file was read."""
    return F.linear(x, weight, bias)


def batch_norm(x: torch.Tensor, weight: Any, bias: Any, mean: Any, variance: Any, **attributes: Any) -> torch.Tensor:
    return F.batch_norm(x, mean, variance, weight, bias, False, 1 - attributes.get("momentum", 0.9), attributes.get("epsilon", 1e-5))


def layer_norm(x: torch.Tensor, weight: torch.Tensor, bias: Any = None, **attributes: Any) -> torch.Tensor:
    if attributes.get("axis", -1) not in (-1, x.dim() - 1):
        raise NotImplementedError("LayerNormalization over several axes")
    return F.layer_norm(x, tuple(weight.shape), weight, bias, attributes.get("epsilon", 1e-5))


def group_norm(x: torch.Tensor, weight: Any, bias: Any, **attributes: Any) -> torch.Tensor:
    return F.group_norm(x, attributes["num_groups"], weight, bias, attributes.get("epsilon", 1e-5))


def instance_norm(x: torch.Tensor, weight: Any, bias: Any, **attributes: Any) -> torch.Tensor:
    return F.instance_norm(x, None, None, weight, bias, True, 0.1, attributes.get("epsilon", 1e-5))


def max_pool(x: torch.Tensor, **attributes: Any) -> torch.Tensor:
    kernel = list(attributes["kernel_shape"])
    rank = len(kernel)
    stride, dilation = attributes.get("strides", [1] * rank), attributes.get("dilations", [1] * rank)
    x, pad = _pads(x, _auto(attributes, x, kernel, stride, dilation), rank, float("-inf"))
    function = (F.max_pool1d, F.max_pool2d, F.max_pool3d)[rank - 1]
    return function(x, kernel, stride, pad, dilation, bool(attributes.get("ceil_mode", 0)))


def average_pool(x: torch.Tensor, **attributes: Any) -> torch.Tensor:
    kernel = list(attributes["kernel_shape"])
    rank = len(kernel)
    stride = attributes.get("strides", [1] * rank)
    pads, counts = _auto(attributes, x, kernel, stride, [1] * rank), bool(attributes.get("count_include_pad", 0))
    if pads[:rank] != pads[rank:] and not counts:
        raise NotImplementedError("AveragePool whose sides differ")
    x, pad = _pads(x, pads, rank)
    return (F.avg_pool1d, F.avg_pool2d, F.avg_pool3d)[rank - 1](x, kernel, stride, pad, bool(attributes.get("ceil_mode", 0)), counts)


def global_pool(kind: str) -> Function:
    def pool(x: torch.Tensor) -> torch.Tensor:
        axes = list(range(2, x.dim()))
        return x.mean(axes, keepdim=True) if kind == "mean" else x.amax(axes, keepdim=True)

    return pool


def reduce(kind: str) -> Function:
    def reduced(x: Any, axes: Any = None, **attributes: Any) -> Any:
        given = attributes.get("axes") if axes is None else sizes(axes)
        over = list(range(x.dim())) if not given else [int(axis) for axis in given]
        return getattr(x, kind)(over, keepdim=bool(attributes.get("keepdims", 1)))

    return reduced


def arithmetic(kind: str) -> Function:
    host = {"add": numpy.add, "sub": numpy.subtract, "mul": numpy.multiply, "div": numpy.divide}[kind]

    def compute(one: Any, two: Any) -> Any:
        if is_host(one, two):
            integers = all(numpy.issubdtype(numpy.asarray(value).dtype, numpy.integer) for value in (one, two))
            return numpy.floor_divide(one, two) if kind == "div" and integers else host(one, two)
        return getattr(torch, kind)(plain(one), plain(two)) if isinstance(one, torch.Tensor) or kind != "sub" else plain(one) - two

    return compute


def concat(*parts: Any, axis: int) -> Any:
    return (
        numpy.concatenate([numpy.atleast_1d(part) for part in parts])
        if is_host(*parts)
        else torch.cat([plain(part) for part in parts], axis)
    )


def split(x: torch.Tensor, lengths: Any = None, **attributes: Any) -> tuple[torch.Tensor, ...]:
    axis = attributes.get("axis", 0)
    if lengths is None and "split" not in attributes:
        return x.chunk(attributes["num_outputs"], axis)
    return torch.split(x, sizes(attributes.get("split") if lengths is None else lengths), axis)


def cut(x: Any, starts: Any = None, ends: Any = None, axes: Any = None, steps: Any = None, **attributes: Any) -> Any:
    starts, ends = sizes(attributes["starts"] if starts is None else starts), sizes(attributes["ends"] if ends is None else ends)
    over = sizes(axes) if axes is not None else list(attributes.get("axes", range(len(starts))))
    rank = numpy.ndim(x) if is_host(x) else x.dim()
    rows: list[Any] = [slice(None)] * rank
    for axis, start, end, step in zip(over, starts, ends, sizes(steps) if steps is not None else [1] * len(starts), strict=True):
        rows[axis % rank] = slice(start or None, None if end > 2**31 - 2 else end, step if step != 1 else None)
    return x[tuple(rows)]


def gather(x: Any, indices: Any, axis: int = 0) -> Any:
    if is_host(x):
        return numpy.take(x, indices, axis)
    if isinstance(indices, torch.Tensor):
        return F.embedding(indices, x)
    if numpy.ndim(indices) == 0:
        return x.select(axis, int(indices))
    raise NotImplementedError("Gather of several places")


def reshape(x: Any, shape: Any, allowzero: int = 0) -> Any:
    wanted = sizes(shape)
    if is_host(x):
        return numpy.reshape(x, wanted)
    return x.reshape([x.shape[place] if size == 0 and not allowzero else size for place, size in enumerate(wanted)])


def squeeze(x: Any, axes: Any = None, **attributes: Any) -> Any:
    over = sizes(axes) if axes is not None else list(attributes.get("axes", ()))
    if is_host(x):
        return numpy.squeeze(x, tuple(over) if over else None)
    for axis in sorted((axis % x.dim() for axis in over), reverse=True):
        x = x.squeeze(axis)
    return x


def unsqueeze(x: Any, axes: Any = None, **attributes: Any) -> Any:
    over = sizes(axes) if axes is not None else list(attributes["axes"])
    if is_host(x):
        return numpy.expand_dims(x, tuple(over))
    rank = x.dim() + len(over)
    for axis in sorted(axis % rank for axis in over):
        x = x.unsqueeze(axis)
    return x


def expand(x: torch.Tensor, shape: Any) -> torch.Tensor:
    wanted = sizes(shape)
    return x.expand([-1 if size == 1 else size for size in wanted]) if len(wanted) == x.dim() else x.expand(wanted)


def pad(x: torch.Tensor, pads: Any = None, value: Any = None, axes: Any = None, **attributes: Any) -> torch.Tensor:
    given = sizes(attributes["pads"] if pads is None else pads)
    rank = len(given) // 2
    over = sizes(axes) if axes is not None else list(range(rank))
    rows = [(0, 0)] * x.dim()
    for place, axis in enumerate(over):
        rows[axis] = (given[place], given[place + rank])
    while rows and rows[0] == (0, 0):
        rows.pop(0)
    mode = {b"constant": "constant", b"reflect": "reflect", b"edge": "replicate"}[attributes.get("mode", b"constant")]
    flat = [side for pair in reversed(rows) for side in pair]
    return F.pad(x, flat, mode, float(plain(value)) if value is not None and mode == "constant" else None)


def resize(x: torch.Tensor, _: Any = None, scales: Any = None, wanted: Any = None, **attributes: Any) -> torch.Tensor:
    way, how = attributes.get("mode", b"nearest"), attributes.get("coordinate_transformation_mode", b"half_pixel")
    rank = x.dim() - 2
    mode = "nearest" if way == b"nearest" else {b"linear": ("linear", "bilinear", "trilinear")[rank - 1], b"cubic": "bicubic"}[way]
    if mode == "nearest" and (how, attributes.get("nearest_mode", b"round_prefer_floor")) != (b"asymmetric", b"floor"):
        raise NotImplementedError("Resize in a way that PyTorch's `interpolate` has not")
    more: dict[str, Any] = {} if mode == "nearest" else {"align_corners": how == b"align_corners"}
    if attributes.get("antialias", 0):
        more["antialias"] = True
    if wanted is not None and numpy.size(wanted):
        return F.interpolate(x, size=sizes(wanted)[2:], mode=mode, **more)
    return F.interpolate(x, scale_factor=[float(item) for item in numpy.atleast_1d(scales)[2:]], mode=mode, **more)


def clip(x: torch.Tensor, least: Any = None, most: Any = None, **attributes: Any) -> torch.Tensor:
    low = attributes.get("min") if least is None else plain(least)
    high = attributes.get("max") if most is None else plain(most)
    return F.relu(x) if low == 0 and high is None else torch.clamp(x, low, high)


def power(x: torch.Tensor, exponent: Any) -> torch.Tensor:
    return torch.pow(x, plain(exponent))


def hard_sigmoid(x: torch.Tensor, alpha: float = 0.2, beta: float = 0.5) -> torch.Tensor:
    return F.hardsigmoid(x) if abs(alpha - 1 / 6) < 1e-6 and beta == 0.5 else torch.clamp(x * alpha + beta, 0.0, 1.0)


def depth_to_space(x: torch.Tensor, blocksize: int, mode: bytes = b"DCR") -> torch.Tensor:
    if mode != b"CRD":
        raise NotImplementedError("DepthToSpace of mode DCR")
    return F.pixel_shuffle(x, blocksize)


def lrn(x: torch.Tensor, size: int, alpha: float = 1e-4, beta: float = 0.75, bias: float = 1.0) -> torch.Tensor:
    return F.local_response_norm(x, size, alpha, beta, bias)


def matmul(one: torch.Tensor, two: torch.Tensor) -> torch.Tensor:
    return torch.matmul(one, two)


def cast(x: Any, to: int, **_: Any) -> Any:
    kinds = {1: (numpy.float32, torch.float32), 6: (numpy.int32, torch.int32), 7: (numpy.int64, torch.int64)}
    if to not in kinds:
        raise NotImplementedError("Cast to another type than float32, int32 or int64")
    return numpy.asarray(x).astype(kinds[to][0]) if is_host(x) else x.to(kinds[to][1])


def unchanged(x: Any, *_: Any, **__: Any) -> Any:
    return x


FUNCTIONS: dict[str, Function] = {
    "Conv": conv, "ConvTranspose": conv_transpose, "Gemm": gemm, "MatMul": matmul, "BatchNormalization": batch_norm,
    "LayerNormalization": layer_norm, "GroupNormalization": group_norm, "InstanceNormalization": instance_norm, "MaxPool": max_pool,
    "AveragePool": average_pool, "GlobalAveragePool": global_pool("mean"), "GlobalMaxPool": global_pool("amax"),
    "ReduceMean": reduce("mean"), "ReduceSum": reduce("sum"), "ReduceMax": reduce("amax"), "ReduceMin": reduce("amin"),
    "Add": arithmetic("add"), "Sub": arithmetic("sub"), "Mul": arithmetic("mul"), "Div": arithmetic("div"), "Pow": power, "Concat": concat,
    "Split": split, "Slice": cut, "Gather": gather, "Reshape": reshape, "Squeeze": squeeze, "Unsqueeze": unsqueeze, "Expand": expand, "Pad": pad,
    "Resize": resize, "Clip": clip, "HardSigmoid": hard_sigmoid, "DepthToSpace": depth_to_space, "LRN": lrn, "Cast": cast,
    "Identity": unchanged, "Dropout": unchanged, "Relu": F.relu, "Sigmoid": torch.sigmoid, "Tanh": torch.tanh, "HardSwish": F.hardswish,
    "Mish": F.mish, "Softplus": F.softplus, "Exp": torch.exp, "Log": torch.log, "Sqrt": torch.sqrt, "Abs": torch.abs, "Sin": torch.sin,
    "Cos": torch.cos, "Reciprocal": torch.reciprocal, "Neg": torch.neg, "Erf": torch.erf,
    "LeakyRelu": lambda x, alpha=0.01: F.leaky_relu(x, alpha),
    "Elu": lambda x, alpha=1.0: F.elu(x, alpha),
    "PRelu": F.prelu,
    "Gelu": lambda x, approximate=b"none": F.gelu(x, approximate=approximate.decode()),
    "Softmax": lambda x, axis=-1: F.softmax(x, axis),
    "Flatten": lambda x, axis=1: torch.flatten(x, axis),
    "Transpose": lambda x, perm: x.permute(list(perm)),
    "Shape": lambda x, start=0, end=None: numpy.asarray(x.shape[start:end], dtype=numpy.int64),
    "Max": torch.maximum,
    "Min": torch.minimum,
}  # fmt: skip
