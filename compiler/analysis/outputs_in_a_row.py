"""Outputs of like steps of which one is made of the other (W530), `mu: linear(16)`, `logvar: linear(16)`, where both were to be made of what came before."""

from __future__ import annotations

from collections.abc import Iterator

from ...base.diagnostics import Diagnostic, Label
from ..graph.program import Program
from .doubting import doubt


def outputs_in_a_row(program: Program) -> Iterator[Diagnostic]:
    """Of two steps with weights, alike in all that they are told and in the shape that they give."""
    nodes = program.nodes
    given = {node.inputs[0] for node in nodes if node.is_port and node.inputs}
    for number in sorted(given):
        node = nodes[number]
        if node.is_port or node.shares is not None or len(node.inputs) != 1 or node.inputs[0] not in given:
            continue
        before = nodes[node.inputs[0]]
        if before.is_port or before.operation != node.operation or before.shape != node.shape:
            continue
        if not node.operation.weights(node.input_shapes):
            continue
        one, other = before.path[-1], node.path[-1]
        yield doubt(
            "W530",
            f"the output `{other}` is made of the output `{one}`: a line goes on from the one above it",
            Label(node.span, f"takes what `{one}` gives"),
            Label(before.span, f"`{one}`, an output as well"),
            help=f"to make both of one tensor, give that a label before them, `features: skip`, and begin with it: `skip(features) -> {other}: {' '.join(node.span.text.split()).removeprefix(other + ':').strip()}`",
        )
