"""What a text says in vain or hides: bodies with nothing in them (W533), blocks with the name of an operation (W534), rounds that add up to one (W535)."""

from __future__ import annotations

from ...base.diagnostics import Diagnostic, Edit, Fix, Label, Severity
from ...base.source import Span
from ...dsl import ast
from ..ops import TABLE

_WORDS = ("skip", "reuse", "split")
"""Words that are read as themselves, whatever a block is called."""


def empty_bodies(file: ast.File) -> tuple[Diagnostic, ...]:
    """A warning for each body without a statement. An `if` may have one beside another that has steps."""
    nodes = [*ast.walk(*file.items)]
    of_paths = {id(node.qualifier) for node in nodes if isinstance(node, ast.Path)}  # they hold a condition or a loop alone
    return tuple(row for node in nodes if id(node) not in of_paths and (row := _empty(node)) is not None)


def _empty(node: ast.Node) -> Diagnostic | None:
    match node:
        case ast.Stage(body=(), name=name):
            return _without_steps(f"`stage {name.span.text}`", node.span)
        case ast.Aux(body=(), name=name):
            return _without_steps(f"`aux {name.span.text}`", node.span)
        case ast.Block(body=(), name=name, head=head):
            return _without_steps(f"the block `{name.name}`", head)
        case ast.Repeat(body=()):
            return _without_steps("this `repeat`", node.span)
        case ast.For(body=()):
            return _without_steps("this `for`", node.span)
        case ast.If(body=(), otherwise=()):
            return _without_steps("this `if`", node.span)
        case ast.Group(body=()):
            return _without_steps("a group", node.span)
    return None


def _without_steps(what: str, span: Span) -> Diagnostic:
    return Diagnostic(
        "W533",
        f"{what} has no step in it: what comes in goes out as it is",
        Label(span, "nothing happens here"),
        help="write its steps; where nothing is to happen there, `skip` says so",
        severity=Severity.WARNING,
    )


def summed_rounds(file: ast.File) -> tuple[Diagnostic, ...]:
    """A warning for `add { | repeat 3: conv(64) | skip }`: the rounds of a path stand side by side, and a sum of equal layers is one of them."""
    merges = [node for node in ast.walk(*file.items) if isinstance(node, ast.Merge) and node.head.path in (("add",), ("mean",))]
    return tuple(row for merge in merges for path in merge.paths if (row := _summed(merge, path)) is not None)


def _summed(merge: ast.Merge, path: ast.Path) -> Diagnostic | None:
    body = path.body[0] if len(path.body) == 1 else None
    if not isinstance(path.qualifier, ast.Repeat) or path.qualifier.variable is not None or not isinstance(body, ast.Chain):
        return None
    step = body.steps[0].action
    if len(body.steps) > 1 or not isinstance(step, ast.Call) or step.path[0] not in TABLE:
        return None
    source, count = path.span.source, path.qualifier.count.span
    text = " ".join(body.span.text.split())
    edits = (Edit(source.span(count.end, body.span.start), " { "), Edit(source.span(body.span.end, body.span.end), " }"))
    return Diagnostic(
        "W535",
        f"the rounds of this path are paths side by side, and `{merge.head.path[0]}` makes no more of them than one `{text}`",
        Label(source.span(path.qualifier.span.start, body.span.end), "as many paths"),
        fix=Fix(f"one behind the other they are a body: `| repeat {count.text} {{ {text} }}`", edits),
        severity=Severity.WARNING,
    )


def hidden_operations(file: ast.File) -> tuple[Diagnostic, ...]:
    """A warning for each block that hides an operation, where a step of that name could be either; for a network, where such a step is."""
    called = {node.path for node in ast.walk(*file.items) if isinstance(node, ast.Call)}
    found: list[Diagnostic] = []
    for item in file.items:
        is_block = isinstance(item, ast.Block)
        if isinstance(item, ast.Block | ast.Network) and (is_block or (item.name.name,) in called):
            several = isinstance(item, ast.Block) and len(item.inputs) > 1
            told = _hides(item.name.name, "block" if is_block else "network", several)
            found += [_named_so(item.name, told)] if told else []
    return tuple(found)


def _hides(name: str, kind: str, several: bool) -> str:
    if name in _WORDS:
        return f"nothing calls this {kind}: `{name}` is a word of the language, and means the same in every text"
    if name in TABLE and (TABLE[name].least_inputs > 1) == several:
        return f"in this file `{name}` is this {kind}, and the operation `{name}` is out of reach"
    return ""


def _named_so(name: ast.Name, told: str) -> Diagnostic:
    return Diagnostic(
        "W534",
        told,
        Label(name.span, "the name of an operation" if name.name in TABLE else "a word of the language"),
        help=f"call it `my_{name.name}`, or by what it does",
        severity=Severity.WARNING,
    )
