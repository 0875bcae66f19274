"""What an elaboration leaves for those who ask about a place of the text: the shapes at each step, and how to work out an expression there."""

from __future__ import annotations

from dataclasses import field
from typing import TypeAlias

from ...base.records import dataclass
from ...base.source import Span
from ..ops.base import Shape, show
from .closures import Environment, Reader
from .shape_of import Shapes

Place: TypeAlias = "tuple[str, int, int]"
"""The file, and where a step or a statement begins and ends in it."""

MOST_KEPT = 16
"""How many different runs of one statement are kept: a block that is called a thousand times is asked about like one that is called sixteen times."""


def place_of(span: Span) -> Place:
    return span.source.name, span.start, span.end


@dataclass(frozen=True, slots=True)
class Passage:
    """What came into a step, and what came out of it; None where there was none, or a mistake left it unknown."""

    before: Shapes | None
    after: Shapes | None

    @property
    def changes(self) -> bool:
        """Whether what comes out has other sizes than what came in."""
        return self.after is not None and (self.before is None or _sizes(self.before) != _sizes(self.after))

    @property
    def result(self) -> str:
        """What comes out, as text; "" where that is unknown."""
        return _shown(self.after)

    @property
    def flow(self) -> str:
        """`[3, 32, 32] → [64, 32, 32]`."""
        return f"{_shown(self.before) or '…'} → {_shown(self.after) or '…'}"


def _sizes(shapes: Shapes) -> tuple[Shape, ...]:
    return tuple(row.shape for row in (shapes if isinstance(shapes, tuple) else (shapes,)))


def _shown(shapes: Shapes | None) -> str:
    return ", ".join(show(shape) for shape in _sizes(shapes)) if shapes is not None else ""


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

    def passed(self, span: Span, before: Shapes | None, after: Shapes | None) -> None:
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
