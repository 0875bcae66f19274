"""Outputs of like steps of which one is made of the other (W530), `mu: linear(16)`, `logvar: linear(16)`, where both were to be made of what came before."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import Final

from ...base.diagnostics import Diagnostic, Label
from ..elaborate.trial import takes
from ..graph.program import Node, Program
from ..graph.provenance import width_parameter
from .doubting import doubt

MOST: Final = 32
"""So many numbers of a position are features, of which another step may well be made."""

_TAKEN_UP: Final = re.compile(r"\bskip\([^()\s]*\)$")

_ANSWERS: Final = frozenset(
    ["policy", "value", "action", "actions", "advantage", "logits", "probs", "scores", "classes", "cls", "boxes", "box"]
)
"""Labels of what a network answers, and of no features."""


def outputs_in_a_row(program: Program) -> Iterator[Diagnostic]:
    """Of two steps with weights that are alike, in all that they are told or but for their widths, and of a head that is several steps."""
    nodes = program.nodes
    entering = [node.shape for node in nodes if node.is_port and not node.inputs]
    given = {node.inputs[0] for node in nodes if node.is_port and node.inputs}
    for number in sorted(given):
        node = nodes[number]
        if (answer := _answer_before(nodes, node, given)) is not None and node.shape not in entering:
            yield _told(answer, node)
            continue
        if node.is_port or node.shares is not None or len(node.inputs) != 1 or node.inputs[0] not in given:
            continue
        before = nodes[node.inputs[0]]
        if (
            before.is_port
            or _asks(node)
            or not node.operation.weights(node.input_shapes)
            or not (_equal(before, node) or _heads(before, node))
        ):
            continue
        one, other = before.path[-1], node.path[-1]
        yield doubt(
            "W530",
            f"the output `{other}` is made of the output `{one}`: a line goes on from the one above it",
            Label(node.span, f"takes what `{one}` gives"),
            Label(before.span, f"`{one}`, an output as well"),
            help=f"to make both of one tensor, give that a label before them, `features: skip`, and begin with it: `skip(features) -> {other}: {' '.join(node.span.text.split()).removeprefix(other + ':').strip()}`",
        )


def _told(answer: Node, node: Node) -> Diagnostic:
    one, other = answer.path[0], node.path[0]
    return doubt(
        "W530",
        f"the output `{other}` is made of the output `{one}`: a line goes on from the one above it",
        Label(node.span, f"the end of `{other}`"),
        Label(answer.span, f"the end of `{one}`, an output as well"),
        help=f"to make both of one tensor, give that a label before them, `features: skip`, and begin with it: `skip(features) -> {other}: {{ … }}`",
    )


def _answer_before(nodes: Sequence[Node], node: Node, given: set[int]) -> Node | None:
    """The output that several steps of `node` are made of, where that is an answer: the products of few numbers, or of a head by its name,
    go into a product of their own at once. What a decoder makes of a few is as large as what came in."""
    first = node
    while len(first.inputs) == 1 and first.inputs[0] not in given and not first.is_port:
        first = nodes[first.inputs[0]]
    if first is node or len(first.inputs) != 1 or first.inputs[0] not in given or node.shares is not None or _asks(first):
        return None
    answer = made = nodes[first.inputs[0]]
    if answer.operation.family == "activation" and takes(answer.operation, "axis") and len(answer.inputs) == 1:
        made = nodes[answer.inputs[0]]  # of a softmax
    while first.operation.family == "shape" and len(users := [row for row in nodes if first.index in row.inputs]) == 1:
        (first,) = users
    width = _width(made)
    if width is None or _width(first) is None or not (_is_dense(made) and _is_dense(first)):
        return None
    by_name = len(answer.path) > 0 and answer.path[0] in _ANSWERS
    return answer if answer.path[0] != node.path[0] and (width < MOST or by_name) else None


def _asks(node: Node) -> bool:
    """Whether the text takes up a label right before a step, `skip(mu) -> fc3: linear(400)`: no line goes on from the one above it there."""
    before = node.span.source.text[: node.span.start].rstrip()
    return _TAKEN_UP.search(before.removesuffix("->").rstrip()) is not None


def _is_dense(node: Node) -> bool:
    return all(window.kernel == 1 for window in node.operation.windows(node.input_shapes, node.shape) or ())


def _equal(before: Node, node: Node) -> bool:
    return before.operation == node.operation and before.shape == node.shape


def _heads(before: Node, node: Node) -> bool:
    """Whether both read each position by itself and give different numbers of it, and the one above too few to make something of them:
    the box of an object is not made of its classes."""
    wide, narrow = _width(node), _width(before)
    if type(before.operation) is not type(node.operation) or wide is None or narrow is None or before.shape[1:] != node.shape[1:]:
        return False
    return _is_dense(node) and narrow < MOST and wide != narrow


def _width(node: Node) -> int | None:
    value = getattr(node.operation, width_parameter(node.operation) or "", None)
    return value if isinstance(value, int) else None
