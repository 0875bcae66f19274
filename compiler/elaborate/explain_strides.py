"""Paths of a merge that stride differently: the step of a path that is to stride as the path beside it does."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence

from ...base.diagnostics import Edit, Fix
from ...base.records import dataclass
from ...base.source import Span
from ..graph.program import Node
from ..graph.provenance import short
from ..ops.base import Shape
from .clash import Clash
from .projection import stride_of
from .trial import Changes, Remedy, Trial, argument_edits, edited, same_text, takes, with_value


def restrided(clash: Clash) -> Remedy | None:
    """Another stride for one step of each path that ends in another size than the others."""
    return _twice(clash) or _each(clash, by_name=False)


def strided_by_name(clash: Clash) -> Remedy | None:
    """The name by which one path strides, where another has a step that it belongs to."""
    return _each(clash, by_name=True)


def _each(clash: Clash, *, by_name: bool) -> Remedy | None:
    ends, sizes = clash.ends, clash.sizes
    for wanted in _wanted(sizes, [end == clash.start or not clash.is_in_a_path(clash.nodes[end]) for end in ends]):
        named = _named(clash, wanted)
        if by_name and named is None:
            continue
        # A projection that has the wrong stride may have the wrong channels, too; in a block or a loop these are no number.
        beside = {shape[0] for shape in clash.shapes if shape[1:] == wanted}
        width = beside.pop() if len(beside) == 1 and 0 in clash.axes and not clash.is_again else None
        steps: list[Step] = []
        for end, size in zip(ends, sizes, strict=True):
            if size != wanted:
                steps += _step(clash, end, wanted, named, width, by_name)
        if len(steps) != sum(size != wanted for size in sizes):
            continue
        changes = {index: changed for step in steps for index, changed in step.changes.items()}
        if clash.trial.works(changes):
            numbers = " and ".join(str(number) for number, size in enumerate(sizes, 1) if size != wanted)
            written = " and ".join(f"`{edited(step.edits, step.node.span)}`" for step in steps)
            message = f"write {written}, which ends path{'s' * (len(steps) > 1)} {numbers} in the size of {clash.the_other}"
            is_sure = named is not None or not clash.is_again
            return Remedy(message, Fix(message, tuple(edit for step in steps for edit in step.edits)) if is_sure else None)
    return None


@dataclass(frozen=True, slots=True, eq=False)
class Step:
    """A step with another stride: its edits, and what they change."""

    node: Node
    edits: tuple[Edit, ...]
    changes: Changes


def _twice(clash: Clash) -> Remedy | None:
    """A path in which two steps give the stride that one of them was to have."""
    trial = clash.trial
    for number, end in enumerate(clash.ends, 1):
        by_text: dict[str, list[Node]] = {}
        for node in clash.path(end):
            text = stride_of(node.span.text)
            strides = takes(node.operation, "stride") and getattr(node.operation, "stride", 1) != 1
            if text is not None and strides and clash.is_in_a_path(node):
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


def _named(clash: Clash, wanted: Shape) -> Node | None:
    """The step of a path of the wanted size that gives its stride by a name, which means the same in the other paths of the merge."""
    for end, size in zip(clash.ends, clash.sizes, strict=True):
        for node in clash.path(end) if size == wanted else ():
            text = stride_of(node.span.text) or ""
            binding = clash.frame.environment.binding(text) if text.isidentifier() else None
            if binding is not None and binding.value == getattr(node.operation, "stride", None) and _is_beside(node, clash.parts):
                return node
    return None


def _is_beside(node: Node, parts: Sequence[Span]) -> bool:
    """Whether a step is written between the paths of the merge, and not in a block that one of them calls."""
    source = parts[0].source
    head = source.text.rfind("{", 0, parts[0].start)
    return node.span.source is source and head < node.span.start <= max(part.end for part in parts)


def _step(clash: Clash, end: int, wanted: Shape, named: Node | None, width: int | None, by_name: bool) -> list[Step]:
    """The first step of a path that, with another stride, ends it in the wanted size; where it decides the channels, in `width` of them."""
    nodes, decider = clash.nodes, clash.decider(end, 0)
    trial = Trial(nodes, lambda shapes: shapes[end][1:] == wanted)
    # A convolution of one position strides only where no wider window does.
    for node in sorted(clash.path(end), key=lambda node: not _is_wide(node)):
        stride = getattr(node.operation, "stride", None)
        if not takes(node.operation, "stride") or takes(node.operation, "out_pad") or not clash.is_in_a_path(node):
            continue
        # A pool that says no stride takes its window for it.
        if named is not None and (stride is None or stride == 1):
            edits = argument_edits(node.span, node.operation, {"stride": stride_of(named.span.text) or ""})
            changes = _as(nodes, node, named)
            if edits and trial.works(changes):
                return [Step(node, edits, changes)]
        if by_name or type(stride) is not int:
            continue
        if clash.is_again and not (stride_of(node.span.text) or "1").isdigit():
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
