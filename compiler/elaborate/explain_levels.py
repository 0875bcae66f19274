"""Paths of a merge that end on maps of different sizes: the smaller ones keep their size, or are brought up to that of the largest.

No path is cut to a single row for another: a context that was pooled from the whole map goes back over it.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from ...base.diagnostics import Edit, Fix
from ...base.source import Span
from ..graph.program import Node
from ..graph.provenance import main_path, short
from ..ops.base import Operation, Shape
from ..ops.parameters import Plain
from .clash import SKIP, Clash
from .trial import Remedy, Trial, argument_edits, edited, replaced_argument, takes, with_value

_STATEMENT = re.compile(r"(?:if|for|repeat)\b")


def stretched(clash: Clash) -> Remedy | None:
    """Where one path has size 1 on every axis that differs, a gate or a context was meant."""
    operation, axes, shapes = clash.operation, clash.axes, clash.shapes
    if not axes or not takes(operation, "broadcast"):
        return None
    ones = [all(shape[axis] == 1 for axis in axes) for shape in shapes]
    if not any(ones) or any(len({shape[axis] for shape, one in zip(shapes, ones, strict=True) if not one}) > 1 for axis in axes):
        return None
    told = f"`{operation.name}(broadcast = true)` stretches axes of size 1; to weigh one path by the other, write `mul`, which does so by itself"
    return Remedy(told, None)


def levelled(clash: Clash) -> Remedy | None:
    """What lets every smaller path end in the size of the largest."""
    nodes, ends, sizes, largest = clash.nodes, clash.ends, clash.sizes, clash.largest
    if largest not in sizes:
        return None
    steps: dict[int, Mapping[str, Plain]] = {}  # by the first step of a text: its arguments
    raised: list[int] = []
    for number, (end, size) in enumerate(zip(ends, sizes, strict=True)):
        if size == largest:
            continue
        shrinking = [node for node in clash.path(end) if node.input_shapes[0][1:] != node.shape[1:]]
        kept = {node.index: values for node in shrinking if (values := _keeping(node.operation)) is not None}
        if shrinking and len(kept) == len(shrinking) and all(map(clash.is_in_a_path, shrinking)):
            steps |= kept
        elif shrinking and any(_pools_to_a_size(node.operation) for node in shrinking):
            raised.append(number)
        else:
            return None

    def does(shapes: Mapping[int, Shape]) -> bool:
        met = [(shapes[end][0], *largest) if number in raised else shapes[end] for number, end in enumerate(ends)]
        return all(shape[1:] == largest for shape in met) and clash.accepts(met)

    changes: dict[int, Operation] = {}
    for index, values in steps.items():
        # Each alone: the others are not yet as they are to be.
        changed = Trial(nodes, lambda shapes: True).changed(nodes[index], values)
        if changed is None:
            return None
        changes |= changed
    if not Trial(nodes, does).works(changes):
        return None
    return _told(clash, steps, raised)


def _keeping(operation: Operation) -> Mapping[str, Plain] | None:
    """Arguments with which a step keeps the size: a pool that steps by its window because nothing else was said, a padding too small."""
    kernel, stride = getattr(operation, "kernel", None), getattr(operation, "stride", 0)
    if not isinstance(kernel, int) or kernel % 2 == 0 or not takes(operation, "pad") or takes(operation, "out_pad"):
        return None
    if stride is None:
        dilation = getattr(operation, "dilation", 1)
        return {"stride": 1, "pad": (kernel - 1) // 2 * dilation} if isinstance(dilation, int) else None
    return {"pad": "half"} if stride == 1 else None


def _pools_to_a_size(operation: Operation) -> bool:
    return operation.family == "pool" and not takes(operation, "kernel")


def _told(clash: Clash, steps: Mapping[int, Mapping[str, Plain]], raised: Sequence[int]) -> Remedy:
    """`steps` are given other arguments, the paths `raised` an `upsample` to the largest size."""
    told: list[str] = []
    edits: list[Edit] = []
    complete = True
    for index, values in steps.items():
        node = clash.nodes[index]
        made = argument_edits(node.span, node.operation, {name: str(value) for name, value in values.items()})
        if made is None:
            listed = ", ".join(f"{name} = {value}" for name, value in values.items())
            told.append(f"`{listed}` in `{short(node.span.text)}`")
            complete = False
        else:
            told.append(f"`{edited(made, node.span)}`")
            edits += made
    messages = [f"keep the size of the map: write {' and '.join(told)}"] if told else []
    argument, holds = clash.size_text(clash.largest)
    sizes, rows = clash.sizes, []
    for number in raised:
        span = clash.parts[number]
        rows.append(f"`{short(span.text)} -> upsample({argument})`")
        edits.append(Edit(span.source.span(span.end, span.end), f" -> upsample({argument})"))
        # How a row is spread is no question where there is one.
        complete &= holds and set(sizes[number]) == {1} and _STATEMENT.match(span.text) is None
    if rows:
        numbers = " and ".join(str(number + 1) for number in raised)
        messages.append(f"bring path {numbers} up to the size of the others: {' and '.join(rows)}")
    message = "; and ".join(messages)
    places = {(edit.span.source.name, edit.span.start, edit.span.end) for edit in edits}
    return Remedy(message, Fix(message, tuple(edits)) if complete and len(places) == len(edits) else None)


def lower_path(clash: Clash, *, labelled: bool) -> Remedy | None:
    """Paths that end some whole factor below the largest, which is or begins at a `labelled` step, or any: they are to be brought up to that."""
    operation, ends, parts, shapes = clash.operation, clash.ends, clash.parts, clash.shapes
    largest = max(range(len(ends)), key=lambda number: shapes[number][1:])
    target = shapes[largest]
    if not all(is_map(clash.nodes[end]) for end in ends):
        return None
    label = SKIP.fullmatch(parts[largest].text.strip()) or _lateral(clash, parts[largest], target[1:])
    if (label is None) is labelled:
        return None
    if len(ends) == 2 and not takes(operation, "axis") and target[0] == 1 < shapes[1 - largest][0]:
        return _shrunk_mask(clash, largest)
    rows, met = [], list(shapes)
    text = f"like = {label[1]}" if label is not None else clash.size_text(target[1:])[0]
    for number, shape in enumerate(shapes):
        if shape[1:] == target[1:]:
            continue
        factors = {large / small for small, large in zip(shape[1:], target[1:], strict=True)}
        if len(factors) != 1 or (factor := factors.pop()) < 2 or factor != int(factor) or 1 in shape[1:]:
            return None
        # Of several paths that are added the channels differ, too: a pyramid projects them first.
        widens = len(ends) > 2 and shape[0] != target[0] and not takes(operation, "axis") and is_map(clash.nodes[ends[number]])
        met[number] = ((target[0] if widens else shape[0]), *target[1:])
        rows.append((number, f"`{short(parts[number].text)}{f' -> conv({target[0]}, 1)' if widens else ''} -> upsample({text})`"))
    if not rows or not clash.accepts(met):
        return None
    numbers = " and ".join(str(number + 1) for number, _ in rows)
    title = f"`{label[1]}`" if label is not None else "the other" if len(ends) == 2 else f"path {largest + 1}"
    written = " and ".join(row for _, row in rows)
    return Remedy(f"bring path{'s' * (len(rows) > 1)} {numbers} up to the size of {title}: {written}", None)


def _lateral(clash: Clash, part: Span, size: Shape) -> re.Match[str] | None:
    """The label at which a path begins that keeps its size, where all other paths come from that, too: the side of a pyramid."""
    text = part.source.text[: part.end]
    label = SKIP.match(text[text.rfind("|") + 1 :].strip())
    labelled = clash.frame.environment.label(label[1]) if label is not None else None
    if labelled is None or clash.start is None or labelled.tensor != clash.start:
        return None
    return label if clash.nodes[clash.start].shape[1:] == size else None


def _shrunk_mask(clash: Clash, mask: int) -> Remedy | None:
    """A mask of one channel that is larger than the map which it weighs."""
    large, small = clash.shapes[mask], clash.shapes[1 - mask]
    factors = {before // after for before, after in zip(large[1:], small[1:], strict=True)}
    factor = factors.pop()
    if factors or tuple(size * factor for size in small[1:]) != large[1:]:
        return None
    if not clash.meets({clash.ends[mask]: (1, *small[1:])}):
        return None
    return Remedy(f"bring path {mask + 1} down to the size of the other: `{short(clash.parts[mask].text)} -> avgpool({factor})`", None)


def is_map(node: Node) -> bool:
    """Whether a convolution works on it: an image, a volume, or a signal whose channels stand first."""
    return len(node.shape) > 2 or (len(node.shape) == 2 and node.axes[0] == "channels")


def _grows(node: Node) -> bool:
    return any(after > before for before, after in zip(node.input_shapes[0][1:], node.shape[1:], strict=False))


def rescaled(clash: Clash) -> Remedy | None:
    """Another factor of an upsampling, where that is all that the paths need."""
    nodes, ends, sizes, trial = clash.nodes, clash.ends, clash.sizes, clash.trial
    enlarging = [[node for node in main_path(nodes, end, None) if node.operation.enlarges] for end in ends]
    for number, (end, size) in enumerate(zip(ends, sizes, strict=True)):
        others = {row for place, row in enumerate(sizes) if place != number}
        wanted = others.pop()
        if others or wanted == size or not enlarging[number]:
            continue
        node = enlarging[number][-1]
        scale = getattr(node.operation, "scale", None)
        factors = {after / before for before, after in zip(size, wanted, strict=True)}
        if len(factors) > 1 and node.index == end and scale is not None:
            # No factor for all axes: the size itself.
            bare = with_value(node.operation, "scale", None)
            sized = with_value(bare, "size", wanted) if bare is not None else None
            edit = replaced_argument(node.span, node.operation, "scale", clash.size_text(wanted)[0])
            if sized is not None and edit is not None and trial.works({node.index: sized}):
                message = f"write `{edited((edit,), node.span)}`, which ends path {number + 1} in the size of {clash.the_other}"
                return Remedy(message, None)
        if not isinstance(scale, int) or len(factors) != 1 or (factor := scale * factors.pop()) != int(factor) or factor < 2:
            continue
        made = argument_edits(node.span, node.operation, {"scale": str(int(factor))})
        if made is None or trial.changed(node, {"scale": int(factor)}) is None:
            continue
        message = f"write `{edited(made, node.span)}`, which ends path {number + 1} in the size of {clash.the_other}"
        # Where another path is enlarged, too, that one may be the mistaken one.
        grown = [any(_grows(row) for row in main_path(nodes, other, None)) for other in ends]
        alone = sum(grown) == 1 and clash.is_in_a_path(node)
        return Remedy(message, Fix(message, made) if alone else None)
    return None
