"""Rounds as they are counted elsewhere: `3 { … }`, `2 conv(4)`, `loop 3 { … }`, `conv(4) * 3`; and steps in parentheses."""

from __future__ import annotations

from typing import Final

from ...base.diagnostics import Edit, Fix
from ..lexer.scanner import Token
from .mistake import CLOSES, Change, Mistake, Repair, nesting, say

_TIMES: Final = frozenset({"x", "X", "times"})
_LOOPS: Final = frozenset({"loop", "times", "rep", "x", "do"})
_ENDS_STEP: Final = frozenset({"NAME", "RPAR", "RBRACE"})
_RIGHT: Final = "a part that runs several times is written `repeat 3 { conv(64) -> relu }`"


def rounds_before(mistake: Mistake) -> Repair | None:
    """`3 { … }`, `3 x { … }`, `loop 3 { … }`, `2 conv(4)`, `3 * conv(4)`: how often comes before what is repeated."""
    number, index = mistake.token, mistake.position
    if number.kind != "NUMBER" or mistake.in_parentheses() or mistake.at_top:
        return None
    first, body = index, index + 1
    if mistake.before.kind == "NAME" and mistake.word(mistake.before) in _LOOPS and _begins(mistake, index - 1):
        first = index - 1
    elif not _begins(mistake, index):
        return None
    if mistake.at(body).kind == "NAME" and mistake.word(mistake.at(body)) in _TIMES and mistake.at(body + 1).kind in ("LBRACE", "NAME"):
        body += 1
    if mistake.begins_line(body):
        return None
    count = mistake.word(number)
    head = mistake.span(mistake.at(first)).to(mistake.span(mistake.at(body - 1)))
    message = "what runs several times is the body of a `repeat`"
    repeat = (Token("REPEAT", head.start, head.start), number)
    if mistake.at(body).kind == "LBRACE" and count.isdigit():
        fix = Fix(f"write `repeat {count} {{ … }}`", (Edit(head, f"repeat {count}"),))
        return Repair(say("E121", message, head, fix=fix), (Change(first, body, repeat),), start=first)
    if mistake.at(body).kind == "NAME" and first == index and count.isdigit():
        end = _line_of(mistake, body)
        close = mistake.at(end - 1).end
        step = mistake.span(mistake.at(body)).to(mistake.span(mistake.at(end - 1))).text
        if "->" in step:
            return _unread(mistake, first, end, f"`repeat {count} {{ … }}` around the steps that it is meant for")
        edits = (Edit(head, f"repeat {count} {{"), Edit(mistake.place(close), " }"))
        fix = Fix(f"write `repeat {count} {{ {step} }}`", edits)
        changes = (Change(first, body, (*repeat, Token("LBRACE", head.end, head.end))), mistake.insert(end, "RBRACE"))
        return Repair(say("E121", message, head, fix=fix), changes, start=first)
    if mistake.at(body).kind == "STAR":
        return _unread(mistake, first, _line_of(mistake, body), _either(count))
    return None


def rounds_behind(mistake: Mistake) -> Repair | None:
    """`conv(4) * 3`, `{ … } * 3`, `{ … } x 3`, `conv(4) x 3`: how often comes behind."""
    token, index = mistake.token, mistake.position
    last = index - 1
    if (
        token.kind == "NUMBER"
        and mistake.before.kind == "NAME"
        and mistake.word(mistake.before) in _TIMES
        and not mistake.begins_line(last)
    ):
        last -= 1
    elif token.kind != "STAR" or mistake.after.kind not in ("NUMBER", "NAME") or mistake.begins_line():
        return None
    if mistake.at(last).kind not in _ENDS_STEP or mistake.in_parentheses() or mistake.at_top:
        return None
    if token.kind == "STAR" and (mistake.after.kind == "NAME" or not mistake.between):
        return None
    number = token if token.kind == "NUMBER" else mistake.after
    end = mistake.tokens.index(number) + 1
    first = _first(mistake, last)
    whole = mistake.span(mistake.at(first)).to(mistake.span(number))
    if not (mistake.begins_line(end) or mistake.at(end).kind in ("RBRACE", "BAR", "$END")):
        return None
    if token.kind == "STAR":
        return _unread(mistake, first, end, _either(mistake.word(number)))
    text = mistake.span(mistake.at(first)).to(mistake.span(mistake.at(last))).text
    is_one = mistake.value_end(first) > last if mistake.at(first).kind == "LBRACE" else "->" not in text
    count = mistake.word(number)
    if not is_one or not count.isdigit():
        return _unread(mistake, first, end, f"`repeat {count} {{ … }}` around the steps that it is meant for")
    cut = mistake.place(mistake.at(last).end).to(mistake.span(number))
    group = mistake.at(first).kind == "LBRACE"
    edits = (Edit(mistake.place(whole.start), f"repeat {count} " + ("" if group else "{ ")), Edit(cut, "" if group else " }"))
    message = "what runs several times is the body of a `repeat`"
    diagnostic = say("E121", message, whole, fix=Fix(f"write `repeat {count} {{ … }}`", edits))
    return Repair(diagnostic, (_broken(mistake, first, end),), start=first)


def rounds_in_one_word(mistake: Mistake) -> Repair | None:
    """`conv(64) x3`: how often, as figures write it beside a box."""
    token, count = mistake.token, mistake.word(mistake.token)[1:]
    if token.kind != "NAME" or mistake.word(token)[0] not in "xX" or not count.isdigit() or mistake.begins_line():
        return None
    if mistake.before.kind not in _ENDS_STEP or mistake.in_parentheses() or mistake.at_top:
        return None
    first = _first(mistake, mistake.position - 1)
    return _unread(mistake, first, mistake.position + 1, f"`repeat {count} {{ … }}` around the steps that it is meant for")


def steps_in_parentheses(mistake: Mistake) -> Repair | None:
    """`(conv(4) -> relu) * 3`, `[conv(64), bn, relu]`: a group, a list of modules."""
    token, first = mistake.token, mistake.position
    if token.kind == "ARROW":  # below a step, it was read as the step's arguments
        first = mistake.opener()
    if first < 1 or mistake.at(first).kind not in ("LPAR", "LSQB") or mistake.at_top or not _begins(mistake, first):
        return None
    if token.kind != "ARROW" and not mistake.between:
        return None
    end = mistake.value_end(first)
    closing = mistake.at(end - 1)
    if closing.kind != CLOSES[mistake.at(first).kind]:
        return None
    span = mistake.span(mistake.at(first)).to(mistake.span(closing))
    start = mistake.start if token.kind == "ARROW" else first
    if mistake.at(first).kind == "LSQB":
        help = "they follow each other: `conv(64) -> bn -> relu`"
        diagnostic = say("E121", "steps do not stand in a list", span, help=help)
        return Repair(diagnostic, (_broken(mistake, first, end),), start=first if mistake.between else start)
    follows = _line_of(mistake, first)
    if follows > end:
        return _unread(
            mistake, first, follows, _RIGHT if mistake.at(end).kind == "STAR" else "a group is written `{ conv(64) -> relu }`", start
        )
    edits = (Edit(mistake.span(mistake.at(first)), "{ "), Edit(mistake.span(closing), " }"))
    fix = Fix("write the braces", edits)
    diagnostic = say("E121", "steps that belong together stand between braces", span, fix=fix)
    return Repair(diagnostic, (_broken(mistake, first, end),), start=start)


def _either(count: str) -> str:
    return f"run {count} times it is `repeat {count} {{ conv(64) }}`; the tensor times {count} is `conv(64) -> scale({count})`"


def _unread(mistake: Mistake, first: int, end: int, help: str, start: int | None = None) -> Repair:
    """Said without an edit, for nobody knows what was meant; the rest is read without it."""
    span = mistake.span(mistake.at(first)).to(mistake.span(mistake.at(end - 1)))
    diagnostic = say("E121", "a step has no number before or behind it", span, help=help)
    return Repair(diagnostic, (_broken(mistake, first, end),), start=first if start is None else start)


def _broken(mistake: Mistake, first: int, end: int) -> Change:
    return Change(first, end, (Token("BROKEN", mistake.at(first).start, mistake.at(end - 1).end),))


def _begins(mistake: Mistake, index: int) -> bool:
    """Whether a statement may begin with the token at `index`."""
    return mistake.begins_line(index) or mistake.at(index - 1).kind in ("LBRACE", "BAR", "BRACE_BAR")


def _first(mistake: Mistake, index: int) -> int:
    """Where the chain begins whose last step ends with the token at `index`."""
    depth = 0
    while index > 0:
        kind = mistake.tokens[index].kind
        depth -= nesting(kind)
        if not depth and kind != "ARROW" and mistake.at(index - 1).kind != "ARROW" and _begins(mistake, index):
            break
        index -= 1
    return index


def _line_of(mistake: Mistake, index: int) -> int:
    """Where the statement's line ends that the token at `index` is on, brackets counted whole."""
    while mistake.at(index).kind not in ("$END", "RBRACE", "BAR"):
        index = mistake.value_end(index) if mistake.at(index).kind in CLOSES else index + 1
        if mistake.begins_line(index) and mistake.at(index).kind != "ARROW":
            break
    return index
