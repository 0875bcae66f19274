"""Whether a model does the same for batches of another size."""

from __future__ import annotations

from itertools import zip_longest

from .own_lines import place_of_line
from .traced import Trace
from .unsaid import EACH_ALONE, Unsaid


def one_way(one: Trace, other: Trace) -> None:
    """Raises `Unsaid` where two runs, of batches of different sizes, do not call the same functions."""
    for calls in zip_longest(one.calls, other.calls):
        if len({None if call is None else call.function for call in calls}) > 1:
            line = next((call.line for call in calls if call is not None and call.line is not None), None)
            place = "" if line is None else f" (at {place_of_line(line)})"
            raise Unsaid(f"what the model does depends on the size of the batch{place}", EACH_ALONE)
    if len(one.values) != len(other.values):
        raise Unsaid("what the model does depends on the size of the batch", EACH_ALONE)
