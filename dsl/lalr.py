"""The parser's engine: it runs the tables that Lark made of `arch.lark`.

A plain LALR(1) machine with a stack of its own, so that nothing recurses, however deep a text nests. It stops at the
first token that fits nowhere and can be told to go on: `recover.py` does that.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final, TypeAlias

from ..grammar import TABLES
from .source import Span
from .tokens import Token

if TYPE_CHECKING:
    from .build import Builder

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


@dataclass(slots=True)
class Machine:
    """The state of one parse: for each symbol on the stack its state, its value and its place."""

    makers: Mapping[str, Make]
    builder: Builder
    start: str
    states: list[int] = field(default_factory=list)
    values: list[object] = field(default_factory=list)
    starts: list[int] = field(default_factory=list)
    ends: list[int] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.states.append(TABLES["starts"][self.start][0])

    def run(self, tokens: list[Token], position: int) -> int:
        """Take tokens from `position` on; the index of the first one that does not fit, or -1 when all is read."""
        states, values, starts, ends = self.states, self.values, self.starts, self.ends
        actions, gotos, rules = ACTIONS, GOTOS, RULES
        last = TABLES["starts"][self.start][1]
        while True:
            token = tokens[position]
            kind = token.kind
            while True:
                action = actions[states[-1]].get(kind)
                if action is None:
                    return -1 if kind == "$END" and states[-1] == last else position
                if action > 0:
                    break
                rule = rules[-action - 1]
                length = rule.length
                if length == 1 and rule.build == "=":
                    states.pop()
                    states.append(gotos[states[-1]][rule.left])
                    continue
                if length:
                    children = values[-length:]
                    start, end = starts[-length], ends[-1]
                    del states[-length:], values[-length:], starts[-length:], ends[-length:]
                else:
                    children = []
                    start = end = ends[-1] if ends else 0
                values.append(self._value(rule, children, start, end))
                starts.append(start)
                ends.append(end)
                states.append(gotos[states[-1]][rule.left])
            states.append(action - 1)
            values.append(token)
            starts.append(token.start)
            ends.append(token.end)
            position += 1

    @property
    def value(self) -> object:
        """What was built of the whole text."""
        return self.values[-1]

    def _value(self, rule: Rule, children: list[object], start: int, end: int) -> object:
        kept: list[object] = []
        for index in rule.keep:
            if index >= 0:
                kept.append(children[index])
            elif index == -1:
                kept.append(None)
            else:
                poured = children[-2 - index]
                assert isinstance(poured, list)
                if not rule.build and not kept:
                    kept = poured  # a repetition grows in place: linear
                else:
                    kept.extend(poured)
        if not rule.build:
            return kept
        if rule.build == "=":
            return kept[0]
        return self.makers[rule.build](self.builder, kept, Span(self.builder.source, start, end))
