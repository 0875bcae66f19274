"""Regularisation: the identity in evaluation."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

from .base import Construct, Operation, Saved, Shape, Shapes, product
from .parameters import PROBABILITY, parameter


@dataclass(frozen=True, slots=True)
class Dropout(Operation):
    name: ClassVar[str] = "dropout"
    family: ClassVar[str] = "regularise"
    summary: ClassVar[str] = "Sets single values to 0 while training, and enlarges the others; the identity in evaluation."
    reference: ClassVar[str] = "torch.nn.Dropout"
    onnx: ClassVar[str] = "Identity"
    training_only: ClassVar[bool] = True

    p: float = parameter(PROBABILITY, "the probability of a value to be set to 0", 0.5)

    def output(self, inputs: Shapes) -> Shape:
        return inputs[0]

    def does_nothing(self, inputs: Shapes, output: Shape) -> bool:
        return self.p == 0

    def saved(self, inputs: Shapes, output: Shape) -> Saved:
        return Saved(extra=product(output)) if self.p else Saved()

    def module(self, inputs: Shapes, in_place: bool = False) -> Construct | None:
        return Construct("nn.Dropout", ((None, self.p),) if self.p != 0.5 else ())

    def expression(self, names: Sequence[str], inputs: Shapes, in_place: bool = False) -> str | None:
        return f"F.dropout({names[0]}, p={self.p}, training=self.training)"

    def caption(self, inputs: Shapes, output: Shape) -> str:
        return str(self.p)


OPERATIONS: tuple[type[Operation], ...] = (Dropout,)
