"""Text -> syntax tree, with everything that is wrong in the text."""

from __future__ import annotations

from .ast import Expression, File
from .build import MAKERS, Builder
from .diagnostics import Diagnostic, Label
from .lalr import Machine
from .source import Source, Span
from .tokens import Tokens, read_tokens


def parse(source: Source) -> tuple[File, tuple[Diagnostic, ...]]:
    """The file, and its mistakes in the order of the text. What could not be read is `Broken` in the tree."""
    tokens = read_tokens(source)
    items, diagnostics = _run(tokens, "file")
    return File(source, items or (), tokens.file_doc), diagnostics


def parse_expression(source: Source) -> tuple[Expression | None, tuple[Diagnostic, ...]]:
    """A single expression, as in `--set depths=[2, 2, 2, 2]`."""
    return _run(read_tokens(source), "expression")


def _run(tokens: Tokens, start: str):
    builder = Builder(tokens.source, tokens.source.text, tokens.docs)
    machine = Machine(MAKERS, builder, start)
    place = machine.run(tokens.tokens, 0)
    if place < 0:
        return machine.value, ()
    token = tokens.tokens[place]
    span = Span(tokens.source, token.start, token.end)
    return None, (Diagnostic("E101", f"`{span.text}` does not belong here", Label(span)),)
