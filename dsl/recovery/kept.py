"""A name that has a value keeps it: what `c = c * 2` in a loop, and `c = 16` in one branch, were meant as."""

from __future__ import annotations

import re
from typing import Final

from ...base.records import dataclass
from ...base.source import Span
from ..lexer.scanner import Token
from .mistake import CLOSES, Mistake

_HEAD: Final = re.compile(r"(?m)^[ \t]*(?:block|network)\b")
_BODIES: Final = frozenset({"REPEAT", "FOR", "IF", "ELSE"})
_ITEMS: Final = frozenset({"BLOCK", "NETWORK", "OPERATION"})


@dataclass(frozen=True, slots=True)
class Given:
    """Where a name got its value: by a `let`, as a parameter or by a loop; `bodies` that end before the text of that reaches."""

    by: str
    bodies: int


def given(mistake: Mistake, name: str, position: int) -> Given | None:
    """What gave a name the value that it has before the token at `position`."""
    depth = bodies = 0
    for index in range(position - 1, -1, -1):
        token = mistake.tokens[index]
        if token.kind == "RBRACE":
            depth += 1
        elif token.kind in ("LBRACE", "BRACE_BAR"):
            bodies += not depth
            depth = max(depth - 1, 0)
        elif token.kind == "NAME" and not depth and mistake.word(token) == name:
            by = _by(mistake, index)
            if by:
                return Given(by, bodies)
    return None


def names_the_tensor_at_hand(place: Span) -> bool:
    """Whether a name that is given something, `x = …`, is given it over and over, or is that of a label, too: no label of one step is meant then."""
    text, name = place.source.text, re.escape(place.text)
    begin = max((head.start() for head in _HEAD.finditer(text, 0, place.start)), default=0)
    end = head.start() if (head := _HEAD.search(text, place.end)) is not None else len(text)
    body = text[begin:end]
    given = re.findall(rf"(?m)(?:^|[{{;])[ \t]*(?:self\.)?{name}[ \t]*[-+*/:]?=(?!=)", body)
    return len(given) > 1 or re.search(rf"\b(?:input|takes)[ \t]+{name}\b|(?<!\w){name}[ \t]*:(?!=)", body) is not None


def _by(mistake: Mistake, index: int) -> str:
    before = mistake.at(index - 1).kind
    if before == "LET":
        is_written = mistake.at(index - 1).start < mistake.at(index - 1).end
        # `y = x` was taken for a value, and may be a tensor.
        return "let" if is_written or mistake.at(index + 2).kind not in ("NAME", "LPAR") else ""
    if before in ("FOR", "AS") or (before == "COMMA" and mistake.at(index - 3).kind == "FOR"):
        return "loop"
    opener = index
    if before in ("LPAR", "COMMA"):
        depth = 0
        while opener > 0:
            opener -= 1
            kind = mistake.tokens[opener].kind
            if not depth and kind in CLOSES:
                return "parameter" if kind == "LPAR" and mistake.at(opener - 2).kind in _ITEMS else ""
            depth += (kind in CLOSES.values()) - (kind in CLOSES)
    return ""


def kept_name(mistake: Mistake, name: str, first: int, value: str = "…") -> str | None:
    """What to write instead of giving `name` another value at `first`; None where it is its first and is read there."""
    known, head = given(mistake, name, first), _head_of_body(mistake, first)
    same = known is not None and known.bodies == (known.by == "parameter")  # a parameter stands before the body that it is of
    if known is not None and head is not None and not same:
        if head.kind in ("REPEAT", "FOR"):
            return "what a round gives the next is counted: `repeat 3 as i { let w = 16 * 2 ** i … }` has 16, 32 and 64"
        return f"a value on a condition is given once, outside: `let {name}2 = 64 if condition else 16`"
    if same:
        return f"give the result a name of its own: `let {name}2 = {value}`"
    if known is None and head is not None and head.kind in ("IF", "ELSE") and _is_read_behind(mistake, name, first):
        return f"a value on a condition is given before it: `let {name} = 64 if condition else 16`"
    return None


def _head_of_body(mistake: Mistake, first: int) -> Token | None:
    """The word that begins the innermost body around the token at `first`, where that is a loop's or an `if`'s."""
    depth = 0
    for index in range(first - 1, -1, -1):
        kind = mistake.tokens[index].kind
        if kind == "RBRACE":
            depth += 1
        elif kind in ("LBRACE", "BRACE_BAR"):
            if not depth:
                return _head(mistake, index)
            depth -= 1
    return None


def _head(mistake: Mistake, brace: int) -> Token | None:
    for index in range(brace - 1, -1, -1):
        token = mistake.tokens[index]
        if token.kind in _BODIES:
            return token
        if mistake.begins_line(index) or token.kind in ("LBRACE", "BRACE_BAR", "RBRACE", "ARROW"):
            return None
    return None


def _is_read_behind(mistake: Mistake, name: str, first: int) -> bool:
    """Whether the name is read behind the body around the token at `first`."""
    depth = 0
    for index in range(first, len(mistake.tokens)):
        token = mistake.tokens[index]
        if token.kind in _ITEMS:
            return False
        depth += (token.kind in ("LBRACE", "BRACE_BAR")) - (token.kind == "RBRACE")
        if depth < 0 and token.kind == "NAME" and mistake.word(token) == name and mistake.at(index + 1).kind not in ("COLON", "EQUAL"):
            return True
    return False
