"""Paths whose axes are not those of each other: sequences joined along the wrong one, a vector beside a map, a map without channels, a permutation to undo."""

from __future__ import annotations

import re

from ...base.diagnostics import Edit, Fix
from ..graph.provenance import short
from ..ops.base import product
from ..ops.shape import Permute, Reshape
from .clash import Clash
from .trial import Remedy, accepts, argument_edits, edited, replaced_argument, takes, with_value


def spread(clash: Clash) -> Remedy | None:
    """What lets the paths of a merge meet whose sizes are right and whose axes are not."""
    if takes(clash.operation, "axis"):
        return _along_the_length(clash) or _along_the_channels(clash) or _over_the_map(clash) or _learned(clash)
    return _learned(clash)


def _along_the_length(clash: Clash) -> Remedy | None:
    """Sequences of the same features, which are joined one behind the other."""
    nodes, ends, head = clash.nodes, clash.ends, clash.head
    names = {name for end in ends for name in nodes[end].axes if name}
    if (
        clash.axes != (0,)
        or any(len(nodes[end].shape) != 2 for end in ends)
        or any(nodes[end].axes[0] not in ("length", "") for end in ends)
    ):
        return None
    joined = with_value(clash.operation, "axis", 0)
    text = clash.axis_words({"length": 0})[0] if "length" in names else "0"
    edits = argument_edits(head, clash.operation, {"axis": text})
    if joined is None or edits is None or not accepts(joined, clash.shapes):
        return None
    message = f"sequences of {nodes[ends[0]].shape[1]} channels are joined one behind the other by `{edited(edits, head)}`"
    return Remedy(message, Fix(message, edits))


def a_token_more(clash: Clash) -> Remedy | None:
    """A learned vector of as many features as a sequence has: a token that is joined to it."""
    joined = with_value(clash.operation, "axis", 0)
    edits = argument_edits(clash.head, clash.operation, {"axis": clash.axis_words({"length": 0})[0]})
    for end, other in clash.both_ways:
        node, sequence = clash.nodes[end], clash.nodes[other]
        if node.inputs or not takes(node.operation, "shape") or sequence.axes != ("length", "channels"):
            continue
        count = sequence.shape[1]
        edit = replaced_argument(node.span, node.operation, "shape", f"[1, {count}]")
        if sorted(node.shape) not in ([count], [1, count]) or joined is None or not edits or edit is None:
            continue
        if accepts(joined, [(1, count) if row == end else clash.nodes[row].shape for row in clash.ends]):
            message = f"a token more is joined along the length: `{edited(edits, clash.head)}` with `{edited((edit,), node.span)}`"
            return Remedy(message, Fix(message, (*edits, edit)))
    return None


def _along_the_channels(clash: Clash) -> Remedy | None:
    """Maps of different channels, which are stacked where the axis was counted with the batch."""
    joined = with_value(clash.operation, "axis", 0)
    edits = argument_edits(clash.head, clash.operation, {"axis": clash.axis_words({"channels": 0})[0]})
    maps = all(clash.nodes[end].axes[:1] == ("channels",) for end in clash.ends)
    if not maps or joined is None or joined == clash.operation or edits is None or not accepts(joined, clash.shapes):
        return None
    message = f"maps of different channels are stacked by `{edited(edits, clash.head)}`: the batch is not counted, and channels are axis 0"
    return Remedy(message, Fix(message, edits))


def _over_the_map(clash: Clash) -> Remedy | None:
    """A vector that is to stand at each place of a map, or a map whose channels' axis is missing."""
    nodes, ends = clash.nodes, clash.ends
    for number, end in enumerate(ends):
        node = nodes[end]
        others = [nodes[other] for other in ends if other != end]
        places = {other.shape[1:] for other in others}
        if len(places) != 1 or any(other.axes[:1] != ("channels",) for other in others):
            continue
        sizes = places.pop()
        ones = [1] * len(sizes)
        span = clash.parts[number]
        if node.shape == sizes and len(sizes) > 1:
            shape = [1, *sizes]
            text = f"reshape([{', '.join(map(str, shape))}])"
            last = replaced_argument(node.span, node.operation, "shape", text[8:-1]) if isinstance(node.operation, Reshape) else None
            edit = last or Edit(span.source.span(span.end, span.end), f" -> {text}")
            written = edited((edit,), span)
            message = f"a map has an axis of channels, here of size 1: write `{written}`"
            met = tuple(shape)
        elif len(node.shape) == 1 and len(sizes) > 1 and node.shape[0] != product(sizes):
            texts = clash.words_of(sizes) or list(map(str, sizes))
            text = f" -> reshape([{', '.join(map(str, [node.shape[0], *ones]))}]) -> expand([-1, {', '.join(texts)}])"
            edit = Edit(span.source.span(span.end, span.end), text)
            message = f"let path {number + 1} stand at each place of the map: `{short(span.text)}{text}`"
            met = (node.shape[0], *sizes)
        else:
            continue
        if clash.meets({end: met}):
            return Remedy(message, Fix(message, (edit,)) if not clash.is_again else None)
    return None


def _learned(clash: Clash) -> Remedy | None:
    """A learned tensor whose sizes are not those of what it is joined with; which of the two is meant, only the writer knows."""
    axes = clash.axes
    for end, other in clash.both_ways if axes else ():
        node, beside = clash.nodes[end], clash.nodes[other]
        if node.inputs or not takes(node.operation, "shape"):
            continue
        if any(beside.axes[axis] in ("channels", "") for axis in axes) and clash.is_in_a_path(beside):
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
        if edit is not None and clash.meets({end: shape}):
            other_way = f", or let the other path have {node.shape[axes[0]]}" if len(axes) == 1 else ""
            return Remedy(f"write `{edited((edit,), node.span)}`{other_way}", None)
    return None


def put_back(clash: Clash) -> Remedy | None:
    """The one path whose axes stand in another order than where the paths part, brought back by their names."""
    nodes, ends, start = clash.nodes, clash.ends, clash.start
    if start is None or not all(nodes[start].axes):
        return None
    names = nodes[start].axes
    apart = [number for number, end in enumerate(ends) if nodes[end].axes != names]
    if len(apart) != 1 or sorted(nodes[ends[apart[0]]].axes) != sorted(names):
        return None
    span = clash.parts[apart[0]]
    last = nodes[ends[apart[0]]]
    arrow = re.search(r"\s*->\s*\Z", span.source.text[: span.start])
    if isinstance(last.operation, Permute) and last.input_axes[0] == names and last.span == span and arrow is not None:
        message = f"leave out `{short(span.text)}`, with which path {apart[0] + 1} ends in another order than the paths part"
        return Remedy(message, Fix(message, (Edit(span.source.span(arrow.start(), span.end), ""),)))
    here = last.axes
    words = clash.axis_words({name: here.index(name) for name in names})
    text = f" -> permute([{', '.join(words)}])"
    message = f"bring path {apart[0] + 1} back into the order in which the paths part: `{short(span.text)}{text}`"
    return Remedy(message, Fix(message, (Edit(span.source.span(span.end, span.end), text),)))


def turned(clash: Clash) -> Remedy | None:
    """The path of a product of matrices that is to be transposed."""
    for number in (1, 0):
        shape, span = clash.shapes[number], clash.parts[number]
        if len(clash.ends) != 2 or len(shape) < 2:
            continue
        order = [*range(len(shape) - 2), len(shape) - 1, len(shape) - 2]
        met = tuple(shape[axis] for axis in order)
        if clash.accepts([met if place == number else own for place, own in enumerate(clash.shapes)]):
            text = f" -> permute({order})"
            message = f"transpose path {number + 1}: `{short(span.text)}{text}`"
            return Remedy(message, Fix(message, (Edit(span.source.span(span.end, span.end), text),)) if number else None)
    return None
