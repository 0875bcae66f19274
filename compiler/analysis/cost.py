"""What a network costs, from its graph alone: parameters, multiply-accumulates, operations, activations, bytes.

The convention, which `docs/costs.md` explains:

- Parameters are trainable and counted once, however often they are used. Side heads that only training has stand apart.
- Buffers are counted in elements: a batch norm's running mean, running variance and its counter.
- MACs count convolutions, linear layers and attention's products, for one sample. Work counts each time it is done.
- FLOPs are two a MAC, one a bias added, and what each operation's record says for the rest.
- Activations are the elements that operations write, for one sample: views, and what training alone does, write none.
"""

from __future__ import annotations

from collections.abc import Iterable

from ...base.records import dataclass
from ..graph.facts import facts_of
from ..graph.graph import Graph
from ..graph.program import Node, Scope
from ..ops.base import Shape, Weight, product
from .dtypes import weight_bytes
from .memory import inference_profile, training_profile
from .traffic import bytes_moved, writes_nothing

BY = ("stage", "block", "op")
"""What a row of the table may stand for."""

KINDS: dict[str, str] = {
    "convolution": "convolution",
    "dense": "linear",
    "attention": "attention",
    "norm": "norm",
    "activation": "activation",
    "pool": "pooling",
}
"""Families of operations by the name that the table of kinds prints; what is not here is elementwise work and movement."""

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
        from .cost_table import cost_table

        return cost_table(self).text()

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


def cost(graph: Graph, *, by: str = "stage", batch: int = 1, dtype: str = "float32", optimizer: str = "sgd") -> Cost:
    """All the figures of `graph`. `by` is a word of `BY`, `dtype` of `dtypes.BYTES`, `optimizer` of `memory.OPTIMIZERS`."""
    works = works_of(graph)
    inference = inference_profile(graph, batch=batch, dtype=dtype)
    training = training_profile(graph, batch=batch, dtype=dtype, optimizer=optimizer)
    trunk = [node for node in graph.nodes if not node.training_only and node.operation.family != "port"]
    heads = [node for node in graph.nodes if node.training_only]
    kinds: dict[str, list[Node]] = {}
    for node in trunk:
        kinds.setdefault(KINDS.get(node.operation.family, "elementwise"), []).append(node)

    by_dtype: dict[str, int] = {}
    for node in trunk:
        for weight in graph.weights(node):
            stored = dtype if weight.dtype == "float" else weight.dtype
            by_dtype[stored] = by_dtype.get(stored, 0) + weight_bytes(weight, dtype)
    rows = []
    for part, path, op, nodes in parts(trunk, by):
        peak = max(inference.bytes_at(node.index) for node in nodes)
        work = total(works[node.index] for node in nodes)
        rows.append(Row(path, op, nodes[-1].shape, work, tuple(nodes), peak, graph.shared(part)))
    return Cost(
        network=graph.program.name,
        batch=batch,
        dtype=dtype,
        optimizer=optimizer,
        inputs=tuple((node.names[-1], node.shape) for node in graph.inputs),
        outputs=tuple((node.names[-1], node.shape) for node in graph.outputs),
        total=total(works[node.index] for node in trunk),
        training_only=total(works[node.index] for node in heads),
        weights_bytes=sum(by_dtype.values()),
        bytes_by_dtype=tuple(by_dtype.items()),
        moved_bytes=sum(bytes_moved(graph, node, batch, dtype) for node in trunk),
        inference_peak_bytes=inference.peak_bytes,
        inference_peak_at=inference.peak_at,
        training_peak_bytes=training.peak_bytes,
        training_peak_at=training.peak_at,
        kinds=tuple((kind, total(works[node.index] for node in kinds[kind])) for kind in sorted(kinds)),
        by=by,
        rows=tuple(rows),
    )


def work_of(node: Node) -> Work:
    """What one node costs for one sample. Weights that it shares belong to the node that owns them."""
    return _work(node, node.weights, node.macs, node.flops)


def works_of(graph: Graph) -> tuple[Work, ...]:
    """The same for all nodes, by index: each distinct operation is asked once."""
    known: dict[tuple[int, object, bool], Work] = {}
    works = []
    for node, fact in zip(graph.nodes, facts_of(graph), strict=True):
        weights = graph.weights(node)
        key = (id(fact), node.operation.family, bool(weights))
        if key not in known:
            known[key] = _work(node, weights, fact.macs, fact.flops)
        works.append(known[key])
    return tuple(works)


def _work(node: Node, weights: tuple[Weight, ...], macs: int, flops: int) -> Work:
    written = 0 if writes_nothing(node) else product(node.shape)
    return Work(
        parameters=elements(weight for weight in weights if weight.trainable),
        buffers=elements(weight for weight in weights if not weight.trainable),
        macs=macs,
        flops=flops,
        activations=written,
        layer_activations=written if macs else 0,
    )


def elements(weights: Iterable[Weight]) -> int:
    return sum(weight.elements for weight in weights)


def total(works: Iterable[Work]) -> Work:
    # Six sums, not a chain of records: a network may have 100,000 operations.
    rows = list(works)
    return Work(
        sum(row.parameters for row in rows),
        sum(row.buffers for row in rows),
        sum(row.macs for row in rows),
        sum(row.flops for row in rows),
        sum(row.activations for row in rows),
        sum(row.layer_activations for row in rows),
    )


# ------------------------------------------------------------------------------------------------- rows


def groups(nodes: Iterable[Node], by: str) -> list[tuple[str, str, list[Node]]]:
    """Path, kind and nodes of each row, in order of first appearance."""
    return [row[1:] for row in parts(nodes, by)]


def told(path: str, shares: str) -> str:
    """A row's path for people: `other (shares tower)`."""
    return f"{path} (shares {shares})" if shares else path


def parts(nodes: Iterable[Node], by: str) -> list[tuple[Scope | Node, str, str, list[Node]]]:
    """Each row with the part or step that it stands for.

    By stage: the innermost stages; what stands in a stage of stages but in none of them is a row for each run of such steps
    (`features`, `features (2)`). By block: the outermost block calls. What stands in neither is a row of its own.
    """
    if by == "op":
        return [(node, node.unique, node.operation.name, [node]) for node in nodes]
    nodes = list(nodes)
    found = _Holders(by)
    outer = {above for above in map(found.above, {found.of(node.scope) for node in nodes}) if above is not None}
    rows: list[tuple[Scope | Node, list[Node]]] = []
    open_rows: dict[Scope, list[Node]] = {}
    last: Scope | None = None
    for node in nodes:
        holder = found.of(node.scope)
        if holder is None:
            rows.append((node, [node]))
        elif holder in open_rows and (holder is last or holder not in outer):
            open_rows[holder].append(node)
        else:
            open_rows[holder] = [node]
            rows.append((holder, open_rows[holder]))
        last = holder
    runs: dict[Scope, int] = {}
    named: list[tuple[Scope | Node, str, str, list[Node]]] = []
    for row, members in rows:
        if isinstance(row, Scope):
            runs[row] = runs.get(row, 0) + 1
            suffix = f" ({runs[row]})" if runs[row] > 1 else ""
            named.append((row, scope_path(row) + suffix, row.template or row.kind, members))
        else:
            named.append((row, row.unique, row.operation.name, members))
    return named


def scope_path(scope: Scope) -> str:
    """The path of a scope; a flat stage, which adds no name, is told by its title."""
    return scope.unique if scope.names or not scope.title else f"{scope.unique}.{scope.title}".lstrip(".")


@dataclass(slots=True)
class _Holders:
    """The scope that is the row of a scope, found once for each."""

    by: str
    known: dict[Scope, Scope | None]

    def __init__(self, by: str) -> None:
        self.by = by
        self.known = {}

    def of(self, scope: Scope) -> Scope | None:
        chain = []
        above: Scope | None = scope
        while above is not None and above not in self.known:
            chain.append(above)
            above = above.parent
        holder = self.known[above] if above is not None else None
        for item in reversed(chain):
            if item.parent is not None and self._holds(item, holder):
                holder = item
            self.known[item] = holder
        return holder

    def above(self, holder: Scope | None) -> Scope | None:
        """The row around a row: the stage that a stage stands in."""
        return self.of(holder.parent) if holder is not None and holder.parent is not None else None

    def _holds(self, scope: Scope, holder: Scope | None) -> bool:
        if self.by == "stage":
            return scope.kind == "stage"
        return holder is None and scope.kind == "block" and bool(scope.template)
