"""Learned tensors that stand alone: their weights have no name of their own, so that the key is the step's own path."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from ...base.records import dataclass
from .axes import AXIS, NEEDS_FEATURES, resolve_axis
from .base import Backward, Family, Initialization, Operation, Refusal, Saved, Shape, Shapes, Weight, product, show
from .parameters import NUMBER, POSITIVE, Optional, Plain, Word, parameter
from .strides import Layout, cut, elementwise, in_order

STORED = Optional('"flat", "batch" or none', Word("", ("flat", "batch")))


def _need_sequence(name: str, shape: Shape) -> None:
    if len(shape) != 2:
        raise Refusal(
            "E313",
            f"`{name}` works on a sequence [L, C], and its input is {show(shape)}",
            operand=0,
            help=NEEDS_FEATURES if len(shape) == 1 else "`tokens` makes a sequence of an image",
        )


@dataclass(frozen=True, slots=True)
class ClassToken(Operation):
    name: ClassVar[str] = "class_token"
    family: ClassVar[Family] = "other"
    wants_channels: ClassVar[str] = "last"
    summary: ClassVar[str] = "Puts a learned token before a sequence: [L, C] becomes [L + 1, C]."
    reference: ClassVar[str] = "torchvision.models.VisionTransformer"
    onnx: ClassVar[str] = "Expand, Concat"
    output_may_be_overwritten: ClassVar[bool] = True
    gradient_is_view: ClassVar[bool] = True

    def output(self, inputs: Shapes) -> Shape:
        _need_sequence(self.name, inputs[0])
        return (inputs[0][0] + 1, inputs[0][1])

    def weights(self, inputs: Shapes) -> tuple[Weight, ...]:
        return (Weight("", (1, 1, inputs[0][1])),)

    def gradient_layout(self, number: int, back: Backward) -> Layout:
        return cut(back.gradient, back.sizes(number))

    def expression(self, names: Sequence[str], inputs: Shapes, in_place: bool = False) -> str | None:
        return f"torch.cat([{names[1]}.expand({names[0]}.shape[0], -1, -1), {names[0]}], dim=1)"

    def initialization(self) -> Initialization:
        return Initialization((("", "nn.init.zeros_({})"),))


@dataclass(frozen=True, slots=True)
class PositionEmbedding(Operation):
    name: ClassVar[str] = "position_embedding"
    family: ClassVar[Family] = "other"
    summary: ClassVar[str] = "Adds a learned vector to each token of a sequence [L, C]; fixes the length of the sequence."
    reference: ClassVar[str] = "torchvision.models.VisionTransformer"
    onnx: ClassVar[str] = "Add"
    output_may_be_overwritten: ClassVar[bool] = True
    gradient_is_view: ClassVar[bool] = True

    std: float = parameter(POSITIVE, "the deviation of the normal distribution that it starts from", 0.02)

    def output(self, inputs: Shapes) -> Shape:
        _need_sequence(self.name, inputs[0])
        return inputs[0]

    def weights(self, inputs: Shapes) -> tuple[Weight, ...]:
        return (Weight("", (1, *inputs[0])),)

    def flops(self, inputs: Shapes, output: Shape) -> int:
        return product(output)

    def gradient_layout(self, number: int, back: Backward) -> Layout:
        return back.gradient

    def layout(self, inputs: Sequence[Layout], sizes: Sequence[int]) -> Layout:
        return elementwise(inputs[0], in_order(self.weights((inputs[0].sizes[1:],))[0].shape))

    def expression(self, names: Sequence[str], inputs: Shapes, in_place: bool = False) -> str | None:
        return f"{names[0]} + {names[1]}"

    def initialization(self) -> Initialization:
        return Initialization((("", f"nn.init.normal_({{}}, std={self.std})"),))


@dataclass(frozen=True, slots=True)
class LayerScale(Operation):
    name: ClassVar[str] = "layer_scale"
    family: ClassVar[Family] = "other"
    summary: ClassVar[str] = "A learned factor for each channel of an image [C, H, W], or for each feature of [L, C] or [C]."
    reference: ClassVar[str] = "ConvNeXt, CaiT"
    onnx: ClassVar[str] = "Mul"
    output_may_be_overwritten: ClassVar[bool] = True

    init: float = parameter(NUMBER, "what the factors start at", 1e-5)
    axis: Plain = parameter(AXIS, "along which axis each place has a factor", "channels")
    stored: str | None = parameter(
        STORED,
        'what a checkpoint has: "flat", [C] alone; "batch", with all axes and one for the batch before them; none, [C, 1, 1] of an image',
        None,
    )

    channels_of_two: ClassVar[int] = 1

    def axis_of(self, shape: Shape) -> int:
        return 1 if self.axis == "channels" and len(shape) == 2 else resolve_axis(self.axis, shape, self.name)

    def output(self, inputs: Shapes) -> Shape:
        self.axis_of(inputs[0])
        return inputs[0]

    def weights(self, inputs: Shapes) -> tuple[Weight, ...]:
        shape = inputs[0]
        axis = self.axis_of(shape)
        behind = 0 if self.stored == "flat" else len(shape) - 1 - axis
        return (Weight("", (1,) * (axis + 1 if self.stored == "batch" else 0) + (shape[axis],) + (1,) * behind),)

    def flops(self, inputs: Shapes, output: Shape) -> int:
        return product(output)

    def saved(self, inputs: Shapes, output: Shape) -> Saved:
        return Saved(inputs=(0,))

    def backward_scratch(self, back: Backward) -> int:
        return back.elements  # the factors' gradient, before it is summed

    def gradient_layout(self, number: int, back: Backward) -> Layout:
        return elementwise(back.gradient, in_order(self._factors(back.inputs[0])))

    def _factors(self, shape: Shape) -> Shape:
        """The shape by which the factors meet the input."""
        return (shape[self.axis_of(shape)],) + (1,) * (len(shape) - 1 - self.axis_of(shape))

    def layout(self, inputs: Sequence[Layout], sizes: Sequence[int]) -> Layout:
        return elementwise(inputs[0], in_order(self._factors(inputs[0].sizes[1:])))

    def expression(self, names: Sequence[str], inputs: Shapes, in_place: bool = False) -> str | None:
        factors = self._factors(inputs[0])
        if self.stored == "flat" and len(factors) > 1:
            return f"{names[0]} * {names[1]}.reshape({', '.join(['-1', *['1'] * (len(factors) - 1)])})"
        return f"{names[0]} * {names[1]}"

    def initialization(self) -> Initialization:
        return Initialization((("", f"nn.init.constant_({{}}, {self.init})"),))


OPERATIONS: tuple[type[Operation], ...] = (ClassToken, PositionEmbedding, LayerScale)
