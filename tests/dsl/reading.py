"""What the tests of the reader share."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator
from pathlib import Path

from archc.base.diagnostics import Diagnostic, Fix
from archc.base.source import Source, Span
from archc.dsl import ast
from archc.dsl.parser.parse import parse, parse_expression

ROOT = Path(__file__).parents[2]
TEXTS = sorted([*(ROOT / "tests/corpus/language").glob("*.arch"), *(ROOT / "architectures").glob("*.arch")])


def body(text: str) -> tuple[ast.Statement, ...]:
    """The statements of a body."""
    file, diagnostics = parse(Source.of("test", f"block b {{\n{text}\n}}\n"))
    assert diagnostics == ()
    (block,) = file.items
    assert isinstance(block, ast.Block)
    return block.body


def expression(text: str) -> ast.Expression:
    value, diagnostics = parse_expression(Source.of("test", text))
    assert diagnostics == ()
    assert value is not None
    return value


def bare(node: object) -> object:
    """A node as plain tuples, without places."""
    if isinstance(node, tuple):
        return tuple(bare(one) for one in node)
    if dataclasses.is_dataclass(node):
        values = [getattr(node, field.name) for field in dataclasses.fields(node)]
        return (type(node).__name__, *(bare(value) for value in values if not isinstance(value, (Span, Source))))
    return node


def nodes(node: object) -> Iterator[object]:
    """All nodes of a tree, the outermost first."""
    if isinstance(node, tuple):
        for one in node:
            yield from nodes(one)
    elif dataclasses.is_dataclass(node) and not isinstance(node, (Span, Source)):
        yield node
        for field in dataclasses.fields(node):
            yield from nodes(getattr(node, field.name))


def repaired(text: str, fix: Fix) -> str:
    """The text with the edits of a fix made."""
    for edit in sorted(fix.edits, key=lambda edit: edit.span.start, reverse=True):
        text = text[: edit.span.start] + edit.text + text[edit.span.end :]
    return text


def found(diagnostic: Diagnostic) -> str:
    """A diagnostic as lines that a reviewer can read."""
    place = diagnostic.primary.span
    lines = [f"{place.line}:{place.column} {diagnostic.code} {diagnostic.message}", f"    at `{visible(place.text)}`"]
    if diagnostic.primary.message:
        lines[-1] += f": {diagnostic.primary.message}"
    for label in diagnostic.secondary:
        lines.append(f"    and {label.span.line}:{label.span.column} `{visible(label.span.text)}`: {label.message}")
    lines += [f"    note: {note}" for note in diagnostic.notes]
    if diagnostic.help:
        lines.append(f"    help: {diagnostic.help}")
    if diagnostic.fix:
        lines.append(f"    fix: {diagnostic.fix.message}")
    return "\n".join(lines)


def visible(text: str) -> str:
    return text.replace("\n", "⏎") if text.isprintable() or "\n" in text else ascii(text)
