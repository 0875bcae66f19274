"""Which input sizes a network accepts, exactly: the smallest, and what a size must divide by.

Every size that can matter is carried through the graph by the operations' own shape rules. Sizes behind strides repeat
with a period, so that from some size on the accepted ones are residues of it: the answer is those residues, where they begin,
and the single sizes below. A network as built has weights: a size that would change one (a linear layer behind a flatten)
is accepted by the compiler, not by the built module.
"""

from __future__ import annotations

from collections.abc import Sequence
from math import lcm

from ...dsl.records import dataclass
from ..graph import Graph
from ..ops.base import Refusal, Shape, Weight
from ..program import Node
from .receptive import receptive
from .table import Cell, Column, Table

AXES = {1: ("length",), 2: ("height", "width"), 3: ("depth", "height", "width")}

LARGEST_PERIOD = 4096
"""Periods beyond this are not looked for; the sizes that were tried are then listed as they are."""

LEAST_LIMIT = 64


@dataclass(frozen=True, slots=True)
class Sizes:
    """The accepted sizes of one axis: those in `single`, and each `n >= least` whose `n % period` is in `residues`.

    `tried` is up to where sizes were carried through the graph.
    """

    single: tuple[int, ...]
    least: int
    period: int
    residues: tuple[int, ...]
    tried: int

    def __contains__(self, size: int) -> bool:
        return size in self.single or (size >= self.least and size % self.period in self.residues)

    @property
    def smallest(self) -> int | None:
        """The smallest accepted size; None where there is none."""
        first = next((size for size in range(self.least, self.least + self.period) if size in self), None)
        return min(self.single) if self.single else first

    def __str__(self) -> str:
        parts = [", ".join(_runs(self.single))] if self.single else []
        if self.residues:
            begin = next(size for size in range(self.least, self.least + self.period) if size in self)
            if len(self.residues) == self.period:
                parts.append(f"every size from {begin}")
            elif self.residues == (0,):
                parts.append(f"multiples of {self.period} from {begin}")
            else:
                parts.append(f"from {begin}, sizes that leave {', '.join(map(str, self.residues))} when divided by {self.period}")
        return "; ".join(parts) or "none"


def _runs(numbers: Sequence[int]) -> list[str]:
    """`5, 7 to 9`: neighbours together."""
    runs: list[list[int]] = []
    for number in numbers:
        if runs and number == runs[-1][-1] + 1:
            runs[-1].append(number)
        else:
            runs.append([number])
    return [str(run[0]) if len(run) == 1 else f"{run[0]} to {run[-1]}" for run in runs]


@dataclass(frozen=True, slots=True)
class Axis:
    """One axis of one input. `built`: what the module with its weights takes in evaluation; `compiled`: what the compiler takes."""

    input: str
    axis: str
    native: int
    built: Sizes
    compiled: Sizes
    fixed_by: str
    """The first node whose weights depend on this size; "" where none does."""


def sizes(graph: Graph) -> tuple[Axis, ...]:
    """One record for each spatial axis of each input, the other axes at the size that the network was compiled for."""
    rows = []
    native = [node.shape for node in graph.nodes]
    weights = [_weights(node, node.input_shapes) for node in graph.nodes]
    period = _period(graph)
    for node in graph.inputs:
        for number, word in enumerate(AXES.get(len(node.shape) - 1, ()), 1):
            limit = max(LEAST_LIMIT, 2 * node.shape[number]) + 3 * period
            compiled, built, fixed_by = [], [], ""
            for size in range(1, limit + 1):
                shape = (*node.shape[:number], size, *node.shape[number + 1 :])
                run = _carry(graph, native, weights, node.index, shape)
                if run.in_training:
                    compiled.append(size)
                if run.in_evaluation and run.changed is None:
                    built.append(size)
                if run.changed is not None and not fixed_by:
                    fixed_by = run.changed.unique
            rows.append(Axis(node.names[-1], word, node.shape[number], _pattern(built, limit, period), _pattern(compiled, limit, period), fixed_by))
    return tuple(rows)


@dataclass(frozen=True, slots=True)
class _Run:
    """Whether every operation that evaluation runs accepts a shape, and those of side heads too; the first node whose weights it changes."""

    in_evaluation: bool
    in_training: bool
    changed: Node | None


def _carry(graph: Graph, native: Sequence[Shape], weights: Sequence[tuple[Weight, ...]], start: int, shape: Shape) -> _Run:
    """What comes of a shape at the input `start`."""
    shapes: dict[int, Shape] = {start: shape}
    changed: Node | None = None
    in_training = True
    for node in graph.nodes:
        if node.index == start or not any(index in shapes for index in node.inputs):
            continue
        if node.training_only and not in_training:
            continue
        inputs = tuple(shapes.get(index, native[index]) for index in node.inputs)
        if inputs == node.input_shapes:
            continue
        try:
            output = node.operation.output(inputs)
        except Refusal:
            in_training = False
            if not node.training_only:
                return _Run(False, False, changed)
            continue
        if changed is None and _weights(node, inputs) != weights[node.index]:
            changed = node
        if output != native[node.index]:
            shapes[node.index] = output
    return _Run(True, in_training, changed)


def _weights(node: Node, inputs: tuple[Shape, ...]) -> tuple[Weight, ...]:
    return node.operation.weights(inputs)


def _period(graph: Graph) -> int:
    """With which period the sizes of all tensors repeat: a common multiple of the effective strides."""
    period = 1
    for row in receptive(graph):
        for field in row.fields:
            period = lcm(period, field.stride.numerator, field.stride.denominator)
            if period > LARGEST_PERIOD:
                return LARGEST_PERIOD
    return period


def _pattern(accepted: Sequence[int], limit: int, longest: int) -> Sizes:
    """The shortest description of the accepted sizes up to `limit`."""
    legal = [False] * (limit + 1)
    for size in accepted:
        legal[size] = True
    best: Sizes | None = None
    for period in (step for step in range(1, longest + 1) if longest % step == 0):
        least = limit - period + 1
        while least > 1 and legal[least - 1] == legal[least - 1 + period]:
            least -= 1
        # Two periods at least must have been seen to repeat.
        if least > limit - 2 * period + 1 and least > 1:
            continue
        residues = tuple(sorted({size % period for size in range(least, least + period) if legal[size]}))
        single = tuple(size for size in range(1, least) if legal[size])
        found = Sizes(single, least, period, residues, limit)
        if best is None or len(found.single) + len(found.residues) < len(best.single) + len(best.residues):
            best = found
    return best or Sizes(tuple(accepted), limit + 1, 1, (), limit)


# ---------------------------------------------------------------------------------------------- output


def sizes_table(name: str, axes: Sequence[Axis]) -> Table:
    """The table that `archc sizes` prints."""
    rows: list[tuple[Cell, ...]] = [
        (axis.input, axis.axis, axis.native, axis.built.smallest, str(axis.built), str(axis.compiled), axis.fixed_by) for axis in axes
    ]
    columns = (
        Column("input", left=True),
        Column("axis", left=True),
        Column("as compiled"),
        Column("smallest"),
        Column("accepted by the built module", left=True),
        Column("accepted by the compiler", left=True),
        Column("fixed by", left=True),
    )
    tried = max((axis.built.tried for axis in axes), default=0)
    notes = (
        "Each axis by itself, the others as compiled. The compiler takes more where a weight's shape follows the input (`fixed by`), and",
        "less where side heads, which only training runs, need a larger input than evaluation does.",
        f"Every size up to {tried} was carried through the graph; beyond it they repeat.",
    )
    return Table(columns, tuple(rows), None, notes, f"{name}: input sizes")


def sizes_json(name: str, axes: Sequence[Axis]) -> dict[str, object]:
    def pattern(row: Sizes) -> dict[str, object]:
        return {
            "smallest": row.smallest,
            "single": list(row.single),
            "least": row.least,
            "period": row.period,
            "residues": list(row.residues),
            "text": str(row),
        }

    return {
        "version": 1,
        "network": name,
        "axes": [
            {
                "input": axis.input,
                "axis": axis.axis,
                "native": axis.native,
                "built": pattern(axis.built),
                "compiled": pattern(axis.compiled),
                "fixed_by": axis.fixed_by or None,
            }
            for axis in axes
        ],
    }
