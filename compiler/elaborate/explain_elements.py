"""A `reshape` whose sizes hold other numbers of elements than come in: the step before it, or one size, that would fit."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from math import isqrt

from ...base.source import Source, Span
from ...dsl import ast
from ...dsl.parser.parse import parse_expression
from ..graph.program import Node
from ..graph.provenance import decided_by
from ..ops.base import Operation, Refusal, product
from ..ops.parameters import sizes_of
from ..ops.shape import Reshape
from .trial import Trial, argument_edits, edited, takes, with_value

FARTHEST = 4096
"""How far a size is looked for that divides."""


def fitting_sizes(nodes: Sequence[Node], operation: Operation, operand: int, place: Span) -> str | None:
    """What lets `reshape` take what comes in; `place` is its list of sizes. None where nothing near does."""
    if not isinstance(operation, Reshape):
        return None
    ways = [*_before(nodes, operation, operand), *_other_size(nodes[operand], operation, place)]
    return "; or ".join(ways) or None


def _before(nodes: Sequence[Node], operation: Reshape, operand: int) -> Iterator[str]:
    """The dense layer that makes the vector, as wide as the sizes want it."""
    sizes = sizes_of(operation.shape)
    if len(nodes[operand].shape) != 1 or -1 in sizes:
        return
    decider, wanted = decided_by(nodes, operand, 0), product(sizes)
    if not takes(decider.operation, "features") or not decider.inputs:
        return
    edits = argument_edits(decider.span, decider.operation, {"features": str(wanted)})
    if edits and Trial(nodes, lambda shapes: shapes[operand] == (wanted,)).changed(decider, {"features": wanted}) is not None:
        yield f"`{edited(edits, decider.span)}` would make as many"


def _other_size(node: Node, operation: Reshape, place: Span) -> Iterator[str]:
    """The list with one size changed, the least changed first, written as it is written."""
    sizes, elements = sizes_of(operation.shape), product(node.shape)
    tree, _ = parse_expression(Source.of("", place.text))
    if not isinstance(tree, ast.List) or len(tree.items) != len(sizes) or min(sizes, default=0) == 0 or sizes.count(-1) > 1:
        return
    names = tree.names or ("",) * len(sizes)
    known = product([size for size in sizes if size != -1])
    found = []
    for axis, size in enumerate(sizes):
        rest = known // size
        if size == -1 or elements % rest:
            continue
        left = elements // rest
        other = left if -1 not in sizes else _near_divisor(left, size)
        changed = tuple(other if place == axis else each for place, each in enumerate(sizes)) if other is not None else None
        if changed is not None and other not in (None, 1, size) and _takes(node, operation, changed):
            texts = [str(other) if place == axis else item.span.text for place, item in enumerate(tree.items)]
            written = ", ".join(f"{name} = {text}" if name else text for name, text in zip(names, texts, strict=True))
            found.append((abs(other - size) / size if other is not None else 0.0, axis, f"`[{written}]`"))
    found += _square(node, operation, sizes, [item.span.text for item in tree.items], names)
    if found:
        rows = [text for _, _, text in sorted(found)[:2]]
        yield f"{' or '.join(rows)} has {elements} elements" if len(rows) == 1 else f"{' and '.join(rows)} have {elements} elements"


def _square(
    node: Node, operation: Reshape, sizes: Sequence[int], texts: Sequence[str], names: Sequence[str]
) -> Iterator[tuple[float, int, str]]:
    """The side of a square that stands twice, both times changed."""
    for axis, size in enumerate(sizes):
        if sizes.count(size) != 2 or sizes.index(size) != axis or size == -1 or -1 in sizes:
            continue
        rest = product([each for each in sizes if each != size])
        side = isqrt(product(node.shape) // rest)
        if side > 1 and side != size and _takes(node, operation, tuple(side if each == size else each for each in sizes)):
            rows = [str(side) if each == size else text for each, text in zip(sizes, texts, strict=True)]
            written = ", ".join(f"{name} = {text}" if name else text for name, text in zip(names, rows, strict=True))
            yield abs(side - size) / size, axis, f"`[{written}]`"


def _takes(node: Node, operation: Reshape, sizes: tuple[int, ...]) -> bool:
    changed = with_value(operation, "shape", sizes)
    try:
        return changed is not None and product(changed.output((node.shape,))) == product(node.shape)
    except Refusal:
        return False


def _near_divisor(whole: int, wanted: int) -> int | None:
    near = (wanted + sign * step for step in range(1, min(wanted, FARTHEST)) for sign in (1, -1))
    return next((size for size in near if size > 1 and whole % size == 0), None)
