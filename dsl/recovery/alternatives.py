"""Paths of which one stands for another: `| if c: a | else: b`, `| if c { | a } else { | b }`."""

from __future__ import annotations

from ...base.diagnostics import Edit, Fix
from ...base.records import dataclass
from ..lexer.scanner import Token
from .merges import open_brace
from .mistake import CLOSES, Change, Mistake, Repair, nesting, say

_ELSE_IF = ("elif", "elsif", "elseif")
_USAGE = "`| if c { conv(64) } else { skip }` is one path or the other; `| if c: conv(64)` is there where it holds"


@dataclass(frozen=True, slots=True)
class _Branch:
    """Tokens from and to: of its condition, none for an `else`, and of each of its paths."""

    condition: tuple[int, int] | None
    bodies: tuple[tuple[int, int], ...]


def else_of_a_path(mistake: Mistake) -> Repair | None:
    """`| if c: conv(64) | else: skip`, also with `elif` and `else if`: what is one path or the other is one path."""
    brace, at = open_brace(mistake), mistake.position
    if mistake.token.kind != "ELSE":
        at = _path_before(mistake, at, brace)
        if mistake.word(mistake.at(at)) not in _ELSE_IF:
            return None
    if brace < 0 or (mistake.at(brace).kind != "BRACE_BAR" and mistake.at(brace + 1).kind != "BAR"):
        return None
    first = _path_before(mistake, at - 1 if mistake.at(at - 1).kind == "BAR" else at, brace)
    if mistake.at(first).kind != "IF":
        return None
    return _repair(mistake, first, brace, "E119", "`else` belongs to an `if`, and a path of its own has none before it")


def bars_in_a_condition(mistake: Mistake) -> Repair | None:
    """`| if c { | conv(64) } else { | skip }` in a merge: a path begins at the merge, and holds steps."""
    brace = open_brace(mistake)
    if mistake.token.kind != "BRACE_BAR" or brace < 0 or mistake.at(brace).kind != "BRACE_BAR":
        return None
    first = mistake.position - 1
    while first > brace and mistake.at(first).kind not in ("IF", "BAR", "COLON", "ARROW"):
        first -= 1
    begins = mistake.begins_line(first) or mistake.at(first - 1).kind in ("BAR", "BRACE_BAR")
    if mistake.at(first).kind != "IF" or not begins:
        return None
    return _repair(mistake, first, brace, "E123", "a path begins in the braces of its merge, not in those of an `if`")


def _path_before(mistake: Mistake, index: int, brace: int) -> int:
    """The first token of the path that ends before `index`."""
    depth = 0
    while index > brace + 1:
        index -= 1
        kind = mistake.at(index).kind
        depth -= nesting(kind)
        if kind == "BAR" and not depth:
            return index + 1
    return brace + 1


def _merge_start(mistake: Mistake, brace: int) -> int:
    """The first token of the statement whose merge begins at the brace."""
    machine = mistake.machine
    starts = (machine.marks[height] for height in range(len(machine.marks) - 1, -1, -1) if machine.takes("BROKEN", height))
    return next((start for start in starts if start <= brace), mistake.start)


def _repair(mistake: Mistake, first: int, brace: int, code: str, message: str) -> Repair | None:
    """All branches of the `if` at `first` in a form that says what is meant; in words, where a comment stands among them."""
    read = _branches(mistake, first)
    if read is None:
        return None
    branches, end = read
    place = mistake.at(first).start
    whole = mistake.span(mistake.at(first)).to(mistake.span(mistake.at(end - 1)))
    one_of_them = branches[-1].condition is None and all(len(branch.bodies) == 1 for branch in branches)
    text, tokens = _alternatives(mistake, branches, place) if one_of_them else (_conditions(mistake, branches), [])
    if mistake.at(first - 1).kind != "BAR" and first - 1 != brace:
        text, tokens = f"| {text}", [Token("BAR", place, place), *tokens] if tokens else []
    fix = None if "#" in whole.text else Fix(f"write `{' '.join(text.split())}`", (Edit(whole, text),))
    diagnostic = say(code, message, mistake.span(mistake.token), help=None if fix else _USAGE, fix=fix)
    start = _merge_start(mistake, brace)
    if tokens:
        return Repair(diagnostic, (Change(first, end, tuple(tokens)),), start=start)
    end = mistake.value_end(brace)
    broken = Token("BROKEN", mistake.tokens[start].start, mistake.tokens[end - 1].end)
    return Repair(diagnostic, (Change(start, end, (broken,)),), start=start)


def _branches(mistake: Mistake, index: int) -> tuple[list[_Branch], int] | None:
    """The branches of the `if` at `index`, and the token behind them."""
    rows: list[_Branch] = []
    conditional = True
    while True:
        opens = _next(mistake, index + 1, ("COLON", "LBRACE", "BRACE_BAR"))
        condition = (index + 1, opens) if conditional else None
        if mistake.at(opens).kind == "COLON":
            index = _next(mistake, opens + 1, ("BAR", "ELSE", *CLOSES.values()))
            bodies: tuple[tuple[int, int], ...] = ((opens + 1, index),)
        elif mistake.at(opens).kind in ("LBRACE", "BRACE_BAR"):
            close = mistake.value_end(opens) - 1
            bodies = _paths(mistake, opens, close)
            index = close + 1
        else:
            return None
        if (conditional and opens == index + 1) or any(begin >= end for begin, end in bodies):
            return None
        rows.append(_Branch(condition, bodies))
        after = index + (mistake.at(index).kind == "BAR")
        if not conditional or not (mistake.at(after).kind == "ELSE" or mistake.word(mistake.at(after)) in _ELSE_IF):
            return rows, index
        is_if = mistake.at(after).kind == "ELSE" and mistake.at(after + 1).kind in ("IF", "VALUE_IF")
        conditional = is_if or mistake.at(after).kind != "ELSE"
        index = after + is_if


def _next(mistake: Mistake, index: int, kinds: tuple[str, ...]) -> int:
    """The first token from `index` on of one of these kinds, or an `elif`, in no bracket that opens on the way."""
    depth = 0
    while (kind := mistake.at(index).kind) != "$END":
        if not depth and (kind in kinds or mistake.word(mistake.at(index)) in _ELSE_IF):
            break
        depth += nesting(kind)
        if depth < 0:
            break
        index += 1
    return index


def _paths(mistake: Mistake, opens: int, close: int) -> tuple[tuple[int, int], ...]:
    """The paths between two braces; what begins with no bar is one."""
    if mistake.at(opens).kind == "LBRACE" and mistake.at(opens + 1).kind != "BAR":
        return ((opens + 1, close),)
    rows, begin = [], opens + 1 + (mistake.at(opens + 1).kind == "BAR")
    while begin < close:
        end = min(_next(mistake, begin, ("BAR",)), close)
        rows.append((begin, end))
        begin = end + 1
    return tuple(rows)


def _alternatives(mistake: Mistake, branches: list[_Branch], place: int) -> tuple[str, list[Token]]:
    """`if c { a } else { b }`."""
    text: list[str] = []
    tokens: list[Token] = []
    for branch in branches:
        head = "if" if branch.condition is not None else ""
        words = [*(["else"] if text else []), *([head] if head else [])]
        tokens += [Token(word.upper(), place, place) for word in words]
        if branch.condition is not None:
            words.append(_text(mistake, branch.condition))
            tokens += _tokens(mistake, branch.condition)
        (body,) = branch.bodies
        text.append(f"{' '.join(words)} {{ {_text(mistake, body)} }}")
        begin, end = mistake.at(body[0]).start, mistake.at(body[1] - 1).end
        tokens += [Token("LBRACE", begin, begin), *_tokens(mistake, body), Token("RBRACE", end, end)]
    return " ".join(text), tokens


def _conditions(mistake: Mistake, branches: list[_Branch]) -> str:
    """`if c: a | if not (c): b`, a condition before each path."""
    text: list[str] = []
    for number, branch in enumerate(branches):
        rows = [f"not ({_text(mistake, row.condition)})" for row in branches[:number] if row.condition is not None]
        if branch.condition is not None:
            written = _text(mistake, branch.condition)
            rows.append(f"({written})" if rows else written)
        text += [f"if {' and '.join(rows)}: {_text(mistake, body)}" for body in branch.bodies]
    return " | ".join(text)


def _tokens(mistake: Mistake, row: tuple[int, int]) -> list[Token]:
    return mistake.tokens[row[0] : row[1]]


def _text(mistake: Mistake, row: tuple[int, int]) -> str:
    return mistake.span(mistake.at(row[0])).to(mistake.span(mistake.at(row[1] - 1))).text
