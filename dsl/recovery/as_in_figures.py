"""Steps as figures write them beside a box: `3x3 conv, 64`, `conv 64 3x3 stride 2`, `conv(64, 3) / 2`; and with the operation in quotes."""

from __future__ import annotations

from typing import Final

from ...base.diagnostics import Edit, Fix
from ..lexer.scanner import Token
from .mistake import Change, Mistake, Repair, say
from .steps import is_label

_LEAST_CHANNELS: Final = 8
_VALUES: Final = frozenset({"NUMBER", "SIZE", "TRUE", "FALSE", "NONE", "TEXT"})


def window_first(mistake: Mistake) -> Repair | None:
    """`3x3 conv, 64`, `7x7 conv, 64, /2`, `1x7 conv 32`: the window stands before the operation."""
    size, first = mistake.token, mistake.position
    if size.kind != "SIZE" or mistake.in_parentheses() or mistake.at_top or mistake.after.kind != "NAME":
        return None
    begins = mistake.begins_line(first) or mistake.before.kind in ("LBRACE", "BAR", "BRACE_BAR", "ARROW")
    place = first + 2 + (mistake.at(first + 2).kind == "COMMA")
    number = mistake.at(place)
    if not begins or number.kind != "NUMBER" or mistake.begins_line(place):
        return None
    end, stride = place + 1, None
    slash = end + (mistake.at(end).kind == "COMMA")
    if mistake.at(slash).kind == "SLASH" and mistake.at(slash + 1).kind == "NUMBER" and not mistake.begins_line(slash):
        end, stride = slash + 2, mistake.at(slash + 1)
    return _rewritten(mistake, first, end, [(None, number), (None, size)] + ([("stride", stride)] if stride is not None else []))


def named_arguments(mistake: Mistake) -> Repair | None:
    """`conv 64 3x3 stride 2`, `conv 3x3, 64`: arguments without parentheses, some behind their names, or the window before the channels."""
    first = mistake.position - 1
    if mistake.token.kind not in ("NUMBER", "SIZE") or mistake.before.kind != "NAME" or mistake.in_parentheses() or mistake.begins_line():
        return None
    rows: list[tuple[str | None, Token]] = []
    index = mistake.position
    while mistake.at(index).kind in ("NAME", "COMMA", *_VALUES) and not mistake.begins_line(index):
        token, name = mistake.at(index), None
        if token.kind == "NAME":
            name, index = mistake.word(token), index + 1
            token = mistake.at(index)
            if token.kind not in _VALUES:
                return None
        if token.kind != "COMMA":
            rows.append((name, token))
        index += 1
    by_place = [token for name, token in rows if name is None]
    turned = [token.kind for token in by_place] == ["SIZE", "NUMBER"] and int(mistake.word(by_place[1])) >= _LEAST_CHANNELS
    if not turned and len(by_place) == len(rows):
        return None  # `conv 64, 3`
    rows.sort(key=lambda row: (row[0] is not None, turned and row[1].kind == "SIZE"))
    return _rewritten(mistake, first, index, rows)


def _rewritten(mistake: Mistake, first: int, end: int, rows: list[tuple[str | None, Token]]) -> Repair:
    """The step with its arguments in parentheses, instead of the tokens from `first` to before `end`."""
    word = next(token for token in mistake.tokens[first:end] if token.kind == "NAME")
    span = mistake.span(mistake.at(first)).to(mistake.span(mistake.at(end - 1)))
    right = f"{mistake.word(word)}({', '.join(f'{name} = {mistake.word(token)}' if name else mistake.word(token) for name, token in rows)})"
    behind = mistake.at(end - 1).end
    made = [word, Token("LPAR", word.end, word.end)]
    for number, (name, token) in enumerate(rows):
        made += [Token("COMMA", token.start, token.start)] if number else []
        before = mistake.at(mistake.tokens.index(token) - 1)
        if name is not None and mistake.word(before) == name:  # else it is read by its place
            made += [before, Token("EQUAL", token.start, token.start)]
        made += [token]
    made += [Token("RPAR", behind, behind)]
    message = f"the arguments of `{mistake.word(word)}` stand behind it, in parentheses"
    diagnostic = say("E124", message, span, fix=Fix(f"write `{right}`", (Edit(span, right),)))
    return Repair(diagnostic, (Change(first, end, tuple(made)),), start=first)


def stride_behind(mistake: Mistake) -> Repair | None:
    """`conv(64, 3) / 2`: a stride, as figures write it, or the tensor divided."""
    token, number = mistake.token, mistake.after
    if token.kind != "SLASH" or number.kind != "NUMBER" or mistake.in_parentheses() or mistake.before.kind not in ("RPAR", "NAME"):
        return None
    end = mistake.position + 2
    if not (mistake.begins_line(end) or mistake.at(end).kind in ("RBRACE", "BAR", "ARROW", "$END")):
        return None
    span = mistake.span(token).to(mistake.span(number))
    count = mistake.word(number)
    help = f"a stride is an argument: `conv(64, 3, stride = {count})`; the tensor is divided by `-> scale(1.0 / {count})`"
    return Repair(say("E121", "a step has no number before or behind it", span, help=help), (Change(mistake.position, end),))


def sign_behind_an_arrow(mistake: Mistake) -> Repair | None:
    """`conv(64) -> + a`: what is at hand and another tensor."""
    sign, tensor = mistake.token, mistake.after
    if sign.kind not in ("PLUS", "STAR") or mistake.before.kind != "ARROW" or tensor.kind != "NAME" or mistake.in_parentheses():
        return None
    name, head = mistake.word(tensor), "add" if sign.kind == "PLUS" else "mul"
    if mistake.at(mistake.position + 2).kind in ("LPAR", "DOT", "LBRACE", "BRACE_BAR") or not is_label(mistake, name):
        return None
    span = mistake.span(sign).to(mistake.span(tensor))
    right = f"{head} {{ | skip | skip({name}) }}"
    diagnostic = say(
        "E114",
        f"`{mistake.word(sign)}` does not join steps",
        span,
        fix=Fix(f"tensors are joined by a merge: `{right}`", (Edit(span, right),)),
    )
    step = Token("NAME", sign.start, sign.start)
    return Repair(diagnostic, (Change(mistake.position, mistake.position + 2, (step,)),), damaged=True)


def operation_in_quotes(mistake: Mistake) -> Repair | None:
    """`"conv"(64)`."""
    name = mistake.before
    if mistake.token.kind != "LPAR" or name.kind not in ("TEXT", "TEXT_END") or mistake.in_parentheses() or mistake.at_top:
        return None
    first = mistake.position - 1
    while first and mistake.at(first).kind not in ("TEXT", "TEXT_START"):
        first -= 1
    span = mistake.span(mistake.at(first)).to(mistake.span(name))
    word = span.text.strip("\"'")
    if not word.isidentifier():
        return None
    diagnostic = say(
        "E101", f'`"{word}"` is a text: the name of a step stands without quotes', span, fix=Fix(f"write `{word}`", (Edit(span, word),))
    )
    return Repair(diagnostic, (Change(first, mistake.position, (Token("NAME", span.start, span.end),)),), damaged=True, start=first)
