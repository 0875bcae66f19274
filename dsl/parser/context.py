"""What the functions that build nodes share: the text, and what is found wrong while building."""

from __future__ import annotations

import re
from dataclasses import field
from typing import Any, TypeAlias

from ...base.diagnostics import Diagnostic
from ...base.records import dataclass
from ...base.source import Source, Span
from .. import ast
from ..lexer import foreign_signs
from ..lexer.braces import DEEPEST, nested_too_deep
from ..lexer.foreign_characters import meant_by
from ..lexer.scanner import Token, Tokens

# What stands on the parser's stack: tokens, nodes, tuples of nodes, None. The grammar says which, not the type checker.
Child: TypeAlias = Any


@dataclass(frozen=True, slots=True)
class Dotted:
    """`a.b.c`, until it is known what the name stands for."""

    span: Span
    parts: tuple[Token, ...]


@dataclass(frozen=True, slots=True)
class Head:
    """`block name(parameters)`."""

    span: Span
    name: ast.Name
    parameters: tuple[ast.Parameter, ...]


@dataclass(slots=True)
class Builder:
    """What every function needs besides the children, and what is found wrong while building."""

    tokens: Tokens
    source: Source = field(init=False)
    text: str = field(init=False)
    damaged: list[int] = field(init=False)
    diagnostics: list[Diagnostic] = field(default_factory=list)
    absorbed: dict[int, Span] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.source, self.text = self.tokens.source, self.tokens.text
        self.damaged = self.tokens.damaged

    def span(self, token: Token) -> Span:
        return Span(self.source, token.start, token.end)

    def word(self, token: Token) -> str:
        """The text of a token, foreign signs read as ours."""
        return meant_by(self.text[token.start : token.end])

    def operator(self, token: Token) -> str:
        """The operator of a token: the one that was meant, where another language's was written."""
        word = self.word(token)
        if token.kind == "COMPARISON" and word == "=":
            return "=="
        if token.kind == "COMPARISON" and word[0] == "i":
            return foreign_signs.COMPARING[" ".join(word.split())]
        return foreign_signs.SIGNS[word][1].strip() if word in foreign_signs.SIGNS else word

    def words(self, parts: tuple[Token, ...]) -> tuple[str, ...]:
        return tuple(self.text[part.start : part.end] for part in parts)

    def doc(self, span: Span) -> str:
        return self.tokens.docs.get(span.start, "")

    def is_damaged(self, span: Span) -> bool:
        """Whether something within the span could not be understood."""
        return any(span.start <= place < span.end for place in self.damaged)

    def whole(self, node: Child) -> Child:
        """The statement itself, or `Broken` where its meaning is not known. The innermost statement bears the damage."""
        for place in self.damaged:
            if node.span.start <= place < node.span.end and self.absorbed.setdefault(place, node.span) == node.span:
                return ast.Broken(node.span)
        return node

    def on_one_line(self, first: Span, second: Span) -> bool:
        """Whether nothing parts two statements."""
        if "\n" in self.text[first.end : second.start]:
            return False
        return not any(first.end <= place < second.start for place in self.tokens.semicolons)

    def deepen(self, span: Span, depth: int, levels: int) -> int:
        """How deep a tree is that adds `levels` to one of `depth`. One that is too deep is reported and given up."""
        if depth + levels <= DEEPEST:
            return depth + levels
        if not self.is_damaged(span):
            self.damaged.append(span.start)
            self.diagnostics.append(nested_too_deep(span))
        return 0


def label_name(text: str) -> str:
    """A text as a name: `1x1` as `step_1x1`, `my-conv` as `my_conv`."""
    name = re.sub(r"\W", "_", text).strip("_") or "step"
    return f"step_{name}" if name[:1].isdigit() else name


def present(children: list[Child]) -> tuple[Child, ...]:
    return tuple(child for child in children if child is not None)
