"""Functions of each element that are no activations: arithmetic."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from ...base.records import dataclass
from .base import BYTES_A_FLOAT, Backward, Family, Operation, Refusal, Saved, Shape, Shapes
from .parameters import NUMBER, Optional, parameter
from .pointwise import Pointwise
from .strides import Layout, elementwise


@dataclass(frozen=True, slots=True)
class _Function(Pointwise):
    """A function of each element. What its gradient is worked out from is the input, unless it says otherwise."""

    family: ClassVar[Family] = "elementwise"
    output_may_be_overwritten: ClassVar[bool] = True
    steps_back: ClassVar[int] = 0
    """How many tensors the backward pass makes on its way to the gradient."""

    def saved(self, inputs: Shapes, output: Shape) -> Saved:
        return Saved(inputs=(0,))

    def backward_scratch(self, back: Backward) -> int:
        return self.steps_back * back.elements

    def expression(self, names: Sequence[str], inputs: Shapes, in_place: bool = False) -> str | None:
        return f"torch.{self.name}({names[0]})"


@dataclass(frozen=True, slots=True)
class _OfOutput(_Function):
    """Its gradient is worked out from the output."""

    output_may_be_overwritten: ClassVar[bool] = False

    def saved(self, inputs: Shapes, output: Shape) -> Saved:
        return Saved(output=True)


@dataclass(frozen=True, slots=True)
class Exp(_OfOutput):
    name: ClassVar[str] = "exp"
    summary: ClassVar[str] = "e to the power of each element."
    reference: ClassVar[str] = "torch.exp"
    onnx: ClassVar[str] = "Exp"


@dataclass(frozen=True, slots=True)
class Log(_Function):
    name: ClassVar[str] = "log"
    summary: ClassVar[str] = "The natural logarithm of each element; of what is not above 0 it is no number."
    reference: ClassVar[str] = "torch.log"
    onnx: ClassVar[str] = "Log"


@dataclass(frozen=True, slots=True)
class Sqrt(_OfOutput):
    name: ClassVar[str] = "sqrt"
    summary: ClassVar[str] = "The square root of each element; below 0 it is no number."
    reference: ClassVar[str] = "torch.sqrt"
    onnx: ClassVar[str] = "Sqrt"
    steps_back: ClassVar[int] = 1


@dataclass(frozen=True, slots=True)
class Rsqrt(_OfOutput):
    name: ClassVar[str] = "rsqrt"
    summary: ClassVar[str] = "1 over the square root of each element."
    reference: ClassVar[str] = "torch.rsqrt"
    onnx: ClassVar[str] = "Sqrt, Reciprocal"
    steps_back: ClassVar[int] = 2


@dataclass(frozen=True, slots=True)
class Reciprocal(_OfOutput):
    name: ClassVar[str] = "reciprocal"
    summary: ClassVar[str] = "1 over each element."
    reference: ClassVar[str] = "torch.reciprocal"
    onnx: ClassVar[str] = "Reciprocal"
    steps_back: ClassVar[int] = 2


@dataclass(frozen=True, slots=True)
class Abs(_Function):
    name: ClassVar[str] = "abs"
    summary: ClassVar[str] = "Each element without its sign."
    reference: ClassVar[str] = "torch.abs"
    onnx: ClassVar[str] = "Abs"
    steps_back: ClassVar[int] = 1


@dataclass(frozen=True, slots=True)
class Sin(_Function):
    name: ClassVar[str] = "sin"
    summary: ClassVar[str] = "The sine of each element (SIREN, encodings of positions)."
    reference: ClassVar[str] = "torch.sin"
    onnx: ClassVar[str] = "Sin"
    steps_back: ClassVar[int] = 1


@dataclass(frozen=True, slots=True)
class Cos(_Function):
    name: ClassVar[str] = "cos"
    summary: ClassVar[str] = "The cosine of each element."
    reference: ClassVar[str] = "torch.cos"
    onnx: ClassVar[str] = "Cos"
    steps_back: ClassVar[int] = 2


@dataclass(frozen=True, slots=True)
class Square(_Function):
    name: ClassVar[str] = "square"
    summary: ClassVar[str] = "Each element times itself."
    reference: ClassVar[str] = "torch.square"
    onnx: ClassVar[str] = "Mul"
    steps_back: ClassVar[int] = 2


@dataclass(frozen=True, slots=True)
class Power(_Function):
    name: ClassVar[str] = "power"
    summary: ClassVar[str] = "Each element to the power of a fixed number."
    reference: ClassVar[str] = "torch.pow"
    onnx: ClassVar[str] = "Pow"
    steps_back: ClassVar[int] = 2

    exponent: float = parameter(NUMBER, "the exponent; of what is below 0 only a whole one gives a number")

    def does_nothing(self, inputs: Shapes, output: Shape) -> bool:
        return self.exponent == 1

    def expression(self, names: Sequence[str], inputs: Shapes, in_place: bool = False) -> str | None:
        return f"torch.pow({names[0]}, {self.exponent})"

    def caption(self, inputs: Shapes, output: Shape) -> str:
        return f"{self.exponent:g}"


BOUND = Optional(f"{NUMBER.describe}, or none", NUMBER)


@dataclass(frozen=True, slots=True)
class Clamp(_Function):
    name: ClassVar[str] = "clamp"
    summary: ClassVar[str] = "Each element, but no less than `min` and no more than `max` (hardtanh is `clamp(-1, 1)`)."
    reference: ClassVar[str] = "torch.clamp"
    onnx: ClassVar[str] = "Clip"

    min: float | None = parameter(BOUND, "the least value; none: no bound", None)
    max: float | None = parameter(BOUND, "the largest value; none: no bound", None)

    def output(self, inputs: Shapes) -> Shape:
        if self.min is None and self.max is None:
            raise Refusal("E326", "`clamp` has no bound: it needs `min`, `max` or both", help="`clamp(min = 0)` leaves nothing below 0")
        if self.min is not None and self.max is not None and self.min > self.max:
            raise Refusal(
                "E326",
                f"`min` {self.min} of `clamp` is above its `max` {self.max}: nothing lies between",
                parameter="min",
                help=f"`clamp({self.max}, {self.min})` has them in order",
            )
        return inputs[0]

    def _bounds(self) -> tuple[tuple[str, float], ...]:
        return tuple((name, value) for name, value in (("min", self.min), ("max", self.max)) if value is not None)

    def backward_scratch(self, back: Backward) -> int:
        # A mask for each bound, of a byte an element, and the zero that stands outside.
        return -(-len(self._bounds()) * back.elements // BYTES_A_FLOAT) + 1

    def gradient_layout(self, number: int, back: Backward) -> Layout:
        return elementwise(back.layouts[0], back.gradient)

    def expression(self, names: Sequence[str], inputs: Shapes, in_place: bool = False) -> str | None:
        return f"torch.clamp({names[0]}, {', '.join(f'{name}={value}' for name, value in self._bounds())})"

    def caption(self, inputs: Shapes, output: Shape) -> str:
        return "..".join("" if bound is None else f"{bound:g}" for bound in (self.min, self.max))


@dataclass(frozen=True, slots=True)
class Offset(_Function):
    name: ClassVar[str] = "offset"
    summary: ClassVar[str] = "Adds a fixed number (`scale` multiplies by one): 1 - x is `scale(-1) -> offset(1)`."
    reference: ClassVar[str] = "torch.add"
    onnx: ClassVar[str] = "Add"
    gradient_is_view: ClassVar[bool] = True

    addend: float = parameter(NUMBER, "the number")

    def does_nothing(self, inputs: Shapes, output: Shape) -> bool:
        return self.addend == 0

    def saved(self, inputs: Shapes, output: Shape) -> Saved:
        return Saved()

    def gradient_layout(self, number: int, back: Backward) -> Layout:
        return back.gradient

    def expression(self, names: Sequence[str], inputs: Shapes, in_place: bool = False) -> str | None:
        return f"{names[0]} + {self.addend}" if self.addend >= 0 else f"{names[0]} - {-self.addend}"

    def caption(self, inputs: Shapes, output: Shape) -> str:
        return f"{self.addend:+g}"


OPERATIONS: tuple[type[Operation], ...] = (
    Exp,
    Log,
    Sqrt,
    Rsqrt,
    Reciprocal,
    Abs,
    Sin,
    Cos,
    Square,
    Power,
    Clamp,
    Offset,
)
