"""What each piece of a source is, by the language's own scanner: the page colours what archc reads, not what looks like it."""

from __future__ import annotations

import re
from collections.abc import Iterator

from ....base.source import Source
from ....dsl.lexer.keywords import read_tokens
from ....dsl.lexer.scanner import WORDS

Piece = str | list[str]
"""Plain text, or a text and its kind: "word", "string" or "comment"."""

_KINDS = {
    **dict.fromkeys((*WORDS.values(), "VALUE_IF"), "word"),
    **dict.fromkeys(("TEXT", "TEXT_START", "TEXT_PIECE", "TEXT_END"), "string"),
}
_COMMENT = re.compile(r"#[^\n]*")


def colored(source: Source) -> list[list[Piece]]:
    """The lines of a source, each in its pieces."""
    lines: list[list[Piece]] = [[]]
    for start, end, kind in _runs(source):
        for number, text in enumerate(source.text[start:end].split("\n")):
            if number:
                lines.append([])
            if text:
                lines[-1].append([text, kind] if kind else text)
    return lines if lines[-1] or len(lines) == 1 else lines[:-1]  # the end of the last line begins none


def _runs(source: Source) -> list[tuple[int, int, str]]:
    """The whole text in runs of one kind: from where, to where, and its kind, "" for a plain one."""
    runs: list[tuple[int, int, str]] = []
    for start, end, kind in _parts(source):
        if runs and runs[-1][2] == kind:
            runs[-1] = (runs[-1][0], end, kind)
        elif start < end:
            runs.append((start, end, kind))
    return runs


def _parts(source: Source) -> Iterator[tuple[int, int, str]]:
    """Tokens, and what is between them: white space and comments."""
    done = 0
    for token in read_tokens(source).tokens:
        for comment in _COMMENT.finditer(source.text, done, token.start):
            yield done, comment.start(), ""
            yield comment.start(), comment.end(), "comment"
            done = comment.end()
        yield done, token.start, ""
        yield token.start, token.end, _KINDS.get(token.kind, "")
        done = token.end
