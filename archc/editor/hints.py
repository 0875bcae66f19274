"""Shapes to show in the text: at the end of each line, and of each path of a merge."""

from __future__ import annotations

from typing import Literal, TypeAlias

from ..base.records import dataclass
from ..base.source import Span
from ..dsl import ast
from .answer import Answer
from .describe import shapes_of
from .symbols import Index

Mode: TypeAlias = Literal["off", "on", "changes"]
"""`changes`: only where a step gives another shape than it takes."""


@dataclass(frozen=True, slots=True)
class Hint:
    """A shape, to be shown behind the place `offset`; `told` are all the shapes that come by."""

    offset: int
    text: str
    told: str


def hints(answer: Answer, index: Index, mode: Mode = "on") -> tuple[Hint, ...]:
    """In the order of the text."""
    if mode == "off":
        return ()
    last_of_line: dict[int, ast.Node] = {}
    ends: dict[int, ast.Node] = {}
    for node in ast.walk(*index.file.items):
        if isinstance(node, ast.Step | ast.Input | ast.Stage | ast.Repeat | ast.For | ast.If):
            row = last_of_line.get(node.span.end_line)
            # What holds others ends behind them, and comes before them here.
            if row is None or node.span.end > row.span.end:  # type: ignore[attr-defined]
                last_of_line[node.span.end_line] = node
        elif isinstance(node, ast.Path) and node.body and isinstance(chain := node.body[-1], ast.Chain):
            ends[chain.steps[-1].span.end] = chain.steps[-1]
    for node in last_of_line.values():
        ends.setdefault(_span(node).end, node)
    found = []
    for offset, node in sorted(ends.items()):
        text = shapes_of(answer, _span(node))
        if text and (mode == "on" or _changes(answer, _span(node)) or isinstance(node, ast.Input)):
            found.append(Hint(offset, text, "\n".join(row.flow for row in answer.passages(_span(node)) if row.after is not None)))
    return tuple(found)


def _span(node: ast.Node) -> Span:
    span = getattr(node, "span", None)
    assert isinstance(span, Span)
    return span


def _changes(answer: Answer, span: Span) -> bool:
    return any(row.changes for row in answer.passages(span))
