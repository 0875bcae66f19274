"""Transposed convolutions."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from ...base.records import dataclass
from .base import (
    Backward,
    Construct,
    Family,
    Initialization,
    Operation,
    Refusal,
    Saved,
    Shape,
    Shapes,
    Weight,
    Window,
    product,
    show_size,
)
from .convolution import check_groups, convolved_layout, copied_kernel
from .initial import INIT, INIT_DOC, STD_DOC, initialization
from .parameters import CHANNELS, COUNT, DILATION, FLAG, KERNEL, POSITIVE, STRIDE, Extent, Plain, parameter
from .spatial import need_spatial, reach, show_kernel, simple, spread
from .strides import Layout


@dataclass(frozen=True, slots=True)
class Transposed(Operation):
    """What `deconv` shares with those whose filters are worked out of what is learned."""

    wants_channels: ClassVar[str] = "first"
    family: ClassVar[Family] = "convolution"
    onnx: ClassVar[str] = "ConvTranspose"
    output_may_be_overwritten: ClassVar[bool] = True

    channels: int = parameter(CHANNELS, "how many channels come out")
    kernel: Plain = parameter(KERNEL, "the window that each position writes")
    stride: Plain = parameter(STRIDE, "the step from window to window in the output", 1)
    pad: Plain = parameter(Extent("a number, or one for each axis", least=0), "what is cut off each side of the output", 0)
    out_pad: Plain = parameter(Extent("a number, or one for each axis", least=0), "what is added at the end of each axis", 0)
    groups: int = parameter(COUNT, "how many groups the channels fall into", 1)
    dilation: Plain = parameter(DILATION, "the distance between the window's positions", 1)
    bias: bool = parameter(FLAG, "whether a number is added to each channel", True)

    def _sizes(self, shape: Shape) -> tuple[tuple[int, ...], ...]:
        """Kernel, stride, pad, out_pad and dilation over the axes."""
        rank = need_spatial(self.name, shape)
        rows = (
            ("kernel", self.kernel),
            ("stride", self.stride),
            ("pad", self.pad),
            ("out_pad", self.out_pad),
            ("dilation", self.dilation),
        )
        return tuple(spread(value, rank, name, shape) for name, value in rows)

    def output(self, inputs: Shapes) -> Shape:
        shape = inputs[0]
        rows = self._sizes(shape)
        check_groups(self.name, shape[0], self.channels, self.groups)
        sizes = []
        for axis, (size, k, s, p, o, d) in enumerate(zip(shape[1:], *rows, strict=True), 1):
            if o >= max(s, d):
                raise Refusal(
                    "E316",
                    f"`out_pad` {o} must be smaller than the stride {s} or the dilation {d}",
                    parameter="out_pad",
                    beside=("stride", "dilation"),
                    suggestions=tuple(range(max(s, d) - 1, -1, -1)[:4]),
                )
            after = (size - 1) * s - 2 * p + reach(k, d) + o
            if after < 1:
                raise Refusal(
                    "E317",
                    f"nothing is left of the output: ({size} - 1) * {s} + {reach(k, d)} + {o} is not more than twice the pad {p}",
                    parameter="pad",
                    beside=("kernel", "stride", "dilation", "out_pad"),
                    operand=0,
                    axis=axis,
                    help="pad less: `pad` of `deconv` cuts off the output's sides",
                )
            sizes.append(after)
        return (self.channels, *sizes)

    def _filters(self, shape: Shape) -> Shape:
        return (shape[0], self.channels // self.groups, *self._sizes(shape)[0])

    def weights(self, inputs: Shapes) -> tuple[Weight, ...]:
        weight = Weight("weight", self._filters(inputs[0]))
        return (weight, Weight("bias", (self.channels,))) if self.bias else (weight,)

    def macs(self, inputs: Shapes, output: Shape) -> int:
        return product(inputs[0]) * product(self._filters(inputs[0])[1:])

    def flops(self, inputs: Shapes, output: Shape) -> int:
        return 2 * self.macs(inputs, output) + (product(output) if self.bias else 0)

    def saved(self, inputs: Shapes, output: Shape) -> Saved:
        return Saved(inputs=(0,))

    def layout(self, inputs: Sequence[Layout], sizes: Sequence[int]) -> Layout:
        return convolved_layout(inputs[0], sizes)

    def gradient_layout(self, number: int, back: Backward) -> Layout:
        return convolved_layout(back.layouts[number], back.sizes(number))

    def copied_weight_gradients(self, back: Backward) -> int:
        return copied_kernel(back, Weight("weight", self._filters(back.inputs[0])))

    def windows(self, inputs: Shapes, output: Shape) -> tuple[Window, ...] | None:
        kernel, stride, pad, _, dilation = self._sizes(inputs[0])
        rows = []
        for k, s, p, d in zip(kernel, stride, pad, dilation, strict=True):
            span = reach(k, d) - 1
            rows.append(Window(span // s + 1, 1, (span - p) // s, 1, s))
        return tuple(rows)

    def class_name(self, rank: int) -> str:
        return f"nn.ConvTranspose{rank}d"

    def module(self, inputs: Shapes, in_place: bool = False) -> Construct | None:
        shape = inputs[0]
        kernel, stride, pad, out_pad, dilation = self._sizes(shape)
        arguments: list[tuple[str | None, Plain]] = [
            (None, shape[0]),
            (None, self.channels),
            ("kernel_size", simple(kernel)),
        ]
        for name, sizes, usual in (("stride", stride, 1), ("padding", pad, 0), ("output_padding", out_pad, 0)):
            if set(sizes) != {usual}:
                arguments.append((name, simple(sizes)))
        if self.groups != 1:
            arguments.append(("groups", self.groups))
        if not self.bias:
            arguments.append(("bias", False))
        if set(dilation) != {1}:
            arguments.append(("dilation", simple(dilation)))
        return Construct(self.class_name(len(kernel)), tuple(arguments))

    def caption(self, inputs: Shapes, output: Shape) -> str:
        kernel, stride, pad, _, dilation = self._sizes(inputs[0])
        parts = [show_kernel(kernel), str(self.channels)]
        if set(stride) != {1}:
            parts.append(f"*{show_size(simple(stride))}")
        if self.groups > 1:
            parts.append(f"g{self.groups}")
        if set(dilation) != {1}:
            parts.append(f"dilated {show_size(simple(dilation))}")
        if set(pad) != {0}:
            parts.append(f"pad {show_size(simple(pad))}")
        return ", ".join(parts)


@dataclass(frozen=True, slots=True)
class Deconv(Transposed):
    name: ClassVar[str] = "deconv"
    summary: ClassVar[str] = "A transposed convolution, which enlarges: each input position writes a window of the output."
    reference: ClassVar[str] = "torch.nn.ConvTranspose1d, ConvTranspose2d, ConvTranspose3d"

    init: str | None = parameter(INIT, INIT_DOC, "default")
    std: float = parameter(POSITIVE, STD_DOC, 0.01)

    def initialization(self) -> Initialization:
        return initialization(self.init, self.std, self.bias)


OPERATIONS: tuple[type[Operation], ...] = (Deconv,)
