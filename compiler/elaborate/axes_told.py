"""Names of axes as a step is placed: those of its output, and the doubt where a word means another axis than its number told before."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from ...base.diagnostics import Diagnostic, Edit, Fix, Label, Severity
from ...base.source import Span
from ...dsl import ast
from ..graph.program import Node
from ..ops.axes import Moved
from ..ops.axis_names import STANDARD, Axes, show_axes
from ..ops.base import Operation, Shape, Shapes
from .trial import argument_edit, takes


def named_axes(operation: Operation, inputs: tuple[Axes, ...], shapes: Shapes, shape: Shape) -> Axes:
    """The names of a step's output. Of a vector the only axis is the channels."""
    axes = operation.axes(inputs, shapes, shape)
    return ("channels",) if axes == ("",) else axes


def axis_title(node: Node, axis: int) -> str:
    """How a message calls an axis of a tensor."""
    return "features" if len(node.shape) == 1 else node.axes[axis] or f"axis {axis}"


def naming(sizes: ast.List, channels: int) -> Fix:
    """Name the axes of an input whose channels are that one; the others are positions, in their order."""
    names = list(STANDARD[len(sizes.items)][1:])
    names.insert(channels, "channels")
    rows = [(name, item.span) for name, item in zip(names, sizes.items, strict=True)]
    edits = tuple(Edit(span.source.span(span.start, span.start), f"{name} = ") for name, span in rows)
    return Fix(f"write the input as `[{', '.join(f'{name} = {span.text}' for name, span in rows)}]`", edits)


def is_certain(operation: Operation, moved: Moved, nodes: Sequence[Node], index: int) -> bool:
    """Whether nobody means another axis of node `index`: of a norm of features that stand last, or of halves behind a layer of features that stand last."""
    if moved.after != len(nodes[index].shape) - 1:
        return False
    if operation.channels_of_two == 1:
        return True
    seen, ahead = {index}, [index] if takes(operation, "i") else []
    while ahead:
        node = nodes[ahead.pop()]
        if len(node.shape) > 1 and (node.operation.channels_wanted() == "last" or node.operation.family == "dense"):
            return True
        ahead += set(node.inputs) - seen
        seen.update(node.inputs)
    return False


def axis_moved(operation: Operation, moved: Moved, source: Node, input_named: Fix | None, span: Span) -> Diagnostic:
    """W514. The fix writes the axis out; where the input may have been meant as a sequence, it says so there."""
    edit = argument_edit(span, operation, moved.parameter, moved.word)
    fix = Fix(f"write `{moved.parameter} = {moved.word}`", (edit,)) if edit is not None else None
    if operation.channels_of_two == 1 and input_named is not None:
        fix = input_named
    return Diagnostic(
        "W514",
        f"`{operation.name}` works along `{moved.word}`, which is axis {moved.after} of {show_axes(source.shape, source.axes)}: "
        f"axis {moved.before} may be meant",
        Label(span, f"along axis {moved.after}"),
        (Label(source.span, "gives these axes"),),
        help=fix.message + (" to be sure of it" if fix is not input_named else "") if fix is not None else None,
        fix=fix,
        severity=Severity.WARNING,
    )


def named_at_input(nodes: Sequence[Node], unnamed: Mapping[int, ast.List], index: int, place: int) -> Fix | None:
    """Where axis `place` of a node is one of an input that said no names: how to say there that it is the channels. `unnamed` are those inputs."""
    node, axes = nodes[index], nodes[index].axes
    if _wanted_on_the_way(nodes, index, "last" if place == 0 else "first"):
        return None
    while node.inputs:
        node = nodes[node.inputs[0]]
    if node.index not in unnamed or sorted(node.axes) != sorted(axes):
        return None
    return naming(unnamed[node.index], node.axes.index(axes[place]))


def _wanted_on_the_way(nodes: Sequence[Node], index: int, order: str) -> bool:
    """Whether a step that leads to a node, or the node itself, wants the channels first (or last): an input with others is refused there."""
    seen, ahead = {index}, [index]
    while ahead:
        node = nodes[ahead.pop()]
        if node.operation.channels_wanted() == order and len(node.shape) > 1:
            return True
        new = set(node.inputs) - seen
        seen |= new
        ahead += new
    return False
