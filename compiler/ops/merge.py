"""Merges: what several paths end in becomes one tensor."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from ...base.records import dataclass
from .axes import AXIS, resolve_axis
from .axis_names import Axes, axis_name
from .axis_names import joined as joined_names
from .base import Backward, Family, InEightBits, Operation, Refusal, Saved, Shape, Shapes, product, show
from .parameters import FLAG, Plain, parameter
from .strides import Layout, as_suggested, cut, elementwise, in_order, viewed


def same_rank(name: str, code: str, inputs: Shapes) -> None:
    """All inputs have as many axes as the first."""
    for number, shape in enumerate(inputs[1:], 1):
        if len(shape) != len(inputs[0]):
            raise Refusal(
                code,
                f"the paths of `{name}` end in different numbers of axes: {show(inputs[0])} and {show(shape)} (paths 1 and {number + 1})",
                operand=number,
                help="`reshape` or `flatten` one of them; `global_avgpool` keeps its axes, with size 1",
            )


def unequal(name: str, code: str, inputs: Shapes, number: int, axes: Sequence[int], reference: int = 0, help: str | None = None) -> Refusal:
    """Path `number` differs from path `reference` on `axes`."""
    first, other = inputs[reference], inputs[number]
    told = ", ".join(f"{axis_name(axis, first)} {first[axis]} and {other[axis]}" for axis in axes)
    return Refusal(
        code,
        f"the paths of `{name}` end in different shapes: {told} (paths {reference + 1} and {number + 1}: {show(first)} and {show(other)})",
        operand=number,
        axes=tuple(axes),
        help=help,
    )


@dataclass(frozen=True, slots=True)
class _Elementwise(Operation):
    """A merge that works element by element on equal shapes, or with axes of size 1 stretched where that is wanted."""

    family: ClassVar[Family] = "merge"
    least_inputs: ClassVar[int] = 2
    most_inputs: ClassVar[int | None] = 200
    """It is written as one expression of as many terms, which TorchScript's reader follows term by term: at 500 it is at Python's limit."""
    lies_on_top: ClassVar[bool] = True
    output_may_be_overwritten: ClassVar[bool] = True

    def takes_batchless(self, number: int) -> bool:
        return True

    def _stretches(self) -> bool:
        return False

    def output(self, inputs: Shapes) -> Shape:
        if not self._stretches():
            return self._equal(inputs)
        same_rank(self.name, "E303", inputs)
        sizes = list(inputs[0])
        decided = [0] * len(sizes)
        for number, shape in enumerate(inputs[1:], 1):
            wrong = [axis for axis, size in enumerate(shape) if 1 not in (size, sizes[axis]) and size != sizes[axis]]
            if wrong:
                beside = decided[wrong[0]]
                axes = [axis for axis in wrong if decided[axis] == beside]
                raise unequal(self.name, "E303", inputs, number, axes, beside, "sizes must be equal, or 1, which stretches")
            for axis, size in enumerate(shape):
                if sizes[axis] == 1 and size != 1:
                    sizes[axis], decided[axis] = size, number
        return tuple(sizes)

    def _equal(self, inputs: Shapes) -> Shape:
        same_rank(self.name, "E301", inputs)
        for number, shape in enumerate(inputs[1:], 1):
            axes = [axis for axis, size in enumerate(shape) if size != inputs[0][axis]]
            if axes:
                raise unequal(self.name, "E301", inputs, number, axes)
        return inputs[0]

    def flops(self, inputs: Shapes, output: Shape) -> int:
        return (len(inputs) - 1) * product(output)

    def partials(self, inputs: Shapes) -> tuple[int, ...]:
        if not self._stretches():
            return (product(inputs[0]),) * (len(inputs) - 2)
        made, rows = inputs[0], []
        for shape in inputs[1:-1]:
            made = tuple(max(sizes) for sizes in zip(made, shape, strict=True))
            rows.append(product(made))
        return tuple(rows)

    def layout(self, inputs: Sequence[Layout], sizes: Sequence[int]) -> Layout:
        made = inputs[0]
        for layout in inputs[1:]:
            made = elementwise(made, layout)
        return made

    def gradient_layout(self, number: int, back: Backward) -> Layout:
        if self.passes_gradient(number, back.inputs, back.output):
            return back.gradient
        whole = back.inputs[number] == back.output
        return elementwise(back.gradient) if whole else in_order(back.sizes(number))


@dataclass(frozen=True, slots=True)
class Add(_Elementwise):
    name: ClassVar[str] = "add"
    commutes: ClassVar[bool] = True
    summary: ClassVar[str] = "The sum. The shapes must be equal."
    reference: ClassVar[str] = "torch.add"
    onnx: ClassVar[str] = "Add"
    symbol: ClassVar[str] = "+"
    gradient_is_view: ClassVar[bool] = True
    keeps_residual: ClassVar[bool] = True
    int8: ClassVar[InEightBits] = "computes"

    broadcast: bool = parameter(FLAG, "let axes of size 1 stretch", False)

    def _stretches(self) -> bool:
        return self.broadcast

    def passes_gradient(self, number: int, inputs: Shapes, output: Shape) -> bool:
        return inputs[number] == output

    def expression(self, names: Sequence[str], inputs: Shapes, in_place: bool = False) -> str | None:
        return " + ".join(names)


@dataclass(frozen=True, slots=True)
class Mul(_Elementwise):
    name: ClassVar[str] = "mul"
    commutes: ClassVar[bool] = True
    summary: ClassVar[str] = "The product of the elements. Axes of size 1 stretch, so that a gate [C, 1, 1] weighs an image's channels."
    reference: ClassVar[str] = "torch.mul"
    onnx: ClassVar[str] = "Mul"
    symbol: ClassVar[str] = "\u00d7"
    int8: ClassVar[InEightBits] = "computes"

    def _stretches(self) -> bool:
        return True

    def saved(self, inputs: Shapes, output: Shape) -> Saved:
        partial = sum(product(self.output(inputs[: count + 1])) for count in range(1, len(inputs) - 1))
        return Saved(inputs=tuple(range(len(inputs))), extra=partial)

    def keeps_input(self, number: int, wanted: Sequence[bool]) -> bool:
        # From the left: each factor for the gradient of the product of those before it, and the first for the second's.
        return any(wanted[:number]) if number else wanted[1]

    def kept_extra(self, saved: Saved, inputs: Shapes, wanted: Sequence[bool]) -> int:
        return sum(size * later for size, later in zip(self.partials(inputs), wanted[2:], strict=True))

    def backward_scratch(self, back: Backward) -> int:
        # Two factors at a time, the last first: the gradients of both, that of one that was stretched as large as the product before it is
        # summed. Then the product's gradient is let go of, and the product of those before, which was kept.
        level, most, made = 0, 0, [self.output(back.inputs[: count + 1]) for count in range(len(back.inputs))]
        for number in range(len(back.inputs) - 1, 0, -1):
            wanted = [made[number - 1]] * any(back.wanted[:number]) + [back.inputs[number]] * back.wanted[number]
            size = product(made[number]) * back.batch
            gradients = sum(product(shape) for shape in wanted) * back.batch
            most = max(most, level + gradients + size * sum(shape != made[number] for shape in wanted))
            level += gradients - (back.freed if number == len(back.inputs) - 1 else size)
            level -= product(made[number - 1]) * back.batch * (number > 1 and back.wanted[number])
        return most - back.made

    def expression(self, names: Sequence[str], inputs: Shapes, in_place: bool = False) -> str | None:
        return " * ".join(names)


@dataclass(frozen=True, slots=True)
class Div(_Elementwise):
    name: ClassVar[str] = "div"
    summary: ClassVar[str] = "The first path over the second, element by element. Axes of size 1 stretch, as in `mul`."
    reference: ClassVar[str] = "torch.div"
    onnx: ClassVar[str] = "Div"
    symbol: ClassVar[str] = "\u00f7"
    most_inputs: ClassVar[int | None] = 2

    def _stretches(self) -> bool:
        return True

    def saved(self, inputs: Shapes, output: Shape) -> Saved:
        return Saved(inputs=(0, 1))

    def keeps_input(self, number: int, wanted: Sequence[bool]) -> bool:
        # What is divided is needed for the gradient of the divisor alone.
        return number == 1 or wanted[1]

    def backward_scratch(self, back: Backward) -> int:
        # The gradient of the divisor comes first: minus the gradient, what is divided over the divisor, that once more, and their product.
        if back.wanted[1]:
            return 4 * back.elements - back.made
        return back.elements if back.inputs[0] != back.output else 0

    def expression(self, names: Sequence[str], inputs: Shapes, in_place: bool = False) -> str | None:
        return " / ".join(names)


@dataclass(frozen=True, slots=True)
class Sub(_Elementwise):
    name: ClassVar[str] = "sub"
    summary: ClassVar[str] = "The first path less the others. The shapes must be equal."
    reference: ClassVar[str] = "torch.sub"
    onnx: ClassVar[str] = "Sub"
    symbol: ClassVar[str] = "\u2212"

    broadcast: bool = parameter(FLAG, "let axes of size 1 stretch", False)

    def _stretches(self) -> bool:
        return self.broadcast

    def passes_gradient(self, number: int, inputs: Shapes, output: Shape) -> bool:
        return number == 0 and inputs[0] == output

    def backward_scratch(self, back: Backward) -> int:
        # What is taken away has the gradient with the other sign, as large as the result, before it is summed where it was stretched.
        stretched = any(wanted and shape != back.output for wanted, shape in zip(back.wanted[1:], back.inputs[1:], strict=True))
        return back.elements if stretched else 0

    def expression(self, names: Sequence[str], inputs: Shapes, in_place: bool = False) -> str | None:
        return " - ".join(names)


@dataclass(frozen=True, slots=True)
class _Extreme(_Elementwise):
    def saved(self, inputs: Shapes, output: Shape) -> Saved:
        return Saved(inputs=tuple(range(len(inputs))), extra=(len(inputs) - 2) * product(output))

    def keeps_input(self, number: int, wanted: Sequence[bool]) -> bool:
        return any(wanted[: max(number, 1) + 1])

    def kept_extra(self, saved: Saved, inputs: Shapes, wanted: Sequence[bool]) -> int:
        return sum(product(inputs[0]) for number in range(2, len(inputs)) if any(wanted[: number + 1]))

    def backward_scratch(self, back: Backward) -> int:
        # Two paths at a time, the last first, and of them one after the other: half the gradient, for where both are equal,
        # the gradient itself, and two masks of a byte an element. Then what they were the maximum of is let go of.
        size, level, most = back.elements, 0, 0
        for number in range(len(back.inputs) - 1, 0, -1):
            wanted = (any(back.wanted[:number]), back.wanted[number])
            most = max(most, level + (sum(wanted) - 1) * size + (5 * size + 1) // 2)
            level += (sum(wanted) - (number > 1)) * size
            level -= back.freed if number == len(back.inputs) - 1 else size
        return most - back.made

    def expression(self, names: Sequence[str], inputs: Shapes, in_place: bool = False) -> str | None:
        text = names[0]
        for name in names[1:]:
            text = f"torch.{self.name}({text}, {name})"
        return text


@dataclass(frozen=True, slots=True)
class Maximum(_Extreme):
    name: ClassVar[str] = "maximum"
    commutes: ClassVar[bool] = True
    summary: ClassVar[str] = "The largest of the elements at each place (maxout). The shapes must be equal."
    reference: ClassVar[str] = "torch.maximum"
    onnx: ClassVar[str] = "Max"
    symbol: ClassVar[str] = "max"


@dataclass(frozen=True, slots=True)
class Minimum(_Extreme):
    name: ClassVar[str] = "minimum"
    commutes: ClassVar[bool] = True
    summary: ClassVar[str] = "The smallest of the elements at each place. The shapes must be equal."
    reference: ClassVar[str] = "torch.minimum"
    onnx: ClassVar[str] = "Min"
    symbol: ClassVar[str] = "min"


@dataclass(frozen=True, slots=True)
class Mean(_Elementwise):
    name: ClassVar[str] = "mean"
    summary: ClassVar[str] = "The mean of the paths. The shapes must be equal."
    gradients_are_one: ClassVar[bool] = True
    reference: ClassVar[str] = "torch.add, torch.div"
    onnx: ClassVar[str] = "Mean"

    def flops(self, inputs: Shapes, output: Shape) -> int:
        return len(inputs) * product(output)

    def partials(self, inputs: Shapes) -> tuple[int, ...]:
        return (product(inputs[0]),) * (len(inputs) - 1)

    def expression(self, names: Sequence[str], inputs: Shapes, in_place: bool = False) -> str | None:
        return f"({' + '.join(names)}) / {len(names)}"


@dataclass(frozen=True, slots=True)
class Concat(Operation):
    name: ClassVar[str] = "concat"
    family: ClassVar[Family] = "merge"
    summary: ClassVar[str] = "The paths one after the other along an axis. All other axes must be equal."
    reference: ClassVar[str] = "torch.cat"
    onnx: ClassVar[str] = "Concat"
    least_inputs: ClassVar[int] = 2
    most_inputs: ClassVar[int | None] = None
    lies_on_top: ClassVar[bool] = True
    output_may_be_overwritten: ClassVar[bool] = True
    gradient_is_view: ClassVar[bool] = True
    int8: ClassVar[InEightBits] = "passes"

    axis: Plain = parameter(AXIS, "along which axis", "channels")

    def only_moves(self) -> bool:
        return True

    def output(self, inputs: Shapes) -> Shape:
        same_rank(self.name, "E302", inputs)
        joined = resolve_axis(self.axis, inputs[0], self.name)
        for number, shape in enumerate(inputs[1:], 1):
            axes = [axis for axis, size in enumerate(shape) if size != inputs[0][axis] and axis != joined]
            if axes:
                remedy = "give the paths the same strides, paddings and rounding (`pad`, `ceil`), or `crop` or `upsample` one"
                refusal = unequal(self.name, "E302", inputs, number, axes, help=remedy)
                refusal.axis = joined
                raise refusal
        total = sum(shape[joined] for shape in inputs)
        return (*inputs[0][:joined], total, *inputs[0][joined + 1 :])

    def layout(self, inputs: Sequence[Layout], sizes: Sequence[int]) -> Layout:
        return as_suggested(inputs, sizes)

    def gradient_layout(self, number: int, back: Backward) -> Layout:
        return cut(back.gradient, back.sizes(number))

    def expression(self, names: Sequence[str], inputs: Shapes, in_place: bool = False) -> str | None:
        return f"torch.cat([{', '.join(names)}], dim={resolve_axis(self.axis, inputs[0], self.name) + 1})"

    def caption(self, inputs: Shapes, output: Shape) -> str:
        return "" if self.axis == "channels" else axis_name(resolve_axis(self.axis, inputs[0], self.name), inputs[0])


@dataclass(frozen=True, slots=True)
class Matmul(Operation):
    name: ClassVar[str] = "matmul"
    family: ClassVar[Family] = "merge"
    summary: ClassVar[str] = "The matrix product of two paths: [L, K] and [K, M] give [L, M]."
    reference: ClassVar[str] = "torch.matmul"
    onnx: ClassVar[str] = "MatMul"
    symbol: ClassVar[str] = "@"
    least_inputs: ClassVar[int] = 2
    most_inputs: ClassVar[int | None] = 2
    output_may_be_overwritten: ClassVar[bool] = True

    def output(self, inputs: Shapes) -> Shape:
        same_rank(self.name, "E304", inputs)
        left, right = inputs
        if len(left) < 2:
            raise Refusal(
                "E304",
                f"`matmul` works on matrices [L, K] and [K, M], and its inputs are {show(left)} and {show(right)}",
                operand=0,
                help="`reshape` them to matrices; the sum of products of two vectors is `mul` and a sum",
            )
        if left[-1] != right[-2]:
            raise Refusal(
                "E304",
                f"`matmul` needs as many columns on the left as rows on the right: {left[-1]} and {right[-2]} "
                f"(paths 1 and 2: {show(left)} and {show(right)})",
                operand=1,
                axis=len(right) - 2,
                help="`permute` one of them" if left[-1] == right[-1] else None,
            )
        if left[:-2] != right[:-2]:
            axes = [axis for axis in range(len(left) - 2) if left[axis] != right[axis]]
            raise unequal(self.name, "E304", inputs, 1, axes)
        return (*left[:-1], right[-1])

    def axes(self, names: Sequence[Axes], inputs: Shapes, output: Shape) -> Axes:
        left, right = names
        return (*joined_names([left[:-2], right[:-2]]), left[-2], right[-1])

    def takes_batchless(self, number: int) -> bool:
        return number == 1

    def macs(self, inputs: Shapes, output: Shape) -> int:
        return product(output) * inputs[0][-1]

    def saved(self, inputs: Shapes, output: Shape) -> Saved:
        return Saved(inputs=(0, 1))

    def keeps_input(self, number: int, wanted: Sequence[bool]) -> bool:
        return wanted[1 - number]

    def copies(self, inputs: Sequence[Layout], output: Layout, training: bool) -> int:
        return self.kept_copies(inputs)

    def kept_copies(self, inputs: Sequence[Layout]) -> int:
        return sum(inputs[number].elements for number in self.copied_inputs(inputs))

    def copied_inputs(self, inputs: Sequence[Layout]) -> tuple[int, ...]:
        # All axes before the matrices become one.
        rows = enumerate(inputs)
        return tuple(number for number, row in rows if viewed(row, (product(row.sizes[:-2]), *row.sizes[-2:])) is None)

    def kept_of_copies(self, inputs: Sequence[Layout], wanted: Sequence[bool]) -> int:
        return sum(inputs[number].elements for number in self.copied_inputs(inputs) if self.keeps_input(number, wanted))

    def answers_with_view(self, inputs: Sequence[Layout]) -> bool:
        return True

    def gradient_layout(self, number: int, back: Backward) -> Layout:
        return in_order(back.sizes(number))

    def expression(self, names: Sequence[str], inputs: Shapes, in_place: bool = False) -> str | None:
        return f"torch.matmul({names[0]}, {names[1]})"


OPERATIONS: tuple[type[Operation], ...] = (Add, Mul, Div, Sub, Maximum, Minimum, Mean, Concat, Matmul)
