"""Where a size comes from that an expression reads (`in.channels`): the step that decided it, and the call that led to that step."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from ...base.diagnostics import Label
from ..graph.program import CallSite, Node
from ..graph.provenance import decided_by
from ..ops.axis_names import axis_name, spelled
from .closures import Given, Origin
from .values import show_value


def _joins(node: Node, axis: int) -> bool:
    """Whether the size is the sum of the operands' sizes, as a concatenation's is."""
    shapes = node.input_shapes
    return len(shapes) > 1 and all(axis < len(shape) for shape in shapes) and node.shape[axis] == sum(shape[axis] for shape in shapes)


def told_axis(node: Node, axis: int) -> str:
    """What the text calls an axis of a node: channels that stand last, behind others, are its features."""
    name = spelled(axis_name(axis, node.shape), node.axes)
    return "features" if 0 < axis == len(node.shape) - 1 and name == "channels" else name


def places_of_size(
    nodes: Sequence[Node], via: Sequence[CallSite], givens: Mapping[int, Mapping[str, Given]], index: int, axis: int, told: str
) -> tuple[list[Label], list[Origin]]:
    """The places that gave axis `axis` of node `index` its size, the nearest first, and the expressions that go farther back.

    `told` is how the text calls the size; `via` are the calls that led to here, `givens` their arguments by identity.
    """
    size = nodes[index].shape[axis]
    node = decided_by(nodes, index, axis)
    labels = [Label(node.span, f"`{told}` is {size}, decided here")]
    begin = node
    while _joins(begin, axis):
        begin = decided_by(nodes, begin.inputs[0], axis)
    if begin is not node:
        labels.append(Label(begin.span, f"the first {begin.shape[axis]} of them come from here"))
    # The call that led there and not here: the outermost, for that is the one in the user's own text.
    here = {id(site) for site in via}
    site = next((site for site in begin.via if id(site) not in here), None)
    if site is None:
        return labels, []
    same = {name: row for name, row in givens.get(id(site), {}).items() if row.value == begin.shape[axis]}
    values = " and ".join(f"{name} = {show_value(row.value)}" for name, row in same.items())
    labels.append(Label(site.span, "by way of this call" + (f", where {values}" if values else "")))
    return labels, [row.origin for row in same.values() if row.origin is not None]
