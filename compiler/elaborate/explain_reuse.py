"""A step used again on what it does not take: another input, read by nothing, was to come in; or its module works on another number of axes."""

from __future__ import annotations

from collections.abc import Sequence

from ...base.diagnostics import Diagnostic, Fix, Label
from ...base.source import Span
from ..graph.program import Node
from ..ops.base import Operation
from ..ops.ports import Input
from ..ops.shapes import Shapes, show
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


def misfit_of(first: Node, operation: Operation, shapes: Shapes, label: str, place: Span) -> Diagnostic | None:
    """Why a step of what is used again cannot have the weights of its first use; None where it can."""
    wanted = " and ".join(show(item) for item in first.input_shapes)
    came = " and ".join(show(item) for item in shapes)
    mine, theirs = operation.weights(shapes), first.operation.weights(first.input_shapes)
    if mine == theirs and operation == first.operation and not _is_other_module(first, operation, shapes):
        return None
    differs = next(((a, b) for a, b in zip(theirs, mine, strict=False) if a != b), None)
    if not shapes and differs is not None:
        before, here = show(differs[0].shape), show(differs[1].shape)
        return Diagnostic(
            "E235",
            f"the weights of `{label}` do not fit here: `{first.key}` is {before}, and would be {here}",
            Label(place, f"makes it {here}"),
            (Label(first.span, f"{before} in its first use"),),
            help="its shape follows what comes in, and what is reused has one: write a step of its own here",
        )
    message = f"the weights of `{label}` do not fit here: `{first.key}` was made for {wanted}, and here comes {came}"
    help = "what is reused must get the same channels as in its first use"
    if _is_other_module(first, operation, shapes):
        message = f"`{label}` cannot be reused here: `{first.key}` was made for {wanted}, and here comes {came}, of another number of axes"
        help = "what is reused must get as many axes as in its first use; write a step of its own here"
    elif differs is not None:
        message += f": its `{differs[0].name}` is {show(differs[0].shape)} and would be {show(differs[1].shape)}"
    return Diagnostic(
        "E235", message, Label(place, f"brings {came} to `{first.key}`"), (Label(first.span, f"made for {wanted} here"),), help=help
    )


def _is_other_module(first: Node, operation: Operation, shapes: Shapes) -> bool:
    """Whether the module of the first use is none for these inputs: an `nn.BatchNorm2d` takes no signal, though the weights are alike."""
    made, wanted = first.operation.module(first.input_shapes), operation.module(shapes)
    if made is None or wanted is None or made.target == wanted.target:
        return False
    return bool(operation.weights(shapes)) or operation.expression([f"x{number}" for number in range(len(shapes))], shapes) is None
