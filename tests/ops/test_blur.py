"""`blur_pool` is a depthwise convolution with the binomial's filter, on what its padding makes."""

from __future__ import annotations

from math import comb

import pytest
import torch
import torch.nn.functional as F
from hypothesis import given
from hypothesis import strategies as st

from archc.compiler.ops.base import Shape

from .compare import fast, images
from .samples import op
from .test_numbers import run
from .test_refusals import refused


@fast
@given(images(), st.integers(2, 6), st.integers(1, 3), st.sampled_from(["reflect", "zeros", "replicate", "circular"]))
def test_against_a_convolution(shape: Shape, kernel: int, stride: int, mode: str) -> None:
    operation = op("blur_pool", kernel=kernel, stride=stride, pad_mode=mode)
    rank, channels = len(shape) - 1, shape[0]
    pad = (stride + kernel - 2) // 2
    x = torch.randn(2, *shape)
    row = torch.tensor([comb(kernel - 1, place) for place in range(kernel)]) / 2 ** (kernel - 1)
    weight = row
    for _ in range(rank - 1):
        weight = weight[..., None] * row
    try:
        padded = F.pad(x, [pad] * 2 * rank, mode="constant" if mode == "zeros" else mode)
        expected = getattr(F, f"conv{rank}d")(padded, weight.expand(channels, 1, *weight.shape), stride=stride, groups=channels)
    except RuntimeError:
        refused(operation, shape)
        return
    torch.testing.assert_close(run(operation, x), expected)


def test_it_has_no_key_and_keeps_a_constant() -> None:
    operation = op("blur_pool")
    assert operation.weights(((8, 9, 10),)) == ()
    torch.testing.assert_close(run(operation, torch.ones(2, 8, 9, 10)), torch.ones(2, 8, 5, 5))


@pytest.mark.parametrize(("shape", "code"), [((8,), "E313"), ((8, 1, 9), "E321")])
def test_what_it_refuses(shape: Shape, code: str) -> None:
    assert refused(op("blur_pool"), shape).code == code
