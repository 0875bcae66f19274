"""Arithmetic of windows on spatial axes, and the refusals that convolutions and pools share."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeAlias

from ...base.records import dataclass
from .base import Refusal, Shape, show, show_size
from .parameters import Plain

Pads: TypeAlias = tuple[tuple[int, int], ...]
"""For each spatial axis, how much is added before and after."""


def spatial_rank(shape: Shape) -> int:
    return len(shape) - 1


@dataclass(frozen=True, slots=True)
class Geometry:
    """The window of a convolution or a pool, one a spatial axis of the input at hand."""

    kernel: tuple[int, ...]
    stride: tuple[int, ...]
    dilation: tuple[int, ...]
    pads: Pads

    @property
    def rank(self) -> int:
        return len(self.kernel)


KINDS = {0: "a vector", 1: "a signal", 2: "an image", 3: "a volume"}


def need_spatial(name: str, shape: Shape) -> int:
    """The spatial rank of an input, which must be 1, 2 or 3."""
    rank = spatial_rank(shape)
    if rank not in (1, 2, 3):
        raise Refusal(
            "E313",
            f"`{name}` works on a signal [C, L], an image [C, H, W] or a volume [C, D, H, W], and its input is {show(shape)}",
            operand=0,
            help="on a vector use `linear`, or bring it back to an image with `reshape`" if rank == 0 else None,
        )
    return rank


def check_pad_mode(shape: Shape, pads: Pads, mode: str, word: str, at: str) -> None:
    """What is mirrored or wraps round must be there. `word` is the parameter that says the mode, `at` the one to underline."""
    for axis, (size, pad) in enumerate(zip(shape[1:], pads, strict=True), 1):
        most = {"reflect": size - 1, "circular": size}.get(mode)
        if most is not None and max(pad) > most:
            raise Refusal(
                "E321",
                f'padding {max(pad)} with `{word}` "{mode}" needs an axis of at least {max(pad) + size - most}, and the input is {show(shape)}',
                parameter=at,
                beside=(word, "pad", "kernel", "dilation"),
                operand=0,
                axis=axis,
                help='pad less, or use "zeros" or "replicate"',
            )


def each_axis(size: Plain, rank: int) -> tuple[int, ...] | None:
    """A size spread over `rank` axes, or None where it has another number of axes."""
    if isinstance(size, int):
        return (size,) * rank
    if isinstance(size, tuple) and len(size) == rank:
        return tuple(item for item in size if isinstance(item, int))
    return None


def as_written(size: Plain) -> tuple[int, ...]:
    """The sides of an image's window: one number is both; a size has as many as were written, which may be too many or too few."""
    return (
        (size, size) if isinstance(size, int) else tuple(item for item in size if isinstance(item, int)) if isinstance(size, tuple) else ()
    )


def spread(value: Plain, rank: int, parameter: str, shape: Shape) -> tuple[int, ...]:
    """A size over the spatial axes of the input."""
    sizes = each_axis(value, rank)
    if sizes is None:
        assert isinstance(value, tuple)
        meant = _of_other_rank(value, rank)
        raise Refusal(
            "E315",
            f"`{parameter}` {show_size(value)} has {len(value)} sizes, and the input {show(shape)} has {_axes(rank)}",
            parameter=parameter,
            operand=0,
            help=f"give one number for all axes, or one for each{f': `{show_size(meant)}`' if meant is not None else ''}",
            argument=(parameter, show_size(meant)) if meant is not None else None,
        )
    return sizes


def _of_other_rank(value: tuple[Plain, ...], rank: int) -> Plain | None:
    """What a size of another number of axes can only mean: one that is equal on all, or whose further axes are 1."""
    sides = [side for side in value if isinstance(side, int)]
    if len(set(sides)) == 1:
        return sides[0]
    wider = [side for side in sides if side != 1]
    return wider[0] if rank == 1 and len(wider) == 1 else None


def over_image(value: Plain, parameter: str) -> tuple[int, int]:
    """A size over the two spatial axes of an image, down and across, whatever image it is."""
    sizes = as_written(value)
    if len(sizes) != 2:
        raise Refusal(
            "E315",
            f"`{parameter}` {show_size(value)} has {len(sizes)} sizes, and an image has 2 spatial axes",
            parameter=parameter,
            help="give one number for both axes, or one for each",
        )
    return sizes[0], sizes[1]


def _axes(rank: int) -> str:
    return "1 spatial axis" if rank == 1 else f"{rank} spatial axes"


def pads_of(
    pad: Plain,
    shape: Shape,
    kernel: Sequence[int],
    stride: Sequence[int],
    dilation: Sequence[int],
    parameter: str = "pad",
) -> Pads:
    """The padding of each axis. `same` is TensorFlow's rule: the output is the input over the stride, rounded up. With `causal` no position
    reads one behind it."""
    rank = spatial_rank(shape)
    if pad == "valid":
        return ((0, 0),) * rank
    if pad == "half":
        return tuple((d * (k - 1) // 2,) * 2 for k, d in zip(kernel, dilation, strict=True))
    if pad == "same":
        rows = []
        for size, k, s, d in zip(shape[1:], kernel, stride, dilation, strict=True):
            total = max((size - 1) // s * s + d * (k - 1) + 1 - size, 0)
            rows.append((total // 2, total - total // 2))
        return tuple(rows)
    if pad == "causal":
        if rank != 1:
            raise Refusal(
                "E326",
                f"`{parameter}` `causal` is for a signal [C, L], where one side is before: the input {show(shape)} has {_axes(rank)}",
                parameter=parameter,
                operand=0,
                help="write each side: `[before, after, …]`, two numbers an axis",
            )
        return ((dilation[0] * (kernel[0] - 1), 0),)
    if isinstance(pad, tuple) and len(pad) == 2 * rank:
        sides = [side for side in pad if isinstance(side, int)]
        return tuple((sides[2 * axis], sides[2 * axis + 1]) for axis in range(rank))
    sizes = each_axis(pad, rank)
    if sizes is None:
        assert isinstance(pad, tuple)
        raise Refusal(
            "E315",
            f"`{parameter}` has {len(pad)} numbers, and the input {show(shape)} has {_axes(rank)}",
            parameter=parameter,
            operand=0,
            help=f"give one number, {rank} (one an axis) or {2 * rank} (before and after each axis)",
        )
    return tuple((size, size) for size in sizes)


def is_even(pads: Pads) -> bool:
    """Whether each axis has as much before as after: then PyTorch's own argument does."""
    return all(before == after for before, after in pads)


def same_depends_on_size(kernel: Sequence[int], stride: Sequence[int]) -> bool:
    """Whether TensorFlow's padding changes with the input's size: only strides make it do so."""
    return any(s > 1 and k > 1 for k, s in zip(kernel, stride, strict=True))


def reach(kernel: int, dilation: int) -> int:
    """How many positions a window spans."""
    return dilation * (kernel - 1) + 1


def map_size(sizes: Sequence[int]) -> str:
    """`7x7`; a signal's length as `length 7`."""
    return f"length {sizes[0]}" if len(sizes) == 1 else show_size(tuple(sizes))


def too_small(name: str, shape: Shape, kernel: Sequence[int], dilation: Sequence[int], pads: Pads) -> Refusal:
    """The window does not fit once into the input."""
    padded = tuple(size + sum(pad) for size, pad in zip(shape[1:], pads, strict=True))
    spans = tuple(reach(k, d) for k, d in zip(kernel, dilation, strict=True))
    square = spans[0] if len(set(spans)) == 1 else show_size(spans)
    window = f"window {square}"
    if spans != tuple(kernel):
        window += f" ({show_size(tuple(kernel))} with dilation {show_size(tuple(dilation))})"
    axes = [axis for axis, (span, size) in enumerate(zip(spans, padded, strict=True), 1) if span > size]
    there = f"{map_size(shape[1:])} map"
    if any(sum(pad) for pad in pads):
        there += f", even padded to {map_size(padded)}"
    return Refusal(
        "E311",
        f"{window} of `{name}` is larger than the {there}",
        parameter="kernel",
        beside=("dilation", "pad"),
        operand=0,
        axis=axes[0] if axes else None,
        axes=tuple(axes),
        help="use a smaller window, or shrink the map less before it",
    )


def window_counts(name: str, shape: Shape, g: Geometry) -> tuple[int, ...]:
    """How many windows there are along each spatial axis. Raises `Refusal` where one does not fit once."""
    room = [size + sum(pad) - reach(k, d) for size, pad, k, d in zip(shape[1:], g.pads, g.kernel, g.dilation, strict=True)]
    if min(room) < 0:
        raise too_small(name, shape, g.kernel, g.dilation, g.pads)
    return tuple(left // step + 1 for left, step in zip(room, g.stride, strict=True))


def window_arguments(g: Geometry, with_padding: bool = True) -> list[tuple[str, Plain]]:
    """The window's stride, padding and dilation as the arguments of PyTorch's convolutions, where they are not what these take by themselves."""
    rows = (
        ("stride", g.stride, 1),
        ("padding", [before for before, _ in g.pads] if with_padding else (0,), 0),
        ("dilation", g.dilation, 1),
    )
    return [(word, simple(sizes)) for word, sizes, usual in rows if set(sizes) != {usual}]


def nearest_multiples(value: int, divisor: int) -> tuple[int, ...]:
    """The multiples of `divisor` just below and above `value`."""
    below = value // divisor * divisor
    return tuple(multiple for multiple in (below, below + divisor) if multiple > 0)


def nearest_divisors(value: int, wanted: int) -> tuple[int, ...]:
    """At most four divisors of `value` near `wanted`, nearest first; 1 is no suggestion, for it asks for no groups."""
    found = [n for n in range(2, min(value, 4096) + 1) if value % n == 0]
    return tuple(sorted(found, key=lambda n: (abs(n - wanted), n))[:4])


def either(values: Sequence[int]) -> str:
    """`68 or 72`."""
    return " or ".join(str(value) for value in values)


def simple(sizes: Sequence[int]) -> Plain:
    """One number where all are equal, as a person writes `kernel_size=3`."""
    return sizes[0] if len(set(sizes)) == 1 else tuple(sizes)


def show_kernel(sizes: Sequence[int]) -> str:
    """`3x3`, `1x7`; a signal's `3`."""
    return show_size(tuple(sizes))


def show_stride(sizes: Sequence[int]) -> str:
    """`/2`, `/2x1`; nothing where it is 1."""
    return "" if set(sizes) == {1} else f"/{show_size(simple(sizes))}"


def show_pads(pads: Pads) -> str:
    """`pad 1`, `pad 0x3`, `pad [0, 1, 0, 1]`."""
    if is_even(pads):
        return f"pad {show_size(simple([before for before, _ in pads]))}"
    return f"pad {show(tuple(side for pad in pads for side in pad))}"


def torch_pads(pads: Pads) -> tuple[int, ...]:
    """The order of `F.pad`: the last axis first."""
    return tuple(side for pad in reversed(pads) for side in pad)
