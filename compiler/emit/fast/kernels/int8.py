"""Layers on numbers of eight bits, in one oneDNN call each."""

import torch
import torch.nn.functional as F
from torch import nn

from .packed import Packed, each_axis


def to_int8(x: torch.Tensor, scale: float, zero: int) -> torch.Tensor:
    """A tensor rounded to steps of `scale`, 0 being `zero`."""
    return (x / scale).round_().add_(zero).clamp_(0, 255).to(torch.uint8)


def to_float(x: torch.Tensor, scale: float, zero: int) -> torch.Tensor:
    """What the numbers stand for."""
    return x.to(torch.float32).sub_(zero).mul_(scale)


def int8_mean(x: torch.Tensor, scale: float, zero: int) -> torch.Tensor:
    """The mean over all positions of an image, not rounded."""
    total = x.permute(0, 2, 3, 1).reshape(x.shape[0], -1, x.shape[1]).sum(1, dtype=torch.int32)
    mean = (total.to(torch.float32) / (x.shape[2] * x.shape[3]) - zero) * scale
    return mean.reshape(x.shape[0], x.shape[1], 1, 1)


def multiplies_exactly() -> bool:
    """Whether sums of products of bytes come out right. Processors without VNNI add them up in pairs, in numbers of sixteen bits that end at 32767."""
    x = torch.full([1, 64, 4, 4], 255, dtype=torch.uint8).contiguous(memory_format=torch.channels_last)
    scales, zeros = torch.ones(16), torch.zeros(16, dtype=torch.int32)
    weight = torch.full([16, 64, 1, 1], 127, dtype=torch.int8)
    packed = torch.ops.onednn.qconv_prepack(weight, scales, 1.0, 0, [1, 1], [0, 0], [1, 1], 1, x.shape)
    y = torch.ops.onednn.qconv2d_pointwise(
        x, 1.0, 0, packed, scales, zeros, torch.zeros(16), [1, 1], [0, 0], [1, 1], 1, 1.0, 0, torch.float32, "none", [], ""
    )
    return bool((y == 64 * 255 * 127).all())


def activated(x: torch.Tensor, activation: str) -> torch.Tensor:
    """An activation by its word in oneDNN."""
    if activation == "relu":
        return F.relu(x)
    if activation == "swish":
        return F.silu(x)
    return F.hardswish(x) if activation == "hardswish" else x


class Int8Convolution(nn.Module):
    """A convolution and the activation after it. Images have their channels last in memory. `out_scale` 0: it answers in floating point."""

    def __init__(
        self,
        in_channels: int,
        out_channels: int,
        kernel_size: int | tuple[int, ...],
        stride: int | tuple[int, ...] = 1,
        padding: int | tuple[int, ...] = 0,
        dilation: int | tuple[int, ...] = 1,
        groups: int = 1,
        activation: str = "none",
        scale: float = 1.0,
        zero: int = 0,
        out_scale: float = 0.0,
        out_zero: int = 0,
    ) -> None:
        super().__init__()
        kernel = each_axis(kernel_size)
        self.register_buffer("weight", torch.empty(out_channels, in_channels // groups, kernel[0], kernel[1], dtype=torch.int8))
        self.scales = nn.Parameter(torch.empty(out_channels), requires_grad=False)
        self.bias = nn.Parameter(torch.empty(out_channels), requires_grad=False)
        self.register_buffer("zeros", torch.zeros(out_channels, dtype=torch.int32), persistent=False)
        self.stride = each_axis(stride)
        self.padding = each_axis(padding)
        self.dilation = each_axis(dilation)
        self.groups = groups
        self.activation = activation
        self.scale = scale
        self.zero = zero
        self.out_scale = 1.0 if out_scale == 0.0 else out_scale
        self.out_zero = out_zero
        self.wide = out_scale == 0.0
        self.exact = True
        self.packed = Packed()

    def pack(self, x: torch.Tensor) -> torch.Tensor:
        if self.packed.shape != x.shape:
            self.exact = multiplies_exactly()
            if not self.exact:
                self.packed.keep(self.weight.to(torch.float32) * self.scales.detach().reshape(-1, 1, 1, 1), x.shape)
                return self.packed.tensor
            weight = torch.ops.onednn.qconv_prepack(
                self.weight, self.scales.detach(), self.scale, self.zero, self.stride, self.padding, self.dilation, self.groups, x.shape
            )
            self.packed.keep(weight, x.shape)
        return self.packed.tensor

    def by_definition(self, x: torch.Tensor, weight: torch.Tensor) -> torch.Tensor:
        x = to_float(x, self.scale, self.zero)
        return F.conv2d(x, weight, self.bias, self.stride, self.padding, self.dilation, self.groups)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        weight = self.pack(x)
        if not self.exact:
            y = activated(self.by_definition(x, weight), self.activation)
            return y if self.wide else to_int8(y, self.out_scale, self.out_zero)
        dtype = torch.float32 if self.wide else torch.uint8
        return torch.ops.onednn.qconv2d_pointwise(
            x, self.scale, self.zero, weight, self.scales, self.zeros, self.bias, self.stride, self.padding, self.dilation,
            self.groups, self.out_scale, self.out_zero, dtype, self.activation, [], "",
        )  # fmt: skip


class Int8SumConvolution(Int8Convolution):
    """A convolution whose result is added into another tensor, which nobody reads any more, then perhaps a relu."""

    def __init__(
        self,
        in_channels: int,
        out_channels: int,
        kernel_size: int | tuple[int, ...],
        stride: int | tuple[int, ...] = 1,
        padding: int | tuple[int, ...] = 0,
        dilation: int | tuple[int, ...] = 1,
        groups: int = 1,
        activation: str = "none",
        scale: float = 1.0,
        zero: int = 0,
        out_scale: float = 0.0,
        out_zero: int = 0,
        other_scale: float = 1.0,
        other_zero: int = 0,
    ) -> None:
        super().__init__(
            in_channels, out_channels, kernel_size, stride, padding, dilation, groups, activation, scale, zero, out_scale, out_zero
        )
        self.other_scale = other_scale
        self.other_zero = other_zero

    def forward(self, x: torch.Tensor, other: torch.Tensor) -> torch.Tensor:
        weight = self.pack(x)
        if not self.exact:
            y = self.by_definition(x, weight) + to_float(other, self.other_scale, self.other_zero)
            return to_int8(activated(y, self.activation), self.out_scale, self.out_zero)
        other = other.contiguous(memory_format=torch.channels_last)
        return torch.ops.onednn.qconv2d_pointwise(
            x, self.scale, self.zero, weight, self.scales, self.zeros, other, self.bias, self.stride, self.padding, self.dilation,
            self.groups, self.out_scale, self.out_zero, torch.uint8, self.other_scale, self.other_zero, "sum", 1.0, self.activation, [], "",
        )  # fmt: skip


class Int8Linear(nn.Module):
    """A dense layer and the activation after it. `out_scale` 0: it answers in floating point."""

    def __init__(
        self,
        in_features: int,
        out_features: int,
        activation: str = "none",
        scale: float = 1.0,
        zero: int = 0,
        out_scale: float = 0.0,
        out_zero: int = 0,
    ) -> None:
        super().__init__()
        self.register_buffer("weight", torch.empty(out_features, in_features, dtype=torch.int8))
        self.scales = nn.Parameter(torch.empty(out_features), requires_grad=False)
        self.bias = nn.Parameter(torch.empty(out_features), requires_grad=False)
        self.register_buffer("zeros", torch.zeros(out_features, dtype=torch.int32), persistent=False)
        self.activation = activation
        self.scale = scale
        self.zero = zero
        self.out_scale = 1.0 if out_scale == 0.0 else out_scale
        self.out_zero = out_zero
        self.wide = out_scale == 0.0
        self.exact = True
        self.packed = Packed()

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        if self.packed.shape != x.shape:
            self.exact = multiplies_exactly()
            if self.exact:
                self.packed.keep(torch.ops.onednn.qlinear_prepack(self.weight, x.shape), x.shape)
            else:
                self.packed.keep(self.weight.to(torch.float32) * self.scales.detach().reshape(-1, 1), x.shape)
        if not self.exact:
            y = activated(F.linear(to_float(x, self.scale, self.zero), self.packed.tensor, self.bias), self.activation)
            return y if self.wide else to_int8(y, self.out_scale, self.out_zero)
        dtype = torch.float32 if self.wide else torch.uint8
        return torch.ops.onednn.qlinear_pointwise(
            x, self.scale, self.zero, self.packed.tensor, self.scales, self.zeros, self.bias, self.out_scale, self.out_zero, dtype,
            self.activation, [], "",
        )  # fmt: skip
