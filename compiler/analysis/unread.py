"""The rows of an image that a window never reads, and what would read them, tried."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from ...base.records import dataclass
from ..elaborate.trial import reshaped, takes, with_value
from ..graph.program import Node
from ..ops.base import Operation, Refusal, Shape, Shapes
from ..ops.parameters import Plain

MOST_PAD = 32
"""Up to which padding one is looked for."""


@dataclass(frozen=True, slots=True)
class Unread:
    what: str  # `the last 2 of 250 rows: …`
    label: str
    help: str | None = None


def unread_rows(nodes: Sequence[Node], node: Node, group: Sequence[Node]) -> Unread | None:
    """What the node leaves unread of its input; None where that is nothing, or nothing but padding. `group`: all that the same text makes."""
    for axis, window in enumerate(node.operation.windows(node.input_shapes, node.shape) or (), 1):
        reach = window.dilation * (window.kernel - 1) + 1
        if window.kernel < 2 or window.upscale != 1:
            continue  # a strided 1x1 convolution is the papers' own shortcut
        if window.stride > reach:
            return Unread(
                f"{window.stride - reach} of every {window.stride} rows: its window is {reach} and its stride {window.stride}",
                f"window {reach}, stride {window.stride}",
                f"a stride of {reach} at most, or a window of {window.stride}, reads them all",
            )
        size = node.input_shapes[0][axis]
        read = size - _left(node.operation, node.input_shapes, node.shape, axis)
        if size - read > _padding_after(nodes, node, axis) and node.shape[axis] > 1:
            return Unread(
                f"the last {size - read} of {size} rows: the next window would not fit",
                f"reads {read} of {size}",
                _remedy(nodes, node, group),
            )
    return None


def _left(operation: Operation, inputs: Shapes, output: Shape, axis: int) -> int:
    """How many rows at the end of an axis of the first input no window reaches."""
    window = (operation.windows(inputs, output) or ())[axis - 1]
    reach = window.dilation * (window.kernel - 1) + 1
    return max(0, inputs[0][axis] - ((output[axis] - 1) * window.stride - window.before + reach))


def _padding_after(nodes: Sequence[Node], node: Node, axis: int) -> int:
    """How many of the last rows are padding that a step before has put there."""
    source = nodes[node.inputs[0]]
    if len(source.input_shapes) != 1 or not takes(source.operation, "sides"):
        return 0
    windows = source.operation.windows(source.input_shapes, source.shape) or ()
    return source.shape[axis] - source.input_shapes[0][axis] - windows[axis - 1].before if windows else 0


def _remedy(nodes: Sequence[Node], node: Node, group: Sequence[Node]) -> str | None:
    """An argument with which every row is read and all that follows still fits."""
    for parameter, value, told in _candidates(node):
        changes = {other.index: changed for other in group if (changed := with_value(other.operation, parameter, value))}
        changed = changes.get(node.index)
        if changed is None:
            continue
        try:
            output = changed.output(node.input_shapes)
        except Refusal:
            continue
        if any(_left(changed, node.input_shapes, output, axis) for axis in range(1, len(output))):
            continue
        if reshaped(nodes, {}, changes) is not None:
            sizes = "x".join(map(str, output[1:]))
            return f"if they matter, {told} reads them" + (
                f" ({sizes} instead of {'x'.join(map(str, node.shape[1:]))} come out)" if output != node.shape else ""
            )
    return (
        None if not takes(node.operation, "pad") else "if they matter, pad or crop before it, so that the windows end where the image does"
    )


def _candidates(node: Node) -> Iterator[tuple[str, Plain, str]]:
    """Paddings that leave the output's size come first."""
    operation = node.operation
    rows: list[tuple[tuple[bool, int], int]] = []
    if getattr(operation, "pad", None) == "causal":
        # Padding behind would let a place look ahead.
        (window,) = operation.windows(node.input_shapes, node.shape) or ()
        yield from (("pad", (before, 0), f"`pad = [{before}, 0]`") for before in range(window.before, -1, -1))
        return
    if takes(operation, "pad"):
        windows = operation.windows(node.input_shapes, node.shape) or ()
        for pad in range(min(MOST_PAD, max(window.dilation * (window.kernel - 1) + 1 for window in windows))):
            changed = with_value(operation, "pad", pad)
            try:
                same = changed is not None and changed.output(node.input_shapes) == node.shape
            except Refusal:
                continue
            rows.append(((not same, abs(pad - windows[0].before)), pad))
    yield from (("pad", pad, f"`pad = {pad}`") for (moves, _), pad in sorted(rows) if not moves)
    if takes(operation, "ceil"):
        yield "ceil", True, "`ceil = true`"
    yield from (("pad", pad, f"`pad = {pad}`") for (moves, _), pad in sorted(rows) if moves)
