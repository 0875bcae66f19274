"""Program to networkx: the nodes with their records, shapes and costs, and an edge for each operand."""

from __future__ import annotations

import networkx

from ...base.collecting import nothing_to_collect
from .program import Node, Program


def lower(program: Program) -> networkx.MultiDiGraph[str]:
    """The graph of a program. It is frozen, for the whole compiler reads this one; `.copy()` may be edited.

    Nodes stand in order of evaluation under their unique paths, with `node` (the record), `operation` (the word), `path`,
    `shape`, `span`, `via`, `weights` (name to shape), `macs` and `flops`. An edge leads from a producer to its user for each
    operand; its key, and its `operand`, is the position among the user's operands, its `shape` the tensor's.
    """
    graph: networkx.MultiDiGraph[str] = networkx.MultiDiGraph(name=program.name)
    with nothing_to_collect():
        figures: dict[tuple[object, ...], dict[str, object]] = {}
        for node in program.nodes:
            key = (id(node.operation), node.input_shapes, node.shares is None)
            if key not in figures:
                figures[key] = _figures(node)
            graph.add_node(node.unique, node=node, path=node.path, shape=node.shape, span=node.span, via=node.via, **figures[key])
        names = tuple(graph)
        assert len(names) == len(program.nodes), "two nodes have one name"
        for user, node in zip(names, program.nodes, strict=True):
            for operand, (producer, shape) in enumerate(zip(node.inputs, node.input_shapes, strict=True)):
                graph.add_edge(names[producer], user, operand, operand=operand, shape=shape)
    networkx.freeze(graph)
    return graph


def _figures(node: Node) -> dict[str, object]:
    """What equal operations of equal inputs have in common; networks repeat themselves, and each is asked once."""
    return {
        "operation": node.operation.name,
        "weights": {weight.name: weight.shape for weight in node.weights},
        "macs": node.macs,
        "flops": node.flops,
    }
