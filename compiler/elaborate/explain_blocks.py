"""What is said of a label that a block reads and only its caller has: what a block is to read comes in."""

from __future__ import annotations

from collections.abc import Sequence

from ...base.diagnostics import Diagnostic, Label
from ...base.source import Span
from ...dsl import ast
from ..graph.program import Node, Scope
from .closures import Frame, Template
from .shape_of import ShapeOf


def own_scopes(scope: Scope) -> tuple[Scope, ...]:
    """The scope and those around it, up to the block or network whose text it is: what lies further out is its caller's."""
    found: list[Scope] = []
    for outer in reversed(scope.ancestors()):
        found.append(outer)
        if outer.kind in ("block", "network"):
            break
    return tuple(found)


def of_the_caller(frame: Frame, name: str, span: Span, nodes: Sequence[Node], scopes: Sequence[Scope]) -> Diagnostic | None:
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
    made = next((place for scope in _callers(block) if (place := _made(scope, name, nodes, scopes)) is not None), None)
    if made is None and not is_shape:
        return None
    parameters = ", ".join(row.span.text for row in definition.parameters if row.name.name != name)
    takes = [*(row.name for row in definition.inputs), name]
    head = f"block {definition.name.name}{f'({parameters})' if parameters else ''} takes {', '.join(takes)}"
    alone = f"`{head} {{ … }}`" + ("" if len(takes) == 1 else f", called on {len(takes)} paths: `{definition.name.name}(…) {{ | … | … }}`")
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


def _callers(block: Scope) -> tuple[Scope, ...]:
    return tuple(reversed(block.parent.ancestors())) if block.parent is not None else ()


def _made(outer: Scope, name: str, nodes: Sequence[Node], scopes: Sequence[Scope]) -> Span | None:
    """Where the caller makes what has this name."""
    wanted = (*outer.path, name)
    parts: list[Node | Scope] = [*nodes, *scopes]
    return next((part.span for part in parts if part.path == wanted and part.names == (name,)), None)
