"""Paths of a merge that stride differently: the step of a path that is to stride as the path beside it does."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence

from ...base.diagnostics import Edit, Fix, Label
from ...base.records import dataclass
from ..graph.program import Node
from ..graph.provenance import decided_by, main_path, short
from ..ops.base import Operation, Shape
from .closures import Frame
from .explain_levels import in_a_path, is_again, joins
from .projection import stride_of
from .trial import Changes, Remedy, Trial, argument_edits, edited, same_text, takes, with_value


def restrided(
    nodes: Sequence[Node],
    frame: Frame,
    operation: Operation,
    ends: Sequence[int],
    start: int | None,
    parts: Sequence[Label],
    axes: Sequence[int],
) -> Remedy | None:
    """Another stride for one step of each path that ends in another size than the others. `axes` are those that differ."""
    return _twice(nodes, frame, operation, ends, start) or _each(nodes, frame, operation, ends, start, parts, axes, False)


def strided_by_name(
    nodes: Sequence[Node],
    frame: Frame,
    operation: Operation,
    ends: Sequence[int],
    start: int | None,
    parts: Sequence[Label],
    axes: Sequence[int],
) -> Remedy | None:
    """The name by which one path strides, where another has a step that it belongs to."""
    return _each(nodes, frame, operation, ends, start, parts, axes, True)


def _each(
    nodes: Sequence[Node],
    frame: Frame,
    operation: Operation,
    ends: Sequence[int],
    start: int | None,
    parts: Sequence[Label],
    axes: Sequence[int],
    by_name: bool,
) -> Remedy | None:
    sizes = [nodes[end].shape[1:] for end in ends]
    channels = [nodes[end].shape[0] for end in ends]
    for wanted in _wanted(sizes, [end == start or not in_a_path(frame, nodes[end]) for end in ends]):
        named = _named(nodes, frame, ends, sizes, wanted, start, parts)
        if by_name and named is None:
            continue
        # A projection that has the wrong stride may have the wrong channels, too; in a block or a loop these are no number.
        beside = {count for count, size in zip(channels, sizes, strict=True) if size == wanted}
        width = beside.pop() if len(beside) == 1 and 0 in axes and not is_again(frame) else None
        steps: list[Step] = []
        for end, size in zip(ends, sizes, strict=True):
            if size != wanted:
                steps += _step(nodes, frame, end, start, wanted, named, width, by_name)
        if len(steps) != sum(size != wanted for size in sizes):
            continue
        changes = {index: changed for step in steps for index, changed in step.changes.items()}

        if Trial(nodes, joins(operation, ends)).works(changes):
            numbers = " and ".join(str(number) for number, size in enumerate(sizes, 1) if size != wanted)
            written = " and ".join(f"`{edited(step.edits, step.node.span)}`" for step in steps)
            message = f"write {written}, which ends path{'s' * (len(steps) > 1)} {numbers} in the size of the other{'s' * (len(ends) > 2)}"
            is_sure = named is not None or not is_again(frame)
            return Remedy(message, Fix(message, tuple(edit for step in steps for edit in step.edits)) if is_sure else None)
    return None


@dataclass(frozen=True, slots=True, eq=False)
class Step:
    """A step with another stride: its edits, and what they change."""

    node: Node
    edits: tuple[Edit, ...]
    changes: Changes


def _twice(nodes: Sequence[Node], frame: Frame, operation: Operation, ends: Sequence[int], start: int | None) -> Remedy | None:
    """A path in which two steps give the stride that one of them was to have."""
    trial = Trial(nodes, joins(operation, ends))
    for number, end in enumerate(ends, 1):
        by_text: dict[str, list[Node]] = {}
        for node in main_path(nodes, end, start):
            text = stride_of(node.span.text)
            if (
                text is not None
                and takes(node.operation, "stride")
                and getattr(node.operation, "stride", 1) != 1
                and in_a_path(frame, node)
            ):
                by_text.setdefault(text, []).append(node)
        for text, steps in by_text.items():
            told = [f"`{short(step.span.text)}`" for step in steps if trial.changed(step, {"stride": 1}) is not None]
            if len(steps) == len(told) == 2:
                where = f"{told[0]} or of {told[1]}" if told[0] != told[1] else f"one `{short(steps[0].span.text)}`"
                return Remedy(f"path {number} has `stride = {text}` twice: leave it out of {where}", None)
    return None


def _wanted(sizes: Sequence[Shape], fixed: Sequence[bool]) -> Iterator[Shape]:
    """The sizes that the paths may be meant to end in, the likeliest first: that of a skip, that of most; of two paths the smaller's,
    for a stride is written where it is meant."""
    kept = {size for size, stays in zip(sizes, fixed, strict=True) if stays}
    if kept:
        yield from kept if len(kept) == 1 else ()
        return
    counts = Counter(sizes)
    most = max(counts.values())
    yield from sorted((size for size, count in counts.items() if count == most), key=lambda size: (sum(size), size))


def _named(
    nodes: Sequence[Node],
    frame: Frame,
    ends: Sequence[int],
    sizes: Sequence[Shape],
    wanted: Shape,
    start: int | None,
    parts: Sequence[Label],
) -> Node | None:
    """The step of a path of the wanted size that gives its stride by a name, which means the same in the other paths of the merge."""
    for end, size in zip(ends, sizes, strict=True):
        for node in main_path(nodes, end, start) if size == wanted else ():
            text = stride_of(node.span.text) or ""
            binding = frame.environment.binding(text) if text.isidentifier() else None
            if binding is not None and binding.value == getattr(node.operation, "stride", None) and _is_beside(node, parts):
                return node
    return None


def _is_beside(node: Node, parts: Sequence[Label]) -> bool:
    """Whether a step is written between the paths of the merge, and not in a block that one of them calls."""
    source = parts[0].span.source
    head = source.text.rfind("{", 0, parts[0].span.start)
    return node.span.source is source and head < node.span.start <= max(part.span.end for part in parts)


def _step(
    nodes: Sequence[Node], frame: Frame, end: int, start: int | None, wanted: Shape, named: Node | None, width: int | None, by_name: bool
) -> list[Step]:
    """The first step of a path that, with another stride, ends it in the wanted size; where it decides the channels, in `width` of them."""
    trial = Trial(nodes, lambda shapes: shapes[end][1:] == wanted)
    decider = decided_by(nodes, end, 0, start)
    # A convolution of one position strides only where no wider window does.
    for node in sorted(main_path(nodes, end, start), key=lambda node: not _is_wide(node)):
        stride = getattr(node.operation, "stride", None)
        if not takes(node.operation, "stride") or takes(node.operation, "out_pad") or not in_a_path(frame, node):
            continue
        # A pool that says no stride takes its window for it.
        if named is not None and (stride is None or stride == 1):
            edits = argument_edits(node.span, node.operation, {"stride": stride_of(named.span.text) or ""})
            changes = _as(nodes, node, named)
            if edits and trial.works(changes):
                return [Step(node, edits, changes)]
        if by_name or type(stride) is not int:
            continue
        if is_again(frame) and not (stride_of(node.span.text) or "1").isdigit():
            continue  # a number in the place of a name is that of one call
        for factor in _factors(nodes[end].shape[1:], wanted, stride):
            values = {"stride": factor}
            if node is decider and width not in (None, nodes[end].shape[0]) and takes(node.operation, "channels"):
                values = {"channels": width or 0, **values}
            edits = argument_edits(node.span, node.operation, {name: str(value) for name, value in values.items()})
            changed = trial.changed(node, values) if edits else None
            if edits and changed is not None:
                return [Step(node, edits, changed)]
    return []


def _is_wide(node: Node) -> bool:
    return any(window.kernel > 1 for window in node.operation.windows(node.input_shapes, node.shape) or ())


def _as(nodes: Sequence[Node], node: Node, named: Node) -> Changes:
    """In each use of the text, the stride that the step beside it has there."""
    pairs = zip(same_text(nodes, node), same_text(nodes, named), strict=False)
    changed = {mine.index: with_value(mine.operation, "stride", getattr(other.operation, "stride", 1)) for mine, other in pairs}
    return {index: operation for index, operation in changed.items() if operation is not None}


def _factors(here: Shape, wanted: Shape, stride: int) -> Iterator[int]:
    """The strides with which a step that strides by `stride` may bring one size to another."""
    pairs = list(zip(here, wanted, strict=True))
    if all(after <= before for before, after in pairs):
        yield from dict.fromkeys(stride * -(-before // after) for before, after in pairs if after)
    elif all(after >= before for before, after in pairs):
        yield from dict.fromkeys(max(stride // round(after / before), 1) for before, after in pairs if before)
