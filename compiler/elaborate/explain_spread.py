"""Paths whose axes are not those of each other: sequences joined along the wrong one, a vector beside a map, a map without channels, a permutation to undo."""

from __future__ import annotations

import re
from collections.abc import Sequence

from ...base.diagnostics import Edit, Fix, Label
from ...base.source import Span
from ..graph.program import Node
from ..graph.provenance import short
from ..ops.base import Operation, product
from ..ops.shape import Permute, Reshape
from .closures import Frame
from .explain_levels import accepts, axis_words, in_a_path, is_again
from .trial import Remedy, argument_edits, edited, replaced_argument, takes, with_value


def spread(
    nodes: Sequence[Node],
    frame: Frame,
    operation: Operation,
    ends: Sequence[int],
    head: Span,
    parts: Sequence[Label],
    axes: Sequence[int],
) -> Remedy | None:
    """What lets the paths of a merge meet whose sizes are right and whose axes are not."""
    if takes(operation, "axis"):
        return (
            _along_the_length(nodes, frame, operation, ends, head, axes)
            or _along_the_channels(nodes, frame, operation, ends, head)
            or _over_the_map(nodes, frame, operation, ends, parts)
            or _learned(nodes, frame, operation, ends, axes)
        )
    return _learned(nodes, frame, operation, ends, axes)


def _along_the_length(
    nodes: Sequence[Node], frame: Frame, operation: Operation, ends: Sequence[int], head: Span, axes: Sequence[int]
) -> Remedy | None:
    """Sequences of the same features, which are joined one behind the other."""
    names = {name for end in ends for name in nodes[end].axes if name}
    if (
        list(axes) != [0]
        or any(len(nodes[end].shape) != 2 for end in ends)
        or any(nodes[end].axes[0] not in ("length", "") for end in ends)
    ):
        return None
    joined = with_value(operation, "axis", 0)
    text = axis_words(frame, {"length": 0})[0] if "length" in names else "0"
    edits = argument_edits(head, operation, {"axis": text})
    if joined is None or edits is None or not accepts(joined, [nodes[end].shape for end in ends]):
        return None
    message = f"sequences of {nodes[ends[0]].shape[1]} channels are joined one behind the other by `{edited(edits, head)}`"
    return Remedy(message, Fix(message, edits))


def a_token_more(nodes: Sequence[Node], frame: Frame, operation: Operation, ends: Sequence[int], head: Span) -> Remedy | None:
    """A learned vector of as many features as a sequence has: a token that is joined to it."""
    joined, edits = with_value(operation, "axis", 0), argument_edits(head, operation, {"axis": axis_words(frame, {"length": 0})[0]})
    for end, other in (tuple(ends), tuple(reversed(ends))) if len(ends) == 2 else ():
        node, sequence = nodes[end], nodes[other]
        if node.inputs or not takes(node.operation, "shape") or sequence.axes != ("length", "channels"):
            continue
        count = sequence.shape[1]
        edit = replaced_argument(node.span, node.operation, "shape", f"[1, {count}]")
        if sorted(node.shape) not in ([count], [1, count]) or joined is None or not edits or edit is None:
            continue
        if accepts(joined, [(1, count) if row == end else nodes[row].shape for row in ends]):
            message = f"a token more is joined along the length: `{edited(edits, head)}` with `{edited((edit,), node.span)}`"
            return Remedy(message, Fix(message, (*edits, edit)))
    return None


def _along_the_channels(nodes: Sequence[Node], frame: Frame, operation: Operation, ends: Sequence[int], head: Span) -> Remedy | None:
    """Maps of different channels, which are stacked where the axis was counted with the batch."""
    joined = with_value(operation, "axis", 0)
    edits = argument_edits(head, operation, {"axis": axis_words(frame, {"channels": 0})[0]})
    maps = all(nodes[end].axes[:1] == ("channels",) for end in ends)
    if not maps or joined is None or joined == operation or edits is None or not accepts(joined, [nodes[end].shape for end in ends]):
        return None
    message = f"maps of different channels are stacked by `{edited(edits, head)}`: the batch is not counted, and channels are axis 0"
    return Remedy(message, Fix(message, edits))


def _over_the_map(nodes: Sequence[Node], frame: Frame, operation: Operation, ends: Sequence[int], parts: Sequence[Label]) -> Remedy | None:
    """A vector that is to stand at each place of a map, or a map whose channels' axis is missing."""
    for number, end in enumerate(ends):
        node = nodes[end]
        others = [nodes[other] for other in ends if other != end]
        places = {other.shape[1:] for other in others}
        if len(places) != 1 or any(other.axes[:1] != ("channels",) for other in others):
            continue
        sizes = places.pop()
        ones = [1] * len(sizes)
        span = parts[number].span
        if node.shape == sizes and len(sizes) > 1:
            shape = [1, *sizes]
            text = f"reshape([{', '.join(map(str, shape))}])"
            last = replaced_argument(node.span, node.operation, "shape", text[8:-1]) if isinstance(node.operation, Reshape) else None
            edit = last or Edit(span.source.span(span.end, span.end), f" -> {text}")
            written = edited((edit,), span)
            message = f"a map has an axis of channels, here of size 1: write `{written}`"
            met = tuple(shape)
        elif len(node.shape) == 1 and len(sizes) > 1 and node.shape[0] != product(sizes):
            texts = _place_texts(nodes, frame, sizes)
            text = f" -> reshape([{', '.join(map(str, [node.shape[0], *ones]))}]) -> expand([-1, {', '.join(texts)}])"
            edit = Edit(span.source.span(span.end, span.end), text)
            message = f"let path {number + 1} stand at each place of the map: `{short(span.text)}{text}`"
            met = (node.shape[0], *sizes)
        else:
            continue
        if accepts(operation, [met if other == end else nodes[other].shape for other in ends]):
            return Remedy(message, Fix(message, (edit,)) if not is_again(frame) else None)
    return None


def _place_texts(nodes: Sequence[Node], frame: Frame, sizes: Sequence[int]) -> list[str]:
    entering = nodes[frame.current] if isinstance(frame.current, int) else None
    if is_again(frame) and entering is not None and entering.shape[1:] == tuple(sizes) and all(entering.axes[1:]):
        return [f"in.{axis}" for axis in entering.axes[1:]]
    return [str(size) for size in sizes]


def _learned(nodes: Sequence[Node], frame: Frame, operation: Operation, ends: Sequence[int], axes: Sequence[int]) -> Remedy | None:
    """A learned tensor whose sizes are not those of what it is joined with; which of the two is meant, only the writer knows."""
    if not axes or len(ends) != 2:
        return None
    for end, other in (tuple(ends), tuple(reversed(ends))):
        node, beside = nodes[end], nodes[other]
        if node.inputs or not takes(node.operation, "shape"):
            continue
        if any(beside.axes[axis] in ("channels", "") for axis in axes) and in_a_path(frame, beside):
            continue  # channels are another matter: the path beside has them from a step of its own
        items = list(map(str, node.shape))
        before = node.span.text
        start = before.find("[")
        written = before[start + 1 : before.rfind("]")].split(",") if start >= 0 else []
        items = [row.strip() for row in written] if len(written) == len(node.shape) else items
        for axis in axes:
            items[axis] = str(beside.shape[axis])
        edit = replaced_argument(node.span, node.operation, "shape", f"[{', '.join(items)}]")
        shape = tuple(beside.shape[axis] if axis in axes else size for axis, size in enumerate(node.shape))
        if edit is not None and accepts(operation, [shape if row == end else nodes[row].shape for row in ends]):
            other_way = f", or let the other path have {node.shape[axes[0]]}" if len(axes) == 1 else ""
            return Remedy(f"write `{edited((edit,), node.span)}`{other_way}", None)
    return None


def put_back(nodes: Sequence[Node], frame: Frame, ends: Sequence[int], start: int | None, parts: Sequence[Label]) -> Remedy | None:
    """The one path whose axes stand in another order than where the paths part, brought back by their names."""
    if start is None or not all(nodes[start].axes):
        return None
    names = nodes[start].axes
    apart = [number for number, end in enumerate(ends) if nodes[end].axes != names]
    if len(apart) != 1 or sorted(nodes[ends[apart[0]]].axes) != sorted(names):
        return None
    span = parts[apart[0]].span
    last = nodes[ends[apart[0]]]
    arrow = re.search(r"\s*->\s*\Z", span.source.text[: span.start])
    if isinstance(last.operation, Permute) and last.input_axes[0] == names and last.span == span and arrow is not None:
        message = f"leave out `{short(span.text)}`, with which path {apart[0] + 1} ends in another order than the paths part"
        return Remedy(message, Fix(message, (Edit(span.source.span(arrow.start(), span.end), ""),)))
    here = last.axes
    words = axis_words(frame, {name: here.index(name) for name in names})
    text = f" -> permute([{', '.join(words)}])"
    message = f"bring path {apart[0] + 1} back into the order in which the paths part: `{short(span.text)}{text}`"
    return Remedy(message, Fix(message, (Edit(span.source.span(span.end, span.end), text),)))


def turned(nodes: Sequence[Node], operation: Operation, ends: Sequence[int], parts: Sequence[Label]) -> Remedy | None:
    """The path of a product of matrices that is to be transposed."""
    for number in (1, 0):
        shape, span = nodes[ends[number]].shape, parts[number].span
        if len(ends) != 2 or len(shape) < 2:
            continue
        order = [*range(len(shape) - 2), len(shape) - 1, len(shape) - 2]
        met = tuple(shape[axis] for axis in order)
        if accepts(operation, [met if place == number else nodes[end].shape for place, end in enumerate(ends)]):
            text = f" -> permute({order})"
            message = f"transpose path {number + 1}: `{short(span.text)}{text}`"
            return Remedy(message, Fix(message, (Edit(span.source.span(span.end, span.end), text),)) if number else None)
    return None
