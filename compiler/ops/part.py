"""Parts of a tensor: slices, equal parts, single positions."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from ...base.records import dataclass
from .axes import AXIS, resolve_axis
from .axis_names import Axes, axis_name
from .base import Backward, Construct, Family, InEightBits, Operation, Refusal, Shape, Shapes, Window, product, show
from .parameters import COUNT, NATURAL, Integer, Optional, Plain, Reference, parameter
from .shape import check_divides
from .spatial import either, nearest_multiples
from .strides import Layout, cut, in_order

ANY_INTEGER = Integer("a whole number; below 0 it counts from the end", least=-(2**63))


@dataclass(frozen=True, slots=True)
class _Part(Operation):
    """A view; its gradient is a new tensor, zero where the part is not."""

    family: ClassVar[Family] = "shape"
    is_view: ClassVar[bool] = True
    int8: ClassVar[InEightBits] = "passes"

    def gradient_layout(self, number: int, back: Backward) -> Layout:
        return in_order(back.sizes(number))

    def layout(self, inputs: Sequence[Layout], sizes: Sequence[int]) -> Layout:
        return cut(inputs[0], sizes)


def names_of_parts(count: int) -> str:
    """Names for so many parts, in an example."""
    return ", ".join("abcd"[:count]) if count <= 4 else "a, b, …"


def _position(axis: int) -> str:
    """The text of an index before that of `axis` (without the batch): `:, :, `."""
    return ":, " * (axis + 1)


@dataclass(frozen=True, slots=True)
class Slice(_Part):
    name: ClassVar[str] = "slice"
    summary: ClassVar[str] = (
        "The positions from `start` to before `stop` along an axis, or as many from `start` on as a labelled step has there."
    )
    reference: ClassVar[str] = "x[:, start:stop]"
    onnx: ClassVar[str] = "Slice"
    most_inputs: ClassVar[int | None] = 2

    axis: Plain = parameter(AXIS, "along which axis", "channels")
    start: int = parameter(ANY_INTEGER, "the first position; below 0 it counts from the end", 0)
    stop: int | None = parameter(
        Optional(f"{ANY_INTEGER.describe}, or none", ANY_INTEGER), "the position after the last; none: to the end", None
    )
    step: int = parameter(COUNT, "from each position to the next: 2 takes every second", 1)
    like: bool = parameter(
        Reference("the label of a step"),
        "the step that has as many positions along this axis, whatever that is on the day; no `stop` then",
        False,
    )

    @classmethod
    def is_merge(cls) -> bool:
        return False  # the second input is `like`'s

    def output(self, inputs: Shapes) -> Shape:
        shape = inputs[0]
        axis = resolve_axis(self.axis, shape, self.name)
        size = shape[axis]
        if self.like:
            return (*shape[:axis], self._as_many(inputs, axis), *shape[axis + 1 :])
        start, stop, _ = slice(self.start, self.stop).indices(size)
        count = max(stop - start, 0)
        if count == 0 or (self.stop is not None and self.stop > size) or self.start < -size:
            to = "the end" if self.stop is None else str(self.stop)
            raise Refusal(
                "E320",
                f"`slice` from {self.start} to {to} does not lie in the {axis_name(axis, shape)} of {show(shape)}, 0 to {size}",
                parameter="start" if self.stop is None or self.start >= size else "stop",
                beside=("start", "stop"),
                operand=0,
                axis=axis,
            )
        return (*shape[:axis], -(-count // self.step), *shape[axis + 1 :])

    def _as_many(self, inputs: Shapes, axis: int) -> int:
        """How many positions the labelled step has."""
        shape, other = inputs
        for name, given in (("stop", self.stop is not None), ("step", self.step != 1)):
            if given:
                raise Refusal(
                    "E322", f"`slice` was given both `{name}` and `like`", parameter="like", beside=(name,), help="give one of them"
                )
        if self.start < 0:
            told = "`slice` with `like` counts from the beginning"
            raise Refusal("E322", told, parameter="start", beside=("like",), help="`start` is at least 0 then")
        if len(other) <= axis:
            raise Refusal(
                "E322",
                f"`slice` takes as many positions of {show(shape)} along axis {axis} as another tensor has there, and that is {show(other)}",
                parameter="like",
                operand=1,
            )
        count = other[axis]
        if self.start + count > shape[axis]:
            raise Refusal(
                "E320",
                f"`slice` cannot take {count} positions from {self.start} on along the {axis_name(axis, shape)} of {show(shape)}, which has {shape[axis]}",
                parameter="start" if self.start else "like",
                beside=("like",) if self.start else (),
                operand=0,
                axis=axis,
                help=f"`start = {shape[axis] - count}` takes the last {count}"
                if self.start and count <= shape[axis]
                else f"what it is taken of needs {self.start + count} there at least (it has {shape[axis]}), or the other {shape[axis] - self.start} at most"
                if self.start < shape[axis]
                else f"`start` is less than {shape[axis]}",
            )
        return count

    def windows(self, inputs: Shapes, output: Shape) -> tuple[Window, ...] | None:
        axis = resolve_axis(self.axis, inputs[0], self.name)
        if self.step == 1 or axis == 0:
            return None
        first, _, _ = slice(self.start, self.stop).indices(inputs[0][axis])
        return tuple(Window(1, self.step, -first) if place == axis else Window() for place in range(1, len(output)))

    def layout(self, inputs: Sequence[Layout], sizes: Sequence[int]) -> Layout:
        strides = list(inputs[0].strides)
        strides[resolve_axis(self.axis, inputs[0].sizes[1:], self.name) + 1] *= self.step
        return Layout(tuple(sizes), tuple(strides))

    def does_nothing(self, inputs: Shapes, output: Shape) -> bool:
        return inputs[0] == output and not self.like

    def _class(self, inputs: Shapes) -> tuple[str, int]:
        axis = resolve_axis(self.axis, inputs[0], self.name)
        return f"{'Slice' if self.step == 1 else 'StepSlice'}Axis{axis + 1}", axis

    def module(self, inputs: Shapes, in_place: bool = False) -> Construct | None:
        if self.like:
            return None
        arguments: tuple[tuple[str | None, Plain], ...] = ((None, self.start),)
        if self.stop is not None:
            arguments = (*arguments, (None, self.stop))
        return Construct(self._class(inputs)[0], arguments if self.step == 1 else (*arguments, ("step", self.step)))

    def helpers(self, inputs: Shapes) -> tuple[str, ...]:
        if self.like:
            return ()
        name, axis = self._class(inputs)
        if self.step != 1:
            return (
                f'''class {name}(nn.Module):
    """Every `step`-th position from `start` to before `stop` along axis {axis + 1}."""

    def __init__(self, start: int, stop: int | None = None, step: int = 2) -> None:
        super().__init__()
        self.start = start
        self.stop = stop
        self.step = step

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return x[{_position(axis)}self.start : self.stop : self.step]
''',
            )
        return (
            f'''class {name}(nn.Module):
    """The positions from `start` to before `stop` along axis {axis + 1}."""

    def __init__(self, start: int, stop: int | None = None) -> None:
        super().__init__()
        self.start = start
        self.stop = stop

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return x[{_position(axis)}self.start : self.stop]
''',
        )

    def expression(self, names: Sequence[str], inputs: Shapes, in_place: bool = False) -> str | None:
        axis = resolve_axis(self.axis, inputs[0], self.name)
        start = "" if self.start == 0 else str(self.start)
        if self.like:
            return f"{names[0]}[{_position(axis)}{start}:{f'{start} + ' if start else ''}{names[1]}.shape[{axis + 1}]]"
        return f"{names[0]}[{_position(axis)}{start}:{'' if self.stop is None else self.stop}{self._step()}]"

    def _step(self) -> str:
        return "" if self.step == 1 else f":{self.step}"

    def caption(self, inputs: Shapes, output: Shape) -> str:
        stop = self.start + output[resolve_axis(self.axis, inputs[0], self.name)] if self.like else self.stop
        return f"{self.start}:{'' if stop is None else stop}{self._step()}"


_CHUNK = '''class Chunk(nn.Module):
    """Part `index` of `count` equal parts along an axis."""

    def __init__(self, index: int, count: int, axis: int) -> None:
        super().__init__()
        self.index = index
        self.count = count
        self.axis = axis

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return torch.chunk(x, self.count, dim=self.axis)[self.index]
'''


@dataclass(frozen=True, slots=True)
class Chunk(_Part):
    name: ClassVar[str] = "chunk"
    summary: ClassVar[str] = "One of `n` equal parts of the channels (or of another axis)."
    reference: ClassVar[str] = "torch.chunk"
    onnx: ClassVar[str] = "Split"

    i: int = parameter(NATURAL, "which part, from 0")
    n: int = parameter(COUNT, "how many parts")
    axis: Plain = parameter(AXIS, "along which axis", "channels")

    def output(self, inputs: Shapes) -> Shape:
        shape = inputs[0]
        axis = resolve_axis(self.axis, shape, self.name)
        if self.i >= self.n:
            raise Refusal(
                "E320",
                f"`chunk` has no part {self.i}: its {self.n} parts are 0 to {self.n - 1}"
                if self.n > 1
                else f"`chunk` has no part {self.i}: its only part is 0",
                parameter="i",
                beside=("n",),
                operand=0,
                help=self._meant(shape, axis),
            )
        if axis == 0 and (len(shape) != 2 or self.axis == "channels"):  # else nobody can tell from the shape that these are channels
            check_divides(self.name, "n", shape[0], self.n, "n", offers=False)  # in other parts it is another network
        elif shape[axis] % self.n:
            raise Refusal(
                "E310",
                f"{axis_name(axis, shape)} {shape[axis]} is not divisible by n {self.n} of `chunk`",
                parameter="n",
                operand=0,
                axis=axis,
                help=f"{either(nearest_multiples(shape[axis], self.n))} would divide by {self.n}"
                + ("; `attention` makes queries, keys and values itself" if self.n == 3 and axis == len(shape) - 1 else ""),
            )
        return (*shape[:axis], shape[axis] // self.n, *shape[axis + 1 :])

    def _meant(self, shape: Shape, axis: int) -> str:
        """No edit: of `chunk(1, 2)` beside `chunk(2, 2)` it makes the same half twice. PyTorch is told how many parts, then the axis with the batch."""
        along = self.n - 1
        as_there = ""
        if self.i > 1 and along < len(shape) and shape[along] % self.i == 0:
            where = "" if along == axis else f", axis = {along}"
            as_there = f"PyTorch's order, how many parts and then the axis, is `split({self.i}{where}) as {names_of_parts(self.i)}` here"
        if self.n == 1:  # the whole, which nobody asks for
            return as_there or "one part is the whole: the halves are `chunk(0, 2)` and `chunk(1, 2)`"
        told = f"parts count from 0: {self._parts()}"
        return f"{told}; {as_there}" if as_there and self.i != self.n else told

    def _parts(self) -> str:
        """The calls that there are, the first and the last of many."""
        calls = [f"`chunk({i}, {self.n})`" for i in ((0, 1, 2)[: self.n] if self.n <= 3 else (0, self.n - 1))]
        return ", ".join(calls) if self.n <= 3 else " to ".join(calls)

    def does_nothing(self, inputs: Shapes, output: Shape) -> bool:
        return self.n == 1

    def divisor(self, inputs: Shapes) -> int:
        return self.n

    def backward_scratch(self, back: Backward) -> int:
        return product(back.inputs[0]) * back.batch - back.elements  # zeros for the other parts

    def module(self, inputs: Shapes, in_place: bool = False) -> Construct | None:
        return Construct("Chunk", ((None, self.i), (None, self.n), ("axis", resolve_axis(self.axis, inputs[0], self.name) + 1)))

    def helpers(self, inputs: Shapes) -> tuple[str, ...]:
        return (_CHUNK,)

    def expression(self, names: Sequence[str], inputs: Shapes, in_place: bool = False) -> str | None:
        return f"{self.whole(names, inputs)[0]}[{self.i}]"

    def whole(self, names: Sequence[str], inputs: Shapes) -> tuple[str, int, int]:
        return f"torch.chunk({names[0]}, {self.n}, dim={resolve_axis(self.axis, inputs[0], self.name) + 1})", self.i, self.n

    def caption(self, inputs: Shapes, output: Shape) -> str:
        return f"{self.i + 1} of {self.n}"


_SELECT = '''class Select(nn.Module):
    """One position of an axis, which goes."""

    def __init__(self, index: int, axis: int) -> None:
        super().__init__()
        self.index = index
        self.axis = axis

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return torch.select(x, self.axis, self.index)
'''


@dataclass(frozen=True, slots=True)
class Select(_Part):
    name: ClassVar[str] = "select"
    summary: ClassVar[str] = "One position of an axis, which goes: `select(0)` of [L, C] is the first token, [C]."
    reference: ClassVar[str] = "torch.select"
    onnx: ClassVar[str] = "Gather"

    index: int = parameter(ANY_INTEGER, "the position; below 0 it counts from the end")
    axis: Plain = parameter(AXIS, "of which axis", 0)

    def output(self, inputs: Shapes) -> Shape:
        shape = inputs[0]
        axis = resolve_axis(self.axis, shape, self.name)
        if len(shape) == 1:
            raise Refusal(
                "E313",
                f"`select` takes one position of an axis away, and its input {show(shape)} has no other axis",
                operand=0,
                help=f"`slice(0, {self.index}, {self.index + 1})` keeps the axis, with size 1",
            )
        if not -shape[axis] <= self.index < shape[axis]:
            raise Refusal(
                "E320",
                f"`select` takes position {self.index}, and axis {axis} of {show(shape)} has positions 0 to {shape[axis] - 1}",
                parameter="index",
                operand=0,
                axis=axis,
                help="positions count from 0, and from the end below 0: the last is `-1`",
            )
        return (*shape[:axis], *shape[axis + 1 :])

    def axes(self, names: Sequence[Axes], inputs: Shapes, output: Shape) -> Axes:
        axis = resolve_axis(self.axis, inputs[0], self.name)
        return (*names[0][:axis], *names[0][axis + 1 :])

    def layout(self, inputs: Sequence[Layout], sizes: Sequence[int]) -> Layout:
        place = 1 + resolve_axis(self.axis, inputs[0].sizes[1:], self.name)
        return Layout(tuple(sizes), inputs[0].strides[:place] + inputs[0].strides[place + 1 :])

    def module(self, inputs: Shapes, in_place: bool = False) -> Construct | None:
        return Construct("Select", ((None, self.index), ("axis", resolve_axis(self.axis, inputs[0], self.name) + 1)))

    def helpers(self, inputs: Shapes) -> tuple[str, ...]:
        return (_SELECT,)

    def expression(self, names: Sequence[str], inputs: Shapes, in_place: bool = False) -> str | None:
        return f"{names[0]}[{_position(resolve_axis(self.axis, inputs[0], self.name))}{self.index}]"

    def caption(self, inputs: Shapes, output: Shape) -> str:
        return str(self.index)


OPERATIONS: tuple[type[Operation], ...] = (Slice, Chunk, Select)
