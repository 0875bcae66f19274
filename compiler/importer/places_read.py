"""Whole numbers that a table is read with: those of the input as they came, which the language has, and no others."""

from __future__ import annotations

from ..ops import TABLE
from ..ops.base import Operation
from .known import Data
from .lower import MISSING, Lowering
from .traced import Ref
from .unsaid import Unsaid

AS_THEY_ARE = (
    "a table is read with the numbers of the input as they are: work out the rows where the batch is made (`ids + offsets` in the `Dataset`), and take "
    "it out of `forward`; or keep a table for each column"
)


def places(low: Lowering, given: Ref) -> Data:
    """What an embedding is read with. Raises `Unsaid` where a step worked it out."""
    data = low.data(given)
    steps = {step.number: step for step in low.flat.steps}
    waiting = [data.number]
    while waiting:
        step = steps.get(waiting.pop())
        if step is None or step.operation == MISSING:
            continue
        record = TABLE[step.operation]
        works = record.family != "shape" and record.only_moves is Operation.only_moves  # who joins tensors as they are says so itself
        if step.inputs and works and not record.gives_integers:
            raise Unsaid(f"an embedding of numbers that `{step.operation}` works out", AS_THEY_ARE)
        waiting += step.inputs
    return data
