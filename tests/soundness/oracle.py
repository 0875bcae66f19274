"""What PyTorch makes of the same programs, really run on small tensors. Written against PyTorch's documentation, not against archc's records."""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor, nn

from .programs import Labelled, Merge, Operation, RandomProgram, Repeat, Skip, Step


class Refused(Exception):
    """PyTorch does not run it."""


class Stricter(Exception):
    """PyTorch would run it and archc must not: the rules that docs/ops.md lists."""


class TooLarge(Exception):
    """Nobody has tried: it would take more memory than a test may have."""


NUMBERS = 2**24
"""Of the largest tensor that an operation may begin with; few programs have more, of volumes made larger again and again."""


def run(program: RandomProgram) -> tuple[int, ...]:
    """The output's shape without the batch; `Refused` or `Stricter`."""
    torch.set_num_threads(1)
    with torch.no_grad():
        x = torch.zeros((2, *program.shape))
        labels = {"x": x}
        for step in program.steps:
            x = apply(step, x, labels)
        return tuple(x.shape[1:])


def apply(step: Step, x: Tensor, labels: dict[str, Tensor]) -> Tensor:
    if isinstance(step, Operation):
        if x.numel() > NUMBERS:
            raise TooLarge(f"{x.numel()} numbers")
        return operate(step, x)
    if isinstance(step, Skip):
        return x if step.label is None else labels[step.label]
    if isinstance(step, Labelled):
        labels[step.label] = x = apply(step.step, x, labels)
        return x
    if isinstance(step, Repeat):
        for _ in range(step.count):
            for inner in step.body:
                x = apply(inner, x, labels)
        return x
    assert isinstance(step, Merge)
    ends = []
    for path in step.paths:
        end = x
        for inner in path:
            end = apply(inner, end, labels)
        ends.append(end)
    return merge(step, ends)


def merge(step: Merge, ends: list[Tensor]) -> Tensor:
    shapes = {tuple(end.shape) for end in ends}
    try:
        if step.head == "concat":
            return torch.cat(ends, dim=1 + int(str(dict(step.arguments).get("axis", 0))))
        total = ends[0]
        for end in ends[1:]:
            total = total + end
    except (RuntimeError, IndexError) as error:
        raise Refused(str(error)) from None
    if step.head != "mul" and len(shapes) > 1:
        raise Stricter("a silent broadcast")
    if step.head == "mul" and len({len(shape) for shape in shapes}) > 1:
        raise Stricter("a silent broadcast of axes")
    return total


def operate(step: Operation, x: Tensor) -> Tensor:
    arguments = dict(step.arguments)
    rank = x.dim() - 2
    try:
        out = OPERATIONS[step.name](x, rank, arguments)
    except (RuntimeError, ValueError, IndexError) as error:
        raise Refused(str(error)) from None
    if 0 in out.shape:
        raise Stricter("a tensor without elements")
    return out


def _image(x: Tensor, rank: int) -> None:
    if rank not in (1, 2, 3):
        raise Refused("no image")


def _class(name: str, rank: int) -> Callable[..., nn.Module]:
    made: Callable[..., nn.Module] = getattr(nn, f"{name}{rank}d")
    return made


def _spread(value: object, rank: int) -> tuple[int, ...]:
    return tuple(value) if isinstance(value, tuple) else (int(str(value)),) * rank


def _conv(x: Tensor, rank: int, a: dict[str, object], groups: int | None = None, channels: int | None = None) -> Tensor:
    _image(x, rank)
    kernel, stride, dilation = (_spread(a.get(name, default), rank) for name, default in (("kernel", 3), ("stride", 1), ("dilation", 1)))
    if not len(kernel) == len(stride) == len(dilation) == rank:
        raise Refused("sizes for another rank")
    pad = a.get("pad", "half")
    if pad == "same":
        sides: list[int] = []
        for size, k, s, d in zip(reversed(x.shape[2:]), reversed(kernel), reversed(stride), reversed(dilation), strict=True):
            total = max((-(-size // s) - 1) * s + d * (k - 1) + 1 - size, 0)
            sides += [total // 2, total - total // 2]
        x = nn.functional.pad(x, sides)
        padding: tuple[int, ...] = (0,) * rank
    elif pad == "half":
        padding = tuple(d * (k - 1) // 2 for k, d in zip(kernel, dilation, strict=True))
    else:
        padding = (0,) * rank if pad == "valid" else _spread(pad, rank)
    channels = channels or int(str(a["channels"]))
    groups = groups or int(str(a.get("groups", 1)))
    return _class("Conv", rank)(x.shape[1], channels, kernel, stride, padding, dilation, groups)(x)


def _dwconv(x: Tensor, rank: int, a: dict[str, object]) -> Tensor:
    return _conv(x, rank, a, groups=x.shape[1], channels=x.shape[1])


def _deconv(x: Tensor, rank: int, a: dict[str, object]) -> Tensor:
    _image(x, rank)
    module = _class("ConvTranspose", rank)(x.shape[1], a["channels"], a["kernel"], a.get("stride", 1), a.get("pad", 0), a.get("out_pad", 0))
    return module(x)


def _pool(name: str) -> Callable[[Tensor, int, dict[str, object]], Tensor]:
    def pool(x: Tensor, rank: int, a: dict[str, object]) -> Tensor:
        _image(x, rank)
        kernel = _spread(a["kernel"], rank)
        stride = _spread(a["stride"], rank) if "stride" in a else kernel
        if not len(kernel) == len(stride) == rank:
            raise Refused("sizes for another rank")
        options: dict[str, object] = {"ceil_mode": bool(a.get("ceil", False))}
        if "dilation" in a:
            options["dilation"] = a["dilation"]
        return _class(name, rank)(kernel, stride, a.get("pad", 0), **options)(x)

    return pool


def _adaptive(name: str, size: int | None = None) -> Callable[[Tensor, int, dict[str, object]], Tensor]:
    def pool(x: Tensor, rank: int, a: dict[str, object]) -> Tensor:
        _image(x, rank)
        sizes = _spread(size if size is not None else a["size"], rank)
        if len(sizes) != rank:
            raise Refused("sizes for another rank")
        made = _class(name, rank)(sizes if rank > 1 else sizes[0])(x)
        assert isinstance(made, Tensor)
        return made

    return pool


def _gn(x: Tensor, rank: int, a: dict[str, object]) -> Tensor:
    module = nn.GroupNorm(int(str(a["groups"])), x.shape[1])
    try:
        module(x[:1])
    except ValueError:
        raise Stricter("one value a group, which PyTorch refuses at batch 1 alone") from None
    return module(x)


def _bn(x: Tensor, rank: int, a: dict[str, object]) -> Tensor:
    return _class("BatchNorm", max(1, rank))(x.shape[1])(x) if rank else nn.BatchNorm1d(x.shape[1])(x)


def _chunk(x: Tensor, rank: int, a: dict[str, object]) -> Tensor:
    n, i = int(str(a["n"])), int(str(a["i"]))
    if x.shape[1] % n:
        raise Stricter("parts of different sizes")
    return x.chunk(n, dim=1)[i]


def _shuffle(x: Tensor, rank: int, a: dict[str, object]) -> Tensor:
    _image(x, rank)
    groups = int(str(a["groups"]))
    if x.shape[1] % groups:
        raise Refused("channels do not divide")
    return x


def _upsample(x: Tensor, rank: int, a: dict[str, object]) -> Tensor:
    _image(x, rank)
    return nn.functional.interpolate(x, scale_factor=a["scale"])


def _linear(x: Tensor, rank: int, a: dict[str, object]) -> Tensor:
    return nn.Linear(x.shape[-1], int(str(a["features"])))(x)


OPERATIONS: dict[str, Callable[[Tensor, int, dict[str, object]], Tensor]] = {
    "conv": _conv,
    "dwconv": _dwconv,
    "deconv": _deconv,
    "maxpool": _pool("MaxPool"),
    "avgpool": _pool("AvgPool"),
    "adaptive_avgpool": _adaptive("AdaptiveAvgPool"),
    "adaptive_maxpool": _adaptive("AdaptiveMaxPool"),
    "global_avgpool": _adaptive("AdaptiveAvgPool", 1),
    "global_maxpool": _adaptive("AdaptiveMaxPool", 1),
    "gn": _gn,
    "bn": _bn,
    "chunk": _chunk,
    "channel_shuffle": _shuffle,
    "upsample": _upsample,
    "linear": _linear,
    "flatten": lambda x, rank, a: x.flatten(1),
    **dict.fromkeys(("relu", "sigmoid", "identity", "gelu", "hard_swish"), lambda x, rank, a: x),
}
