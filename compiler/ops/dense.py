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

LAST_DOC = "work along the last axis of any tensor, as of an image whose channels were permuted to the end"


def copied_rows(layout: Layout) -> int:
    """Elements of the copy that a matrix product over the last axis makes: all other axes become one."""
    return layout.elements if viewed(layout, (product(layout.sizes[:-1]), layout.sizes[-1])) is None else 0


@dataclass(frozen=True, slots=True)
class Dense(Operation):
    """What `linear` shares with those whose weight is worked out of what is learned. Their fields have the same names."""

    family: ClassVar[Family] = "dense"
    onnx: ClassVar[str] = "Gemm, MatMul + Add"
    output_may_be_overwritten: ClassVar[bool] = True
    int8: ClassVar[InEightBits] = "computes"

    def _fields(self) -> tuple[int, bool, bool]:
        """features, bias, last."""
        raise NotImplementedError

    def _matrix(self, shape: Shape) -> Shape:
        return (self._fields()[0], shape[-1])

    def output(self, inputs: Shapes) -> Shape:
        shape = inputs[0]
        features, _, last = self._fields()
        if len(shape) > 2 and not last:
            raise Refusal(
                "E314",
                f"`{self.name}` works on a vector [C] or a sequence [L, C], and its input is {show(shape)}",
                operand=0,
                help="`flatten` first, which leaves the channels"
                if set(shape[1:]) == {1}
                else f"`flatten` or `global_avgpool -> flatten` first; `last = true` works along the last axis, of size {shape[-1]}",
            )
        return (*shape[:-1], features)

    def on(self, names: Sequence[Axes], inputs: Shapes) -> Operation:
        shape, axes = inputs[0], names[0]
        if self._fields()[2] or len(shape) == 1:
            return self
        if len(shape) == 2 and not stands_last(axes):
            raise wrong_order(self, shape, axes, 0, "last", ("last", "true"))
        return self._along_last() if len(shape) > 2 and axes[-1] == "channels" and stands_last(axes) else self

    def _along_last(self) -> Operation:
        """The same with `last`."""
        raise NotImplementedError

    def axes(self, names: Sequence[Axes], inputs: Shapes, output: Shape) -> Axes:
        before = names[0][:-1]
        return (*before, names[0][-1] or ("" if "channels" in before else "channels"))

    def weights(self, inputs: Shapes) -> tuple[Weight, ...]:
        weight = Weight("weight", self._matrix(inputs[0]))
        return (weight, Weight("bias", weight.shape[:1])) if self._fields()[1] else (weight,)

    def macs(self, inputs: Shapes, output: Shape) -> int:
        return product(output) * inputs[0][-1]

    def flops(self, inputs: Shapes, output: Shape) -> int:
        return 2 * self.macs(inputs, output) + (product(output) if self._fields()[1] else 0)

    def saved(self, inputs: Shapes, output: Shape) -> Saved:
        return Saved(inputs=(0,))

    def copies(self, inputs: Sequence[Layout], output: Layout, training: bool) -> int:
        layout = inputs[0]
        if len(layout.sizes) == 2 or layout.is_in_order:
            return 0
        # A matrix product, and the bias added to it in a tensor of its own.
        copied, added = copied_rows(layout), output.elements if self._fields()[1] else 0
        return copied + added if training else max(copied, added)

    def kept_copies(self, inputs: Sequence[Layout]) -> int:
        return copied_rows(inputs[0])

    def answers_with_view(self, inputs: Sequence[Layout]) -> bool:
        # As rows of one matrix; without a bias, or where they are copied, autograd knows nothing of it.
        return len(inputs[0].sizes) > 2 and self._fields()[1] and inputs[0].is_in_order

    def backward_scratch(self, back: Backward) -> int:
        made = back.made + sum(weight.elements for weight in Dense.weights(self, back.inputs))
        return copied_gradient(back, made) if copied_rows(back.gradient) else 0

    def gradient_layout(self, number: int, back: Backward) -> Layout:
        return in_order(back.sizes(number))

    def class_name(self) -> str:
        return "nn.Linear"

    def module(self, inputs: Shapes, in_place: bool = False) -> Construct | None:
        arguments: tuple[tuple[str | None, Plain], ...] = ((None, inputs[0][-1]), (None, self._fields()[0]))
        return Construct(self.class_name(), arguments if self._fields()[1] else (*arguments, ("bias", False)))

    def caption(self, inputs: Shapes, output: Shape) -> str:
        return str(self._fields()[0])


@dataclass(frozen=True, slots=True)
class Linear(Dense):
    name: ClassVar[str] = "linear"
    summary: ClassVar[str] = "A dense layer on a vector [C], or on each token of a sequence [L, C]."
    reference: ClassVar[str] = "torch.nn.Linear"

    features: int = parameter(CHANNELS, "how many numbers come out")
    bias: bool = parameter(FLAG, "whether a number is added to each feature", True)
    init: str | None = parameter(INIT, INIT_DOC, "default")
    std: float = parameter(POSITIVE, STD_DOC, 0.01)
    last: bool = parameter(FLAG, LAST_DOC, False)

    def _fields(self) -> tuple[int, bool, bool]:
        return self.features, self.bias, self.last

    def _along_last(self) -> Operation:
        return replace(self, last=True)

    def initialization(self) -> Initialization:
        return initialization(self.init, self.std, self.bias)


OPERATIONS: tuple[type[Operation], ...] = (Linear,)
