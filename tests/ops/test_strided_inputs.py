"""Every operation takes an input however it lies: after `permute`, `slice`, `crop`, or in channels-last order the answer is the same.

PyTorch's own functions are no help where they `view` what cannot be viewed; then the record puts its input in order.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
import torch
from torch import Tensor

from archc.compiler.ops import TABLE
from archc.compiler.ops.base import Operation, Refusal, Shapes
from tests.sample import sample

from .samples import SAMPLES
from .torch_side import build, source, tensors

RANKS = ((8,), (6, 8), (8, 6), (8, 6, 6), (8, 4, 6, 6))


def reversed_axes(x: Tensor) -> Tensor:
    order = list(range(x.dim()))[::-1]
    return x.permute(order).contiguous().permute(order)


def channels_last(x: Tensor) -> Tensor:
    return x.movedim(1, -1).contiguous().movedim(-1, 1)


def swapped(x: Tensor) -> Tensor:
    return x.transpose(-1, -2).contiguous().transpose(-1, -2)


def gaps(x: Tensor) -> Tensor:
    return torch.stack([x, x], dim=-1)[..., 0]


def cropped(x: Tensor) -> Tensor:
    inside = (slice(None), *(slice(1, None) for _ in x.shape[1:]))
    whole = torch.zeros([x.shape[0], *(size + 1 for size in x.shape[1:])], dtype=x.dtype)
    whole[inside] = x
    return whole[inside]


LYING: tuple[Callable[[Tensor], Tensor], ...] = (reversed_axes, channels_last, swapped, gaps, cropped)


def cases(name: str) -> Iterator[tuple[Operation, Shapes]]:
    """The samples of an operation, with the shapes that they have and with others of every rank that it takes."""
    for operation, own in SAMPLES:
        if operation.name == name:
            for shapes in (own, *((shape,) * len(own) for shape in RANKS if own)):
                try:
                    operation.output(shapes)
                except Refusal:
                    continue
                yield operation, shapes


@pytest.mark.parametrize("name", sample(sorted(name for name, kind in TABLE.items() if kind.family != "port"), 0, 2))
def test_an_input_may_lie_in_any_order(name: str) -> None:
    ran = 0
    for number, (operation, shapes) in enumerate(cases(name)):
        for by_module in (True, False):
            text = source(operation, shapes, by_module)
            if text is None:
                continue
            module, inputs = build(text).eval(), tensors(operation, shapes)
            for weight in module.parameters():
                torch.nn.init.normal_(weight)
            torch.manual_seed(1)
            expected = module(*inputs)
            for lie in sample(LYING, number, 3):
                torch.manual_seed(1)
                torch.testing.assert_close(module(*map(lie, inputs)), expected, rtol=1e-4, atol=1e-4, equal_nan=True)
                if inputs and inputs[0].is_floating_point() and not operation.gives_integers:
                    _trains(build(text).train(), [lie(x).requires_grad_() if x.is_floating_point() else x for x in inputs])
            ran += 1
    assert ran


def _trains(module: torch.nn.Module, inputs: list[Tensor]) -> None:
    module(*inputs).sum().backward()
    assert inputs[0].grad is not None  # of a `like` none comes back
