"""How alike two images are, place by place and place beside place (FlowNetC, PWC-Net, DispNetC)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from ...base.records import dataclass
from .axis_names import STANDARD, Axes
from .base import Backward, Family, Operation, Refusal, Saved, Shape, Shapes, Window, product, show, show_size
from .parameters import STRIDE, Extent, Plain, parameter
from .spatial import over_image, simple
from .strides import Layout, in_order

_CORRELATION = '''def correlation(x: torch.Tensor, y: torch.Tensor, reach: list[int], stride: list[int]) -> torch.Tensor:
    """How alike each place of `x` is to those of `y` around it, row by row: the mean over the channels of their products."""
    height, width = x.shape[2], x.shape[3]
    around = F.pad(y, [reach[1], reach[1], reach[0], reach[0]])
    found: list[torch.Tensor] = []
    for down in range(0, 2 * reach[0] + 1, stride[0]):
        for across in range(0, 2 * reach[1] + 1, stride[1]):
            found.append((x * around[:, :, down : down + height, across : across + width]).mean(1))
    return torch.stack(found, 1)
'''


@dataclass(frozen=True, slots=True)
class Correlation(Operation):
    name: ClassVar[str] = "correlation"
    wants_channels: ClassVar[str] = "first"
    family: ClassVar[Family] = "merge"
    summary: ClassVar[str] = (
        "How alike each place of an image is to the places around it of another, at the head of a merge: `correlation(20, stride = 2) "
        "{ | skip(a) | skip(b) }` gives a channel for each of 21 x 21 displacements, the mean over the channels of the products."
    )
    reference: ClassVar[str] = "Dosovitskiy et al. (2015), equation 1, over one pixel, divided by the channels as in the authors' code"
    onnx: ClassVar[str] = "Pad, Slice, Gather, Mul, ReduceMean, Concat"
    symbol: ClassVar[str] = "corr"
    least_inputs: ClassVar[int] = 2
    most_inputs: ClassVar[int | None] = 2
    output_may_be_overwritten: ClassVar[bool] = True

    displacement: Plain = parameter(
        Extent("a number of pixels, or one for each axis: `20`, or `0x40`", least=0),
        "how far from a place it looks, up and down, left and right",
    )
    stride: Plain = parameter(STRIDE, "the step from displacement to displacement", 1)

    def _steps(self) -> tuple[tuple[int, int], tuple[int, int]]:
        """For each axis how far the outermost displacement is, and the step."""
        outermost, steps = over_image(self.displacement, "displacement"), over_image(self.stride, "stride")
        down, across = (most // step * step for most, step in zip(outermost, steps, strict=True))
        return (down, across), steps

    def _counts(self) -> tuple[int, int]:
        """How many displacements there are along each axis."""
        down, across = (2 * reach // step + 1 for reach, step in zip(*self._steps(), strict=True))
        return down, across

    def output(self, inputs: Shapes) -> Shape:
        for operand, shape in enumerate(inputs):
            if len(shape) != 3:
                raise Refusal(
                    "E313",
                    f"`correlation` compares images [C, H, W], and path {operand + 1} is {show(shape)}",
                    operand=operand,
                    help="`image(like = label)` makes an image of a sequence" if len(shape) == 2 else None,
                )
        first, second = inputs
        if first != second:
            raise Refusal(
                "E301",
                f"`correlation` compares images of one shape: {show(first)} and {show(second)}",
                operand=1,
                axes=tuple(axis for axis, (one, two) in enumerate(zip(first, second, strict=True)) if one != two),
            )
        return (product(self._counts()), *first[1:])

    def axes(self, names: Sequence[Axes], inputs: Shapes, output: Shape) -> Axes:
        return STANDARD[3]

    def flops(self, inputs: Shapes, output: Shape) -> int:
        return 2 * inputs[0][0] * product(output)

    def _padded(self, shape: Shape) -> int:
        (down, across), _ = self._steps()
        return shape[0] * (shape[1] + 2 * down) * (shape[2] + 2 * across)

    def saved(self, inputs: Shapes, output: Shape) -> Saved:
        return Saved(inputs=(0,), extra=self._padded(inputs[1]))

    def keeps_input(self, number: int, wanted: Sequence[bool]) -> bool:
        return wanted[1]

    def kept_extra(self, saved: Saved, inputs: Shapes, wanted: Sequence[bool]) -> int:
        return saved.extra if wanted[0] else 0

    def scratch(self, inputs: Shapes, output: Shape) -> int:
        # The larger image; and the products of one displacement, or all the answers while they are put together.
        return self._padded(inputs[1]) + max(product(inputs[0]), product(output))

    def backward_scratch(self, back: Backward) -> int:
        """Of one displacement after another the gradient is added to what there is: both and their sum are alive, those of the larger image."""
        one, padded = product(back.inputs[0]), self._padded(back.inputs[1])
        first = one if back.wanted[0] else 0
        rows = [3 * one] if back.wanted[0] else []
        if back.wanted[1]:
            rows += [first + 3 * padded, 2 * first + padded + 2 * one]
        return max(rows, default=0) * back.batch - back.made

    def layout(self, inputs: Sequence[Layout], sizes: Sequence[int]) -> Layout:
        return in_order(sizes)

    def gradient_layout(self, number: int, back: Backward) -> Layout:
        return in_order(back.sizes(number))

    def windows_of(self, number: int, inputs: Shapes, output: Shape) -> tuple[Window, ...] | None:
        if number == 0:
            return None
        return tuple(Window(count, before=reach, dilation=step) for count, reach, step in zip(self._counts(), *self._steps(), strict=True))

    def expression(self, names: Sequence[str], inputs: Shapes, in_place: bool = False) -> str | None:
        reach, stride = self._steps()
        return f"correlation({names[0]}, {names[1]}, {list(reach)}, {list(stride)})"

    def helpers(self, inputs: Shapes) -> tuple[str, ...]:
        return (_CORRELATION,)

    def caption(self, inputs: Shapes, output: Shape) -> str:
        reach, stride = self._steps()
        step = f" by {show_size(simple(stride))}" if set(stride) != {1} else ""
        return f"±{show_size(simple(reach))}{step}"


OPERATIONS: tuple[type[Operation], ...] = (Correlation,)
