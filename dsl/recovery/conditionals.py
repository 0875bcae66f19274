"""`c > 2 ? 16 : 8`: a value on a condition, as C and its like write it."""

from __future__ import annotations

from ...base.diagnostics import Edit, Fix
from ..lexer.scanner import Token
from .mistake import CLOSES, Change, Mistake, Repair, nesting, say

_BEFORE = frozenset({"COMMA", "EQUAL", "LET", "LBRACE", "BRACE_BAR", "RBRACE", "BAR", "ARROW", "QUESTION"})


def question_and_colon(mistake: Mistake) -> Repair | None:
    if mistake.token.kind != "QUESTION":
        return None
    first = _begin(mistake)
    read = _read(mistake, first, mistake.position)
    if read is None or first == mistake.position:
        return None
    text, tokens, end = read
    whole = mistake.span(mistake.at(first)).to(mistake.span(mistake.at(end - 1)))
    fix = Fix(f"write `{text}`", (Edit(whole, text),))
    diagnostic = say("E104", "`?` is not a sign of the language: a value on a condition is `a if c else b`", whole, fix=fix)
    start = first - 3 if mistake.at(first - 3).kind == "LET" else None
    return Repair(diagnostic, (Change(first, end, tuple(tokens)),), start=start)


def _begin(mistake: Mistake) -> int:
    """Where the condition before the `?` begins."""
    depth, index = 0, mistake.position
    while index > 0:
        kind = mistake.at(index - 1).kind
        if not depth and (kind in CLOSES or kind in _BEFORE):
            break
        depth -= nesting(kind)
        index -= 1
        if not depth and mistake.begins_line(index):
            break
    return index


def _read(mistake: Mistake, first: int, question: int) -> tuple[str, list[Token], int] | None:
    """The value as it is written here, its tokens, and where it ends."""
    colon = _next(mistake, question + 1, frozenset({"COLON"}))
    if mistake.at(colon).kind != "COLON" or colon == question + 1:
        return None
    end = _next(mistake, colon + 1, frozenset({"COMMA", "QUESTION", "ARROW"}))
    other, rest = _text(mistake, colon + 1, end), mistake.tokens[colon + 1 : end]
    if mistake.at(end).kind == "QUESTION":
        inner = _read(mistake, colon + 1, end)
        if inner is None:
            return None
        other, rest, end = inner
    if not rest:
        return None
    text = f"{_text(mistake, question + 1, colon)} if {_text(mistake, first, question)} else {other}"
    sign, after = mistake.at(question), mistake.at(colon)
    then, condition = mistake.tokens[question + 1 : colon], mistake.tokens[first:question]
    return text, [*then, sign._replace(kind="VALUE_IF"), *condition, after._replace(kind="ELSE"), *rest], end


def _next(mistake: Mistake, index: int, kinds: frozenset[str]) -> int:
    """The first token from `index` on of one of these kinds; where the bracket or the line ends before, that place."""
    depth = 0
    begin = index
    while mistake.at(index).kind != "$END":
        kind = mistake.at(index).kind
        if not depth and (kind in kinds or kind in CLOSES.values() or (index > begin and mistake.begins_line(index))):
            break
        depth += nesting(kind)
        index += 1
    return index


def _text(mistake: Mistake, first: int, end: int) -> str:
    return mistake.span(mistake.at(first)).to(mistake.span(mistake.at(end - 1))).text if end > first else ""
