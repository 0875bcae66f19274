"""Parts of a tensor: slices, equal parts, single positions, the middle."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

from .axes import AXIS, resolve_axis
from .base import Construct, Operation, Refusal, Shape, Shapes, show, show_size
from .merge import axis_name
from .parameters import COUNT, NATURAL, Extent, Integer, Optional, Plain, Reference, parameter
from .shape import check_divides
from .spatial import need_spatial, simple, spread

ANY_INTEGER = Integer("a whole number; below 0 it counts from the end", least=-(2**63))


@dataclass(frozen=True, slots=True)
class _Part(Operation):
    family: ClassVar[str] = "shape"
    is_view: ClassVar[bool] = True


def _position(axis: int) -> str:
    """The text of an index before that of `axis` (without the batch): `:, :, `."""
    return ":, " * (axis + 1)


@dataclass(frozen=True, slots=True)
class Slice(_Part):
    name: ClassVar[str] = "slice"
    summary: ClassVar[str] = "The positions from `start` to before `stop` along an axis."
    reference: ClassVar[str] = "x[:, start:stop]"
    onnx: ClassVar[str] = "Slice"

    axis: Plain = parameter(AXIS, "along which axis", "channels")
    start: int = parameter(ANY_INTEGER, "the first position; below 0 it counts from the end", 0)
    stop: int | None = parameter(Optional(ANY_INTEGER.describe, ANY_INTEGER), "the position after the last; none: to the end", None)

    def output(self, inputs: Shapes) -> Shape:
        shape = inputs[0]
        axis = resolve_axis(self.axis, shape, self.name)
        size = shape[axis]
        count = len(range(*slice(self.start, self.stop).indices(size)))
        if count == 0 or (self.stop is not None and self.stop > size) or self.start < -size:
            to = "the end" if self.stop is None else str(self.stop)
            raise Refusal(
                "E320",
                f"`slice` from {self.start} to {to} does not lie in the {axis_name(axis, shape)} of {show(shape)}, 0 to {size}",
                parameter="start" if self.stop is None or self.start >= size else "stop",
                operand=0,
                axis=axis,
            )
        return (*shape[:axis], count, *shape[axis + 1 :])

    def does_nothing(self, inputs: Shapes, output: Shape) -> bool:
        return inputs[0] == output

    def _class(self, inputs: Shapes) -> tuple[str, int]:
        axis = resolve_axis(self.axis, inputs[0], self.name)
        return f"SliceAxis{axis + 1}", axis

    def module(self, inputs: Shapes, in_place: bool = False) -> Construct | None:
        arguments: tuple[tuple[str | None, Plain], ...] = ((None, self.start),)
        return Construct(self._class(inputs)[0], arguments if self.stop is None else (*arguments, (None, self.stop)))

    def helpers(self, inputs: Shapes) -> tuple[str, ...]:
        name, axis = self._class(inputs)
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
        return f"{names[0]}[{_position(axis)}{start}:{'' if self.stop is None else self.stop}]"

    def caption(self, inputs: Shapes, output: Shape) -> str:
        return f"{self.start}:{'' if self.stop is None else self.stop}"


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
                f"`chunk` has no part {self.i}: its {self.n} parts are 0 to {self.n - 1}",
                parameter="i",
                operand=0,
                suggestions=(self.n - 1,),
            )
        if axis == 0:
            check_divides(self.name, "n", shape[0], self.n, "n")
        elif shape[axis] % self.n:
            raise Refusal(
                "E310",
                f"{axis_name(axis, shape)} {shape[axis]} is not divisible by n {self.n} of `chunk`",
                parameter="n",
                operand=0,
                axis=axis,
            )
        return (*shape[:axis], shape[axis] // self.n, *shape[axis + 1 :])

    def does_nothing(self, inputs: Shapes, output: Shape) -> bool:
        return self.n == 1

    def module(self, inputs: Shapes, in_place: bool = False) -> Construct | None:
        return Construct("Chunk", ((None, self.i), (None, self.n), ("axis", resolve_axis(self.axis, inputs[0], self.name) + 1)))

    def helpers(self, inputs: Shapes) -> tuple[str, ...]:
        return (_CHUNK,)

    def expression(self, names: Sequence[str], inputs: Shapes, in_place: bool = False) -> str | None:
        return f"torch.chunk({names[0]}, {self.n}, dim={resolve_axis(self.axis, inputs[0], self.name) + 1})[{self.i}]"

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
                suggestions=(shape[axis] - 1,),
            )
        return (*shape[:axis], *shape[axis + 1 :])

    def module(self, inputs: Shapes, in_place: bool = False) -> Construct | None:
        return Construct("Select", ((None, self.index), ("axis", resolve_axis(self.axis, inputs[0], self.name) + 1)))

    def helpers(self, inputs: Shapes) -> tuple[str, ...]:
        return (_SELECT,)

    def expression(self, names: Sequence[str], inputs: Shapes, in_place: bool = False) -> str | None:
        return f"{names[0]}[{_position(resolve_axis(self.axis, inputs[0], self.name))}{self.index}]"

    def caption(self, inputs: Shapes, output: Shape) -> str:
        return str(self.index)


_CENTER_CROP = '''def center_crop(x: torch.Tensor, size: list[int]) -> torch.Tensor:
    """The middle of the last axes, of this size."""
    for place in range(-len(size), 0):
        x = x.narrow(place, (x.shape[place] - size[place]) // 2, size[place])
    return x
'''

_CENTER_CROP_CLASS = '''class CenterCrop(nn.Module):
    """The middle of the last axes, of this size."""

    def __init__(self, size: tuple[int, ...]) -> None:
        super().__init__()
        self.size = list(size)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return center_crop(x, self.size)
'''


@dataclass(frozen=True, slots=True)
class Crop(_Part):
    name: ClassVar[str] = "crop"
    summary: ClassVar[str] = "The middle of an image, of a size or of another tensor's size; an odd remainder falls to the end."
    reference: ClassVar[str] = "torchvision.transforms.CenterCrop, on tensors"
    onnx: ClassVar[str] = "Slice"
    most_inputs: ClassVar[int | None] = 2

    size: Plain = parameter(Optional("a size: `7`, or `7x5`, or none", Extent("")), "the size, a number or one for each axis", None)
    like: bool = parameter(Reference("the label of a step"), "the step whose size it takes", False)

    @classmethod
    def is_merge(cls) -> bool:
        return False  # the second input is `like`'s

    def output(self, inputs: Shapes) -> Shape:
        shape = inputs[0]
        rank = need_spatial(self.name, shape)
        size = wanted_size(self.name, self.size, self.like, inputs, rank)
        if size is None:
            raise no_size(self.name, "size", "like")
        for axis, (before, after) in enumerate(zip(shape[1:], size, strict=True), 1):
            if after > before:
                raise Refusal(
                    "E323",
                    f"`crop` cannot cut {axis_name(axis, shape)} {after} out of {before} (from {show(shape)} to {show_size(size)})",
                    parameter="like" if self.like else "size",
                    operand=0,
                    axis=axis,
                    help="crop the larger of the two, or `pad` or `upsample` this one",
                )
        return (shape[0], *size)

    def module(self, inputs: Shapes, in_place: bool = False) -> Construct | None:
        if self.like:
            return None
        return Construct("CenterCrop", ((None, spread(self.size, len(inputs[0]) - 1, "size", inputs[0])),))

    def helpers(self, inputs: Shapes) -> tuple[str, ...]:
        return (_CENTER_CROP,) if self.like else (_CENTER_CROP, _CENTER_CROP_CLASS)

    def expression(self, names: Sequence[str], inputs: Shapes, in_place: bool = False) -> str | None:
        size = f"{names[1]}.shape[2:]" if self.like else str(list(spread(self.size, len(inputs[0]) - 1, "size", inputs[0])))
        return f"center_crop({names[0]}, {size})"

    def caption(self, inputs: Shapes, output: Shape) -> str:
        return f"to {show_size(simple(output[1:]))}"


def wanted_size(name: str, size: Plain, like: bool, inputs: Shapes, rank: int) -> tuple[int, ...] | None:
    """The spatial size that `size` or `like` ask for; None where neither is given."""
    if size is not None and like:
        raise Refusal("E322", f"`{name}` was given both `size` and `like`", parameter="like", help="give one of them")
    if like:
        if len(inputs[1]) - 1 != rank:
            raise Refusal(
                "E322",
                f"`{name}` cannot bring {show(inputs[0])} to the size of {show(inputs[1])}: they have different numbers of axes",
                parameter="like",
                operand=0,
            )
        return inputs[1][1:]
    return None if size is None else spread(size, rank, "size", inputs[0])


def no_size(name: str, *words: str) -> Refusal:
    listed = f"{', '.join(f'`{word}`' for word in words[:-1])} or `{words[-1]}`"
    return Refusal("E322", f"`{name}` needs {listed}", help=f"`{name}({words[-1]} = label)` takes the size of a labelled step")


OPERATIONS: tuple[type[Operation], ...] = (Slice, Chunk, Select, Crop)
