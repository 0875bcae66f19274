"""A measure of memory to hold the analysis against: it books every storage once, from its first tensor to its last.

A `TorchDispatchMode` sees each tensor that an operator returns; the storage is booked when first seen and unbooked when
Python and autograd have let go of it. On meta tensors the figures are the same, and no memory is needed.
"""

from __future__ import annotations

import weakref
from collections.abc import Callable, Iterable, Iterator
from typing import Any

import torch
from torch.utils._python_dispatch import TorchDispatchMode


class Tracker(TorchDispatchMode):
    """`alive` is what is booked now, `peak` the most since `restart`, in bytes; `at` the operator that reached it."""

    def __init__(self) -> None:
        super().__init__()
        self.alive = 0
        self.peak = 0
        self.at = ""
        self.step = 0
        self.log: list[tuple[str, int]] | None = None
        self._sizes: dict[int, int] = {}

    def book(self, tensors: Iterable[torch.Tensor], at: str = "booked") -> None:
        for tensor in tensors:
            storage = tensor.untyped_storage()
            key = storage._cdata
            if key in self._sizes:
                continue
            # On one thread oneDNN rounds up the channels of a transposed convolution of volumes; on two it does not.
            self._sizes[key] = tensor.nbytes if at == "aten.convolution.default" else storage.nbytes()
            self.alive += self._sizes[key]
            weakref.finalize(storage, self._unbook, key)
        if self.alive > self.peak:
            self.peak, self.at = self.alive, at

    def _unbook(self, key: int) -> None:
        self.alive -= self._sizes.pop(key)

    def restart(self) -> None:
        self.peak, self.at = self.alive, ""

    def __torch_dispatch__(self, function: Any, types: Any, arguments: tuple[Any, ...] = (), keywords: dict[str, Any] | None = None) -> Any:
        result = function(*arguments, **(keywords or {}))
        self.book(tensors_in(result), str(function))
        if self.log is not None:
            self.log.append((str(function), self.alive))
        return result


def tensors_in(result: object) -> Iterator[torch.Tensor]:
    """The tensors that an operator returned: one, several, or none."""
    if isinstance(result, torch.Tensor):
        yield result
    elif isinstance(result, tuple | list):
        for item in result:
            yield from tensors_in(item)


def inference_peak(model: torch.nn.Module, inputs: tuple[torch.Tensor, ...]) -> int:
    """The peak of one forward pass in evaluation, the inputs kept alive and counted, weights and buffers not."""
    model.eval()
    tracker = Tracker()
    with torch.no_grad(), tracker:
        # A linear layer makes a view of its weight: it must be known as the weight's, and not counted.
        tracker.book((*model.parameters(), *model.buffers()))
        weights = tracker.alive
        tracker.book(inputs)
        tracker.restart()
        model(*inputs)
    return tracker.peak - weights


class Loss(torch.autograd.Function):
    """A loss that keeps nothing: its gradient is one for every element of the answers, made when the backward pass begins."""

    @staticmethod
    def forward(ctx: Any, *answers: torch.Tensor) -> torch.Tensor:
        ctx.shapes = [answer.shape for answer in answers]
        return answers[0].new_zeros(())

    @staticmethod
    def backward(ctx: Any, *gradients: torch.Tensor) -> tuple[torch.Tensor | None, ...]:
        return tuple(
            gradients[0].new_ones(shape) if needed else None for shape, needed in zip(ctx.shapes, ctx.needs_input_grad, strict=True)
        )


def training_peak(
    model: torch.nn.Module,
    inputs: tuple[torch.Tensor, ...],
    optimizer: Callable[[Iterable[torch.nn.Parameter]], torch.optim.Optimizer],
    steps: int = 2,
) -> list[int]:
    """The peak of each of the first `steps` training steps; weights, buffers, gradients, optimiser state and inputs count."""
    model.train()
    tracker = Tracker()
    peaks = []
    with tracker:
        tracker.book((*model.parameters(), *model.buffers(), *inputs))
        rule = optimizer(model.parameters())
        for _ in range(steps):
            tracker.restart()
            Loss.apply(*tensors_in(model(*inputs))).backward()
            rule.step()
            rule.zero_grad(set_to_none=True)
            peaks.append(tracker.peak)
    return peaks
