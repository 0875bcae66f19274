"""Paths of a merge that end in different numbers of axes: a `flatten` too many, a sequence beside the map that it was made of."""

from __future__ import annotations

import re

from ...base.diagnostics import Edit, Fix
from ..graph.provenance import short
from ..ops.base import product, show
from ..ops.shape import Flatten
from .clash import Clash
from .trial import Remedy, edited, replaced_argument, takes


def of_one_rank(clash: Clash) -> Remedy | None:
    """What gives the paths the same axes, where their steps say which are meant."""
    return _unflattened(clash) or _as_tokens(clash) or _learned(clash) or _as_a_map(clash) or _flattened(clash)


def _unflattened(clash: Clash) -> Remedy | None:
    """A path that ends in `flatten` beside maps, which it would meet without."""
    for number, (end, part) in enumerate(zip(clash.ends, clash.parts, strict=True)):
        node = clash.nodes[end]
        if not isinstance(node.operation, Flatten) or not clash.is_in_a_path(node) or part != node.span:
            continue
        shape = node.input_shapes[0]
        # A `flatten` alone leaves what the path beside has already.
        if len(shape) < 2 or node.inputs[0] in clash.ends or not clash.meets({end: shape}):
            continue
        arrow = re.search(r"\s*->\s*\Z", part.source.text[: part.start])
        edit = Edit(part.source.span(arrow.start(), part.end), "") if arrow is not None else Edit(part, "skip")
        message = f"leave out `{short(part.text)}`: path {number + 1} then ends in {show(shape)}"
        return Remedy(message, Fix(message, (edit,)))
    return None


def _as_tokens(clash: Clash) -> Remedy | None:
    """A map that is flattened beside a sequence of its positions."""
    for number, (end, part) in enumerate(zip(clash.ends, clash.parts, strict=True)):
        node = clash.nodes[end]
        if not isinstance(node.operation, Flatten) or not clash.is_in_a_path(node) or part.text != node.operation.name:
            continue
        channels, *sizes = node.input_shapes[0]
        shape = (product(sizes), channels)
        if len(sizes) > 1 and clash.meets({end: shape}):
            message = f"write `tokens` in place of `flatten`: path {number + 1} then ends in {show(shape)}"
            return Remedy(message, Fix(message, (Edit(part, "tokens"),)))
    return None


def _learned(clash: Clash) -> Remedy | None:
    """A learned tensor with as many numbers as the path beside it, in other axes."""
    for end, other in clash.both_ways:
        node, shape = clash.nodes[end], clash.nodes[other].shape
        if node.inputs or not takes(node.operation, "shape") or product(node.shape) != product(shape) or not clash.accepts([shape] * 2):
            continue
        edit = replaced_argument(node.span, node.operation, "shape", f"[{', '.join(map(str, shape))}]")
        if edit is not None:
            message = f"write `{edited((edit,), node.span)}`"
            return Remedy(message, Fix(message, (edit,)))
    return None


def _as_a_map(clash: Clash) -> Remedy | None:
    """A sequence of a map's positions beside that map: the one goes back into its rows, or the other becomes a sequence, too."""
    nodes, ends, parts = clash.nodes, clash.ends, clash.parts
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
        if channels != image.shape[0] and clash.accepts([sequence.shape, sequence.shape]):
            text = f"`{short(parts[other].text)} -> tokens -> linear({channels})`"
            return Remedy(f"let path {other + 1} be a sequence of {channels} channels, too: {text}", None)
        if not clash.meets({sequence.index: (channels, *sizes)}):
            continue
        again = clash.is_again
        words = [
            "in.channels" if again else str(channels),
            *(f"in.{axis}" if again else str(size) for axis, size in zip(image.axes[1:], sizes, strict=True)),
        ]
        if again and (clash.entering is None or clash.entering.shape != (channels, *sizes) or not all(image.axes)):
            return None
        rows = ", ".join(f"{axis} = {word}" if axis else word for axis, word in zip(image.axes, words, strict=True))
        order = ", ".join(clash.axis_words({"channels": 1, "length": 0}))
        text = f" -> permute([{order}]) -> reshape([{rows}])"
        span, beside = parts[number], parts[other]
        message = (
            f"bring path {number + 1} back to the map: `{short(span.text)}{text}`; or let path {other + 1} be a sequence, too: "
            f"`{short(beside.text)} -> tokens`"
        )
        return Remedy(message, None)
    return None


def _flattened(clash: Clash) -> Remedy | None:
    """One map beside several vectors."""
    nodes, ends = clash.nodes, clash.ends
    maps = [number for number, end in enumerate(ends) if len(nodes[end].shape) > 2]
    vectors = [end for end in ends if len(nodes[end].shape) == 1]
    if len(maps) != 1 or len(vectors) < 2 or len(vectors) + 1 != len(ends):
        return None
    end, span = ends[maps[0]], clash.parts[maps[0]]
    rows = [("global_avgpool -> flatten", nodes[end].shape[:1]), ("flatten", (product(nodes[end].shape),))]
    ways = [f"`{short(span.text)} -> {text}`" for text, shape in rows if clash.meets({end: shape})]
    return Remedy(f"let path {maps[0] + 1} end in a vector, too: {' or '.join(ways)}", None) if ways else None
