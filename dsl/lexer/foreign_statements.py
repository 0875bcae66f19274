"""Statements of other languages that are one word away from ours: `const c = 8`, `assert c > 4`, `if act is not None`."""

from __future__ import annotations

import re
from typing import Final

from ...base.diagnostics import Diagnostic, Edit, Fix, Label
from ...base.source import Span
from .scanner import Token, Tokens

_DECLARING: Final = frozenset({"const", "var", "val", "int", "float", "double", "auto", "final", "local", "set", "def", "my"})
_SCALES: Final = frozenset({"K", "M", "G", "ms", "us"})
_ENDS_VALUE: Final = frozenset({"NAME", "IN", "NUMBER", "SIZE", "TEXT", "TEXT_END", "TRUE", "FALSE", "NONE", "RPAR", "RSQB"})
_BEGINS_VALUE: Final = frozenset({"NAME", "IN", "NUMBER", "SIZE", "TEXT", "TEXT_START", "TRUE", "FALSE", "NONE", "LSQB", "MINUS"})


def foreign_statement(result: Tokens, index: int, before: str) -> tuple[list[Token], int] | None:
    """What the word at `index` stands for and how many tokens that takes; `before` is the kind of the token before it."""
    word = result.word(result.tokens[index])
    if word in _DECLARING:
        return _declared(result, index)
    if word == "assert":
        return _asserted(result, index)
    if word in _SCALES:
        return _scaled(result, index, before)
    return _compared(result, index, before) if word == "is" else None


def _declared(result: Tokens, index: int) -> tuple[list[Token], int] | None:
    """`const c = 8`, `int c = 8`."""
    tokens, token = result.tokens, result.tokens[index]
    kinds = [row.kind for row in tokens[index + 1 : index + 3]]
    if kinds not in (["NAME", "EQUAL"], ["NAME", "COLON_EQUAL"]) or not _begins(result, index) or result.begins_line(index + 1):
        return None
    _say(result, token.start, token.end, "a value is named by `let`", "let")
    return [token._replace(kind="LET")], 1


def _asserted(result: Tokens, index: int) -> tuple[list[Token], int] | None:
    """`assert c % 4 == 0, "no"`."""
    tokens, token = result.tokens, result.tokens[index]
    if index + 1 >= len(tokens) or not _begins(result, index) or result.begins_line(index + 1):
        return None
    if tokens[index + 1].kind not in (*_BEGINS_VALUE, "NOT", "LPAR") or re.search(r"\bblock\s+assert\b", result.text):
        return None
    _say(result, token.start, token.end, "what must hold is stated by `require`", "require")
    return [token._replace(kind="REQUIRE")], 1


def _compared(result: Tokens, index: int, before: str) -> tuple[list[Token], int] | None:
    """`act is none`, `act is not None`."""
    tokens, token = result.tokens, result.tokens[index]
    negated = index + 1 < len(tokens) and tokens[index + 1].kind == "NOT"
    value = index + 1 + negated
    if before not in _ENDS_VALUE or value >= len(tokens) or tokens[value].kind not in _BEGINS_VALUE:
        return None
    if result.begins_line(index) or result.begins_line(value):
        return None
    sign, end = ("!=", tokens[index + 1].end) if negated else ("==", token.end)
    _say(result, token.start, end, "values are compared with `==` or `!=`", sign)
    return [Token("COMPARISON", token.start, end)], 1 + negated


def _scaled(result: Tokens, index: int, before: str) -> tuple[list[Token], int] | None:
    """`budget parameters <= 26 M`."""
    tokens, token = result.tokens, result.tokens[index]
    first = index
    while first and not result.begins_line(first):
        first -= 1
    if before != "NUMBER" or "BUDGET" not in {row.kind for row in tokens[first:index]} or result.begins_line(index):
        return None
    span = Span(result.source, tokens[index - 1].start, token.end)
    right = "".join(span.text.split())
    message = f"`{span.text}` is not a number: its letters stand close to it"
    result.diagnostics.append(Diagnostic("E105", message, Label(span), fix=Fix(f"write `{right}`", (Edit(span, right),))))
    return [Token("NUMBER", span.start, span.end)], 1


def _begins(result: Tokens, index: int) -> bool:
    return result.begins_line(index) or result.tokens[index - 1].kind in ("LBRACE", "RBRACE")


def _say(result: Tokens, start: int, end: int, why: str, right: str) -> None:
    span = Span(result.source, start, end)
    message = f"`{span.text}` is not a word of the language: {why}"
    result.diagnostics.append(Diagnostic("E109", message, Label(span), fix=Fix(f"write `{right}`", (Edit(span, right),))))
