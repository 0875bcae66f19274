"""A roofline estimate: how long each operation takes at least on a device, and what holds it back.

The time of an operation is the longer of its arithmetic at the device's peak and its traffic at the memory's bandwidth. It
is an estimate from below: no kernel reaches both, caches and fusion save traffic, small kernels waste time on launches.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import field

from ...base.records import dataclass
from ..graph.graph import Graph
from ..graph.program import Node
from .cost import parts
from .cost_table import told
from .table import Cell, Column, Table
from .traffic import bytes_moved, writes_nothing


@dataclass(frozen=True, slots=True)
class Device:
    """Peak arithmetic by dtype (FLOP/s), memory bandwidth (bytes/s) and the cost of starting one kernel (s)."""

    name: str
    flops: Mapping[str, float]
    bandwidth: float
    launch: float = 0.0
    source: str = ""

    def peak(self, dtype: str) -> float:
        """FLOP/s in `dtype`; a format that the device has no figure for runs as float32."""
        return self.flops.get(dtype, self.flops["float32"])


DEVICES: dict[str, Device] = {
    "h100": Device(
        "H100 SXM",
        {"float64": 67e12, "float32": 67e12, "float16": 989.4e12, "bfloat16": 989.4e12, "float8": 1978.9e12},
        3.35e12,
        2e-6,
        "NVIDIA's data sheet, dense",
    ),
    "a100": Device(
        "A100 SXM 80 GB",
        {"float64": 19.5e12, "float32": 19.5e12, "float16": 312e12, "bfloat16": 312e12},
        2.039e12,
        2e-6,
        "NVIDIA's data sheet, dense",
    ),
    "t4": Device("T4", {"float32": 8.1e12, "float16": 65e12}, 320e9, 3e-6, "NVIDIA's data sheet"),
    "cpu": Device("one CPU core, AVX2 at 3 GHz", {"float32": 96e9, "float64": 48e9}, 15e9, 1e-6, "2 FMA units of 8 floats"),
}
"""Devices by the word that `--device` takes."""


class BadDevice(Exception):
    """A device specification that cannot be read; the text says why."""


def read_device(text: str) -> Device:
    """A device of one's own: a JSON object with `name`, `flops` (a number, or one by dtype), `bandwidth` and perhaps `launch`."""
    try:
        data = json.loads(text)
    except ValueError as error:
        raise BadDevice(f"the device is not JSON: {error}") from None
    if not isinstance(data, dict):
        raise BadDevice('a device is an object: {"name": …, "flops": …, "bandwidth": …}')
    flops = data.get("flops", 0)
    by_dtype: dict[str, float] = flops if isinstance(flops, dict) else {"float32": flops}
    numbers: dict[str, object] = {**by_dtype, "bandwidth": data.get("bandwidth"), "launch": data.get("launch", 1)}
    for name, value in numbers.items():
        if isinstance(value, bool) or not isinstance(value, int | float) or not value > 0:
            raise BadDevice(f"`{name}` must be a number above 0, and is {json.dumps(value)}")
    if "float32" not in by_dtype:
        raise BadDevice("`flops` needs a figure for float32")
    return Device(str(data.get("name", "a device")), by_dtype, data["bandwidth"], data.get("launch", 0.0))


@dataclass(frozen=True, slots=True)
class Estimate:
    """One operation. `bound` is `memory`, `compute` or `launch`, whichever takes longest."""

    node: Node
    flops: int
    bytes: int
    seconds: float
    bound: str

    @property
    def intensity(self) -> float:
        """FLOPs a byte moved."""
        return self.flops / self.bytes if self.bytes else 0.0


@dataclass(frozen=True, slots=True)
class Roofline:
    graph: Graph
    device: Device
    batch: int
    dtype: str
    rows: tuple[Estimate, ...]
    seconds: float
    shares: Mapping[str, float] = field(default_factory=dict)
    """Part of the time that is bound by memory, by compute, by launches."""


def roofline(graph: Graph, device: Device, *, batch: int = 1, dtype: str = "float32") -> Roofline:
    """An estimate for an inference. Views, and what inference does not run, take no time."""
    rows = tuple(
        _estimate(graph, node, device, batch, dtype) for node in graph.nodes if not node.training_only and not writes_nothing(node)
    )
    seconds = sum(row.seconds for row in rows)
    bounds = ("compute", "memory", "launch")
    spent = {bound: sum(row.seconds for row in rows if row.bound == bound) for bound in bounds}
    return Roofline(graph, device, batch, dtype, rows, seconds, {bound: spent[bound] / seconds if seconds else 0.0 for bound in bounds})


def _estimate(graph: Graph, node: Node, device: Device, batch: int, dtype: str) -> Estimate:
    flops = node.flops * batch
    moved = bytes_moved(graph, node, batch, dtype)
    times = {"compute": flops / device.peak(dtype), "memory": moved / device.bandwidth, "launch": device.launch}
    bound = max(times, key=lambda name: times[name])
    return Estimate(node, flops, moved, times[bound], bound)


def _bound(rows: Sequence[Estimate]) -> str:
    """What holds most of the rows' time back, with its share where others do too."""
    spent: dict[str, float] = {}
    for row in rows:
        spent[row.bound] = spent.get(row.bound, 0.0) + row.seconds
    most = max(spent, key=lambda bound: spent[bound])
    return most if len(spent) == 1 else f"{most} ({spent[most] / sum(spent.values()):.0%})"


def roofline_table(result: Roofline, name: str, by: str = "op") -> Table:
    """The table that `archc cost --device NAME` prints; `by` as of `cost.parts`."""
    estimates = {row.node.index: row for row in result.rows}
    rows: list[tuple[Cell, ...]] = []
    for part, path, op, nodes in parts([row.node for row in result.rows], by):
        members = [estimates[node.index] for node in nodes]
        flops, moved = sum(row.flops for row in members), sum(row.bytes for row in members)
        seconds = sum(row.seconds for row in members)
        share = seconds / result.seconds * 100
        told_path = told(path, result.graph.shared(part))
        rows.append((told_path, op, nodes[-1].shape, flops, moved, flops / max(1, moved), seconds * 1e6, share, _bound(members)))
    columns = (
        Column("path", left=True),
        Column("op", left=True),
        Column("output"),
        Column("FLOPs"),
        Column("moved", "bytes"),
        Column("FLOPs/byte", ".2f"),
        Column("microseconds", ",.1f"),
        Column("%", ".1f"),
        Column("bound by", left=True),
    )
    totals: tuple[Cell, ...] = (
        "total",
        "",
        "",
        sum(row.flops for row in result.rows),
        sum(row.bytes for row in result.rows),
        sum(row.flops for row in result.rows) / max(1, sum(row.bytes for row in result.rows)),
        result.seconds * 1e6,
        100.0,
        "",
    )
    shares = ", ".join(f"{share:.0%} {bound}" for bound, share in result.shares.items())
    notes = (
        f"An estimate from below, batch {result.batch}, {result.dtype}: each operation takes the longest of its arithmetic, its traffic and a launch.",
        f"{result.device.name}: {result.device.peak(result.dtype) / 1e12:g} TFLOP/s, {result.device.bandwidth / 1e9:g} GB/s, "
        f"{result.device.launch * 1e6:g} us a launch" + (f" ({result.device.source})" if result.device.source else "") + ".",
        f"Where the time goes: {shares}.",
    )
    return Table(columns, tuple(rows), totals, notes, f"{name}: roofline on {result.device.name}", by_step=True)
