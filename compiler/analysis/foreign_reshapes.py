"""Reshapes of another library: a first size that is the batch there (W518), and channels that stand last (W512)."""

from __future__ import annotations

import re
from collections.abc import Iterator

from ...base.diagnostics import Diagnostic, Label
from ..elaborate.trial import takes
from ..graph.program import Node, Program
from ..ops.axis_names import STANDARD
from ..ops.base import product, show
from .doubting import doubt, users_of


def foreign_reshapes(program: Program) -> Iterator[Diagnostic]:
    """`reshape([-1, 512])`, where another library's -1 is the batch; `reshape([7, 7, 256])` of a vector for a window, its channels last."""
    users = users_of(program)
    for node in program.nodes:
        if not takes(node.operation, "shape") or len(node.inputs) != 1:
            continue
        entering, shape = node.input_shapes[0], node.shape
        yield from _batch_reshaped(program, users, node)
        last = len(entering) == 1 and len(shape) == 3 and 1 < shape[0] == shape[1] < shape[2]
        if last and node.axes in (STANDARD[3], ("",) * 3) and any(_has_window(user) for user in users[node.index]):
            meant = (shape[2], *shape[:2])
            yield doubt(
                "W512",
                f"channels come first: {show(shape)} is an image of {shape[0]} channels, {shape[1]} high and {shape[2]} wide",
                Label(node.span, f"{show(meant)} seems to be meant"),
                help=f"write `{show(meant)}`",
            )


def _batch_reshaped(program: Program, users: list[list[Node]], node: Node) -> Iterator[Diagnostic]:
    """`reshape([-1, 8])`, `reshape([1, 64])`: the first size as another library writes the batch."""
    entering, shape, text = node.input_shapes[0], node.shape, node.span.text
    rest = shape[1:]
    if re.match(r"\w+\(\[\s*-\s*1\s*,", text):
        is_image = len(entering) > 2 and node.input_axes[:1] == (STANDARD.get(len(entering)),)
        alike = [other for other in program.nodes if other.span == node.span]
        if is_image and entering[0] > 1 and len(shape) == 2 and shape[0] > 1:
            yield doubt(
                "W518",
                f"`{node.key}` makes {show(shape)} of {show(entering)}: the batch is not counted, and -1 is an axis of {shape[0]} here",
                Label(node.span, f"{shape[0]} rows of {shape[1]}"),
                help=f"one vector of each image is `flatten`; where rows are meant, write `[{shape[0]}, {shape[1]}]`",
            )
        of_vector = len(entering) == 1 and len(shape) > 2  # an image of as many channels as there are
        if shape[0] > 1 or not rest or of_vector or shape == entering or any(other.shape[0] > 1 for other in alike):
            return
        told = "-1 is an axis of 1 here"
    elif re.match(r"\w+\(\[\s*1\s*,", text) and _keeps_one(program, users, node):
        told = "the 1 is an axis of its own"
    elif (rows := _rows_for_a_layer(users, node)) is not None:
        yield rows
        return
    else:
        return
    remedy = (
        "leave the step out"
        if rest == entering
        else "one vector of each is `flatten`"
        if len(rest) == 1
        else f"write `[{show(rest)[1:-1]}]`"
    )
    yield doubt(
        "W518",
        f"`{node.key}` makes {show(shape)} of {show(entering)}: the batch is not counted, and {told}",
        Label(node.span, "an axis more"),
        help=f"{remedy}; where an axis of 1 is meant, "
        + (f"name the axes: `[length = 1, channels = {shape[1]}]`" if len(shape) == 2 else "`# allow W518`"),
    )


def _rows_for_a_layer(users: list[list[Node]], node: Node) -> Diagnostic | None:
    """`reshape([x.shape[0], -1]) -> linear(10)`: the first size is the batch elsewhere, and the layer is to read one vector."""
    entering, shape, text = node.input_shapes[0], node.shape, node.span.text
    if len(entering) < 2 or len(shape) != 2 or not any(user.operation.family == "dense" for user in users[node.index]):
        return None
    named = re.match(r"\w+\(\[\s*([\w.]+\.shape\[0\])\s*,\s*-\s*1\s*\]", text)
    if named is None and (shape[1] > 1 or re.search(r",\s*-\s*1\s*\]", text) is None):
        return None
    first = (
        f"`{named[1]}` is {shape[0]}, the channels"
        if named is not None and node.input_axes[0][:1] == ("channels",)
        else f"{shape[0]} are rows"
    )
    return doubt(
        "W518",
        f"`{node.key}` makes {show(shape)} of {show(entering)}: the batch is not counted, and {first}",
        Label(node.span, f"{shape[0]} rows of {shape[1]}"),
        help=f"one vector of each is `flatten`; where rows are meant, name the axes: `[length = {shape[0]}, channels = {shape[1]}]`",
    )


def _keeps_one(program: Program, users: list[list[Node]], node: Node) -> bool:
    """Whether the first axis, of 1, is there in the output still, and nothing on the way there has a use for it.

    A vector may be one row of tokens, one map or one signal: a layer that works on its features alone tells that it is none of these.
    """
    entering, shape = node.input_shapes[0], node.shape
    if (
        not entering
        or entering[0] == 1
        or (shape[1:] != entering and product(entering) != entering[0])
        or (len(entering) == 1 and len(shape) > 2)
    ):
        return False
    learns, here = False, node
    while users[here.index]:
        if len(users[here.index]) > 1 or len(users[here.index][0].inputs) > 1:
            return False
        here = users[here.index][0]
        if here.shape[:1] != (1,) or len(here.shape) != len(shape):
            return False
        learns = learns or bool(here.weights)
    return learns or (len(entering) > 1 and shape[1:] == entering)


def _has_window(node: Node) -> bool:
    return any(window.kernel > 1 for window in node.operation.windows(node.input_shapes, node.shape) or ())
