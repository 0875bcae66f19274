"""What an elaboration leaves for those who ask about a place of the text: the shapes at each step, and how to work out an expression there."""

from __future__ import annotations

from dataclasses import field
from typing import TypeAlias

from ...base.records import dataclass
from ...base.source import Span
from .closures import Environment, Reader
from .shape_of import ShapeOf

Place: TypeAlias = "tuple[str, int, int]"
"""The file, and where a step or a statement begins and ends in it."""

MOST_KEPT = 16
"""How many different runs of one statement are kept: a block that is called a thousand times is asked about like one that is called sixteen times."""


def place_of(span: Span) -> Place:
    return span.source.name, span.start, span.end


@dataclass(frozen=True, slots=True)
class Passage:
    """What came into a step, and what came out of it; None where there was none, or a mistake left it unknown."""

    before: ShapeOf | None
    after: ShapeOf | None


@dataclass(slots=True, eq=False)
class Trace:
    """It is as large as the text, and not as the network. A text with mistakes leaves one, too, as far as it could be worked out."""

    environment: Environment | None = None  # what the file itself defines
    passages: dict[Place, list[Passage]] = field(default_factory=dict)
    readers: dict[Place, list[Reader]] = field(default_factory=dict)

    def clear(self) -> None:
        """Begin again: an elaboration may take several attempts."""
        self.environment = None
        self.passages.clear()
        self.readers.clear()

    def passed(self, span: Span, before: ShapeOf | None, after: ShapeOf | None) -> None:
        """A step, or a statement with a body, was run."""
        kept = self.passages.setdefault(place_of(span), [])
        passage = Passage(before, after)
        if len(kept) < MOST_KEPT and passage not in kept:
            kept.append(passage)

    def wants_reader(self, span: Span) -> bool:
        return len(self.readers.get(place_of(span), ())) < MOST_KEPT

    def read(self, span: Span, reader: Reader) -> None:
        """The expressions of a statement are worked out by `reader`."""
        self.readers.setdefault(place_of(span), []).append(reader)
