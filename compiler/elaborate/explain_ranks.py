"""Paths of a merge that end in different numbers of axes: a `flatten` too many, a sequence beside the map that it was made of."""

from __future__ import annotations

import re
from collections.abc import Sequence

from ...base.diagnostics import Edit, Fix, Label
from ..graph.program import Node
from ..graph.provenance import short
from ..ops.base import Operation, product, show
from ..ops.shape import Flatten
from .closures import Frame
from .explain_levels import accepts, axis_words, in_a_path, is_again
from .trial import Remedy, edited, replaced_argument, takes


def of_one_rank(nodes: Sequence[Node], frame: Frame, operation: Operation, ends: Sequence[int], parts: Sequence[Label]) -> Remedy | None:
    """What gives the paths the same axes, where their steps say which are meant."""
    return (
        _unflattened(nodes, frame, operation, ends, parts)
        or _as_tokens(nodes, frame, operation, ends, parts)
        or _learned(nodes, operation, ends)
        or _as_a_map(nodes, frame, operation, ends, parts)
        or _flattened(nodes, operation, ends, parts)
    )


def _unflattened(nodes: Sequence[Node], frame: Frame, operation: Operation, ends: Sequence[int], parts: Sequence[Label]) -> Remedy | None:
    """A path that ends in `flatten` beside maps, which it would meet without."""
    for number, (end, part) in enumerate(zip(ends, parts, strict=True)):
        node = nodes[end]
        if not isinstance(node.operation, Flatten) or not in_a_path(frame, node) or part.span != node.span:
            continue
        shape = node.input_shapes[0]
        # A `flatten` alone leaves what the path beside has already.
        if (
            len(shape) < 2
            or node.inputs[0] in ends
            or not accepts(operation, [shape if other == end else nodes[other].shape for other in ends])
        ):
            continue
        source = part.span.source
        arrow = re.search(r"\s*->\s*\Z", source.text[: part.span.start])
        edit = Edit(source.span(arrow.start(), part.span.end), "") if arrow is not None else Edit(part.span, "skip")
        message = f"leave out `{short(part.span.text)}`: path {number + 1} then ends in {show(shape)}"
        return Remedy(message, Fix(message, (edit,)))
    return None


def _as_tokens(nodes: Sequence[Node], frame: Frame, operation: Operation, ends: Sequence[int], parts: Sequence[Label]) -> Remedy | None:
    """A map that is flattened beside a sequence of its positions."""
    for number, (end, part) in enumerate(zip(ends, parts, strict=True)):
        node = nodes[end]
        if not isinstance(node.operation, Flatten) or not in_a_path(frame, node) or part.span.text != node.operation.name:
            continue
        channels, *sizes = node.input_shapes[0]
        shape = (product(sizes), channels)
        if len(sizes) > 1 and accepts(operation, [shape if other == end else nodes[other].shape for other in ends]):
            message = f"write `tokens` in place of `flatten`: path {number + 1} then ends in {show(shape)}"
            return Remedy(message, Fix(message, (Edit(part.span, "tokens"),)))
    return None


def _learned(nodes: Sequence[Node], operation: Operation, ends: Sequence[int]) -> Remedy | None:
    """A learned tensor with as many numbers as the path beside it, in other axes."""
    for end, other in (tuple(ends), tuple(reversed(ends))) if len(ends) == 2 else ():
        node, shape = nodes[end], nodes[other].shape
        if (
            node.inputs
            or not takes(node.operation, "shape")
            or product(node.shape) != product(shape)
            or not accepts(operation, [shape] * 2)
        ):
            continue
        edit = replaced_argument(node.span, node.operation, "shape", f"[{', '.join(map(str, shape))}]")
        if edit is not None:
            message = f"write `{edited((edit,), node.span)}`"
            return Remedy(message, Fix(message, (edit,)))
    return None


def _as_a_map(nodes: Sequence[Node], frame: Frame, operation: Operation, ends: Sequence[int], parts: Sequence[Label]) -> Remedy | None:
    """A sequence of a map's positions beside that map: the one goes back into its rows, or the other becomes a sequence, too."""
    if len(ends) != 2:
        return None
    for number, other in ((0, 1), (1, 0)):
        sequence, image = nodes[ends[number]], nodes[ends[other]]
        sizes = image.shape[1:]
        if (
            sequence.axes != ("length", "channels")
            or image.axes[:1] != ("channels",)
            or sequence.shape[0] != product(sizes)
            or len(sizes) < 2
        ):
            continue
        channels = sequence.shape[1]
        if channels != image.shape[0] and accepts(operation, [sequence.shape, sequence.shape]):
            text = f"`{short(parts[other].span.text)} -> tokens -> linear({channels})`"
            return Remedy(f"let path {other + 1} be a sequence of {channels} channels, too: {text}", None)
        if not accepts(operation, [(channels, *sizes) if end == sequence.index else nodes[end].shape for end in ends]):
            continue
        again = is_again(frame)
        words = [
            "in.channels" if again else str(channels),
            *(f"in.{axis}" if again else str(size) for axis, size in zip(image.axes[1:], sizes, strict=True)),
        ]
        if again and (not isinstance(frame.current, int) or nodes[frame.current].shape != (channels, *sizes) or not all(image.axes)):
            return None
        rows = ", ".join(f"{axis} = {word}" if axis else word for axis, word in zip(image.axes, words, strict=True))
        order = ", ".join(axis_words(frame, {"channels": 1, "length": 0}))
        text = f" -> permute([{order}]) -> reshape([{rows}])"
        span, beside = parts[number].span, parts[other].span
        message = (
            f"bring path {number + 1} back to the map: `{short(span.text)}{text}`; or let path {other + 1} be a sequence, too: "
            f"`{short(beside.text)} -> tokens`"
        )
        return Remedy(message, None)
    return None


def _flattened(nodes: Sequence[Node], operation: Operation, ends: Sequence[int], parts: Sequence[Label]) -> Remedy | None:
    """One map beside several vectors."""
    maps = [number for number, end in enumerate(ends) if len(nodes[end].shape) > 2]
    vectors = [end for end in ends if len(nodes[end].shape) == 1]
    if len(maps) != 1 or len(vectors) < 2 or len(vectors) + 1 != len(ends):
        return None
    end, span = ends[maps[0]], parts[maps[0]].span
    rows = [("global_avgpool -> flatten", nodes[end].shape[:1]), ("flatten", (product(nodes[end].shape),))]
    ways = [
        f"`{short(span.text)} -> {text}`"
        for text, shape in rows
        if accepts(operation, [shape if other == end else nodes[other].shape for other in ends])
    ]
    return Remedy(f"let path {maps[0] + 1} end in a vector, too: {' or '.join(ways)}", None) if ways else None
