"""Recurrent layers on whole sequences, as PyTorch has them: each position is worked out from the one before it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from ...base.records import dataclass
from .axes import NEEDS_FEATURES
from .axis_names import Axes, stands_last
from .base import Backward, Construct, Family, Operation, Refusal, Saved, Shape, Shapes, Weight, product, show
from .parameters import CHANNELS, FLAG, PROBABILITY, Integer, Plain, parameter
from .recurrent_memory import Recurrence, gru_backward, gru_forward, gru_kept, lstm_backward, lstm_forward, lstm_kept
from .strides import Layout, in_order, permuted, viewed


def _positions_first(layout: Layout) -> Layout:
    """The batch and the positions, one for the other."""
    return permuted(layout, (1, 0, 2))


def _of_one_axis(sizes: Sequence[int]) -> tuple[int, int, int]:
    """Sizes with the axes that stand before a sequence in the batch."""
    return (product(sizes[:-2]), sizes[-2], sizes[-1])


@dataclass(frozen=True, slots=True)
class _Recurrent(Operation):
    """What `lstm` and `gru` share: they differ in how many gates a cell has, and in what it hands on."""

    family: ClassVar[Family] = "recurrent"
    wants_channels: ClassVar[str] = "last"
    gates: ClassVar[int] = 0
    gate_flops: ClassVar[int] = 0
    """Operations an element of the state, beside the products."""
    start: ClassVar[str] = "start"
    """What it begins with, in the source."""

    features: int = parameter(CHANNELS, "how many features come out, of each direction")
    layers: int = parameter(
        Integer("a whole number from 1 to 1000", most=1000), "how many layers, each of which reads the one before it", 1
    )
    bidirectional: bool = parameter(FLAG, "whether another one reads from the end; the features of both stand side by side", False)
    dropout: float = parameter(PROBABILITY, "the probability of a value between two layers to be set to 0 while training", 0.0)
    bias: bool = parameter(FLAG, "whether the gates add biases", True)

    def _directions(self) -> int:
        return 2 if self.bidirectional else 1

    def on(self, names: Sequence[Axes], inputs: Shapes) -> Operation:
        """With axes in front, features stand last: an image, channels first, would be read along its width."""
        if len(inputs[0]) > 2 and not stands_last(names[0]):
            raise self._refused(
                inputs[0],
                '`rearrange("c h w -> w (c h)")` reads an image column by column, `tokens` place by place; `"c h w -> h w c"` each row by itself'
                if len(inputs[0]) == 3
                else "`reshape([length = …, channels = …])` makes a sequence of it",
            )
        return self

    def _refused(self, shape: Shape, help: str) -> Refusal:
        return Refusal("E313", f"`{self.name}` works on a sequence [L, C], and its input is {show(shape)}", operand=0, help=help)

    def output(self, inputs: Shapes) -> Shape:
        shape = inputs[0]
        if len(shape) < 2:
            raise self._refused(shape, NEEDS_FEATURES)
        return (*shape[:-1], self.features * self._directions())

    def axes(self, names: Sequence[Axes], inputs: Shapes, output: Shape) -> Axes:
        return (*names[0][:-2], "length", "channels") if len(inputs[0]) == 2 else (*names[0][:-1], "channels")

    def weights(self, inputs: Shapes) -> tuple[Weight, ...]:
        rows: list[Weight] = []
        gates, width = self.gates * self.features, inputs[0][-1]
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
        return product(inputs[0][:-1]) * sum(weight.elements for weight in self.weights(inputs) if weight.name.startswith("weight"))

    def flops(self, inputs: Shapes, output: Shape) -> int:
        biases = product(inputs[0][:-1]) * sum(weight.elements for weight in self.weights(inputs) if weight.name.startswith("bias"))
        return 2 * self.macs(inputs, output) + biases + self.gate_flops * product(output) * self.layers

    def saved(self, inputs: Shapes, output: Shape) -> Saved:
        return Saved(inputs=(0,))

    def layout(self, inputs: Sequence[Layout], sizes: Sequence[int]) -> Layout:
        batch, length, features = _of_one_axis(sizes)
        made = viewed(_positions_first(in_order((length, batch, features))), sizes)
        assert made is not None
        return made

    def gradient_layout(self, number: int, back: Backward) -> Layout:
        return self.layout((), back.sizes(number))

    def copies(self, inputs: Sequence[Layout], output: Layout, training: bool) -> int:
        return self._folded(inputs[0]) + self.forward_peak(self.recurrence(inputs[0]), training) - output.elements

    def kept_copies(self, inputs: Sequence[Layout]) -> int:
        of = self.recurrence(inputs[0])
        return self.kept(of) + (0 if of.clone else self._folded(inputs[0]))

    def copied_inputs(self, inputs: Sequence[Layout]) -> tuple[int, ...]:
        return (0,) if self.recurrence(inputs[0]).clone or self._folded(inputs[0]) else ()

    @staticmethod
    def _folded(layout: Layout) -> int:
        """Elements of the copy that is made of an input whose axes in front go into the batch; 0: a view does."""
        return layout.elements if viewed(layout, _of_one_axis(layout.sizes)) is None else 0

    def backward_scratch(self, back: Backward) -> int:
        of = self.recurrence(back.layouts[0])
        (wanted,) = back.wanted
        read = product(back.inputs[0]) * back.batch if back.kept_alone[0] and not self.copied_inputs(back.layouts) else 0
        return self.backward_peak(of, back.freed, wanted, read) - back.made - sum(row.elements for row in self.weights(back.inputs))

    def recurrence(self, layout: Layout) -> Recurrence:
        sizes = _of_one_axis(layout.sizes)
        batch, length, channels = sizes
        read = _positions_first(viewed(layout, sizes) or in_order(sizes))
        return Recurrence(
            length,
            batch,
            channels,
            self.features,
            self.layers,
            self._directions(),
            self.bias,
            self.dropout > 0 and self.layers > 1,
            layout.elements if self.is_cloned(read) else 0,
            self.bias and not read.is_in_order,
        )

    def is_cloned(self, read: Layout) -> bool:
        """Whether the input, its positions before the batch, must be copied."""
        raise NotImplementedError

    def kept(self, of: Recurrence) -> int:
        raise NotImplementedError

    def forward_peak(self, of: Recurrence, training: bool) -> int:
        raise NotImplementedError

    def backward_peak(self, of: Recurrence, freed: int, wanted: bool, read: int) -> int:
        raise NotImplementedError

    def module(self, inputs: Shapes, in_place: bool = False) -> Construct | None:
        arguments: list[tuple[str | None, Plain]] = [(None, inputs[0][-1]), (None, self.features)]
        if self.layers > 1:
            arguments.append(("num_layers", self.layers))
        if not self.bias:
            arguments.append(("bias", False))
        arguments.append(("batch_first", True))
        if self.dropout and self.layers > 1:
            arguments.append(("dropout", float(self.dropout)))
        if self.bidirectional:
            arguments.append(("bidirectional", True))
        return Construct(f"Sequence{'s' if len(inputs[0]) > 2 else ''}{self.name.upper()}", tuple(arguments))

    def helpers(self, inputs: Shapes) -> tuple[str, ...]:
        several = len(inputs[0]) > 2
        return (
            _CLASS.format(
                of="Sequences" if several else "Sequence",
                name=self.name.upper(),
                told="each sequence" if several else "the sequence",
                fold="        front = x.shape[:-2]\n        x = x.flatten(0, -3)  # [N * …, L, C]\n" if several else "",
                function=self.name,
                start=self.start,
                unfold=".unflatten(0, front)" if several else "",
            ),
        )

    def caption(self, inputs: Shapes, output: Shape) -> str:
        layers = f", {self.layers} layers" if self.layers > 1 else ""
        return f"{self.features}{' both ways' if self.bidirectional else ''}{layers}"


_CLASS = '''class {of}{name}(nn.{name}):
    """A recurrent layer that answers with what each position of {told} gives, and begins with zeros."""

    def forward(self, x: torch.Tensor) -> torch.Tensor:
{fold}        count = self.num_layers * (2 if self.bidirectional else 1)
        start = torch.zeros(count, x.shape[0], self.hidden_size, dtype=x.dtype, device=x.device)
        self._update_flat_weights()  # where others took the place of its weights: torch.export, torch.func
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
        )[0]{unfold}
'''


@dataclass(frozen=True, slots=True)
class Lstm(_Recurrent):
    name: ClassVar[str] = "lstm"
    summary: ClassVar[str] = (
        "Long short-term memory over a sequence, all layers of it: [L, C] becomes [L, features], twice as many both ways. It begins with zeros. Axes may stand in front."
    )
    reference: ClassVar[str] = "torch.nn.LSTM (batch first)"
    onnx: ClassVar[str] = "LSTM"
    gates: ClassVar[int] = 4
    gate_flops: ClassVar[int] = 9
    start: ClassVar[str] = "[start, start]"

    def saved(self, inputs: Shapes, output: Shape) -> Saved:
        return Saved(inputs=(0,), output=not self.bidirectional)

    def is_cloned(self, read: Layout) -> bool:
        return not read.is_in_order

    def kept(self, of: Recurrence) -> int:
        return lstm_kept(of)

    def forward_peak(self, of: Recurrence, training: bool) -> int:
        return lstm_forward(of, training)

    def backward_peak(self, of: Recurrence, freed: int, wanted: bool, read: int) -> int:
        return lstm_backward(of, freed, wanted, read)


@dataclass(frozen=True, slots=True)
class Gru(_Recurrent):
    name: ClassVar[str] = "gru"
    summary: ClassVar[str] = (
        "Gated recurrent units over a sequence, all layers of it: [L, C] becomes [L, features], twice as many both ways. It begins with zeros. Axes may stand in front."
    )
    reference: ClassVar[str] = "torch.nn.GRU (batch first)"
    onnx: ClassVar[str] = "GRU"
    gates: ClassVar[int] = 3
    gate_flops: ClassVar[int] = 8

    def is_cloned(self, read: Layout) -> bool:
        return viewed(read, (read.sizes[0] * read.sizes[1], read.sizes[2])) is None

    def kept(self, of: Recurrence) -> int:
        return gru_kept(of)

    def forward_peak(self, of: Recurrence, training: bool) -> int:
        return gru_forward(of, training)

    def backward_peak(self, of: Recurrence, freed: int, wanted: bool, read: int) -> int:
        return gru_backward(of, freed, wanted, read)


OPERATIONS: tuple[type[Operation], ...] = (Lstm, Gru)
