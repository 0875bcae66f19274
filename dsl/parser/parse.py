"""Text -> syntax tree, with everything that is wrong in the text."""

from __future__ import annotations

from collections.abc import Iterable
from functools import lru_cache
from typing import Any, Final

from ...base.diagnostics import Diagnostic
from ...base.source import Source, Span
from ..ast import Broken, Expression, File
from ..lexer.braces import pair_braces, too_deep
from ..lexer.edition import unknown_edition
from ..lexer.keywords import read_tokens, tells_of_a_module
from ..lexer.scanner import MOST_MISTAKES, Tokens
from .actions import MAKERS
from .context import Builder
from .lalr import Machine

_ATTEMPTS: Final = 3
# What often follows from another mistake on its line, and what is put right by a guess.
_VAGUE: Final = frozenset({"E101", "E115"})
_OF_A_MODULE: Final = frozenset({"E109", "E116", "E124"})
_GUESSED: Final = frozenset({"E101", "E106", "E115"})


_LONGEST_KEPT: Final = 16_000
"""Characters of a text that is parsed once: a compile asks for its imports again and again, and an editor for what it has just checked."""


def parse(source: Source) -> tuple[File, tuple[Diagnostic, ...]]:
    """The file, and its mistakes in the order of the text. What could not be read is `Broken` in the tree."""
    return _kept(source) if len(source.text) <= _LONGEST_KEPT else _parsed(source)


@lru_cache(maxsize=32)
def _kept(source: Source) -> tuple[File, tuple[Diagnostic, ...]]:
    return _parsed(source)


def _parsed(source: Source) -> tuple[File, tuple[Diagnostic, ...]]:
    tokens = read_tokens(source)
    unknown = unknown_edition(tokens)
    if unknown is not None:
        return _unread(source), (unknown,)
    deep = too_deep(tokens)
    if deep is not None:
        tokens.diagnostics.append(deep)
    elif len(tokens.diagnostics) <= MOST_MISTAKES:
        pair_braces(tokens)
    if deep is not None or len(tokens.diagnostics) > MOST_MISTAKES:
        found = _in_order(tokens.diagnostics)[: MOST_MISTAKES + 1]
        return _unread(source), found
    value, diagnostics = _run(tokens, "file")
    module = next((row.primary.span.start for row in diagnostics if tells_of_a_module(row)), None)
    if module is not None:  # what its lines were to be is told by that: one by one they become nothing that is readable
        diagnostics = tuple(row for row in diagnostics if row.primary.span.start <= module or row.code not in _OF_A_MODULE)
    edition, items = value or (None, ())
    return File(source, edition, items, tokens.file_doc), diagnostics


def _unread(source: Source) -> File:
    return File(source, None, (Broken(Span(source, 0, len(source.text))),))


def parse_expression(source: Source) -> tuple[Expression | None, tuple[Diagnostic, ...]]:
    """A single expression, as in `--set depths=[2,2,2,2]`; None where it cannot be read."""
    tokens = read_tokens(source)
    deep = too_deep(tokens)
    if deep is not None:
        return None, (deep,)
    value, diagnostics = _run(tokens, "expression")
    return (None if any(row.is_error for row in diagnostics) else value), diagnostics


def _run(tokens: Tokens, start: str) -> tuple[Any, tuple[Diagnostic, ...]]:
    """What the tokens make, and what is wrong with them. The rest is not read after `MOST_MISTAKES`."""
    builder = Builder(tokens)
    machine = Machine(MAKERS, builder, start)
    found: list[Diagnostic] = []
    attempts: dict[int, int] = {}
    position = machine.run(tokens.tokens, 0)
    while position >= 0:
        # Only a text with mistakes comes here, so only then is this loaded.
        from ..recovery.recover import give_up, recover

        place = tokens.tokens[position].start
        attempts[place] = attempts.get(place, 0) + 1
        again = attempts[place] > _ATTEMPTS
        if len(found) >= MOST_MISTAKES or attempts[place] > 2 * _ATTEMPTS:
            position = machine.run(tokens.tokens, give_up(tokens, machine, position))
            break
        position, diagnostic = recover(tokens, machine, position, again)
        found.append(diagnostic)
        if position < 0:
            return None, _in_order([*tokens.diagnostics, *found])
        position = machine.run(tokens.tokens, position)
    value = machine.value if position < 0 and machine.values else None
    return value, _in_order([*tokens.diagnostics, *builder.diagnostics, *found])


def _in_order(diagnostics: Iterable[Diagnostic]) -> tuple[Diagnostic, ...]:
    """By place, without what probably follows from an earlier mistake on the same line."""
    kept: dict[int, list[Diagnostic]] = {}
    for row in sorted(diagnostics, key=lambda row: row.primary.span.start):
        on_line = kept.setdefault(row.primary.span.line, [])
        if not on_line or (row.code not in _VAGUE and all(_is_exact(earlier) for earlier in on_line) and not _said(row, on_line)):
            on_line.append(row)
    return tuple(row for line in sorted(kept) for row in _roots(kept[line]))


def _roots(rows: list[Diagnostic]) -> list[Diagnostic]:
    """Without what follows from a text that has no end: it swallowed signs, so brackets seem to be open before it."""
    if any(row.code == "E106" and row.message.startswith("a text has no end") for row in rows):
        return [row for row in rows if row.code < "E110"]
    return rows


def _is_exact(row: Diagnostic) -> bool:
    """Whether it is known what was meant, so that what is found behind it is a mistake of its own."""
    return row.fix is not None and row.code not in _GUESSED


def _said(row: Diagnostic, earlier: list[Diagnostic]) -> bool:
    """Whether it was found twice, because a statement was read twice."""
    return any(row.primary.span.start == one.primary.span.start for one in earlier)
