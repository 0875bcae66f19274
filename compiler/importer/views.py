"""Chains of steps that move elements and compute nothing, and where each element comes from."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from math import prod

import torch

from .flat_steps import Step

VIEWS = frozenset(("reshape", "flatten", "permute", "select", "chunk", "slice", "identity", "tokens"))


def is_view(step: Step) -> bool:
    """Whether it only moves elements: a dropout that drops nothing does not even that."""
    return step.operation in VIEWS or (step.operation == "dropout" and step.arguments.get("p") == 0)


def back(made: Mapping[int, Step], number: int) -> tuple[int, list[Step]]:
    """The tensor whose elements a tensor has, and the views between, in order."""
    chain: list[Step] = []
    while (step := made.get(number)) is not None and is_view(step):
        chain.insert(0, step)
        number = step.inputs[0]
    return number, chain


def moved(chain: Sequence[Step], places: torch.Tensor) -> torch.Tensor:
    """The places of the elements after a chain."""
    for step in chain:
        arguments = step.arguments
        axis = arguments.get("axis", 0)
        axis = axis if isinstance(axis, int) else 0
        if step.operation in ("reshape", "flatten"):
            places = places.reshape(step.shape)
        elif step.operation == "permute":
            order = arguments["order"]
            assert isinstance(order, list)
            places = places.permute(*order)
        elif step.operation == "tokens":
            places = places.flatten(1).t()
        elif step.operation == "select":
            index = arguments["index"]
            assert isinstance(index, int)
            places = places.select(axis, index)
        elif step.operation == "chunk":
            index, count = arguments["i"], arguments["n"]
            assert isinstance(index, int) and isinstance(count, int)
            places = places.chunk(count, axis)[index]
        elif step.operation == "slice":
            start, stop, every = arguments["start"], arguments["stop"], arguments.get("step", 1)
            assert isinstance(start, int) and (stop is None or isinstance(stop, int)) and isinstance(every, int)
            places = places[(slice(None),) * axis + (slice(start, stop, every),)]
    return places


def numbered(shape: Sequence[int]) -> torch.Tensor:
    return torch.arange(prod(shape)).reshape(tuple(shape))
