"""Transposed convolutions in one oneDNN call each."""

import torch
from torch import nn

from .packed import Packed, each_axis


class TransposedConvolution(nn.Module):
    """A transposed convolution and the activation after it, in one call. Images and volumes have their channels last in memory."""

    numbers: list[int | float | complex | None]

    def __init__(
        self,
        in_channels: int,
        out_channels: int,
        kernel_size: int | tuple[int, ...],
        stride: int | tuple[int, ...] = 1,
        padding: int | tuple[int, ...] = 0,
        output_padding: int | tuple[int, ...] = 0,
        groups: int = 1,
        dilation: int | tuple[int, ...] = 1,
        activation: str = "none",
        algorithm: str = "",
        numbers: tuple[float, ...] = (),
    ) -> None:
        super().__init__()
        kernel = each_axis(kernel_size)
        self.weight = nn.Parameter(torch.empty(in_channels, out_channels // groups, *kernel), requires_grad=False)
        self.bias = nn.Parameter(torch.empty(out_channels), requires_grad=False)
        self.stride = each_axis(stride, len(kernel))
        self.padding = each_axis(padding, len(kernel))
        self.output_padding = each_axis(output_padding, len(kernel))
        self.dilation = each_axis(dilation, len(kernel))
        self.groups = groups
        self.activation = activation
        self.algorithm = algorithm
        self.numbers = list(numbers)
        self.packed = Packed()

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        if self.packed.shape != x.shape:
            weight = torch.ops.mkldnn._reorder_convolution_transpose_weight(
                self.weight.detach(), self.padding, self.output_padding, self.stride, self.dilation, self.groups, x.shape
            )
            self.packed.keep(weight, x.shape)
        return torch.ops.mkldnn._convolution_transpose_pointwise(
            x,
            self.packed.tensor,
            self.bias,
            self.padding,
            self.output_padding,
            self.stride,
            self.dilation,
            self.groups,
            self.activation,
            self.numbers,
            self.algorithm,
        )
