"""Words of a head that stand in another order than the grammar's, and names of results that are no plain names."""

from __future__ import annotations

import re
from bisect import bisect_left
from typing import Final

from ...base.diagnostics import Edit, Fix
from ..lexer.scanner import Token
from .mistake import Change, Mistake, Repair, nesting, say

_PARTS: Final = {"takes": "TAKES", "gives": "GIVES", "flat": "MODE", "indexed": "MODE"}
_NAMES: Final = frozenset({"NAME", "TEXT", "TEXT_START"})
_ORDER: Final = ("PARAMETERS", "TAKES", "GIVES", "MODE")


def head_in_order(mistake: Mistake) -> Repair | None:
    """`block attend(heads) flat takes x { … }`, `block pair gives a, b takes x { … }`, `block cbr indexed(out) { … }`."""
    first, tokens = mistake.start, mistake.tokens
    if mistake.at(first).kind not in ("BLOCK", "NETWORK") or mistake.at(first + 1).kind != "NAME":
        return None
    end = first + 2
    while tokens[end].kind not in ("LBRACE", "BRACE_BAR", "EQUAL", "$END", "BROKEN") or _depth(tokens[first:end]):
        if tokens[end].kind == "$END":
            return None
        end += 1
    parts = _parts(mistake, first + 2, end)
    if tokens[end].kind == "LBRACE" and [mistake.word(token) for token in tokens[end - 2 : end]] in (
        ["flat", "indexed"],
        ["indexed", "flat"],
    ):
        place = mistake.span(tokens[end - 2]).to(mistake.span(tokens[end - 1]))
        kept = Token("INDEXED", tokens[end - 1].start, tokens[end - 1].end)
        help = "`indexed` numbers the steps from 0, `flat` adds no name of its own: leave one of them out"
        return Repair(say("E101", "a body is `flat` or `indexed`", place, help=help), (Change(end - 2, end, (kept,)),))
    if (
        tokens[end].kind != "LBRACE"
        or end <= mistake.position
        or parts is None
        or list(parts) == [kind for kind in _ORDER if kind in parts]
    ):
        return None
    made = [row for kind in _ORDER for row in parts.get(kind, ())]
    text = "".join(
        f" {mistake.span(row[0]).to(mistake.span(row[-1])).text}"
        if kind != "PARAMETERS"
        else mistake.span(row[0]).to(mistake.span(row[-1])).text
        for kind, row in ((kind, parts[kind]) for kind in _ORDER if kind in parts)
    )
    head = mistake.span(tokens[first]).to(mistake.span(tokens[first + 1]))
    place = mistake.place(tokens[first + 1].end).to(mistake.span(tokens[end - 1]))
    fix = Fix(f"write `{head.text}{text} {{ … }}`", (Edit(place, text),))
    diagnostic = say("E101", "what a head says stands in an order: parameters, `takes`, `gives`, then `flat` or `indexed`", place, fix=fix)
    return Repair(diagnostic, (Change(first + 2, end, tuple(made)),))


def _depth(tokens: list[Token]) -> int:
    return sum(nesting(token.kind) for token in tokens)


def _parts(mistake: Mistake, first: int, end: int) -> dict[str, list[Token]] | None:
    """The parts of a head by what they say, as they stand; None where one stands twice, or something else."""
    parts: dict[str, list[Token]] = {}
    depth = 0
    last = ""
    for token in mistake.tokens[first:end]:
        word = mistake.word(token)
        kind = "" if depth else "PARAMETERS" if token.kind == "LPAR" else _PARTS.get(word, "")
        if kind:
            if kind in parts:
                return None  # twice
            parts[kind], last = [], kind
            token = Token(word.upper() if kind != "PARAMETERS" else token.kind, token.start, token.end)
        elif not last or (last == "MODE" and not depth):
            return None
        parts[last].append(token)
        depth += nesting(token.kind)
    return parts


def word_before_the_name(mistake: Mistake) -> Repair | None:
    """`stage flat stem { … }`, `aux indexed head { … }`."""
    first = mistake.start
    word = mistake.word(mistake.before)
    if mistake.at(first).kind not in ("STAGE", "AUX") or mistake.position != first + 2 or _PARTS.get(word) != "MODE":
        return None
    end = mistake.value_end(mistake.position)
    if mistake.token.kind not in ("NAME", "TEXT", "TEXT_START") or mistake.at(end).kind != "LBRACE":
        return None
    name = mistake.span(mistake.token).to(mistake.span(mistake.tokens[end - 1]))
    place = mistake.span(mistake.before).to(name)
    fix = Fix(f"write `{mistake.word(mistake.at(first))} {name.text} {word} {{ … }}`", (Edit(place, f"{name.text} {word}"),))
    moved = Token(word.upper(), mistake.before.start, mistake.before.end)
    diagnostic = say("E101", f"the name comes first, and `{word}` behind it", mistake.span(mistake.before), fix=fix)
    return Repair(diagnostic, (Change(first + 1, end, (*mistake.tokens[mistake.position : end], moved)),))


def names_in_quotes(mistake: Mistake) -> Repair | None:
    """`split(2) as "p{i}", "q{i}"`: the names of results are plain ones; the label of the step can hold what a loop counts."""
    first = mistake.position - 1
    while (
        first > 0
        and mistake.word(mistake.tokens[first]) != "as"
        and mistake.tokens[first].kind not in ("ARROW", "LBRACE", "RBRACE", "RPAR")
    ):
        first -= 1
    if mistake.word(mistake.tokens[first]) != "as" or mistake.at(first + 1).kind not in _NAMES:
        return None
    end = mistake.value_end(first + 1)
    while mistake.at(end).kind == "COMMA" and mistake.at(end + 1).kind in _NAMES:
        end = mistake.value_end(end + 1)
    if end < mistake.position or not any(token.kind in ("TEXT", "TEXT_START") for token in mistake.tokens[first + 1 : end]):
        return None
    place = mistake.span(mistake.tokens[first]).to(mistake.span(mistake.tokens[end - 1]))
    names = place.text.removeprefix("as").replace('"', "").strip()
    message, start = "the names of results stand without quotes", _statement_before(mistake, first)
    if re.fullmatch(r"\w+(\s*,\s*\w+)*", names) is None:
        help = 'label the step, and take its results by number: `"parts{i}": split(2)`, then `skip("parts{i}"[0])`'
        return Repair(say("E101", message, place, help=help), (Change(first, end),), damaged=True, start=start)
    fix = Fix(f"write `as {names}`", (Edit(place, f"as {names}"),))
    made = [Token("AS", mistake.tokens[first].start, mistake.tokens[first].end)]
    made += [Token("NAME", row.start + 1, row.end - 1) if row.kind == "TEXT" else row for row in mistake.tokens[first + 1 : end]]
    return Repair(say("E101", message, place, fix=fix), (Change(first, end, tuple(made)),), start=start)


def _statement_before(mistake: Mistake, index: int) -> int:
    """The token with which the last statement begins that was complete before the token at `index`."""
    offset = mistake.tokens[index].start
    for value in reversed(mistake.machine.values):
        for row in reversed(value) if isinstance(value, list) else ():
            if row is not None and not isinstance(row, Token) and row.span.start < offset:
                return bisect_left(mistake.tokens, row.span.start, key=lambda token: token.start)
    return mistake.start
