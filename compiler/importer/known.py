"""What is known of a tensor of the trace: that it flows, with its batch, or that it is fixed."""

from __future__ import annotations

from collections.abc import Iterator

from ...base.records import dataclass
from .traced import Call, Ref
from .unsaid import across

MANY = 16
"""So many images that a model which does otherwise with larger batches does so."""

BATCHES = (2, 3)
"""The batch sizes of the two runs."""


@dataclass(frozen=True, slots=True)
class Data:
    """A tensor that depends on the input. `batch` is the axis of the batch, which holds `fold` rows an image."""

    number: int
    shape: tuple[int, ...]
    batch: int
    fold: int = 1
    alone: bool = False
    """Whether it is one for the whole batch, and made of what no input leads to; `batch` is -1 then."""

    @property
    def bare(self) -> tuple[int, ...]:
        """The shape without the batch; rows that are folded into it stand in its place."""
        if self.alone:
            return self.shape
        middle = (self.fold,) if self.fold > 1 else ()
        return self.shape[: self.batch] + middle + self.shape[self.batch + 1 :]

    def axis(self, number: int) -> int:
        """An axis of torch's as one of `bare`."""
        number += len(self.shape) if number < 0 else 0
        if self.alone:
            return number
        if number == self.batch:
            if self.fold > 1:
                return number
            raise across("an operation")
        return number if number < self.batch else number - 1 + (self.fold > 1)

    @property
    def is_clean(self) -> bool:
        """Whether the batch stands first and alone, as convolutions want it."""
        return self.batch == 0 and self.fold == 1


@dataclass(frozen=True, slots=True)
class Fixed:
    """A tensor that does not depend on the input: a parameter (with what was done to it), or a constant."""

    key: str
    shape: tuple[int, ...]
    is_learned: bool
    done: tuple[str, ...] = ()
    whole: tuple[int, ...] = ()
    """The shape of the parameter itself."""


Known = Data | Fixed


def plain_name(name: str) -> str:
    """`__iadd__` and `add_` are `add`."""
    bare = name.strip("_")
    if name.startswith("__") and bare[:1] in "ir" and bare[1:] in ("add", "mul", "sub", "truediv", "div", "matmul", "pow"):
        return bare if bare[0] == "r" and bare[1:] in ("sub", "truediv", "div", "matmul", "pow") else bare[1:]
    return bare


LIKE_THE_FIRST = frozenset(("type_as", "to", "expand_as", "view_as", "reshape_as"))
"""Functions whose further tensors give a shape or a type alone."""

IN_ORDER = frozenset(("squeeze", "unsqueeze", "view", "reshape", "flatten", "unflatten", "contiguous", "view_as", "reshape_as"))
"""Views that leave elements in their order: one that has the weight's own shape again is the weight."""

MADE = {"new_zeros": 0.0, "zeros_like": 0.0, "empty": 0.0, "new_empty": 0.0, "empty_like": 0.0, "new_ones": 1.0, "ones_like": 1.0}
"""Functions that make a tensor of one number, whatever is in the one that they are asked of."""

FILLED = {"new_full": 2, "full_like": 1}
"""The same with a number that is given, and its place."""


def fills(call: Call) -> float | None:
    """The number all over what a call makes, whatever is in the tensor that it is asked of; None for other calls."""
    name = plain_name(call.function)
    if name in FILLED:
        given = call.keywords.get("fill_value", next(iter(call.arguments[FILLED[name] :]), None))
        return given if isinstance(given, int | float) else None
    return MADE.get(name)


def matters(call: Call) -> Iterator[Ref]:
    """The tensors on whose numbers the result of a call depends."""
    name = plain_name(call.function)
    if fills(call) is not None:
        return
    for count, ref in enumerate(call.refs()):
        if count == 0 or name not in LIKE_THE_FIRST:
            yield ref
