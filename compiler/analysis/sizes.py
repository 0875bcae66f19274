"""Which input sizes a network accepts, exactly: the smallest, and what a size must divide by.

Every size that can matter is carried through the graph by the operations' own shape rules. Sizes behind strides repeat
with a period, so that from some size on the accepted ones are residues of it: the answer is those residues, where they begin,
and the single sizes below. A network as built has weights: a size that would change one (a linear layer behind a flatten)
is accepted by the compiler, not by the built module.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from itertools import combinations
from math import lcm
from typing import TypeAlias

from ...base.diagnostics import Diagnostic, Label
from ...base.records import dataclass
from ...reporting.error import ArchError
from ..graph.graph import Graph
from ..graph.program import Node
from ..ops.base import Operation, Shape
from .carry import Run, carry
from .held import Hold, held
from .receptive import Field, receptive
from .table import Cell, Column, Table

POSITIONS = re.compile(r"\.\s*(length|depth|height|width|features|shape)\b")
CHANNELS = re.compile(r"\.\s*channels\b")
"""Expressions that read a tensor's size."""

LARGEST_PERIOD = 4096
"""Periods beyond this are not looked for; the sizes that were tried are then listed as they are."""

LEAST_LIMIT = 64

SELDOM = 64
"""After how many sizes it is told how many were tried."""

LARGEST = 500_000
"""Each size up to twice the compiled one is carried through the graph: beyond this that takes hours."""

FIRST_SIZES, PROBES = (128, 1024), 24
"""Where the compiler is asked: up to there each size, and so many beyond."""


@dataclass(frozen=True, slots=True)
class Sizes:
    """The accepted sizes of one axis: those in `single`, and each `n >= least` whose `n % period` is in `residues`.

    `tried` is up to where each size was carried through the graph, or compiled.
    """

    single: tuple[int, ...]
    least: int
    period: int
    residues: tuple[int, ...]
    tried: int
    most: int | None = None
    """The largest accepted size, where a table that is cut to the input's size has no more places; None: there is none."""

    def __contains__(self, size: int) -> bool:
        repeats = size >= self.least and (self.most is None or size <= self.most)
        return size in self.single or (repeats and size % self.period in self.residues)

    @property
    def smallest(self) -> int | None:
        """The smallest accepted size; None where there is none."""
        first = next((size for size in range(self.least, self.least + self.period) if size in self), None)
        return min(self.single) if self.single else first

    def __str__(self) -> str:
        parts = [", ".join(_runs(self.single))] if self.single else []
        if self.residues:
            begin = next(size for size in range(self.least, self.least + self.period) if size in self)
            span = f"from {begin}" if self.most is None else f"from {begin} to {self.most}"
            if len(self.residues) == self.period:
                parts.append(f"every size {span}")
            elif self.residues == (0,):
                parts.append(f"multiples of {self.period} {span}")
            else:
                parts.append(f"{span}, sizes that leave {', '.join(map(str, self.residues))} when divided by {self.period}")
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
    """One axis of one input, or of several that must agree and are varied together.

    `built`: what the module with its weights takes in evaluation; `compiled`: what the compiler takes.
    """

    inputs: tuple[str, ...]
    axis: str
    native: int
    built: Sizes
    compiled: Sizes
    fixed_by: str
    """The first node whose weights depend on this size, `(in training)` where only those of side heads do; "" where none does."""

    hold: Hold | None = None
    """Where no weights do, and the axis takes no other size: the step whose numbers in the text hold it."""

    was_asked: bool = False
    """Whether the compiler was asked for each size, as the network's text reads sizes."""

    @property
    def is_free(self) -> bool:
        """Whether the built module takes other sizes than the one it was made for."""
        return bool(self.built.residues) or self.built.single != (self.native,)


Compile: TypeAlias = "Callable[[Mapping[str, Shape]], Graph | None]"
"""The network for inputs of these shapes; None where it does not compile."""


Watch: TypeAlias = "Callable[[str], None]"
"""Takes what is at work, now and then."""


def sizes(graph: Graph, compile: Compile | None = None, watch: Watch = lambda text: None) -> tuple[Axis, ...]:
    """One record for each axis of each input, the others at the size that the network was compiled for.

    Axes of positions are there in any case, those of channels and features where the built module leaves them free. Inputs
    that must agree are varied together. `compile` is asked where the network's text reads sizes, for then a size may change
    more than the shapes.
    """
    search = _Search(graph, watch)
    rows: dict[Axis, None] = {}
    for node in graph.inputs:
        rows.update(dict.fromkeys(search.rows(node)))
    return tuple(rows if compile is None else (search.asked(axis, compile) for axis in rows))


class _Search:
    def __init__(self, graph: Graph, watch: Watch) -> None:
        self.graph = graph
        self.watch = watch
        self.period = _period(graph)
        self.places_of_tables = _places_of_tables(graph)
        self.known: dict[tuple[tuple[int, ...], int], Axis] = {}
        self.places: dict[Axis, tuple[tuple[Node, ...], int]] = {}

    def rows(self, node: Node) -> list[Axis]:
        """Of each axis that is a position, and of channels where they are free. A vector is features, or places in a table."""
        if len(node.shape) == 1:
            are_places = "length" in node.axes or self.graph.integers(node) is not None
            only = self.axis(node, 0, "length" if are_places else "features")
            return [only] if are_places or only.is_free else []
        found = [self.axis(node, number, word) for number, word in enumerate(node.axes)]
        return [axis for axis in found if axis.axis != "channels" or axis.is_free]

    def axis(self, node: Node, number: int, word: str) -> Axis:
        """The sizes of an axis, alone or, where alone it is held by other inputs, with them."""
        alone = self.varied((node,), number, word)
        if alone.built.residues:
            return alone
        others = [other for other in self.graph.inputs if other is not node and _same_axis(node, other, number)]
        for count in sorted({1, len(others)} - {0}):
            for partners in combinations(others, count):
                group = tuple(one for one in self.graph.inputs if one is node or one in partners)
                together = self.varied(group, number, word)
                if together.built.residues or len(together.built.single) > len(alone.built.single):
                    return together
        return alone

    def varied(self, nodes: tuple[Node, ...], number: int, word: str) -> Axis:
        key = (tuple(node.index for node in nodes), number)
        found = self.known.get(key)
        if found is None:
            found = self.known[key] = self._varied(nodes, number, word)
        axis = replace(found, axis=word)
        self.places[axis] = nodes, number
        return axis

    def _limit(self, native: int) -> int:
        return max(LEAST_LIMIT, 2 * native) + 3 * self.period

    def _varied(self, nodes: tuple[Node, ...], number: int, word: str) -> Axis:
        native = nodes[0].shape[number]
        if native > LARGEST:
            raise _too_large(nodes[0], word, native)
        limit = self._limit(native)

        def run_of(size: int) -> Run:
            return carry(self.graph, {node.index: _resized(node, number, size) for node in nodes})

        compiled, built, fixed_by, held_by = [], [], "", ""
        for size in range(1, limit + 1):
            if size % SELDOM == 0:
                self.watch(f"{word}: {size:,} of {limit:,} sizes tried")
            run = run_of(size)
            if run.in_training:
                compiled.append(size)
            if run.is_built:
                built.append(size)
            if run.changed is not None and not fixed_by:
                fixed_by = run.changed.unique
            if run.held is not None and not held_by:
                held_by = f"{run.held.unique} (in training)"
        steps = [step for step in range(1, self.period + 1) if self.period % step == 0]
        names = tuple(node.names[-1] for node in nodes)
        taken = self._bounded(_pattern(built, limit, steps), lambda size: run_of(size).is_built)
        trained = self._bounded(_pattern(compiled, limit, steps), lambda size: run_of(size).in_training)
        other = {node.index: _resized(node, number, native + self.period) for node in nodes}
        hold = None if taken.residues or fixed_by else held(self.graph, other)
        return Axis(names, word, native, taken, trained, fixed_by or held_by, hold)

    def _bounded(self, found: Sizes, takes: Callable[[int], bool]) -> Sizes:
        """The same up to where the tables end that are cut to the size of what comes in."""
        if not self.places_of_tables or not found.residues:
            return found
        low, high = found.tried, max(found.tried, self.places_of_tables * self.period) + 2 * self.period
        rows = [size for size in range(low - self.period, high + 1) if size in found]
        if takes(rows[-1]):
            return found
        first, last = 0, len(rows) - 1
        while last - first > 1:
            middle = (first + last) // 2
            first, last = (middle, last) if takes(rows[middle]) else (first, middle)
        return replace(found, most=rows[first]) if takes(rows[first]) else found

    def asked(self, axis: Axis, compile: Compile) -> Axis:
        """What the compiler itself takes, where the network's text reads sizes."""
        nodes, number = self.places[axis]

        def compiled(size: int) -> Graph | None:
            return compile({node.names[-1]: _resized(node, number, size) for node in nodes})

        if not _reads(self.graph, POSITIONS):
            if not _reads(self.graph, CHANNELS):
                return axis
            # Channels seldom depend on positions: where two other sizes give the same operations, none does.
            others = [size for size in range(1, self._limit(axis.native) + 1) if size in axis.compiled and size != axis.native]
            if others and all(_same_operations(self.graph, compiled(size)) for size in {others[0], others[-1]}):
                return axis
        limit = self._limit(axis.native)
        accepted = _by_trying(lambda size: compiled(size) is not None, limit, (axis.native, self.period, *_numbers(self.graph)))
        return replace(axis, compiled=accepted, was_asked=True)


def _too_large(node: Node, word: str, native: int) -> ArchError:
    message = f"sizes are tried up to twice the {word} of `{node.names[-1]}`, and {native:,} is more than can be tried"
    help = f"`--input` with a smaller {word}, {LARGEST:,} at most: sizes repeat, and what holds there holds beyond"
    return ArchError((Diagnostic("F645", message, Label(node.span), help=help),))


def _by_trying(takes: Callable[[int], bool], limit: int, likely: Iterable[int]) -> Sizes:
    """What is taken up to `limit`, where every answer costs a compile.

    A pattern of the first sizes that holds for others as well is the answer: sizes up to the limit, far apart, and those beside
    `likely` numbers. What the text makes of a size may repeat with any period.
    """
    known: dict[int, bool] = {}

    def asked(size: int) -> bool:
        if size not in known:
            known[size] = takes(size)
        return known[size]

    apart = {limit - number * limit // PROBES for number in range(PROBES)}
    beside = {near for number in likely for near in (number - 1, number, number + 1) if 0 < near <= limit}
    for seen in sorted({min(limit, most) for most in (*FIRST_SIZES, limit)}):
        found = _pattern([size for size in range(1, seen + 1) if asked(size)], seen, range(1, seen // 3))
        if found.residues and all(asked(size) == (size in found) for size in sorted(apart | beside)):
            break
    return found


def _resized(node: Node, number: int, size: int) -> Shape:
    return (*node.shape[:number], size, *node.shape[number + 1 :])


def _same_operations(graph: Graph, other: Graph | None) -> bool:
    return other is not None and _operations(graph) == _operations(other)


def _operations(graph: Graph) -> list[Operation]:
    return [node.operation for node in graph.nodes if not node.is_port]


def _same_axis(one: Node, other: Node, number: int) -> bool:
    return len(one.shape) == len(other.shape) and one.shape[number] == other.shape[number]


def _texts(graph: Graph) -> list[str]:
    """Of the network, and of the blocks in it."""
    sources = {
        id(source): source
        for node in graph.nodes
        for source in (node.span.source, *(scope.span.source for scope in node.scope.ancestors()))
    }
    return [source.text for source in sources.values()]


def _reads(graph: Graph, expression: re.Pattern[str]) -> bool:
    """Whether the text has such an expression."""
    return any(expression.search(text) for text in _texts(graph))


def _numbers(graph: Graph) -> set[int]:
    """The whole numbers in the text, for sizes are compared with them."""
    return {int(number) for text in _texts(graph) for number in re.findall(r"\b\d{1,6}\b", text)}


def _period(graph: Graph) -> int:
    """With which period the sizes of all tensors repeat: a common multiple of the effective strides, and of what axes must divide by."""
    fields = [field for row in receptive(graph) for field in row.fields]
    common = _common(fields)
    for node in graph.nodes:
        # Where the axes were moved, a stride is not told from the input on.
        if any(len(shape) <= 2 for shape in node.input_shapes):
            common = lcm(common, *(window.stride for window in node.operation.windows(node.input_shapes, node.shape) or ()))
    parts = lcm(*(node.operation.divisor(node.input_shapes) for node in graph.nodes))
    return min(common * parts, LARGEST_PERIOD)


def _places_of_tables(graph: Graph) -> int:
    """The longest axis of the tables, learned or fixed, that are cut to the size of another tensor; 0 where there are none."""
    alone: set[int] = set()
    most = 0
    for node in graph.nodes:
        if not node.is_port and all(index in alone for index in node.inputs):
            alone.add(node.index)
        elif getattr(node.operation, "like", False) is True and node.inputs[0] in alone:
            most = max(most, *node.input_shapes[0])
    return most


def strides(graph: Graph) -> int:
    """A common multiple of the effective strides before all is pooled into one: sizes that it divides are rounded nowhere on the way."""
    return _common(field for row in receptive(graph) for field, size in zip(row.fields, row.node.shape[1:], strict=False) if size > 1)


def _common(fields: Iterable[Field]) -> int:
    return lcm(1, *(part for field in fields for part in (field.stride.numerator, field.stride.denominator)))


def _pattern(accepted: Sequence[int], limit: int, periods: Iterable[int]) -> Sizes:
    """The shortest description of the accepted sizes up to `limit`; of equals that with the earliest of `periods`."""
    legal = [False] * (limit + 1)
    for size in accepted:
        legal[size] = True
    best: Sizes | None = None
    for period in periods:
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
        (", ".join(axis.inputs), axis.axis, axis.native, axis.built.smallest, str(axis.built), str(axis.compiled), _fixed_by(axis))
        for axis in axes
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
    asked = [axis for axis in axes if axis.was_asked]
    tried = max(((axis.compiled if axis.was_asked else axis.built).tried for axis in asked or axes), default=0)
    most = max((axis.built.tried for axis in axes), default=0)
    beyond = f", and some up to {most}" if tried < most else ""
    together = {axis.inputs for axis in axes if len(axis.inputs) > 1}
    notes = (
        *(f"{' and '.join(names)} must agree: they are varied together." for names in sorted(together)),
        *dict.fromkeys(f"`{axis.hold.text}` at {axis.hold.place} holds the size: {axis.hold.remedy}." for axis in axes if axis.hold),
        "Each axis by itself, the others as compiled. The compiler takes more where a weight's shape follows the input (`fixed by`), and",
        "less where side heads, which only training runs, need a larger input than evaluation does.",
        f"Every size up to {tried} was compiled{beyond}: the text reads sizes; the others are taken to repeat."
        if asked
        else f"Every size up to {tried} was carried through the graph; beyond it they repeat.",
    )
    return Table(columns, tuple(rows), None, notes, f"{name}: input sizes")


def _fixed_by(axis: Axis) -> str:
    return axis.hold.step if axis.hold is not None and not axis.fixed_by else axis.fixed_by


def sizes_json(name: str, axes: Sequence[Axis]) -> dict[str, object]:
    def pattern(row: Sizes) -> dict[str, object]:
        return {
            "smallest": row.smallest,
            "single": list(row.single),
            "least": row.least,
            "period": row.period,
            "residues": list(row.residues),
            "most": row.most,
            "text": str(row),
        }

    return {
        "version": 1,
        "network": name,
        "axes": [
            {
                "input": axis.inputs[0],
                "inputs": list(axis.inputs),
                "axis": axis.axis,
                "native": axis.native,
                "built": pattern(axis.built),
                "compiled": pattern(axis.compiled),
                "fixed_by": axis.fixed_by or None,
                "held_by": axis.hold.step if axis.hold is not None else None,
            }
            for axis in axes
        ],
    }
