"""A path of a merge whose sizes stand on other axes than those that they belong to: a learned tensor, or a vector beside a map."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import permutations

from ...base.diagnostics import Edit, Fix
from ...base.source import Source
from ...dsl import ast
from ...dsl.parser.parse import parse_expression
from ..graph.program import Node
from ..graph.provenance import short
from ..ops.base import Operation, Refusal, Shape
from .clash import Clash
from .trial import LABEL, Remedy, argument_edits, edited, replaced_argument, takes, with_value

_MOST_AXES = 5
Way = tuple[int, ...]
"""For each axis: which of the sizes that a tensor has stands there, -1 for a new axis of size 1."""


def on_other_axes(clash: Clash) -> Remedy | None:
    """Where one path would meet the others, were its sizes on other axes: each way was tried. Its text is changed where there is one."""
    nodes, ends, shapes = clash.nodes, clash.ends, clash.shapes
    if len(shapes) < 2 or max(map(len, shapes)) > _MOST_AXES:
        return None
    for number, index in enumerate(ends):
        others = [*shapes[:number], *shapes[number + 1 :]]
        # What others read as well keeps its sizes.
        is_learned = _is_learned(nodes[index]) and not any(index in node.inputs for node in nodes)
        if len({len(shape) for shape in others}) != 1 or not (is_learned or len(shapes[number]) < len(others[0])):
            continue
        found: list[tuple[Way, Operation]] = []
        for way in _ways(shapes[number], len(others[0]), is_learned):
            joins = _joined(clash.operation, shapes, number, _sizes(shapes[number], way))
            found += [(way, joins)] if joins is not None and joins == (found[0][1] if found else joins) else []
        if found:
            other = nodes[ends[1 if number == 0 else 0]]
            return _told(clash, number, other, _by_name(nodes[index], other, found) or found)
    return None


def _by_name(node: Node, other: Node, found: Sequence[tuple[Way, Operation]]) -> list[tuple[Way, Operation]]:
    """Of the ways those that put channels on channels."""
    if "channels" not in node.axes or "channels" not in other.axes:
        return []
    own, place = node.axes.index("channels"), other.axes.index("channels")
    return [row for row in found if row[0][place] == own]


def _is_learned(node: Node) -> bool:
    """Whether its own text says all of its sizes."""
    return not node.inputs and takes(node.operation, "shape")


def _sizes(shape: Shape, way: Way) -> Shape:
    return tuple(shape[place] if place >= 0 else 1 for place in way)


def _ways(shape: Shape, rank: int, in_any_order: bool) -> Iterator[Way]:
    places = [place for place, size in enumerate(shape) if size != 1]
    seen = {shape}
    if len(places) <= rank:
        ones = [-1] * (rank - len(places))
        for way in sorted(set(permutations((*places, *ones))), key=lambda row: ([place for place in row if place >= 0] != places, row)):
            kept = [place for place in way if place >= 0] == places
            if (kept or in_any_order) and _sizes(shape, way) not in seen:
                seen.add(_sizes(shape, way))
                yield way


def _joined(operation: Operation, shapes: Sequence[Shape], number: int, sizes: Shape) -> Operation | None:
    """What joins the paths where one has these sizes, to the shape that the others give: the operation as it is, or stretching."""
    others = [*shapes[:number], *shapes[number + 1 :]]
    for joins in (operation, with_value(operation, "broadcast", True)):
        try:
            if joins is None:
                continue
            made = joins.output((*shapes[:number], sizes, *shapes[number + 1 :]))
            alone = joins.output(tuple(others)) if len(others) > 1 else others[0]
        except Refusal:
            continue
        if made == alone or sorted(sizes) == sorted(shapes[number]):
            return joins
    return None


def _told(clash: Clash, number: int, other: Node, found: Sequence[tuple[Way, Operation]]) -> Remedy | None:
    """What was `found` for one path, of which the first way is the likeliest; `other` is the path beside."""
    node, part = clash.nodes[clash.ends[number]], clash.parts[number]
    titles, comes_in = other.axes, other.index == clash.frame.current
    in_words = True
    rows: list[tuple[str, Edit]] = []
    for way, _ in found[:3]:
        if _is_learned(node):
            edit = _resized(node, way)
            written = edited((edit,), node.span) if edit is not None else ""
        else:
            sizes = [node.shape[place] if place >= 0 else 1 for place in way]
            words = [
                f"in.{titles[axis]}" if clash.is_again and size != 1 and comes_in and titles[axis] else str(size)
                for axis, size in enumerate(sizes)
            ]
            in_words &= not clash.is_again or all(word == "1" or not word.isdigit() for word in words)
            text = f" -> reshape([{', '.join(words)}])"
            edit, written = Edit(part.source.span(part.end, part.end), text), f"{short(part.text)}{text}"
        if edit is not None:
            along = [name or f"axis {axis}" for axis, (name, place) in enumerate(zip(titles, way, strict=True)) if place >= 0 and -1 in way]
            rows.append((f"`{written}`" + (f", along {' and '.join(along)}" if along else ""), edit))
    joins = found[0][1]
    stretching = argument_edits(clash.head, clash.operation, {"broadcast": "true"}) if joins != clash.operation else ()
    if not rows or stretching is None:
        return None
    message = f"let the sizes of path {number + 1} stand on the axes that they belong to: " + "; or ".join(text for text, _ in rows)
    if stretching:
        message += f"; and join by `{edited(stretching, clash.head)}`, which stretches axes of size 1"
    return Remedy(message, Fix(message, (rows[0][1], *stretching)) if len(rows) == len(found) == 1 and in_words else None)


def _resized(node: Node, way: Way) -> Edit | None:
    """The list of sizes of a learned tensor in another order, with what is written for each; None where that is no list."""
    labelled = LABEL.match(node.span.text)
    text = node.span.text[labelled.end() if labelled is not None else 0 :]
    call, _ = parse_expression(Source.of("", text))
    given = [row.value for row in call.arguments if row.name in (None, "shape")] if isinstance(call, ast.Call) else []
    if not given or not isinstance(given[0], ast.List) or len(given[0].items) != len(node.shape):
        return None
    names = given[0].names or ("",) * len(node.shape)
    items = [f"{name} = {item.span.text}" if name else item.span.text for name, item in zip(names, given[0].items, strict=True)]
    return replaced_argument(node.span, node.operation, "shape", f"[{', '.join(items[place] if place >= 0 else '1' for place in way)}]")
