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
    idle, first = _idle_rows(body, known)
    for number, node in enumerate(body):
        if isinstance(node, ast.Default):
            for row in node.calls:
                if id(row) in idle:
                    yield _idle(row, what, first[row.path] < number)
        for inner in _bodies(node):
            yield from _in_body(inner, known, "body")


def _idle_rows(body: Sequence[ast.Node], known: set[str]) -> tuple[set[int], dict[tuple[str, ...], int]]:
    """The rows behind which nothing calls what they are for, and the number of the first statement that calls each word: from the end, in one go."""
    idle: set[int] = set()
    first: dict[tuple[str, ...], int] = {}
    behind: set[tuple[str, ...]] = set()
    is_open = False  # a step of a name that may be anything
    for number in range(len(body) - 1, -1, -1):
        node = body[number]
        rows = {id(row) for part in ast.walk(node) if isinstance(part, ast.Default) for row in part.calls}
        if isinstance(node, ast.Default) and not is_open:
            idle |= {id(row) for row in node.calls if row.path not in behind}
        for call in _calls(node):
            first[call.path] = number
            if id(call) not in rows:
                behind.add(call.path)
                is_open = is_open or call.path[0] not in known
    return idle, first


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


def _calls(node: ast.Node) -> Iterator[ast.Call]:
    return (part for part in ast.walk(node) if isinstance(part, ast.Call))


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
