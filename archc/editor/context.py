"""Where in a half-written text the cursor stands: by its signs alone, for no tree holds what is not finished."""

from __future__ import annotations

import re
from itertools import pairwise
from typing import Literal, TypeAlias

from ..base.records import dataclass
from ..base.source import Source
from ..dsl.lexer.keywords import read_tokens
from ..dsl.lexer.scanner import Token

Wanted: TypeAlias = Literal["nothing", "item", "file", "imported", "step", "member", "argument", "value"]
"""What may come next: an item of the file, a file to import, a name of one, a step, what stands behind a dot, an argument, a value."""


@dataclass(frozen=True, slots=True)
class Call:
    """The call that the cursor is in: the name called, the number of the argument, its name where one is given, and all names given."""

    path: str
    offset: int  # where the name ends
    number: int
    name: str = ""
    given: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Context:
    """`start` is where the begun word begins. `before` is what stands before a dot, or the file that names are imported from."""

    wanted: Wanted
    start: int
    before: str = ""
    call: Call | None = None


_OPENS = {"LPAR": "RPAR", "LSQB": "RSQB", "LBRACE": "RBRACE", "BRACE_BAR": "RBRACE", "HOLE_START": "HOLE_END"}
_CLOSES = frozenset(_OPENS.values())
_TEXTS = ("TEXT", "TEXT_PIECE")
_VALUES_FOLLOW = frozenset(
    (
        "EQUAL",
        "COMPARISON",
        "PLUS",
        "MINUS",
        "STAR",
        "SLASH",
        "IF",
        "VALUE_IF",
        "ELSE",
        "AND",
        "OR",
        "NOT",
        "IN",
        "REPEAT",
        "REQUIRE",
        "COMMA",
    )
)
_DOTTED = re.compile(r"[A-Za-z_][\w.]*\Z")


def context_at(source: Source, offset: int) -> Context:
    """What the text before the cursor asks for."""
    offset = max(0, min(offset, len(source.text)))
    text = source.text[:offset]
    start = len(text)
    while start and (text[start - 1].isalnum() or text[start - 1] == "_"):
        start -= 1
    line = text[text.rfind("\n", 0, start) + 1 :]
    if text[start : start + 1].isdigit():
        return Context("nothing", start)
    imported = re.match(r"\s*from\s+([\w.]+)\s+import\s+(?:\w+\s*,\s*)*\w*\Z", line)
    if imported:
        return Context("imported", start, imported[1])
    if re.match(r"\s*(?:import|from)\s+[\w.]*\Z", line):
        return Context("file", start)
    if re.match(r"\s*from\s+[\w.]+\s+\w*\Z", line):
        return Context("nothing", start)
    tokens = [token for token in read_tokens(source).tokens if token.end <= start and token.kind != "$END"]
    if _is_hidden(source, tokens, start):
        return Context("nothing", start)
    dotted = _DOTTED.search(text[:start])
    if dotted and text[start - 1] == ".":
        return Context("member", start, dotted[0][:-1])
    opened = _opened(tokens)
    call = _call(source, tokens, opened)
    last = tokens[-1].kind if tokens else ""
    if not opened:
        new_line = not tokens or "\n" in source.text[tokens[-1].end : start]
        return Context("value" if last in _VALUES_FOLLOW and not new_line else "item", start)
    if call is not None:
        return Context("argument", start, call=call)
    if tokens[opened[-1]].kind in ("LSQB", "LPAR", "HOLE_START"):
        return Context("value", start)
    if last in ("ARROW", "BAR", "BRACE_BAR", "LBRACE", "COLON") or "\n" in source.text[tokens[-1].end : start]:
        return Context("step", start)
    return Context("value" if last in _VALUES_FOLLOW else "step", start)


def call_at(source: Source, offset: int) -> Call | None:
    """The call whose parentheses the cursor is in."""
    tokens = [token for token in read_tokens(source).tokens if token.end <= offset and token.kind != "$END"]
    opened = _opened(tokens)
    while opened:
        call = _call(source, tokens, opened)
        if call is not None:
            return call
        if tokens[opened.pop()].kind in ("LBRACE", "BRACE_BAR"):
            return None
    return None


def _is_hidden(source: Source, tokens: list[Token], offset: int) -> bool:
    """Whether the place is in a comment or in a text."""
    line = source.text.rfind("\n", 0, offset) + 1
    done = max((token.end for token in tokens), default=0)
    if "#" in source.text[max(line, done) : offset]:
        return True
    covering = next((token for token in read_tokens(source).tokens if token.start < offset < token.end), None)
    return covering is not None and covering.kind in (*_TEXTS, "TEXT_START", "TEXT_END")


def _opened(tokens: list[Token]) -> list[int]:
    """The brackets that are open, by their indices."""
    opened: list[int] = []
    for index, token in enumerate(tokens):
        if token.kind in _OPENS:
            opened.append(index)
        elif token.kind in _CLOSES and opened:
            # A bracket that is missing is closed by the next one that fits.
            while opened and _OPENS[tokens[opened[-1]].kind] != token.kind:
                opened.pop()
            if opened:
                opened.pop()
    return opened


def _call(source: Source, tokens: list[Token], opened: list[int]) -> Call | None:
    if not opened or tokens[opened[-1]].kind != "LPAR" or not opened[-1] or tokens[opened[-1] - 1].kind != "NAME":
        return None
    begin = opened[-1]
    name = _DOTTED.search(source.text[: tokens[begin - 1].end])
    inside = tokens[begin + 1 :]
    commas = _outer(inside)
    given = tuple(source.text[one.start : one.end] for one, two in pairwise(inside) if one.kind == "NAME" and two.kind == "EQUAL")
    current = inside[commas[-1] + 1 :] if commas else inside
    named = len(current) > 1 and current[0].kind == "NAME" and current[1].kind == "EQUAL"
    own = source.text[current[0].start : current[0].end] if named else ""
    return Call(name[0] if name else "", tokens[begin - 1].end, len(commas), own, given)


def _outer(tokens: list[Token]) -> list[int]:
    """The commas that stand in no further bracket."""
    depth, found = 0, []
    for index, token in enumerate(tokens):
        depth += (token.kind in _OPENS) - (token.kind in _CLOSES)
        if token.kind == "COMMA" and not depth:
            found.append(index)
    return found
