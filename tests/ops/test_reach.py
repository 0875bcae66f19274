"""Windows: which positions of the input each position of the output reads, against the gradient's support."""

from __future__ import annotations

from fractions import Fraction
from math import ceil, floor

import pytest
import torch

from archc.compiler.ops.base import Operation, Shapes, Window

from .samples import SAMPLES, describe, op
from .torch_side import modules

WINDOWED = [
    sample for sample in SAMPLES if sample[0].windows(sample[1], sample[0].output(sample[1])) is not None and not sample[0].gives_integers
]
EXACT = {"conv", "dwconv", "avgpool", "pad"}


def support(operation: Operation, inputs: Shapes, axis: int, position: int) -> list[int]:
    """The positions along a spatial axis that the outputs at `position` of that axis depend on."""
    (module, *_) = modules(operation, inputs)
    values = [torch.rand((1, *shape)) for shape in inputs]
    values[0].requires_grad_()
    for parameter in module.parameters():
        torch.nn.init.uniform_(parameter, 0.5, 1.0)
    module.eval()(*values).select(axis + 2, position).sum().backward()
    gradient = values[0].grad
    assert gradient is not None
    other = [number for number in range(gradient.dim()) if number != axis + 2]
    return torch.nonzero(gradient.abs().sum(other)).flatten().tolist()


def said(window: Window, position: int, size: int) -> set[int]:
    """The positions that the record names, those outside of the input left out; the first is rounded either way."""
    if window.kernel == 0:
        return set(range(size))
    start = Fraction(position * window.stride, window.upscale) - window.before
    places = {first + step * window.dilation for first in (floor(start), ceil(start)) for step in range(window.kernel)}
    return {place for place in places if 0 <= place < size}


@pytest.mark.parametrize(("operation", "inputs"), WINDOWED, ids=[describe(*sample) for sample in WINDOWED])
def test_windows_are_the_gradients_support(operation: Operation, inputs: Shapes) -> None:
    output = operation.output(inputs)
    windows = operation.windows(inputs, output)
    assert windows is not None and len(windows) == len(output) - 1
    zeros = getattr(operation, "pad_mode", getattr(operation, "mode", "zeros")) == "zeros"
    for axis, window in enumerate(windows):
        for position in {0, 1, output[axis + 1] // 2, output[axis + 1] - 1} & set(range(output[axis + 1])):
            found = support(operation, inputs, axis, position)
            places = said(window, position, inputs[0][axis + 1])
            if zeros:  # a mirror brings positions from elsewhere
                assert set(found) <= places
            if operation.name in EXACT and zeros:
                assert set(found) == places


def test_a_strided_convolution_and_a_whole_pool() -> None:
    windows = op("conv", channels=4, kernel=(1, 7), stride=2, dilation=(1, 2)).windows(((3, 20, 20),), (4, 10, 10))
    assert windows == (Window(1, 2, 0, 1), Window(7, 2, 6, 2))
    assert op("global_avgpool").windows(((3, 20, 20),), (3, 1, 1)) == (Window(0, 20), Window(0, 20))
