"""Outputs of like steps of which one is made of the other (W530), `mu: linear(16)`, `logvar: linear(16)`, where both were to be made of what came before."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from ...base.diagnostics import Diagnostic, Label
from ..graph.program import Node, Program
from ..graph.provenance import width_parameter
from .doubting import doubt

MOST: Final = 32
"""So many numbers of a position are features, of which another step may well be made."""


def outputs_in_a_row(program: Program) -> Iterator[Diagnostic]:
    """Of two steps with weights that are alike, in all that they are told or but for their widths."""
    nodes = program.nodes
    given = {node.inputs[0] for node in nodes if node.is_port and node.inputs}
    for number in sorted(given):
        node = nodes[number]
        if node.is_port or node.shares is not None or len(node.inputs) != 1 or node.inputs[0] not in given:
            continue
        before = nodes[node.inputs[0]]
        if before.is_port or not node.operation.weights(node.input_shapes) or not (_equal(before, node) or _heads(before, node)):
            continue
        one, other = before.path[-1], node.path[-1]
        yield doubt(
            "W530",
            f"the output `{other}` is made of the output `{one}`: a line goes on from the one above it",
            Label(node.span, f"takes what `{one}` gives"),
            Label(before.span, f"`{one}`, an output as well"),
            help=f"to make both of one tensor, give that a label before them, `features: skip`, and begin with it: `skip(features) -> {other}: {' '.join(node.span.text.split()).removeprefix(other + ':').strip()}`",
        )


def _equal(before: Node, node: Node) -> bool:
    return before.operation == node.operation and before.shape == node.shape


def _heads(before: Node, node: Node) -> bool:
    """Whether both read each position by itself and give different numbers of it, and the one above too few to make something of them:
    the box of an object is not made of its classes."""
    wide, narrow = _width(node), _width(before)
    if type(before.operation) is not type(node.operation) or wide is None or narrow is None or before.shape[1:] != node.shape[1:]:
        return False
    is_dense = all(window.kernel == 1 for window in node.operation.windows(node.input_shapes, node.shape) or ())
    return is_dense and narrow < MOST and wide != narrow


def _width(node: Node) -> int | None:
    value = getattr(node.operation, width_parameter(node.operation) or "", None)
    return value if isinstance(value, int) else None
