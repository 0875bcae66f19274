"""A convolution that reads where offsets say."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from ...base.records import dataclass
from .axis_names import STANDARD, Axes
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
    show,
    show_size,
)
from .convolution import check_groups
from .initial import INIT, INIT_DOC, STD_DOC, initialization
from .parameters import CHANNELS, COUNT, DILATION, FLAG, KERNEL, PADDING, POSITIVE, STRIDE, Plain, parameter
from .spatial import (
    Geometry,
    is_even,
    pads_of,
    same_depends_on_size,
    show_kernel,
    show_pads,
    show_stride,
    simple,
    spread,
    window_arguments,
    window_counts,
)
from .strides import Layout, in_order

_DEFORM_CONV = '''class DeformConv2d(nn.Conv2d):
    """A convolution each of whose readings is moved by an offset (down, across), and weighed by a mask. Weights and operands are torchvision's."""

    def forward(self, x: torch.Tensor, offset: torch.Tensor, mask: torch.Tensor | None = None) -> torch.Tensor:
        taps = self.kernel_size[0] * self.kernel_size[1]
        groups = offset.shape[1] // (2 * taps)
        grid = self.places(offset.unflatten(1, [groups, taps, 2]).flatten(0, 1), x.shape[2], x.shape[3])
        read = F.grid_sample(x.unflatten(1, [groups, -1]).flatten(0, 1), grid, align_corners=False)
        if mask is not None:
            read = read * mask.unflatten(1, [groups, taps]).flatten(2, 3).flatten(0, 1).unsqueeze(1)
        read = read.unflatten(2, [taps, -1]).unflatten(0, [-1, groups]).flatten(1, 3)
        return F.conv2d(read, self.weight.flatten(1).unsqueeze(2).unsqueeze(3), self.bias, groups=self.groups)

    def places(self, offset: torch.Tensor, height: int, width: int) -> torch.Tensor:
        """Where it reads, as grid_sample has it: -1 and 1 are the edges of the image."""
        rows, columns = offset.shape[3], offset.shape[4]
        tall, wide = self.kernel_size[0], self.kernel_size[1]
        down = torch.arange(tall, dtype=offset.dtype, device=offset.device) * self.dilation[0] - self.padding[0]
        across = torch.arange(wide, dtype=offset.dtype, device=offset.device) * self.dilation[1] - self.padding[1]
        row = torch.arange(rows, dtype=offset.dtype, device=offset.device) * self.stride[0]
        column = torch.arange(columns, dtype=offset.dtype, device=offset.device) * self.stride[1]
        ys = offset[:, :, 0] + (down.repeat_interleave(wide).unsqueeze(1) + row).unsqueeze(2)
        xs = offset[:, :, 1] + (across.repeat(tall).unsqueeze(1) + column).unsqueeze(1)
        return torch.stack([(2 * xs + 1) / width - 1, (2 * ys + 1) / height - 1], 4).flatten(1, 2)
'''


@dataclass(frozen=True, slots=True)
class DeformConv(Operation):
    name: ClassVar[str] = "deform_conv"
    wants_channels: ClassVar[str] = "first"
    family: ClassVar[Family] = "convolution"
    summary: ClassVar[str] = (
        "A convolution of an image whose readings are moved by offsets, at the head of a merge: `deform_conv(64) { | skip | conv(18) }`; with a third "
        "path, `conv(9) -> sigmoid`, each is weighed, too. Offsets are two channels for each place of the window (down, across), a set for each group of channels."
    )
    reference: ClassVar[str] = "torchvision.ops.DeformConv2d"
    onnx: ClassVar[str] = "GridSample, Mul, Conv"
    symbol: ClassVar[str] = "deform"
    least_inputs: ClassVar[int] = 2
    most_inputs: ClassVar[int | None] = 3
    output_may_be_overwritten: ClassVar[bool] = True

    channels: int = parameter(CHANNELS, "how many channels come out")
    kernel: Plain = parameter(KERNEL, "the window, a number or one for each axis", 3)
    stride: Plain = parameter(STRIDE, "the step from window to window", 1)
    pad: Plain = parameter(PADDING, "as of `conv`, the same before and after", "half")
    groups: int = parameter(COUNT, "how many groups the channels fall into, each seeing only its own", 1)
    dilation: Plain = parameter(DILATION, "the distance between the window's positions", 1)
    bias: bool = parameter(FLAG, "whether a number is added to each channel", True)
    init: str | None = parameter(INIT, INIT_DOC, "default")
    std: float = parameter(POSITIVE, STD_DOC, 0.01)

    def _geometry(self, shape: Shape) -> Geometry:
        if len(shape) != 3:
            raise Refusal(
                "E313",
                f"`deform_conv` works on an image [C, H, W], and path 1 is {show(shape)}",
                operand=0,
                help="the image comes first, then its offsets",
            )
        kernel, stride, dilation = (
            spread(value, 2, word, shape) for word, value in (("kernel", self.kernel), ("stride", self.stride), ("dilation", self.dilation))
        )
        g = Geometry(kernel, stride, dilation, pads_of(self.pad, shape, kernel, stride, dilation))
        if not is_even(g.pads) or (self.pad == "same" and same_depends_on_size(kernel, stride)):
            raise Refusal("E326", "`deform_conv` pads the same before and after", parameter="pad", suggestions=("half",))
        return g

    def output(self, inputs: Shapes) -> Shape:
        image = inputs[0]
        g = self._geometry(image)
        check_groups(self.name, image[0], self.channels, self.groups)
        places = window_counts(self.name, image, g)
        offsets = inputs[1]
        taps = product(g.kernel)
        sets = offsets[0] // (2 * taps) if len(offsets) == 3 and offsets[0] % (2 * taps) == 0 else 0
        if not sets or image[0] % sets:
            raise self._wrong(1, (2 * taps, *places), offsets, g, "two offsets for each place of its window", "")
        for operand, wanted, last, what in (
            (1, (2 * taps * sets, *places), "", "two offsets for each place of its window"),
            (2, (taps * sets, *places), " -> sigmoid", "a weight for each place of its window"),
        ):
            if operand < len(inputs) and inputs[operand] != wanted:
                raise self._wrong(operand, wanted, inputs[operand], g, what, last)
        return (self.channels, *places)

    def _wrong(self, operand: int, wanted: Shape, found: Shape, g: Geometry, what: str, last: str) -> Refusal:
        window = show_kernel(g.kernel)
        further = "" if set(g.stride) == {1} else f", stride = {show_size(simple(g.stride))}"
        if set(g.dilation) != {1}:
            further += f", dilation = {show_size(simple(g.dilation))}"
        return Refusal(
            "E324",
            f"`deform_conv` with a window {window} takes {what}, {show(wanted)}, and path {operand + 1} is {show(found)}",
            operand=operand,
            beside=("kernel", "stride", "pad", "dilation"),
            help=f"`conv({wanted[0]}, {window}{further}){last}` of the image makes them",
        )

    def axes(self, names: Sequence[Axes], inputs: Shapes, output: Shape) -> Axes:
        return STANDARD[3]

    def _filters(self, inputs: Shapes) -> Shape:
        return (self.channels, inputs[0][0] // self.groups, *self._geometry(inputs[0]).kernel)

    def weights(self, inputs: Shapes) -> tuple[Weight, ...]:
        weight = Weight("weight", self._filters(inputs))
        return (weight, Weight("bias", (self.channels,))) if self.bias else (weight,)

    def macs(self, inputs: Shapes, output: Shape) -> int:
        return product(output) * product(self._filters(inputs)[1:])

    def _read(self, inputs: Shapes) -> int:
        """Numbers that are read: those of all windows, of all channels."""
        return inputs[0][0] * self._places(inputs)

    def _places(self, inputs: Shapes) -> int:
        """Readings of a channel."""
        return product(self._geometry(inputs[0]).kernel) * product(inputs[1][1:])

    def flops(self, inputs: Shapes, output: Shape) -> int:
        bias = product(output) if self.bias else 0
        return 2 * self.macs(inputs, output) + bias + (4 + len(inputs) - 2) * self._read(inputs)

    def saved(self, inputs: Shapes, output: Shape) -> Saved:
        # The grid, what was read, and that masked.
        read = self._read(inputs)
        kept = (0, 2) if len(inputs) == 3 else (0,)
        return Saved(inputs=kept, extra=product(inputs[1]) + read * (len(inputs) - 1))

    def scratch(self, inputs: Shapes, output: Shape) -> int:
        # The places while they are worked out; what is read, and that masked; what is read, while it is convolved.
        places, read = product(inputs[1]), self._read(inputs)
        return max(3 * places - product(output), places + read * (len(inputs) - 1) - product(output), places + read)

    def backward_scratch(self, back: Backward) -> int:
        read = self._read(back.inputs) * back.batch
        rows = [read]  # the gradient of what was convolved
        if len(back.inputs) == 3:  # then that of what was read, and what the mask's is the sum of
            mask = product(back.inputs[2]) * back.batch
            rows.append(2 * read + mask - back.freed if back.wanted[2] else read - back.freed)
        return max(rows) - back.made

    def layout(self, inputs: Sequence[Layout], sizes: Sequence[int]) -> Layout:
        return in_order(sizes)

    def gradient_layout(self, number: int, back: Backward) -> Layout:
        return in_order(back.sizes(number))

    def windows(self, inputs: Shapes, output: Shape) -> tuple[Window, ...] | None:
        """What it reads hangs on the data: the whole."""
        return tuple(Window(0, stride) for stride in self._geometry(inputs[0]).stride)

    def module(self, inputs: Shapes, in_place: bool = False) -> Construct | None:
        g = self._geometry(inputs[0])
        arguments: list[tuple[str | None, Plain]] = [(None, inputs[0][0]), (None, self.channels), ("kernel_size", simple(g.kernel))]
        arguments += window_arguments(g)
        if self.groups != 1:
            arguments.append(("groups", self.groups))
        if not self.bias:
            arguments.append(("bias", False))
        return Construct("DeformConv2d", tuple(arguments))

    def helpers(self, inputs: Shapes) -> tuple[str, ...]:
        return (_DEFORM_CONV,)

    def initialization(self) -> Initialization:
        return initialization(self.init, self.std, self.bias)

    def caption(self, inputs: Shapes, output: Shape) -> str:
        g = self._geometry(inputs[0])
        parts = [show_kernel(g.kernel), str(self.channels), show_stride(g.stride), f"g{self.groups}" if self.groups > 1 else ""]
        if set(g.dilation) != {1}:
            parts.append(f"dilated {show_size(simple(g.dilation))}")
        if g.pads != pads_of("half", inputs[0], g.kernel, g.stride, g.dilation):
            parts.append(show_pads(g.pads))
        return ", ".join(part for part in parts if part)


OPERATIONS: tuple[type[Operation], ...] = (DeformConv,)
