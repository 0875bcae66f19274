"""Places along an axis in an order that is the same for every input: slices side by side, of which some stretch one place over many."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from math import prod

from ...base.records import dataclass
from .flat_steps import Plain
from .known import Data
from .lower import Lowering
from .lower_constant import MOST_TOLD
from .unsaid import Unsaid

MOST_PIECES = 32
"""More slices side by side would say nothing to a reader."""


@dataclass(frozen=True, slots=True)
class Run:
    """Places that are equally far apart; of one that is taken several times, by 0."""

    first: int
    count: int
    step: int


def taken(low: Lowering, data: Data, axis: int, order: Sequence[int]) -> Data:
    """The places of one axis (of `bare`) in this order, some of them several times or never."""
    size = data.bare[axis]
    places = [place % size for place in order]
    if places == list(range(size)):
        return data
    if size > 1 and places == list(range(size))[::-1]:
        return _made(low, "flip", {"axis": axis}, data, axis, size)
    runs = _runs(places)
    if len(runs) > MOST_PIECES and data.alone and len(places) <= MOST_TOLD:
        return _read(low, data, axis, places)
    if len(runs) > MOST_PIECES:
        raise Unsaid(f"an order of {len(places)} places without a pattern")
    pieces = [_piece(low, data, axis, run) for run in runs]
    if len(pieces) == 1:
        return pieces[0]
    shape = (*data.bare[:axis], len(places), *data.bare[axis + 1 :])
    return _like(data, low.between("concat", {"axis": axis}, pieces, shape), axis, len(places))


def _read(low: Lowering, data: Data, axis: int, places: list[int]) -> Data:
    """Rows of a table that is one for the whole batch, as an embedding reads them."""
    rest = [place for place in range(len(data.shape)) if place != axis]
    sizes = [data.shape[place] for place in rest]
    rows, many, count = data.shape[axis], prod(sizes), len(places)
    turned = low.step("permute", {"order": [axis, *rest]}, data, (rows, *sizes))
    table = low.step("reshape", {"shape": [rows, many]}, turned, (rows, many))
    index = low.between("constant", {"value": [*places], "index": True}, [], (count,))
    found = low.between("embedding", {"count": rows, "features": many}, [index, table], (count, many))
    whole = low.step("reshape", {"shape": [count, *sizes]}, found, (count, *sizes))
    back = [*range(1, axis + 1), 0, *range(axis + 1, len(data.shape))]
    return low.step("permute", {"order": back}, whole, (*sizes[:axis], count, *sizes[axis:]))


def _piece(low: Lowering, data: Data, axis: int, run: Run) -> Data:
    stop = run.first + 1 + (run.count - 1) * run.step
    told: dict[str, Plain] = {"axis": axis, "start": run.first, "stop": stop if stop < data.bare[axis] else None, "step": run.step or 1}
    if run.step:
        return _made(low, "slice", told, data, axis, run.count)
    one = data if data.bare[axis] == 1 else _made(low, "slice", told, data, axis, 1)
    return _made(low, "expand", {"shape": [*data.bare[:axis], run.count, *data.bare[axis + 1 :]]}, one, axis, run.count)


def _made(low: Lowering, operation: str, told: dict[str, Plain], data: Data, axis: int, count: int) -> Data:
    shape = (*data.bare[:axis], count, *data.bare[axis + 1 :])
    return _like(data, low.between(operation, told, [data], shape), axis, count)


def _like(data: Data, made: Data, axis: int, count: int) -> Data:
    """The step's result, with its batch where that of the tensor stands."""
    if data.alone:
        return made
    own = next(place for place in range(len(data.shape)) if (place != data.batch or data.fold > 1) and data.axis(place) == axis)
    shape = tuple(count if place == own else size for place, size in enumerate(data.shape))
    return replace(data, number=made.number, shape=shape, fold=count if own == data.batch else data.fold)


def _runs(places: Sequence[int]) -> list[Run]:
    """The same places as the fewest runs that go on, taken from the front."""
    found: list[Run] = []
    at = 0
    while at < len(places):
        ahead = places[at + 1] - places[at] if at + 1 < len(places) else 1
        step = ahead if ahead >= 0 else 1
        end = at + 1
        while end < len(places) and places[end] == places[end - 1] + step:
            end += 1
        found.append(Run(places[at], end - at, step if end - at > 1 else 1))
        at = end
    return found
