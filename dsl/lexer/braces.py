"""Braces that do not pair: found by how the text is indented, and put right before the text is parsed.

A parser meets a forgotten `}` only where the file ends. A reader sees earlier that something is wrong: a line stands
further left than the body that it should be in. Texts whose braces pair are left alone, however they are indented.
"""

from __future__ import annotations

import re
from typing import Final

from ...base.diagnostics import Diagnostic, Edit, Fix, Label
from ...base.records import dataclass
from ...base.source import Span
from .scanner import MOST_MISTAKES, Token, Tokens

DEEPEST: Final = 100
"""How deep brackets, bodies and operators nest at most."""

_OPENING: Final = frozenset({"LBRACE", "BRACE_BAR"})
_ITEMS: Final = frozenset({"BLOCK", "NETWORK", "OPERATION", "IMPORT", "FROM"})
_WHITE: Final = re.compile(r"\s*")
_HEADS: Final = frozenset({"BLOCK", "NETWORK", "OPERATION", "STAGE", "AUX", "FOR", "REPEAT", "IF"})
_AFTER_ITEM: Final = _ITEMS | {"LET", "DEFAULT", "$END"}
_BRACKETS: Final = frozenset({"LPAR", "LSQB", "LBRACE", "BRACE_BAR", "HOLE_START"})
_CLOSING: Final = frozenset({"RPAR", "RSQB", "RBRACE", "HOLE_END"})


@dataclass(frozen=True, slots=True)
class _Open:
    """A `{` that waits for its `}`."""

    index: int
    indent: int


def too_deep(tokens: Tokens) -> Diagnostic | None:
    """The first bracket that nests deeper than `DEEPEST`."""
    depth = 0
    for token in tokens.tokens:
        if token.kind in _BRACKETS:
            depth += 1
            if depth > DEEPEST:
                return nested_too_deep(Span(tokens.source, token.start, token.end))
        elif token.kind in _CLOSING:
            depth = max(depth - 1, 0)
    return None


def nested_too_deep(span: Span) -> Diagnostic:
    return Diagnostic(
        "E118",
        f"this nests more than {DEEPEST} deep: brackets, bodies and operators count",
        Label(Span(span.source, span.start, min(span.end, span.start + 24)), "here"),
        help="give a part of it a name: a `let`, or a block of its own",
    )


def pair_braces(tokens: Tokens) -> None:
    """Add the `}` that are missing and leave out those that are too many; each is reported."""
    opened, closed = _count(tokens)
    if opened != closed or _crosses(tokens.tokens):
        _mark_strays(tokens, opened, closed)
        opened, closed = _count(tokens)
        _Pairing(tokens, closed > opened).run()


def _count(tokens: Tokens) -> tuple[int, int]:
    kinds = [token.kind for token in tokens.tokens]
    return kinds.count("LBRACE") + kinds.count("BRACE_BAR"), kinds.count("RBRACE")


def _crosses(tokens: list[Token]) -> bool:
    """Whether a `}` comes before its `{`, or a block or network begins within braces."""
    depth = 0
    for token in tokens:
        if token.kind in _OPENING:
            depth += 1
        elif token.kind == "RBRACE":
            depth -= 1
            if depth < 0:
                return True
        elif depth and token.kind in ("BLOCK", "NETWORK", "OPERATION"):
            return True
    return False


def _mark_strays(tokens: Tokens, opened: int, closed: int) -> None:
    """Give braces a kind of their own where no body can be: inside of parentheses, and in the middle of a word."""
    parentheses: list[int] = []
    waiting: list[tuple[int, int]] = []  # braces, each with the number of parentheses around it
    for index, token in enumerate(tokens.tokens):
        if parentheses and tokens.begins_line(index):
            if waiting and closed > opened:  # `conv(64}`
                _stray(tokens, waiting[0][0])
            parentheses, waiting = [], []
        if token.kind in ("LPAR", "LSQB"):
            parentheses.append(index)
        elif token.kind in ("RPAR", "RSQB") and parentheses:
            parentheses.pop()
            for brace, around in waiting:
                if around > len(parentheses):
                    _stray(tokens, brace)
            waiting = [(brace, around) for brace, around in waiting if around <= len(parentheses)]
        elif token.kind in (*_OPENING, "RBRACE"):
            if parentheses:
                waiting.append((index, len(parentheses)))
            elif _splits_a_word(tokens, index) and (closed > opened if token.kind == "RBRACE" else opened > closed):
                _stray(tokens, index)


def _splits_a_word(tokens: Tokens, index: int) -> bool:
    """Whether letters stand close on both sides of a brace."""
    token = tokens.tokens[index]
    if not 0 < index < len(tokens.tokens) - 1:
        return False
    before, after = tokens.tokens[index - 1], tokens.tokens[index + 1]
    return (
        before.end == token.start and after.start == token.end and tokens.word(before).isidentifier() and tokens.word(after).isidentifier()
    )


def _stray(tokens: Tokens, index: int) -> None:
    tokens.tokens[index] = tokens.tokens[index]._replace(kind="STRAY_BRACE")


class _Pairing:
    def __init__(self, tokens: Tokens, too_many: bool) -> None:
        self.tokens = tokens
        self.too_many = too_many
        self.open: list[_Open] = []
        self.missing: dict[int, int] = {}  # before which token, how many
        self.removed: set[int] = set()
        self.added: dict[int, Token] = {}  # before which token, which `{`

    def run(self) -> None:
        tokens = self.tokens.tokens
        values = 0  # how many `a if c` wait for their `else`
        for index, token in enumerate(tokens):
            if len(self.tokens.diagnostics) > MOST_MISTAKES:
                return
            if token.kind == "VALUE_IF":
                values += 1
            elif token.kind == "ELSE" and values:
                values -= 1
            elif token.kind == "ELSE" and tokens[index - 1].kind != "RBRACE" and self.open and not self.too_many:
                self._forgotten(self.open.pop(), index)
            if token.kind in _ITEMS and self.open and self.tokens.begins_line(index):
                indent = self._indent(index)
                while self.open and self.open[-1].indent >= indent:
                    self._forgotten(self.open.pop(), index)
            if token.kind in _OPENING:
                self.open.append(_Open(index, self._indent(index)))
            elif token.kind == "RBRACE":
                self._close(index)
            elif self.too_many and token.kind in _HEADS and self.tokens.begins_line(index):
                self._head(index)
            elif self.too_many and token.kind == "BAR" and self.tokens.begins_line(index):
                self._path(index)
            elif self.too_many and index and self.tokens.begins_line(index):
                self._body_without_brace(index)
        for one in reversed(self.open):
            self._forgotten(one, len(tokens) - 1)
        self._apply()

    def _head(self, index: int) -> None:
        """A line that begins a body and has no `{`: the parser will ask for it there."""
        tokens = self.tokens.tokens
        depth = 0
        end = index + 1
        while tokens[end].kind != "$END" and (depth > 0 or not self.tokens.begins_line(end)):
            kind = tokens[end].kind
            if kind in _OPENING or (kind == "EQUAL" and not depth):
                return
            depth += (kind in ("LPAR", "LSQB")) - (kind in ("RPAR", "RSQB"))
            end += 1
        one_line = any(token.kind == "RBRACE" for token in tokens[index:end])
        if one_line or self._is_deeper(end, index):
            line = self.tokens.source.line_of(tokens[end - 1].start if not one_line else tokens[index].start)
            self.tokens.unopened.add(line)
            self.open.append(_Open(index, self._indent(index)))

    def _is_deeper(self, index: int, than: int) -> bool:
        return self.tokens.tokens[index].kind != "$END" and self._indent(index) > self._indent(than)

    def _body_without_brace(self, index: int) -> None:
        """A line that is indented after `label:` or `indexed`: the `{` is missing before it."""
        tokens = self.tokens.tokens
        before = tokens[index - 1]
        mode = self.tokens.word(before) if before.kind == "NAME" else ""
        if not self._is_deeper(index, index - 1) or not (mode in ("indexed", "flat") or before.kind == "COLON"):
            return
        if mode:
            tokens[index - 1] = before._replace(kind=mode.upper())
        self._add(index, "LBRACE", before, "a body follows, and its `{` is missing")

    def _add(self, index: int, kind: str, before: Token, message: str) -> None:
        """Report a `{` that is missing behind the token before `index`, and add it."""
        source = self.tokens.source
        self.added[index] = Token(kind, before.end, before.end)
        self.open.append(_Open(index, self._indent(index - 1)))
        fix = Fix("write the `{`", (Edit(Span(source, before.end, before.end), " {"),))
        label = Label(Span(source, before.start, before.end), "`{` must follow")
        self.tokens.diagnostics.append(Diagnostic("E110", message, label, fix=fix))

    def _path(self, index: int) -> None:
        """A path at the start of a line: where no merge is open the merge's `{` is missing."""
        tokens = self.tokens.tokens
        if not index or tokens[index - 1].kind not in ("NAME", "RPAR") or not self.open:
            return
        opener = self.open[-1].index
        if opener not in self.added and tokens[opener].kind != "BRACE_BAR":
            self._add(index, "BRACE_BAR", tokens[index - 1], "paths follow, and the `{` of their merge is missing")

    def _close(self, index: int) -> None:
        tokens = self.tokens.tokens
        if self.tokens.begins_line(index) and self.open:
            indent = self._indent(index)
            if indent < self.open[-1].indent and any(one.indent == indent for one in self.open):
                while self.open[-1].indent > indent:
                    self._forgotten(self.open.pop(), index)
        extra = not self.open or (
            self.too_many
            and (
                self._closes_early(index) or (len(self.open) == 1 and tokens[index + 1].kind not in _AFTER_ITEM and self._misplaced(index))
            )
        )
        if extra:
            self.removed.add(index)
            span = Span(self.tokens.source, tokens[index].start, tokens[index].end)
            fix = Fix("remove it", (Edit(span, ""),))
            self.tokens.diagnostics.append(
                Diagnostic("E111", "a `}` closes nothing: every `{` before it has its own", Label(span, "one too many"), fix=fix)
            )
        else:
            self.open.pop()

    def _closes_early(self, index: int) -> bool:
        """Whether this `}`, within or at the end of a line, ends a body that a later `}` ends where the indentation says."""
        tokens, one = self.tokens.tokens, self.open[-1]
        line = self.tokens.source.line_of
        if self.tokens.begins_line(index) or line(tokens[one.index].start) == line(tokens[index].start):
            return False
        for following in range(index + 1, len(tokens)):
            if self.tokens.begins_line(following) and self._indent(following) <= one.indent:
                return tokens[following].kind == "RBRACE" and self._indent(following) == one.indent
        return False

    def _misplaced(self, index: int) -> bool:
        """Whether this `}` would end an item although more of its body seems to follow."""
        return not self.tokens.begins_line(index) or self._indent(index) != self.open[-1].indent or self._goes_on(index)

    def _goes_on(self, index: int) -> bool:
        following = index + 1
        return self.tokens.begins_line(following) and self._indent(following) > self.open[0].indent

    def _forgotten(self, one: _Open, limit: int) -> None:
        """Report a `{` without its `}`, and add that one where the indentation says that the body ends, at most at `limit`."""
        tokens = self.tokens.tokens
        place = limit
        for index in range(one.index + 1, limit):
            if self.tokens.begins_line(index) and self._indent(index) <= one.indent and tokens[index].kind != "RBRACE":
                place = index
                break
        self.missing[place] = self.missing.get(place, 0) + 1
        brace = tokens[one.index]
        source = self.tokens.source
        end = tokens[place - 1].end
        same_line = source.line_of(brace.start) == source.line_of(end)
        text = " }" if same_line else "\n" + " " * one.indent + "}"
        what = self._what(one.index)
        self.tokens.diagnostics.append(
            Diagnostic(
                "E110",
                f"the body of {what} has no end: a `}}` is missing",
                Label(Span(source, brace.start, brace.end), "this `{` is never closed"),
                (Label(Span(source, end, end), "the body seems to end here"),),
                fix=Fix("write the `}` where the body seems to end", (Edit(Span(source, end, end), text),)),
            )
        )

    def _what(self, index: int) -> str:
        """What a body belongs to, as its line begins: `stage stem`, `add`."""
        tokens = self.tokens.tokens
        line = self.tokens.source.line_of(tokens[index].start)
        first = index
        while first and tokens[first - 1].kind not in ("LBRACE", "BRACE_BAR", "RBRACE", "BAR", "ARROW"):
            if self.tokens.source.line_of(tokens[first - 1].start) != line:
                break
            first -= 1
        if first == index:
            return "a group"
        text = self.tokens.source.text[tokens[first].start : tokens[index - 1].end]
        return f"`{text}`" if len(text) <= 40 else f"`{text[:36]}…`"

    def _indent(self, index: int) -> int:
        """How far the line of a token is indented; a tab counts as eight."""
        source = self.tokens.source
        start = source.line_starts[source.line_of(self.tokens.tokens[index].start) - 1]
        match = _WHITE.match(source.text, start)
        return len(match[0].expandtabs(8)) if match else 0

    def _apply(self) -> None:
        tokens = self.tokens.tokens
        result: list[Token] = []
        for index, token in enumerate(tokens):
            place = result[-1].end if result else 0
            result += [Token("RBRACE", place, place)] * self.missing.get(index, 0)
            if index in self.added:
                result.append(self.added[index])
            if index not in self.removed:
                result.append(token)
        tokens[:] = result
