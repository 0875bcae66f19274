"""A text in the parts that the layout arranges: statements, paths and bodies, as tokens with what stands between them."""

from __future__ import annotations

import re
from dataclasses import field
from typing import Final, TypeAlias

from ...base.records import dataclass
from .. import ast
from ..lexer.scanner import Token, Tokens

_COMMENT: Final = re.compile(r"#[^\n]*")
_ENDS_VALUE: Final = frozenset({"NAME", "NUMBER", "SIZE", "TEXT", "TRUE", "FALSE", "NONE", "RPAR", "RSQB", "IN"})


@dataclass(slots=True, eq=False)
class Unit:
    """What stands on one line if it fits: a statement, or a path with its first statement. `first` is its first token."""

    first: int
    elements: list[Element] = field(default_factory=list)


@dataclass(slots=True, eq=False)
class Body:
    """`{ … }`: the tokens of its braces and what stands between."""

    first: int
    last: int = -1
    units: list[Unit] = field(default_factory=list)


Element: TypeAlias = "int | Body"


@dataclass(frozen=True, slots=True)
class Gap:
    """What stands before a token: comments (text, on a line of its own, after a blank line), a line break, a blank line."""

    comments: tuple[tuple[str, bool, bool], ...]
    line_break: bool
    blank: bool


def _statement_starts(file: ast.File) -> frozenset[int]:
    """Where statements begin. An `if` after `else` begins none."""
    starts: set[int] = set()
    for node in ast.walk(file):
        if isinstance(node, ast.File):
            starts.update(item.span.start for item in (node.edition, *node.items) if item)
        elif isinstance(node, ast.If):
            rows = [row for row in node.otherwise if not (isinstance(row, ast.If) and _follows_else(row))]
            starts.update(row.span.start for row in (*node.body, *rows))
        elif isinstance(node, ast.Group | ast.Path | ast.Stage | ast.Aux | ast.Repeat | ast.For | ast.Block | ast.Network | ast.Operation):
            starts.update(row.span.start for row in node.body)
    return frozenset(starts)


def _follows_else(node: ast.If) -> bool:
    return node.span.source.text[: node.span.start].rstrip().endswith("else")


class Parts:
    """The tokens of a text, each text in one piece, and how they go together."""

    def __init__(self, tokens: Tokens, file: ast.File) -> None:
        self.source = tokens.text
        self.tokens = _whole_texts(tokens.tokens)
        self.starts = _statement_starts(file)
        self.rules = frozenset(node.name.span.start for node in ast.walk(file) if isinstance(node, ast.Rule))
        self.keys = frozenset(node.key.span.start for node in ast.walk(file) if isinstance(node, ast.Tensor))
        self.gaps = [self._gap(index) for index in range(len(self.tokens))]
        self.open_brackets = self._broken_brackets()

    def _gap(self, index: int) -> Gap:
        start = self.tokens[index - 1].end if index else 0
        text = self.source[start : self.tokens[index].start]
        comments: list[tuple[str, bool, bool]] = []
        position = 0
        for match in _COMMENT.finditer(text):
            white = text[position : match.start()]
            own = "\n" in white or (index == 0 and not comments)
            comments.append((_comment(match[0]), own, white.count("\n") > 1 and (index > 0 or bool(comments))))
            position = match.end()
        return Gap(tuple(comments), "\n" in text, text[position:].count("\n") > 1)

    def items(self) -> list[Unit]:
        """The file's items, with bodies in bodies."""
        top = Body(0)
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
                body.units.append(Unit(index))
                pathed[-1] = False
            elif token.start in self.starts:
                if pathed[-1]:
                    body.units.append(Unit(index))
                pathed[-1] = True
            unit = body.units[-1]
            if token.kind in ("LBRACE", "BRACE_BAR"):
                inner = Body(index)
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

    def breaks(self, index: int, unit: Unit) -> bool:
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
        return before.kind == "COMMA" or (
            before.kind == "EQUAL" and self.tokens[unit.first].kind == "NETWORK" and self._at_level(unit, index)
        )

    def _at_level(self, unit: Unit, index: int) -> bool:
        """Whether no bracket is open before a token of a unit."""
        kinds = [token.kind for token in self.tokens[unit.first : index]]
        return sum(kinds.count(kind) for kind in ("LPAR", "LSQB")) == sum(kinds.count(kind) for kind in ("RPAR", "RSQB"))

    def is_broken(self, body: Body) -> bool:
        """Whether a body was written on several lines, or holds a comment."""
        edges = [body.first + 1, *(unit.first for unit in body.units), body.last]
        if any(self.gaps[index].line_break or self.gaps[index].comments for index in edges):
            return True
        return any(self.is_multiline(unit) for unit in body.units)

    def is_multiline(self, unit: Unit) -> bool:
        for element in unit.elements:
            if isinstance(element, Body):
                commented = element.first != unit.first and self.gaps[element.first].comments
                if commented or self.is_broken(element):
                    return True
            elif self.breaks(element, unit):
                return True
        return False

    # ------------------------------------------------------------------------------------------------- one line

    def flat(self, unit: Unit) -> str:
        text = ""
        for element in unit.elements:
            if isinstance(element, Body):
                text += (" " if text else "") + self.flat_body(element)
            else:
                text += self.space(element, unit) + self.word(element)
        return text

    def flat_body(self, body: Body) -> str:
        inside = " ".join(self.flat(unit) for unit in body.units)
        return f"{{ {inside} }}" if inside else "{ }"

    def word(self, index: int) -> str:
        return self.source[self.tokens[index].start : self.tokens[index].end]

    def space(self, index: int, unit: Unit) -> str:
        """The space before a token on one line."""
        if index == unit.first:
            return ""
        before, kind = self.tokens[index - 1].kind, self.tokens[index].kind
        if kind == "DOT" and before in ("NUMBER", "SIZE"):
            return " "  # `255 .a` is a number and a dot; `255.a` would be a number that is wrong
        if before in ("LPAR", "LSQB", "DOT") or kind in ("RPAR", "RSQB", "COMMA", "COLON", "DOT"):
            return ""
        if kind in ("LPAR", "LSQB") and before in ("NAME", "RPAR", "RSQB") and self.tokens[index - 1].start not in self.rules:
            return ""
        if kind == "LSQB" and (before == "TEXT" or self.tokens[index - 1].start in self.keys):
            return ""  # `"0.weight"[64]`, as `conv.weight[64]`; `skip("a.b"[0])`
        if before == "MINUS" and self.tokens[index - 2].kind not in _ENDS_VALUE:
            return ""
        return " "


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
