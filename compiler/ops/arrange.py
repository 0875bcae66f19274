"""The elements of an axis in another order, axes stretched, and tensors side by side along a new axis."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import ClassVar

from ...base.records import dataclass
from .axes import resolve_axis
from .axis_names import Axes, axis_name, joined
from .base import Backward, Family, Operation, Refusal, Shape, Shapes, show
from .merge import same_rank, unequal
from .parameters import BadValue, Integer, Integers, Kind, Plain, parameter
from .several_axes import AXES, resolve_axes, show_axes
from .shape import Rearranged
from .strides import Layout, as_suggested, elementwise, in_order, viewed


@dataclass(frozen=True, slots=True)
class Expand(Operation):
    name: ClassVar[str] = "expand"
    family: ClassVar[Family] = "shape"
    summary: ClassVar[str] = "Stretches axes of size 1: `expand([-1, 14, 14])` of [64, 1, 1] is [64, 14, 14]. Nothing is copied."
    reference: ClassVar[str] = "torch.Tensor.expand"
    onnx: ClassVar[str] = "Expand"
    is_view: ClassVar[bool] = True

    shape: tuple[int, ...] = parameter(
        Integers("a list of sizes, of which those of -1 stay", least=-1), "the shape without the batch; -1 leaves an axis as it is"
    )

    def output(self, inputs: Shapes) -> Shape:
        before = inputs[0]
        if len(self.shape) != len(before):
            raise Refusal(
                "E303",
                f"`expand` names {len(self.shape)} sizes, and its input {show(before)} has {len(before)} {'axis' if len(before) == 1 else 'axes'}",
                parameter="shape",
                operand=0,
                help="`reshape` adds an axis of size 1, which can then be stretched",
            )
        made = tuple(size if wanted == -1 else wanted for size, wanted in zip(before, self.shape, strict=True))
        for axis, (size, wanted) in enumerate(zip(before, made, strict=True)):
            if wanted < 1 or size not in (1, wanted):
                raise Refusal(
                    "E303",
                    f"`expand` cannot bring {axis_name(axis, before)} {size} of {show(before)} to {wanted}",
                    parameter="shape",
                    operand=0,
                    axis=axis,
                    help="an axis of size 1 stretches; -1 leaves an axis as it is",
                )
        return made

    def loosened(self, inputs: Shapes) -> Iterator[tuple[Operation, str]]:
        for axis, size in enumerate(inputs[0]):
            if size == self.shape[axis] != 1:
                sizes = (*self.shape[:axis], -1, *self.shape[axis + 1 :])
                yield replace(self, shape=sizes), f"{self.name}([{', '.join(map(str, sizes))}])"

    def does_nothing(self, inputs: Shapes, output: Shape) -> bool:
        return inputs[0] == output

    def layout(self, inputs: Sequence[Layout], sizes: Sequence[int]) -> Layout:
        rows = zip(inputs[0].sizes, inputs[0].strides, sizes, strict=True)
        return Layout(tuple(sizes), tuple(0 if before != after else stride for before, stride, after in rows))

    def passes_gradient(self, number: int, inputs: Shapes, output: Shape) -> bool:
        return inputs[number] == output

    def gradient_layout(self, number: int, back: Backward) -> Layout:
        return back.gradient if back.inputs[0] == back.output else in_order(back.sizes(number))

    def expression(self, names: Sequence[str], inputs: Shapes, in_place: bool = False) -> str | None:
        return f"{names[0]}.expand(-1, {', '.join(str(size) for size in self.shape)})"

    def caption(self, inputs: Shapes, output: Shape) -> str:
        return f"to {'x'.join(str(size) for size in output)}"


@dataclass(frozen=True, slots=True)
class Flip(Operation):
    name: ClassVar[str] = "flip"
    family: ClassVar[Family] = "shape"
    summary: ClassVar[str] = "The last position first, along one axis or several."
    reference: ClassVar[str] = "torch.flip"
    onnx: ClassVar[str] = "Slice"
    output_may_be_overwritten: ClassVar[bool] = True

    axis: Plain = parameter(AXES, "along which axis, or a list of axes")

    def output(self, inputs: Shapes) -> Shape:
        resolve_axes(self.axis, inputs[0], self.name)
        return inputs[0]

    def layout(self, inputs: Sequence[Layout], sizes: Sequence[int]) -> Layout:
        return elementwise(*inputs)

    def gradient_layout(self, number: int, back: Backward) -> Layout:
        return elementwise(back.gradient)

    def expression(self, names: Sequence[str], inputs: Shapes, in_place: bool = False) -> str | None:
        return f"torch.flip({names[0]}, {[axis + 1 for axis in resolve_axes(self.axis, inputs[0], self.name)]})"

    def caption(self, inputs: Shapes, output: Shape) -> str:
        return show_axes(resolve_axes(self.axis, inputs[0], self.name), inputs[0])


ANY = Integer("", least=-(2**63))


@dataclass(frozen=True, slots=True)
class Shifts(Kind):
    """A whole number, or one for each axis."""

    def read(self, value: object) -> Plain:
        items = value if isinstance(value, tuple) and value else (value,)
        try:
            read = tuple(ANY.read(item) for item in items)
        except BadValue:
            raise self.refuse() from None
        return read if isinstance(value, tuple) else read[0]


@dataclass(frozen=True, slots=True)
class Roll(Rearranged):
    name: ClassVar[str] = "roll"
    summary: ClassVar[str] = "Shifts along one axis or several; what leaves at one end comes in at the other (the shifted windows of Swin)."
    reference: ClassVar[str] = "torch.roll"
    onnx: ClassVar[str] = "Slice, Concat"

    shift: Plain = parameter(Shifts("a whole number, or a list of one for each axis"), "by how many positions, below 0 towards the start")
    axis: Plain = parameter(AXES, "along which axis, or a list of axes")

    def _moves(self, shape: Shape) -> tuple[tuple[int, int], ...]:
        """Each axis with its shift, in the order they are written."""
        axes = [resolve_axis(axis, shape, self.name) for axis in (self.axis if isinstance(self.axis, tuple) else (self.axis,))]
        shifts = self.shift if isinstance(self.shift, tuple) else (self.shift,) * len(axes)
        assert len(shifts) == len(axes)
        return tuple((axis, shift) for axis, shift in zip(axes, shifts, strict=True) if isinstance(shift, int))

    def output(self, inputs: Shapes) -> Shape:
        axes = resolve_axes(self.axis, inputs[0], self.name)
        if isinstance(self.shift, tuple) and len(self.shift) != len(axes):
            raise Refusal(
                "E315",
                f"`roll` was given {len(self.shift)} shifts for {len(axes)} axes",
                parameter="shift",
                help="give one number for all axes, or one for each",
            )
        return inputs[0]

    def does_nothing(self, inputs: Shapes, output: Shape) -> bool:
        return all(shift % output[axis] == 0 for axis, shift in self._moves(output))

    def layout(self, inputs: Sequence[Layout], sizes: Sequence[int]) -> Layout:
        # What is put before the rest has no positions where all stay, and suggests no order then.
        stays = any(shift % sizes[axis + 1] == 0 for axis, shift in self._moves(tuple(sizes[1:])))
        return in_order(sizes) if stays else as_suggested(inputs, sizes)

    def gradient_layout(self, number: int, back: Backward) -> Layout:
        return self.layout((back.gradient,), back.sizes(number))

    def expression(self, names: Sequence[str], inputs: Shapes, in_place: bool = False) -> str | None:
        moves = self._moves(inputs[0])
        return f"torch.roll({names[0]}, {[shift for _, shift in moves]}, {[axis + 1 for axis, _ in moves]})"

    def caption(self, inputs: Shapes, output: Shape) -> str:
        return ", ".join(f"{axis_name(axis, output)} {shift:+}" for axis, shift in self._moves(output))


@dataclass(frozen=True, slots=True)
class Stack(Operation):
    name: ClassVar[str] = "stack"
    family: ClassVar[Family] = "merge"
    summary: ClassVar[str] = "The paths side by side along a new axis: two of [C, H, W] give [2, C, H, W]. The shapes must be equal."
    reference: ClassVar[str] = "torch.stack"
    onnx: ClassVar[str] = "Unsqueeze, Concat"
    least_inputs: ClassVar[int] = 2
    most_inputs: ClassVar[int | None] = None
    output_may_be_overwritten: ClassVar[bool] = True
    gradient_is_view: ClassVar[bool] = True
    lies_on_top: ClassVar[bool] = True

    axis: int = parameter(
        Integer("a whole number, at least -8", least=-8), "which place the new axis has in the output, without the batch", 0
    )

    def _place(self, rank: int) -> int:
        """With the batch."""
        place = self.axis + rank + 1 if self.axis < 0 else self.axis
        if not 0 <= place <= rank:
            raise Refusal(
                "E320",
                f"`stack` cannot put a new axis at {self.axis}: its output has axes 0 to {rank}",
                parameter="axis",
                suggestions=(0, rank),
            )
        return place + 1

    def only_moves(self) -> bool:
        return True

    def output(self, inputs: Shapes) -> Shape:
        same_rank(self.name, "E301", inputs)
        for number, shape in enumerate(inputs[1:], 1):
            axes = [axis for axis, size in enumerate(shape) if size != inputs[0][axis]]
            if axes:
                raise unequal(self.name, "E301", inputs, number, axes)
        place = self._place(len(inputs[0])) - 1
        return (*inputs[0][:place], len(inputs), *inputs[0][place:])

    def axes(self, names: Sequence[Axes], inputs: Shapes, output: Shape) -> Axes:
        place = self._place(len(inputs[0])) - 1
        known = joined(names)
        return (*known[:place], "", *known[place:])

    def layout(self, inputs: Sequence[Layout], sizes: Sequence[int]) -> Layout:
        place = self._place(len(inputs[0].sizes) - 1)
        if place == len(inputs[0].sizes):
            return in_order(sizes)
        # They are put end to end, and what is new is cut out of that.
        whole = list(inputs[0].sizes)
        whole[place] *= len(inputs)
        return viewed(as_suggested(inputs, whole), sizes) or in_order(sizes)

    def gradient_layout(self, number: int, back: Backward) -> Layout:
        place = self._place(len(back.inputs[0]))
        return Layout(back.sizes(number), back.gradient.strides[:place] + back.gradient.strides[place + 1 :])

    def expression(self, names: Sequence[str], inputs: Shapes, in_place: bool = False) -> str | None:
        return f"torch.stack([{', '.join(names)}], dim={self._place(len(inputs[0]))})"

    def caption(self, inputs: Shapes, output: Shape) -> str:
        return f"axis {self._place(len(inputs[0])) - 1}"


OPERATIONS: tuple[type[Operation], ...] = (Stack, Expand, Flip, Roll)
