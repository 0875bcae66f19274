"""A tensor of which parts are written over, one after the other: what stands of it between them, and the parts, side by side."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from ...base.records import dataclass
from .known import Data
from .lower import Lowering

Written = dict[int, int]
"""Places that are written as counted from the end, by where they are."""

Part = tuple[int, int, int, Written]
"""An axis, where the part of it begins, where it ends, and which of both are counted from the end."""


@dataclass(frozen=True, slots=True)
class Piece:
    """What stands in a range of an axis: the same range of a tensor, or all of it."""

    of: Data
    start: int
    stop: int
    first: int = 0
    """The start as a text has it."""
    last: int | None = None
    """The end as a text has it; None where that is the tensor's."""

    @property
    def is_whole(self) -> bool:
        return self.first == 0 and self.last is None

    def __repr__(self) -> str:
        return f"<{self.of.number}[{self.first}:{self.last}]>"


def written(low: Lowering, data: Data, value: Data, parts: Sequence[Part]) -> Data:
    """The tensor with the value in that part. What no write has left of an earlier one is read no more."""
    if not parts:
        return value
    (axis, start, stop, from_end), *rest = parts
    size = data.bare[axis]
    before = low.pieces.get((data.number, axis), [Piece(data, 0, size)])

    def cut(begin: int, end: int) -> list[Piece]:
        return list(_cut(before, axis, begin, end, size, from_end))

    inner = written(low, _joined(low, cut(start, stop), axis), value, rest) if rest else value
    pieces = [*cut(0, start), Piece(inner, 0, stop - start), *cut(stop, size)]
    made = _joined(low, pieces, axis)
    if len(pieces) > 1:
        low.pieces[made.number, axis] = pieces
    return made


def _cut(pieces: Sequence[Piece], axis: int, begin: int, end: int, size: int, from_end: Written) -> Iterator[Piece]:
    """The pieces from one place to another."""
    at = 0
    for piece in pieces:
        behind = at + piece.stop - piece.start
        low, high = max(begin, at), min(end, behind)
        if low < high:
            start, stop = piece.start + low - at, piece.start + high - at
            places = from_end if piece.of.bare[axis] == size else {}
            first = piece.first if low == at else places.get(low, start)
            last = piece.last if high == behind else places.get(high, stop)
            yield Piece(piece.of, start, stop, first, last)
        at = behind


def _joined(low: Lowering, pieces: Sequence[Piece], axis: int) -> Data:
    """Steps that put pieces side by side; rows of which each is one place are stacked."""
    rows = [low.rows.get(piece.of.number) if piece.is_whole else None for piece in pieces]
    stacked = [row[1] for row in rows if row is not None and row[0] == axis]
    size = sum(piece.stop - piece.start for piece in pieces)
    like = pieces[0].of.bare
    shape = (*like[:axis], size, *like[axis + 1 :])
    if len(stacked) == len(pieces) > 1:
        return low.between("stack", {"axis": axis}, stacked, shape)
    made = [piece.of if piece.is_whole else _sliced(low, piece, axis) for piece in pieces]
    return made[0] if len(made) == 1 else low.between("concat", {"axis": axis}, made, shape)


def _sliced(low: Lowering, piece: Piece, axis: int) -> Data:
    bare = piece.of.bare
    shape = (*bare[:axis], piece.stop - piece.start, *bare[axis + 1 :])
    return low.between("slice", {"axis": axis, "start": piece.first, "stop": piece.last, "step": 1}, [piece.of], shape)
