"""Which of the sizes that its stride leaves open a transposed convolution gives back: its `out_pad`, on one step or on all of a way."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import islice

from ...base.diagnostics import Fix
from ..graph.program import Node
from ..graph.provenance import main_path, short
from ..ops.base import Operation, Shape
from ..ops.parameters import Plain
from ..ops.spatial import map_size, simple
from .trial import Changes, Remedy, Trial, ancestors, argument_edit, reshaped, same_text, takes, with_value


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
        for value in range(1, min(open_sizes(step.operation, rank))):
            yield {step.index: (value,) * rank}


def open_sizes(operation: Operation, rank: int) -> tuple[int, ...]:
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
        size, most = bare.output(inputs)[1:], open_sizes(node.operation, len(node.shape) - 1)
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
