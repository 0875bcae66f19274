"""Models of hundreds of millions of weights, in little memory.

Memory that nobody writes to takes no room: weights that a library fills at random are left unfilled, for their numbers are of no use.
Those that the proof fills are windows, each at a place of its own, onto a few shared numbers.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import torch
from torch import nn
from torch.overrides import TorchFunctionMode

MOST_NUMBERS = 400_000_000
"""Weights beyond which a model is compared on windows: their own numbers would need gigabytes."""

LARGE = 1 << 20
"""Numbers from which a tensor is one that matters to memory."""

STEP = 16
"""Windows begin at multiples of so many numbers: where a tensor of its own would begin, at a line of the cache."""

DRAWN = {torch.Tensor.uniform_, torch.Tensor.normal_}
WORKED_ON = {torch.Tensor.erfinv_, torch.Tensor.mul_, torch.Tensor.add_, torch.Tensor.div_, torch.Tensor.clamp_}
"""What makes another distribution of numbers that were drawn."""


def is_large(module: nn.Module) -> bool:
    return sum(int(value.numel()) for value in module.state_dict().values()) > MOST_NUMBERS


def lent_to(module: nn.Module) -> dict[str, nn.Parameter]:
    """The parameters, by key, that have windows, which are the large ones of a large model; the numbers of all others are their own."""
    rows = module.named_parameters(remove_duplicate=False) if is_large(module) else ()
    return {key: row for key, row in rows if row.numel() >= LARGE and row.is_floating_point()}


class Undrawn(TorchFunctionMode):
    """While it is entered, large parameters keep what they hold in place of random numbers."""

    def __init__(self) -> None:
        super().__init__()
        self.left: set[int] = set()
        """The places in memory of those that were to be drawn."""

    def __torch_function__(
        self, func: Any, types: Sequence[type], args: Sequence[Any] = (), kwargs: Mapping[str, Any] | None = None
    ) -> Any:
        first = args[0] if args else None
        if isinstance(first, nn.Parameter) and first.numel() >= LARGE:
            if func in DRAWN:
                self.left.add(id(first))
                return first
            if func in WORKED_ON and id(first) in self.left:
                return first
        return func(*args, **dict(kwargs or {}))


class Windows:
    """Random numbers of some size, for any number of tensors that may share them."""

    def __init__(self, generator: torch.Generator) -> None:
        self.generator = generator
        self.numbers: dict[float, torch.Tensor] = {}

    def of(self, shape: torch.Size, size: float) -> torch.Tensor:
        """A tensor of that shape with numbers of that standard deviation. Each begins elsewhere, so that no two that follow each other are equal."""
        most = shape.numel() + LARGE
        if size not in self.numbers or self.numbers[size].numel() < most:
            self.numbers[size] = torch.empty(most).normal_(0, size, generator=self.generator)
        begin = int(torch.randint(LARGE // STEP, (), generator=self.generator)) * STEP
        return self.numbers[size][begin : begin + shape.numel()].view(shape)

    def __repr__(self) -> str:
        return f"<Windows onto {sum(row.numel() for row in self.numbers.values()):,} numbers>"


@contextlib.contextmanager
def own_numbers(module: nn.Module) -> Iterator[None]:
    """Afterwards the parameters that have windows have the memory that they had."""
    rows = [(parameter, parameter.data) for parameter in lent_to(module).values()]
    try:
        yield
    finally:
        for parameter, numbers in rows:
            parameter.data = numbers
