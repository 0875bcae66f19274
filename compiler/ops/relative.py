"""Biases of attention that hang on how far two places of a window are apart: a learned table, read at fixed places."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from ...base.records import dataclass
from .axis_names import Axes
from .base import Backward, Family, Initialization, Operation, Refusal, Saved, Shape, Shapes, Weight, product, show_size
from .initial import WORDS, call
from .parameters import COUNT, FLAG, KERNEL, POSITIVE, Plain, parameter
from .spatial import as_written

_BIAS = '''def relative_bias(table: torch.Tensor, height: int, width: int) -> torch.Tensor:
    """The bias of each head between any two places of a window, [1, heads, places, places], of a row for each distance."""
    # Each place sees the part of the table in which it lies in the middle: [rows, columns, heads, rows, columns], keys first.
    near = table.unflatten(0, (2 * height - 1, 2 * width - 1)).unfold(0, height, 1).unfold(1, width, 1).flip(0, 1)
    return near.permute(2, 3, 4, 0, 1).reshape(1, -1, height * width, height * width)
'''

_WITH_CLASS = '''def relative_bias_with_class(table: torch.Tensor, height: int, width: int) -> torch.Tensor:
    """The same with a class token in front: the last three rows are for what it looks at, what looks at it, and itself."""
    bias = relative_bias(table[:-3], height, width)
    row, column, corner = table[-3:].reshape(3, 1, -1, 1, 1).unbind(0)
    row, column = row.expand(-1, -1, 1, bias.shape[3]), column.expand(-1, -1, bias.shape[2], 1)
    return torch.cat([torch.cat([corner, row], 3), torch.cat([column, bias], 3)], 2)
'''

_HEADS_FIRST = '''def relative_bias_of_heads(table: torch.Tensor) -> torch.Tensor:
    """The bias of each head between any two places of a window, [1, heads, places, places], of [heads, distances, distances]."""
    height, width = (table.shape[1] + 1) // 2, (table.shape[2] + 1) // 2
    near = table.unfold(1, height, 1).unfold(2, width, 1).flip(1, 2)
    return near.reshape(1, -1, height * width, height * width)
'''

_MIRRORED = '''def mirrored_bias(table: torch.Tensor, height: int, width: int, step: int) -> torch.Tensor:
    """The bias of each head between every `step`-th place of a window and all its places."""
    # How far apart two rows are, and two columns, whichever lies first: the number of the place
    # that is as far from the corner.
    down = torch.arange(height, device=table.device)
    across = torch.arange(width, device=table.device)
    down = (down[::step, None] - down).abs()
    across = (across[::step, None] - across).abs()
    index = down[:, None, :, None] * width + across[None, :, None, :]
    return table[:, index.flatten()].reshape(1, table.shape[0], -1, height * width)
'''


@dataclass(frozen=True, slots=True)
class RelativeBias(Operation):
    name: ClassVar[str] = "relative_bias"
    family: ClassVar[Family] = "attention"
    summary: ClassVar[str] = (
        "A learned bias [heads, L, L] for the logits of attention in a window: one number for each head and distance. It takes no input and begins a path."
    )
    reference: ClassVar[str] = "Swin Transformer, BEiT, CoAtNet, MaxViT, LeViT"
    onnx: ClassVar[str] = "Gather, Transpose"
    least_inputs: ClassVar[int] = 0
    most_inputs: ClassVar[int | None] = 0

    window: Plain = parameter(KERNEL, "the size of the window whose places are compared")
    heads: int = parameter(COUNT, "how many heads have a bias of their own")
    class_token: bool = parameter(FLAG, "whether a class token stands before the places, with three numbers of its own (BEiT)", False)
    heads_first: bool = parameter(
        FLAG, "whether the table is [heads, distances, distances], of a key's place less a query's, as in CoAtNet", False
    )
    std: float = parameter(POSITIVE, "the deviation of the truncated normal distribution that it starts from", 0.02)
    mirrored: bool = parameter(
        FLAG, "whether a distance is one whichever place lies first: the table is [heads, places], as in LeViT", False
    )
    step: int = parameter(COUNT, "with `mirrored`, which of the places look along each side: every second by 2, as where LeViT shrinks", 1)

    @property
    def sides(self) -> tuple[int, ...]:
        return as_written(self.window)

    @property
    def places(self) -> int:
        return product(self.sides) + (1 if self.class_token else 0)

    @property
    def asking(self) -> int:
        """How many places look at all of them."""
        return product([-(-side // self.step) for side in self.sides]) if self.mirrored else self.places

    def output(self, inputs: Shapes) -> Shape:
        if len(self.sides) != 2:
            raise Refusal("E326", f"a window has two sides, and `{show_size(self.window)}` has {len(self.sides)}", parameter="window")
        if self.class_token and self.heads_first:
            raise Refusal(
                "E326", "`class_token` and `heads_first` do not go together", parameter="heads_first", help="leave one of them out"
            )
        for name in ("class_token", "heads_first") if self.mirrored else ():
            if getattr(self, name):
                raise Refusal("E326", f"`mirrored` and `{name}` do not go together", parameter="mirrored", help="leave one of them out")
        if self.step > 1 and not self.mirrored:
            raise Refusal("E326", "`step` tells of a mirrored bias, and this one is not", parameter="step", help="write `mirrored = true`")
        return (self.heads, self.asking, self.places)

    def axes(self, names: Sequence[Axes], inputs: Shapes, output: Shape) -> Axes:
        return ("", "length", "length")

    def weights(self, inputs: Shapes) -> tuple[Weight, ...]:
        if self.mirrored:
            return (Weight("", (self.heads, self.places)),)
        distances = tuple(2 * side - 1 for side in self.sides)
        if self.heads_first:
            return (Weight("", (self.heads, *distances)),)
        return (Weight("", (product(distances) + (3 if self.class_token else 0), self.heads)),)

    def saved(self, inputs: Shapes, output: Shape) -> Saved:
        return Saved(once=self._index)

    @property
    def _index(self) -> int:
        """Elements of where a mirrored bias is read, which has eight bytes for each."""
        return 2 * self.asking * self.places if self.mirrored else 0

    def scratch(self, inputs: Shapes, output: Shape) -> int:
        if self.mirrored:
            return self._index + 2 * sum(-(-side // self.step) * side for side in self.sides)
        places = product(self.sides)
        if not self.class_token:
            return self.heads * places**2  # in the other order
        return self.heads * (places**2 + places * (places + 1) + places + 1)  # without the class token, and each row of it

    def backward_scratch(self, back: Backward) -> int:
        if self.mirrored:
            return back.elements
        # Its own gradient, and that in the order of the table, before that of the table is there.
        return back.elements + self.heads * product(self.sides) ** 2 - self.weights(())[0].elements

    def helpers(self, inputs: Shapes) -> tuple[str, ...]:
        if self.mirrored:
            return (_MIRRORED,)
        return (_HEADS_FIRST,) if self.heads_first else (_BIAS, _WITH_CLASS) if self.class_token else (_BIAS,)

    def expression(self, names: Sequence[str], inputs: Shapes, in_place: bool = False) -> str | None:
        if self.heads_first:
            return f"relative_bias_of_heads({names[0]})"
        height, width = self.sides
        if self.mirrored:
            return f"mirrored_bias({names[0]}, {height}, {width}, {self.step})"
        return f"relative_bias{'_with_class' if self.class_token else ''}({names[0]}, {height}, {width})"

    def initialization(self) -> Initialization:
        return Initialization((("", call(WORDS["truncated"], self.std)),))

    def caption(self, inputs: Shapes, output: Shape) -> str:
        return f"{show_size(self.sides)}, {self.heads} head" + ("s" if self.heads > 1 else "")


OPERATIONS: tuple[type[Operation], ...] = (RelativeBias,)
