"""Pools that are told their output's size, not their window's."""

from __future__ import annotations

from collections.abc import Sequence
from math import gcd
from typing import ClassVar, Literal

from ...base.records import dataclass
from .base import Construct, Family, InEightBits, Operation, Saved, Shape, Shapes, Window, product
from .parameters import Extent, Plain, parameter
from .pool import INDEX_BYTES
from .spatial import need_spatial, show_kernel, simple, spread
from .strides import Layout, as_suggested_on_a_row, in_order


@dataclass(frozen=True, slots=True)
class _Adaptive(Operation):
    """A pool that is told its output's size, not its window's."""

    family: ClassVar[Family] = "pool"
    wants_channels: ClassVar[str] = "first"
    output_may_be_overwritten: ClassVar[bool] = True
    kind: ClassVar[Literal["Max", "Avg"]]

    def _size(self) -> Plain:
        return 1

    def output(self, inputs: Shapes) -> Shape:
        rank = need_spatial(self.name, inputs[0])
        return (inputs[0][0], *spread(self._size(), rank, "size", inputs[0]))

    def does_nothing(self, inputs: Shapes, output: Shape) -> bool:
        return inputs[0] == output

    def flops(self, inputs: Shapes, output: Shape) -> int:
        return product(inputs[0])

    def windows(self, inputs: Shapes, output: Shape) -> tuple[Window, ...] | None:
        rows = []
        for before, after in zip(inputs[0][1:], output[1:], strict=True):
            shared = gcd(before, after)
            # Window i reaches from floor(i * before / after) to ceil((i + 1) * before / after): this is the longest.
            longest = -(-(before + after - shared) // after)
            rows.append(Window(0 if after == 1 else longest, before // shared, 0, 1, after // shared))
        return tuple(rows)

    def layout(self, inputs: Sequence[Layout], sizes: Sequence[int]) -> Layout:
        # Over volumes only the mean of everything asks how its input lies.
        if len(sizes) == 5 and (self.kind == "Max" or product(sizes[2:]) != 1):
            return in_order(sizes)
        return as_suggested_on_a_row(inputs[0], sizes)

    def answers_with_view(self, inputs: Sequence[Layout]) -> bool:
        return len(inputs[0].sizes) == 3

    def module(self, inputs: Shapes, in_place: bool = False) -> Construct | None:
        rank = len(inputs[0]) - 1
        size = simple(spread(self._size(), rank, "size", inputs[0]))
        return Construct(f"nn.Adaptive{self.kind}Pool{rank}d", ((None, size),))

    def expression(self, names: Sequence[str], inputs: Shapes, in_place: bool = False) -> str | None:
        rank = len(inputs[0]) - 1
        size = simple(spread(self._size(), rank, "size", inputs[0]))
        return f"F.adaptive_{self.kind.lower()}_pool{rank}d({names[0]}, {size!r})"

    def caption(self, inputs: Shapes, output: Shape) -> str:
        return f"to {show_kernel(output[1:])}" if product(output[1:]) != 1 else ""


@dataclass(frozen=True, slots=True)
class _AdaptiveAvg(_Adaptive):
    kind: ClassVar[Literal["Max", "Avg"]] = "Avg"
    int8: ClassVar[InEightBits] = "computes"

    def saved(self, inputs: Shapes, output: Shape) -> Saved:
        # To one position PyTorch takes the mean, whose gradient needs no more than the shape.
        return Saved() if product(output[1:]) == 1 else Saved(inputs=(0,))


@dataclass(frozen=True, slots=True)
class _AdaptiveMax(_Adaptive):
    kind: ClassVar[Literal["Max", "Avg"]] = "Max"

    def saved(self, inputs: Shapes, output: Shape) -> Saved:
        return Saved(inputs=(0,), extra_bytes=INDEX_BYTES * product(output))


SIZE = Extent("a size: `7`, or `7x5`")


@dataclass(frozen=True, slots=True)
class AdaptiveAvgPool(_AdaptiveAvg):
    name: ClassVar[str] = "adaptive_avgpool"
    summary: ClassVar[str] = "Means over as many windows as are wanted, whatever the input's size; windows may overlap."
    reference: ClassVar[str] = "torch.nn.AdaptiveAvgPool1d, AdaptiveAvgPool2d, AdaptiveAvgPool3d"
    onnx: ClassVar[str] = "AveragePool, where the sizes divide"

    size: Plain = parameter(SIZE, "the output's size, a number or one for each axis")

    def _size(self) -> Plain:
        return self.size


@dataclass(frozen=True, slots=True)
class AdaptiveMaxPool(_AdaptiveMax):
    name: ClassVar[str] = "adaptive_maxpool"
    summary: ClassVar[str] = "The largest values of as many windows as are wanted, whatever the input's size."
    reference: ClassVar[str] = "torch.nn.AdaptiveMaxPool1d, AdaptiveMaxPool2d, AdaptiveMaxPool3d"
    onnx: ClassVar[str] = "MaxPool, where the sizes divide"

    size: Plain = parameter(SIZE, "the output's size, a number or one for each axis")

    def _size(self) -> Plain:
        return self.size


@dataclass(frozen=True, slots=True)
class GlobalAvgPool(_AdaptiveAvg):
    name: ClassVar[str] = "global_avgpool"
    summary: ClassVar[str] = "The mean of each channel over all positions; the axes stay, with size 1."
    reference: ClassVar[str] = "torch.nn.AdaptiveAvgPool2d(1)"
    onnx: ClassVar[str] = "GlobalAveragePool"


@dataclass(frozen=True, slots=True)
class GlobalMaxPool(_AdaptiveMax):
    name: ClassVar[str] = "global_maxpool"
    summary: ClassVar[str] = "The largest value of each channel over all positions; the axes stay, with size 1."
    reference: ClassVar[str] = "torch.nn.AdaptiveMaxPool2d(1)"
    onnx: ClassVar[str] = "GlobalMaxPool"


OPERATIONS: tuple[type[Operation], ...] = (AdaptiveAvgPool, AdaptiveMaxPool, GlobalAvgPool, GlobalMaxPool)
