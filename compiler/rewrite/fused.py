"""Operations that only rewrites make: a layer and what follows it, done in one call."""

from __future__ import annotations

from typing import ClassVar

from ...base.records import dataclass
from ..ops.base import Family, Operation, Shape, Shapes, Weight, product
from ..ops.parameters import FLAG, Kind, parameter

OPERATION = Kind("an operation")


@dataclass(frozen=True, slots=True)
class Fused(Operation):
    """A layer, then perhaps the sum with a second input, then perhaps an activation: `activation(layer(x) + other)`."""

    name: ClassVar[str] = "fused"
    family: ClassVar[Family] = "fused"
    summary: ClassVar[str] = "A layer with the sum and the activation that follow it, in one call."
    least_inputs: ClassVar[int] = 1
    most_inputs: ClassVar[int | None] = 2
    output_may_be_overwritten: ClassVar[bool] = True

    layer: Operation = parameter(OPERATION, "the layer")
    activation: Operation | None = parameter(OPERATION, "what is applied last", None)
    adds: bool = parameter(FLAG, "whether the second input is added to what the layer makes", False)

    def output(self, inputs: Shapes) -> Shape:
        return self.layer.output(inputs[:1])

    def weights(self, inputs: Shapes) -> tuple[Weight, ...]:
        return self.layer.weights(inputs[:1])

    def macs(self, inputs: Shapes, output: Shape) -> int:
        return self.layer.macs(inputs[:1], output)

    def flops(self, inputs: Shapes, output: Shape) -> int:
        further = product(output) if self.adds else 0
        if self.activation is not None:
            further += self.activation.flops((output,), output)
        return self.layer.flops(inputs[:1], output) + further

    def caption(self, inputs: Shapes, output: Shape) -> str:
        parts = [self.layer.caption(inputs[:1], output), "+" if self.adds else ""]
        if self.activation is not None:
            parts.append(self.activation.name)
        return ", ".join(part for part in parts if part)


def layer_of(operation: Operation) -> Operation:
    """The layer of a fused operation, or the operation itself."""
    return operation.layer if isinstance(operation, Fused) else operation


def is_bare(operation: Operation) -> bool:
    """Whether nothing was fused to it yet, so that its output is linear in its weights if its layer's is."""
    return not isinstance(operation, Fused) or (operation.activation is None and not operation.adds)
