"""The message of a merge whose paths do not meet: every path with its end, its stride, and the step that decided the axis."""

from __future__ import annotations

import re
from collections.abc import Sequence

from ...base.diagnostics import Diagnostic, Label
from ...base.source import Span
from ..graph.program import Node
from ..graph.provenance import decided_by, has_even_half, lost_rows, main_path, parting, short, total_stride
from ..ops.base import Operation, Refusal, Shape, show
from .closures import Frame
from .explain_levels import accepts, levelled, lower_path, rescaled
from .explain_skipped import other_label
from .explain_spread import a_token_more, put_back, spread, turned
from .nearest_sizes import nearest_sizes
from .trial import Remedy, takes

ELEMENTWISE = ("E301", "E302", "E303")
"""The codes of paths that are joined place by place, so that their sizes must meet."""


def axis_title(node: Node, axis: int) -> str:
    """How a message calls an axis of a tensor."""
    return "features" if len(node.shape) == 1 else node.axes[axis] or f"axis {axis}"


def describe_clash(
    nodes: Sequence[Node], frame: Frame, operation: Operation, refusal: Refusal, inputs: list[int], span: Span, parts: Sequence[Label]
) -> Diagnostic:
    """`inputs` are the ends of the paths, `parts` their places; `frame.current` is where the paths part. What `like` reads stands behind
    the paths, and is none."""
    inputs = inputs[: len(parts)]
    shapes = [nodes[index].shape for index in inputs]
    start = parting(nodes, inputs)
    same_rank = len({len(shape) for shape in shapes}) == 1
    axes = [axis for axis in refusal.axes if len({shape[axis] for shape in shapes}) > 1] if same_rank else []
    secondary, notes, deciders = [], [], {}
    strides: set[str] = set()
    lost: list[str] = []
    for part, index in zip(parts, inputs, strict=True):
        told = f"ends in {show(nodes[index].shape)}"
        stride = total_stride(nodes, index, start)
        strides.add(stride.split(" = ")[0])
        told += f" ({stride})" if stride else ""
        lost += lost_rows(nodes, index, start)
        secondary.append(Label(part.span, told))
        for axis in axes:
            deciders[(index, axis)] = decided_by(nodes, index, axis, start)
    # A learned tensor has no names of its own: those of the path beside it are meant.
    named = next((index for index in inputs if same_rank and all(nodes[index].axes)), inputs[0])
    told_of: dict[str, list[str]] = {}
    for axis in axes:
        title = axis_title(nodes[named], axis)
        rows = []
        for number, index in enumerate(inputs, 1):
            decider = deciders[(index, axis)]
            source = "where the paths part" if decider.index == start else f"`{short(decider.span.text)}` at {decider.span}"
            rows.append(f"{nodes[index].shape[axis]} in path {number}, from {source}")
        told_of.setdefault("; ".join(rows[:6]) + ("; …" if len(rows) > 6 else ""), []).append(title)
    notes += [f"{' and '.join(titles)}: {rows}" for rows, titles in told_of.items()]
    if start is not None:
        notes.append(f"the paths part from {show(nodes[start].shape)}, made at {nodes[start].span}")
    if axes and min(axes) > 0:
        notes += dict.fromkeys(lost)
    # Paths of different strides meet at no size that anybody wants.
    help_text, fix = _stretched(operation, axes, shapes), None
    if axes and min(axes) > 0 and len(strides) == 1 and help_text is None:
        sizes = nearest_sizes(nodes, operation, inputs)
        notes += [sizes] if sizes is not None else []
        from .remedies import meeting  # only a mistake needs it

        remedy = meeting(nodes, frame, operation, inputs, start, parts) if refusal.code in ELEMENTWISE else None
        if remedy is not None:
            help_text, fix = remedy.help, remedy.fix
    elif axes and min(axes) > 0 and help_text is None and refusal.code in ELEMENTWISE:
        from .explain_strides import strided_by_name
        from .remedies import growing, unpadded

        remedy = (
            unpadded(nodes, operation, inputs, start)
            or growing(nodes, operation, inputs)
            or strided_by_name(nodes, frame, operation, inputs, start, parts, axes)
            or levelled(nodes, frame, operation, inputs, start, parts)
        )
        if remedy is not None:
            help_text, fix = remedy.help, remedy.fix
    notes += _uncentred(nodes, inputs, start) if axes and min(axes) > 0 else []
    behind = _end_of_a_chain(nodes, frame, operation, inputs, parts)
    other = other_label(nodes, frame, operation, inputs, parts, behind is not None) if fix is None or behind is not None else None
    if other is not None:
        help_text, fix = other, None
    elif behind is not None:
        help_text, fix = behind, None
    elif help_text is None and (scaled := rescaled(nodes, frame, operation, inputs, parts) if axes and min(axes) > 0 else None) is not None:
        help_text, fix = scaled.help, scaled.fix
    elif help_text is None:
        found = _by_a_step(nodes, frame, operation, refusal, inputs, start, span, parts, axes)
        help_text, fix = (found.help, found.fix) if found is not None else (None, None)
    if refusal.code == "E333" and (back := put_back(nodes, frame, inputs, start, parts)) is not None:
        help_text, fix = back.help, back.fix
    if refusal.code == "E304" and fix is None and (way := turned(nodes, operation, inputs, parts)) is not None:
        help_text, fix = way.help, way.fix
    if axes == [0] and refusal.code == "E301" and takes(operation, "broadcast") and (help_text is None or len(shapes) > 2):
        help_text = "; ".join([*([help_text] if help_text else []), "`concat` stacks paths of different channels"])
    if refusal.code == "E335":
        help_text, fix = None, None  # no other shape gives other numbers
    return Diagnostic(
        refusal.code,
        refusal.told(nodes[named].axes),
        Label(span, "needs equal shapes" if refusal.code == "E301" else ""),
        tuple(secondary),
        (*refusal.notes, *notes),
        help_text or refusal.help,
        fix,
    )


def _by_a_step(
    nodes: Sequence[Node],
    frame: Frame,
    operation: Operation,
    refusal: Refusal,
    inputs: list[int],
    start: int | None,
    span: Span,
    parts: Sequence[Label],
    axes: Sequence[int],
) -> Remedy | None:
    """What a step of a path is to have, or a step more at its end. Only a mistake needs what looks for it."""
    from .explain_aligned import on_other_axes
    from .explain_ranks import of_one_rank
    from .explain_strides import restrided
    from .explain_widths import equalled, swapped, widened
    from .projection import projected

    is_gate = refusal.code == "E303"
    if (
        len({len(nodes[index].shape) for index in inputs}) > 1
        and (ranked := of_one_rank(nodes, frame, operation, inputs, parts)) is not None
    ):
        return ranked
    several = bool(axes) and max(axes) > 0
    if several and (lower := lower_path(nodes, frame, operation, inputs, start, parts, labelled=True)) is not None:
        return lower
    return (
        a_token_more(nodes, frame, operation, inputs, span)
        or on_other_axes(nodes, frame, operation, inputs, span, parts)
        or spread(nodes, frame, operation, inputs, span, parts, axes)
        or (projected(nodes, start, inputs, span, parts, axes) if not is_gate else None)
        or (restrided(nodes, frame, operation, inputs, start, parts, axes) if several else None)
        or swapped(nodes, frame, operation, inputs, axes)
        or widened(nodes, frame, operation, inputs, start, parts, axes, is_gate)
        or equalled(nodes, frame, operation, inputs, start, parts, axes)
        or (lower_path(nodes, frame, operation, inputs, start, parts, labelled=False) if several else None)
    )


def _uncentred(nodes: Sequence[Node], inputs: list[int], start: int | None) -> list[str]:
    """The steps on the paths whose even window `half` cannot centre."""
    told = []
    for index in inputs:
        for node in main_path(nodes, index, start):
            if has_even_half(node.operation):
                told.append(
                    f"`{short(node.span.text)}` at {node.span} has an even window, which `half` cannot centre: `pad = same` keeps the size"
                )
    return list(dict.fromkeys(told))


def _end_of_a_chain(nodes: Sequence[Node], frame: Frame, operation: Operation, inputs: list[int], parts: Sequence[Label]) -> str | None:
    """`a: conv(8) -> bn -> maxpool(2)` and then `skip(a)`: the convolution's output. Where the end of that chain was meant, the label goes there."""
    ends, told = list(inputs), []
    for number, (part, index) in enumerate(zip(parts, inputs, strict=True)):
        name = re.fullmatch(r"skip\(([A-Za-z_]\w*)\)", part.span.text.strip())
        labelled = frame.environment.label(name[1]) if name is not None else None
        last = _last_of_line(nodes, labelled.span) if labelled is not None and labelled.tensor == index else None
        if name is not None and last is not None and last.index != index and _leads(nodes, last.index, index):
            ends[number] = last.index
            told.append(
                f"`{name[1]}` is the output of the one step behind the label, not of the chain that begins there: "
                f"put `{name[1]}:` before `{short(last.span.text)}`"
            )
    return "; and ".join(told) if told and accepts(operation, [nodes[end].shape for end in ends]) else None


def _last_of_line(nodes: Sequence[Node], label: Span) -> Node | None:
    """The last step of the chain that stands on one line with its label."""
    source = label.source
    end = source.text.find("\n", label.start)
    end = len(source.text) if end < 0 else end
    before = source.text[source.line_starts[label.line - 1] : label.start].strip()
    if before not in ("", "|") or "{" in source.text[label.start : end] or "->" not in source.text[label.start : end]:
        return None
    inside = [node for node in nodes if node.span.source is source and label.start <= node.span.start < end]
    return max(inside, key=lambda node: (node.span.start, node.index), default=None)


def _leads(nodes: Sequence[Node], last: int, first: int) -> bool:
    """Whether the way back from `last`, by first inputs, comes by `first`."""
    while last > first and nodes[last].inputs:
        last = nodes[last].inputs[0]
    return last == first


def _stretched(operation: Operation, axes: list[int], shapes: Sequence[Shape]) -> str | None:
    """Where one path has size 1 on every axis that differs, a gate or a context was meant."""
    if not axes or not any(row.name == "broadcast" for row in operation.parameters()):
        return None
    ones = [all(shape[axis] == 1 for axis in axes) for shape in shapes]
    if not any(ones) or any(len({shape[axis] for shape, one in zip(shapes, ones, strict=True) if not one}) > 1 for axis in axes):
        return None
    return f"`{operation.name}(broadcast = true)` stretches axes of size 1; to weigh one path by the other, write `mul`, which does so by itself"
