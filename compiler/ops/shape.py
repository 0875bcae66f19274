"""Other views of a tensor: its elements stay, their order or their axes change."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

from .base import Construct, Operation, Shape, Shapes, product


@dataclass(frozen=True, slots=True)
class Flatten(Operation):
    name: ClassVar[str] = "flatten"
    family: ClassVar[str] = "shape"
    summary: ClassVar[str] = "All axes in one: [C, H, W] becomes [C * H * W]."
    reference: ClassVar[str] = "torch.nn.Flatten"
    onnx: ClassVar[str] = "Flatten"
    is_view: ClassVar[bool] = True

    def output(self, inputs: Shapes) -> Shape:
        return (product(inputs[0]),)

    def module(self, inputs: Shapes, in_place: bool = False) -> Construct | None:
        return Construct("nn.Flatten")

    def expression(self, names: Sequence[str], inputs: Shapes, in_place: bool = False) -> str | None:
        return f"torch.flatten({names[0]}, 1)"


OPERATIONS: tuple[type[Operation], ...] = (Flatten,)
