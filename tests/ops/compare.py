"""Drawing random inputs, and comparing an operation's record with PyTorch on the meta device."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from typing import TypeAlias

import torch
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st

from archc.compiler.ops.base import Operation, Refusal, Shape, Shapes

from .torch_side import modules, shape_of, tensors

Case: TypeAlias = tuple[Operation, Shapes]
Reference: TypeAlias = Callable[[Operation, Sequence[torch.Tensor]], torch.Tensor]

sizes = st.integers(1, 12)
small = st.integers(1, 4)


def images(most_channels: int = 8, ranks: tuple[int, ...] = (1, 2, 3)) -> st.SearchStrategy[Shape]:
    return st.sampled_from(ranks).flatmap(
        lambda rank: st.tuples(st.integers(1, most_channels), *[sizes if rank < 3 else st.integers(1, 7)] * rank)
    )


anything = st.lists(st.integers(1, 7), min_size=1, max_size=4).map(tuple)


def per_axis(rank: int, numbers: st.SearchStrategy[int]) -> st.SearchStrategy[object]:
    """A number, or one for each axis."""
    return st.one_of(numbers, st.tuples(*[numbers] * rank))


def axes(value: object, rank: int) -> tuple[int, ...]:
    """The number of each."""
    return value if isinstance(value, tuple) else (value,) * rank  # type: ignore[return-value]


def compare(case: Case, reference: Reference, stricter: Callable[[Refusal], bool] = lambda refusal: False) -> None:
    operation, inputs = case
    try:
        said: Shape | None = operation.output(inputs)
        refusal = None
    except Refusal as caught:
        said, refusal = None, caught
    values = tensors(operation, inputs, "meta")
    try:
        answer: Shape | None = shape_of(reference(operation, values))
    except (RuntimeError, ValueError, IndexError, AssertionError, NotImplementedError):
        answer = None
    if refusal is not None and stricter(refusal):
        return
    if answer is not None and 0 in answer:
        assert said is None, "an empty output is refused"
        return
    assert said == answer, refusal.message if refusal is not None else "PyTorch refuses"
    if said is None:
        return
    with torch.device("meta"):
        for module in modules(operation, inputs):
            assert shape_of(module.eval()(*values)) == said


MANY = int(os.environ.get("ARCHC_EXAMPLES", "1"))
"""How many times more examples than a quick run takes; above 1 they differ from run to run."""


def budget(examples: int) -> settings:
    return settings(
        max_examples=examples * MANY,
        deadline=None,
        suppress_health_check=list(HealthCheck),
        derandomize=MANY == 1,
        database=None,
    )


fast = budget(100)
much = budget(300)
