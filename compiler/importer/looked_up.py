"""Whole numbers of the input against one number, as `ids != 0` is, which tells what is padding: a table of truths, read as an embedding's is.

The language has whole numbers as rows of tables alone, so the embedding that reads the same input says how many rows there are.
"""

from __future__ import annotations

import operator
from dataclasses import replace
from itertools import groupby

import torch

from .known import Data
from .lower import Lowering, bind
from .lower_constant import source
from .traced import Call, Ref, Trace
from .unsaid import Unsaid

COMPARES = {"eq": operator.eq, "ne": operator.ne, "gt": operator.gt, "ge": operator.ge, "lt": operator.lt, "le": operator.le}


TO_TRUTHS = ("bool", "to", "type")
"""What makes truths of numbers: what is not 0."""


VIEWS = frozenset(("view", "reshape", "unsqueeze", "squeeze", "flatten", "expand"))
"""What a mask may go through before."""


def used_as_truths(trace: Trace) -> set[int]:
    """The places of the inputs that are compared with a number as they are, or made truths."""
    found = set[int]()
    for call in trace.calls:
        if call.function in TO_TRUTHS and trace.values[call.results[0].number].dtype == torch.bool:
            given = call.arguments[0]
        elif call.function.strip("_") in COMPARES:
            row = bind(call, "input other")
            given = row["input"] if isinstance(row["other"], int | float) else None
        else:
            continue
        while isinstance(given, Ref) and (before := trace.values[given.number].call) is not None and before.function in VIEWS:
            given = before.arguments[0]
        if given in trace.inputs:
            found.add(trace.inputs.index(given))
    return {place for place in found if trace.values[trace.inputs[place].number].dtype != torch.bool}


def whole(low: Lowering, value: object, other: object) -> bool:
    """Whether it is a tensor of whole numbers that depends on the input, and the other is a number."""
    if not isinstance(value, Ref) or isinstance(other, bool) or not isinstance(other, int):
        return False
    kind = low.trace.values[value.number].dtype
    return not (kind.is_floating_point or kind.is_complex or kind == torch.bool) and isinstance(low.of(value), Data)


def looked_up(low: Lowering, call: Call, given: Ref, number: int) -> None:
    """The truth of each whole number, out of the table of all."""
    data, count = low.data(given), _rows(low, given)
    if count is None or len(data.bare) != 1:
        raise Unsaid("a comparison of whole numbers of which no embedding tells how many there are")
    compare = COMPARES[call.function.strip("_")]
    runs = [(value, len(list(rows))) for value, rows in groupby(int(compare(row, number)) for row in range(count))]
    parts = [source(low, "constant", {"value": value, "sizes": [length, 1]}, (length, 1), None) for value, length in runs]
    table = parts[0] if len(parts) == 1 else low.between("concat", {"axis": 0}, parts, (count, 1))
    shape = data.bare
    read = low.between("embedding", {"count": count, "features": 1}, [data, table], (*shape, 1))
    truths = low.between("select", {"index": 0, "axis": 1}, [read], shape)
    low.tell(call.results[0].number, replace(low.result(call), number=truths.number))


def _rows(low: Lowering, given: Ref) -> int | None:
    """How many different numbers there are: as many as the smallest table has that is read with them."""
    counts = []
    for call in low.trace.calls:
        if call.function.strip("_") == "embedding":
            row = bind(call, "input weight")
            if isinstance(row["input"], Ref) and row["input"].number == given.number and isinstance(row["weight"], Ref):
                counts.append(low.trace.values[row["weight"].number].shape[0])
    return min(counts, default=None)
