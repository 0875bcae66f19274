"""What brings sizes together that do not meet: an `out_pad`, a rounding, a padding, a size in the place of a factor, a crop.

Each is tried before it is offered: the steps that the edit changes are changed, and every shape is worked out anew.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from itertools import islice

from ...base.diagnostics import Edit, Fix, Label
from ..graph.program import Node
from ..graph.provenance import has_even_half, has_odd_window, main_path, short
from ..ops.base import Operation, Shape, show_size
from ..ops.parameters import Plain
from ..ops.spatial import each_axis, map_size, simple
from .closures import Frame
from .enlarging import centred, enlarged
from .explain_levels import accepts, is_again, is_filled_in, joins, levelled, skip_label
from .explain_numbers import size_argument
from .trial import Changes, Remedy, Trial, ancestors, argument_edit, edited, replaced_argument, reshaped, same_text, takes, with_value


def meeting(
    nodes: Sequence[Node], frame: Frame, operation: Operation, ends: Sequence[int], start: int | None, parts: Sequence[Label]
) -> Remedy | None:
    """What lets the paths of a merge that begin at `start` meet, where they have the same strides."""
    padded = unpadded(nodes, operation, ends, start)
    if padded is not None:
        return padded
    again = is_again(frame) or any(is_filled_in(frame, part) for part in parts)
    trial = Trial(nodes, joins(operation, ends))
    sizes = [nodes[end].shape[1:] for end in ends]
    largest = tuple(max(axis) for axis in zip(*sizes, strict=True))
    label = next(
        (found for part, size in zip(parts, sizes, strict=True) if size == largest and (found := skip_label(frame, part)) is not None), None
    )
    for end, size in zip(ends, sizes, strict=True):
        if size != largest:
            remedy = padded_out(trial, end) or resized(trial, end, largest, label)
            if remedy is not None:
                # A number is the size of one use of the text.
                return replace(remedy, fix=None) if again and label is None and "size = " in remedy.help else remedy
    steps = [node for end in dict.fromkeys(ends) for node in reversed(main_path(nodes, end, start))]
    return (
        (_padded_and_cropped(nodes, frame, ends, parts) if again else None)
        or _overlapping(trial, ends, sizes)
        or _argument(trial, steps)
        or levelled(nodes, frame, operation, ends, start, parts)
        or _cropped(nodes, frame, operation, ends, parts, again)
    )


def unpadded(nodes: Sequence[Node], operation: Operation, ends: Sequence[int], start: int | None) -> Remedy | None:
    """A convolution on a path that is padded too much, where that is all."""
    steps = [node for end in dict.fromkeys(ends) for node in reversed(main_path(nodes, end, start)) if _is_overpadded(node)]
    return _argument(Trial(nodes, joins(operation, ends)), steps)


def _is_overpadded(node: Node) -> bool:
    """Whether a convolution is padded by more than its window reaches to each side: its map grows, as nobody wants."""
    pad = getattr(node.operation, "pad", 0)
    windows = node.operation.windows(node.input_shapes, node.shape) or ()
    return isinstance(pad, int) and any(pad > (window.kernel - 1) * window.dilation // 2 for window in windows if window.upscale == 1)


def _overlapping(trial: Trial, ends: Sequence[int], sizes: Sequence[Shape]) -> Remedy | None:
    """The padding of a transposed convolution whose windows overlap, so that it gives a margin beside what its stride asks for."""
    for end, size in zip(ends, sizes, strict=True):
        smallest = min(sizes)
        steps = [node.operation for node in main_path(trial.nodes, end, None) if takes(node.operation, "out_pad")]
        wider = [step for step in steps if _window(step) > min(_open(step, len(size)))]
        if size != smallest and wider and (remedy := centred(trial, end) or enlarged(trial, end, smallest)) is not None:
            return remedy
    return None


def _window(operation: Operation) -> int:
    kernel = getattr(operation, "kernel", 0)
    return min(kernel) if isinstance(kernel, tuple) else int(kernel)


def reaching(nodes: Sequence[Node], end: int, wanted: Shape) -> Remedy | None:
    """What makes the step `end` give `wanted`."""
    trial = Trial(nodes, lambda shapes: shapes[end] == wanted)
    return (
        padded_out(trial, end)
        or resized(trial, end, wanted[1:], None)
        or centred(trial, end)
        or enlarged(trial, end, wanted[1:])
        or _argument(trial, main_path(nodes, end, None)[::-1])
    )


def growing(nodes: Sequence[Node], operation: Operation, ends: Sequence[int]) -> Remedy | None:
    """What lets the paths of a merge meet where a transposed convolution on one of them has another stride than the way down had."""
    sizes = [nodes[end].shape[1:] for end in ends]
    trial = Trial(nodes, joins(operation, ends))
    for end, size in zip(ends, sizes, strict=True):
        for wanted in dict.fromkeys(sizes):
            if wanted != size and len(wanted) == len(size) and (remedy := enlarged(trial, end, wanted)) is not None:
                return remedy
    return None


# ------------------------------------------------------------------------------- transposed convolutions


def padded_out(trial: Trial, end: int) -> Remedy | None:
    """An `out_pad`: which of the sizes that its stride leaves open a transposed convolution gives back."""
    steps = [node for node in main_path(trial.nodes, end, None) if takes(node.operation, "out_pad") and node.shares is None]
    if not steps:
        return None
    for plan in islice(_plans(trial.nodes, end, steps), trial.most):
        written = _as_texts(trial.nodes, plan)
        if written is not None and trial.works(written[1]):
            return _told(trial.nodes, plan, written[0])
    return None


def _plans(nodes: Sequence[Node], end: int, steps: Sequence[Node]) -> Iterator[dict[int, tuple[int, ...]]]:
    """What may be tried, the likeliest first: by the index of a step, its `out_pad` on each axis."""
    yield _mirrored(nodes, end, steps)
    for step in reversed(steps):
        rank = len(step.shape) - 1
        for value in range(1, min(_open(step.operation, rank))):
            yield {step.index: (value,) * rank}


def _open(operation: Operation, rank: int) -> tuple[int, ...]:
    """From which number on each axis refuses an `out_pad`."""
    rows = [getattr(operation, name) for name in ("stride", "dilation")]
    stride, dilation = (row if isinstance(row, tuple) else (row,) * rank for row in rows)
    return tuple(max(pair) for pair in zip(stride, dilation, strict=True))


def _mirrored(nodes: Sequence[Node], end: int, steps: Sequence[Node]) -> dict[int, tuple[int, ...]]:
    """For each transposed convolution, what brings it to a size that the image had on its way down."""
    plan: dict[int, tuple[int, ...]] = {}
    way = ancestors(nodes, [end])
    shapes: dict[int, Shape] = {}
    seen: dict[tuple[int, int], set[int]] = {}  # by the number of axes and the axis: the sizes so far
    changes: dict[int, Operation] = {}
    wanted = {step.index for step in steps}
    for node in way:
        done = reshaped([node], shapes, changes)
        if done is None:
            return {}
        shapes |= done
        if node.index not in wanted:
            for axis, rows in enumerate(shapes[node.index]):
                seen.setdefault((len(node.shape), axis), set()).add(rows)
            continue
        bare = with_value(node.operation, "out_pad", 0)
        assert bare is not None
        inputs = tuple(shapes[index] for index in node.inputs)
        size, most = bare.output(inputs)[1:], _open(node.operation, len(node.shape) - 1)
        found = []
        for axis, (rows, limit) in enumerate(zip(size, most, strict=True), 1):
            near = [before for before in seen.get((len(node.shape), axis), ()) if rows <= before < rows + limit]
            found.append(min(near, default=rows) - rows)
        plan[node.index] = tuple(found)
        changed = with_value(node.operation, "out_pad", simple(found))
        if changed is not None:
            changes[node.index] = changed
            shapes[node.index] = changed.output(inputs)
    return plan if any(pads != _given(nodes[index]) for index, pads in plan.items()) else {}


def _given(node: Node) -> Plain:
    """The `out_pad` that a step has, for each axis."""
    return _spread(getattr(node.operation, "out_pad", 0), len(node.shape) - 1)


def _as_texts(nodes: Sequence[Node], plan: Mapping[int, tuple[int, ...]]) -> tuple[dict[int, str], Changes] | None:
    """The text of each step's `out_pad`, one for all that the same text makes, and the operations that come of it."""
    texts: dict[int, str] = {}
    changes: dict[int, Operation] = {}
    done: set[int] = set()
    for index in plan:
        if index in done:
            continue
        group = same_text(nodes, nodes[index])
        done |= {node.index for node in group}
        asked = {node.index: plan[node.index] for node in group if node.index in plan}
        if all(pads == _given(nodes[number]) for number, pads in asked.items()):
            continue
        for text, value in _writings(nodes, asked):
            values = {node.index: value(node) for node in group}
            if all(_spread(values[index], len(pads)) == pads for index, pads in asked.items()):
                operations = {node.index: with_value(node.operation, "out_pad", values[node.index]) for node in group}
                changes |= {number: operation for number, operation in operations.items() if operation is not None}
                texts[group[0].index] = text
                break
        else:
            return None
    return (texts, changes) if texts else None


def _spread(value: Plain, rank: int) -> Plain:
    return value if isinstance(value, tuple) else (value,) * rank


def _writings(nodes: Sequence[Node], asked: Mapping[int, tuple[int, ...]]) -> Iterator[tuple[str, Callable[[Node], Plain]]]:
    """Ways to write it: a number, or in terms of the stride's own name."""
    first = next(iter(asked.values()))
    yield "x".join(map(str, first)) if len(set(first)) > 1 else str(first[0]), lambda node: simple(first)
    for node in (nodes[index] for index in asked):
        name = re.search(r"\bstride\s*=\s*([A-Za-z_]\w*)\s*[,)]", node.span.text)
        if name is not None:
            yield f"{name[1]} % 2", lambda node: _of_stride(node, lambda stride: stride % 2)
            yield f"{name[1]} - 1", lambda node: _of_stride(node, lambda stride: stride - 1)


def _of_stride(node: Node, rule: Callable[[int], int]) -> Plain:
    stride = getattr(node.operation, "stride", 1)
    return rule(stride) if isinstance(stride, int) else None


def _told(nodes: Sequence[Node], plan: Mapping[int, tuple[int, ...]], texts: Mapping[int, str]) -> Remedy:
    parts, edits = [], []
    for index, text in texts.items():
        group = {node.index for node in same_text(nodes, nodes[index])}
        node = nodes[next(number for number, pads in plan.items() if number in group and pads != _given(nodes[number]))]
        given = map_size(node.shape[1:]).removeprefix("length ")
        parts.append(
            f"`out_pad = {text}` in `{short(node.span.text, 70)}` at {node.span}, which makes {given} of {map_size(node.input_shapes[0][1:]).removeprefix('length ')}: "
            f"the stride leaves open which of several sizes it is"
        )
        edit = argument_edit(node.span, node.operation, "out_pad", text)
        edits += [edit] if edit is not None else []
    message = "write " + "; and ".join(parts)
    return Remedy(message, Fix(message, tuple(edits)) if len(edits) == len(texts) else None)


# --------------------------------------------------------------------------------- sizes, roundings, paddings


def resized(trial: Trial, end: int, size: tuple[int, ...], label: str | None) -> Remedy | None:
    """A size in the place of a factor, which rounds down."""
    for node in reversed(main_path(trial.nodes, end, None)):
        if not (takes(node.operation, "scale") and takes(node.operation, "size")) or getattr(node.operation, "scale", None) is None:
            continue
        bare = with_value(node.operation, "scale", None)
        changed = with_value(bare, "size", simple(size)) if bare is not None else None
        if changed is None or len(same_text(trial.nodes, node)) > 1 or not trial.works({node.index: changed}):
            return None
        return in_place_of_a_factor(node, size, label)
    return None


def in_place_of_a_factor(node: Node, size: tuple[int, ...], label: str | None = None) -> Remedy:
    """A size, or that of a labelled step, where the call at `node` has a factor."""
    text = f"like = {label}" if label is not None else size_argument(size)
    edit = replaced_argument(node.span, node.operation, "scale", text)
    written = edited((edit,), node.span) if edit is not None else f"{node.operation.name}({text})"
    message = f"a factor is rounded down, a size is exact: write `{written}`"
    return Remedy(message, Fix(message, (edit,)) if edit is not None else None)


def _argument(trial: Trial, steps: Sequence[Node]) -> Remedy | None:
    """Another rounding or padding of one step."""
    candidates = [(rank, node, parameter, value, text) for node in steps for rank, parameter, value, text in _arguments(node)]
    for _, node, parameter, value, text in sorted(candidates, key=lambda row: row[0])[: trial.most]:
        if trial.changed(node, {parameter: value}) is None:
            continue
        edit = argument_edit(node.span, node.operation, parameter, text)
        message = (
            f"write `{edited((edit,), node.span)}`" if edit is not None else f"give `{short(node.span.text, 70)}` `{parameter} = {text}`"
        )
        return Remedy(message, Fix(message, (edit,)) if edit is not None else None)
    return None


def _arguments(node: Node) -> Iterator[tuple[int, str, Plain, str]]:
    """What may be tried of a step, the likeliest first."""
    operation = node.operation
    if has_even_half(operation):
        yield 0, "pad", "same", "same"
    rounds_up = getattr(operation, "ceil", None)
    if rounds_up is True:
        yield 1, "ceil", False, "false"
    kernel = getattr(operation, "kernel", None)
    if takes(operation, "pad") and not takes(operation, "out_pad") and kernel is not None:
        rank = len(node.shape) - 1
        kernels, dilations = each_axis(kernel, rank), each_axis(getattr(operation, "dilation", 1), rank)
        if kernels is not None:
            middle = simple([(side - 1) // 2 * step for side, step in zip(kernels, dilations or (1,) * rank, strict=True)])
            pool = rounds_up is not None
            # A dilation that a name gives may be another in the next round.
            named = re.search(r"\bdilation\s*=\s*(?!\d)", node.span.text) is not None and has_odd_window(operation)
            padded = "half" if named else middle
            yield 2 if pool else 4, "pad", padded, show_size(padded)
            if not pool and getattr(operation, "pad", None) == "half" and getattr(operation, "stride", 1) != 1:
                yield 5, "pad", 0, "0"  # as the paths beside it have none
    if rounds_up is False:
        yield 3, "ceil", True, "true"


# ------------------------------------------------------------------------------------------------- crops


def _padded_and_cropped(nodes: Sequence[Node], frame: Frame, ends: Sequence[int], parts: Sequence[Label]) -> Remedy | None:
    """A transposed convolution that one use needs larger than another: as large as its stride allows, and cut to the size of the skip."""
    for number, (end, part) in enumerate(zip(ends, parts, strict=True)):
        node = nodes[end]
        if not takes(node.operation, "out_pad") or node.shares is not None or part.span != node.span:
            continue
        skips = [
            (found, nodes[other].shape[1:])
            for place, (other, row) in enumerate(zip(ends, parts, strict=True))
            if place != number and (found := skip_label(frame, row)) is not None
        ]
        most = min(_open(node.operation, len(node.shape) - 1)) - 1
        group = same_text(nodes, node)
        changed = [with_value(each.operation, "out_pad", most) for each in group]
        if len(skips) != 1 or len(ends) != 2 or most < 1:
            continue
        label, size = skips[0]
        grown = [
            (each, operation.output(each.input_shapes)[1:]) for each, operation in zip(group, changed, strict=True) if operation is not None
        ]
        wanted = {each.index: size if each is node else each.shape[1:] for each in group}
        if any(rows < least for each, sizes in grown for rows, least in zip(sizes, wanted[each.index], strict=True)):
            continue
        edit = argument_edit(node.span, node.operation, "out_pad", str(most))
        if edit is None:
            continue
        message = f"write `{edited((edit,), node.span)} -> crop(like = {label})`, which has the size that each use needs"
        return Remedy(message, Fix(message, (edit, Edit(node.span.source.span(node.span.end, node.span.end), f" -> crop(like = {label})"))))
    return None


def _cropped(
    nodes: Sequence[Node], frame: Frame, operation: Operation, ends: Sequence[int], parts: Sequence[Label], again: bool
) -> Remedy | None:
    """Cut the larger paths to the size of the smallest; where the text is that of other merges, too, to the size that a label has in each."""
    ways = [node for end in ends for node in main_path(nodes, end, None)]
    if len(nodes[ends[0]].shape) < 3 and not any(node.operation.windows(node.input_shapes, node.shape) for node in ways):
        return None  # a sequence of tokens, whose last axis is its features
    sizes = [nodes[end].shape[1:] for end in ends]
    smallest = min(sizes)
    larger = [number for number, size in enumerate(sizes) if size != smallest]
    # A crop takes off an edge: what keeps less than half of the rows is none.
    if any(not after <= before < 2 * after for number in larger for before, after in zip(sizes[number], smallest, strict=True)):
        return None
    if not accepts(operation, [(nodes[end].shape[0], *smallest) for end in ends]):
        return None
    label = next(
        (found for part, size in zip(parts, sizes, strict=True) if size == smallest and (found := skip_label(frame, part)) is not None),
        None,
    )
    if again and label is None:
        return None
    argument = f"like = {label}" if label is not None else "x".join(map(str, smallest)) if len(set(smallest)) > 1 else str(smallest[0])
    spans = [parts[number].span for number in larger]
    written = " and ".join(f"`{' '.join(span.text.split())} -> crop({argument})`" for span in spans)
    message = (
        f"cut path {' and '.join(str(number + 1) for number in larger)} to the size of the other{'s' if len(ends) > 2 else ''}: {written}"
    )
    places = {(span.source.name, span.end) for span in spans}
    edits = tuple(Edit(span.source.span(span.end, span.end), f" -> crop({argument})") for span in spans)
    return Remedy(message, Fix(message, edits) if len(places) == len(spans) == len(set(places)) else None)
