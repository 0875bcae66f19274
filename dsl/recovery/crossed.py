"""Sizes with a sign between them: `[3 x 32 x 32]`, `image(h x w)`."""

from __future__ import annotations

from itertools import pairwise
from typing import Final

from ...base.diagnostics import Edit, Fix
from ..lexer.scanner import Token
from .mistake import BEGINS_VALUE, CLOSES, ENDS_VALUE, Change, Mistake, Repair, say

_NUMBERS: Final = frozenset({"NUMBER", "SIZE"})
_BY: Final = frozenset({"x", "X", "by"})


def sizes_by_sign(mistake: Mistake) -> Repair | None:
    """`input image[3 x 32 x 32]`, `[3 * 32]` is a product: the sizes of a tensor are a list."""
    opener = mistake.opener()
    if mistake.word(mistake.token) not in _BY or mistake.token.kind != "NAME" or opener < 0 or mistake.tokens[opener].kind != "LSQB":
        return None
    end = mistake.value_end(opener)
    inside = range(opener + 1, end - 1)
    signs = [index for index in inside if mistake.tokens[index].kind == "NAME" and mistake.word(mistake.tokens[index]) in _BY]
    rest = [mistake.tokens[index].kind for index in inside if index not in signs]
    if mistake.tokens[end - 1].kind != "RSQB" or not set(rest) <= {*_NUMBERS, "COMMA"}:
        return _sizes_of_values(mistake)
    right = "[" + ", ".join(mistake.word(mistake.tokens[index]) for index in inside if mistake.tokens[index].kind in _NUMBERS) + "]"
    span = mistake.span(mistake.tokens[opener]).to(mistake.span(mistake.tokens[end - 1]))
    diagnostic = say("E113", "the sizes of a tensor are a list with commas", span, fix=Fix(f"write `{right}`", (Edit(span, right),)))
    return Repair(diagnostic, tuple(mistake.as_kind(index, "COMMA") for index in signs))


def _sizes_of_values(mistake: Mistake) -> Repair | None:
    """`[c, h x w]`: where values stand between the signs, each sign is a comma."""
    signs = _signs(mistake)[0]
    if not signs:
        return None
    first, last = mistake.tokens[signs[0] - 1], mistake.tokens[signs[-1] + 1]
    edits = tuple(
        Edit(mistake.place(mistake.tokens[sign - 1].end).to(mistake.place(mistake.tokens[sign + 1].start)), ", ") for sign in signs
    )
    span = mistake.span(first).to(mistake.span(last))
    diagnostic = say("E113", "the sizes of a tensor are a list with commas", span, fix=Fix("write commas between them", edits))
    return Repair(diagnostic, tuple(mistake.as_kind(sign, "COMMA") for sign in signs))


def size_by_sign(mistake: Mistake) -> Repair | None:
    """`image(h x w)`, `conv(64, 7 x 7)`: a size of values is a list, and one of numbers has no gaps."""
    opener = mistake.opener()
    if opener < 0 or mistake.tokens[opener].kind != "LPAR":
        return None
    signs, begin, end = _signs(mistake)
    if not signs or mistake.tokens[end].kind not in ("COMMA", "RPAR"):
        return None
    bounds = [begin - 1, *signs, end]
    parts = [
        mistake.span(mistake.tokens[before + 1]).to(mistake.span(mistake.tokens[after - 1])).text for before, after in pairwise(bounds)
    ]
    is_plain = all(part.isdecimal() for part in parts)
    right = "x".join(parts) if is_plain else f"[{', '.join(parts)}]"
    span = mistake.span(mistake.tokens[begin]).to(mistake.span(mistake.tokens[end - 1]))
    message = "a size has no gaps" if is_plain else "a size of values is a list"
    opening = Token("LSQB", span.start, span.start)
    changes = (Change(begin, begin, (opening,)), *(mistake.as_kind(sign, "COMMA") for sign in signs), mistake.insert(end, "RSQB"))
    return Repair(say("E121", message, span, fix=Fix(f"write `{right}`", (Edit(span, right),))), changes)


def _signs(mistake: Mistake) -> tuple[list[int], int, int]:
    """The signs of one value of the bracket that the mistake stands in, from the mistake on; where that value begins, and ends."""
    begin = mistake.position
    while begin > mistake.start:
        kind = mistake.tokens[begin - 1].kind
        if kind in CLOSES.values():
            begin = max(mistake.opening(begin - 1), mistake.start)
            continue
        if kind in CLOSES or kind in ("COMMA", "EQUAL"):
            break
        begin -= 1
    signs: list[int] = []
    depth, end = 0, mistake.position
    while mistake.tokens[end].kind not in ("$END", "ARROW", "BAR"):
        token = mistake.tokens[end]
        depth -= token.kind in CLOSES.values()
        if depth < 0 or (not depth and token.kind == "COMMA"):
            break
        is_sign = not depth and token.kind == "NAME" and mistake.word(token) in _BY
        if is_sign and mistake.tokens[end - 1].kind in ENDS_VALUE and mistake.at(end + 1).kind in BEGINS_VALUE:
            signs.append(end)
        depth += token.kind in CLOSES
        end += 1
    return (signs if signs[:1] == [mistake.position] else []), begin, end
