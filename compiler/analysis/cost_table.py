"""The cost of a network as tables: row by row, and by kind of work."""

from __future__ import annotations

from .cost import CONVENTION, Cost, told
from .table import Cell, Column, Table


def mebibytes(size: int) -> str:
    return f"{size / 2**20:,.2f} MiB"


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
    return Table(columns, tuple(rows), total, (*summary(cost), "", *CONVENTION), heading(cost))


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
