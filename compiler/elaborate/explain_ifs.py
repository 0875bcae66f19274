"""What is said of a label that stands in an `if` which does not hold: its step is in the text, and was not made."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from ...base.diagnostics import Diagnostic, Label
from ...base.source import Span
from ...dsl import ast
from .closures import Environment
from .naming import static_labels


def in_an_if(environment: Environment, name: str, span: Span) -> Diagnostic | None:
    """`if deep { y: conv(3) }` where it is not deep, then `skip(y)`."""
    found = [row for level in environment.levels() for row in _labels(level.body, name, ()) if row[0].span.end <= span.start]
    if not found:
        return None
    holds = " or ".join(condition for _, condition in found)
    return Diagnostic(
        "E202",
        f"no step is labelled `{name}`: what is labelled so stands in an `if` that does not hold",
        Label(span, "no such label"),
        tuple(Label(label.span, f"made only if `{condition}`") for label, condition in found),
        help=f"read it only where it is made, `if {holds} {{ … }}`, as a path of a merge `| if {holds}: skip({name})`; "
        "or label a step in an `else` of that `if`, too",
    )


def _labels(body: Sequence[ast.Statement], name: str, around: tuple[str, ...]) -> Iterator[tuple[ast.Text, str]]:
    """The labels of this name inside of ifs, each with the condition under which it is there."""
    for statement in body:
        if isinstance(statement, ast.If):
            written = statement.condition.span.text
            yield from _labels(statement.body, name, (*around, written))
            yield from _labels(statement.otherwise, name, (*around, f"not ({written})"))
        elif around and isinstance(statement, ast.Chain) and name in static_labels([statement]):
            label = static_labels([statement])[name]
            if any(step.label is label for step in statement.steps):
                yield label, " and ".join(around) if len(around) == 1 else " and ".join(map(_closed, around))


def _closed(condition: str) -> str:
    return condition if condition.isidentifier() or condition.startswith("not (") else f"({condition})"
