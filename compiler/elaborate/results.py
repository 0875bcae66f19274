"""What a step gives beside its first tensor: nodes of their own, which the labels of its results name."""

from __future__ import annotations

from collections.abc import Sequence

from ...base.diagnostics import Problem
from ...base.source import Span
from ..ops.base import Refusal
from .builder import Builder
from .closures import Frame, Labelled, Made


def all_results(build: Builder, frame: Frame, index: int | None, span: Span) -> Made:
    """What a step has made whose first result is that node: what its module gives beside it is placed behind it."""
    if index is None:
        return None, {}
    node = build.nodes[index]
    rows = node.operation.results(node.input_shapes)
    if not rows:
        return index, _beside(build, frame, index, span)
    inputs, shapes = (index, *node.inputs), (node.shape, *node.input_shapes)
    made = [index]
    for word, operation in rows[1:]:
        made.append(build.add(frame, operation, inputs, operation.output(shapes), (*node.names, *word.split(".")), span))
    return tuple(made) if len(made) > 1 else index, _by_name([word for word, _ in rows], made, span)


def _beside(build: Builder, frame: Frame, index: int, span: Span) -> dict[str, Labelled]:
    """The second result of a step that has one, by its label within that of the step."""
    node = build.nodes[index]
    beside = node.operation.beside()
    if beside is None:
        return {}
    word, operation = beside
    try:
        shape = operation.output(node.input_shapes)
    except Refusal as refusal:
        raise Problem(build.refused(frame, operation, refusal, {}, list(node.inputs), span, ())) from None
    other = build.add(frame, build.fitting.one(operation), node.inputs, shape, (*node.names, word), span)
    return {word: Labelled(word, other, span, used=True)}


def _by_name(words: Sequence[str], made: Sequence[int], span: Span) -> dict[str, Labelled]:
    """The results of a step by their labels within that of the step; `ys.0`, `ys.1`, … are a list, too."""
    found: dict[str, Labelled] = {}
    for word, tensor in zip(words, made, strict=True):
        name, _, number = word.partition(".")
        if not number:
            found[name] = Labelled(name, tensor, span, used=True)
            continue
        items = found[name].members if name in found else {}
        items[number] = Labelled(word, tensor, span, used=True)
        found[name] = Labelled(name, tuple(row.tensor for row in items.values() if isinstance(row.tensor, int)), span, items, used=True)
    return found
