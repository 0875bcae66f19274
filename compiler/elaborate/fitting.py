"""An operation on the tensors that come in: its axes found, its output's shape and names. Networks repeat their steps, so it is asked once."""

from __future__ import annotations

from collections.abc import Hashable
from dataclasses import field

from ...base.records import dataclass
from ..ops.axes import Moved, placed
from ..ops.axis_names import Axes
from ..ops.base import Operation, Shape, product, show
from .axes_told import named_axes

MOST_ELEMENTS = 2**63 - 1
"""The largest number of elements of one tensor: PyTorch counts them in 64 bits."""


@dataclass(frozen=True, slots=True)
class Fitted:
    """The operation with its axes found; `moved` where a word means another axis than before, `too_large` where PyTorch could not hold it."""

    operation: Operation
    moved: Moved | None
    shape: Shape
    axes: Axes
    too_large: str | None


@dataclass(slots=True, eq=False)
class Fitting:
    """What one compile has fitted so far."""

    _operations: dict[object, Operation] = field(default_factory=dict)
    _known: dict[tuple[Hashable, ...], Fitted] = field(default_factory=dict)

    def one(self, made: Operation) -> Operation:
        """Equal steps have one and the same record."""
        known = made if made.borrowed() is not None else tuple(value for _, value in made.arguments())
        return self._operations.setdefault((type(made), known), made)

    def fit(self, made: Operation, axes: tuple[Axes, ...], shapes: tuple[Shape, ...], given: tuple[str, ...]) -> Fitted:
        """The operation on tensors of these names and shapes, or `Refusal`. `given` are the parameters that the text writes."""
        record = self.one(made)
        key = id(record), axes, shapes, given  # the record is kept, and so no other one has its identity
        known = self._known.get(key)
        if known is None:
            named, moved = placed(record, axes, shapes, given)
            named = self.one(named)
            shape = named.output(shapes)
            known = Fitted(named, moved, shape, named_axes(named, axes, shapes, shape), too_large(named, shapes, shape))
            self._known[key] = known
        return known


def too_large(operation: Operation, shapes: tuple[Shape, ...], shape: Shape) -> str | None:
    """Why PyTorch could not hold the output or the weights of `operation`."""
    if product(shape) > MOST_ELEMENTS:
        return f"the tensor is too large: {show(shape)} has {product(shape)} elements, and the limit is 2^63 - 1"
    for weight in operation.weights(shapes):
        if weight.elements > MOST_ELEMENTS // 4:
            return (
                f"the {weight.name} of `{operation.name}` is too large: {show(weight.shape)} has {weight.elements} elements "
                f"({4 * weight.elements} bytes), and the limit is 2^61 - 1"
            )
    return None
