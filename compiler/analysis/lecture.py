"""The table of the lecture on architectures: batch 128, activations, parameters, FLOPs and memory, layer by layer.

Its convention: FLOPs are `2 * K * K * Cin * out` of a convolution and `K * K * out` of a pool (no factor 2), times the batch.
Activations count the outputs of convolutions, pools and linear layers; an inception module counts its concatenated output
alone; what is between (ReLU, LRN, dropout, flatten) counts nothing, nor does an adaptive pool to the size that is there. A batch norm, which the lecture's networks lack, adds its
parameters alone. Memory of activations is twice their bytes (the input's once, and not in the total), of parameters three
times theirs; MB is 2^20 bytes, floats have 4.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from ...base.records import dataclass
from ..graph.graph import Graph
from ..graph.program import Node, Scope
from ..ops.base import Shape, product
from .cost import elements
from .cost_table import told
from .table import Cell, Column, Table

BATCH = 128
FLOAT = 4
ACTIVATION_COPIES = 2
PARAMETER_COPIES = 3


@dataclass(frozen=True, slots=True)
class Layer:
    """One line of the lecture's table. `activations` and `parameters` are elements of one image; the rest is for the batch."""

    name: str
    op: str
    output: Shape
    activations: int
    parameters: int
    flops: int
    copies: int = ACTIVATION_COPIES
    batch: int = BATCH

    @property
    def activation_bytes(self) -> int:
        return self.copies * FLOAT * self.batch * self.activations

    @property
    def parameter_bytes(self) -> int:
        return PARAMETER_COPIES * FLOAT * self.parameters


def lecture(graph: Graph, batch: int = BATCH) -> tuple[Layer, ...]:
    """The rows, the inputs first."""
    rows = [Layer(node.names[-1], "input", node.shape, product(node.shape), 0, 0, 1, batch) for node in graph.inputs]
    for name, op, nodes in _layers(graph):
        parameters = sum(elements(weight for weight in graph.weights(node) if weight.trainable) for node in nodes)
        flops = sum(_flops(node) for node in nodes) * batch
        counted = product(nodes[-1].shape) if flops else 0
        if parameters or flops:
            rows.append(Layer(name, op, nodes[-1].shape, counted, parameters, flops, batch=batch))
    return tuple(rows)


def _flops(node: Node) -> int:
    if node.operation.family != "pool":
        return 2 * node.macs
    if node.operation.does_nothing(node.input_shapes, node.shape):
        return 0
    windows = node.operation.windows(node.input_shapes, node.shape) or ()
    spatial = node.input_shapes[0][1:]
    covered = (
        product([window.kernel or size for window, size in zip(windows, spatial, strict=True)])
        if windows
        else product(node.input_shapes[0]) // product(node.shape)
    )
    return covered * product(node.shape)


def _layers(graph: Graph) -> Iterable[tuple[str, str, Sequence[Node]]]:
    """Operations, one a row; a block call or a group that merges paths is one row with all that it holds."""
    nodes = graph.trunk
    merging: set[Scope] = set()
    for node in nodes:
        if len(node.inputs) > 1:
            merging.update(scope for scope in node.scope.ancestors() if scope.kind in ("block", "group"))
    rows: dict[Scope | Node, list[Node]] = {}
    for node in nodes:
        holder = next((scope for scope in node.scope.ancestors() if scope in merging), None)
        rows.setdefault(holder or node, []).append(node)
    for key, members in rows.items():
        if isinstance(key, Scope):
            yield told(key.unique, graph.shared(key)), key.template or key.kind, members
        else:
            yield told(key.unique, graph.shared(key)), key.operation.name, members


def lecture_table(graph: Graph, batch: int = BATCH) -> Table:
    """The table that `archc cost --table lecture` prints."""
    rows = lecture(graph, batch)
    counted = [row for row in rows if row.op != "input"]
    columns = (
        Column("layer", left=True),
        Column("op", left=True),
        Column("output"),
        Column("#activations"),
        Column("#parameters"),
        Column("FLOPs (M)", ",.0f"),
        Column("activations MB", ",.1f"),
        Column("parameters MB", ",.1f"),
    )
    cells: list[tuple[Cell, ...]] = [
        (
            row.name,
            row.op,
            row.output,
            row.activations,
            row.parameters,
            row.flops / 1e6,
            row.activation_bytes / 2**20,
            row.parameter_bytes / 2**20,
        )
        for row in rows
    ]
    total: tuple[Cell, ...] = (
        "total",
        "",
        "",
        sum(row.activations for row in counted),
        sum(row.parameters for row in counted),
        sum(row.flops for row in counted) / 1e6,
        sum(row.activation_bytes for row in counted) / 2**20,
        sum(row.parameter_bytes for row in counted) / 2**20,
    )
    notes = (
        f"Batch {batch}. FLOPs: 2*K*K*Cin*out of a convolution, K*K*out of a pool, for the batch. Activations MB: 2 copies of the outputs",
        "of convolutions, pools and linear layers (the input: 1 copy, not in the total). Parameters MB: 3 copies. MB = 2^20 bytes.",
    )
    return Table(columns, tuple(cells), total, notes, f"{graph.program.name}: the lecture's table", by_step=True)
