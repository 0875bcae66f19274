"""3x3 convolutions by fewer multiplications."""

import torch
import torch.nn.functional as F

from .convolution import Convolution
from .packed import Packed


def every_other(x: torch.Tensor, dim: int, first: int) -> torch.Tensor:
    """Of an axis of 2 * k + 2 positions, k: `first`, `first + 2` and so on."""
    return torch.ops.aten.slice(x, dim, first, x.shape[dim] - 2 + first, 2)


class WinogradConvolution(Convolution):
    """A 3x3 convolution of stride 1 by Winograd's F(2x2, 3x3): 16 products for 2x2 outputs, where the definition takes 36.

    Every tile of 4x4 inputs is transformed by sums and differences, 16 matrix products (one grouped 1x1 convolution) join
    it with the transformed weights, and sums and differences make 2x2 outputs of the result. The image is worked on in bands
    of tile rows, so that what is between stays in the processor's cache. The rounding error is that of the definition.
    """

    def __init__(
        self,
        in_channels: int,
        out_channels: int,
        kernel_size: int | tuple[int, ...],
        padding: int | tuple[int, ...] = 0,
        activation: str = "none",
    ) -> None:
        super().__init__(in_channels, out_channels, kernel_size, padding=padding, activation=activation)
        self.packed_bias = Packed()
        self.band_bytes = 4 * 1024 * 1024

    def weights(self) -> torch.Tensor:
        """The weights of the 16 products, one 1x1 convolution of 16 groups."""
        transform = torch.tensor([[1.0, 0.0, 0.0], [0.5, 0.5, 0.5], [0.5, -0.5, 0.5], [0.0, 0.0, 1.0]], dtype=torch.double)
        weight = torch.einsum("ai,kcij,bj->abkc", [transform, self.weight.detach().double(), transform])
        return weight.to(self.weight.dtype).reshape(16 * self.weight.shape[0], self.weight.shape[1], 1, 1)

    def biases(self) -> torch.Tensor:
        """The product in row 1, column 1 enters each of the four outputs once: the bias goes there."""
        bias = torch.zeros([16, self.bias.shape[0]], dtype=self.bias.dtype)
        bias[5] = self.bias.detach()
        return bias.reshape(-1)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        n, channels, height, width = x.shape
        out = self.weight.shape[0]
        above, left = self.padding
        high, wide = height + 2 * above - 2, width + 2 * left - 2
        down, across = (high + 1) // 2, (wide + 1) // 2
        bands = max(1, min(down, n * down * across * 64 * max(channels, out) // self.band_bytes))
        rows = (down + bands - 1) // bands
        bands = (down + rows - 1) // rows
        down = rows * bands
        if self.packed.shape != x.shape:
            weight = torch.ops.mkldnn._reorder_convolution_weight(
                self.weights(), [0, 0], [1, 1], [1, 1], 16, [n, 16 * channels, rows, across]
            )
            self.packed.keep(weight, x.shape)
            self.packed_bias.keep(self.biases(), x.shape)
        x = F.pad(x, [left, 2 * across + 2 - width - left, above, 2 * down + 2 - height - above])
        x = x.permute(0, 2, 3, 1)
        y = torch.empty([n, 2 * down, 2 * across, out], dtype=x.dtype)
        for band in range(bands):
            start = 2 * rows * band
            tall = x.narrow(1, start, 2 * rows + 2)
            r0, r1 = every_other(tall, 1, 0), every_other(tall, 1, 1)
            r2, r3 = every_other(tall, 1, 2), every_other(tall, 1, 3)
            part = torch.empty([n, rows, 4, 2 * across + 2, channels], dtype=x.dtype)
            torch.sub(r0, r2, out=part.select(2, 0))
            torch.add(r1, r2, out=part.select(2, 1))
            torch.sub(r2, r1, out=part.select(2, 2))
            torch.sub(r1, r3, out=part.select(2, 3))
            c0, c1 = every_other(part, 3, 0), every_other(part, 3, 1)
            c2, c3 = every_other(part, 3, 2), every_other(part, 3, 3)
            tiles = torch.empty([n, rows, across, 4, 4, channels], dtype=x.dtype)
            by_row = tiles.transpose(2, 3)
            torch.sub(c0, c2, out=by_row.select(4, 0))
            torch.add(c1, c2, out=by_row.select(4, 1))
            torch.sub(c2, c1, out=by_row.select(4, 2))
            torch.sub(c1, c3, out=by_row.select(4, 3))
            products = torch.ops.mkldnn._convolution_pointwise(
                tiles.view(n, rows, across, 16 * channels).permute(0, 3, 1, 2),
                self.packed.tensor, self.packed_bias.tensor, [0, 0], [1, 1], [1, 1], 16, "none", [], "",
            )  # fmt: skip
            m = products.permute(0, 2, 3, 1).view(n, rows, across, 4, 4, out)
            m1, m2 = m.select(3, 1), m.select(3, 2)
            half = torch.empty([n, rows, 2, across, 4, out], dtype=x.dtype)
            torch.add(m1, m2, out=half.select(2, 0)).add_(m.select(3, 0))
            torch.sub(m1, m2, out=half.select(2, 1)).sub_(m.select(3, 3))
            pairs = y.narrow(1, start, 2 * rows).view(n, rows, 2, across, 2, out)
            h1, h2 = half.select(4, 1), half.select(4, 2)
            even, odd = torch.add(h1, h2, out=pairs.select(4, 0)), torch.sub(h1, h2, out=pairs.select(4, 1))
            if self.activation == "relu":
                torch.ops.aten._add_relu_(even, half.select(4, 0))
                torch.ops.aten._add_relu_(odd, half.select(4, 3), alpha=-1)
            else:
                even.add_(half.select(4, 0))
                odd.sub_(half.select(4, 3))
        y = y.permute(0, 3, 1, 2)
        if y.shape[2] != high or y.shape[3] != wide:
            y = y.narrow(2, 0, high).narrow(3, 0, wide)
        return y
