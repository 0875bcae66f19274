"""A convolution whose filters are a path of a merge: fixed ones, filters that steps work out, one set for several parts of the channels."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from ...base.records import dataclass
from .axis_names import Axes, channels_first
from .base import Backward, Family, Operation, Refusal, Saved, Shape, Shapes, Window, literal, show
from .convolution import Conv, convolved
from .parameters import COUNT, DILATION, PADDING, STRIDE, Plain, parameter
from .spatial import Geometry, is_even, need_spatial, pads_of, same_depends_on_size, show_pads, spread, window_arguments, window_counts
from .strides import Layout, as_suggested, in_order, unsqueezed


@dataclass(frozen=True, slots=True)
class Convolve(Operation):
    name: ClassVar[str] = "convolve"
    wants_channels: ClassVar[str] = "first"
    family: ClassVar[Family] = "convolution"
    summary: ClassVar[str] = (
        "A convolution whose filters, [out, in / groups, sizes of the window], are the second path of a merge: `convolve { | skip | parameter([64, 32, 3, 3]) }`. "
        "They are fixed (`constant`), learned, or what steps make of such, and one set for the whole batch."
    )
    reference: ClassVar[str] = "torch.nn.functional.conv1d, conv2d, conv3d"
    onnx: ClassVar[str] = "Conv"
    symbol: ClassVar[str] = "conv"
    caption_says_all: ClassVar[bool] = True
    least_inputs: ClassVar[int] = 2
    most_inputs: ClassVar[int | None] = 2
    output_may_be_overwritten: ClassVar[bool] = True

    stride: Plain = parameter(STRIDE, "the step from window to window", 1)
    pad: Plain = parameter(PADDING, "as of `conv`, the same before and after", "half")
    groups: int = parameter(COUNT, "how many groups the channels fall into, each seeing only its own", 1)
    dilation: Plain = parameter(DILATION, "the distance between the window's positions", 1)

    def _geometry(self, inputs: Shapes) -> Geometry:
        shape, filters = inputs
        rank = need_spatial(self.name, shape)
        if len(filters) != rank + 2:
            raise Refusal(
                "E313",
                f"the filters of `convolve` have {rank + 2} axes here, [out, in / groups{', …' * rank}], for path 1 is {show(shape)}, "
                f"and path 2 is {show(filters)}",
                operand=1,
                help="`reshape` gives them their axes",
            )
        stride, dilation = (spread(value, rank, word, shape) for word, value in (("stride", self.stride), ("dilation", self.dilation)))
        g = Geometry(filters[2:], stride, dilation, pads_of(self.pad, shape, filters[2:], stride, dilation))
        if not is_even(g.pads) or (self.pad == "same" and same_depends_on_size(g.kernel, stride)):
            told = "`same` under a stride" if self.pad == "same" else show_pads(g.pads).removeprefix("pad ")
            raise Refusal(
                "E326",
                f"`convolve` pads the same before and after, whatever comes in, and this padding is {told}",
                parameter="pad",
                help="`pad = half`; or pad before it, with `pad(…)`",
            )
        return g

    def _conv(self, inputs: Shapes) -> Conv:
        """The same convolution with filters of its own."""
        g = self._geometry(inputs)
        return Conv(
            channels=inputs[1][0],
            kernel=g.kernel,
            stride=g.stride,
            pad=tuple(before for before, _ in g.pads),
            groups=self.groups,
            dilation=g.dilation,
            bias=False,
        )

    def output(self, inputs: Shapes) -> Shape:
        g = self._geometry(inputs)
        channels, filters = inputs[0][0], inputs[1]
        if filters[1] * self.groups != channels:
            fits = (channels // filters[1],) if channels % filters[1] == 0 and filters[0] % (channels // filters[1]) == 0 else ()
            read = f"{filters[1]} channel{'s' if filters[1] > 1 else ''}{f' in each of {self.groups} groups' if self.groups > 1 else ''}"
            raise Refusal(
                "E310",
                f"filters {show(filters)} of `convolve` read {read}, and path 1, {show(inputs[0])}, has {channels}",
                parameter="groups",
                operand=1,
                axis=1,
                suggestions=fits,
                help=None if fits else "filters are [out, in / groups, sizes of the window]",
            )
        if filters[0] % self.groups:
            raise Refusal(
                "E310",
                f"{filters[0]} filters of `convolve`, {show(filters)}, are not divisible by groups {self.groups}",
                parameter="groups",
                operand=1,
                axis=0,
            )
        return (filters[0], *window_counts(self.name, inputs[0], g))

    def check_batch(self, batchless: Sequence[bool]) -> None:
        if not batchless[1]:
            raise Refusal(
                "E326",
                "the filters of `convolve` hang on an input, and one set of them serves the whole batch (path 2)",
                operand=1,
                help="path 1 is the map, and path 2 its filters: a `parameter` or a `constant`, or made of such alone",
            )

    def takes_batchless(self, number: int) -> bool:
        return number == 1

    def sums_images(self, number: int) -> bool:
        return number == 1

    def axes(self, names: Sequence[Axes], inputs: Shapes, output: Shape) -> Axes:
        return channels_first(names[0])

    def macs(self, inputs: Shapes, output: Shape) -> int:
        return self._conv(inputs).macs(inputs[:1], output)

    def saved(self, inputs: Shapes, output: Shape) -> Saved:
        return Saved(inputs=(0, 1))

    def layout(self, inputs: Sequence[Layout], sizes: Sequence[int]) -> Layout:
        return Conv(sizes[1]).layout(inputs[:1], sizes)

    def gradient_layout(self, number: int, back: Backward) -> Layout:
        if number == 0:
            return self._conv(back.inputs).gradient_layout(0, back)
        filters = back.inputs[1]
        # As it does the input's, the kernel has the channels of its gradient side by side.
        side_by_side = convolved(back.layouts[0]).suggests_channels_last
        return unsqueezed(as_suggested(back.layouts[:1], filters) if side_by_side and len(filters) > 3 else in_order(filters), 0)

    def windows(self, inputs: Shapes, output: Shape) -> tuple[Window, ...] | None:
        return self._conv(inputs).windows(inputs[:1], output)

    def expression(self, names: Sequence[str], inputs: Shapes, in_place: bool = False) -> str | None:
        g = self._geometry(inputs)
        rows = [*window_arguments(g), *([("groups", self.groups)] if self.groups > 1 else [])]
        further = "".join(f", {word}={literal(value)}" for word, value in rows)
        return f"F.conv{g.rank}d({names[0]}, {names[1]}.squeeze(0){further})"

    def caption(self, inputs: Shapes, output: Shape) -> str:
        return self._conv(inputs).caption(inputs[:1], output)


OPERATIONS: tuple[type[Operation], ...] = (Convolve,)
