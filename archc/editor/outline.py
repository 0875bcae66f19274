"""The parts of a text: its symbols as a tree, what folds, what a selection grows to, links of imports, and networks with their costs."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from ..base.records import dataclass
from ..base.source import Span
from ..dsl import ast
from ..dsl.lexer.keywords import read_tokens
from .service import Service
from .symbols import Index, Kind, nodes_at


@dataclass(frozen=True, slots=True)
class Part:
    """A named part: all of it, its name, and the parts in it."""

    name: str
    kind: Kind
    span: Span
    name_span: Span
    detail: str = ""
    parts: tuple[Part, ...] = ()


def outline(index: Index) -> tuple[Part, ...]:
    """Blocks and networks with their stages and labels."""
    found = []
    for item in index.file.items:
        match item:
            case ast.Block() | ast.Network() | ast.Operation():
                kind: Kind = "network" if isinstance(item, ast.Network) else "block"
                parts = tuple(_parts(item.body))
                found.append(Part(item.name.name, kind, item.span, item.name.span, item.doc.split("\n")[0], parts))
            case ast.Let(name=name):
                found.append(Part(name.name, "let", item.span, name.span))
    return tuple(found)


def _parts(body: Sequence[ast.Statement]) -> Iterator[Part]:
    waiting: list[ast.Node] = list(reversed(body))
    while waiting:
        node = waiting.pop()
        if isinstance(node, ast.Stage | ast.Aux):
            yield Part(node.name.span.text.strip('"') or "stage", "label", node.span, node.name.span, parts=tuple(_parts(node.body)))
        elif isinstance(node, ast.Input):
            yield Part(node.name.name, "input", node.span, node.name.span)
        elif isinstance(node, ast.Step) and node.label is not None:
            inside = node.action.body if isinstance(node.action, ast.Group) else ()
            yield Part(node.label.span.text.strip('"') or "label", "label", node.span, node.label.span, parts=tuple(_parts(inside)))
        else:
            waiting += reversed(ast.children(node))


@dataclass(frozen=True, slots=True)
class Fold:
    """Lines that fold, from 1. `kind` is "comment", "imports" or ""."""

    first: int
    last: int
    kind: str = ""


_COMMENT = re.compile(r"[ \t]*#")


def folds(index: Index) -> tuple[Fold, ...]:
    """Bodies, lists, runs of comments and of imports."""
    source = index.source
    found: list[Fold] = []
    opened: list[int] = []
    for token in read_tokens(source).tokens:
        if token.kind in ("LBRACE", "BRACE_BAR", "LSQB", "LPAR"):
            opened.append(source.line_of(token.start))
        elif token.kind in ("RBRACE", "RSQB", "RPAR") and opened:
            first, last = opened.pop(), source.line_of(token.start)
            if last - 1 > first:
                found.append(Fold(first, last - 1))  # the closing bracket stays in sight
    lines = source.text.split("\n")
    found += _runs([bool(_COMMENT.match(line)) for line in lines], "comment")
    imports = {item.span.line for item in index.file.items if isinstance(item, ast.Import | ast.FromImport)}
    found += _runs([number in imports for number in range(1, len(lines) + 1)], "imports")
    return tuple(sorted(set(found), key=lambda fold: (fold.first, -fold.last)))


def _runs(rows: list[bool], kind: str) -> list[Fold]:
    found, first = [], 0
    for number, row in enumerate([*rows, False], 1):
        if row and not first:
            first = number
        elif not row and first:
            if number - 1 > first:
                found.append(Fold(first, number - 1, kind))
            first = 0
    return found


def selections(index: Index, offset: int) -> tuple[Span, ...]:
    """What a selection grows to, the smallest first: the word, the expression, the step, the chain, the body's statement, the file."""
    spans: list[Span] = []
    use = index.at(offset)
    whole = index.source.span(0, len(index.source.text))
    rows = [whole, *(node.span for node in nodes_at(index.file, offset) if hasattr(node, "span")), *([use.span] if use is not None else [])]
    for span in reversed(rows):
        if not spans or (
            span.start <= spans[-1].start and span.end >= spans[-1].end and (span.start, span.end) != (spans[-1].start, spans[-1].end)
        ):
            spans.append(span)
    return tuple(spans)


def links(service: Service, path: str, index: Index) -> list[tuple[Span, str]]:
    """The imports of a file, each with the path of the file that it means."""
    rows = [item for item in index.file.items if isinstance(item, ast.Import | ast.FromImport)]
    homes = [(row.path_span, service.imported(row.path, path)) for row in rows]
    return [(span, home) for span, home in homes if home is not None]


def networks(index: Index) -> list[ast.Network]:
    """The networks of the file, in its order."""
    return [item for item in index.file.items if isinstance(item, ast.Network)]
