"""A window that does not fit once into its map: what lets it fit, each way tried on the shape that comes in."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from ...base.source import Span
from ..graph.program import Node
from ..graph.provenance import main_path, short
from ..ops.adaptive import GlobalAvgPool, GlobalMaxPool
from ..ops.base import Operation, Shape, Shapes, show_size
from ..ops.parameters import Plain
from ..ops.pool import AvgPool, MaxPool
from ..ops.spatial import each_axis, map_size, simple
from .trial import accepts, argument_edits, edited, takes, with_values

WHOLE: tuple[tuple[type[Operation], type[Operation], str], ...] = (
    (MaxPool, GlobalMaxPool, "takes the maximum of all that is left"),
    (AvgPool, GlobalAvgPool, "takes the mean of all that is left"),
)
"""Pools of windows, the pool of the whole map that computes the same, and what that does."""


def fitting_window(nodes: Sequence[Node], operation: Operation, inputs: Sequence[int], span: Span) -> str | None:
    """Ways to let the window of `operation` fit into the map that comes in first; None where none was found."""
    shapes = tuple(nodes[index].shape for index in inputs)
    if _is_pool(operation) and set(shapes[0][1:]) == {1}:
        return "the map is a single position here, of which a pool can make nothing: leave it out, or shrink the map less before it"
    ways = [*_whole(operation, shapes[0]), *_written(operation, shapes, span)]
    before = _shrunk_to_one(nodes, inputs[0], operation) if len(inputs) == 1 else None
    ways += [before] if before is not None else []
    return "; or ".join(ways) or None


def _is_pool(operation: Operation) -> bool:
    return operation.family == "pool"


def _sides(operation: Operation, name: str, rank: int) -> tuple[int, ...]:
    value = getattr(operation, name, None)
    return each_axis(value, rank) or (1,) * rank


def _whole(operation: Operation, shape: Shape) -> Iterator[str]:
    """The pool of the whole map, where the window is larger on every axis and its step was not to overlap others."""
    rank = len(shape) - 1
    kernel, stride = _sides(operation, "kernel", rank), getattr(operation, "stride", None)
    larger = all(side >= size for side, size in zip(kernel, shape[1:], strict=True))
    apart = stride is None or _sides(operation, "stride", rank) == kernel
    for kind, whole, told in WHOLE:
        if type(operation) is kind and larger and apart and not getattr(operation, "indices", False):
            yield f"`{whole.name}` {told}"


def _written(operation: Operation, shapes: Shapes, span: Span) -> Iterator[str]:
    """The step with another argument: what is tried is what is shown."""
    for told, values in _arguments(operation, shapes[0]):
        changed = with_values(operation, values)
        if changed is None or not accepts(changed, shapes):
            continue
        texts = {name: show_size(value) if isinstance(value, tuple) else str(value).lower() for name, value in values.items()}
        made = argument_edits(span, operation, texts)
        listed = ", ".join(f"{name} = {text}" for name, text in texts.items())
        yield f"{told} `{edited(made, span)}`" if made else f"{told} `{listed}`"


def _arguments(operation: Operation, shape: Shape) -> Iterator[tuple[str, Mapping[str, Plain]]]:
    rank = len(shape) - 1
    kernel, dilation = _sides(operation, "kernel", rank), _sides(operation, "dilation", rank)
    stride = kernel if getattr(operation, "stride", None) is None else _sides(operation, "stride", rank)
    overlaps = not _is_pool(operation) or any(step < side for step, side in zip(stride, kernel, strict=True))
    if takes(operation, "pad") and overlaps and getattr(operation, "pad", None) not in ("half", "same"):
        odd = all(side % 2 for side in kernel)
        yield "pad it:", {"pad": "half" if odd else "same"}
    elif takes(operation, "ceil") and overlaps:
        yield "let the last window reach over the edge:", {"ceil": True}
    if any(side > 1 for side in dilation):
        most = tuple(min(d, (size - 1) // (side - 1)) if side > 1 else d for side, d, size in zip(kernel, dilation, shape[1:], strict=True))
        yield "a smaller dilation fits:", {"dilation": simple(most)}
        return
    smaller = tuple(min(side, (size - 1) // d + 1) for side, d, size in zip(kernel, dilation, shape[1:], strict=True))
    if not _is_pool(operation) and all(side % 2 for side in kernel):
        smaller = tuple(side - (side % 2 == 0) for side in smaller)  # what is centred stays so
    # A pool of one position is none.
    if takes(operation, "kernel") and smaller != kernel and not (_is_pool(operation) and set(smaller) == {1}):
        yield "a smaller window fits:", {"kernel": simple(smaller)}


def _shrunk_to_one(nodes: Sequence[Node], operand: int, operation: Operation) -> str | None:
    """The global pool before, behind which nothing is left to move a window over."""
    for node in reversed(main_path(nodes, operand, None)):
        if isinstance(node.operation, GlobalAvgPool | GlobalMaxPool) and accepts(operation, [node.input_shapes[0]]):
            return f"write it before `{short(node.span.text)}` at {node.span}, where the map is {map_size(node.input_shapes[0][1:])}"
        if node.input_shapes[0][1:] != node.shape[1:]:
            return None
    return None
