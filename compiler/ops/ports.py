"""The ends of a network: its inputs and outputs. They are nodes, so that every edge can be drawn, but no words of the language."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from ...base.records import dataclass
from .base import Family, Operation, Shape, Shapes
from .parameters import Integers, parameter
from .strides import Layout


@dataclass(frozen=True, slots=True)
class Input(Operation):
    """Where a tensor enters."""

    name: ClassVar[str] = "input"
    family: ClassVar[Family] = "port"
    summary: ClassVar[str] = "Where a tensor enters the network."
    least_inputs: ClassVar[int] = 0
    most_inputs: ClassVar[int | None] = 0

    size: tuple[int, ...] = parameter(Integers("a list of sizes"), "the shape without the batch axis")

    def output(self, inputs: Shapes) -> Shape:
        return self.size

    def caption(self, inputs: Shapes, output: Shape) -> str:
        return "x".join(str(size) for size in output)


@dataclass(frozen=True, slots=True)
class Output(Operation):
    """Where a tensor leaves."""

    name: ClassVar[str] = "output"
    family: ClassVar[Family] = "port"
    summary: ClassVar[str] = "Where a tensor leaves the network."
    is_view: ClassVar[bool] = True

    def output(self, inputs: Shapes) -> Shape:
        return inputs[0]

    def layout(self, inputs: Sequence[Layout], sizes: Sequence[int]) -> Layout:
        return inputs[0]


OPERATIONS: tuple[type[Operation], ...] = (Input, Output)
