"""Tensors that no step makes: learned ones, and fixed ones. They take no input; their batch axis has size 1."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from ...base.records import dataclass
from .axis_names import Axes
from .base import Family, Initialization, Operation, Refusal, Shape, Shapes, Weight, product, show, show_size
from .initial import call
from .parameters import FLAG, POSITIVE, BadValue, Integers, Kind, Optional, Plain, Real, Sizes, names_of, parameter, sizes_of

STARTS: dict[str, str] = {
    "zeros": "nn.init.zeros_({})",
    "ones": "nn.init.ones_({})",
    "normal": "nn.init.normal_({}, std=%s)",
    "truncated": "nn.init.trunc_normal_({}, std=%s)",
    "xavier": "nn.init.xavier_uniform_({})",
}


class Start(Kind):
    """A word for how a learned tensor starts, or the number at which all of it does."""

    def read(self, value: object) -> Plain:
        if isinstance(value, str) and value in STARTS:
            return value
        try:
            return Real(self.describe).read(value)
        except BadValue:
            raise self.refuse() from None


SIZES = Sizes("a list of sizes of at least 1, without the batch; `[]` is one number", least=1)
OWN = Optional("a list of sizes, or none", Integers("a list of sizes of at least 1", least=1))
START = Start(f"{', '.join(f'{chr(34)}{word}{chr(34)}' for word in STARTS)}, or a number")


def begun(shape: Shape, stored: Shape, name: str) -> str:
    """A tensor of `stored` sizes as one of `shape`, a batch axis of 1 before it."""
    if stored == (1, *shape):
        return name
    if stored == shape:
        return f"{name}.unsqueeze(0)"
    free = sum(size != 1 for size in shape) == 1  # where one size alone is free, the text is the same for every number
    return f"{name}.reshape({', '.join('-1' if free and size != 1 else str(size) for size in (1, *shape))})"


@dataclass(frozen=True, slots=True)
class LearnedTensor(Operation):
    name: ClassVar[str] = "parameter"
    family: ClassVar[Family] = "other"
    summary: ClassVar[str] = (
        "A learned tensor, one for the whole batch: it takes no input and begins a path of `add`, `mul`, `concat` or `matmul`."
    )
    reference: ClassVar[str] = "torch.nn.Parameter"
    onnx: ClassVar[str] = "(an initializer)"
    least_inputs: ClassVar[int] = 0
    most_inputs: ClassVar[int | None] = 0

    shape: tuple[Plain, ...] = parameter(SIZES, "its sizes without the batch, with the names of its axes where it needs them")
    init: Plain = parameter(START, "how it starts", "normal")
    std: float = parameter(POSITIVE, 'the deviation of "normal" and "truncated"', 0.02)
    batch: bool = parameter(FLAG, "whether a checkpoint has it with a leading axis of 1 for the batch", False)
    stored: tuple[int, ...] | None = parameter(OWN, "its sizes in a checkpoint, where these are others of as many elements", None)

    @property
    def sizes(self) -> Shape:
        return sizes_of(self.shape)

    def output(self, inputs: Shapes) -> Shape:
        if self.stored is not None and product(self.stored) != product(self.sizes):
            raise Refusal(
                "E326",
                f"`parameter` of {show(self.sizes)} has {product(self.sizes)} elements, and `stored = {show(self.stored)}` {product(self.stored)}",
                parameter="stored",
                help="a checkpoint has the same elements, in other axes",
            )
        if self.stored is not None and self.batch:
            raise Refusal("E326", "`batch` and `stored` both say what a checkpoint has", parameter="batch", help="leave one of them out")
        return self.sizes

    def axes(self, names: Sequence[Axes], inputs: Shapes, output: Shape) -> Axes:
        return names_of(self.shape)

    def weights(self, inputs: Shapes) -> tuple[Weight, ...]:
        return (Weight("", self.stored if self.stored is not None else (1, *self.sizes) if self.batch else self.sizes),)

    def storage(self, inputs: Shapes, output: Shape) -> int:
        return 0

    def expression(self, names: Sequence[str], inputs: Shapes, in_place: bool = False) -> str | None:
        return begun(self.sizes, self.weights(inputs)[0].shape, names[0])

    def initialization(self) -> Initialization:
        if not isinstance(self.init, str):
            return Initialization((("", f"nn.init.constant_({{}}, {self.init})"),))
        return Initialization((("", call(STARTS[self.init], self.std)),))

    def caption(self, inputs: Shapes, output: Shape) -> str:
        return show_size(output)


OPERATIONS: tuple[type[Operation], ...] = (LearnedTensor,)
