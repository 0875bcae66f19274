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
from ..ops.base import Weight, product
from .cost_table import Cost, Row, Work
from .dtypes import weight_bytes
from .memory import inference_profile, training_profile
from .traffic import bytes_moved, writes_nothing

BY = ("stage", "block", "op")
"""What a row of the table may stand for."""

KINDS: dict[str, str] = {
    "convolution": "convolution",
    "dense": "linear",
    "attention": "attention",
    "recurrent": "recurrent",
    "norm": "norm",
    "activation": "activation",
    "pool": "pooling",
}
"""Families of operations by the name that the table of kinds prints; what is not here is elementwise work and movement."""


def cost(graph: Graph, *, by: str = "stage", batch: int = 1, dtype: str = "float32", optimizer: str = "sgd") -> Cost:
    """All the figures of `graph`. `by` is a word of `BY`, `dtype` of `dtypes.BYTES`, `optimizer` of `memory.OPTIMIZERS`."""
    works = works_of(graph)
    inference = inference_profile(graph, batch=batch, dtype=dtype)
    training = training_profile(graph, batch=batch, dtype=dtype, optimizer=optimizer)
    trunk = graph.trunk
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
