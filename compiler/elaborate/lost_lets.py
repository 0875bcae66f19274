"""Values that are given anew within a body and end with it: unread (W504), `repeat 3 { conv(w)  let w = 2 * w }`, or the same in each round (W527)."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from ...base.diagnostics import Diagnostic, Label, Severity
from ...base.records import dataclass
from ...dsl import ast
from .unused import first_name

_HELP = {
    "repeat": "what grows from round to round is worked out from its number: `repeat 3 as i { let w = 16 * 2 ** i … }`",
    "if": "a value that hangs on a condition is given once, where it is read: `let w = 32 if deep else 16`",
}
Body = Sequence[ast.Statement]


@dataclass(frozen=True, slots=True)
class _Loop:
    """The innermost loop around a body, and the names that each of its rounds may give another value."""

    statement: ast.For | ast.Repeat
    changing: frozenset[str]


def lost_lets(file: ast.File) -> tuple[Diagnostic, ...]:
    """A warning for each `let` in a nested body that has the name of a value outside, where nothing reads it before the body ends, or where
    it is worked out from the one outside in each round of a loop."""
    found: list[Diagnostic] = []
    everywhere = {item.name.name: item.name for item in file.items if isinstance(item, ast.Let)}
    for item in file.items:
        if isinstance(item, ast.Block | ast.Network):
            outside = everywhere | {row.name.name: row.name for row in item.parameters}
            found += _in_body(item.body, outside, "", None, is_outermost=True)
    return tuple(found)


def _in_body(
    body: Body, outside: dict[str, ast.Name], within: str, loop: _Loop | None, *, is_outermost: bool = False
) -> Iterator[Diagnostic]:
    known = dict(outside)
    for number, statement in enumerate(body):
        if isinstance(statement, ast.Let):
            name = statement.name
            if not is_outermost and name.name in outside:
                if not _is_read(name.name, body[number + 1 :]):
                    yield _lost(name, outside[name.name], within)
                elif loop is not None and _is_same(statement, loop.changing):
                    yield _same(statement, outside[name.name], loop.statement)
            known[name.name] = name
            if loop is not None:
                loop = _Loop(loop.statement, loop.changing | {name.name})
        for inner, kind, variables in _bodies(statement):
            entered = _Loop(statement, frozenset(variables)) if isinstance(statement, ast.For | ast.Repeat) else loop
            yield from _in_body(inner, known | variables, kind or within, entered)


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


def _is_same(let: ast.Let, changing: frozenset[str]) -> bool:
    """Whether a value is worked out from the one of its name outside the loop, from other values outside and from numbers alone."""
    parts = list(ast.walk(let.value))
    names = {first_name(part) for part in parts if isinstance(part, ast.Name | ast.Call)}
    plain = (ast.Number, ast.Name, ast.Unary, ast.Binary, ast.Conditional, ast.Call, ast.Argument)
    return let.name.name in names and not names & changing and all(isinstance(part, plain) for part in parts)


def _same(let: ast.Let, outer: ast.Name, loop: ast.For | ast.Repeat) -> Diagnostic:
    name = let.name.name
    return Diagnostic(
        "W527",
        f"each round works `{name}` out from the one outside, which stays as it is: it is the same in every round",
        Label(let.span, "the same each time"),
        (Label(outer.span, f"stays `{name}`"),),
        help=f"what grows from round to round is worked out from its number: {_grown(let, loop)}",
        severity=Severity.WARNING,
    )


def _grown(let: ast.Let, loop: ast.For | ast.Repeat) -> str:
    """The value as one of the number of the round, from 0: `w * 2` is `w * 2 ** (i + 1)`, `w + 16` is `w + 16 * (i + 1)`."""
    name, value = let.name.name, let.value
    if isinstance(loop, ast.Repeat):
        index = loop.variable.name if loop.variable is not None else _free_name(loop)
        head = f"repeat {loop.count.span.text} as {index}"
    else:
        index = loop.index.name if loop.index is not None else _free_name(loop)
        head = f"for {index}, {loop.variable.name} in {' '.join(loop.values.span.text.split())}"
    if isinstance(value, ast.Binary):
        left, right = value.left, value.right
        if isinstance(left, ast.Number) and isinstance(right, ast.Name):
            left, right = right, left
        if isinstance(left, ast.Name) and left.name == name and isinstance(right, ast.Number) and value.operator in _AGAIN:
            return f"`{head} {{ let {name} = {name} {value.operator} {right.span.text} {_AGAIN[value.operator]} ({index} + 1) … }}`"
    return f"`{head} {{ let {name} = … * 2 ** ({index} + 1) … }}`"


def _free_name(loop: ast.For | ast.Repeat) -> str:
    used = {part.name for part in ast.walk(loop) if isinstance(part, ast.Name)}
    return next(word for word in ("i", "j", "k", *map("n{}".format, range(len(used)))) if word not in used)


_AGAIN = {"*": "**", "//": "**", "/": "**", "+": "*", "-": "*"}
"""How an operation with a number is done as often as there were rounds."""
