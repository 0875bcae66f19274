"""Reductions: what is left of one axis or several is a single number."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from ...base.records import dataclass
from .axis_names import Axes as AxisNames
from .base import BYTES_A_FLOAT, Backward, Family, Operation, Refusal, Saved, Shape, Shapes, Window, product, show
from .parameters import FLAG, Plain, Word, parameter
from .several_axes import AXES, resolve_axes, show_axes, torch_axes, whole_axes
from .strides import Layout, elementwise, in_order

CALLS = {
    "mean": "torch.mean({}, dim={}{})",
    "sum": "torch.sum({}, dim={}{})",
    "max": "torch.amax({}, dim={}{})",
    "min": "torch.amin({}, dim={}{})",
    "norm": "torch.linalg.vector_norm({}, dim={}{})",
    "var": "torch.var({}, dim={}{})",
}
FLOPS = {"norm": 2, "var": 4}
"""Operations an element that is read; one where nothing is said."""


@dataclass(frozen=True, slots=True)
class Reduce(Operation):
    name: ClassVar[str] = "reduce"
    family: ClassVar[Family] = "pool"
    summary: ClassVar[str] = "The mean, sum, largest or smallest value, Euclidean norm or variance along one axis or several, which go."
    reference: ClassVar[str] = "torch.mean, sum, amax, amin, linalg.vector_norm, var"
    onnx: ClassVar[str] = "ReduceMean, ReduceSum, ReduceMax, ReduceMin, ReduceL2"
    caption_says_all: ClassVar[bool] = True

    by: str = parameter(
        Word(", ".join(f'"{word}"' for word in CALLS), tuple(CALLS)),
        'what is worked out; "var" divides by the number of values less one, as `torch.var` does',
    )
    axis: Plain = parameter(AXES, "along which axis, or a list of axes")
    keep: bool = parameter(
        FLAG,
        "leave the axes, with size 1, so that the result stretches in `mul`, `div`, and with `broadcast = true` in `add` and `sub`",
        False,
    )

    def output(self, inputs: Shapes) -> Shape:
        shape = inputs[0]
        axes = resolve_axes(self.axis, shape, self.name)
        if self.by == "var" and product([shape[axis] for axis in axes]) == 1:
            raise Refusal(
                "E327",
                f'`reduce("var")` along {show_axes(axes, shape)} of {show(shape)} has a single value, which has no variance',
                parameter="axis",
                operand=0,
                axis=axes[0],
                help="take the variance along a longer axis, or before the map has shrunk to one position",
            )
        if self.keep:
            return tuple(1 if axis in axes else size for axis, size in enumerate(shape))
        if len(axes) == len(shape):
            raise Refusal(
                "E313",
                f"`reduce` along all axes of {show(shape)} leaves none",
                parameter="axis",
                operand=0,
                help="`keep = true` leaves them, with size 1; `flatten` then makes a vector [1] of it",
            )
        return tuple(size for axis, size in enumerate(shape) if axis not in axes)

    def axes(self, names: Sequence[AxisNames], inputs: Shapes, output: Shape) -> AxisNames:
        gone = () if self.keep else resolve_axes(self.axis, inputs[0], self.name)
        return tuple(name for axis, name in enumerate(names[0]) if axis not in gone)

    def flops(self, inputs: Shapes, output: Shape) -> int:
        return FLOPS.get(self.by, 1) * product(inputs[0])

    def windows(self, inputs: Shapes, output: Shape) -> tuple[Window, ...] | None:
        return whole_axes(resolve_axes(self.axis, inputs[0], self.name), inputs[0]) if self.keep else None

    def saved(self, inputs: Shapes, output: Shape) -> Saved:
        if self.by in ("mean", "sum"):
            return Saved()
        return Saved(inputs=(0,), output=self.by != "var")

    def backward_scratch(self, back: Backward) -> int:
        read = product(back.inputs[0]) * back.batch
        if self.by in ("max", "min"):
            # Where the extreme is, a byte an element; how often it is, in whole numbers of 8 bytes; and the gradient shared out among these.
            return -(-read // BYTES_A_FLOAT) + 3 * back.elements
        if self.by == "norm":
            return read + -(-back.elements // BYTES_A_FLOAT)  # the gradient over the length; where that is 0
        if self.by == "var":
            return read + 2 * back.elements  # what is left without the mean, which is there once more
        return 0

    def _restored(self, back: Backward) -> Layout:
        """The output's gradient, its axes back and stretched: as `expand` lays it."""
        axes = [axis + 1 for axis in resolve_axes(self.axis, back.inputs[0], self.name)]
        sizes, strides = back.sizes(0), list(back.gradient.strides)
        if not self.keep:
            for axis in axes:
                strides.insert(axis, 0)
        return Layout(sizes, tuple(0 if axis in axes else stride for axis, stride in enumerate(strides)))

    def passes_gradient(self, number: int, inputs: Shapes, output: Shape) -> bool:
        return self.by == "sum"

    def gradient_layout(self, number: int, back: Backward) -> Layout:
        restored = self._restored(back)
        if self.by == "sum":
            return restored
        if self.by == "mean":
            return elementwise(restored)
        return elementwise(restored, back.layouts[0])

    def layout(self, inputs: Sequence[Layout], sizes: Sequence[int]) -> Layout:
        return in_order(sizes)

    def expression(self, names: Sequence[str], inputs: Shapes, in_place: bool = False) -> str | None:
        axes = resolve_axes(self.axis, inputs[0], self.name)
        return CALLS[self.by].format(names[0], torch_axes(axes), ", keepdim=True" if self.keep else "")

    def caption(self, inputs: Shapes, output: Shape) -> str:
        return f"{self.by} over {show_axes(resolve_axes(self.axis, inputs[0], self.name), inputs[0])}"


OPERATIONS: tuple[type[Operation], ...] = (Reduce,)
