"""Merges that are legal where they stand and hardly meant: of one path, or with a `skip` behind the steps of a path."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from ...base.diagnostics import Diagnostic, Edit, Fix, Label, Severity
from ...base.source import Span
from ...dsl import ast
from ..graph.program import Node
from .closures import Tensors


def doubt_of_one_path(statement: ast.Merge, start: Tensors, end: int | None, nodes: Sequence[Node]) -> Diagnostic | None:
    """`add { | conv(64) }`: nothing is joined, where the text has but one path and no condition could have taken another away."""
    if len(statement.paths) != 1 or statement.paths[0].qualifier is not None or _skip_behind(statement.paths[0]) is not None:
        return None
    word = statement.head.path[-1]
    fits = isinstance(start, int) and end is not None and start != end and _fits(word, nodes[start].shape, nodes[end].shape)
    other = "`| skip` beside it is what comes in" if fits else f"a path for each tensor: `{word} {{ | … | skip }}`"
    return Diagnostic(
        "W524",
        f"`{word}` joins one path, so that it joins nothing",
        Label(statement.head.span, "one path"),
        help=f"{other}; of one path alone the steps stand without `{word}`",
        severity=Severity.WARNING,
    )


def doubts_of_a_skip_behind(statement: ast.Merge) -> Iterator[Diagnostic]:
    """A bare `skip` on a line of its own behind the steps of a path: it is no path, and changes nothing."""
    for path in statement.paths:
        skip = _skip_behind(path)
        if skip is not None:
            yield Diagnostic(
                "W524",
                "this `skip` goes on with the path above it, and changes nothing: a path begins with `|`",
                Label(skip, "no path"),
                (Label(statement.head.span, f"joins {len(statement.paths)} path{'s' if len(statement.paths) > 1 else ''}"),),
                fix=Fix("write `| skip`", (Edit(Span(skip.source, skip.start, skip.start), "| "),)),
                severity=Severity.WARNING,
            )


def _skip_behind(path: ast.Path) -> Span | None:
    """The place of a bare `skip` that ends a path of several statements."""
    last = path.body[-1] if len(path.body) > 1 else None
    if not isinstance(last, ast.Chain) or len(last.steps) != 1:
        return None
    (step,) = last.steps
    is_bare = isinstance(step.action, ast.Call) and step.action.path == ("skip",) and not step.action.arguments and step.label is None
    return step.span if is_bare else None


def _fits(word: str, start: Sequence[int], end: Sequence[int]) -> bool:
    """Whether what comes in could be the other path: the same sizes, or a gate for it."""
    gates = word == "mul" and len(start) == len(end) and all(one in (1, other) for one, other in zip(end, start, strict=True))
    return tuple(start) == tuple(end) or gates
