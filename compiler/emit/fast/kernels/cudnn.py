"""Convolutions in one cuDNN call each."""

import torch
from torch import nn

from .packed import each_axis


class ReluConvolution(nn.Module):
    """A convolution, its bias and a relu in one call. Images have their channels last in memory."""

    def __init__(
        self,
        in_channels: int,
        out_channels: int,
        kernel_size: int | tuple[int, ...],
        stride: int | tuple[int, ...] = 1,
        padding: int | tuple[int, ...] = 0,
        dilation: int | tuple[int, ...] = 1,
        groups: int = 1,
    ) -> None:
        super().__init__()
        kernel = each_axis(kernel_size)
        weight = torch.empty(out_channels, in_channels // groups, kernel[0], kernel[1])
        self.weight = nn.Parameter(weight.contiguous(memory_format=torch.channels_last), requires_grad=False)
        self.bias = nn.Parameter(torch.empty(out_channels), requires_grad=False)
        self.stride = each_axis(stride)
        self.padding = each_axis(padding)
        self.dilation = each_axis(dilation)
        self.groups = groups

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return torch.cudnn_convolution_relu(x, self.weight, self.bias, self.stride, self.padding, self.dilation, self.groups)


class SumReluConvolution(ReluConvolution):
    """A convolution, its bias, the sum with another tensor and a relu in one call."""

    def forward(self, x: torch.Tensor, other: torch.Tensor) -> torch.Tensor:
        return torch.cudnn_convolution_add_relu(
            x, self.weight, other, 1.0, self.bias, self.stride, self.padding, self.dilation, self.groups
        )
