"""What belongs to no other family."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from ...base.records import dataclass
from .axis_names import Axes
from .base import Backward, Construct, Family, Operation, Refusal, Saved, Shape, Shapes, Weight, product, show
from .parameters import CHANNELS, COUNT, NUMBER, parameter
from .strides import Layout, elementwise

_SCALE = '''class Scale(nn.Module):
    """Multiplies by a fixed number."""

    def __init__(self, factor: float) -> None:
        super().__init__()
        self.factor = factor

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return x * self.factor
'''


@dataclass(frozen=True, slots=True)
class Scale(Operation):
    name: ClassVar[str] = "scale"
    family: ClassVar[Family] = "other"
    summary: ClassVar[str] = "Multiplies by a fixed number (the residual scaling of Inception-ResNet)."
    reference: ClassVar[str] = "torch.mul"
    onnx: ClassVar[str] = "Mul"
    output_may_be_overwritten: ClassVar[bool] = True

    factor: float = parameter(NUMBER, "the number")

    def output(self, inputs: Shapes) -> Shape:
        return inputs[0]

    def does_nothing(self, inputs: Shapes, output: Shape) -> bool:
        return self.factor == 1

    def flops(self, inputs: Shapes, output: Shape) -> int:
        return product(output)

    def gradient_layout(self, number: int, back: Backward) -> Layout:
        return elementwise(back.gradient)

    def layout(self, inputs: Sequence[Layout], sizes: Sequence[int]) -> Layout:
        return elementwise(*inputs)

    def module(self, inputs: Shapes, in_place: bool = False) -> Construct | None:
        return Construct("Scale", ((None, self.factor),))

    def helpers(self, inputs: Shapes) -> tuple[str, ...]:
        return (_SCALE,)

    def expression(self, names: Sequence[str], inputs: Shapes, in_place: bool = False) -> str | None:
        return f"{names[0]} * {self.factor}"

    def caption(self, inputs: Shapes, output: Shape) -> str:
        return f"{self.factor:g}"


@dataclass(frozen=True, slots=True)
class Identity(Operation):
    name: ClassVar[str] = "identity"
    family: ClassVar[Family] = "other"
    summary: ClassVar[str] = "Does nothing."
    reference: ClassVar[str] = "torch.nn.Identity"
    onnx: ClassVar[str] = "Identity"
    is_view: ClassVar[bool] = True
    gradient_is_view: ClassVar[bool] = True

    def only_moves(self) -> bool:
        return True

    def passes_on(self) -> bool:
        return True

    def output(self, inputs: Shapes) -> Shape:
        return inputs[0]

    def gradient_layout(self, number: int, back: Backward) -> Layout:
        return back.gradient

    def layout(self, inputs: Sequence[Layout], sizes: Sequence[int]) -> Layout:
        return inputs[0]

    def module(self, inputs: Shapes, in_place: bool = False) -> Construct | None:
        return Construct("nn.Identity")

    def expression(self, names: Sequence[str], inputs: Shapes, in_place: bool = False) -> str | None:
        return names[0]


@dataclass(frozen=True, slots=True)
class Embedding(Operation):
    name: ClassVar[str] = "embedding"
    family: ClassVar[Family] = "other"
    summary: ClassVar[str] = (
        "A learned vector for each number of a sequence of whole numbers: [L] becomes [L, C]. "
        "At the head of a merge a second path is the table, [count, features], which other steps may read, too."
    )
    reference: ClassVar[str] = "torch.nn.Embedding"
    onnx: ClassVar[str] = "Gather"
    most_inputs: ClassVar[int | None] = 2
    output_may_be_overwritten: ClassVar[bool] = True

    count: int = parameter(COUNT, "how many different numbers there are")
    features: int = parameter(CHANNELS, "how long the vectors are")

    def output(self, inputs: Shapes) -> Shape:
        if len(inputs) == 2 and len(inputs[1]) == 1 and inputs[0] == (self.count, self.features):
            raise Refusal(
                "E313",
                f"`embedding` works on a sequence of whole numbers [L], and path 1 is its table, {show(inputs[0])}",
                operand=0,
                help="the numbers are path 1, and the table is path 2",
            )
        if len(inputs[0]) != 1:
            raise Refusal(
                "E313",
                f"`embedding` works on a sequence of whole numbers [L], and its input is {show(inputs[0])}",
                operand=0,
                help="to multiply by the same table at the end, make it a step, `table: parameter([count, features])`: "
                "`embedding(count, features) { | skip | skip(table) }`, then `matmul { | skip | skip(table) -> permute([1, 0]) }`"
                if len(inputs[0]) == 2
                else "numbers of words are an input of one axis, `input tokens[length = 128]`; `linear` or `conv` make features of an image",
            )
        if len(inputs) == 2 and inputs[1] != (self.count, self.features):
            raise Refusal(
                "E326",
                f"`embedding` of {self.count} numbers in {self.features} features, and its table is {show(inputs[1])} (path 2)",
                parameter="count" if inputs[1][:1] != (self.count,) else "features",
                operand=1,
                help="the table is [count, features]",
            )
        return (*inputs[0], self.features)

    def check_batch(self, batchless: Sequence[bool]) -> None:
        if len(batchless) == 2 and not batchless[1]:
            raise Refusal(
                "E326",
                "the table of `embedding` hangs on an input, and one table is read for the whole batch (path 2)",
                operand=1,
                help="a table is a `parameter`, or made of such alone",
            )

    def takes_batchless(self, number: int) -> bool:
        return number == 1

    def axes(self, names: Sequence[Axes], inputs: Shapes, output: Shape) -> Axes:
        return ("length", "channels")

    def weights(self, inputs: Shapes) -> tuple[Weight, ...]:
        return (Weight("weight", (self.count, self.features)),) if len(inputs) == 1 else ()

    def reads_integers(self) -> int | None:
        return self.count

    def saved(self, inputs: Shapes, output: Shape) -> Saved:
        return Saved(inputs=(0,))

    def module(self, inputs: Shapes, in_place: bool = False) -> Construct | None:
        return Construct("nn.Embedding", ((None, self.count), (None, self.features))) if len(inputs) == 1 else None

    def expression(self, names: Sequence[str], inputs: Shapes, in_place: bool = False) -> str | None:
        return f"F.embedding({names[0]}, {names[1]}.squeeze(0))" if len(inputs) == 2 else None

    def caption(self, inputs: Shapes, output: Shape) -> str:
        return f"{self.count} to {self.features}"


OPERATIONS: tuple[type[Operation], ...] = (Scale, Identity, Embedding)
