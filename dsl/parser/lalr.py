"""The parser's engine: it runs the tables that Lark made of `arch.lark`.

A plain LALR(1) machine with a stack of its own, so that nothing recurses, however deep a text nests. It stops at the
first token that fits nowhere; it can be wound back to the start of a statement and asked how far other tokens would
get, which is what `recover.py` needs to go on.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import field
from typing import TYPE_CHECKING, Any, Final, TypeAlias

from ...base.records import dataclass
from ...base.source import Span
from ...grammar import TABLES
from ..lexer.scanner import Token

if TYPE_CHECKING:
    from .context import Builder

# What builds a node: from the children and the place of the node's text.
Make: TypeAlias = "Callable[[Builder, list[Any], Span], object]"


@dataclass(frozen=True, slots=True)
class Rule:
    """A rule of the grammar. `keep` are the children: see `grammar/generate.py`."""

    left: int
    length: int
    build: str
    keep: tuple[int, ...]


def _rows(rows: Sequence[Sequence[int]]) -> list[dict[int, int]]:
    return [dict(zip(row[::2], row[1::2], strict=True)) for row in rows]


_TERMINALS: Final = TABLES["terminals"]
ACTIONS: Final = [{_TERMINALS[key]: action for key, action in row.items()} for row in _rows(TABLES["states"])]
GOTOS: Final = _rows(TABLES["gotos"])
RULES: Final = [Rule(left, length, build, tuple(keep)) for left, length, build, keep in TABLES["rules"]]

# (state below, state on top, kind of the next token) -> the state on top after all rules that leave no trace.
_SHORTCUTS: Final[dict[tuple[int, int, str], int]] = {}


def _through(below: int, top: int, kind: str) -> int:
    """The state on top once the rules of one symbol that leave no trace have been applied."""
    while (action := ACTIONS[top].get(kind, 0)) < 0:
        rule = RULES[-action - 1]
        if rule.length != 1 or rule.build != "=":
            break
        top = GOTOS[below][rule.left]
    return top


# What makes the tree deeper by one, and what does so once for each of its signs.
_DEEPER: Final = frozenset({"group", "merge", "stage", "aux", "repeat", "for", "if", "call", "list", "parenthesis", "index", "attribute"})
_CHAINS: Final = frozenset({"binary", "comparisons", "dotted", "unary", "conditional"})


@dataclass(slots=True)
class Machine:
    """The state of one parse: for each symbol on the stack its state and value, how deep that is, and its place.

    The place is the index of the token with which it begins (`marks`) and the offset at which it ends.
    """

    makers: Mapping[str, Make]
    builder: Builder
    start: str
    states: list[int] = field(default_factory=list)
    values: list[Any] = field(default_factory=list)
    marks: list[int] = field(default_factory=list)
    ends: list[int] = field(default_factory=list)
    depths: list[int] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.states.append(TABLES["starts"][self.start][0])

    @property
    def value(self) -> Any:
        """What was built of the whole text."""
        return self.values[-1]

    def run(self, tokens: list[Token], position: int) -> int:
        """Take tokens from `position` on; the index of the first one that does not fit, or -1 when all is read."""
        states, values, marks, ends, depths = self.states, self.values, self.marks, self.ends, self.depths
        actions, gotos, rules, shortcuts = ACTIONS, GOTOS, RULES, _SHORTCUTS
        last = TABLES["starts"][self.start][1]
        while True:
            token = tokens[position]
            kind = token.kind
            while (action := actions[states[-1]].get(kind, 0)) < 0:
                rule = rules[-action - 1]
                length = rule.length
                if length == 1 and rule.build == "=":
                    # A value goes through a dozen rules that leave no trace; the way is always the same, so it is kept.
                    below, top = states[-2], states[-1]
                    shortcut = shortcuts.get((below, top, kind))
                    if shortcut is None:
                        shortcut = shortcuts[below, top, kind] = _through(below, top, kind)
                    states[-1] = shortcut
                    continue
                if length:
                    mark, end, depth = marks[-length], ends[-1], max(depths[-length:])
                    children = values[-length:]
                    del states[-length:], values[-length:], marks[-length:], ends[-length:], depths[-length:]
                    self._push(rule, children, mark, tokens[mark].start, end, depth)
                else:
                    end = ends[-1] if ends else 0
                    self._push(rule, [], position, end, end, 0)
                states.append(gotos[states[-1]][rule.left])
            if not action:
                return -1 if kind == "$END" and states[-1] == last else position
            states.append(action - 1)
            values.append(token)
            marks.append(position)
            ends.append(token.end)
            depths.append(0)
            position += 1

    def _push(self, rule: Rule, children: list[Any], mark: int, start: int, end: int, depth: int) -> None:
        """Put what a rule builds of its children on the stack."""
        kept: list[Any] = []
        for index in rule.keep:
            if index >= 0:
                kept.append(children[index])
            elif index == -1:
                kept.append(None)
            elif rule.build or kept:
                kept.extend(children[-2 - index])
            else:
                kept = children[-2 - index]  # a repetition grows in place, so that a long one takes linear time
        build = rule.build
        if build:
            span = Span(self.builder.source, start, end)
            if build in _DEEPER:
                depth = self.builder.deepen(span, depth, 1)
            elif build in _CHAINS:
                depth = self.builder.deepen(span, depth, len(kept) // 2)
        self.values.append((kept[0] if build == "=" else self.makers[build](self.builder, kept, span)) if build else kept)
        self.marks.append(mark)
        self.ends.append(end)
        self.depths.append(depth)

    # ------------------------------------------------------------------------------------------- after a mistake

    def statement_start(self, position: int) -> int:
        """The index of the token with which the innermost statement, block or network around `position` begins; -1 for none."""
        for height in range(len(self.marks), -1, -1):
            if self.takes("BROKEN", height):
                return self.marks[height] if height < len(self.marks) else position
        return -1

    def height_before(self, position: int) -> int:
        """How many symbols stand before the token at `position`, with which a statement, block or network begins."""
        height = len(self.marks)
        if height and self.marks[-1] < position and self.fits("BROKEN"):
            return height  # a statement is complete, and its end was not built yet
        while height and not (self.marks[height - 1] < position and self.takes("BROKEN", height)):
            height -= 1
        return height

    def wind_back(self, tokens: Sequence[Token], position: int) -> None:
        """Forget everything from the token at `position` on, with which a statement, block or network begins."""
        height = self.height_before(position)
        del self.states[height + 1 :], self.values[height:], self.marks[height:], self.ends[height:], self.depths[height:]
        if height and isinstance(self.values[-1], list):  # statements that were complete, in a list that goes on
            done, offset = self.values[-1], tokens[position].start
            while len(done) > 1 and done[-1].span.start >= offset:
                done.pop()
            self.ends[-1] = done[-1].span.end

    def restart(self) -> None:
        """Forget everything."""
        del self.states[1:], self.values[:], self.marks[:], self.ends[:], self.depths[:]

    def takes(self, kind: str, height: int) -> bool:
        """Whether a token of this kind may follow the lowest `height` symbols."""
        return ACTIONS[self.states[height]].get(kind, 0) > 0

    def reach(self, tokens: Sequence[Token], most: int, height: int | None = None) -> int:
        """How many of the tokens would fit after the lowest `height` symbols, up to `most`; `most` when the text ends well."""
        states = self.states[: len(self.states) if height is None else height + 1]
        last = TABLES["starts"][self.start][1]
        for count, token in enumerate(tokens[:most]):
            while (action := ACTIONS[states[-1]].get(token.kind, 0)) < 0:
                rule = RULES[-action - 1]
                if rule.length:
                    del states[-rule.length :]
                states.append(GOTOS[states[-1]][rule.left])
            if not action:
                return most if token.kind == "$END" and states[-1] == last else count
            states.append(action - 1)
        return min(most, len(tokens))

    def fits(self, kind: str) -> bool:
        """Whether a token of this kind could come next."""
        return self.reach([Token(kind, 0, 0)], 1) == 1

    def expected(self) -> frozenset[str]:
        """The kinds of tokens that fit now."""
        return frozenset(kind for kind in ACTIONS[self.states[-1]] if self.fits(kind))
