"""Which step of the text holds an axis of an input to its size, by numbers that it writes out, and what to write instead."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

from ...base.records import dataclass
from ..elaborate.values import show_value
from ..graph.graph import Graph
from ..graph.program import Node
from ..graph.provenance import decided_by, short
from ..ops.arrange import Expand
from ..ops.base import Operation, Refusal, Shape
from ..ops.parameters import Plain
from ..ops.resize import Upsample
from .carry import Run, carry


@dataclass(frozen=True, slots=True)
class Hold:
    """`step` is the node's path, `index` its place in the graph, `text` what the file says there, `remedy` what else could stand there."""

    step: str
    index: int
    text: str
    place: str
    remedy: str


def held(graph: Graph, other: Mapping[int, Shape]) -> Hold | None:
    """What refuses the shapes `other`, given by the index of the input; None where it is not one step's numbers."""
    run = carry(graph, other)
    if run.refused is None:
        return None
    node = _holder(graph, run, run.refused)
    if node is None:
        return None
    remedy = _loosened(graph, other, run, node) or _like(graph, run, node) or _of_a_table(graph, run, node) or _AT_THAT_SIZE
    return Hold(node.unique, node.index, short(node.span.text), str(node.span), remedy)


_AT_THAT_SIZE: Final = "its numbers are those of this input; compile it for the size that is used (`--input`)"


def _holder(graph: Graph, run: Run, refused: Node) -> Node | None:
    """Of one tensor the step itself; of several what made that one which kept its size, while another changed."""
    varied = [index for index in refused.inputs if index in run.shapes]
    for index in refused.inputs:
        if index in run.shapes or not varied:
            continue
        mine, theirs, before = graph.nodes[index].shape, run.shapes[varied[0]], graph.nodes[varied[0]].shape
        axis = next((axis for axis, size in enumerate(theirs) if len(theirs) == len(mine) and size != before[axis] != 1), None)
        if axis is not None:
            maker = decided_by(graph.nodes, index, axis)
            return None if maker.is_port else maker
    return refused if len({*refused.inputs}) == 1 else None


def _loosened(graph: Graph, other: Mapping[int, Shape], run: Run, node: Node) -> str | None:
    """The same step with fewer of its sizes written out; of several the one with which the rest of the network takes the other size."""
    best: tuple[tuple[bool, bool, int], str] | None = None
    for record, text in node.operation.loosened(node.input_shapes):
        try:
            if record.output(node.input_shapes) != node.shape:
                continue
        except Refusal:
            continue
        tried = carry(graph, other, {node.index: record})
        if tried.refused is not None and run.refused is not None and tried.refused.index <= run.refused.index:
            continue
        rank = (tried.refused is None, tried.changed is None, tried.refused.index if tried.refused is not None else 0)
        if best is None or rank > best[0]:
            best = (rank, text)
    return f"`{best[1]}` follows the input" if best is not None else None


def _like(graph: Graph, run: Run, node: Node) -> str | None:
    """A size that is written out, where a step's may be taken: that of an input, where it is the same."""
    operation = node.operation
    by_size = any(row.name == "like" for row in operation.parameters()) and getattr(operation, "size", None) is not None
    spread = isinstance(operation, Expand) and all(size == 1 for size in node.input_shapes[0][1:])
    if not (by_size or spread) or len(node.shape) < 2:
        return None
    word = Upsample.name if spread else operation.name
    rest = [] if spread else [f"{name} = {show_value(value)}" for name, value in _others(operation)]
    label = _input_of_size(graph, run, node)
    told = "takes that of a labelled step" if label is None else "takes the size of the input"
    return f"`{word}({', '.join([f'like = {label or _ANY}', *rest])})` {told}"


_ANY: Final = "…"
"""In the place of a label that is not known."""


def _input_of_size(graph: Graph, run: Run, node: Node) -> str | None:
    """The name of the first input that has the step's sides and is given others."""
    return next((port.names[-1] for port in graph.inputs if port.index in run.shapes and port.shape[1:] == node.shape[1:]), None)


def _others(operation: Operation) -> Sequence[tuple[str, Plain]]:
    """The arguments beside the size that are not as they are by default."""
    defaults = {row.name: row.default for row in operation.parameters()}
    return [(name, value) for name, value in operation.arguments() if name not in ("size", "like") and value != defaults[name]]


def _of_a_table(graph: Graph, run: Run, node: Node) -> str | None:
    """A learned or fixed tensor: it has as many places as the text says."""
    if node.inputs:
        return None
    if node.weights and len(node.shape) == 3:
        label = _input_of_size(graph, run, node) or _ANY
        return f"it has as many places as it is written with; `{short(node.span.text)} -> {Upsample.name}(like = {label})` stretches it"
    return "it has as many places as it is written with; compile it for the size that is used (`--input`)"
