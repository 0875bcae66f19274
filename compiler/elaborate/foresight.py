"""How large a network will be, before it is made: what is run twice alike is run once and counted twice.

Forty blocks that each call the one before twice ask for a million million operations. The limit would end them, after seconds of
work. So a network that comes to LARGE operations and calls is first counted, which takes a moment where its parts are alike.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterable
from dataclasses import field

from ...base.records import dataclass
from .closures import Made

LARGE = 4_000
"""So many operations are placed, and blocks called, before they are counted: nearly every network has fewer, and then nothing is done twice."""


class Large(Exception):
    """The network has more than LARGE operations."""


class Unlike(Exception):
    """As many again were placed, and nothing of them was like another: counting the rest would take as long as making it."""


@dataclass(slots=True, eq=False)
class Count:
    """What was run so far: what it made, the operations that it placed, the steps that it took. `skipped` are operations that were only counted."""

    known: dict[tuple[Hashable, ...], tuple[Made, int, int]] = field(default_factory=dict)
    skipped: int = 0


def alike(values: Iterable[tuple[str, object]]) -> Hashable:
    """Named values as a key: equal for what the language cannot tell apart, and for nothing else (`1`, `1.0` and `true` are three)."""
    return tuple(sorted((name, _exact(value)) for name, value in values))


def _exact(value: object) -> tuple[int, object]:
    items = tuple(_exact(item) for item in value) if isinstance(value, tuple) else value
    return id(type(value)), items
