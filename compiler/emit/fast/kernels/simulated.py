"""Eight bits by PyTorch's plain operations: what a tensor's numbers stand for is worked out, then the layer as its definition has it."""

import torch
import torch.nn.functional as F
from torch import nn

from .packed import each_axis


def rounded(x: torch.Tensor, scale: float, zero: int) -> torch.Tensor:
    """A tensor rounded to steps of `scale`, 0 being `zero`."""
    return torch.ops.quantized_decomposed.quantize_per_tensor(x, scale, zero, 0, 255, torch.uint8)


def meant(x: torch.Tensor, scale: float, zero: int) -> torch.Tensor:
    """What the numbers stand for."""
    return torch.ops.quantized_decomposed.dequantize_per_tensor(x, scale, zero, 0, 255, torch.uint8)


def meant_weight(weight: torch.Tensor, scales: torch.Tensor) -> torch.Tensor:
    """What a weight's numbers stand for; each output channel has a scale."""
    zeros = torch.zeros(scales.shape[0], dtype=torch.int64)
    return torch.ops.quantized_decomposed.dequantize_per_channel(weight, scales, zeros, 0, -128, 127, torch.int8)


class SimulatedConvolution(nn.Module):
    """A convolution whose weights are of eight bits."""

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
        self.register_buffer("weight", torch.empty(out_channels, in_channels // groups, kernel[0], kernel[1], dtype=torch.int8))
        self.scales = nn.Parameter(torch.empty(out_channels), requires_grad=False)
        self.bias = nn.Parameter(torch.empty(out_channels), requires_grad=False)
        self.stride = each_axis(stride)
        self.padding = each_axis(padding)
        self.dilation = each_axis(dilation)
        self.groups = groups

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        weight = meant_weight(self.weight, self.scales)
        return F.conv2d(x, weight, self.bias, self.stride, self.padding, self.dilation, self.groups)


class SimulatedLinear(nn.Module):
    """A dense layer whose weights are of eight bits."""

    def __init__(self, in_features: int, out_features: int) -> None:
        super().__init__()
        self.register_buffer("weight", torch.empty(out_features, in_features, dtype=torch.int8))
        self.scales = nn.Parameter(torch.empty(out_features), requires_grad=False)
        self.bias = nn.Parameter(torch.empty(out_features), requires_grad=False)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return F.linear(x, meant_weight(self.weight, self.scales), self.bias)
