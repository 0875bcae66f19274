"""A `reshape` that is to move the channels behind the positions or before them (W531): it keeps the order of the numbers, and moves no axis."""

from __future__ import annotations

from collections.abc import Iterator

from ...base.diagnostics import Diagnostic, Label
from ...base.source import Span
from ..elaborate.trial import takes
from ..graph.program import Node, Program
from ..ops.base import Shape, product, show
from .doubting import doubt


def scrambled_reshapes(program: Program) -> Iterator[Diagnostic]:
    """Of a map `[64, 32, 32]` made `[1024, 64]`, and of `[1024, 64]` made `[64, 32, 32]`: the sizes are those of the axes in another order."""
    told: set[Span] = set()
    for node in program.nodes:
        if (
            takes(node.operation, "shape")
            and len(node.inputs) == 1
            and node.shares is None
            and node.span not in told
            and (found := _scrambled(node)) is not None
        ):
            told.add(node.span)
            yield found


def _scrambled(node: Node) -> Diagnostic | None:
    entering, names, shape = node.input_shapes[0], node.input_axes[0], node.shape
    if len(entering) < 2 or len(shape) < 2 or names.count("channels") != 1:
        return None
    if names[0] == "channels":
        channels, positions, then, others, stays = entering[0], entering[1:], shape[-1], shape[:-1], shape[0]
    elif names[-1] == "channels":
        channels, positions, then, others, stays = entering[-1], entering[:-1], shape[0], shape[1:], shape[-1]
    else:
        return None
    # Of as many positions as channels the sizes say nothing of which are which.
    if (
        then != channels
        or channels == 1
        or stays == channels
        or product(others) != product(positions)
        or product(positions) in (1, channels)
    ):
        return None
    return doubt(
        "W531",
        f"`{node.operation.name}` moves no axis: the {channels} channels of {show(entering)} are not the {channels} of {show(shape)}",
        Label(node.span, "the numbers keep their order, so that channels and positions mix"),
        help=_instead(names[0] == "channels", entering, shape),
    )


def _instead(to_the_end: bool, entering: Shape, shape: Shape) -> str:
    order = [*range(1, len(entering)), 0] if to_the_end else [len(entering) - 1, *range(len(entering) - 1)]
    if to_the_end and len(shape) == 2:
        return "`tokens` makes the channels of each position a row"
    if not to_the_end and len(entering) == 2 and len(shape) == 3:
        size = str(shape[1]) if shape[1] == shape[2] else f"{shape[1]}x{shape[2]}"
        return f"`image({size})` makes a row for each position a map for each channel"
    first = f"permute({order})"
    then = "" if tuple(entering[axis] for axis in order) == shape else f" -> reshape({show(shape)})"
    return f"write `{first}{then}`"
