"""Recurrent layers on whole sequences, as PyTorch has them: each position is worked out from the one before it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from ...base.records import dataclass
from .axes import NEEDS_FEATURES
from .axis_names import Axes
from .base import Construct, Family, Operation, Refusal, Saved, Shape, Shapes, Weight, product, show
from .parameters import CHANNELS, FLAG, PROBABILITY, Integer, Plain, parameter
from .strides import Layout, in_order


@dataclass(frozen=True, slots=True)
class _Recurrent(Operation):
    """What `lstm` and `gru` share: they differ in how many gates a cell has, and in what it hands on."""

    family: ClassVar[Family] = "recurrent"
    wants_channels: ClassVar[str] = "last"
    gates: ClassVar[int] = 0
    gate_flops: ClassVar[int] = 0
    """Operations an element of the state, beside the products."""

    features: int = parameter(CHANNELS, "how many features come out, of each direction")
    layers: int = parameter(
        Integer("a whole number from 1 to 1000", most=1000), "how many layers, each of which reads the one before it", 1
    )
    bidirectional: bool = parameter(FLAG, "whether another one reads from the end; the features of both stand side by side", False)
    dropout: float = parameter(PROBABILITY, "the probability of a value between two layers to be set to 0 while training", 0.0)
    bias: bool = parameter(FLAG, "whether the gates add biases", True)

    def _directions(self) -> int:
        return 2 if self.bidirectional else 1

    def output(self, inputs: Shapes) -> Shape:
        shape = inputs[0]
        if len(shape) != 2:
            raise Refusal(
                "E313",
                f"`{self.name}` works on a sequence [L, C], and its input is {show(shape)}",
                operand=0,
                help=NEEDS_FEATURES
                if len(shape) == 1
                else "`tokens` makes a sequence of an image, `reshape([length = …, channels = …])` of anything",
            )
        return (shape[0], self.features * self._directions())

    def axes(self, names: Sequence[Axes], inputs: Shapes, output: Shape) -> Axes:
        return ("length", "channels")

    def weights(self, inputs: Shapes) -> tuple[Weight, ...]:
        rows: list[Weight] = []
        gates, width = self.gates * self.features, inputs[0][1]
        for layer in range(self.layers):
            for reverse in ("", "_reverse")[: self._directions()]:
                rows += [
                    Weight(f"weight_ih_l{layer}{reverse}", (gates, width)),
                    Weight(f"weight_hh_l{layer}{reverse}", (gates, self.features)),
                ]
                rows += [Weight(f"bias_{kind}_l{layer}{reverse}", (gates,)) for kind in ("ih", "hh")] if self.bias else []
            width = self.features * self._directions()
        return tuple(rows)

    def macs(self, inputs: Shapes, output: Shape) -> int:
        return inputs[0][0] * sum(weight.elements for weight in self.weights(inputs) if weight.name.startswith("weight"))

    def flops(self, inputs: Shapes, output: Shape) -> int:
        biases = inputs[0][0] * sum(weight.elements for weight in self.weights(inputs) if weight.name.startswith("bias"))
        return 2 * self.macs(inputs, output) + biases + self.gate_flops * product(output) * self.layers

    def saved(self, inputs: Shapes, output: Shape) -> Saved:
        # For each direction a copy of what comes in, whose positions come before the batch; for each layer the gates and the states.
        dropped = self.layers - 1 if self.dropout else 0
        return Saved(extra=self._directions() * product(inputs[0]) + (8 * self.layers - 1 + dropped) * product(output))

    def scratch(self, inputs: Shapes, output: Shape) -> int:
        return product(inputs[0]) + self.gates * product(output) + self.layers * output[1]

    def layout(self, inputs: Sequence[Layout], sizes: Sequence[int]) -> Layout:
        return in_order(sizes)

    def module(self, inputs: Shapes, in_place: bool = False) -> Construct | None:
        arguments: list[tuple[str | None, Plain]] = [(None, inputs[0][1]), (None, self.features)]
        if self.layers > 1:
            arguments.append(("num_layers", self.layers))
        if not self.bias:
            arguments.append(("bias", False))
        arguments.append(("batch_first", True))
        if self.dropout and self.layers > 1:
            arguments.append(("dropout", float(self.dropout)))
        if self.bidirectional:
            arguments.append(("bidirectional", True))
        return Construct(f"Sequence{self.name.upper()}", tuple(arguments))

    def caption(self, inputs: Shapes, output: Shape) -> str:
        layers = f", {self.layers} layers" if self.layers > 1 else ""
        return f"{self.features}{' both ways' if self.bidirectional else ''}{layers}"


_CLASS = '''class Sequence{name}(nn.{name}):
    """A recurrent layer that answers with what each position of the sequence gives, and begins with zeros."""

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        count = self.num_layers * (2 if self.bidirectional else 1)
        start = torch.zeros(count, x.shape[0], self.hidden_size, dtype=x.dtype, device=x.device)
        return torch.{function}(
            x,
            {start},
            self._flat_weights,
            self.bias,
            self.num_layers,
            self.dropout,
            self.training,
            self.bidirectional,
            self.batch_first,
        )[0]
'''


@dataclass(frozen=True, slots=True)
class Lstm(_Recurrent):
    name: ClassVar[str] = "lstm"
    summary: ClassVar[str] = (
        "Long short-term memory over a sequence, all layers of it: [L, C] becomes [L, features], twice as many both ways. It begins with zeros."
    )
    reference: ClassVar[str] = "torch.nn.LSTM (batch first)"
    onnx: ClassVar[str] = "LSTM"
    gates: ClassVar[int] = 4
    gate_flops: ClassVar[int] = 9

    def helpers(self, inputs: Shapes) -> tuple[str, ...]:
        return (_CLASS.format(name="LSTM", function="lstm", start="[start, start]"),)


@dataclass(frozen=True, slots=True)
class Gru(_Recurrent):
    name: ClassVar[str] = "gru"
    summary: ClassVar[str] = (
        "Gated recurrent units over a sequence, all layers of it: [L, C] becomes [L, features], twice as many both ways. It begins with zeros."
    )
    reference: ClassVar[str] = "torch.nn.GRU (batch first)"
    onnx: ClassVar[str] = "GRU"
    gates: ClassVar[int] = 3
    gate_flops: ClassVar[int] = 8

    def helpers(self, inputs: Shapes) -> tuple[str, ...]:
        return (_CLASS.format(name="GRU", function="gru", start="start"),)


OPERATIONS: tuple[type[Operation], ...] = (Lstm, Gru)
