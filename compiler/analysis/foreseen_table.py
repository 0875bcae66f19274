"""The table that `archc cost --device this` prints."""

from __future__ import annotations

from .cost import parts
from .cost_table import told
from .foreseen import Foreseen
from .table import Cell, Column, Table

NOTES = (
    "Foreseen, not measured: what `archc build --optimize` makes, in float32 unless said otherwise. Each step is a call, and the longer of its arithmetic",
    "at the rate that was measured for its kind and size, and of its traffic at the bandwidth for so many bytes (docs/foreseen.md).",
)


def foreseen_table(found: Foreseen, name: str, by: str = "op") -> Table:
    """A row for each stage, block or step, as of `cost.parts`, with its milliseconds."""
    steps = {row.node.index: row for row in found.rows}
    rows: list[tuple[Cell, ...]] = []
    for part, path, op, nodes in parts([row.node for row in found.rows], by):
        members = [steps[node.index] for node in nodes]
        seconds = sum(row.seconds for row in members)
        spent: dict[str, float] = {}
        for row in members:
            spent[row.kind] = spent.get(row.kind, 0.0) + row.seconds
        most = max(spent, key=lambda kind: spent[kind])
        kind = most if len(spent) == 1 else f"{most} ({spent[most] / seconds:.0%})"
        flops, moved = sum(row.flops for row in members), sum(row.moved for row in members)
        share = seconds / found.seconds * 100
        rows.append((told(path, found.graph.shared(part)), op, nodes[-1].shape, flops, moved, seconds * 1e3, share, kind))
    columns = (
        Column("path", left=True), Column("op", left=True), Column("output"), Column("FLOPs"), Column("moved", "bytes"),
        Column("ms", ",.3f"), Column("%", ".1f"), Column("kind of work", left=True),
    )  # fmt: skip
    flops, moved = sum(row.flops for row in found.rows), sum(row.moved for row in found.rows)
    totals: tuple[Cell, ...] = ("total", "", "", flops, moved, found.seconds * 1e3, 100.0, "")
    machine = found.calibration
    plural = "s" if machine.threads > 1 else ""
    where = f"{machine.machine}, {machine.threads} thread{plural}, torch {machine.torch}"
    setting = f"Batch {found.batch}, {found.dtype}: {found.seconds * 1e3:,.2f} ms, {found.batch / found.seconds if found.seconds else 0:,.1f} a second."
    return Table(columns, tuple(rows), totals, (setting, *NOTES), f"{name}: foreseen on {where}", by_step=True)
