"""A place where the text stops making sense, and what a remedy looks like."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from ...base.diagnostics import Diagnostic, Edit, Fix, Label
from ...base.records import dataclass
from ...base.source import Span
from ..lexer.scanner import Token, Tokens
from ..parser.lalr import Machine

CLOSES: Final = {"LPAR": "RPAR", "LSQB": "RSQB", "LBRACE": "RBRACE", "BRACE_BAR": "RBRACE", "HOLE_START": "HOLE_END"}
SIGN_OF: Final = {"RPAR": ")", "RSQB": "]", "RBRACE": "}", "LPAR": "(", "LSQB": "[", "LBRACE": "{", "COMMA": ",", "ARROW": "->"}
_CLOSING: Final = frozenset(CLOSES.values())
# What the last token of a value, and the first, may be.
ENDS_VALUE: Final = frozenset({"NAME", "IN", "NUMBER", "SIZE", "TEXT", "TEXT_END", "TRUE", "FALSE", "NONE", "RPAR", "RSQB"})
BEGINS_VALUE: Final = frozenset(
    {"NAME", "IN", "NUMBER", "SIZE", "TEXT", "TEXT_START", "TRUE", "FALSE", "NONE", "LPAR", "LSQB", "MINUS", "NOT"}
)


def nesting(kind: str) -> int:
    """By how much a token of this kind goes deeper into brackets: 1 where it opens one, -1 where it closes one."""
    return (kind in CLOSES) - (kind in _CLOSING)


@dataclass(frozen=True, slots=True)
class Change:
    """Put `tokens` in place of the tokens `first` (included) to `last` (excluded)."""

    first: int
    last: int
    tokens: tuple[Token, ...] = ()


@dataclass(frozen=True, slots=True)
class Repair:
    """What to say of a mistake, and the tokens that were meant.

    `damaged`: not all of the meaning is known. `start`: the token from which to read again, where that is not the start
    of the innermost statement.
    """

    diagnostic: Diagnostic
    changes: tuple[Change, ...]
    damaged: bool = False
    start: int | None = None


@dataclass(frozen=True, slots=True)
class Mistake:
    """The token at `position` does not fit; `start` is where the innermost statement, block or network begins.

    `between`: a statement is complete before the token, so that another one could begin with it.
    """

    source: Tokens
    machine: Machine
    position: int
    start: int
    between: bool

    @property
    def tokens(self) -> list[Token]:
        return self.source.tokens

    @property
    def token(self) -> Token:
        return self.tokens[self.position]

    @property
    def before(self) -> Token:
        """The token before; an empty one at the start of the text."""
        return self.at(self.position - 1)

    @property
    def after(self) -> Token:
        return self.at(self.position + 1)

    def at(self, index: int) -> Token:
        return self.tokens[index] if 0 <= index < len(self.tokens) else Token("$END", 0, 0)

    def word(self, token: Token) -> str:
        return self.source.word(token)

    def span(self, token: Token) -> Span:
        return Span(self.source.source, token.start, token.end)

    def place(self, offset: int) -> Span:
        """The empty place at an offset."""
        return Span(self.source.source, offset, offset)

    def begins_line(self, index: int | None = None) -> bool:
        return self.source.begins_line(self.position if index is None else index)

    @property
    def at_top(self) -> bool:
        """Whether the statement is one of the file's, not of a body."""
        return self.machine.takes("NETWORK", self.machine.height_before(self.start))

    def opener(self) -> int:
        """The innermost bracket that is open where the mistake is, within the statement; -1 for none."""
        depth = 0
        for index in range(self.position - 1, self.start - 1, -1):
            kind = self.tokens[index].kind
            if kind in _CLOSING:
                depth += 1
            elif kind in CLOSES:
                if not depth:
                    return index
                depth -= 1
        return -1

    def opening(self, closing: int) -> int:
        """The index of the bracket that the one at `closing` closes; 0 where none does."""
        depth = 0
        for index in range(closing, 0, -1):
            depth += nesting(self.tokens[index].kind)
            if not depth:
                return index
        return 0

    def in_parentheses(self) -> bool:
        opener = self.opener()
        return opener >= 0 and self.tokens[opener].kind in ("LPAR", "LSQB")

    def line_end(self) -> int:
        """The index of the first token after the line of the mistake."""
        index = self.position
        while self.tokens[index].kind != "$END" and not (index > self.position and self.source.begins_line(index)):
            index += 1
        return index

    def body_end(self) -> int:
        """The index before which a body that begins at the mistake ends, when no brace says so: the line's end, or a brace's."""
        depth = 0
        end = self.line_end()
        for index in range(self.position, end):
            kind = self.tokens[index].kind
            if kind in CLOSES:
                depth += 1
            elif kind in _CLOSING:
                depth -= 1
                if depth < 0:
                    return index
            elif kind == "BAR" and not depth:
                return index
        return end

    def value_end(self, index: int) -> int:
        """The index after the name, number, text or bracket at `index`."""
        depth = 0
        while self.tokens[index].kind != "$END":
            kind = self.tokens[index].kind
            if kind in CLOSES or kind == "TEXT_START":
                depth += 1
            elif kind in _CLOSING or kind == "TEXT_END":
                depth -= 1
            index += 1
            if depth <= 0 and self.tokens[index].kind not in ("DOT", "LPAR", "LSQB") and self.tokens[index - 1].kind != "DOT":
                break
        return index

    def insert(self, index: int, kind: str) -> Change:
        """A change that puts a sign before the token at `index`, close behind the token before it."""
        place = self.tokens[index - 1].end if index else 0
        return Change(index, index, (Token(kind, place, place),))

    def as_kind(self, index: int, kind: str) -> Change:
        return Change(index, index + 1, (self.tokens[index]._replace(kind=kind),))

    def drop(self, index: int) -> Change:
        return Change(index, index + 1)

    def applied(self, changes: Sequence[Change], first: int, last: int) -> list[Token]:
        """The tokens `first` to `last` as the changes leave them."""
        result: list[Token] = []
        position = first
        for change in sorted(changes, key=_first):
            result += self.tokens[position : change.first]
            result += change.tokens
            position = max(change.last, position)
        return result + self.tokens[position:last]

    def gain(self, repair: Repair, most: int) -> int:
        """How many tokens after the mistake fit once it is repaired, up to `most`; below 0 when it is not."""
        start = self.start if repair.start is None else repair.start
        ends = [self.position + 1, *(change.last for change in repair.changes)]
        known = len(self.applied(repair.changes, start, self.position + 1))
        tokens = self.applied(repair.changes, start, max(ends) + most)
        return self.machine.reach(tokens, known + most, self.machine.height_before(start)) - known


def _first(change: Change) -> int:
    return change.first


def replace(mistake: Mistake, token: Token, text: str, action: str = "") -> Fix:
    """A fix that writes `text` for a token."""
    return Fix(action or f"write `{text.strip()}`", (Edit(mistake.span(token), text),))


def insert(mistake: Mistake, offset: int, text: str, action: str = "") -> Fix:
    return Fix(action or f"write `{text.strip()}`", (Edit(mistake.place(offset), text),))


def remove(mistake: Mistake, token: Token, action: str = "remove it") -> Fix:
    return Fix(action, (Edit(mistake.span(token), ""),))


def say(
    code: str, message: str, span: Span, label: str = "", *, help: str | None = None, fix: Fix | None = None, others: tuple[Label, ...] = ()
) -> Diagnostic:
    return Diagnostic(code, message, Label(span, label), others, help=help, fix=fix)
