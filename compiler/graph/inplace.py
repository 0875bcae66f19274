"""Where an operation may write its output over its input.

The code generator writes `inplace=True` where this says so in every module of one class.
"""

from __future__ import annotations

from .graph import Graph
from .program import Node


def may_overwrite(graph: Graph, node: Node) -> bool:
    """Whether `node` may work in place on its first input.

    Its record must be able to; nobody else may read that tensor (a second operand, a side head, an output of the
    network); the backward pass of what made it must not need it; and it must be a tensor of its own: no input of the
    network, no view, and nothing that is the identity in evaluation and so hands on a tensor that others may read.
    """
    operation = node.operation
    if not operation.may_work_in_place or not node.inputs:
        return False
    producer = graph.nodes[node.inputs[0]]
    return (
        producer.operation.output_may_be_overwritten
        and not producer.operation.is_view
        and not producer.operation.training_only
        and not producer.is_port
        and producer.shape == node.shape
        and len(graph.users(producer)) == 1
    )
