"""Zeros around an image as TensorFlow's `same` puts them."""

import torch
import torch.nn.functional as F


def added(size: int, kernel: int, stride: int, dilation: int) -> int:
    """How much an axis grows, so that as many windows fit as the size over the stride, rounded up."""
    return max((size - 1) // stride * stride + dilation * (kernel - 1) + 1 - size, 0)


def pad_same(x: torch.Tensor, kernel: list[int], stride: list[int], dilation: list[int]) -> torch.Tensor:
    """By the input's size, the odd zero at the end."""
    tall = added(x.shape[2], kernel[0], stride[0], dilation[0])
    wide = added(x.shape[3], kernel[1], stride[1], dilation[1])
    return F.pad(x, [wide // 2, wide - wide // 2, tall // 2, tall - tall // 2])
