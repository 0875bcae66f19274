"""The cost of a network as records and as tables: row by row, and by kind of work."""

from __future__ import annotations

from ...base.records import dataclass
from ..graph.program import Node
from ..ops.base import Shape
from .table import Cell, Column, Table, mebibytes

CONVENTION = (
    "MACs: convolutions, linear layers and attention's products, one sample. FLOPs: 2 a MAC, 1 a bias added, and the other",
    "operations by docs/costs.md. Parameters: trainable, shared ones once, heads that only training has apart. Buffers in",
    "elements. Activations: elements written, one sample; views and what training alone does write none.",
)
"""Printed under every table of costs."""


@dataclass(frozen=True, slots=True)
class Work:
    """Figures that add up. All are for one sample."""

    parameters: int = 0
    buffers: int = 0
    macs: int = 0
    flops: int = 0
    activations: int = 0
    layer_activations: int = 0
    """Elements that operations with MACs write: what the literature on design spaces calls activations."""


@dataclass(frozen=True, slots=True)
class Row:
    """One line of the table: a stage, a block call, or an operation. `nodes` are the operations that it covers."""

    path: str
    op: str
    output: Shape
    work: Work
    nodes: tuple[Node, ...]
    peak_bytes: int
    """The most that is alive at once while it runs, at inference (see `memory.py`)."""
    shares: str = ""
    """The path of the part or step whose weights it uses again."""

    def to_json(self) -> dict[str, object]:
        return {
            "path": self.path,
            "op": self.op,
            "output": list(self.output),
            "parameters": self.work.parameters,
            "buffers": self.work.buffers,
            "macs": self.work.macs,
            "flops": self.work.flops,
            "activations": self.work.activations,
            "peak_bytes": self.peak_bytes,
            "shares": self.shares or None,
        }


@dataclass(frozen=True, slots=True)
class Cost:
    """The cost of one network at one batch size and dtype."""

    network: str
    batch: int
    dtype: str
    optimizer: str
    inputs: tuple[tuple[str, Shape], ...]
    outputs: tuple[tuple[str, Shape], ...]
    total: Work
    training_only: Work
    weights_bytes: int
    bytes_by_dtype: tuple[tuple[str, int], ...]
    """Of weights and buffers, by their number format."""
    moved_bytes: int
    """What an inference of the batch reads and writes, operation by operation."""
    inference_peak_bytes: int
    inference_peak_at: str
    training_peak_bytes: int
    training_peak_at: str
    kinds: tuple[tuple[str, Work], ...]
    by: str
    rows: tuple[Row, ...]

    def __str__(self) -> str:
        """The table that `archc cost` prints."""
        return cost_table(self).text()

    def _repr_html_(self) -> str:
        """What a notebook shows."""
        return cost_table(self).html()

    @property
    def arithmetic_intensity(self) -> float:
        """FLOPs a byte moved."""
        return self.total.flops * self.batch / self.moved_bytes if self.moved_bytes else 0.0

    def to_json(self) -> dict[str, object]:
        """The document that `archc cost --format json` prints."""
        return {
            "version": 1,
            "network": self.network,
            "batch": self.batch,
            "dtype": self.dtype,
            "optimizer": self.optimizer,
            "input": {name: list(shape) for name, shape in self.inputs},
            "output": {name: list(shape) for name, shape in self.outputs},
            "totals": {
                "parameters": self.total.parameters,
                "buffers": self.total.buffers,
                "macs": self.total.macs,
                "flops": self.total.flops,
                "activations": self.total.activations,
                "layer_activations": self.total.layer_activations,
                "weights_bytes": self.weights_bytes,
                "moved_bytes": self.moved_bytes,
                "arithmetic_intensity": self.arithmetic_intensity,
                "inference_peak_bytes": self.inference_peak_bytes,
                "inference_peak_at": self.inference_peak_at,
                "training_peak_bytes": self.training_peak_bytes,
                "training_peak_at": self.training_peak_at,
            },
            "bytes_by_dtype": dict(self.bytes_by_dtype),
            "by": self.by,
            "rows": [row.to_json() for row in self.rows],
            "kinds": {
                kind: {"parameters": work.parameters, "macs": work.macs, "flops": work.flops, "activations": work.activations}
                for kind, work in self.kinds
            },
            "training_only": {
                "parameters": self.training_only.parameters,
                "buffers": self.training_only.buffers,
                "macs": self.training_only.macs,
                "flops": self.training_only.flops,
            },
            "convention": " ".join(CONVENTION),
        }


def told(path: str, shares: str) -> str:
    """A row's path for people: `other (shares tower)`."""
    return f"{path} (shares {shares})" if shares else path


def cost_table(cost: Cost) -> Table:
    """The table that `archc cost` prints."""
    rows: list[tuple[Cell, ...]] = [
        (
            told(row.path, row.shares),
            row.op,
            row.output,
            row.work.parameters,
            row.work.macs,
            row.work.flops,
            row.work.activations,
            row.peak_bytes,
        )
        for row in cost.rows
    ]
    columns = (
        Column("path", left=True),
        Column("op", left=True),
        Column("output"),
        Column("parameters"),
        Column("MACs"),
        Column("FLOPs"),
        Column("activations"),
        Column("memory", "bytes"),
    )
    total: tuple[Cell, ...] = (
        "total",
        "",
        cost.outputs[0][1] if len(cost.outputs) == 1 else "",
        cost.total.parameters,
        cost.total.macs,
        cost.total.flops,
        cost.total.activations,
        cost.inference_peak_bytes,
    )
    return Table(columns, tuple(rows), total, (*summary(cost), "", *CONVENTION), heading(cost), by_step=True)


def heading(cost: Cost) -> str:
    inputs = ", ".join("x".join(map(str, shape)) for _, shape in cost.inputs)
    return f"{cost.network}: input {inputs}"


def summary(cost: Cost) -> tuple[str, ...]:
    """What the rows do not say: buffers, bytes, peaks, and what only training has."""
    setting = f"batch {cost.batch}, {cost.dtype}"
    lines = [
        f"Weights and buffers: {' + '.join(f'{size:,} bytes of {dtype}' for dtype, size in cost.bytes_by_dtype) or 'none'}; "
        f"buffers: {cost.total.buffers:,} elements.",
        f"An inference moves {mebibytes(cost.moved_bytes)} ({setting}): {cost.arithmetic_intensity:.1f} FLOPs a byte.",
        f"Memory, {setting}: what is alive at a row's peak, the input with it, weights apart; "
        f"the most is {mebibytes(cost.inference_peak_bytes)} at {cost.inference_peak_at}.",
        f"A training step with {cost.optimizer}, all in: {mebibytes(cost.training_peak_bytes)} at {cost.training_peak_at}.",
    ]
    if cost.training_only.parameters or cost.training_only.macs:
        lines.append(
            f"Only in training: {cost.training_only.parameters:,} parameters, {cost.training_only.macs:,} MACs (side heads), not in the table."
        )
    return tuple(lines)


def kinds_table(cost: Cost) -> Table:
    """The table that `archc cost --table kinds` prints: where parameters and work are."""
    rows: list[tuple[Cell, ...]] = [
        (
            kind,
            work.parameters,
            work.macs,
            work.flops,
            work.flops / cost.total.flops * 100 if cost.total.flops else 0.0,
            work.activations,
        )
        for kind, work in cost.kinds
    ]
    columns = (
        Column("kind", left=True),
        Column("parameters"),
        Column("MACs"),
        Column("FLOPs"),
        Column("% of FLOPs", ".1f"),
        Column("activations"),
    )
    total: tuple[Cell, ...] = ("total", cost.total.parameters, cost.total.macs, cost.total.flops, 100.0, cost.total.activations)
    return Table(columns, tuple(rows), total, CONVENTION, heading(cost))
