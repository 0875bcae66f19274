"""Sliding windows as columns of numbers, and back."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from ...base.records import dataclass
from .axis_names import STANDARD, Axes
from .base import Backward, Construct, Family, Operation, Refusal, Shape, Shapes, product, show, show_size
from .parameters import DILATION, KERNEL, STRIDE, Extent, Plain, parameter
from .spatial import Geometry, as_written, either, nearest_multiples, over_image, show_kernel, show_pads, show_stride, simple, window_counts
from .strides import Layout, in_order

PAD = Extent("a number, or one for each axis", least=0)


@dataclass(frozen=True, slots=True)
class _Sliding(Operation):
    """What `unfold` and `fold` share: the windows on an image."""

    family: ClassVar[Family] = "shape"
    wants_channels: ClassVar[str] = "first"
    output_may_be_overwritten: ClassVar[bool] = True

    def _fields(self) -> tuple[Plain, Plain, Plain, Plain]:
        """kernel, stride, pad, dilation."""
        raise NotImplementedError

    def _geometry(self, image: Shape) -> tuple[Geometry, tuple[int, int]]:
        """The windows on an image, and how many there are along each axis."""
        words = ("kernel", "stride", "pad", "dilation")
        kernel, stride, pad, dilation = (over_image(value, word) for word, value in zip(words, self._fields(), strict=True))
        g = Geometry(kernel, stride, dilation, tuple((size, size) for size in pad))
        tall, wide = window_counts(self.name, image, g)
        return g, (tall, wide)

    def _arguments(self, g: Geometry) -> tuple[tuple[str | None, Plain], ...]:
        rows: list[tuple[str | None, Plain]] = [("kernel_size", simple(g.kernel))]
        if set(g.dilation) != {1}:
            rows.append(("dilation", simple(g.dilation)))
        if any(before for before, _ in g.pads):
            rows.append(("padding", simple([before for before, _ in g.pads])))
        if set(g.stride) != {1}:
            rows.append(("stride", simple(g.stride)))
        return tuple(rows)

    def axes(self, names: Sequence[Axes], inputs: Shapes, output: Shape) -> Axes:
        return STANDARD[len(output)]

    def layout(self, inputs: Sequence[Layout], sizes: Sequence[int]) -> Layout:
        return in_order(sizes)

    def gradient_layout(self, number: int, back: Backward) -> Layout:
        return in_order(back.sizes(number))

    def only_moves(self) -> bool:
        return False  # PyTorch slides windows over no whole numbers

    def _call(self, name: str, arguments: Sequence[tuple[str | None, Plain]]) -> str:
        words = [repr(value) if word is None else f"{word}={value!r}" for word, value in arguments]
        return ", ".join([name, *words])

    def _caption(self, g: Geometry) -> str:
        pads = show_pads(g.pads) if any(before for before, _ in g.pads) else ""
        dilated = "" if set(g.dilation) == {1} else f"dilated {show_size(simple(g.dilation))}"
        return ", ".join(part for part in (show_kernel(g.kernel), show_stride(g.stride), dilated, pads) if part)


@dataclass(frozen=True, slots=True)
class Unfold(_Sliding):
    name: ClassVar[str] = "unfold"
    summary: ClassVar[str] = (
        "Each window of an image as a column: [C, H, W] becomes [C * kernel * kernel, windows], the channels outermost."
    )
    reference: ClassVar[str] = "torch.nn.Unfold"
    onnx: ClassVar[str] = "Gather, Pad, Transpose, Reshape"

    kernel: Plain = parameter(KERNEL, "the window, a number or one for each axis")
    stride: Plain = parameter(STRIDE, "the step from window to window", 1)
    pad: Plain = parameter(PAD, "how many zeros are put at each side", 0)
    dilation: Plain = parameter(DILATION, "the distance between the window's positions", 1)

    def _fields(self) -> tuple[Plain, Plain, Plain, Plain]:
        return self.kernel, self.stride, self.pad, self.dilation

    def output(self, inputs: Shapes) -> Shape:
        shape = inputs[0]
        if len(shape) != 3:
            help = f"a signal is an image of one row: {self._of_a_signal(shape)}" if len(shape) == 2 else None
            raise Refusal("E313", f"`unfold` works on an image [C, H, W], and its input is {show(shape)}", operand=0, help=help)
        g, count = self._geometry(shape)
        return (shape[0] * product(g.kernel), product(count))

    def _of_a_signal(self, shape: Shape) -> str:
        """The steps that take the windows of a signal [C, L], whose numbers are those of its one axis."""
        row = f"`reshape([channels = {shape[0]}, height = 1, width = {shape[1]}])"
        if any(isinstance(value, tuple) for value in self._fields()):
            return f"{row}`, and sizes of it like `1x3`"
        numbers = [f"1x{self.kernel}"]
        numbers += [f"{word} = 1x{value}" for word, value in (("stride", self.stride), ("dilation", self.dilation)) if value != 1]
        return f"{row} -> unfold({', '.join([*numbers, *([f'pad = 0x{self.pad}'] if self.pad else [])])})`"

    def storage(self, inputs: Shapes, output: Shape) -> int:
        return max(product(inputs[0]), product(output))  # as `fold`'s

    def gradient_stored(self, number: int, back: Backward) -> int:
        return max(product(back.inputs[0]) * back.batch, back.elements)  # as `fold`'s

    def module(self, inputs: Shapes, in_place: bool = False) -> Construct | None:
        return Construct("nn.Unfold", self._arguments(self._geometry(inputs[0])[0]))

    def expression(self, names: Sequence[str], inputs: Shapes, in_place: bool = False) -> str | None:
        return f"F.unfold({self._call(names[0], self._arguments(self._geometry(inputs[0])[0]))})"

    def caption(self, inputs: Shapes, output: Shape) -> str:
        return self._caption(self._geometry(inputs[0])[0])


@dataclass(frozen=True, slots=True)
class Fold(_Sliding):
    name: ClassVar[str] = "fold"
    summary: ClassVar[str] = (
        "The reverse of `unfold`: columns [C * kernel * kernel, windows] become an image of `size`; where windows overlap they are added."
    )
    reference: ClassVar[str] = "torch.nn.Fold"
    onnx: ClassVar[str] = "Col2Im"

    size: Plain = parameter(KERNEL, "the size of the image, a number or one for each axis")
    kernel: Plain = parameter(KERNEL, "the window, a number or one for each axis")
    stride: Plain = parameter(STRIDE, "the step from window to window", 1)
    pad: Plain = parameter(PAD, "how much of each side was padding", 0)
    dilation: Plain = parameter(DILATION, "the distance between the window's positions", 1)

    def _fields(self) -> tuple[Plain, Plain, Plain, Plain]:
        return self.kernel, self.stride, self.pad, self.dilation

    def _image(self, channels: int) -> Shape:
        sizes = as_written(self.size)
        if len(sizes) != 2:
            raise Refusal(
                "E315",
                f"`size` {show_size(self.size)} has {len(sizes)} sizes, and an image has 2 spatial axes",
                parameter="size",
                help="give one number for both axes, or one for each",
            )
        return (channels, *sizes)

    def output(self, inputs: Shapes) -> Shape:
        shape = inputs[0]
        if len(shape) != 2:
            raise Refusal(
                "E313",
                f"`fold` works on columns [C * kernel * kernel, windows], and its input is {show(shape)}",
                operand=0,
                help="`unfold` makes them; `reshape` brings a tensor to two axes",
            )
        g, count = self._geometry(self._image(1))
        window = product(g.kernel)
        if shape[0] % window:
            raise Refusal(
                "E310",
                f"channels {shape[0]} are not divisible by {window}, the positions of window {show_kernel(g.kernel)} of `fold`",
                parameter="kernel",
                operand=0,
                axis=0,
                help=f"{either(nearest_multiples(shape[0], window))} channels would do",
            )
        if shape[1] != product(count):
            raise Refusal(
                "E318",
                f"`fold` has {shape[1]} windows from {show(shape)}, and an image of {show_size(self.size)} has "
                f"{count[0]}x{count[1]} = {product(count)} of them",
                parameter="size",
                operand=0,
                axis=1,
            )
        return self._image(shape[0] // window)

    def _all(self) -> tuple[tuple[str | None, Plain], ...]:
        height, width = self._image(1)[1:]
        return (("output_size", (height, width)), *self._arguments(self._geometry(self._image(1))[0]))

    def flops(self, inputs: Shapes, output: Shape) -> int:
        return product(inputs[0])

    def storage(self, inputs: Shapes, output: Shape) -> int:
        return max(product(inputs[0]), product(output))  # PyTorch makes the image in a tensor as large as the columns

    def module(self, inputs: Shapes, in_place: bool = False) -> Construct | None:
        return Construct("nn.Fold", self._all())

    def expression(self, names: Sequence[str], inputs: Shapes, in_place: bool = False) -> str | None:
        return f"F.fold({self._call(names[0], self._all())})"

    def caption(self, inputs: Shapes, output: Shape) -> str:
        return f"to {output[1]}x{output[2]}, {self._caption(self._geometry(self._image(1))[0])}"


OPERATIONS: tuple[type[Operation], ...] = (Unfold, Fold)
