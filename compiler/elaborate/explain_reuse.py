"""A step used again on what it does not take, while another input is read by nothing: that one was to come in."""

from __future__ import annotations

from collections.abc import Sequence

from ...base.diagnostics import Diagnostic, Fix, Label
from ...base.source import Span
from ..graph.program import Node
from ..ops.ports import Input
from ..ops.shapes import show
from .closures import Tensors
from .explain_values import taken_up
from .trial import reshaped


def fed_another(nodes: Sequence[Node], made: Sequence[Node], first: Tensors, came: Tensors, label: str, place: Span) -> Diagnostic | None:
    """`tower: { … }`, then `reuse(tower)` without `skip(b)`. `made` are the steps of its first use, which read `first`."""
    if not made or not isinstance(first, int) or not isinstance(came, int) or _runs(nodes, made, first, came):
        return None
    read = {index for node in nodes for index in node.inputs}
    unread = [node for node in nodes if isinstance(node.operation, Input) and node.index not in read and node.shape == nodes[first].shape]
    if len(unread) != 1 or not place.text.startswith("reuse"):
        return None
    is_own = came == made[-1].index  # else the steps between would lead nowhere
    coming = "what it gives itself" if is_own else "another tensor"
    name = ".".join(unread[0].names)
    written, edit = taken_up(place, f"skip({name})", place.text)
    help = f"`{name}` is read by nothing: `{written}`"
    return Diagnostic(
        "E235",
        f"`{label}` works on {show(nodes[first].shape)}, and what comes in is {coming}, {show(nodes[came].shape)}",
        Label(place, "on this"),
        (Label(nodes[came].span, f"gives {show(nodes[came].shape)}"), Label(unread[0].span, "is not read")),
        help=help,
        fix=Fix(help, (edit,)) if is_own else None,
    )


def _runs(nodes: Sequence[Node], made: Sequence[Node], first: int, came: int) -> bool:
    """Whether the steps accept what came in, with the weights that they have."""
    inside = {node.index for node in made}
    given = {index: nodes[index].shape for node in made for index in node.inputs if index not in inside} | {first: nodes[came].shape}
    shapes = reshaped(made, given, {})
    if shapes is None:
        return False
    known = given | shapes
    return all(
        node.operation.weights(tuple(known[index] for index in node.inputs)) == node.operation.weights(node.input_shapes) for node in made
    )
