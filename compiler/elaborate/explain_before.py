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
from ..ops.base import Operation, Refusal
from .closures import Frame, Given


def from_before(
    nodes: Sequence[Node], frame: Frame, operation: Operation, refusal: Refusal, operand: int, argument: Given | None
) -> str | None:
    """The help, where what stands before tells more than the refusal does."""
    if refusal.code == "E318" and argument is not None and refusal.parameter == "shape":
        return _other_sizes(nodes, nodes[operand], argument.span)
    if refusal.code != "E313":
        return None
    if operation.channels_wanted() == "first" and len(nodes[operand].shape) == 1:
        return _of_one_channel(nodes[operand])
    if "`tokens`" in (refusal.help or ""):
        return _before_the_loop(nodes, frame, operand)
    return None


def _of_one_channel(node: Node) -> str | None:
    """An input of rows without channels: a signal of one channel has an axis for it."""
    found = re.fullmatch(r"(input\s+\w+\s*)\[([^\[\],=]+)\]", node.span.text.strip())
    if node.inputs or found is None:
        return None
    side = isqrt(node.shape[0])
    image = f", an image `{found[1]}[1, {side}, {side}]`" if side * side == node.shape[0] else ""
    return f"a signal of one channel has an axis for it, `{found[1]}[1, {found[2].strip()}]`{image}; on a vector use `linear`"


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
