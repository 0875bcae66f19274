"""The one layout of `.arch` texts.

Two spaces a level, one statement a line, one path a line, spaces around `=` and operators, at most one blank line, 120
columns. Where the writer's line breaks carry meaning they stay: a body that was written on one line stays on one line
if it fits, rows of a list stay rows, a long chain stays broken before its `->`.

The layout never touches words or signs, only the white space between them, so that the meaning stays; comments stay
where they are.
"""

from __future__ import annotations

import re
from dataclasses import field
from typing import Final, TypeAlias

from . import ast
from .parser import parse
from .records import dataclass
from .source import Source
from .tokens import Token, Tokens
from .words import read_tokens

WIDTH: Final = 120

_COMMENT: Final = re.compile(r"#[^\n]*")
_ENDS_VALUE: Final = frozenset({"NAME", "NUMBER", "SIZE", "TEXT", "TRUE", "FALSE", "NONE", "RPAR", "RSQB", "IN"})
_FAR: Final = 72
"""Further right than this nothing is aligned."""


def format_source(source: Source) -> str:
    """The text in the one layout. A text with mistakes is left as it is."""
    file, diagnostics = parse(source)
    if any(row.is_error for row in diagnostics):
        return source.text
    return _Layout(read_tokens(source), _statement_starts(file)).text()


@dataclass(slots=True, eq=False)
class _Unit:
    """What stands on one line if it fits: a statement, or a path with its first statement. `first` is its first token."""

    first: int
    elements: list[_Element] = field(default_factory=list)


@dataclass(slots=True, eq=False)
class _Body:
    """`{ … }`: the tokens of its braces and what stands between."""

    first: int
    last: int = -1
    units: list[_Unit] = field(default_factory=list)


_Element: TypeAlias = "int | _Body"


@dataclass(frozen=True, slots=True)
class _Gap:
    """What stands before a token: comments (text, on a line of its own, after a blank line), a line break, a blank line."""

    comments: tuple[tuple[str, bool, bool], ...]
    line_break: bool
    blank: bool


def _statement_starts(file: ast.File) -> frozenset[int]:
    """Where statements begin. An `if` after `else` begins none."""
    starts: set[int] = set()
    waiting: list[object] = list(file.items)
    starts.update(item.span.start for item in file.items)
    while waiting:
        node = waiting.pop()
        inside: list[ast.Statement] = []
        if isinstance(node, ast.Chain):
            waiting += [step.action for step in node.steps]
        elif isinstance(node, ast.Merge):
            waiting += node.paths
        elif isinstance(node, ast.If):
            inside += node.body
            for other in node.otherwise:
                if isinstance(other, ast.If) and _follows_else(other):
                    waiting.append(other)
                else:
                    inside.append(other)
        elif isinstance(node, (ast.Group, ast.Path, ast.Stage, ast.Aux, ast.Repeat, ast.For, ast.Block, ast.Network)):
            inside += node.body
        starts.update(one.span.start for one in inside)
        waiting += inside
    return frozenset(starts)


def _follows_else(node: ast.If) -> bool:
    return node.span.source.text[: node.span.start].rstrip().endswith("else")


class _Layout:
    def __init__(self, tokens: Tokens, starts: frozenset[int]) -> None:
        self.source = tokens.text
        self.tokens = _whole_texts(tokens.tokens)
        self.starts = starts
        self.gaps = [self._gap(index) for index in range(len(self.tokens))]
        self.open_brackets = self._broken_brackets()

    def text(self) -> str:
        lines: list[str] = []
        end = len(self.tokens) - 1
        previous_long = False
        for unit in self._items():
            rendered = self._unit(unit, 0)
            long = len(rendered) > 1 and self.tokens[unit.first].kind in ("BLOCK", "NETWORK")
            before = self._comments(unit.first, 0)
            if lines and (long or previous_long or self._blank_before(unit.first)) and (before or rendered)[0]:
                lines.append("")
            lines += before + rendered
            previous_long = long
        rest = self._comments(end, 0)
        if rest and lines and self._blank_before(end):
            lines.append("")
        lines += rest
        return "".join(f"{line.rstrip()}\n" for line in lines)

    # --------------------------------------------------------------------------------------------- structure

    def _gap(self, index: int) -> _Gap:
        start = self.tokens[index - 1].end if index else 0
        text = self.source[start : self.tokens[index].start]
        comments: list[tuple[str, bool, bool]] = []
        position = 0
        for match in _COMMENT.finditer(text):
            white = text[position : match.start()]
            own = "\n" in white or (index == 0 and not comments)
            comments.append((_comment(match[0]), own, white.count("\n") > 1 and (index > 0 or bool(comments))))
            position = match.end()
        return _Gap(tuple(comments), "\n" in text, text[position:].count("\n") > 1)

    def _items(self) -> list[_Unit]:
        """The file's items, with bodies in bodies."""
        top = _Body(0)
        bodies = [top]
        pathed = [True]  # whether the path that is being read has a statement yet
        for index, token in enumerate(self.tokens[:-1]):
            body = bodies[-1]
            if token.kind == "RBRACE":
                body.last = index
                bodies.pop()
                pathed.pop()
                continue
            if token.kind == "BAR":
                body.units.append(_Unit(index))
                pathed[-1] = False
            elif token.start in self.starts:
                if pathed[-1]:
                    body.units.append(_Unit(index))
                pathed[-1] = True
            unit = body.units[-1]
            if token.kind in ("LBRACE", "BRACE_BAR"):
                inner = _Body(index)
                unit.elements.append(inner)
                bodies.append(inner)
                pathed.append(True)
            else:
                unit.elements.append(index)
        return top.units

    def _broken_brackets(self) -> frozenset[int]:
        """Parentheses and brackets with a line break behind the opening one: both of each pair."""
        waiting: list[int] = []
        broken: set[int] = set()
        for index, token in enumerate(self.tokens):
            if token.kind in ("LPAR", "LSQB"):
                waiting.append(index)
            elif token.kind in ("RPAR", "RSQB"):
                opening = waiting.pop()
                if self.gaps[opening + 1].line_break and opening + 1 != index:
                    broken |= {opening, index}
        return frozenset(broken)

    def _breaks(self, index: int, unit: _Unit) -> bool:
        """Whether the writer's line break before a token stays, or a comment makes one."""
        if index == unit.first:
            return False
        before, token = self.tokens[index - 1], self.tokens[index]
        if self.gaps[index].comments or (index - 1 in self.open_brackets and before.kind in ("LPAR", "LSQB")):
            return True
        if index in self.open_brackets and token.kind in ("RPAR", "RSQB"):
            return True
        if token.kind == "ARROW":
            following = self.gaps[index + 1]
            return (self.gaps[index].line_break or (following.line_break and not following.comments)) and before.kind != "RBRACE"
        if not self.gaps[index].line_break:
            return False
        return before.kind == "COMMA" or (before.kind == "EQUAL" and self.tokens[unit.first].kind == "NETWORK" and self._at_level(unit, index))

    def _at_level(self, unit: _Unit, index: int) -> bool:
        """Whether no bracket is open before a token of a unit."""
        kinds = [token.kind for token in self.tokens[unit.first : index]]
        return sum(kinds.count(kind) for kind in ("LPAR", "LSQB")) == sum(kinds.count(kind) for kind in ("RPAR", "RSQB"))

    def _is_broken(self, body: _Body) -> bool:
        """Whether a body was written on several lines, or holds a comment."""
        edges = [body.first + 1, *(unit.first for unit in body.units), body.last]
        if any(self.gaps[index].line_break or self.gaps[index].comments for index in edges):
            return True
        return any(self._is_multiline(unit) for unit in body.units)

    def _is_multiline(self, unit: _Unit) -> bool:
        for element in unit.elements:
            if isinstance(element, _Body):
                commented = element.first != unit.first and self.gaps[element.first].comments
                if commented or self._is_broken(element):
                    return True
            elif self._breaks(element, unit):
                return True
        return False

    # ---------------------------------------------------------------------------------------------- lines

    def _blank_before(self, index: int) -> bool:
        gap = self.gaps[index]
        own = [comment for comment in gap.comments if comment[1]]
        return own[0][2] if own else gap.blank

    def _comments(self, index: int, indent: int) -> list[str]:
        """The comments on lines of their own before a token, and the blank lines between them."""
        lines: list[str] = []
        gap = self.gaps[index]
        for text, own, blank in gap.comments:
            if own:
                if blank and lines:
                    lines.append("")
                lines.append(" " * indent + text)
        if lines and gap.blank and self.tokens[index].kind not in ("RBRACE", "$END"):
            lines.append("")
        return lines

    def _trailing(self, index: int) -> str:
        """The comment behind the token before `index`, on its line."""
        comments = self.gaps[index].comments
        return f"  {comments[0][0]}" if comments and not comments[0][1] else ""

    def _unit(self, unit: _Unit, indent: int) -> list[str]:
        """The lines of a statement or path."""
        following = self._next_token(unit)
        if not self._is_multiline(unit):
            flat = " " * indent + self._flat(unit)
            if len(flat) <= WIDTH:
                return [flat + self._trailing(following)]
        writer = _Writer(self, unit, indent)
        writer.write()
        writer.lines[-1] += self._trailing(following)
        return writer.lines

    def _next_token(self, unit: _Unit) -> int:
        last = unit.elements[-1]
        return (last.last if isinstance(last, _Body) else last) + 1

    def body_lines(self, body: _Body, indent: int) -> list[str]:
        """The lines between the braces of a body."""
        lines: list[str] = []
        merge = self.tokens[body.first].kind == "BRACE_BAR"
        for unit in body.units:
            inside_path = merge and self.tokens[unit.first].kind != "BAR"
            level = indent + 2 if inside_path else indent
            if lines and self._blank_before(unit.first):
                lines.append("")
            lines += self._comments(unit.first, level) + self._unit(unit, level)
        rest = self._comments(body.last, indent)
        if rest and lines and self._blank_before(body.last):
            lines.append("")
        return lines + rest

    def _flat(self, unit: _Unit) -> str:
        text = ""
        for element in unit.elements:
            if isinstance(element, _Body):
                text += (" " if text else "") + self.flat_body(element)
            else:
                text += self.space(element, unit) + self.word(element)
        return text

    def flat_body(self, body: _Body) -> str:
        inside = " ".join(self._flat(unit) for unit in body.units)
        return f"{{ {inside} }}" if inside else "{ }"

    def is_broken(self, body: _Body) -> bool:
        return self._is_broken(body)

    def breaks(self, index: int, unit: _Unit) -> bool:
        return self._breaks(index, unit)

    def own_comments(self, index: int, indent: int) -> list[str]:
        return self._comments(index, indent)

    def trailing(self, index: int) -> str:
        return self._trailing(index)

    def word(self, index: int) -> str:
        return self.source[self.tokens[index].start : self.tokens[index].end]

    def space(self, index: int, unit: _Unit) -> str:
        """The space before a token on one line."""
        if index == unit.first:
            return ""
        before, kind = self.tokens[index - 1].kind, self.tokens[index].kind
        if before in ("LPAR", "LSQB", "DOT") or kind in ("RPAR", "RSQB", "COMMA", "COLON", "DOT"):
            return ""
        if kind in ("LPAR", "LSQB") and before in ("NAME", "RPAR", "RSQB"):
            return ""
        if before == "MINUS" and self.tokens[index - 2].kind not in _ENDS_VALUE:
            return ""
        return " "


class _Writer:
    """Writes one unit on several lines."""

    def __init__(self, layout: _Layout, unit: _Unit, indent: int) -> None:
        self.layout = layout
        self.unit = unit
        self.indent = indent
        # What belongs to a path stands behind its bar.
        self.base = indent + 2 if layout.tokens[unit.first].kind == "BAR" else indent
        self.lines: list[str] = []
        self.line = " " * indent
        self.columns: list[int] = []  # where to go on within each open bracket
        # With an `else`, either all bodies are on one line or none is.
        self.alternatives = any(
            not isinstance(element, _Body) and layout.tokens[element].kind == "ELSE" and not self._is_value(place)
            for place, element in enumerate(unit.elements)
        )

    def _is_value(self, place: int) -> bool:
        """Whether an `else` is that of a value: `1 if c else 2`."""
        return not isinstance(self.unit.elements[place - 1], _Body)

    def write(self) -> None:
        elements = self.unit.elements
        for place, element in enumerate(elements):
            if isinstance(element, _Body):
                self._body(element, elements[place + 1 :])
            else:
                self._token(element, elements[place + 1 :])
        self.lines.append(self.line)

    def _break(self, column: int) -> None:
        self.lines.append(self.line)
        self.line = " " * column

    def _column(self) -> int:
        """Where a line that goes on begins."""
        return self.columns[-1] if self.columns else self.base + 2

    def _token(self, index: int, rest: list[_Element]) -> None:
        layout, token = self.layout, self.layout.tokens[index]
        if token.kind in ("RPAR", "RSQB"):
            self.columns.pop()
        if layout.breaks(index, self.unit):
            self.line += layout.trailing(index)
            closing = token.kind in ("RPAR", "RSQB") and index in layout.open_brackets
            column = self._closing_column() if closing else self._column()
            self.lines.append(self.line)
            self.lines += [line for line in layout.own_comments(index, column) if line]
            self.line = " " * column
        else:
            space = layout.space(index, self.unit)
            may_break = token.kind == "ARROW" or layout.tokens[index - 1].kind == "COMMA"
            if may_break and self.line.strip() and len(self.line) + len(space) + self._length(index, rest) > WIDTH:
                self._break(self._column())
            else:
                self.line += space if self.line.strip() else ""
        self.line += layout.word(index)
        if token.kind in ("LPAR", "LSQB"):
            broken = index in layout.open_brackets
            aligned = len(self.line) if len(self.line) <= _FAR else self.base + 4
            self.columns.append(self._closing_column() + 2 if broken else aligned)

    def _closing_column(self) -> int:
        return self.columns[-1] if self.columns else self.base

    def _length(self, index: int, rest: list[_Element]) -> int:
        """How much there is up to the next place for a break that is no deeper in brackets than this one."""
        length = len(self.layout.word(index))
        depth = int(self.layout.tokens[index].kind in ("LPAR", "LSQB"))
        for element in rest:
            if isinstance(element, _Body):
                return length + len(" {")
            kind = self.layout.tokens[element].kind
            if kind == "ARROW" or self.layout.breaks(element, self.unit):
                break
            length += len(self.layout.space(element, self.unit)) + len(self.layout.word(element))
            depth += (kind in ("LPAR", "LSQB")) - (kind in ("RPAR", "RSQB"))
            if kind == "COMMA" and depth <= 0:
                break
        return length

    def _body(self, body: _Body, rest: list[_Element]) -> None:
        layout = self.layout
        if body.first != self.unit.first and layout.gaps[body.first].comments:
            self.line += layout.trailing(body.first)
            self.lines.append(self.line)
            self.lines += [line for line in layout.own_comments(body.first, self.base) if line]
            self.line = " " * self.base
        if not self.alternatives and not layout.is_broken(body):
            flat = layout.flat_body(body)
            if len(self.line) + 1 + len(flat) <= WIDTH:
                self.line += (" " if self.line.strip() else "") + flat
                return
        self.line += (" " if self.line.strip() else "") + "{" + layout.trailing(body.first + 1)
        self.lines.append(self.line)
        self.lines += layout.body_lines(body, self.base + 2)
        self.line = " " * self.base + "}"


def _whole_texts(tokens: list[Token]) -> list[Token]:
    """The tokens with each text in one piece."""
    result: list[Token] = []
    start = -1
    for token in tokens:
        if token.kind == "TEXT_START":
            start = token.start
        elif token.kind == "TEXT_END":
            result.append(Token("TEXT", start, token.end))
            start = -1
        elif start < 0:
            result.append(token)
    return result


def _comment(text: str) -> str:
    """`#note` with a space, as `# note`."""
    signs = len(text) - len(text.lstrip("#"))
    rest = text[signs:].rstrip()
    return text[:signs] + (" " if rest[:1].isalnum() else "") + rest
