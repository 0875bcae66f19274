"""How tensors lie, against PyTorch."""

from __future__ import annotations

import itertools
import random

import torch
from torch import Tensor

from archc.compiler.ops.strides import elementwise, viewed

from .torch_side import layout_of


def tensors(seed: int, count: int) -> list[Tensor]:
    """Small tensors of every rank, with gaps and in other orders."""
    chance = random.Random(seed)
    made = []
    for _ in range(count):
        sizes = [chance.choice((1, 1, 2, 3, 4)) for _ in range(chance.randint(1, 5))]
        whole = torch.zeros([size + chance.choice((0, 0, 1)) for size in sizes])
        part = whole[tuple(slice(0, size) for size in sizes)]
        made.append(part.permute(chance.sample(range(len(sizes)), len(sizes)) if chance.random() < 0.7 else tuple(range(len(sizes)))))
    return made


def test_order_and_channels_last() -> None:
    for tensor in tensors(1, 3000):
        assert layout_of(tensor).is_in_order is tensor.is_contiguous()
        formats = {4: torch.channels_last, 5: torch.channels_last_3d}
        if tensor.dim() in formats:
            assert layout_of(tensor).is_channels_last is tensor.is_contiguous(memory_format=formats[tensor.dim()])
        if tensor.dim() == 4 and tensor.shape[1] > 1 and tensor.shape[2:].numel() > 1:  # else one lies as the other
            made = torch.nn.functional.pad(tensor, [1, 1, 1, 1])
            assert layout_of(tensor).suggests_channels_last is made.is_contiguous(memory_format=torch.channels_last)


def test_what_an_operation_on_each_element_makes() -> None:
    rows = tensors(2, 3000)
    for one, other in itertools.pairwise(rows):
        assert elementwise(layout_of(one)) == layout_of(torch.relu(one))
        try:
            made = one + other
        except RuntimeError:
            continue
        assert elementwise(layout_of(one), layout_of(other)) == layout_of(made)


def test_views_that_there_are() -> None:
    chance = random.Random(3)
    copied = 0
    for tensor in tensors(3, 3000):
        left, sizes = tensor.numel(), []
        while left > 1 and len(sizes) < 4:
            sizes.append(chance.choice([count for count in range(1, left + 1) if left % count == 0]))
            left //= sizes[-1]
        sizes.append(left)
        try:
            expected = layout_of(tensor.view(sizes))
        except RuntimeError:
            expected, copied = None, copied + 1
        assert viewed(layout_of(tensor), sizes) == expected
    assert copied > 100
