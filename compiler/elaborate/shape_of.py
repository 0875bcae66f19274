"""A shape as expressions read it."""

from __future__ import annotations

from typing import TypeAlias

from ...base.records import dataclass
from ..ops.axis_names import Axes, places
from ..ops.base import Shape


@dataclass(frozen=True, slots=True)
class ShapeOf:
    """The shape of a labelled step, or of what enters a body (`in`)."""

    shape: Shape
    axes: Axes

    def attribute(self, name: str) -> object | None:
        """`channels`, `height`, `width`, `depth`, `length`, `features` (the last), `shape`, `rank`; None where this shape has no such axis."""
        axis = self.place(name)
        if axis is not None:
            return self.shape[axis]
        return {"shape": self.shape, "rank": len(self.shape) - 1}.get(name)

    def place(self, name: str) -> int | None:
        """The number of the axis of that name; None where there is none, or several."""
        found = places(self.axes, name)
        if name == "features":
            return len(self.shape) - 1
        return found[0] if len(found) == 1 else None


Shapes: TypeAlias = "ShapeOf | tuple[ShapeOf, ...]"
"""What expressions read of what is at hand: of several tensors a list."""
