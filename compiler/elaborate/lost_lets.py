"""Values that are given anew within a body and end with it (W504): `repeat 3 { conv(w)  let w = 2 * w }`."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from ...base.diagnostics import Diagnostic, Label, Severity
from ...dsl import ast
from .unused import first_name

_HELP = {
    "repeat": "what grows from round to round is worked out from its number: `repeat 3 as i { let w = 16 * 2 ** i … }`",
    "if": "a value that hangs on a condition is given once, where it is read: `let w = 32 if deep else 16`",
}
Body = Sequence[ast.Statement]


def lost_lets(file: ast.File) -> tuple[Diagnostic, ...]:
    """A warning for each `let` in a nested body that has the name of a value outside and that nothing reads before the body ends."""
    found: list[Diagnostic] = []
    for item in file.items:
        if isinstance(item, ast.Block | ast.Network):
            outside = {row.name.name: row.name for row in item.parameters}
            found += _in_body(item.body, outside, "", is_outermost=True)
    return tuple(found)


def _in_body(body: Body, outside: dict[str, ast.Name], within: str, *, is_outermost: bool = False) -> Iterator[Diagnostic]:
    known = dict(outside)
    for number, statement in enumerate(body):
        if isinstance(statement, ast.Let):
            name = statement.name
            if not is_outermost and name.name in outside and not _is_read(name.name, body[number + 1 :]):
                yield _lost(name, outside[name.name], within)
            known[name.name] = name
        for inner, kind, variables in _bodies(statement):
            yield from _in_body(inner, known | variables, kind or within)


def _bodies(statement: ast.Node) -> Iterator[tuple[Body, str, dict[str, ast.Name]]]:
    """The bodies within a statement, but for those within these; `if` or `repeat`, where it is one; and the names that a loop gives."""
    match statement:
        case ast.For(index=index, variable=variable, body=body):
            yield body, "repeat", {row.name: row for row in (index, variable) if row is not None}
        case ast.Repeat(variable=variable, body=body):
            yield body, "repeat", {row.name: row for row in (variable,) if row is not None}
        case ast.If(body=body, otherwise=otherwise):
            yield body, "if", {}
            yield otherwise, "if", {}
        case ast.Stage(body=body) | ast.Aux(body=body) | ast.Group(body=body) | ast.Path(body=body):
            yield body, "", {}
        case _:
            for child in ast.children(statement):
                yield from _bodies(child)


def _is_read(name: str, body: Body) -> bool:
    reads = ast.walk(*body, parts=ast.reading)
    return any(isinstance(node, ast.Name | ast.Call) and first_name(node) == name for node in reads)


def _lost(name: ast.Name, outer: ast.Name, within: str) -> Diagnostic:
    return Diagnostic(
        "W504",
        f"nothing reads this `{name.name}`: it is a new one, which ends with the `}}` of its body, and the one outside stays as it is",
        Label(name.span, "never read"),
        (Label(outer.span, f"stays `{name.name}`"),),
        help=_HELP.get(within, "give it another name, or give the value once, outside"),
        severity=Severity.WARNING,
    )
