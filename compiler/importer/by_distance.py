"""Tables that are read at the distances of any two places: what indexing by a fixed tensor comes to, where the language has no word for it.

A table of distances is an image. Each place sees the part of it in which it lies in the middle: a window, which `unfold` gives.
"""

from __future__ import annotations

from collections.abc import Iterator
from math import isqrt, prod
from typing import Any

import torch

from ...base.records import dataclass
from .flat_steps import Plain
from .known import Data
from .lower import Lowering
from .taken import taken
from .traced import Call, Ref
from .unsaid import Unsaid


@dataclass(frozen=True, slots=True)
class Places:
    """Places in rows and columns, and what two of them read: a row for each distance with its sign, or for each without."""

    height: int
    width: int
    signed: bool
    stride: int = 1
    """From each place that looks to the next; all are looked at."""
    most: int | None = None
    """Of how many places, the first ones, the distances are read; of all where it says none."""

    @property
    def sides(self) -> tuple[int, int]:
        return (2 * self.height - 1, 2 * self.width - 1) if self.signed else (self.height, self.width)

    def index(self) -> torch.Tensor:
        rows, columns = (torch.arange(side)[:, None] - torch.arange(side) for side in (self.height, self.width))
        if self.signed:
            rows, columns = rows + self.height - 1, columns + self.width - 1
        whole = rows.abs()[:, None, :, None] * self.sides[1] + columns.abs()[None, :, None, :]
        return whole[:: self.stride, :: self.stride].flatten(2).flatten(0, 1)[: self.most, : self.most]


def _candidates(rows: int, count: int) -> Iterator[Places]:
    for height in sorted(range(1, rows + 1), key=lambda side: abs(side - isqrt(rows))):
        if rows % height == 0:
            for stride in (1, 2):
                if -(-height // stride) * -(-(rows // height) // stride) * rows == count:
                    yield Places(height, rows // height, False, stride)
    asking = isqrt(count)
    for height in range(1, (rows + 1) // 2 + 1):
        width = (rows // (2 * height - 1) + 1) // 2
        if (2 * height - 1) * (2 * width - 1) == rows and asking**2 == count and asking <= height * width:
            yield Places(height, width, True, most=asking if asking < height * width else None)


EMBEDDED = (
    "keep the table in an `nn.Embedding`, a row for each place (of numbers: `nn.Embedding.from_pretrained(table[:, None])`), "
    "and call that in place of indexing: the text has it by its key then"
)
"""What helps where an input chooses among rows."""


def gathered(low: Lowering, call: Call, index: list[Any]) -> None:
    """A learned table, indexed along one axis by a fixed tensor."""
    data = low.data(call.arguments[0])
    axis = next(place for place, row in enumerate(index) if isinstance(row, Ref))
    others = [row for place, row in enumerate(index) if place != axis]
    if not data.alone or any(row != slice(None) for row in others):
        raise Unsaid("indexing by a tensor")
    chosen = low.of(index[axis])
    if isinstance(chosen, Data) and not chosen.alone:
        raise Unsaid("rows of a table that the numbers of an input choose", EMBEDDED)
    wanted = once(low, index[axis].number)
    if wanted.is_floating_point() or wanted.dtype == torch.bool:
        raise Unsaid("indexing by a tensor")
    made = low.result(call)
    low.tell(made.number, gather(low, data, axis, wanted, made.shape))


def once(low: Lowering, number: int) -> torch.Tensor:
    """A fixed tensor; of one that was stretched over the batch the first."""
    tensor = low.values.of(number)
    for axis, (size, wanted) in enumerate(zip(tensor.shape, low.alone_shape(number), strict=True)):
        if size != wanted:
            tensor = tensor.narrow(axis, 0, wanted)
    return tensor


def _found(rows: int, wanted: torch.Tensor) -> Places | None:
    """The places whose distances a tensor reads, if it does."""
    return next((row for row in _candidates(rows, wanted.numel()) if torch.equal(row.index().flatten(), wanted.flatten().long())), None)


def gather(low: Lowering, data: Data, axis: int, wanted: torch.Tensor, shape: tuple[int, ...]) -> Data:
    """The rows of a table, one for each number of a tensor, whose axes stand in the place of the table's."""
    found = _found(data.shape[axis], wanted)
    line = _line(wanted.squeeze()) if found is None else None
    back = data.shape[axis] - 1 - wanted
    if found is None and line is None and (found := _found(data.shape[axis], back)) is not None and found.signed:
        # Distances from what is looked at to what looks: the table from its other end.
        return gather(low, low.step("flip", {"axis": axis}, data, data.shape), axis, back, shape)
    if found is None and line is None:
        current = taken(low, data, axis, wanted.flatten().tolist())
        return low.step("reshape", {"shape": list(shape)}, current, shape)
    rest = [place for place in range(len(data.shape)) if place != axis]
    many = prod(data.shape[place] for place in rest)
    current = low.step("permute", {"order": [*rest, axis]}, data, tuple(data.shape[place] for place in (*rest, axis)))
    if line is not None:
        current = low.step("reshape", {"shape": [many, data.shape[axis]]}, current, (many, data.shape[axis]))
        current = _along_a_line(low, current, many, line)
    elif found is not None:
        current = low.step("reshape", {"shape": [many, *found.sides]}, current, (many, *found.sides))
        if not found.signed:
            for place in (1, 2):
                current = _mirrored(low, current, place)
        current = _windows(low, current, found)
    whole = (*(data.shape[place] for place in rest), *wanted.shape)
    current = low.step("reshape", {"shape": list(whole)}, current, whole)
    order = [*range(axis), *range(len(rest), len(whole)), *range(axis, len(rest))]
    return low.step("permute", {"order": order}, current, shape)


def _mirrored(low: Lowering, table: Data, axis: int) -> Data:
    """Distances with both signs, of which the table has one."""
    size = table.shape[axis]
    if size == 1:  # of one place to itself
        return table
    part = (*table.shape[:axis], size - 1, *table.shape[axis + 1 :])
    back = low.step("slice", {"axis": axis, "start": 1, "stop": None}, table, part)
    back = low.step("flip", {"axis": axis}, back, part)
    whole = (*table.shape[:axis], 2 * size - 1, *table.shape[axis + 1 :])
    made = low.between("concat", {"axis": axis}, [back, table], whole)
    return Data(made.number, whole, -1, alone=True)


def _windows(low: Lowering, table: Data, places: Places) -> Data:
    many, (height, width) = table.shape[0], (places.height, places.width)
    count = height * width
    seen = low.step("unfold", _sized("kernel", height, width), table, (many * count, count))
    seen = low.step("reshape", {"shape": [many, height, width, count]}, seen, (many, height, width, count))
    seen = low.step("flip", {"axis": [1, 2]}, seen, (many, height, width, count))
    seen = low.step("reshape", {"shape": [many, count, count]}, seen, (many, count, count))
    seen = low.step("permute", {"order": [0, 2, 1]}, seen, (many, count, count))
    if places.most is not None:  # a smaller image than the window (MONAI's Swin)
        for axis in (1, 2):
            cut = (many, places.most, count if axis == 1 else places.most)
            seen = low.step("slice", {"axis": axis, "start": 0, "stop": places.most}, seen, cut)
    if places.stride == 1:
        return seen
    seen = low.step("reshape", {"shape": [many, height, width, count]}, seen, (many, height, width, count))
    shape = [many, height, width, count]
    for axis in (1, 2):
        shape[axis] = -(-shape[axis] // places.stride)
        seen = low.step("slice", {"axis": axis, "start": 0, "stop": None, "step": places.stride}, seen, tuple(shape))
    return seen


@dataclass(frozen=True, slots=True)
class Line:
    """Places along one axis: those that look stand so many steps apart, those that are looked at so many others."""

    asked: int
    seen: int
    stride: int
    dilation: int
    rows: tuple[int, ...]
    """The rows of the table that the distances read, from the least on."""


def _line(index: torch.Tensor) -> Line | None:
    """The line whose distances an index reads, if it does."""
    if index.dim() != 2 or min(index.shape) < 2:
        return None
    (asked, seen), first = index.shape, int(index[0, -1])
    stride, dilation = int(index[1, 0] - index[0, 0]), int(index[0, 0] - index[0, 1])
    places = torch.arange(asked)[:, None] * stride + torch.arange(seen).flip(0) * dilation + first
    if stride >= 1 and dilation >= 1 and torch.equal(places, index.long()):
        length = stride * (asked - 1) + dilation * (seen - 1) + 1
        return Line(asked, seen, stride, dilation, tuple(range(first, first + length)))
    if torch.equal(index[1:, 1:], index[:-1, :-1]):  # the same for the same distance, whichever row that is (T5)
        return Line(asked, seen, 1, 1, (*index[0].flip(0).tolist(), *index[1:, 0].tolist()))
    return None


def _along_a_line(low: Lowering, table: Data, many: int, line: Line) -> Data:
    asked, seen, length = line.asked, line.seen, len(line.rows)
    current = taken(low, table, 1, line.rows)
    current = low.step("reshape", {"shape": [many, length, 1]}, current, (many, length, 1))
    sizes: dict[str, Plain] = {"kernel": (seen, 1), "stride": (line.stride, 1), "dilation": (line.dilation, 1)}
    current = low.step("unfold", sizes, current, (many * seen, asked))
    current = low.step("reshape", {"shape": [many, seen, asked]}, current, (many, seen, asked))
    current = low.step("flip", {"axis": 1}, current, (many, seen, asked))
    return low.step("permute", {"order": [0, 2, 1]}, current, (many, asked, seen))


def _sized(name: str, height: int, width: int) -> dict[str, Plain]:
    return {name: height if height == width else (height, width)}
