"""Convolutions in one oneDNN call each."""

import torch
from torch import nn

from .packed import Packed, each_axis


class Convolution(nn.Module):
    """A convolution and the activation after it, in one call. Images and volumes have their channels last in memory."""

    numbers: list[int | float | complex | None]

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
        algorithm: str = "",
        numbers: tuple[float, ...] = (),
    ) -> None:
        super().__init__()
        kernel = each_axis(kernel_size)
        self.weight = nn.Parameter(torch.empty(out_channels, in_channels // groups, *kernel), requires_grad=False)
        self.bias = nn.Parameter(torch.empty(out_channels), requires_grad=False)
        self.stride = each_axis(stride, len(kernel))
        self.padding = each_axis(padding, len(kernel))
        self.dilation = each_axis(dilation, len(kernel))
        self.groups = groups
        self.activation = activation
        self.algorithm = algorithm
        self.numbers = list(numbers)
        self.packed = Packed()

    def pack(self, x: torch.Tensor) -> torch.Tensor:
        if self.packed.shape != x.shape:
            weight = torch.ops.mkldnn._reorder_convolution_weight(
                self.weight.detach(), self.padding, self.stride, self.dilation, self.groups, x.shape
            )
            self.packed.keep(weight, x.shape)
        return self.packed.tensor

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return torch.ops.mkldnn._convolution_pointwise(
            x, self.pack(x), self.bias, self.padding, self.stride, self.dilation, self.groups, self.activation, self.numbers, self.algorithm
        )


class SumConvolution(Convolution):
    """A convolution whose result is added to another tensor, then perhaps a relu, in one call. oneDNN reads the other as if it had the result's size."""

    def made(self, x: torch.Tensor) -> list[int]:
        made = [x.shape[0], self.weight.shape[0]]
        for axis in range(len(self.stride)):
            room = x.shape[axis + 2] + 2 * self.padding[axis] - self.dilation[axis] * (self.weight.shape[axis + 2] - 1) - 1
            made.append(room // self.stride[axis] + 1)
        return made

    def forward(self, x: torch.Tensor, other: torch.Tensor) -> torch.Tensor:
        assert list(other.shape) == self.made(x), "the tensors of a sum have different sizes"
        activation = None if self.activation == "none" else self.activation
        return torch.ops.mkldnn._convolution_pointwise(
            x, other, self.pack(x), self.bias, self.padding, self.stride, self.dilation, self.groups, "add", 1.0, activation, [], ""
        )


class AccumulatingConvolution(Convolution):
    """A convolution whose result is added into another tensor, which nobody reads any more, then perhaps a relu."""

    def forward(self, x: torch.Tensor, other: torch.Tensor) -> torch.Tensor:
        activation = None if self.activation == "none" else self.activation
        return torch.ops.mkldnn._convolution_pointwise_(
            other, x, self.pack(x), self.bias, self.padding, self.stride, self.dilation, self.groups, "add", 1.0, activation, [], ""
        )


class PointwiseConvolution(Convolution):
    """A 1x1 convolution of stride 1 as one matrix product over all positions, which is quicker to call."""

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        rows = x.permute(0, 2, 3, 1)
        if self.packed.shape != x.shape:
            matrix = self.weight.detach().reshape(self.weight.shape[0], self.weight.shape[1])
            self.packed.keep(torch.ops.mkldnn._reorder_linear_weight(matrix, rows.shape[0] * rows.shape[1] * rows.shape[2]), x.shape)
        rows = torch.ops.mkldnn._linear_pointwise(rows, self.packed.tensor, self.bias, self.activation, self.numbers, self.algorithm)
        return rows.permute(0, 3, 1, 2)


class BlasConvolution(Convolution):
    """A 1x1 convolution of stride 1, then perhaps a relu, by PyTorch's own BLAS, which is called in half of oneDNN's time; how fast it then is
    depends on the processor."""

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        n, channels, height, width = x.shape
        matrix = self.weight.reshape(self.weight.shape[0], channels)
        rows = torch.addmm(self.bias, x.permute(0, 2, 3, 1).reshape(-1, channels), matrix.t())
        if self.activation == "relu":
            rows = rows.relu_()
        return rows.reshape(n, height, width, matrix.shape[0]).permute(0, 3, 1, 2)
