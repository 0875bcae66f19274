"""Pools of images whose channels lie last in memory."""

from __future__ import annotations

import torch
from torch import nn

from .packed import each_axis


class MaxPool(nn.Module):
    """A max pool, over rows and then over columns. PyTorch's own also finds where each maximum stood, which takes longer.

    `size` of `forward` is the output's: it may count windows that reach over the edge, as `ceil_mode` does.
    """

    def __init__(
        self,
        kernel_size: int | tuple[int, ...],
        stride: int | tuple[int, ...],
        padding: int | tuple[int, ...] = 0,
        dilation: int | tuple[int, ...] = 1,
        ceil_mode: bool = False,
    ) -> None:
        super().__init__()
        self.kernel_size = each_axis(kernel_size)
        self.stride = each_axis(stride)
        self.padding = each_axis(padding)
        self.dilation = each_axis(dilation)
        self.ceil_mode = ceil_mode

    def along(self, x: torch.Tensor, axis: int) -> torch.Tensor:
        """The maxima along one axis of the image (0: of rows, 1: of columns)."""
        kernel, stride, padding, dilation = self.kernel_size[axis], self.stride[axis], self.padding[axis], self.dilation[axis]
        dim = axis + 2
        size = x.shape[dim]
        room = size + 2 * padding - dilation * (kernel - 1) - 1
        count = (room + stride - 1 if self.ceil_mode else room) // stride + 1
        if self.ceil_mode and (count - 1) * stride >= size + padding:
            count -= 1
        y = x
        is_new = False
        # Each of the window's positions, the middle one first: it lies inside for every window, as padding is at most half.
        for step in range(kernel):
            offset = ((kernel // 2 + step) % kernel) * dilation - padding
            first = max((stride - 1 - offset) // stride, 0)
            last = min((size - 1 - offset) // stride, count - 1)
            if last < first:
                continue
            part = x.slice(dim, first * stride + offset, last * stride + offset + 1, stride)
            if not is_new:
                if first > 0 or last < count - 1:
                    y = torch.full_like(x.slice(dim, 0, count), float("-inf"))
                    y.slice(dim, first, last + 1).copy_(part)
                    is_new = True
                else:
                    y = part
                    is_new = kernel == 1
            elif first == 0 and last == count - 1:
                y = torch.maximum(y, part)
            else:
                edge = y.slice(dim, first, last + 1)
                torch.maximum(edge, part, out=edge)
        return y

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.along(self.along(x, 0), 1)
