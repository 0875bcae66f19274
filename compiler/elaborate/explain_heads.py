"""A head that the network goes on behind: its answer is a vector, and the next step wants the map that was there before it."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from ...base.diagnostics import Edit, Fix
from ...base.source import Span
from ..graph.program import Node, Scope
from ..ops.base import Operation, Refusal
from .closures import Frame, Labelled
from .trial import Remedy

_SIDE = re.compile(r"aux|side|exit|deep_?sup", re.IGNORECASE)
"""What a side head is called."""


def behind_a_head(nodes: Sequence[Node], frame: Frame, operation: Operation, operand: int) -> Remedy | None:
    """What to do where `operation` refuses the vector `nodes[operand]`, with which a part of this body ends."""
    part = next((scope for scope in nodes[operand].scope.ancestors() if scope.parent is frame.scope), None)
    if part is None or not part.names or len(nodes[operand].shape) != 1:
        return None
    name = part.names[-1]
    label = frame.environment.label(name)
    if part.kind in ("stage", "group") and _SIDE.match(name):
        before = _entering(nodes, part)
        return _as_side_head(part, name) if before is not None and _takes(operation, nodes[before]) else None
    if part.template and label is not None:
        maps = [row for row in _ways(name, label) if _takes(operation, nodes[row[1]]) and max(nodes[row[1]].shape[1:]) > 1]
        if maps:
            last = max(maps, key=lambda row: row[1])[0]
            return Remedy(f"`{name}` ends in its head; the map before it is taken up by its label: `skip({last}) -> …`", None)
    return None


def _entering(nodes: Sequence[Node], part: Scope) -> int | None:
    """The tensor that comes into a part."""
    inside = [node for node in nodes if part in node.scope.ancestors()]
    return next((index for node in inside for index in node.inputs if part not in nodes[index].scope.ancestors()), None)


def _takes(operation: Operation, node: Node) -> bool:
    try:
        operation.output((node.shape,))
    except Refusal:
        return False
    return len(node.shape) > 1


def _ways(name: str, label: Labelled) -> Iterator[tuple[str, int]]:
    """What labels of a part and of its parts lead to, one level down."""
    for word, row in label.members.items():
        if isinstance(row.tensor, int):
            yield f"{name}.{word}", row.tensor


def _as_side_head(part: Scope, name: str) -> Remedy:
    help = f"`aux {name} {{ … }}` is a side head, which leaves the tensor as it was"
    place = _head_of(part.span, name)
    return Remedy(help, Fix(help, (Edit(place, f"aux {name} "),)) if place is not None else None)


def _head_of(span: Span, name: str) -> Span | None:
    """The text of `stage aux1 ` or `aux: ` before its brace."""
    source, word = span.source, re.escape(name)
    stage = re.match(rf"stage[ \t]+{word}[ \t]*(?=\{{)", source.text[span.start : span.end])
    if stage is not None:
        return source.span(span.start, span.start + stage.end())
    label = re.search(rf"(?<![\w.>-]){word}[ \t]*:[ \t]*\Z", source.text[max(span.start - 200, 0) : span.start])
    alone = label is not None and source.text[: span.start - len(label[0])].rstrip(" \t")[-1:] in ("\n", "{", ";")
    return source.span(span.start - len(label[0]), span.start) if label is not None and alone and source.text[span.start] == "{" else None
