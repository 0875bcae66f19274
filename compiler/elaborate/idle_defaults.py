"""Defaults that govern nothing (W504): a `default` holds from where it stands to the end of its body or file."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from ...base.diagnostics import Diagnostic, Label, Severity
from ...dsl import ast
from ..ops import TABLE
from .functions import FUNCTIONS

_WORDS = {"skip", "reuse", "split"}


def idle_defaults(file: ast.File) -> tuple[Diagnostic, ...]:
    """A warning for each row of a `default` behind which nothing calls what it is for."""
    return tuple(_in_body(file.items, _known(file), "file"))


def _known(file: ast.File) -> set[str]:
    """The words that stand for one thing in the whole file. A step of any other name may be what a parameter was given."""
    words = {*TABLE, *FUNCTIONS, *_WORDS}
    for item in file.items:
        match item:
            case ast.Block(name=name) | ast.Network(name=name) | ast.Operation(name=name):
                words.add(name.name)
            case ast.FromImport(names=names):
                words |= {name.name for name in names}
            case ast.Import(path=path, alias=alias):
                words.add(alias.name if alias is not None else path[-1])
    return words


def _in_body(body: Sequence[ast.Node], known: set[str], what: str) -> Iterator[Diagnostic]:
    for number, node in enumerate(body):
        if isinstance(node, ast.Default):
            for row in node.calls:
                if not _governs(row.path, body[number + 1 :], known):
                    yield _idle(row, what, any(call.path == row.path for call in _calls(body[:number])))
        for inner in _bodies(node):
            yield from _in_body(inner, known, "body")


def _bodies(node: ast.Node) -> Iterator[Sequence[ast.Node]]:
    """The bodies within a node, but for those within these."""
    match node:
        case ast.If(body=body, otherwise=otherwise):
            yield body
            yield otherwise
        case (
            ast.Block(body=body)
            | ast.Network(body=body)
            | ast.For(body=body)
            | ast.Repeat(body=body)
            | ast.Stage(body=body)
            | ast.Aux(body=body)
            | ast.Group(body=body)
            | ast.Path(body=body)
        ):
            yield body
        case _:
            for child in ast.children(node):
                yield from _bodies(child)


def _calls(nodes: Sequence[ast.Node]) -> Iterator[ast.Call]:
    return (node for node in ast.walk(*nodes) if isinstance(node, ast.Call))


def _governs(path: tuple[str, ...], behind: Sequence[ast.Node], known: set[str]) -> bool:
    own = {id(row) for node in ast.walk(*behind) if isinstance(node, ast.Default) for row in node.calls}
    return any(id(call) not in own and (call.path == path or call.path[0] not in known) for call in _calls(behind))


def _idle(row: ast.Call, what: str, stands_before: bool) -> Diagnostic:
    word = ".".join(row.path)
    return Diagnostic(
        "W504",
        f"this `default` governs nothing: no `{word}` stands behind it",
        Label(row.span, f"holds from here to the end of the {what}"),
        help=f"write it before the first `{word}` that it is for"
        if stands_before
        else "remove it: what is imported has the defaults of its own file",
        severity=Severity.WARNING,
    )
