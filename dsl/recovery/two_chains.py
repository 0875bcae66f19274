"""Two chains on one line: what was probably meant."""

from __future__ import annotations

from typing import Final

from ...base.diagnostics import Diagnostic, Edit, Fix, Label
from ...base.source import Span
from .. import ast
from ..lexer.misspelt_words import USAGE, meant_word, misspelt_diagnostic
from ..lexer.scanner import Tokens

JOINED: Final = "E115"
"""The code for steps whose meaning is plain."""


def side_by_side(tokens: Tokens, first: ast.Chain, second: ast.Chain) -> Diagnostic:
    """The text parses, for white space has no meaning; a reader would stumble."""
    last, next_ = first.steps[-1], second.steps[0]
    between = Span(tokens.source, first.span.end, second.span.start)
    if isinstance(last.action, ast.Call) and isinstance(next_.action, ast.Group) and next_.label is None and not next_.action.mode:
        return _paths_without_bars(last.action, next_.action)
    if isinstance(last.action, ast.Call) and last.action.bare and last.label is None and len(first.steps) == 1:
        word = last.action.path[0]
        if word in USAGE:
            message = f"`{word}` is not used like this"
            return Diagnostic("E122", message, Label(first.span.to(next_.span)), help=f"write {USAGE[word]}")
        right = meant_word(word)
        if right is not None:
            return misspelt_diagnostic(first.span, right)
    return Diagnostic(
        JOINED,
        "steps on one line are joined by `->`",
        Label(second.span, "`->` before this"),
        fix=Fix("write `->`", (Edit(between, " -> "),)),
    )


def _paths_without_bars(head: ast.Call, group: ast.Group) -> Diagnostic:
    name = ".".join(head.path)
    if name in USAGE:
        return Diagnostic("E122", f"`{name}` needs more than a body", Label(head.span), help=f"write {USAGE[name]}")
    brace = Span(group.span.source, group.span.start, group.span.start + 1)
    place = Span(group.span.source, brace.end, brace.end)
    return Diagnostic(
        "E123",
        f"the paths of `{name}` begin with `|`",
        Label(brace, "`|` must follow"),
        help=f"`{name} {{ | conv(64) | skip }}`; a group that follows `{name}` stands on a new line",
        fix=Fix("write `|`", (Edit(place, " |"),)),
    )
