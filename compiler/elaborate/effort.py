"""How much work one compile may be. A file of ten lines can ask for more than a machine does in a year: this is what ends it.

The unit is about what one statement costs. What is placed pays for itself: a network may have as many operations as `builder.MOST_NODES`
allows, and the statements that lead to them.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeAlias

from ...base.diagnostics import Diagnostic, Label, Problem
from ...base.records import dataclass
from ...base.source import Span
from .values import LARGEST_LIST, LARGEST_TEXT, Abandoned, Exhausted, Size

MOST_STEPS = 120_000
"""Statements that are run beside those that place an operation."""

STEPS_A_NODE = 20
"""How many more statements every operation pays for."""

STEPS_A_CALL = 7
"""A call of a block or network binds its parameters, beside the scope that it opens."""

MOST_ERRORS = 100
"""After so many errors the rest of the text is not worked out."""

MOST_REPEATS = 200
"""How often a mistake that was said is met again before the rest is not worked out: each time it is explained anew, to find that out."""

MOST_ROUNDS_IN_VAIN = 100
"""So many rounds of a loop in turn that begin with no tensor, place nothing and find nothing: those behind a mistake."""

STEPS_A_SCOPE = 3
"""A part of the figure, a path of a merge, and a round with several steps are scopes."""

STEPS_A_LABEL = 5
"""A labelled step remembers how things stood before it, so that it can be used again."""

_ITEMS_A_STEP, _LETTERS_A_STEP = 10, 100


Wanted: TypeAlias = "Callable[[], bool]"


def always() -> bool:
    return True


@dataclass(slots=True)
class Effort:
    """What is left of the steps of a compile."""

    left: int = MOST_STEPS
    wanted: Wanted = always
    """Whether anyone still waits for the compile; it is asked at every statement."""
    calls: int = 0  # of blocks and networks
    loops_left: int = 0  # before their last round

    def spend(self, steps: int, span: Span) -> None:
        if not self.wanted():
            raise Abandoned
        self.left -= steps
        if self.left < 0:
            raise Exhausted(
                Diagnostic(
                    "E406",
                    f"the file asks for more than {MOST_STEPS} steps that place nothing, the limit",
                    Label(span, "given up here"),
                    help="look for loops, blocks or lists inside each other that multiply: a loop over what is empty runs all the same",
                )
            )

    def call(self, span: Span) -> None:
        """A block or network is called."""
        self.calls += 1
        self.spend(STEPS_A_CALL, span)

    def earn(self) -> None:
        """An operation was placed."""
        self.left += STEPS_A_NODE

    def value(self, value: object, span: Span) -> None:
        """Pay for a list or a text that was made; refuse one that is too large."""
        if isinstance(value, str):
            if len(value) > LARGEST_TEXT:
                raise Problem(_too_long("text", f"{len(value)} characters", f"{LARGEST_TEXT}", span))
            self.spend(len(value) // _LETTERS_A_STEP, span)
        elif isinstance(value, tuple) and not isinstance(value, Size):
            count = items_in(value)
            if count > LARGEST_LIST:
                raise Problem(_too_long("list", f"more than {LARGEST_LIST} items, those of the lists within it counted", "that", span))
            self.spend(count // _ITEMS_A_STEP, span)


def items_in(value: tuple[object, ...]) -> int:
    """The items of a list and of the lists within it; counting ends soon after there are too many."""
    count, lists = 0, [value]
    while lists and count <= LARGEST_LIST:
        items = lists.pop()
        count += len(items)
        lists += [item for item in items if isinstance(item, tuple)]
    return count


def _too_long(kind: str, found: str, limit: str, span: Span) -> Diagnostic:
    return Diagnostic("E225", f"the {kind} is too long: {found}, and {limit} is the limit", Label(span, "too long"))
