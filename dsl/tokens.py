"""Text -> tokens: what the words and signs are, before anybody asks how they go together.

A few kinds depend on what stands beside a token; `arch.lark` says which. They are settled here, so that the grammar
stays LALR(1) and words such as `block` and `input` stay free as labels and parameters.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Final, NamedTuple

from ..grammar import TABLES
from .source import Source


class Token(NamedTuple):
    """`kind` is a terminal of the grammar; the text is `[start:end]` of the source's."""

    kind: str
    start: int
    end: int


@dataclass(slots=True)
class Tokens:
    """The tokens of one text, in order, `$END` last. `docs` maps the start of a token to the `##` text before it."""

    source: Source
    tokens: list[Token] = field(default_factory=list)
    docs: dict[int, str] = field(default_factory=dict)
    file_doc: str = ""


_WORDS: Final = {text: kind for text, kind in TABLES["words"].items() if text.isalpha()}
_SIGNS: Final = {
    **{text: kind for text, kind in TABLES["words"].items() if not text.isalpha()},
    **dict.fromkeys(("==", "!=", "<=", ">=", "<", ">"), "COMPARISON"),
}
_PATTERNS: Final = TABLES["patterns"]
_SCANNER: Final = re.compile(
    r"(?P<WHITE>[ \t\n]+)"
    rf"|(?P<COMMENT>{_PATTERNS['COMMENT']})"
    rf"|(?P<NAME>{_PATTERNS['NAME']})"
    rf"|(?P<SIZE>{_PATTERNS['SIZE']})"
    rf"|(?P<NUMBER>{_PATTERNS['NUMBER']})"
    rf"|(?P<TEXT>{_PATTERNS['TEXT']})"
    r"|(?P<SIGN>" + "|".join(re.escape(sign) for sign in sorted(_SIGNS, key=len, reverse=True)) + ")"
    r"|(?P<OTHER>.)",
    re.DOTALL,
)
_PIECES: Final = re.compile(r"(?:[^{}]|\{\{|\}\})+")

# What must follow, on the same line, for a word to be more than a name.
_FOLLOWERS: Final[dict[str, frozenset[str]]] = {
    **dict.fromkeys(
        ("IMPORT", "FROM", "AS", "BLOCK", "NETWORK", "TAKES", "STAGE", "AUX", "DEFAULT", "BUDGET", "INPUT"),
        frozenset({"NAME", "TEXT", "TEXT_START"}),
    ),
    "OUTPUT": frozenset({"NAME", "IN"}),
    "EXPECT": frozenset({"LSQB"}),
    "INDEXED": frozenset({"LBRACE"}),
    "FLAT": frozenset({"LBRACE"}),
}
# Before these, an `if` that waits for its `else` waits in vain.
_NO_VALUE: Final = frozenset({"LBRACE", "BRACE_BAR", "RBRACE", "BAR", "COLON", "ARROW", "LET", "FOR", "REPEAT", "REQUIRE"})
_OPENING: Final = frozenset({"LPAR", "LSQB", "LBRACE", "BRACE_BAR", "HOLE_START"})
_CLOSING: Final = frozenset({"RPAR", "RSQB", "RBRACE", "HOLE_END"})
_DOCUMENTED: Final = frozenset({"BLOCK", "NETWORK", "STAGE"})


def read_tokens(source: Source) -> Tokens:
    result = Tokens(source)
    _scan(result, 0, len(source.text))
    _settle_words(result)
    _settle_ifs(result.tokens)
    end = len(source.text)
    result.tokens.append(Token("$END", end, end))
    _settle_file_doc(result)
    return result


def _scan(result: Tokens, start: int, end: int) -> None:
    """Add the tokens of `[start:end]`."""
    text, tokens, words, signs = result.source.text, result.tokens, _WORDS, _SIGNS
    pending: list[re.Match[str]] = []
    for match in _SCANNER.finditer(text, start, end):
        group = match.lastgroup
        if group == "WHITE":
            continue
        if group == "COMMENT":
            if match[0].startswith("##"):
                pending.append(match)
            continue
        if pending:
            _attach(result, pending, match.start())
            pending = []
        if group == "NAME":
            kind = words.get(match[0], "NAME")
            if kind != "NAME" and tokens and tokens[-1].kind == "DOT":
                kind = "NAME"
        elif group == "SIGN":
            kind = signs[match[0]]
            if kind == "BAR" and tokens and tokens[-1].kind == "LBRACE":
                tokens[-1] = tokens[-1]._replace(kind="BRACE_BAR")
        elif group == "TEXT" and ("{" in match[0] or "}" in match[0]):
            _scan_text(result, match.start(), match.end())
            continue
        else:
            kind = group or "OTHER"
        tokens.append(Token(kind, match.start(), match.end()))


def _scan_text(result: Tokens, start: int, end: int) -> None:
    """Add the pieces of a text that holds braces; `[start:end]` covers its quotes."""
    text, tokens = result.source.text, result.tokens
    tokens.append(Token("TEXT_START", start, start + 1))
    position = start + 1
    while position < end - 1:
        piece = _PIECES.match(text, position, end - 1)
        if piece:
            tokens.append(Token("TEXT_PIECE", position, piece.end()))
            position = piece.end()
            continue
        close = text.find("}", position, end - 1)
        tokens.append(Token("HOLE_START", position, position + 1))
        _scan(result, position + 1, close)
        tokens.append(Token("HOLE_END", close, close + 1))
        position = close + 1
    tokens.append(Token("TEXT_END", end - 1, end))


def _attach(result: Tokens, comments: list[re.Match[str]], token_start: int) -> None:
    """Keep the last run of `##` lines for the token after it; a run at the top of the file may be the file's."""
    source = result.source
    runs: list[list[re.Match[str]]] = []
    for comment in comments:
        line = source.line_of(comment.start())
        if source.text[source.line_starts[line - 1] : comment.start()].strip():
            continue  # behind something on its line: a plain comment
        if runs and source.line_of(runs[-1][-1].start()) == line - 1:
            runs[-1].append(comment)
        else:
            runs.append([comment])
    if not runs:
        return
    last = runs[-1]
    if not result.tokens and (len(runs) > 1 or source.line_of(token_start) > source.line_of(last[-1].start()) + 1):
        result.file_doc = _doc_text(runs[0])
        if len(runs) == 1:
            return
    result.docs[token_start] = _doc_text(last)


def _doc_text(comments: list[re.Match[str]]) -> str:
    return "\n".join(comment[0].lstrip("#").removeprefix(" ").rstrip() for comment in comments)


def _settle_file_doc(result: Tokens) -> None:
    """A `##` text before an import, a `let` or a `default` at the top is the file's."""
    first = result.tokens[0]
    if not result.file_doc and first.kind not in _DOCUMENTED:
        result.file_doc = result.docs.get(first.start, "")


def _settle_words(result: Tokens) -> None:
    """Make names of words that open nothing. From the end, for `stage flat {` asks what `flat` is."""
    text, tokens = result.source.text, result.tokens
    for index in range(len(tokens) - 1, -1, -1):
        token = tokens[index]
        followers = _FOLLOWERS.get(token.kind)
        if followers is None:
            continue
        if index + 1 < len(tokens):
            after = tokens[index + 1]
            if after.kind in followers and "\n" not in text[token.end : after.start]:
                continue
        tokens[index] = token._replace(kind="NAME")


def _settle_ifs(tokens: list[Token]) -> None:
    """Tell `a if c else b` from the statement: there the `else` comes before any brace."""
    waiting: list[list[int]] = [[]]
    for index, token in enumerate(tokens):
        kind = token.kind
        if kind == "IF":
            waiting[-1].append(index)
        elif kind == "ELSE":
            if waiting[-1]:
                place = waiting[-1].pop()
                tokens[place] = tokens[place]._replace(kind="VALUE_IF")
        elif kind in _NO_VALUE:
            waiting[-1].clear()
        if kind in _OPENING:
            waiting.append([])
        elif kind in _CLOSING and len(waiting) > 1:
            waiting.pop()
