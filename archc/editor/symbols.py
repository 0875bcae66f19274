"""What names of a text stand for, by the text alone: it works for half-written files too."""

from __future__ import annotations

import re
from bisect import bisect_right
from dataclasses import field
from functools import cached_property
from typing import Literal, TypeAlias

from ..base.records import dataclass
from ..base.source import Source, Span
from ..dsl import ast

Kind: TypeAlias = Literal[
    "network",
    "block",
    "parameter",
    "let",
    "round",  # the variable of a loop
    "label",
    "input",
    "import",  # a file by the name under which it is known
    "imported",  # a name of another file
    "member",  # a label inside what another label stands for
    "argument",  # the name of an argument: a parameter of what is called
    "operation",
    "function",
    "word",
    "axis",
    "unknown",
]


Template: TypeAlias = "ast.Block | ast.Network | ast.Operation"
"""What has a name, parameters and a body: an operation of one's own too."""


@dataclass(slots=True, eq=False)
class Symbol:
    """Something with a name. `span` is where the name is given (None: it is of the language, or in another file).

    `module` is the file that it comes from, with `name` in it; `of` is what has it: the block of a parameter, what an argument is given to, the
    label of a member. `plain`: its name may be written anew.
    """

    kind: Kind
    name: str
    span: Span | None = None
    node: ast.Node | None = None
    of: Symbol | None = None
    module: tuple[str, ...] = ()
    plain: bool = True
    labels: Labels = field(default_factory=lambda: Labels())  # those inside


class Labels(dict[str, Symbol]):
    """The labels of one level, by their names as they are written. A file may have thousands, and each use of a name looks among them."""

    def __init__(self) -> None:
        super().__init__()
        self._patterns: dict[str, tuple[re.Pattern[str], Symbol]] = {}
        self._by_node: dict[int, Symbol] = {}

    def add(self, name: str, symbol: Symbol) -> None:
        """The first one of a name counts."""
        if name in self:
            return
        self[name] = symbol
        self._by_node[id(symbol.node)] = symbol
        first = name.split(".")[0]
        if first != name or "{" in name:
            pieces = re.split(r"\{[^{}]*\}", first)
            if first not in self._patterns:
                self._patterns[first] = re.compile(".+".join(map(re.escape, pieces))), symbol

    def of(self, node: ast.Node) -> Symbol | None:
        """The label of a step, a stage or a side head."""
        return self._by_node.get(id(node))

    def meant(self, word: str) -> Symbol | None:
        """The label that a word means: of its name, of a dotted one the first part (`branches` of `"branches.{i}"`), or one that is worked out (`"p{i}"`)."""
        if word in self:
            return self[word]
        return next((symbol for pattern, symbol in self._patterns.values() if pattern.fullmatch(word)), None)


@dataclass(frozen=True, slots=True, eq=False)
class Use:
    """A place where a name stands."""

    span: Span
    symbol: Symbol
    is_definition: bool = False


@dataclass(eq=False)
class Index:
    """All names of one text. `items` are what the file itself defines or imports."""

    source: Source
    file: ast.File
    items: dict[str, Symbol] = field(default_factory=dict)
    symbols: list[Symbol] = field(default_factory=list)
    uses: list[Use] = field(default_factory=list)

    @cached_property
    def _in_order(self) -> tuple[list[Use], list[int]]:
        rows = sorted(self.uses, key=lambda use: use.span.start)
        return rows, [use.span.start for use in rows]

    def at(self, offset: int) -> Use | None:
        """The name at a place, or right before it."""
        rows, starts = self._in_order
        number = bisect_right(starts, offset) - 1
        return rows[number] if number >= 0 and rows[number].span.end >= offset else None

    def owner(self, offset: int) -> Symbol | None:
        """The block or network around a place."""
        for symbol in self.items.values():
            node = symbol.node
            if isinstance(node, ast.Block | ast.Network | ast.Operation) and node.span.start <= offset <= node.span.end:
                return symbol
        return None

    def owned(self, owner: Symbol | None) -> list[Symbol]:
        """The names inside a block or network."""
        return [symbol for symbol in self.symbols if symbol.of is owner and symbol is not owner] if owner is not None else []


def nodes_at(file: ast.File, offset: int) -> list[ast.Node]:
    """The nodes around a place, the outermost first."""
    found: list[ast.Node] = []
    waiting: list[ast.Node] = list(file.items)
    while waiting:
        node = waiting.pop()
        span = getattr(node, "span", None)
        if isinstance(span, Span) and span.start <= offset <= span.end and not _ends_before(span, offset, waiting):
            found.append(node)
            waiting = list(ast.children(node))
    return found


def _ends_before(span: Span, offset: int, others: list[ast.Node]) -> bool:
    """Whether a node ends where another begins, which is then the one that is meant."""
    if span.end != offset:
        return False
    return any(getattr(other, "span", span).start == offset for other in others)
