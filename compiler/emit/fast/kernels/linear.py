"""Dense layers in one oneDNN call each."""

import torch
import torch.nn.functional as F
from torch import nn

from .packed import Packed


class Linear(nn.Module):
    """A dense layer and the activation after it, in one call."""

    numbers: list[int | float | complex | None]

    def __init__(
        self,
        in_features: int,
        out_features: int,
        activation: str = "none",
        algorithm: str = "",
        numbers: tuple[float, ...] = (),
    ) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.empty(out_features, in_features), requires_grad=False)
        self.bias = nn.Parameter(torch.empty(out_features), requires_grad=False)
        self.activation = activation
        self.algorithm = algorithm
        self.numbers = list(numbers)
        self.packed = Packed()
        # A matrix that the caches may hold: BLAS reads it for a single row in a sixth to a half of oneDNN's time.
        self.small = in_features * out_features <= 1 << 21 and activation in ("none", "relu", "sigmoid", "tanh")

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        alone = x.dim() == 2 and x.shape[0] == 1
        if alone and self.small:
            row = F.linear(x, self.weight, self.bias)
            if self.activation == "relu":
                row = row.relu_()
            elif self.activation == "sigmoid":
                row = row.sigmoid_()
            elif self.activation == "tanh":
                row = row.tanh_()
            return row
        # oneDNN has a path of its own for a single row, which reads the weights at two thirds of the speed on some processors. Of
        # the path for more rows, whose answers are the same bits for any number of them, six keep the processor's adders busy:
        # two take up to 1.8 times as long, eight 1.4 times.
        if alone:
            x = x.expand(6, x.shape[1]).contiguous()
        if self.packed.shape != x.shape:
            self.packed.keep(torch.ops.mkldnn._reorder_linear_weight(self.weight.detach(), x.numel() // x.shape[-1]), x.shape)
        y = torch.ops.mkldnn._linear_pointwise(x, self.packed.tensor, self.bias, self.activation, self.numbers, self.algorithm)
        return y[:1] if alone else y


class BlasLinear(Linear):
    """A dense layer, then perhaps a relu, by PyTorch's own BLAS: on some processors it reads the weights of a single row twice as fast."""

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        y = F.linear(x, self.weight, self.bias)
        return y.relu_() if self.activation == "relu" else y
