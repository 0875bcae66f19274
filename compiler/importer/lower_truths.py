"""Masks that are an input, or made of one: truths are 1 and 0 here, so that to choose is to multiply, and to cover is to add."""

from __future__ import annotations

from dataclasses import replace

import torch

from .by_distance import once
from .known import Data
from .looked_up import COMPARES, looked_up, whole
from .lower import Lowering, bind, lowers
from .lower_constant import numbers
from .traced import Call, Ref
from .unsaid import Unsaid

FARTHEST = -30_000
"""What stands for minus infinity, which times 0 would be no number: half precision has it too, and the weight of what is covered is 0."""

ROWS = f"where the model covers with -inf, {FARTHEST:g} is added here: a row of which all is covered has no numbers in the model, and has some here"


def is_truth(low: Lowering, value: object) -> bool:
    """Whether it is a tensor of truths that depends on the input."""
    return isinstance(value, Ref) and low.trace.values[value.number].dtype == torch.bool and isinstance(low.of(value), Data)


def truth(low: Lowering, value: object) -> Data:
    if not is_truth(low, value):
        raise Unsaid("an operation of truths on other numbers")
    return low.data(value)


def not_(low: Lowering, mask: Data) -> Data:
    turned = low.between("scale", {"factor": -1}, [mask], mask.bare)
    return replace(mask, number=low.between("offset", {"addend": 1}, [turned], mask.bare).number)


def added(low: Lowering, mask: Data, number: float = float("-inf")) -> Data:
    """What is added to logits to cover them where the mask is 1."""
    if number == float("-inf"):
        low.flat.notes.append(ROWS)
        number = FARTHEST
    return replace(mask, number=low.between("scale", {"factor": number}, [mask], mask.bare).number)


def _meet(low: Lowering, call: Call, *rows: Data | float) -> None:
    """Raises `Unsaid` where the batch stands elsewhere in one of them."""
    made = low.result(call)
    if any(isinstance(row, Data) and not row.alone and (row.batch, len(row.shape)) != (made.batch, len(made.shape)) for row in rows):
        raise Unsaid("a mask of the input with other axes than what it covers")


def cover(low: Lowering, call: Call, row: Data | float, mask: Data, number: float) -> None:
    """A number that counts as minus infinity where the mask is 1."""
    _meet(low, call, row, mask)
    fill = added(low, mask, number)
    if isinstance(row, Data):
        low.emit(call, "add", {"broadcast": row.bare != mask.bare}, [row, fill])
    elif row == 0:
        _whole(low, call, fill)
    else:
        _whole(low, call, replace(fill, number=low.between("offset", {"addend": row}, [fill], fill.bare).number))


def choose(low: Lowering, call: Call, mask: Data, one: Data | float, two: Data | float) -> None:
    """The one where the mask is 1, and the other where it is 0."""
    _meet(low, call, mask, one, two)
    if isinstance(one, int | float) and isinstance(two, int | float):
        terms = [_part(low, mask, one - two), two]
    else:
        terms = [_part(low, mask, one), _part(low, not_(low, mask), two)]
    kept = [term for term in terms if not isinstance(term, int | float) or term]
    if len(kept) == 2 and isinstance(kept[0], Data):
        if isinstance(kept[1], Data):
            low.emit(call, "add", {"broadcast": kept[0].bare != kept[1].bare}, [kept[0], kept[1]])
        else:
            moved = replace(kept[0], number=low.between("offset", {"addend": kept[1]}, [kept[0]], kept[0].bare).number)
            _whole(low, call, moved)
        return
    (only,) = kept
    assert isinstance(only, Data)
    _whole(low, call, only)


def _part(low: Lowering, mask: Data, row: Data | float) -> Data | float:
    """What is left where the mask is 1; elsewhere 0."""
    if not isinstance(row, Data):
        if row in (0, 1):
            return mask if row else 0.0
        return replace(mask, number=low.between("scale", {"factor": row}, [mask], mask.bare).number)
    if len(row.bare) != len(mask.bare):
        raise Unsaid("a mask of the input with other axes than what it covers")
    shape = tuple(max(sizes) for sizes in zip(row.bare, mask.bare, strict=True))
    made = low.between("mul", {}, [row, mask], shape)
    return replace(mask, number=made.number, shape=(*shape[: mask.batch], 1, *shape[mask.batch :]) if mask.fold == 1 else shape)


def _whole(low: Lowering, call: Call, row: Data) -> None:
    """As large as the call's result."""
    made = low.result(call)
    if row.bare == made.bare:
        low.tell(made.number, replace(made, number=row.number))
    else:
        low.emit(call, "expand", {"shape": list(made.bare)}, [row])


@lowers("logical_not", "bitwise_not", "invert")
def opposite(low: Lowering, call: Call) -> None:
    mask = truth(low, call.arguments[0])
    low.tell(call.results[0].number, replace(low.result(call), number=not_(low, mask).number))


BOTH = {"and": "mul", "rand": "mul", "logical_and": "mul", "bitwise_and": "mul"}
EITHER = {"or": "maximum", "ror": "maximum", "logical_or": "maximum", "bitwise_or": "maximum"}


@lowers(*BOTH, *EITHER)
def both(low: Lowering, call: Call) -> None:
    row = bind(call, "input other")
    given = (row["input"], row["other"])
    if any(isinstance(item, Ref) and low.trace.values[item.number].dtype != torch.bool for item in given):
        raise Unsaid("an operation of truths on other numbers")
    operation, shape = (BOTH | EITHER)[call.function.strip("_")], low.result(call).bare
    masks = [item for item in given if is_truth(low, item)]
    if len(masks) == 1 and all(item is masks[0] or _changes_nothing(low, item, operation) for item in given):
        _whole(low, call, low.data(masks[0]))
        return
    rows = [item for item in low.operands(call, *given) if isinstance(item, Data)]
    if len(rows) < 2:
        raise Unsaid("a truth that is the same for every input, met with one that is not")
    if operation == "maximum":
        rows = [
            replace(row, number=low.step("expand", {"shape": list(shape)}, row, shape).number) if row.bare != shape else row for row in rows
        ]
    low.emit(call, operation, {}, rows)


def _changes_nothing(low: Lowering, value: object, operation: str) -> bool:
    """Whether truths that are the same for every input are all true beside an `and`, or all false beside an `or`."""
    if not isinstance(value, Ref) or isinstance(low.of(value), Data) or low.values.leaves(value.number):
        return False
    found = low.values.of(value.number)
    return bool(found.all()) if operation == "mul" else not bool(found.any())


@lowers(*COMPARES)
def compared(low: Lowering, call: Call) -> None:
    """A mask with a number: itself, or its opposite. Whole numbers with one of them."""
    row = bind(call, "input other")
    name = call.function.strip("_")
    if whole(low, row["input"], row["other"]):
        looked_up(low, call, row["input"], row["other"])
        return
    if not is_truth(low, row["input"]) or not isinstance(row["other"], int | float):
        raise Unsaid(f"`{name}`, a comparison of numbers of the input")
    false, true = (COMPARES[name](value, row["other"]) for value in (0, 1))
    if false is true:
        raise Unsaid(f"`{name}` of truths that is the same for all")
    mask = low.data(row["input"])
    if true:
        low.alias(call, mask)
    else:
        low.tell(call.results[0].number, replace(low.result(call), number=not_(low, mask).number))


@lowers("bool", "int", "long")
def as_number(low: Lowering, call: Call) -> None:
    """Of truths it changes nothing, and of whole numbers nothing that a table would see."""
    is_whole = call.function.strip("_") != "bool" and whole(low, call.arguments[0], 0)
    if not is_whole and not is_truth(low, call.arguments[0]):
        raise Unsaid(f"`{call.function}` of numbers of the input")
    low.alias(call, low.data(call.arguments[0]))


def padding(low: Lowering, mask: Ref, fold: int) -> list[Data]:
    """Which keys are padding, as what is added to the logits of all heads and places, [1, 1, keys]; none where none are. With rows that are folded into
    the batch these stand in front."""
    known = low.of(mask)
    if isinstance(known, Data):
        data = added(low, known) if is_truth(low, mask) else known
    else:
        keys = once(low, mask.number)
        fill = torch.where(keys, float(FARTHEST), 0.0) if keys.dtype == torch.bool else keys.clamp(min=FARTHEST)
        if not bool(fill.any()):
            return []
        data = numbers(low, fill.squeeze(0), tuple(fill.squeeze(0).shape))
    lead = (data.bare[0],) if fold > 1 and len(data.bare) == 2 and data.bare[0] in (1, fold) else ()
    if len(data.bare) != 1 + len(lead):
        raise Unsaid("a mask of padding of more axes than the keys")
    whole = (*(lead or (1,) * (fold > 1)), 1, 1, data.bare[-1])
    wide = low.wide(mask.number) if isinstance(known, Data) else None
    follows = wide is not None and wide[-1] != data.bare[-1]  # there are as many keys as words
    return [low.between("reshape", {"shape": [*whole[:-1], -1] if follows else list(whole)}, [data], whole)]
