"""Other views of a tensor: its elements stay, their order or their axes change."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from math import gcd
from typing import ClassVar

from ...base.records import dataclass
from .axes import found_axis
from .axis_names import AXIS_NAMES, Axes
from .base import Backward, Construct, Family, InEightBits, Operation, Refusal, Shape, Shapes, Window, product, show
from .parameters import COUNT, NATURAL, BadValue, Kind, Plain, Sizes, names_of, parameter, sizes_of
from .spatial import either, nearest_divisors, nearest_multiples, need_spatial
from .strides import Layout, as_suggested, in_order, permuted, viewed


def check_divides(name: str, word: str, channels: int, divisor: int, parameter: str, offers: bool = True) -> None:
    """The channels must fall into `divisor` equal parts; `offers` another number where they do not."""
    if channels % divisor:
        divisors = nearest_divisors(channels, divisor)
        remedy = f"{either(nearest_multiples(channels, divisor))} channels would divide by {divisor}"
        raise Refusal(
            "E310",
            f"channels {channels} are not divisible by {word} {divisor} of `{name}`",
            parameter=parameter,
            operand=0,
            axis=0,
            suggestions=divisors if offers else (),
            help=remedy + (f"; or {parameter} = {either(divisors)}" if divisors else ""),
        )


@dataclass(frozen=True, slots=True)
class _View(Operation):
    family: ClassVar[Family] = "shape"
    is_view: ClassVar[bool] = True
    gradient_is_view: ClassVar[bool] = True
    int8: ClassVar[InEightBits] = "passes"


@dataclass(frozen=True, slots=True)
class _OtherAxes(_View):
    """The same elements in their order: a view where they lie so that one can be."""

    def does_nothing(self, inputs: Shapes, output: Shape) -> bool:
        return inputs[0] == output

    def layout(self, inputs: Sequence[Layout], sizes: Sequence[int]) -> Layout:
        return viewed(inputs[0], sizes) or in_order(sizes)

    def gradient_layout(self, number: int, back: Backward) -> Layout:
        return viewed(back.gradient, back.sizes(number)) or in_order(back.sizes(number))

    def copies_gradient(self, back: Backward) -> bool:
        return viewed(back.gradient, back.sizes(0)) is None

    def is_copied(self, inputs: Sequence[Layout], sizes: Sequence[int]) -> bool:
        return viewed(inputs[0], sizes) is None


@dataclass(frozen=True, slots=True)
class Flatten(_OtherAxes):
    name: ClassVar[str] = "flatten"
    summary: ClassVar[str] = "All axes in one: [C, H, W] becomes [C * H * W]."
    reference: ClassVar[str] = "torch.nn.Flatten"
    onnx: ClassVar[str] = "Flatten"

    def output(self, inputs: Shapes) -> Shape:
        return (product(inputs[0]),)

    def axes(self, names: Sequence[Axes], inputs: Shapes, output: Shape) -> Axes:
        return ("channels",)

    def module(self, inputs: Shapes, in_place: bool = False) -> Construct | None:
        return Construct("nn.Flatten")

    def expression(self, names: Sequence[str], inputs: Shapes, in_place: bool = False) -> str | None:
        return f"torch.flatten({names[0]}, 1)"


_RESHAPE = '''class Reshape(nn.Module):
    """The same elements in other axes; the batch stays."""

    def __init__(self, shape: tuple[int, ...]) -> None:
        super().__init__()
        self.shape = list(shape)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return x.reshape([x.shape[0]] + self.shape)
'''


@dataclass(frozen=True, slots=True)
class Reshape(_OtherAxes):
    name: ClassVar[str] = "reshape"
    summary: ClassVar[str] = "The same elements, in order, in other axes."
    reference: ClassVar[str] = "torch.reshape"
    onnx: ClassVar[str] = "Reshape"

    shape: tuple[Plain, ...] = parameter(
        Sizes("a list of sizes, of which one may be -1", least=-1),
        "the new shape without the batch; one size may be -1, which works itself out; axes may have names (`[length = 196, channels = 768]`)",
    )

    def _sizes(self) -> tuple[int, ...]:
        return sizes_of(self.shape)

    def output(self, inputs: Shapes) -> Shape:
        sizes = self._sizes()
        elements = product(inputs[0])
        told = f"{show(inputs[0])} has {elements} elements"
        if not sizes or 0 in sizes or sizes.count(-1) > 1:
            raise Refusal(
                "E318",
                f"`reshape` to {show(sizes)} is no shape: sizes are at least 1, and one of them may be -1",
                parameter="shape",
                operand=0,
                help=told,
            )
        known = product([size for size in sizes if size != -1])
        if -1 in sizes:
            if elements % known:
                raise Refusal(
                    "E318",
                    f"{told}, which do not divide by the {known} of {show(sizes)}",
                    parameter="shape",
                    operand=0,
                )
            return tuple(elements // known if size == -1 else size for size in sizes)
        if known != elements:
            raise Refusal("E318", f"{told}, and {show(sizes)} has {known}", parameter="shape", operand=0)
        return sizes

    def axes(self, names: Sequence[Axes], inputs: Shapes, output: Shape) -> Axes:
        return names_of(self.shape)

    def divisor(self, inputs: Shapes) -> int:
        return product([size for size in self._sizes() if size != -1]) if -1 in self._sizes() else 1

    def loosened(self, inputs: Shapes) -> Iterator[tuple[Operation, str]]:
        for place in range(len(self.shape) if -1 not in self._sizes() else 0):
            sizes = [-1 if number == place else size for number, size in enumerate(self._sizes())]
            said = ", ".join(f"{name} = {size}" if name else str(size) for name, size in zip(names_of(self.shape), sizes, strict=True))
            yield replace(self, shape=tuple(sizes)), f"{self.name}([{said}])"

    def module(self, inputs: Shapes, in_place: bool = False) -> Construct | None:
        return Construct("Reshape", ((None, self._sizes()),))

    def helpers(self, inputs: Shapes) -> tuple[str, ...]:
        return (_RESHAPE,)

    def expression(self, names: Sequence[str], inputs: Shapes, in_place: bool = False) -> str | None:
        return f"{names[0]}.reshape({names[0]}.shape[0], {', '.join(str(size) for size in self._sizes())})"

    def caption(self, inputs: Shapes, output: Shape) -> str:
        return "x".join(str(size) for size in output)


_PERMUTE = '''class Permute(nn.Module):
    """The axes in another order."""

    def __init__(self, order: tuple[int, ...]) -> None:
        super().__init__()
        self.order = list(order)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return torch.permute(x, self.order)
'''


@dataclass(frozen=True, slots=True)
class Order(Kind):
    """A list of axes, each by its name or its number."""

    is_list: ClassVar[bool] = True

    def read(self, value: object) -> Plain:
        if not isinstance(value, tuple):
            raise self.refuse()
        try:
            return tuple(item if isinstance(item, str) and item in AXIS_NAMES else NATURAL.read(item) for item in value)
        except BadValue:
            raise self.refuse() from None


@dataclass(frozen=True, slots=True)
class Permute(_View):
    name: ClassVar[str] = "permute"
    summary: ClassVar[str] = "The axes in another order: [height, width, channels] brings an image's channels to the end."
    reference: ClassVar[str] = "torch.permute"
    onnx: ClassVar[str] = "Transpose"

    order: tuple[int, ...] = parameter(
        Order("a list of all axes, by name or by number without the batch: `[height, width, channels]`, `[1, 2, 0]`"),
        "which old axis comes at each place, by its name or its number",
    )

    def on(self, names: Sequence[Axes], inputs: Shapes) -> Operation:
        """Names of axes become their numbers."""
        given: tuple[int | str, ...] = self.order
        found = [
            found_axis(self, axis, inputs[0], names[0], None, "order", written=True) if isinstance(axis, str) else axis for axis in given
        ]
        return replace(self, order=tuple(found))

    def output(self, inputs: Shapes) -> Shape:
        if sorted(self.order) != list(range(len(inputs[0]))):
            raise Refusal(
                "E319",
                f"`permute` must name each axis of {show(inputs[0])} once, 0 to {len(inputs[0]) - 1}, and it names {show(self.order)}",
                parameter="order",
                operand=0,
                help=self._meant(len(inputs[0]))[0],
                argument=self._meant(len(inputs[0]))[1],
            )
        return tuple(inputs[0][axis] for axis in self.order)

    def _meant(self, rank: int) -> tuple[str | None, tuple[str, str] | None]:
        """What an order that is none can only mean, as a sentence and as an argument."""
        order = list(self.order)
        if rank == 1:
            return "a vector has one axis, and no other order: leave it out", None
        if order[:1] == [0] and sorted(order) == list(range(rank + 1)):  # it counts the batch, as PyTorch does
            order, told = [axis - 1 for axis in order[1:]], "the batch is not counted"
        elif len(set(order)) == len(order) == 2 < rank and all(0 <= axis < rank for axis in order):  # `transpose` of others
            first, second = order
            order = [{first: second, second: first}.get(axis, axis) for axis in range(rank)]
            told = f"axes {min(first, second)} and {max(first, second)} change places"
        elif len(order) == rank and len(missing := set(range(rank)) - set(order)) == 1:
            left = missing.pop()
            strange = [place for place, axis in enumerate(order) if not 0 <= axis < rank]
            if len(strange) != 1:
                return f"axis {left} is not named, and another is named twice", None
            order[strange[0]] = left
            told = f"axis {left} is not named"
        else:
            return None, None
        return f"{told}: `permute({order})`", ("order", str(order))

    def axes(self, names: Sequence[Axes], inputs: Shapes, output: Shape) -> Axes:
        return tuple(names[0][axis] for axis in self.order)

    def _whole(self) -> tuple[int, ...]:
        """The order with the batch before it."""
        return (0, *(axis + 1 for axis in self.order))

    def does_nothing(self, inputs: Shapes, output: Shape) -> bool:
        return self.order == tuple(range(len(output)))

    def layout(self, inputs: Sequence[Layout], sizes: Sequence[int]) -> Layout:
        return permuted(inputs[0], self._whole())

    def gradient_layout(self, number: int, back: Backward) -> Layout:
        order = self._whole()
        return permuted(back.gradient, [order.index(axis) for axis in range(len(order))])

    def module(self, inputs: Shapes, in_place: bool = False) -> Construct | None:
        return Construct("Permute", ((None, self._whole()),))

    def helpers(self, inputs: Shapes) -> tuple[str, ...]:
        return (_PERMUTE,)

    def expression(self, names: Sequence[str], inputs: Shapes, in_place: bool = False) -> str | None:
        return f"torch.permute({names[0]}, {self._whole()})"


_TOKENS = '''class Tokens(nn.Module):
    """An image as a sequence: [N, C, H, W] becomes [N, H * W, C]."""

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return torch.flatten(x, 2).transpose(1, 2)
'''


@dataclass(frozen=True, slots=True)
class Tokens(_View):
    name: ClassVar[str] = "tokens"
    wants_channels: ClassVar[str] = "first"
    summary: ClassVar[str] = "An image as a sequence: [C, H, W] becomes [H * W, C], a token for each position."
    reference: ClassVar[str] = "torch.flatten, torch.transpose"
    onnx: ClassVar[str] = "Reshape, Transpose"

    def output(self, inputs: Shapes) -> Shape:
        need_spatial(self.name, inputs[0])
        return (product(inputs[0][1:]), inputs[0][0])

    def axes(self, names: Sequence[Axes], inputs: Shapes, output: Shape) -> Axes:
        return ("length", "channels")

    def layout(self, inputs: Sequence[Layout], sizes: Sequence[int]) -> Layout:
        flat = (sizes[0], sizes[2], sizes[1])
        return permuted(viewed(inputs[0], flat) or in_order(flat), (0, 2, 1))

    def gradient_layout(self, number: int, back: Backward) -> Layout:
        return viewed(permuted(back.gradient, (0, 2, 1)), back.sizes(number)) or in_order(back.sizes(number))

    def copies_gradient(self, back: Backward) -> bool:
        return viewed(permuted(back.gradient, (0, 2, 1)), back.sizes(0)) is None

    def is_copied(self, inputs: Sequence[Layout], sizes: Sequence[int]) -> bool:
        return viewed(inputs[0], (sizes[0], sizes[2], sizes[1])) is None

    def module(self, inputs: Shapes, in_place: bool = False) -> Construct | None:
        return Construct("Tokens")

    def helpers(self, inputs: Shapes) -> tuple[str, ...]:
        return (_TOKENS,)

    def expression(self, names: Sequence[str], inputs: Shapes, in_place: bool = False) -> str | None:
        return f"torch.flatten({names[0]}, 2).transpose(1, 2)"


@dataclass(frozen=True, slots=True)
class Rearranged(Operation):
    """The elements in another order: copied, and lying as the input suggests."""

    family: ClassVar[Family] = "shape"
    int8: ClassVar[InEightBits] = "passes"
    output_may_be_overwritten: ClassVar[bool] = True

    def gradient_layout(self, number: int, back: Backward) -> Layout:
        return as_suggested((back.gradient,), back.sizes(number))

    def layout(self, inputs: Sequence[Layout], sizes: Sequence[int]) -> Layout:
        return as_suggested(inputs, sizes)


@dataclass(frozen=True, slots=True)
class ChannelShuffle(Rearranged):
    name: ClassVar[str] = "channel_shuffle"
    wants_channels: ClassVar[str] = "first"
    summary: ClassVar[str] = "Deals the channels of each group out over all groups (ShuffleNet)."
    reference: ClassVar[str] = "torch.nn.ChannelShuffle"
    onnx: ClassVar[str] = "Reshape, Transpose, Reshape"

    groups: int = parameter(COUNT, "how many groups the channels fall into")

    def output(self, inputs: Shapes) -> Shape:
        need_spatial(self.name, inputs[0])
        check_divides(self.name, "groups", inputs[0][0], self.groups, "groups")
        return inputs[0]

    def does_nothing(self, inputs: Shapes, output: Shape) -> bool:
        return self.groups in (1, output[0])

    def divisor(self, inputs: Shapes) -> int:
        return self.groups

    def module(self, inputs: Shapes, in_place: bool = False) -> Construct | None:
        return Construct("nn.ChannelShuffle", ((None, self.groups),))

    def expression(self, names: Sequence[str], inputs: Shapes, in_place: bool = False) -> str | None:
        return f"F.channel_shuffle({names[0]}, {self.groups})"

    def caption(self, inputs: Shapes, output: Shape) -> str:
        return f"g{self.groups}"


@dataclass(frozen=True, slots=True)
class PixelShuffle(Rearranged):
    name: ClassVar[str] = "pixel_shuffle"
    wants_channels: ClassVar[str] = "first"
    summary: ClassVar[str] = "Channels become positions: [C * r * r, H, W] becomes [C, H * r, W * r]."
    reference: ClassVar[str] = "torch.nn.PixelShuffle"
    onnx: ClassVar[str] = "DepthToSpace (mode CRD)"

    factor: int = parameter(COUNT, "how many times larger each side becomes")

    def output(self, inputs: Shapes) -> Shape:
        shape = inputs[0]
        if len(shape) != 3:
            raise Refusal("E313", f"`pixel_shuffle` works on an image [C, H, W], and its input is {show(shape)}", operand=0)
        square = self.factor**2
        if shape[0] % square:
            raise Refusal(
                "E310",
                f"channels {shape[0]} are not divisible by {square}, the square of the factor {self.factor} of `pixel_shuffle`",
                parameter="factor",
                operand=0,
                axis=0,
                help=f"{either(nearest_multiples(shape[0], square))} channels would do",
            )
        return (shape[0] // square, shape[1] * self.factor, shape[2] * self.factor)

    def divisor(self, inputs: Shapes) -> int:
        return self.factor**2

    def module(self, inputs: Shapes, in_place: bool = False) -> Construct | None:
        return Construct("nn.PixelShuffle", ((None, self.factor),))

    def expression(self, names: Sequence[str], inputs: Shapes, in_place: bool = False) -> str | None:
        return f"F.pixel_shuffle({names[0]}, {self.factor})"

    def caption(self, inputs: Shapes, output: Shape) -> str:
        return f"*{self.factor}"


@dataclass(frozen=True, slots=True)
class PixelUnshuffle(Rearranged):
    name: ClassVar[str] = "pixel_unshuffle"
    wants_channels: ClassVar[str] = "first"
    summary: ClassVar[str] = "Positions become channels: [C, H * r, W * r] becomes [C * r * r, H, W] (space to depth)."
    reference: ClassVar[str] = "torch.nn.PixelUnshuffle"
    onnx: ClassVar[str] = "SpaceToDepth, by Reshape and Transpose"

    factor: int = parameter(COUNT, "how many times smaller each side becomes")

    def output(self, inputs: Shapes) -> Shape:
        shape = inputs[0]
        if len(shape) != 3:
            raise Refusal("E313", f"`pixel_unshuffle` works on an image [C, H, W], and its input is {show(shape)}", operand=0)
        for axis, word in ((1, "height"), (2, "width")):
            if shape[axis] % self.factor:
                near = nearest_divisors(gcd(*shape[1:]), self.factor)
                raise Refusal(
                    "E310",
                    f"{word} {shape[axis]} is not divisible by the factor {self.factor} of `pixel_unshuffle`",
                    parameter="factor",
                    operand=0,
                    axis=axis,
                    suggestions=near,
                    help=f"a {word} of {either(nearest_multiples(shape[axis], self.factor))} would do"
                    + (f"; or factor = {either(near)}" if near else ""),
                )
        return (shape[0] * self.factor**2, shape[1] // self.factor, shape[2] // self.factor)

    def does_nothing(self, inputs: Shapes, output: Shape) -> bool:
        return self.factor == 1

    def windows(self, inputs: Shapes, output: Shape) -> tuple[Window, ...] | None:
        return (Window(self.factor, self.factor),) * 2

    def divisor(self, inputs: Shapes) -> int:
        return self.factor

    def module(self, inputs: Shapes, in_place: bool = False) -> Construct | None:
        return Construct("nn.PixelUnshuffle", ((None, self.factor),))

    def expression(self, names: Sequence[str], inputs: Shapes, in_place: bool = False) -> str | None:
        return f"F.pixel_unshuffle({names[0]}, {self.factor})"

    def caption(self, inputs: Shapes, output: Shape) -> str:
        return f"/{self.factor}"


OPERATIONS: tuple[type[Operation], ...] = (Flatten, Reshape, Permute, Tokens, ChannelShuffle, PixelShuffle, PixelUnshuffle)
