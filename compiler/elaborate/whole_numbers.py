"""Whole numbers and floating point numbers: which tensors hold which, and that every step is given what it works with.

A step that learns or computes gives floating point numbers, a pool's indices are whole numbers, and an input is whichever its readers take:
places in a table where `embedding` reads it, perhaps behind steps that only move it; numbers everywhere else. A fixed table of places
is whole numbers by itself.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import field

from ...base.records import dataclass
from ..graph.program import Node
from ..ops.axes import NEEDS_FEATURES
from ..ops.base import Operation, Refusal, Shape, product


@dataclass(slots=True, eq=False)
class WholeNumbers:
    """The kind that each input was read as first, and by what."""

    as_places: dict[int, str] = field(default_factory=dict)
    as_numbers: dict[int, str] = field(default_factory=dict)
    _inputs: dict[int, frozenset[int]] = field(default_factory=dict)

    def check(self, nodes: Sequence[Node], made: Operation, inputs: Sequence[int], shape: Shape) -> None:
        """Refuse a step that is given the other kind."""
        for number, index in enumerate(inputs):
            _check_indices(nodes[index], made, number, shape)
        read = [self.inputs_of(nodes, index) for index in inputs]
        joins_places = len(inputs) > 1 and any(_places(nodes[source]) is not None for sources in read for source in sources)
        if made.only_moves() and all(read) and not joins_places:
            return
        for number, sources in enumerate(read):
            if number and getattr(made, "like", False) is True:
                continue  # whose size is taken may hold what it likes
            looks_up = number == 0 and made.reads_integers() is not None
            if looks_up and not sources:
                raise Refusal("E335", self._not_whole(made, nodes, inputs[0]), operand=0, help=self._before(made, nodes, inputs[0]))
            mine, other = (self.as_places, self.as_numbers) if looks_up else (self.as_numbers, self.as_places)
            for source in sorted(sources):
                if (rows := _places(nodes[source])) is not None:
                    _check_places(nodes[source], made, rows, number, looks_up)
                    continue
                if source in other:
                    raise _read_as_both(nodes[source], made, other[source], number, looks_up)
                mine.setdefault(source, made.name)

    def first_of(self, refusal: Refusal, nodes: Sequence[Node], made: Operation, inputs: Sequence[int]) -> Refusal:
        """Of a refusal of shapes, and one of what the tensors hold, that which no other shape takes away."""
        if any(self.inputs_of(nodes, index) & self.as_places.keys() for index in inputs):
            try:
                self.check(nodes, made, inputs, nodes[inputs[0]].shape)
            except Refusal as other:
                return other
        return refusal

    def inputs_of(self, nodes: Sequence[Node], index: int) -> frozenset[int]:
        """The inputs of the network, and fixed places, whose numbers a tensor holds as they came; none where a step worked numbers out."""
        known = self._inputs.get(index)
        if known is None:
            node = nodes[index]
            if not node.inputs and (node.operation.family == "port" or _places(node) is not None):
                known = frozenset((index,))
            elif node.operation.family == "port" or node.operation.only_moves():
                parts = [self.inputs_of(nodes, before) for before in node.inputs]
                known = frozenset().union(*parts) if all(parts) else frozenset()
            else:
                known = frozenset()
            self._inputs[index] = known
        return known

    def with_features(self, nodes: Sequence[Node], refusal: Refusal, operand: int) -> str | None:
        """The help of a refusal that wants a sequence [L, C]. A vector that a step made is no row of words: `embedding` is not for it."""
        if refusal.help != NEEDS_FEATURES or self.inputs_of(nodes, operand):
            return refusal.help
        node = nodes[operand]
        while node.inputs and len(node.shape) == len(node.input_shapes[0]) == 1:
            node = nodes[node.inputs[0]]
        if node.operation.only_moves() and node.inputs and product(node.input_shapes[0]) == product(node.shape):
            if len(node.input_shapes[0]) > 2:
                return f"`tokens` in place of `{node.operation.name}` makes a sequence [L, C] of the image: one row for each position"
            return f"it is a sequence before `{node.operation.name}`: leave that out"
        return "`reshape([length = …, channels = …])` makes a sequence [L, C] of a vector; of an image, `tokens` does"

    def _before(self, made: Operation, nodes: Sequence[Node], index: int) -> str:
        """What to do with the step that makes other numbers of the whole ones that came in."""
        node = source = nodes[index]
        while len(source.inputs) == 1 and source.operation.only_moves():
            source = nodes[source.inputs[0]]
        if not source.inputs and (written := source.operation.made_whole()) is not None:
            return f"give `{source.operation.name}` also `{written}`: its numbers are rows of the table then"
        if not node.inputs or node.shape != node.input_shapes[0] or not all(self.inputs_of(nodes, before) for before in node.inputs):
            return _FOR_NUMBERS
        text = " ".join(node.span.text.split())
        if node.operation.family in ("activation", "regularise", "norm"):
            return f"`{text}` works on features, and so it stands behind what makes them: `{made.name}(…) -> {text}`"
        return f"`{text}` would change which rows are looked up: do that where the batch is made, and give the network the numbers that it means"

    def _not_whole(self, made: Operation, nodes: Sequence[Node], index: int) -> str:
        node = source = nodes[index]
        while source.inputs and source.operation.only_moves():
            source = nodes[next(before for before in source.inputs if not self.inputs_of(nodes, before))]
        through = f" (moved by `{node.operation.name}`)" if node is not source else ""
        return f"`{made.name}` takes whole numbers, and `{source.operation.name}` gives floating point numbers{through}"


_FOR_NUMBERS = (
    "`linear(features)` makes features of numbers; `embedding` stands directly on an input of whole numbers, `input x[length = 128]`"
)


def _read_as_both(source: Node, made: Operation, other: str, operand: int, looks_up: bool) -> Refusal:
    kinds = ("whole", "floating point") if looks_up else ("floating point", "whole")
    places, numbers = (made.name, other) if looks_up else (other, made.name)
    return Refusal(
        "E335",
        f"`{made.name}` reads `{source.names[-1]}` as {kinds[0]} numbers, and `{other}` reads it as {kinds[1]} numbers",
        operand=operand,
        help=f"an input holds one kind: give `{places}` and `{numbers}` an input each, or give `{numbers}` what `{places}` makes",
    )


def _places(source: Node) -> int | None:
    """Of a fixed table of places: of how many rows."""
    return source.operation.reads_integers() if not source.inputs else None


def _check_places(source: Node, made: Operation, rows: int, operand: int, looks_up: bool) -> None:
    """Fixed places are read in a table that has them, and nowhere else."""
    count = made.reads_integers() if looks_up else None
    text = " ".join(source.span.text.split())
    text = text if len(text) <= 80 else f"{text[:60].rstrip()} …"
    if count is None:
        raise Refusal(
            "E335",
            f"`{text}` gives places in a table, whole numbers, which `{made.name}` cannot work with",
            operand=operand,
            help=f"`embedding({rows}, features) {{ | {text} | … }}` reads a table there, which the second path makes",
        )
    if count < rows:
        raise Refusal(
            "E335",
            f"`{text}` gives places in a table of {rows} rows, and `{made.name}` reads one of {count}",
            operand=operand,
            help=f"`{made.name}` of {rows}: "
            + ("rows are counted from 0" if source.operation.made_whole() else "the product of 2 * side - 1 of the window's sides"),
        )


def _check_indices(node: Node, made: Operation, number: int, shape: Shape) -> None:
    """The indices of a pool go where they are asked for, and nothing else goes there."""
    asked = number == made.integer_input
    if node.operation.gives_integers != asked:
        raise Refusal(
            "E335",
            f"`{made.name}` takes the indices of a pool, and `{node.operation.name}` gives none"
            if asked
            else f"`{node.operation.name}` gives the places of maxima, which `{made.name}` cannot work with",
            operand=number,
            help="`p: maxpool(2, indices = true)` has them as `p.indices`, and `maxunpool` takes them as its second path",
        )
    if asked:
        made.check_origin(shape, node.input_shapes[0])
