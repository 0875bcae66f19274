"""Images made larger: by a whole number, to a size, or to the size of another tensor (`upsample(like = label)`).

A size comes as numbers, whatever they were read from. What the model measured just before, in the same `forward`, tells the tensor;
a program without sizes of its own asks for none, and there it is the one that the result meets.
"""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction

from ...base.records import dataclass
from .as_long import stands_once
from .flat_steps import Plain, Word
from .known import Data, matters
from .lower import Lowering, bind, lowers, one, spread
from .lower_folded import batched, unbatched
from .traced import Call
from .unsaid import Unsaid


@lowers("interpolate", "upsample")
def interpolate(low: Lowering, call: Call) -> None:
    row = bind(
        call,
        "input size scale_factor mode align_corners recompute_scale_factor antialias",
        size=None,
        scale_factor=None,
        mode="nearest",
        align_corners=None,
        antialias=False,
    )
    data, made = low.data(row["input"]), low.result(call)
    sizes = Wanted.of(low, call)
    if data.alone:
        data, made = unbatched(low, call, data, len(data.shape)), replace(made, shape=made.shape[1:])
    if row["mode"] not in ("nearest", "bilinear", "bicubic", "linear", "trilinear"):
        raise Unsaid(f"`interpolate` of mode {row['mode']}")
    if row["antialias"] and row["align_corners"]:
        raise Unsaid("`interpolate` with antialiasing and corners that stay corners")
    rank = len(data.bare) - 1
    arguments: dict[str, Plain] = {}
    inputs = [data]
    factor = row["scale_factor"]
    if factor is not None and all(float(item).is_integer() for item in spread(factor, rank)):
        arguments["scale"] = one(tuple(int(item) for item in spread(factor, rank)))
    elif data.alone and not (sizes.follow and _meets_images(low, call)):
        arguments["size"] = one(made.bare[1:])
    elif (other := measured(low, call, sizes, data)) is not None:
        inputs += like(low, call, other, arguments)
    elif not data.alone and (times := _times(low, call, data)) is not None:
        arguments["scale"] = times
    elif (other := input_of_size(low, call, sizes) or _met(low, call, sizes)) is not None:
        inputs += like(low, call, other, arguments)
    else:
        arguments["size"] = one(made.bare[1:])
    arguments |= {"mode": row["mode"], "align_corners": bool(row["align_corners"]), "antialias": bool(row["antialias"])}
    if data.alone:
        resized = low.between("upsample", arguments, inputs, made.bare)
        if "like" in arguments:  # of what has a batch
            low.tell(call.results[0].number, Data(resized.number, (1, *made.bare), 0))
        else:
            batched(low, call, resized)
    else:
        low.emit(call, "upsample", arguments, inputs)


def _meets_images(low: Lowering, call: Call) -> bool:
    """Whether what is made of a table goes at once into steps of what has a batch."""
    made = call.results[0].number
    readers = [[ref.number for ref in matters(later)] for later in low.trace.calls if any(ref.number == made for ref in matters(later))]
    return all(any(isinstance(low.known.get(number), Data) for number in row) for row in readers)


@dataclass(frozen=True, slots=True)
class Wanted:
    """The sides that a call makes, in the run and in that of a larger image."""

    here: tuple[int, ...]
    wide: tuple[int, ...] | None

    def __repr__(self) -> str:
        return f"<Wanted: {self.here}>"

    @classmethod
    def of(cls, low: Lowering, call: Call, channels_last: bool = False) -> Wanted:
        made, wide = low.result(call), low.wide(call.results[0].number)
        here = made.shape[1:] if made.alone else made.bare
        sides = slice(0, -1) if channels_last else slice(1, None)
        return cls(here[sides], None if wide is None else wide[sides])

    @property
    def follow(self) -> bool:
        return self.wide is not None and self.wide != self.here


def like(low: Lowering, call: Call, other: Data, arguments: dict[str, Plain]) -> list[Data]:
    """Say whose size it is."""
    name = _name(low, call, other)
    arguments["like"] = name or True
    return [] if name else [other]


def _name(low: Lowering, call: Call, other: Data) -> Word | None:
    """An input's name, where that is known; another tensor is told by what makes it, until it has a label."""
    name = next((row.name for row in low.flat.inputs if row.number == other.number), None)
    return Word(name) if name is not None and _stands_once(low, call) else None


def sides_of(low: Lowering, call: Call, data: Data) -> int | Word | None:
    """Whose sides a reshape gives that makes an image of a sequence."""
    for channels_last in (False, True):
        sizes = Wanted.of(low, call, channels_last)
        if len(sizes.here) > 1 and sizes.follow and (other := measured(low, call, sizes, data)) is not None:
            return _name(low, call, other) or other.number
    return None


def _stands_once(low: Lowering, call: Call) -> bool:
    """Whether the step stands in the network or in a part that it has once: a block knows no inputs."""
    return stands_once(low.modules, call.path)


def _has_size(low: Lowering, wanted: Wanted, number: int) -> bool:
    """Whether a tensor has these sides, for every image or for the only one that a program takes."""
    other = low.known.get(number) or low.yet_to_come(number)
    if not isinstance(other, Data) or other.alone or len(other.bare) != len(wanted.here) + 1 or not wanted.here:
        return False
    if other.bare[1:] != wanted.here or max(wanted.here) == 1:
        return False
    wide, wider = (None, None) if low.has_one_size else (wanted.wide, low.wide(number))
    return wide is wider is None or bool(wide and wider and wide == wider[1:])


def measured(low: Lowering, call: Call, wanted: Wanted, data: Data) -> Data | None:
    """The tensor that the same `forward` measured last and whose size it is."""
    if low.has_one_size or call.path not in low.modules:
        return None
    place = _place(low, call)
    for row in reversed(low.trace.measured):
        other = low.known.get(row.number)
        if row.path == call.path and row.before <= place and other != data and _has_size(low, wanted, row.number):
            return other if isinstance(other, Data) else None
    return None


def input_of_size(low: Lowering, call: Call, wanted: Wanted) -> Data | None:
    """The input of the network whose size it is."""
    if not _stands_once(low, call):
        return None
    found = (low.known[row.number] for row in low.flat.inputs if _has_size(low, wanted, row.number))
    return next((row for row in found if isinstance(row, Data)), None)


def _times(low: Lowering, call: Call, data: Data) -> Plain:
    """How many times larger each side becomes, where that is one whole number for every image; a size alone says nothing of others."""
    ref = call.arguments[0] if call.arguments else call.keywords["input"]
    pairs = [(low.result(call).bare, data.bare), (low.wide(call.results[0].number), low.wide(ref.number))]
    found = {
        Fraction(large, small) for after, before in pairs if after and before for large, small in zip(after[1:], before[1:], strict=True)
    }
    if low.wider is None or None in pairs[1] or len(found) != 1:
        return None
    (factor,) = found
    return int(factor) if factor.denominator == 1 else None


def _met(low: Lowering, call: Call, wanted: Wanted) -> Data | None:
    """The tensor of its size that the result is joined with, or what that is made of, if others read it too."""
    numbers = {call.results[0].number}
    for later in low.trace.calls[_place(low, call) + 1 :]:
        reads = [ref.number for ref in matters(later)]
        if not numbers & set(reads):
            continue
        others = [number for number in reads if number not in numbers and _has_size(low, wanted, number)]
        if others:
            return _shared(low, wanted, others[0])
        sizes = {low.trace.values[ref.number].shape[2:] for ref in later.results}
        if sizes != {low.trace.values[call.results[0].number].shape[2:]}:
            return None
        numbers = {ref.number for ref in later.results}
    return None


def _shared(low: Lowering, wanted: Wanted, number: int) -> Data | None:
    """Of the tensors of its size on the way to this one that are there by now, the last that several steps read; else the last."""
    way = [number]
    while low.reads[way[-1]] == 1 and (made := low.trace.values[way[-1]].call) is not None:
        before = [ref.number for ref in matters(made) if _has_size(low, wanted, ref.number)]
        if len(before) != 1:
            break
        way += before
    there = [row for row in way if row in low.known]
    found = next((low.known[row] for row in there if low.reads[row] > 1), low.known[there[0]] if there else None)
    return found if isinstance(found, Data) else None


def _place(low: Lowering, call: Call) -> int:
    return next(place for place, row in enumerate(low.trace.calls) if row is call)
