"""A sequence of positions back to an image."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from ...base.records import dataclass
from .axis_names import STANDARD, Axes
from .base import Backward, Construct, Family, Operation, Refusal, Shape, Shapes, product, show, show_size
from .crop import no_size, not_both
from .parameters import Extent, Optional, Plain, Reference, parameter
from .strides import Layout, in_order, permuted, viewed

_IMAGE = '''class Image(nn.Module):
    """A sequence as an image of this size: [N, L, C] becomes [N, C, H, W]."""

    def __init__(self, size: tuple[int, ...]) -> None:
        super().__init__()
        self.size = list(size)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return x.transpose(1, 2).unflatten(2, self.size)
'''


@dataclass(frozen=True, slots=True)
class Image(Operation):
    name: ClassVar[str] = "image"
    wants_channels: ClassVar[str] = "last"
    family: ClassVar[Family] = "shape"
    is_view: ClassVar[bool] = True
    gradient_is_view: ClassVar[bool] = True
    came_with_names: ClassVar[bool] = True
    summary: ClassVar[str] = (
        "A sequence of positions [L, C] as an image [C, H, W], the way back from `tokens`: of the size of a labelled step, "
        "whatever that is on the day, or of a size that is told."
    )
    reference: ClassVar[str] = "x.transpose(1, 2).unflatten(2, size)"
    onnx: ClassVar[str] = "Transpose, Reshape"
    most_inputs: ClassVar[int | None] = 2

    size: Plain = parameter(Optional("a size: `7`, or `7x5`, or none", Extent("")), "the size: one number is that of both axes", None)
    like: bool = parameter(Reference("the label of a step"), "the step whose size it takes", False)

    @classmethod
    def is_merge(cls) -> bool:
        return False  # the second input is `like`'s

    def _size(self, inputs: Shapes) -> tuple[int, ...]:
        not_both(self.name, self.size, self.like)
        if self.like:
            if len(inputs[1]) < 3:
                raise Refusal(
                    "E322",
                    f"`image` takes the size of an image or a volume, and `like` leads to {show(inputs[1])}",
                    parameter="like",
                    operand=1,
                )
            return inputs[1][1:]
        if self.size is None:
            raise no_size(self.name, "size", "like")
        return self.size if isinstance(self.size, tuple) else (self.size, self.size)  # type: ignore[return-value]

    def output(self, inputs: Shapes) -> Shape:
        shape = inputs[0]
        if len(shape) != 2:
            raise Refusal(
                "E313",
                f"`image` takes a sequence [L, C], and its input is {show(shape)}",
                operand=0,
                help="`tokens` makes a sequence of an image; `reshape` and `rearrange` change axes of other tensors",
            )
        size = self._size(inputs)
        if product(size) != shape[0]:
            raise Refusal(
                "E310",
                f"length {shape[0]} of {show(shape)} are not the positions of an image of {show_size(size)}, {product(size)}",
                parameter="like" if self.like else "size",
                operand=0,
                axis=0,
                help="`slice(axis = length, start = 1)` drops a token that stands before the positions"
                if product(size) + 1 == shape[0]
                else None,
            )
        return (shape[1], *size)

    def axes(self, names: Sequence[Axes], inputs: Shapes, output: Shape) -> Axes:
        return STANDARD[len(output)]

    def layout(self, inputs: Sequence[Layout], sizes: Sequence[int]) -> Layout:
        return viewed(permuted(inputs[0], (0, 2, 1)), sizes) or in_order(sizes)

    def is_copied(self, inputs: Sequence[Layout], sizes: Sequence[int]) -> bool:
        return viewed(permuted(inputs[0], (0, 2, 1)), sizes) is None

    def _undone(self, back: Backward) -> Layout | None:
        batch, length, channels = back.sizes(0)
        return viewed(back.gradient, (batch, channels, length))

    def gradient_layout(self, number: int, back: Backward) -> Layout:
        batch, length, channels = back.sizes(0)
        return permuted(self._undone(back) or in_order((batch, channels, length)), (0, 2, 1))

    def copies_gradient(self, back: Backward) -> bool:
        return self._undone(back) is None

    def module(self, inputs: Shapes, in_place: bool = False) -> Construct | None:
        return None if self.like else Construct("Image", ((None, self._size(inputs)),))

    def helpers(self, inputs: Shapes) -> tuple[str, ...]:
        return () if self.like else (_IMAGE,)

    def expression(self, names: Sequence[str], inputs: Shapes, in_place: bool = False) -> str | None:
        size = f"{names[1]}.shape[2:]" if self.like else repr(self._size(inputs))
        return f"{names[0]}.transpose(1, 2).unflatten(2, {size})"

    def caption(self, inputs: Shapes, output: Shape) -> str:
        return f"to {show_size(output[1:])}"


OPERATIONS: tuple[type[Operation], ...] = (Image,)
