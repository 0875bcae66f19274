"""Kinds of tokens in the user's words."""

from __future__ import annotations

from typing import Final

from ..lexer.scanner import SIGNS, WORDS, Token
from .mistake import Mistake

_TEXTS: Final = {kind: text for text, kind in [*WORDS.items(), *SIGNS.items()]} | {"BRACE_BAR": "{", "VALUE_IF": "if"}
_VALUE: Final = frozenset({"NAME", "NUMBER", "LPAR", "LSQB"})
_STEP: Final = frozenset({"NAME", "LBRACE", "IF", "REPEAT"})
_OPERATORS: Final = frozenset(
    {"PLUS", "MINUS", "STAR", "SLASH", "DOUBLE_SLASH", "PERCENT", "POWER", "COMPARISON", "AND", "OR", "VALUE_IF", "DOT", "LSQB", "LPAR"}
)
_NEVER: Final = frozenset({"BROKEN", "$END", "HOLE_END", "TEXT_PIECE", "TEXT_END", "HOLE_START", "TEXT_START"})
_ITEM: Final = frozenset({"BLOCK", "NETWORK"})


def found(mistake: Mistake, token: Token | None = None) -> str:
    """What stands at a mistake."""
    token = token or mistake.token
    if token.kind == "$END":
        return "the end of the text"
    if token.start == token.end:
        return "the end of what came before"
    word = mistake.source.source.text[token.start : token.end]
    if token.kind == "TEXT_START":
        return "a text"
    if token.kind in ("HOLE_END", "TEXT_PIECE", "TEXT_END"):
        return "the end of an expression in a text" if token.kind == "HOLE_END" else "the rest of a text"
    short = word if len(word) <= 32 else f"{word[:28]}…"
    return f"`{short}`"


def wanted(mistake: Mistake) -> str:
    """What could stand at a mistake: `a value`, "`,` or `)`"; "" where almost anything could."""
    expected = mistake.machine.expected()
    kinds = expected - _NEVER - ({"RBRACE"} if "HOLE_END" in expected else set())
    if _ITEM <= kinds:
        return "`block`, `network`, `operation`, `let`, `default` or an import"
    parts: list[str] = []
    rest = set(kinds)
    if _STEP <= kinds:
        parts.append("a step")
        rest = rest & {"RBRACE", "ELSE", "ARROW", "COLON"}
        if "BAR" in kinds:
            rest.add("BAR")
    elif _VALUE <= kinds:
        parts.append("a value")
        rest = rest & {"RPAR", "RSQB"}
    else:
        rest -= _OPERATORS if rest - _OPERATORS else frozenset()
        if "NAME" in rest:
            parts.append("a name")
            rest -= {"NAME", "IN"}
        if "TEXT" in rest:
            parts.append("a text")
            rest.discard("TEXT")
        rest -= {"NUMBER", "SIZE", "TRUE", "FALSE", "NONE", "NOT"}
    parts += [f"`{_TEXTS[kind]}`" for kind in sorted(rest, key=_order) if kind in _TEXTS]
    parts = list(dict.fromkeys(parts))
    if len(parts) > 5 or not parts:
        return ""
    return parts[0] if len(parts) == 1 else f"{', '.join(parts[:-1])} or {parts[-1]}"


def _order(kind: str) -> tuple[int, str]:
    text = _TEXTS.get(kind, "")
    return (0 if not text.isalpha() else 1, text)
