"""The message of a merge whose paths do not meet: every path with its end, its stride, and the step that decided the axis."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from ...base.diagnostics import Diagnostic, Label
from ...base.source import Span
from ..graph.program import Node
from ..graph.provenance import has_even_half, lost_rows, short
from ..ops.base import Operation, Refusal, show
from .axes_told import axis_title
from .clash import Clash, clash_of
from .closures import Frame
from .explain_levels import stretched
from .nearest_sizes import nearest_sizes
from .remedies import remedy_of
from .trial import Remedy, takes

_MOST_TOLD = 6
"""Of how many paths a note tells where their sizes come from."""


def describe_clash(
    nodes: Sequence[Node], frame: Frame, operation: Operation, refusal: Refusal, inputs: Sequence[int], head: Span, parts: Sequence[Label]
) -> Diagnostic:
    """`inputs` are the ends of the paths, `parts` their places; `frame.current` is where the paths part."""
    clash = clash_of(nodes, frame, operation, refusal, inputs, head, parts)
    remedy = remedy_of(clash)
    return Diagnostic(
        refusal.code,
        refusal.told(_named(clash).axes),
        Label(head, "needs equal shapes" if refusal.code == "E301" else ""),
        tuple(_ends(clash)),
        (*refusal.notes, *_origins(clash), *_notes_of_sizes(clash)),
        _help(clash, remedy) or refusal.help,
        remedy.fix if remedy is not None else None,
    )


def _named(clash: Clash) -> Node:
    """The end that names the axes. A learned tensor has no names of its own: those of the path beside it are meant."""
    ends = [clash.nodes[end] for end in clash.ends]
    return next((node for node in ends if clash.have_one_rank and all(node.axes)), ends[0])


def _ends(clash: Clash) -> Iterator[Label]:
    for part, end in zip(clash.parts, clash.ends, strict=True):
        stride = clash.stride(end)
        yield Label(part, f"ends in {show(clash.nodes[end].shape)}" + (f" ({stride})" if stride else ""))


def _origins(clash: Clash) -> list[str]:
    """Where the sizes come from that differ, axes of the same story together, and where the paths part."""
    titles: dict[str, list[str]] = {}
    for axis in clash.axes:
        rows = [
            f"{shape[axis]} in path {number}, from {_source(clash, end, axis)}"
            for number, (end, shape) in enumerate(zip(clash.ends, clash.shapes, strict=True), 1)
        ]
        told = "; ".join(rows[:_MOST_TOLD]) + ("; …" if len(rows) > _MOST_TOLD else "")
        titles.setdefault(told, []).append(axis_title(_named(clash), axis))
    notes = [f"{' and '.join(names)}: {told}" for told, names in titles.items()]
    if clash.start is not None:
        start = clash.nodes[clash.start]
        notes.append(f"the paths part from {show(start.shape)}, made at {start.span}")
    return notes


def _source(clash: Clash, end: int, axis: int) -> str:
    decider = clash.decider(end, axis)
    return "where the paths part" if decider.index == clash.start else f"`{short(decider.span.text)}` at {decider.span}"


def _notes_of_sizes(clash: Clash) -> list[str]:
    """Where sizes alone differ: rows that are dropped on the way, inputs that would have done, windows without a centre."""
    if not clash.differ_in_size_alone:
        return []
    lost = [told for end in clash.ends for told in lost_rows(clash.nodes, end, clash.start)]
    sizes = None
    if clash.have_one_stride and stretched(clash) is None:
        sizes = nearest_sizes(clash.nodes, clash.operation, clash.ends)
    return [*dict.fromkeys(lost), *([sizes] if sizes is not None else []), *dict.fromkeys(_uncentred(clash))]


def _uncentred(clash: Clash) -> Iterator[str]:
    """The steps on the paths whose even window `half` cannot centre."""
    for end in clash.ends:
        for node in clash.path(end):
            if has_even_half(node.operation):
                yield f"`{short(node.span.text)}` at {node.span} has an even window, which `half` cannot centre: `pad = same` keeps the size"


def _help(clash: Clash, remedy: Remedy | None) -> str | None:
    """What is told of the remedy; of paths that differ in their channels alone, that `concat` takes them."""
    told = [remedy.help] if remedy is not None else []
    if clash.axes == (0,) and clash.code == "E301" and takes(clash.operation, "broadcast") and (not told or len(clash.ends) > 2):
        told.append("`concat` stacks paths of different channels")
    return "; ".join(told) or None
