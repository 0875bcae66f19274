"""Axes by word or by number, counted without the batch."""

from __future__ import annotations

from ...base.records import dataclass
from .base import Refusal, Shape, show
from .parameters import Kind, Plain

AXIS_WORDS: dict[str, dict[int, int]] = {
    "channels": {1: 0, 2: 0, 3: 0, 4: 0},
    "length": {2: 1},
    "depth": {4: 1},
    "height": {3: 1, 4: 2},
    "width": {3: 2, 4: 3},
    "features": {1: 0, 2: 1, 3: 2, 4: 3},
}
"""For each word, which axis it is in a shape of so many axes."""


@dataclass(frozen=True, slots=True)
class Axis(Kind):
    """`channels`, `height`, `width`, …, or a number; -1 is the last."""

    def read(self, value: object) -> Plain:
        if isinstance(value, str) and value in AXIS_WORDS:
            return value
        if isinstance(value, int) and not isinstance(value, bool):
            return value
        raise self.refuse()


AXIS = Axis("`channels`, `height`, `width`, `depth`, `length`, `features`, or an axis's number without the batch (0 is the first)")


def resolve_axis(axis: Plain, shape: Shape, name: str, parameter: str = "axis") -> int:
    """The number of the axis in `shape`."""
    if isinstance(axis, str):
        found = AXIS_WORDS[axis].get(len(shape))
    else:
        assert isinstance(axis, int)
        found = axis + len(shape) if axis < 0 else axis
    if found is None or not 0 <= found < len(shape):
        told = f"`{axis}`" if isinstance(axis, str) else str(axis)
        words = [word for word, places in AXIS_WORDS.items() if len(shape) in places]
        raise Refusal(
            "E320",
            f"`{name}` works along axis {told}, and its input {show(shape)} has none",
            parameter=parameter,
            operand=0,
            suggestions=tuple(words[:4]),
            help=f"its axes are 0 to {len(shape) - 1}" + (f", also called {', '.join(words)}" if words else ""),
        )
    return found
