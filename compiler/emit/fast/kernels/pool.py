"""Pools of images whose channels lie last in memory."""

import torch
from torch import nn

from .packed import each_axis


def every(x: torch.Tensor, dim: int, first: int, end: int, step: int) -> torch.Tensor:
    """Positions `first`, `first + step`, … of an axis."""
    return torch.ops.aten.slice(x, dim, first, end, step)


def max_along(x: torch.Tensor, dim: int, kernel: int, stride: int, padding: int, dilation: int, ceil_mode: bool) -> torch.Tensor:
    """The largest value of each window along one axis."""
    size = x.shape[dim]
    room = size + 2 * padding - dilation * (kernel - 1) - 1
    count = (room + stride - 1 if ceil_mode else room) // stride + 1
    if ceil_mode and (count - 1) * stride >= size + padding:
        count -= 1
    best = x
    begun, owned = False, False
    for step in range(kernel):
        # First the position that lies inside for almost every window: the one that stands on the stride.
        offset = ((padding // dilation + step) % kernel) * dilation - padding
        first = max((stride - 1 - offset) // stride, 0)
        end = min((size - 1 - offset) // stride, count - 1) + 1
        if end <= first:
            continue
        part = every(x, dim, first * stride + offset, (end - 1) * stride + offset + 1, stride)
        whole = first == 0 and end == count
        if not begun and whole:
            best = part
        elif not begun:
            shape = list(x.shape)
            shape[dim] = count
            best = torch.empty(shape, dtype=x.dtype, memory_format=torch.channels_last)
            best = best.fill_(float("-inf")) if x.is_floating_point() else best.zero_()
            best.narrow(dim, first, end - first).copy_(part)
            owned = True
        elif whole:
            best = torch.maximum(best, part)
            owned = True
        else:
            if not owned:
                new = torch.empty_like(best)
                if first > 0:
                    new.narrow(dim, 0, first).copy_(best.narrow(dim, 0, first))
                if end < count:
                    new.narrow(dim, end, count - end).copy_(best.narrow(dim, end, count - end))
                torch.maximum(best.narrow(dim, first, end - first), part, out=new.narrow(dim, first, end - first))
                best = new
                owned = True
            else:
                edge = best.narrow(dim, first, end - first)
                torch.maximum(edge, part, out=edge)
        begun = True
    return best


class MaxPool(nn.Module):
    """A max pool, along rows and then along columns. PyTorch's own also finds where each maximum stood, which takes longer."""

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

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        x = max_along(x, 2, self.kernel_size[0], self.stride[0], self.padding[0], self.dilation[0], self.ceil_mode)
        return max_along(x, 3, self.kernel_size[1], self.stride[1], self.padding[1], self.dilation[1], self.ceil_mode)
