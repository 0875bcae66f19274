"""How the columns of a sweep are headed: archc's own figures keep their names, and what is given is told apart from them."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from ..graph.program import TIME
from ..ops.suggest import closest
from .family import QUANTITIES

MEASURED = (*QUANTITIES, "memory", TIME, "training_memory")
"""The columns that a sweep works out."""

OWN = frozenset({*MEASURED, "error", "pareto", "distance", "other_side", "tried"})
"""The columns that a sweep or a fit makes itself."""


def of_setting(name: str) -> str:
    """The heading of a parameter's values: a parameter `memory` is not the memory that archc works out."""
    return f"{name} (set)" if name in OWN else name


def of_carried(name: str) -> str:
    """The heading of a further column of a list: the MACs that a paper tells are not those that archc counts."""
    return f"{name} (list)" if name in OWN else name


def twice(names: Sequence[str]) -> str | None:
    """The first name that is there a second time: one of its two columns would be lost."""
    return next((name for place, name in enumerate(names) if name in names[:place]), None)


def mistyped(headings: Collection[str], parameters: Collection[str]) -> tuple[str, str] | None:
    """A heading that is no parameter, and the parameter that it was surely meant for: nearly the same word, which heads no column."""
    for heading in headings:
        if heading not in parameters:
            for name in closest(heading, parameters):
                if name not in headings and (name.lower() == heading.lower() or _one_slip(heading.lower(), name.lower())):
                    return heading, name
    return None


def _one_slip(word: str, name: str) -> bool:
    """Whether one is the other with a letter more, less, exchanged, or with two neighbours changed over."""
    if sorted(word) == sorted(name):
        return True
    shared = 0
    while shared < min(len(word), len(name)) and word[shared] == name[shared]:
        shared += 1
    rests = word[shared:], name[shared:]
    return len(name) > 3 and (rests[0][1:] == rests[1] or rests[0] == rests[1][1:] or rests[0][1:] == rests[1][1:])
