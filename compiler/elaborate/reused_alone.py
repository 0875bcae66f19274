"""A `reuse` of one step whose label begins a longer line (W529): the rest of that line does not run again."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Final, TypeAlias

from ...base.diagnostics import Diagnostic, Label, Severity
from ...base.source import Span
from ...dsl import ast
from .naming import plain_label

_SHORT: Final = 60

Line: TypeAlias = "tuple[ast.Step, tuple[ast.Step, ...]]"
"""A step with a label, and those behind it on its line."""


def steps_reused_alone(file: ast.File) -> tuple[Diagnostic, ...]:
    """A doubt for each `reuse(label)` that ends a line, where the line of the label goes on behind its step."""
    items = [item for item in file.items if isinstance(item, ast.Block | ast.Network)]
    return tuple(row for item in items for row in _in_body(item.body, _lines(item), None))


def _lines(item: ast.Block | ast.Network) -> Mapping[str, Line]:
    """The lines that go on behind a label, by it; none of a label that is there twice."""
    found: dict[str, list[Line]] = {}
    for chain in ast.walk(item):
        if isinstance(chain, ast.Chain):
            for number, step in enumerate(chain.steps):
                label = plain_label(step.label) if step.label is not None else None
                if label is not None:
                    found.setdefault(label, []).append((step, chain.steps[number + 1 :]))
    alone = {label: rows[0] for label, rows in found.items() if len(rows) == 1}
    return {label: row for label, row in alone.items() if not isinstance(row[0].action, ast.Group) and any(map(_works, row[1]))}


def _works(step: ast.Step) -> bool:
    return not isinstance(step.action, ast.Call) or step.action.path != ("skip",)


def _in_body(body: Sequence[ast.Statement], lines: Mapping[str, Line], behind: str | None) -> Iterator[Diagnostic]:
    """`behind`: the word of the step that takes what the body ends in, as far as one does."""
    for number, statement in enumerate(body):
        following = body[number + 1] if number + 1 < len(body) else None
        match statement:
            case ast.Chain(steps=steps):
                for place, step in enumerate(steps):
                    after = next((_word(other) for other in steps[place + 1 :] if _works(other)), None)
                    word = after or (_begins(following) if following is not None else behind)
                    match step.action:
                        case ast.Call(path=("reuse",)) as call if word is None:
                            yield from _doubt(call, lines)
                        case ast.Merge(paths=paths):
                            for path in paths:
                                yield from _in_body(path.body, lines, word)
                        case ast.Group(body=inner):
                            yield from _in_body(inner, lines, word or "…")
            case ast.Repeat(body=inner) | ast.For(body=inner):
                first = _begins(inner[0]) if inner else None
                yield from _in_body(inner, lines, None if first == "reuse" else first)  # each round begins with the use again
            case ast.If(body=inner, otherwise=other):
                yield from _in_body(inner, lines, "…")
                yield from _in_body(other, lines, "…")
            case ast.Stage(body=inner) | ast.Aux(body=inner):
                yield from _in_body(inner, lines, "…")


def _begins(statement: ast.Statement) -> str | None:
    """The word of the step that a line below gives what is at hand to; None where it takes up another tensor, joins what is there, or gives it out."""
    if isinstance(statement, ast.Output):
        return None
    if isinstance(statement, ast.Chain):
        return None if isinstance(statement.steps[0].action, ast.Merge) else _word(statement.steps[0])
    return "…"


def _word(step: ast.Step) -> str | None:
    if not isinstance(step.action, ast.Call):
        return "…"
    return None if step.action.path == ("skip",) else step.action.path[-1]


def _doubt(call: ast.Call, lines: Mapping[str, Line]) -> Iterator[Diagnostic]:
    value = call.arguments[0].value if len(call.arguments) == 1 else None
    line = lines.get(value.name) if isinstance(value, ast.Name) else None
    if line is None or not isinstance(value, ast.Name):
        return
    step, rest = line
    if any(other.action is call for other in rest):
        return
    whole = _short(Span(step.span.source, step.action.span.start, rest[-1].span.end))
    yield Diagnostic(
        "W529",
        f"`reuse({value.name})` runs `{_short(step.action.span)}` alone: a label names the one step behind it, and not the line that begins there",
        Label(call.span, "ends the line"),
        (Label(Span(step.span.source, rest[0].span.start, rest[-1].span.end), "does not run again"),),
        help=f"a group is one step: `{value.name}: {{ {whole} }}`",
        severity=Severity.WARNING,
    )


def _short(span: Span) -> str:
    text = " ".join(span.text.split())
    return text if len(text) <= _SHORT else f"{text[: _SHORT - 2]} …"
