"""A step that cannot take what comes in: what is to change stands before it, at the input, before a loop, or in the sizes of a `reshape`."""

from __future__ import annotations

import re
from collections.abc import Sequence
from math import isqrt

from ...base.source import Source, Span
from ...dsl import ast
from ...dsl.parser.parse import parse_expression
from ..graph.program import Node
from ..graph.provenance import short
from ..ops.base import Operation, Refusal, show
from .closures import Frame, Given


def from_before(
    nodes: Sequence[Node], frame: Frame, operation: Operation, refusal: Refusal, inputs: Sequence[int], argument: Given | None, span: Span
) -> str | None:
    """The help, where what stands before tells more than the refusal does. `span` is the step's."""
    operand = inputs[refusal.operand or 0]
    if refusal.code == "E311":
        from .explain_windows import fitting_window  # only a mistake needs it

        return fitting_window(nodes, operation, inputs, span)
    if refusal.code == "E318" and argument is not None and refusal.parameter == "shape":
        from .explain_elements import fitting_sizes  # only a mistake needs it

        return _other_sizes(nodes, nodes[operand], argument.span) or fitting_sizes(nodes, operation, operand, argument.span)
    if refusal.code != "E313":
        return None
    if operation.channels_wanted() == "first" and len(nodes[operand].shape) == 1:
        return _before_the_vector(nodes, operation, operand) or _of_one_channel(nodes[operand], operation)
    if "`tokens`" in (refusal.help or ""):
        return _before_the_loop(nodes, frame, operand)
    return None


def _before_the_vector(nodes: Sequence[Node], operation: Operation, operand: int) -> str | None:
    """The step that made a vector of what the operation works on."""
    node = nodes[operand]
    while node.inputs and node.shape == node.input_shapes[0]:
        node = nodes[node.inputs[0]]
    if not node.inputs or not node.operation.only_moves():
        return None
    try:
        operation.output(node.input_shapes[:1])
    except Refusal:
        return None
    return f"write it before `{short(node.span.text)}` at {node.span}, where the shape is {show(node.input_shapes[0])}"


def _of_one_channel(node: Node, operation: Operation) -> str | None:
    """An input of rows without channels: a signal of one channel has an axis for it."""
    otherwise = "; on a vector use `linear`" if operation.family == "convolution" else ""
    found = re.fullmatch(r"(input\s+\w+\s*)\[([^\[\],=]+)\]", node.span.text.strip())
    if node.inputs or found is None:
        return None if otherwise else f"`{operation.name}` goes over positions, and a vector has none: `reshape` brings it back to an image"
    side = isqrt(node.shape[0])
    image = f", an image `{found[1]}[1, {side}, {side}]`" if side * side == node.shape[0] else ""
    return f"a signal of one channel has an axis for it, `{found[1]}[1, {found[2].strip()}]`{image}{otherwise}"


def _before_the_loop(nodes: Sequence[Node], frame: Frame, operand: int) -> str | None:
    """In a loop whose rounds end as they began, an image becomes a sequence once, before it."""
    rounds = [scope for scope in frame.scope.ancestors() if scope.kind == "round"]
    if not rounds or len(nodes[operand].shape) != 3:
        return None
    loop = rounds[-1].span
    node = nodes[operand]
    while node.inputs and node.span.source is loop.source and loop.start <= node.span.start < loop.end:
        node = nodes[node.inputs[0]]
    if node.span.source is not loop.source or node.span.start >= loop.start:
        return None
    return f"`tokens` makes a sequence of an image: write it before the loop, for each round goes on with what the one before made: `{short(node.span.text)} -> tokens`"


def _other_sizes(nodes: Sequence[Node], node: Node, place: Span) -> str | None:
    """One size of a list that has too many elements or too few, where the step before says it in the same words."""
    sizes, _ = parse_expression(Source.of("", place.text))
    if not isinstance(sizes, ast.List):
        return None
    while node.inputs and node.shape == node.input_shapes[0]:
        node = nodes[node.inputs[0]]
    texts = [item.span.text for item in sizes.items]
    before = re.sub(r"\s+", "", node.span.text)
    for number, text in enumerate(texts):
        found = re.fullmatch(r"((?:[A-Za-z_]\w*\s*\*\s*)?)(\d+)", text)
        if found is None:
            continue
        for factor in dict.fromkeys(re.findall(r"(?<![\w.])\d+(?![\w.])", before)):
            written = [*texts[:number], f"{found[1]}{factor}", *texts[number + 1 :]]
            whole = re.sub(r"\s+", "", "*".join(written))
            if factor != found[2] and re.search(rf"[(,=]{re.escape(whole)}[,)]", before):
                return f"`{short(node.span.text)}` is written for `[{', '.join(written)}]`"
    return None
