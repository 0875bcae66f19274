"""What operations read and write: whether there is a new tensor at all, and how many bytes move."""

from __future__ import annotations

from ..graph.facts import facts_of
from ..graph.graph import Graph
from ..graph.program import Node
from .dtypes import BYTES, weight_bytes


def writes_nothing(node: Node) -> bool:
    """Whether inference makes no new tensor here: ports, views, and operations that only training does."""
    operation = node.operation
    return (
        operation.family == "port" or operation.is_view or operation.training_only or not operation.storage(node.input_shapes, node.shape)
    )


def bytes_moved(graph: Graph, node: Node, batch: int, dtype: str) -> int:
    """What an operation reads and writes at inference, each tensor once: inputs, weights (a reused step reads them again), output."""
    if writes_nothing(node):
        return 0
    facts = facts_of(graph)
    owner = node.index if node.shares is None else node.shares
    read = sum(facts[index].elements for index in set(node.inputs))
    weights = sum(weight_bytes(weight, dtype) for weight in facts[owner].weights)
    return (read + facts[node.index].elements) * batch * BYTES[dtype] + weights
