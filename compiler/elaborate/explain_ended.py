"""A name whose `let` ended with the body that it stands in: `if big { let c = 64 } else { let c = 16 }`, and `c` behind it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from ...base.diagnostics import Diagnostic, Edit, Fix, Label
from ...base.source import Span
from ...dsl import ast
from .closures import Environment


def ended_value(environment: Environment, name: str, span: Span) -> Diagnostic | None:
    """What is said of a name that a body before this place gives, and that ends with it."""
    for level in environment.levels():
        for statement in level.body:
            if statement.span.source is not span.source or statement.span.end > span.start:
                continue
            lets = list(_lets(statement, name))
            if lets:
                return _said(statement, name, lets, span)
    return None


def _lets(statement: ast.Node, name: str) -> Iterator[ast.Let]:
    return (node for node in ast.walk(statement) if isinstance(node, ast.Let) and node.name.name == name)


def _said(statement: ast.Statement, name: str, lets: Sequence[ast.Let], span: Span) -> Diagnostic:
    value = _chosen(statement, name)
    help: str | None = f"a value that is read outside of a body is given outside: write `let {name} = …` before it"
    fix: Fix | None = None
    if value is not None:
        help = f"give it once, where it is read: `let {name} = {value}`"
        if isinstance(statement, ast.If) and _gives_alone(statement, name):
            help, fix = None, Fix(f"write `let {name} = {value}`", (Edit(statement.span, f"let {name} = {value}"),))
    return Diagnostic(
        "E201",
        f"there is no value named `{name}` here: the `{name}` of a body ends with its `}}`",
        Label(span, "not known here"),
        tuple(Label(row.span, "ends with its body") for row in lets[:2]),
        help=help,
        fix=fix,
    )


def _chosen(statement: ast.Statement, name: str) -> str | None:
    """The value of an `if` and its `else`, which both give it first of all, as one expression."""
    if not isinstance(statement, ast.If):
        return None
    first, other = _given(statement.body, name), _given(statement.otherwise, name)
    return None if first is None or other is None else f"{first} if {_text(statement.condition)} else {other}"


def _given(body: Sequence[ast.Statement], name: str) -> str | None:
    if len(body) == 1 and isinstance(body[0], ast.If):
        inner = _chosen(body[0], name)
        return f"({inner})" if inner is not None else None
    found = next((row for row in body[:1] if isinstance(row, ast.Let) and row.name.name == name), None)
    return _text(found.value) if found is not None else None


def _gives_alone(statement: ast.If, name: str) -> bool:
    """Whether an `if` gives that name and does nothing else."""
    return all(
        len(body) == 1 and (isinstance(body[0], ast.Let) or (isinstance(body[0], ast.If) and _gives_alone(body[0], name)))
        for body in (statement.body, statement.otherwise)
    )


def _text(value: ast.Expression) -> str:
    return " ".join(value.span.text.split())
