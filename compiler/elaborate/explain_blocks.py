"""What is said of a label that a block reads and only its caller has: what a block is to read comes in."""

from __future__ import annotations

import re
from collections.abc import Sequence
from itertools import chain, count

from ...base.diagnostics import Diagnostic, Label
from ...base.source import Span
from ...dsl import ast
from ..graph.program import Node, Scope
from .closures import Frame, Labelled, Template
from .shape_of import ShapeOf


def own_scopes(scope: Scope) -> tuple[Scope, ...]:
    """The scope and those around it, up to the block or network whose text it is: what lies further out is its caller's."""
    found: list[Scope] = []
    for outer in reversed(scope.ancestors()):
        found.append(outer)
        if outer.kind in ("block", "network"):
            break
    return tuple(found)


def of_the_caller(
    frame: Frame,
    name: str,
    span: Span,
    nodes: Sequence[Node],
    scopes: Sequence[Scope],
    named: Sequence[tuple[Scope, Labelled]],
) -> Diagnostic | None:
    """`block res(c) { … skip(x) }` where `x` is the input of the network that calls it, or a parameter, which is a shape."""
    block = next((row for row in own_scopes(frame.scope) if row.kind == "block"), None)
    if block is None:
        return None
    binding = frame.environment.binding(block.template)
    if binding is None or not isinstance(binding.value, Template) or not isinstance(binding.value.definition, ast.Block):
        return None
    definition = binding.value.definition
    given = frame.environment.binding(name)
    is_shape = given is not None and isinstance(given.value, ShapeOf)
    made = next((place for scope in _callers(block) if (place := _made(scope, name, nodes, scopes, named)) is not None), None)
    if made is None and not is_shape:
        return None
    parameters = ", ".join(row.span.text for row in definition.parameters if row.name.name != name)
    takes = [*_taken(definition, name), name]
    head = f"block {definition.name.name}{f'({parameters})' if parameters else ''} takes {', '.join(takes)}"
    called = f"{definition.name.name}{'(…)' if parameters else ''}"
    paths = [f"skip({name})"] if len(takes) == 1 else ["skip", *["…"] * (len(takes) - 2), f"skip({name})"]
    calling = f"{paths[0]} -> {called}" if len(takes) == 1 else f"{called} {{ {' '.join(f'| {path}' for path in paths)} }}"
    alone = f"`{head} {{ … }}`, called by `{calling}`"
    if is_shape:
        assert given is not None
        return Diagnostic(
            "E202",
            f"no step is labelled `{name}`: a parameter is a value, and `{name}` the shape of a tensor",
            Label(span, "no tensor"),
            (Label(given.span, f"`{name}` is this"),),
            help=f"a tensor comes in, and has its name behind `takes`: {alone}",
        )
    assert made is not None
    help = f"what it reads comes in: {alone}"
    if span.source.text[: span.start].endswith("reuse("):
        help = f"weights do not come in: write its steps in place of the block, where `reuse({name})` sees the label"
    return Diagnostic(
        "E202",
        f"no step is labelled `{name}` in this block, which sees no labels of its caller",
        Label(span, "no such label"),
        (Label(made, f"`{name}` is outside"),),
        help=help,
    )


def _taken(definition: ast.Block, name: str) -> list[str]:
    """What the block takes before `name`: the tensor at hand, too, where its body works on it, under a name that is free."""
    if definition.inputs or not _reads_what_comes(definition.body):
        return [row.name for row in definition.inputs]
    words = set(re.findall(r"\w+", definition.span.text)) | {name}
    return [next(word for word in chain(("x",), (f"x{number}" for number in count(2))) if word not in words)]


def _reads_what_comes(body: Sequence[ast.Statement]) -> bool:
    """Whether a body works on the tensor at hand, and does not begin by another, `skip(m)`."""
    first = next((row for row in body if isinstance(row, ast.Chain | ast.If | ast.Stage | ast.Repeat | ast.For)), None)
    if isinstance(first, ast.If):
        return _reads_what_comes(first.body) or _reads_what_comes(first.otherwise)
    if not isinstance(first, ast.Chain):
        return first is None or _reads_what_comes(first.body)
    match first.steps[0].action:
        case ast.Call(path=("skip",), bare=False):
            return False
        case ast.Merge(paths=paths):
            return any(_reads_what_comes(path.body) for path in paths)
        case ast.Group(body=inside):
            return _reads_what_comes(inside)
    return True


def _callers(block: Scope) -> tuple[Scope, ...]:
    return tuple(reversed(block.parent.ancestors())) if block.parent is not None else ()


def _made(outer: Scope, name: str, nodes: Sequence[Node], scopes: Sequence[Scope], named: Sequence[tuple[Scope, Labelled]]) -> Span | None:
    """Where the caller makes what has this name."""
    wanted = (*outer.path, name)
    parts: list[Node | Scope] = [*nodes, *scopes]
    made = next((part.span for part in parts if part.path == wanted and part.names == (name,)), None)
    # A label of what is there already, `m: skip`, makes no part.
    return made or next((row.span for scope, row in named if scope is outer and row.name == name), None)
