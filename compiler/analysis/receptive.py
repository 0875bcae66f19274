"""How far each position sees: receptive field, effective stride and offset; and where a network throws positions away.

Along one axis, position `i` of a node's output depends on the pixels `offset + i * stride` to that plus `size - 1` of the
network's input (of all its inputs, where they merge). The figures are of the arithmetic, not clipped to the image: a field may be
larger than the input. Behind an upsampling, positions differ; the size is the largest and the offset the first position's.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from fractions import Fraction

from ...base.records import dataclass
from ..graph.batchless import is_batchless
from ..graph.graph import Graph
from ..graph.program import Node
from ..ops.base import Shape, Window, product
from .table import Cell, Column, Table

STEP = Window()
"""What an operation without windows does along an axis: each position reads its own."""


@dataclass(frozen=True, slots=True)
class Field:
    """The receptive field along one axis. `size` None: the whole input."""

    size: Fraction | None = Fraction(1)
    stride: Fraction = Fraction(1)
    offset: Fraction = Fraction(0)

    def through(self, window: Window) -> Field:
        """The field of what reads this one through `window`."""
        stride = self.stride * window.stride / window.upscale
        if self.size is None or window.kernel == 0:
            return Field(None, stride)
        reach = (window.kernel - 1) * window.dilation
        return Field(self.size + reach * self.stride, stride, self.offset - window.before * self.stride)

    def joined(self, other: Field) -> Field:
        """The field of a merge of both: the smallest that covers them."""
        stride = max(self.stride, other.stride)
        if self.size is None or other.size is None:
            return Field(None, stride)
        start = min(self.offset, other.offset)
        end = max(self.offset + self.size, other.offset + other.size)
        return Field(end - start, stride, start)

    @property
    def center(self) -> Fraction | None:
        """The middle of the first position's field, in pixels of the input."""
        return None if self.size is None else self.offset + (self.size - 1) / 2


WHOLE = Field(None)


@dataclass(frozen=True, slots=True)
class Receptive:
    """The fields of one node, one a spatial axis; none for what has no spatial axes.

    `unread` is the share of its input's positions that it never reads (a strided 1x1 reads one in four). `narrow` marks a
    bottleneck: all paths pass through this tensor, and it is smaller than the nearest such tensors before and after it.
    """

    node: Node
    fields: tuple[Field, ...]
    unread: Fraction = Fraction(0)
    narrow: bool = False


def receptive(graph: Graph) -> tuple[Receptive, ...]:
    """One record for each node that inference runs, in order."""
    order = [node for node in graph.nodes if not node.training_only]
    narrow = _bottlenecks(graph, order)
    fields = fields_of(order)
    return tuple(Receptive(node, fields[node.index], _unread(node), node.index in narrow) for node in order)


def fields_of(order: Iterable[Node]) -> dict[int, tuple[Field, ...]]:
    """The fields alone, by the numbers of the nodes, which come in order."""
    fields: dict[int, tuple[Field, ...]] = {}
    alone: dict[int, bool] = {}
    for node in order:
        beside = [alone[index] for index in node.inputs]
        alone[node.index] = is_batchless(node.operation.is_source(), beside)
        # What no input leads to sees nothing of any.
        inputs = [None if row and not alone[node.index] else fields[index] for index, row in zip(node.inputs, beside, strict=True)]
        fields[node.index] = _fields(node, inputs)
    return fields


def _fields(node: Node, inputs: Sequence[tuple[Field, ...] | None]) -> tuple[Field, ...]:
    rank = _rank(node.shape)
    if not inputs:
        return (Field(),) * rank
    joined: tuple[Field, ...] | None = None
    made_beside = node.operation.result_number() > 0  # it reads nothing of its first input
    for number, (above, shape) in enumerate(zip(inputs, node.input_shapes, strict=True)):
        if above is None or (number == 0 and made_beside):
            continue
        if len(above) != rank or _rank(shape) != rank:
            row: tuple[Field, ...] = (WHOLE,) * rank
        else:
            used = node.operation.windows_of(number, node.input_shapes, node.shape) or (STEP,) * rank
            row = tuple(field.through(window) for field, window in zip(above, used, strict=True))
        joined = row if joined is None else tuple(one.joined(other) for one, other in zip(joined, row, strict=True))
    assert joined is not None
    return joined


def _rank(shape: Shape) -> int:
    return max(len(shape) - 1, 0)


def _unread(node: Node) -> Fraction:
    """The share of the first input's positions that no window covers, away from the borders."""
    windows = node.operation.windows(node.input_shapes, node.shape) if node.input_shapes else None
    read = Fraction(1)
    for window in windows or ():
        if window.kernel and window.upscale == 1:
            offsets = {step * window.dilation % window.stride for step in range(min(window.kernel, window.stride))}
            read *= Fraction(len(offsets), window.stride)
    return 1 - read


def _bottlenecks(graph: Graph, order: Sequence[Node]) -> set[int]:
    """The nodes that every path passes and that hold fewer elements than the nearest such nodes on both sides."""
    run = {node.index for node in order}
    reaches = 0  # the furthest user of anything so far
    cuts: list[Node] = []
    for node in order:
        if not node.is_port and reaches <= node.index:
            cuts.append(node)
        reaches = max(reaches, *(user.index for user in graph.users(node) if user.index in run), node.index)
    images = [node for node in cuts if _rank(node.shape) > 0]
    sizes = [product(node.shape) for node in images]
    narrow = set()
    before = 0
    for place in range(len(images) - 1):
        # A run of equal sizes is one tensor written over and over: its last step stands for it.
        if sizes[place] == sizes[place + 1]:
            continue
        if before > sizes[place] < sizes[place + 1]:
            narrow.add(images[place].index)
        before = sizes[place]
    return narrow


def receptive_table(graph: Graph) -> Table:
    """The table that `archc cost --table receptive` prints."""
    rows: list[tuple[Cell, ...]] = []
    for row in receptive(graph):
        if not row.fields:
            continue
        remarks = []
        if row.unread:
            remarks.append(f"{row.unread} of its input is never read")
        if row.narrow:
            remarks.append("bottleneck")
        rows.append(
            (
                row.node.unique,
                row.node.operation.name,
                row.node.shape,
                _axes("whole" if field.size is None else str(field.size) for field in row.fields),
                _axes(str(field.stride) for field in row.fields),
                _axes("" if field.size is None else _decimal(field.offset) for field in row.fields),
                ", ".join(remarks),
            )
        )
    columns = (
        Column("path", left=True),
        Column("op", left=True),
        Column("output"),
        Column("field"),
        Column("stride"),
        Column("offset"),
        Column("remarks", left=True),
    )
    notes = (
        "Position i sees pixels offset + i * stride to that + field - 1, not clipped to the image. whole: every pixel.",
        "bottleneck: all paths pass here, and the tensor is smaller than those before and after it.",
    )
    return Table(columns, tuple(rows), None, notes, f"{graph.program.name}: receptive fields", by_step=True)


def _axes(words: Iterable[str]) -> str:
    items = list(words)
    return items[0] if len(set(items)) == 1 else "x".join(items)


def _decimal(value: Fraction) -> str:
    return str(value.numerator) if value.denominator == 1 else f"{float(value):g}"
