"""The way back from a max pool to where its maxima stood (SegNet)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from ...base.records import dataclass
from .base import Backward, Family, Operation, Refusal, Saved, Shape, Shapes, show, show_size
from .crop import wanted_size
from .parameters import KERNEL, PADDING, STRIDE, Extent, Optional, Plain, Reference, parameter
from .spatial import need_spatial, pads_of, simple, spread
from .strides import Layout, as_suggested, in_order


@dataclass(frozen=True, slots=True)
class MaxUnpool(Operation):
    name: ClassVar[str] = "maxunpool"
    wants_channels: ClassVar[str] = "first"
    family: ClassVar[Family] = "pool"
    summary: ClassVar[str] = (
        "The way back from a `maxpool`: each value goes where its maximum stood, and all else is 0. At the head of a merge, with the pool's "
        "indices: `maxunpool(2) { | skip | skip(p.indices) }`, `p: maxpool(2, indices = true)`."
    )
    reference: ClassVar[str] = "torch.nn.MaxUnpool1d, MaxUnpool2d, MaxUnpool3d"
    onnx: ClassVar[str] = "MaxUnpool"
    symbol: ClassVar[str] = "unpool"
    least_inputs: ClassVar[int] = 2
    most_inputs: ClassVar[int | None] = 3
    integer_input: ClassVar[int | None] = 1
    output_may_be_overwritten: ClassVar[bool] = True

    kernel: Plain = parameter(KERNEL, "the window of the pool")
    stride: Plain = parameter(Optional(f"{STRIDE.describe}, or none", STRIDE), "the stride of the pool; none: the kernel", None)
    pad: Plain = parameter(PADDING, "the padding of the pool", 0)
    size: Plain = parameter(Optional("a size: `7`, or `7x5`, or none", Extent("")), "the size that the pool's input had", None)
    like: bool = parameter(Reference("the label of a step"), "a step whose size the pool's input had", False)

    def _geometry(self, shape: Shape) -> tuple[tuple[int, ...], tuple[int, ...], tuple[int, ...]]:
        rank = need_spatial(self.name, shape)
        kernel = spread(self.kernel, rank, "kernel", shape)
        stride = kernel if self.stride is None else spread(self.stride, rank, "stride", shape)
        pads = pads_of(self.pad, shape, kernel, stride, (1,) * rank)
        if any(before != after for before, after in pads):
            raise Refusal("E326", "`maxunpool` takes back the same padding before and after", parameter="pad")
        return kernel, stride, tuple(before for before, _ in pads)

    def output(self, inputs: Shapes) -> Shape:
        shape = inputs[0]
        if len(inputs) < 2 or (len(inputs) == 3) != self.like:
            raise Refusal(
                "E234",
                f"`maxunpool` takes a tensor and the indices of a pool, and {len(inputs)} paths end here",
                help="a path for each: `maxunpool(2) { | skip | skip(p.indices) }`",
            )
        if inputs[1] != shape:
            raise Refusal(
                "E301",
                f"`maxunpool` takes as many indices as values: {show(shape)} and {show(inputs[1])}",
                operand=1,
                axes=tuple(axis for axis, (one, two) in enumerate(zip(shape, inputs[1], strict=False)) if one != two),
            )
        kernel, stride, pad = self._geometry(shape)
        usual = tuple((size - 1) * s - 2 * p + k for size, s, p, k in zip(shape[1:], stride, pad, kernel, strict=True))
        told = wanted_size(self.name, self.size, self.like, (shape, *inputs[2:]), len(shape) - 1)
        for size, s, wanted in zip(usual, stride, told or (), strict=False):
            if not size - s < wanted < size + s:
                raise Refusal(
                    "E322",
                    f"no pool with a window of {show_size(simple(kernel))} brings {show_size(told)} to {show_size(shape[1:])}",
                    parameter="like" if self.like else "size",
                )
        return (shape[0], *(told or usual))

    def check_origin(self, output: Shape, origin: Shape) -> None:
        if output[1:] != origin[1:]:
            raise Refusal(
                "E322",
                f"`maxunpool` gives {show_size(output[1:])}, and the pool's maxima stood in {show_size(origin[1:])}: they would go elsewhere",
                operand=1,
                help=f"the pool's own window and stride; where its size did not divide, `size = {show_size(origin[1:])}`, "
                "or `like =` a label of what it pooled",
            )

    def saved(self, inputs: Shapes, output: Shape) -> Saved:
        return Saved(inputs=(1,))

    def copies(self, inputs: Sequence[Layout], output: Layout, training: bool) -> int:
        made = self.layout(inputs, inputs[0].sizes)
        return 0 if inputs[0].is_in_order or (made.is_channels_last and inputs[0].is_channels_last) else inputs[0].elements

    def layout(self, inputs: Sequence[Layout], sizes: Sequence[int]) -> Layout:
        return as_suggested(inputs[:1], sizes) if len(sizes) == 4 else in_order(sizes)

    def gradient_layout(self, number: int, back: Backward) -> Layout:
        return in_order(back.sizes(number))

    def expression(self, names: Sequence[str], inputs: Shapes, in_place: bool = False) -> str | None:
        kernel, stride, pad = self._geometry(inputs[0])
        further = "" if stride == kernel else f", stride={simple(stride)!r}"
        further += f", padding={simple(pad)!r}" if any(pad) else ""
        if self.like:
            further += f", output_size={names[2]}.shape[2:]"
        elif self.size is not None:
            further += f", output_size={list(self.output(inputs)[1:])}"
        return f"F.max_unpool{len(kernel)}d({names[0]}, {names[1]}, {simple(kernel)!r}{further})"

    def caption(self, inputs: Shapes, output: Shape) -> str:
        return show_size(simple(self._geometry(inputs[0])[0]))


OPERATIONS: tuple[type[Operation], ...] = (MaxUnpool,)
