"""Dense layers."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import ClassVar

from ...base.records import dataclass
from .axes import wrong_order
from .axis_names import Axes, stands_last
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
    copied_gradient,
    product,
    show,
)
from .initial import INIT, INIT_DOC, STD_DOC, initialization
from .parameters import CHANNELS, FLAG, POSITIVE, Plain, parameter
from .strides import Layout, in_order, viewed


def copied_rows(layout: Layout) -> int:
    """Elements of the copy that a matrix product over the last axis makes: all other axes become one."""
    return layout.elements if viewed(layout, (product(layout.sizes[:-1]), layout.sizes[-1])) is None else 0


@dataclass(frozen=True, slots=True)
class Linear(Operation):
    name: ClassVar[str] = "linear"
    family: ClassVar[Family] = "dense"
    summary: ClassVar[str] = "A dense layer on a vector [C], or on each token of a sequence [L, C]."
    reference: ClassVar[str] = "torch.nn.Linear"
    onnx: ClassVar[str] = "Gemm, MatMul + Add"
    output_may_be_overwritten: ClassVar[bool] = True
    int8: ClassVar[InEightBits] = "computes"

    features: int = parameter(CHANNELS, "how many numbers come out")
    bias: bool = parameter(FLAG, "whether a number is added to each feature", True)
    init: str | None = parameter(INIT, INIT_DOC, "default")
    std: float = parameter(POSITIVE, STD_DOC, 0.01)
    last: bool = parameter(FLAG, "work along the last axis of any tensor, as of an image whose channels were permuted to the end", False)

    def output(self, inputs: Shapes) -> Shape:
        shape = inputs[0]
        if len(shape) > 2 and not self.last:
            raise Refusal(
                "E314",
                f"`linear` works on a vector [C] or a sequence [L, C], and its input is {show(shape)}",
                operand=0,
                help="`flatten` first, which leaves the channels"
                if set(shape[1:]) == {1}
                else f"`flatten` or `global_avgpool -> flatten` first; `last = true` works along the last axis, of size {shape[-1]}",
            )
        return (*shape[:-1], self.features)

    def on(self, names: Sequence[Axes], inputs: Shapes) -> Operation:
        shape, axes = inputs[0], names[0]
        if self.last or len(shape) == 1:
            return self
        if len(shape) == 2 and not stands_last(axes):
            raise wrong_order(self, shape, axes, 0, "last", ("last", "true"))
        return replace(self, last=True) if len(shape) > 2 and axes[-1] == "channels" and stands_last(axes) else self

    def axes(self, names: Sequence[Axes], inputs: Shapes, output: Shape) -> Axes:
        before = names[0][:-1]
        return (*before, names[0][-1] or ("" if "channels" in before else "channels"))

    def weights(self, inputs: Shapes) -> tuple[Weight, ...]:
        weight = Weight("weight", (self.features, inputs[0][-1]))
        return (weight, Weight("bias", (self.features,))) if self.bias else (weight,)

    def macs(self, inputs: Shapes, output: Shape) -> int:
        return product(output) * inputs[0][-1]

    def flops(self, inputs: Shapes, output: Shape) -> int:
        return 2 * self.macs(inputs, output) + (product(output) if self.bias else 0)

    def saved(self, inputs: Shapes, output: Shape) -> Saved:
        return Saved(inputs=(0,))

    def copies(self, inputs: Sequence[Layout], output: Layout, training: bool) -> int:
        layout = inputs[0]
        if len(layout.sizes) == 2 or layout.is_in_order:
            return 0
        # A matrix product, and the bias added to it in a tensor of its own.
        copied, added = copied_rows(layout), output.elements if self.bias else 0
        return copied + added if training else max(copied, added)

    def kept_copies(self, inputs: Sequence[Layout]) -> int:
        return copied_rows(inputs[0])

    def answers_with_view(self, inputs: Sequence[Layout]) -> bool:
        # As rows of one matrix; without a bias, or where they are copied, autograd knows nothing of it.
        return len(inputs[0].sizes) > 2 and self.bias and inputs[0].is_in_order

    def backward_scratch(self, back: Backward) -> int:
        made = back.made + sum(weight.elements for weight in self.weights(back.inputs))
        return copied_gradient(back, made) if copied_rows(back.gradient) else 0

    def gradient_layout(self, number: int, back: Backward) -> Layout:
        return in_order(back.sizes(number))

    def module(self, inputs: Shapes, in_place: bool = False) -> Construct | None:
        arguments: tuple[tuple[str | None, Plain], ...] = ((None, inputs[0][-1]), (None, self.features))
        return Construct("nn.Linear", arguments if self.bias else (*arguments, ("bias", False)))

    def initialization(self) -> Initialization:
        return initialization(self.init, self.std, self.bias)

    def caption(self, inputs: Shapes, output: Shape) -> str:
        return str(self.features)


OPERATIONS: tuple[type[Operation], ...] = (Linear,)
