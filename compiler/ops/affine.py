"""The grid that an affine map makes: where `grid_sample` reads."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from ...base.records import dataclass
from .axis_names import Axes
from .base import Backward, Family, Operation, Refusal, Shape, Shapes, product, show, show_size
from .crop import no_size, wanted_size
from .parameters import FLAG, Extent, Optional, Plain, Reference, parameter
from .spatial import simple
from .strides import Layout, in_order


@dataclass(frozen=True, slots=True)
class AffineGrid(Operation):
    name: ClassVar[str] = "affine_grid"
    family: ClassVar[Family] = "shape"
    came_with_names: ClassVar[bool] = True
    summary: ClassVar[str] = (
        "The grid of an affine map [2, 3], at which `grid_sample` reads: [h, w, 2], of the size of a labelled step, whatever that is on the day, "
        "or of a size that is told. A map of volumes is [3, 4]."
    )
    reference: ClassVar[str] = "torch.nn.functional.affine_grid"
    onnx: ClassVar[str] = "AffineGrid"
    most_inputs: ClassVar[int | None] = 2
    output_may_be_overwritten: ClassVar[bool] = True

    size: Plain = parameter(Optional("a size: `7`, or `7x5`, or none", Extent("")), "how many places, a number or one for each axis", None)
    like: bool = parameter(Reference("the label of a step"), "the step whose size it takes", False)
    align_corners: bool = parameter(FLAG, "-1 and 1 are the middles of the outermost pixels, not their edges", False)

    @classmethod
    def is_merge(cls) -> bool:
        return False  # the second input is `like`'s

    def _size(self, inputs: Shapes) -> tuple[int, ...]:
        theta = inputs[0]
        if theta not in ((2, 3), (3, 4)):
            raise Refusal(
                "E313",
                f"`affine_grid` takes an affine map of images, [2, 3], or of volumes, [3, 4], and its input is {show(theta)}",
                operand=0,
                help=f"`reshape([{', '.join(map(str, (2, 3) if product(theta) == 6 else (3, 4)))}])` before it"
                if product(theta) in (6, 12)
                else "six numbers an image, as `linear(6) -> reshape([2, 3])` makes them",
            )
        if self.like and len(inputs[1]) != theta[1]:
            raise Refusal(
                "E322",
                f"`affine_grid` of a map {show(theta)} takes the size of {'an image' if theta[0] == 2 else 'a volume'}, "
                f"and `like` leads to {show(inputs[1])}",
                parameter="like",
                operand=1,
            )
        size = wanted_size(self.name, self.size, self.like, ((0, *(0,) * theta[0]), *inputs[1:]), theta[0])
        if size is None:
            raise no_size(self.name, "size", "like")
        return size

    def output(self, inputs: Shapes) -> Shape:
        return (*self._size(inputs), inputs[0][0])

    def axes(self, names: Sequence[Axes], inputs: Shapes, output: Shape) -> Axes:
        return (*("depth", "height", "width")[-len(output) + 1 :], "channels")

    def flops(self, inputs: Shapes, output: Shape) -> int:
        return 2 * inputs[0][1] * product(output)

    def scratch(self, inputs: Shapes, output: Shape) -> int:
        return self._places(output)

    def _places(self, output: Shape) -> int:
        """The places before they are moved, each with a 1 behind it."""
        return product(output[:-1]) * (output[-1] + 1)

    def backward_scratch(self, back: Backward) -> int:
        return self._places(self.output(back.inputs)) * back.batch

    def layout(self, inputs: Sequence[Layout], sizes: Sequence[int]) -> Layout:
        return in_order(sizes)

    def gradient_layout(self, number: int, back: Backward) -> Layout:
        return in_order(back.sizes(number))

    def expression(self, names: Sequence[str], inputs: Shapes, in_place: bool = False) -> str | None:
        one = f"{names[0]}.shape[0], 1, "
        sizes = [f"{names[1]}.shape[{2 + axis}]" for axis in range(inputs[0][0])] if self.like else map(str, self._size(inputs))
        return f"F.affine_grid({names[0]}, [{one}{', '.join(sizes)}], align_corners={self.align_corners})"

    def caption(self, inputs: Shapes, output: Shape) -> str:
        return f"to {show_size(simple(output[:-1]))}"


OPERATIONS: tuple[type[Operation], ...] = (AffineGrid,)
