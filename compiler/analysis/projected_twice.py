"""Queries, keys and values that are projected before attention, which projects them itself (W532)."""

from __future__ import annotations

from collections.abc import Iterator

from ...base.diagnostics import Diagnostic, Label
from ..graph.program import Node, Program
from .doubting import doubt


def projected_twice(program: Program) -> Iterator[Diagnostic]:
    """Of an attention with a path for each of the three, of which each ends in a dense layer or in a part of one: a product of two matrices is one."""
    for node in program.nodes:
        if node.operation.family != "attention" or len(node.inputs) < 3 or not node.operation.weights(node.input_shapes):
            continue
        if node.shares is not None or not all(made := [_projection(program, number) for number in node.inputs[:3]]):
            continue
        word, first = node.operation.name, next(row for row in made if row is not None)
        yield doubt(
            "W532",
            f"queries, keys and values are projected before `{word}`, which projects them itself",
            Label(node.span, "with weights for queries, keys, values and the answer"),
            Label(first.span, "projected here as well"),
            help=f"leave the projections out: `{word}` with what they are made of; the core alone, without weights, is `sdpa`",
        )


def _projection(program: Program, number: int) -> Node | None:
    """The dense layer that a tensor is, or is a part of."""
    node = program.nodes[number]
    while node.operation.family == "shape" and len(node.inputs) == 1:
        node = program.nodes[node.inputs[0]]
    return node if node.operation.family == "dense" else None
