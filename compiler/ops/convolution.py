"""Convolutions."""

from __future__ import annotations

from collections.abc import Sequence
from math import gcd
from typing import ClassVar

from ...base.records import dataclass
from . import padding
from .base import (
    Backward,
    Construct,
    Family,
    InEightBits,
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
from .initial import INIT, INIT_DOC, STD_DOC, initialization
from .parameters import (
    CHANNELS,
    COUNT,
    DILATION,
    FLAG,
    KERNEL,
    PADDING,
    POSITIVE,
    STRIDE,
    Plain,
    Word,
    parameter,
)
from .spatial import (
    Geometry,
    check_pad_mode,
    either,
    is_even,
    nearest_divisors,
    nearest_multiples,
    need_spatial,
    pads_of,
    reach,
    same_depends_on_size,
    show_kernel,
    show_pads,
    show_stride,
    simple,
    spread,
    torch_pads,
    window_arguments,
    window_counts,
)
from .strides import Layout, as_suggested_on_a_row, in_order, on_a_row

PAD_MODE = Word('"zeros", "reflect", "replicate" or "circular"', ("zeros", "reflect", "replicate", "circular"))


def check_groups(name: str, channels_in: int, channels_out: int, groups: int) -> None:
    """Both sides' channels must divide into the groups."""
    if channels_in % groups == 0 and channels_out % groups == 0:
        return
    divisors = nearest_divisors(gcd(channels_in, channels_out), groups)
    if channels_in % groups:
        near = nearest_multiples(channels_in, groups)
        remedy = f"{either(near)} input channels would divide by {groups}"
        remedy += f"; or groups = {either(divisors)}" if divisors else "; or leave `groups` out"
        raise Refusal(
            "E310",
            f"input channels {channels_in} are not divisible by groups {groups} of `{name}`",
            parameter="groups",
            operand=0,
            axis=0,
            suggestions=divisors,
            help=remedy,
        )
    if channels_out % groups:
        near = nearest_multiples(channels_out, groups)
        raise Refusal(
            "E310",
            f"output channels {channels_out} are not divisible by groups {groups} of `{name}`",
            parameter="channels",
            beside=("groups",),
            suggestions=near,
            help=f"{either(near)} output channels would divide by {groups}",
        )


def copied_kernel(back: Backward, kernel: Weight) -> int:
    """Elements of the copy of a kernel's gradient: it lies as the input does, and where that has its channels last, otherwise than the kernel."""
    differs = product(kernel.shape[2:]) > 1 and kernel.shape[1] > 1
    is_point = len(kernel.shape) == 5 and back.wanted[0]  # of one position, whose order says nothing, over volumes
    return kernel.elements if convolved(back.layouts[0]).suggests_channels_last and (differs or is_point) else 0


def convolved(layout: Layout) -> Layout:
    """What kernels of convolutions see of an input: of a signal, which is put in order first, an image of one row."""
    return layout if len(layout.sizes) != 3 else on_a_row(layout if layout.is_in_order else in_order(layout.sizes))


def convolved_layout(layout: Layout, sizes: Sequence[int]) -> Layout:
    """How what a convolution makes of such an input lies."""
    return as_suggested_on_a_row(layout if len(sizes) != 3 or layout.is_in_order else in_order(layout.sizes), sizes)


@dataclass(frozen=True, slots=True)
class Convolution(Operation):
    """What `conv` and `dwconv` share. Their fields have the same names."""

    family: ClassVar[Family] = "convolution"
    wants_channels: ClassVar[str] = "first"
    reference: ClassVar[str] = "torch.nn.Conv1d, Conv2d, Conv3d"
    onnx: ClassVar[str] = "Conv"
    output_may_be_overwritten: ClassVar[bool] = True
    int8: ClassVar[InEightBits] = "computes"

    def _fields(self) -> tuple[Plain, Plain, Plain, Plain, bool, str, Plain, float]:
        """kernel, stride, pad, dilation, bias, pad_mode, init, std."""
        raise NotImplementedError

    def _groups(self, channels: int) -> tuple[int, int]:
        """Output channels and groups."""
        raise NotImplementedError

    def _geometry(self, shape: Shape) -> Geometry:
        rank = need_spatial(self.name, shape)
        kernel_, stride_, pad, dilation_, *_ = self._fields()
        kernel = spread(kernel_, rank, "kernel", shape)
        stride = spread(stride_, rank, "stride", shape)
        dilation = spread(dilation_, rank, "dilation", shape)
        return Geometry(kernel, stride, dilation, pads_of(pad, shape, kernel, stride, dilation))

    def _special(self, g: Geometry) -> str:
        """Empty where PyTorch's numbers say the padding; "Same" or "Side" where a class of ours does.

        PyTorch's own `padding="same"` would warn of each even kernel, and refuses strides.
        """
        if self._fields()[2] == "same" and same_depends_on_size(g.kernel, g.stride):
            return "Same"
        return "" if is_even(g.pads) else "Side"

    def output(self, inputs: Shapes) -> Shape:
        shape = inputs[0]
        g = self._geometry(shape)
        channels, groups = self._groups(shape[0])
        check_groups(self.name, shape[0], channels, groups)
        pad_mode = self._fields()[5]
        if pad_mode != "zeros":
            self._check_pad_mode(shape, g, pad_mode)
        return (channels, *window_counts(self.name, shape, g))

    def _check_pad_mode(self, shape: Shape, g: Geometry, mode: str) -> None:
        if self._special(g):
            raise Refusal(
                "E326",
                f'`pad_mode` "{mode}" needs the same padding before and after, and this padding is {show_pads(g.pads).removeprefix("pad ")}',
                parameter="pad_mode",
                beside=("pad",),
                help="give `pad` one number, or one for each axis",
            )
        check_pad_mode(shape, g.pads, mode, "pad_mode", "pad_mode")

    def weights(self, inputs: Shapes) -> tuple[Weight, ...]:
        shape = inputs[0]
        channels, _ = self._groups(shape[0])
        weight = Weight("weight", self._filters(shape))
        return (weight, Weight("bias", (channels,))) if self._fields()[4] else (weight,)

    def _filters(self, shape: Shape) -> Shape:
        channels, groups = self._groups(shape[0])
        return (channels, shape[0] // groups, *self._geometry(shape).kernel)

    def macs(self, inputs: Shapes, output: Shape) -> int:
        return product(output) * product(self._filters(inputs[0])[1:])

    def flops(self, inputs: Shapes, output: Shape) -> int:
        return 2 * self.macs(inputs, output) + (product(output) if self._fields()[4] else 0)

    def _padded(self, shape: Shape) -> int:
        """Elements of the padded copy, where one is made; else 0."""
        g = self._geometry(shape)
        if not self._special(g) and self._fields()[5] == "zeros":
            return 0
        return shape[0] * product([size + sum(pad) for size, pad in zip(shape[1:], g.pads, strict=True)])

    def saved(self, inputs: Shapes, output: Shape) -> Saved:
        padded = self._padded(inputs[0])
        if not padded:
            return Saved(inputs=(0,))
        # The padded copy is what the convolution keeps; of the kinds of padding, that of zeros keeps nothing.
        return Saved(inputs=(0,) if self._fields()[5] in ("reflect", "replicate") else (), extra=padded, for_inputs=True)

    def scratch(self, inputs: Shapes, output: Shape) -> int:
        return self._padded(inputs[0])

    def layout(self, inputs: Sequence[Layout], sizes: Sequence[int]) -> Layout:
        wraps = self._fields()[5] == "circular" and self._padded(inputs[0].sizes[1:])
        return in_order(sizes) if wraps else convolved_layout(inputs[0], sizes)

    def gradient_layout(self, number: int, back: Backward) -> Layout:
        return convolved_layout(back.layouts[number], back.sizes(number))

    def backward_scratch(self, back: Backward) -> int:
        padded = self._padded(back.inputs[0]) * back.batch if back.wanted[0] else 0
        if not padded:
            return 0
        # The gradient of the padded copy, then that of the input; what wraps round is undone side by side.
        wraps = 2 * padded - back.freed if self._fields()[5] == "circular" else 0
        return max(back.made, padded, wraps) - back.made

    def copied_weight_gradients(self, back: Backward) -> int:
        if self._fields()[5] == "circular" and self._padded(back.inputs[0]):
            return 0  # what wraps round lies in order
        copied = copied_kernel(back, Weight("weight", self._filters(back.inputs[0])))
        return copied + self._not_undone(back) if copied else 0

    def _not_undone(self, back: Backward) -> int:
        """Elements that are there while the padding is not undone: the gradient of the padded copy, not the input's; what the padding keeps.

        Where there is no padding, the input's gradient is there, and has been added to another: below 0.
        """
        padded = self._padded(back.inputs[0]) * back.batch
        if not padded or not back.wanted[0]:
            return -back.freed_by_sum if back.wanted[0] else 0
        keeps = back.kept_alone[0] and self._fields()[5] != "zeros"
        return padded - back.made + (product(back.inputs[0]) * back.batch if keeps else 0)

    def windows(self, inputs: Shapes, output: Shape) -> tuple[Window, ...] | None:
        g = self._geometry(inputs[0])
        return tuple(Window(k, s, before, d) for k, s, d, (before, _) in zip(g.kernel, g.stride, g.dilation, g.pads, strict=True))

    def class_name(self, g: Geometry) -> str:
        special = self._special(g)
        return f"{special}PadConv{g.rank}d" if special else f"nn.Conv{g.rank}d"

    def module(self, inputs: Shapes, in_place: bool = False) -> Construct | None:
        shape = inputs[0]
        g = self._geometry(shape)
        channels, groups = self._groups(shape[0])
        bias, pad_mode = self._fields()[4:6]
        special = self._special(g)
        arguments: list[tuple[str | None, Plain]] = [
            (None, shape[0]),
            (None, channels),
            ("kernel_size", simple(g.kernel)),
        ]
        if special == "Side":
            arguments.append(("pads", torch_pads(g.pads)))
        arguments += window_arguments(g, with_padding=not special)
        if groups != 1:
            arguments.append(("groups", groups))
        if not bias:
            arguments.append(("bias", False))
        if pad_mode != "zeros":
            arguments.append(("padding_mode", pad_mode))
        return Construct(self.class_name(g), tuple(arguments))

    def helpers(self, inputs: Shapes) -> tuple[str, ...]:
        g = self._geometry(inputs[0])
        special = self._special(g)
        if special == "Same":
            return padding.same_conv(g.rank)
        return padding.side_conv(g.rank) if special == "Side" else ()

    def not_int8(self, inputs: Shapes) -> str:
        g = self._geometry(inputs[0])
        if g.rank != 2:
            return f"no int8 form over {g.rank} spatial {'axis' if g.rank == 1 else 'axes'}"
        if self._fields()[5] != "zeros":
            return f'no int8 form of `pad_mode = "{self._fields()[5]}"`'
        if self._special(g):
            return "no int8 form of a padding that differs from side to side"
        # For windows that lie in the padding alone oneDNN answers with what stood in memory, where 0 is another number than 0.
        whole = any(before >= reach(k, d) for k, d, (before, _) in zip(g.kernel, g.dilation, g.pads, strict=True))
        return "no int8 form of a padding as wide as its window" if whole else ""

    def initialization(self) -> Initialization:
        _, _, _, _, bias, _, init, std = self._fields()
        return initialization(init, std, bias)

    def caption(self, inputs: Shapes, output: Shape) -> str:
        shape = inputs[0]
        g = self._geometry(shape)
        channels, groups = self._groups(shape[0])
        parts = [show_kernel(g.kernel), str(channels), show_stride(g.stride)]
        if groups > 1 and not isinstance(self, DepthwiseConv):  # its name says so
            parts.append("depthwise" if groups == shape[0] else f"g{groups}")
        if set(g.dilation) != {1}:
            parts.append(f"dilated {show_size(simple(g.dilation))}")
        if g.pads != pads_of("half", shape, g.kernel, g.stride, g.dilation):
            parts.append("same" if self._fields()[2] == "same" else show_pads(g.pads))
        return ", ".join(part for part in parts if part)


@dataclass(frozen=True, slots=True)
class Conv(Convolution):
    name: ClassVar[str] = "conv"
    summary: ClassVar[str] = "A convolution over one, two or three spatial axes, as the input has."
    caption_says_all: ClassVar[bool] = True

    channels: int = parameter(CHANNELS, "how many channels come out")
    kernel: Plain = parameter(KERNEL, "the window, a number or one for each axis", 3)
    stride: Plain = parameter(STRIDE, "the step from window to window", 1)
    pad: Plain = parameter(
        PADDING,
        "`half` (dilation * (kernel - 1) // 2 a side), `valid` (0), `same` (TensorFlow's), `causal` (all before a signal), numbers, or each side",
        "half",
    )
    groups: int = parameter(COUNT, "how many groups the channels fall into, each seeing only its own", 1)
    dilation: Plain = parameter(DILATION, "the distance between the window's positions", 1)
    bias: bool = parameter(FLAG, "whether a number is added to each channel", True)
    pad_mode: str = parameter(PAD_MODE, "what stands in the padding", "zeros")
    init: str | None = parameter(INIT, INIT_DOC, "default")
    std: float = parameter(POSITIVE, STD_DOC, 0.01)

    def _fields(self) -> tuple[Plain, Plain, Plain, Plain, bool, str, Plain, float]:
        return self.kernel, self.stride, self.pad, self.dilation, self.bias, self.pad_mode, self.init, self.std

    def _groups(self, channels: int) -> tuple[int, int]:
        return self.channels, self.groups


@dataclass(frozen=True, slots=True)
class DepthwiseConv(Convolution):
    name: ClassVar[str] = "dwconv"
    summary: ClassVar[str] = "A depthwise convolution: each channel is filtered by itself (groups = channels)."

    kernel: Plain = parameter(KERNEL, "the window, a number or one for each axis", 3)
    stride: Plain = parameter(STRIDE, "the step from window to window", 1)
    pad: Plain = parameter(PADDING, "as of `conv`", "half")
    dilation: Plain = parameter(DILATION, "the distance between the window's positions", 1)
    bias: bool = parameter(FLAG, "whether a number is added to each channel", True)
    pad_mode: str = parameter(PAD_MODE, "what stands in the padding", "zeros")
    multiplier: int = parameter(COUNT, "how many filters each channel has", 1)
    init: str | None = parameter(INIT, INIT_DOC, "default")
    std: float = parameter(POSITIVE, STD_DOC, 0.01)

    def _fields(self) -> tuple[Plain, Plain, Plain, Plain, bool, str, Plain, float]:
        return self.kernel, self.stride, self.pad, self.dilation, self.bias, self.pad_mode, self.init, self.std

    def _groups(self, channels: int) -> tuple[int, int]:
        return channels * self.multiplier, channels


OPERATIONS: tuple[type[Operation], ...] = (Conv, DepthwiseConv)
