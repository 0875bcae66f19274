"""Places along an axis that are taken in an order of the model's own: the same for every input, so they are slices side by side."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from math import prod
from typing import Any

import torch

from .by_distance import gather as gather_rows
from .by_distance import gathered
from .known import Data
from .lower import Lowering, bind, lowers
from .open_sizes import following
from .taken import taken
from .traced import Call, Ref
from .unsaid import Unsaid


def ordered(low: Lowering, call: Call, data: Data, axis: int, order: Sequence[int]) -> None:
    """The call takes the places of one axis (of `bare`) in this order."""
    made, found = low.result(call), taken(low, data, axis, order)
    if found.bare != made.bare:
        raise Unsaid("a change of axes across the batch")
    low.tell(made.number, replace(made, number=found.number))


def by_several(low: Lowering, call: Call, data: Data, rows: list[Any]) -> bool:
    """Whether one of the indices names several places, by a tensor or by a list; then the step is there."""
    named = [place for place, row in enumerate(rows) if isinstance(row, Ref | list)]
    if len(named) != 1:
        return False
    (place,) = named
    if data.alone and isinstance(rows[place], Ref):
        gathered(low, call, rows)
        return True
    if any(row != slice(None) and row is not Ellipsis for other, row in enumerate(rows) if other != place):
        raise Unsaid("indexing by a tensor, and by something else")
    order = order_of(low, rows[place]) if isinstance(rows[place], Ref) else _told(rows[place])
    if order.dim() != 1:
        raise Unsaid("indexing by a tensor of several axes")
    axis = place - len(rows) if Ellipsis in rows[:place] else place
    ordered(low, call, data, data.axis(axis), order.tolist())
    return True


def by_places(low: Lowering, call: Call, data: Data, rows: list[Any]) -> bool:
    """Whether tensors name a place each along axes that stand side by side (`table[rows, columns]`); then the step is there: these axes are one."""
    named = [place for place, row in enumerate(rows) if isinstance(row, Ref)]
    others = [row for row in rows if not isinstance(row, Ref)]
    if Ellipsis in rows or any(row != slice(None) for row in others) or named != list(range(named[0], named[-1] + 1)):
        return False
    if not data.alone and data.batch in named and data.fold == 1 and len(named) > 1 and _each_its_own(low, data, rows, named):
        named.remove(data.batch)  # `mask[images, places]`: each image reads its own row
    if not data.alone and (data.fold > 1 or data.batch in named):
        raise Unsaid("indexing by several tensors along the batch")
    first, many = data.axis(named[0]), len(named)
    sizes, places = data.bare[first : first + many], torch.tensor(0)
    for size, place in zip(sizes, named, strict=True):
        found = order_of(low, rows[place])
        places = places * size + torch.where(found < 0, found + size, found)
    flat = (*data.bare[:first], prod(sizes), *data.bare[first + many :])
    made, table = low.result(call), low.step("reshape", {"shape": list(flat)}, data, flat)
    if data.alone:
        low.tell(made.number, gather_rows(low, table, first, places, made.shape))
        return True
    chosen = taken(low, table, first, places.flatten().tolist())
    low.tell(made.number, replace(made, number=low.step("reshape", {"shape": following(low, made)}, chosen, made.bare).number))
    return True


def _each_its_own(low: Lowering, data: Data, rows: list[Any], named: list[int]) -> bool:
    """Whether the index along the batch is the number of each image, in front, and the others are the same for all."""
    own = order_of(low, rows[data.batch])
    sizes = [1] * own.dim()
    sizes[:1] = [own.numel()]
    others = [low.trace.values[rows[place].number].shape for place in named if place != data.batch]
    is_count = data.batch == 0 and list(own.shape) == sizes and own.flatten().tolist() == list(range(data.shape[0]))
    return is_count and all(len(shape) < own.dim() or shape[0] == 1 for shape in others)


def _told(places: Sequence[object]) -> torch.Tensor:
    if not all(type(place) is int for place in places):
        raise Unsaid("indexing by a list of other than whole numbers")
    return torch.tensor(places)


def order_of(low: Lowering, index: Ref) -> torch.Tensor:
    """The places that a tensor names. Raises `Unsaid` where they depend on the input, or on what is learned."""
    if isinstance(low.of(index), Data) or low.values.leaves(index.number):
        raise Unsaid("places that the numbers of a tensor choose")
    found = low.values.of(index.number)
    if found.is_floating_point() or found.dtype == torch.bool:
        raise Unsaid("indexing by a mask")
    return found


@lowers("index_select")
def index_select(low: Lowering, call: Call) -> None:
    row = bind(call, "input dim index")
    data = low.data(row["input"])
    if data.alone:
        axis = row["dim"] % len(data.shape)
        gathered(low, call, [row["index"] if place == axis else slice(None) for place in range(len(data.shape))])
    else:
        ordered(low, call, data, data.axis(row["dim"]), order_of(low, row["index"]).tolist())


@lowers("gather", "take_along_dim")
def gather(low: Lowering, call: Call) -> None:
    names = "input dim index" if call.function == "gather" else "input index dim"
    row = bind(call, names)
    data = low.data(row["input"])
    index = order_of(low, row["index"])
    dim = row["dim"] % len(data.shape)
    order = index.movedim(dim, 0).flatten(1)
    if not bool((order == order[:, :1]).all()):
        raise Unsaid("`gather` of other places in each row")
    made = low.result(call)
    if [size for axis, size in enumerate(made.shape) if axis != dim] != [size for axis, size in enumerate(data.shape) if axis != dim]:
        raise Unsaid("`gather` of a part of the rows")
    ordered(low, call, data, data.axis(dim), order[:, 0].tolist())
