"""Slips with texts: the message behind a condition without its comma, and a label that holds expressions without its quotes."""

from __future__ import annotations

import re
from bisect import bisect_left
from typing import Final

from ...base.diagnostics import Edit, Fix
from ..lexer.scanner import Token
from .mistake import Change, Mistake, Repair, say

_BRACES: Final = ("LBRACE", "BRACE_BAR", "RBRACE")
_MESSAGES: Final = ("REQUIRE", "EXPECT", "BUDGET")
_TEXT_BEGINS: Final = ("TEXT", "TEXT_START")
_TEXT_ENDS: Final = ("TEXT", "TEXT_END")
_WITH_HOLES: Final = re.compile(r"(?<![\w\"{}])[A-Za-z_][\w.]*(?:\{[^{}\"\n|]*\}[\w.]*)+")
_NO_EXPRESSION: Final = frozenset(("ARROW", "COLON", "BAR", "EQUAL", "TEXT_START", "STAGE", "AUX"))


def message_without_comma(mistake: Mistake) -> Repair | None:
    """`require n > 2 "n is too small"`, `expect [3, 16, 16] "wrong"`: it was read as the label of the step that follows."""
    token, before, after = mistake.token, mistake.before, mistake.after
    if token.kind in _TEXT_BEGINS and before.kind == "COMMA":
        first, last = mistake.position, mistake.value_end(mistake.position)
    elif token.kind == "COMMA" and after.kind in _TEXT_BEGINS:
        first, last = mistake.position + 1, mistake.value_end(mistake.position + 1)
    elif before.kind in _TEXT_ENDS and token.kind != "COLON":
        first = last = mistake.position
        while first and mistake.tokens[first].kind not in _TEXT_BEGINS:
            first -= 1
    else:
        return None
    comma = mistake.at(first - 1).kind == "COMMA"
    head = first - 1
    while head > 0 and mistake.tokens[head].kind not in (*_MESSAGES, "ARROW", "COLON", "BAR", *_BRACES):
        head -= 1
    kind = mistake.tokens[head].kind
    if kind not in _MESSAGES or (comma and kind == "REQUIRE") or mistake.in_parentheses():
        return None
    if mistake.begins_line(first) and not (mistake.begins_line(last) or mistake.tokens[last].kind in _BRACES):
        return None  # the label of the step that follows on its line
    text, place = mistake.span(mistake.tokens[first]).to(mistake.span(mistake.tokens[last - 1])), mistake.tokens[first - 1].end
    if kind == "REQUIRE":
        fix = Fix("write the comma", (Edit(mistake.place(place), ","),))
        diagnostic = say("E113", "a comma is missing before the message", text, "a comma before this", fix=fix)
        return Repair(diagnostic, (mistake.insert(first, "COMMA"),), start=head)
    return _no_message(mistake, head, first - comma, last)


def _no_message(mistake: Mistake, head: int, first: int, last: int) -> Repair:
    """`expect` and `budget` say themselves what was expected and what was found."""
    word, begin = mistake.word(mistake.tokens[head]), mistake.tokens[first - 1].end
    text = mistake.span(mistake.tokens[first]).to(mistake.span(mistake.tokens[last - 1]))
    alone = mistake.begins_line(last) and "\n" not in mistake.source.source.text[begin : text.end]
    right = "  # " + text.text.lstrip(", ").strip('"') if alone else ""
    action = "write it as a comment" if alone else f"leave `{text.text}` out"
    fix = Fix(action, (Edit(mistake.place(begin).to(mistake.place(text.end)), right),))
    message = f"`{word}` takes no message: it says itself what is wrong"
    return Repair(say("E113", message, text, "one too many", fix=fix), (Change(first, last),), start=head)


def label_with_holes(mistake: Mistake) -> Repair | None:
    """`c{i}: conv(16)`, `stage layer{i + 1} { … }`: a name that holds expressions is a text."""
    source = mistake.source.source
    begin = source.line_starts[source.line_of(mistake.token.start) - 1]
    line = source.text[begin:].partition("\n")[0]
    for match in _WITH_HOLES.finditer(line):
        start, end = begin + match.start(), begin + match.end()
        if start < mistake.token.start and mistake.before.start < end:
            first, last = (bisect_left(mistake.tokens, place, key=lambda token: token.start) for place in (start, end))
            return _quoted(mistake, first, last)
    return None


def _quoted(mistake: Mistake, first: int, last: int) -> Repair | None:
    inside, before, after = mistake.tokens[first:last], mistake.at(first - 1), mistake.at(last)
    head = mistake.word(before)
    is_stage = head in ("stage", "aux") and after.kind in (*_BRACES, "INDEXED", "FLAT")
    if not inside or inside[0].kind != "NAME" or not (after.kind == "COLON" or is_stage):
        return None
    if _NO_EXPRESSION & {token.kind for token in inside}:
        return None
    place, end = inside[0].start, inside[-1].end
    span = mistake.place(place).to(mistake.place(end))
    tokens: list[Token] = [Token("TEXT_START", place, place)]
    depth = 0
    for token in inside:
        if token.kind in ("LBRACE", "HOLE_START"):
            depth += 1
            tokens.append(token._replace(kind="HOLE_START"))
        elif token.kind in ("RBRACE", "HOLE_END"):
            depth -= 1
            tokens.append(token._replace(kind="HOLE_END"))
        else:
            tokens.append(token if depth else token._replace(kind="TEXT_PIECE"))
    tokens.append(Token("TEXT_END", end, end))
    start = first
    if is_stage:
        start -= 1
        tokens.insert(0, before._replace(kind=head.upper()))
    elif before.kind == "ARROW":
        while start and not mistake.begins_line(start) and mistake.tokens[start - 1].kind not in (*_BRACES, "BAR", "COLON"):
            start -= 1
    right = f'"{span.text}"'
    message = f"`{span.text}` cannot name a {head if is_stage else 'step'}: a name that holds an expression stands between quotes"
    diagnostic = say("E210", message, span, fix=Fix(f"write `{right}`", (Edit(span, right),)))
    return Repair(diagnostic, (Change(first - is_stage, last, tuple(tokens)),), start=start)


_IN_PATTERN: Final = frozenset(("NAME", "NUMBER", "SIZE", "IN", "LPAR", "RPAR", "COMMA", "ARROW"))


def pattern_without_quotes(mistake: Mistake) -> Repair | None:
    """`rearrange(c h w -> h w c)`, `einsum(i j, j k -> i k)`: a pattern of axes is a text."""
    open_ones: list[int] = []
    for index in range(mistake.start, mistake.position):
        kind = mistake.tokens[index].kind
        if kind == "LPAR":
            open_ones.append(index)
        elif kind == "RPAR" and open_ones:
            open_ones.pop()
    called = [
        index for index in open_ones if mistake.at(index - 1).kind == "NAME" and mistake.at(index - 1).end == mistake.tokens[index].start
    ]
    if not called:
        return None
    first, depth, arrow = called[-1] + 1, 0, False
    end = first
    while mistake.at(end).kind in _IN_PATTERN:
        kind = mistake.tokens[end].kind
        if not depth and (kind == "RPAR" or (arrow and kind == "COMMA")):
            break
        depth += (kind == "LPAR") - (kind == "RPAR")
        arrow = arrow or (kind == "ARROW" and not depth)
        end += 1
    both = (mistake.at(index).kind == mistake.at(index + 1).kind == "NAME" for index in range(first, end - 1))
    if not arrow and mistake.at(first).kind == "LSQB":
        return _pattern_in_brackets(mistake, first)
    if not arrow or mistake.at(end).kind not in ("RPAR", "COMMA") or mistake.position >= end or not any(both):
        return None
    span = mistake.span(mistake.tokens[first]).to(mistake.span(mistake.tokens[end - 1]))
    edits = (Edit(mistake.place(span.start), '"'), Edit(mistake.place(span.end), '"'))
    fix = Fix("write the quotes", edits)
    diagnostic = say("E121", f"`{span.text}` is a pattern: it stands between quotes", span, fix=fix)
    return Repair(diagnostic, (Change(first, end, (Token("TEXT", span.start, span.end),)),), damaged=True, start=mistake.start)


def _pattern_in_brackets(mistake: Mistake, first: int) -> Repair | None:
    """`rearrange([c, h, w] -> [h * w, c])`: the axes of a pattern as lists, of which a product of names is one axis."""
    sides: list[str] = []
    end = first
    for _ in range(2):
        if mistake.at(end).kind != "LSQB":
            return None
        closing = mistake.value_end(end)
        inside = mistake.tokens[end + 1 : closing - 1]
        if mistake.at(closing - 1).kind != "RSQB" or any(token.kind not in ("NAME", "IN", "NUMBER", "COMMA", "STAR") for token in inside):
            return None
        written = [row.split("*") for row in "".join(mistake.word(token) for token in inside).split(",")]
        sides.append(" ".join(row[0] if len(row) == 1 else f"({' '.join(row)})" for row in written))
        end = closing + 1
    end -= 1
    if mistake.at(end).kind not in ("RPAR", "COMMA") or mistake.at(mistake.value_end(first)).kind != "ARROW":
        return None
    span = mistake.span(mistake.tokens[first]).to(mistake.span(mistake.tokens[end - 1]))
    right = f'"{" -> ".join(sides)}"'
    diagnostic = say(
        "E121", f"`{span.text}` is a pattern: it stands between quotes", span, fix=Fix(f"write `{right}`", (Edit(span, right),))
    )
    return Repair(diagnostic, (Change(first, end, (Token("TEXT", span.start, span.end),)),), damaged=True, start=mistake.start)
