"""What PyTorch puts around a layer so that its weight is worked out at each run: a length of its own, or a largest singular value of 1.

Each says what a layer learns then, what of it is in memory, and the source that makes the weight.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar

from ...base.records import dataclass
from .arithmetic import Tensor
from .base import Operation, Shape, Weight, product


class WorkedOut:
    """A layer whose weight is worked out of what it learns, at each run. When the network is evaluated it is the same each time."""

    __slots__ = ()

    def plain(self) -> Operation:
        """The layer that has the weight itself, and does the same with it."""
        raise NotImplementedError

    def weight_of(self, learned: Mapping[str, Tensor]) -> Tensor:
        """The weight, of what is learned (and kept) by its names."""
        raise NotImplementedError


def _rows(axes: int) -> str:
    """All axes but the first, as a list."""
    return str(list(range(1, axes)))


@dataclass(frozen=True, slots=True)
class WeightNorm:
    """A direction and a length for each place of the first axis."""

    word: ClassVar[str] = "WeightNorm"

    def weights(self, weight: Shape) -> tuple[Weight, ...]:
        return (Weight("weight_g", (weight[0], *[1] * (len(weight) - 1))), Weight("weight_v", weight))

    def kept(self, weight: Shape) -> int:
        """Elements that are kept of what is made on the way to the weight, this among it."""
        return product(weight) + 2 * weight[0]

    def evaluated(self, weight: Shape) -> tuple[int, int]:
        """Elements that are there in evaluation beside the output, and at most before it is there."""
        return product(weight) + weight[0], self.kept(weight)

    def while_made(self, weight: Shape) -> int:
        """Elements that are alive, at most, in a step of training beside what is kept, while the weight is there."""
        return 0

    def way_back(self, weight: Shape) -> int:
        """Elements that are alive, at most, between the gradient of the weight and those of what is learned, beside these."""
        return 2 * product(weight) + 3 * weight[0]

    def weight_of(self, learned: Mapping[str, Tensor]) -> Tensor:
        length, direction = learned["weight_g"], learned["weight_v"]
        rows = direction.reshape((direction.shape[0], product(direction.shape[1:])))
        return direction * (length / ((rows**2).sum((1,)) ** 0.5).reshape(length.shape))

    def made(self, axes: int) -> str:
        """The end of a constructor."""
        return (
            "        weight = self.weight.detach()\n        del self.weight\n"
            f"        self.weight_g = nn.Parameter(torch.linalg.vector_norm(weight, dim={_rows(axes)}, keepdim=True))\n"
            "        self.weight_v = nn.Parameter(weight)\n"
        )

    def weight(self, axes: int) -> str:
        """The lines of `forward` that make `weight`."""
        return (
            f"        length = torch.linalg.vector_norm(self.weight_v, dim={_rows(axes)}, keepdim=True)\n"
            "        weight = self.weight_v * (self.weight_g / length)\n"
        )


@dataclass(frozen=True, slots=True)
class SpectralNorm:
    """As a matrix, with a row for each output, divided by its largest singular value, which a step of training estimates.

    The outputs of a transposed convolution are its second axis: `across`.
    """

    word: ClassVar[str] = "SpectralNorm"

    across: bool = False

    def _matrix(self, weight: Shape) -> tuple[int, int]:
        rows = weight[1 if self.across else 0]
        return rows, product(weight) // rows

    def weights(self, weight: Shape) -> tuple[Weight, ...]:
        rows, columns = self._matrix(weight)
        return (
            Weight("weight_orig", weight),
            Weight("weight_u", (rows,), trainable=False),
            Weight("weight_v", (columns,), trainable=False),
        )

    def kept(self, weight: Shape) -> int:
        return product(weight) + sum(self._matrix(weight)) + 1

    def evaluated(self, weight: Shape) -> tuple[int, int]:
        rows, columns = self._matrix(weight)
        return product(weight) + self.while_made(weight) + 1, self.while_made(weight) + 2 * rows + columns + 1

    def while_made(self, weight: Shape) -> int:
        return product(weight) if self.across else 0  # its rows do not lie as the weight does

    def way_back(self, weight: Shape) -> int:
        return 3 * product(weight) + self.kept(weight)

    def weight_of(self, learned: Mapping[str, Tensor]) -> Tensor:
        whole = learned["weight_orig"]
        height, width = self._matrix(whole.shape)
        rows = (whole.transpose(0, 1) if self.across else whole).reshape((height, width))
        along = (rows * learned["weight_v"].reshape((1, width))).sum((1,))
        return whole / (learned["weight_u"] * along).sum((0,))

    def made(self, axes: int) -> str:
        columns = "weight[:, 0]" if self.across else "weight[0]"
        return (
            "        weight = self.weight.detach()\n        del self.weight\n"
            "        self.weight_orig = nn.Parameter(weight)\n"
            f'        self.register_buffer("weight_u", F.normalize(torch.randn(weight.shape[{1 if self.across else 0}]), dim=0))\n'
            f'        self.register_buffer("weight_v", F.normalize(torch.randn({columns}.numel()), dim=0))\n'
        )

    def weight(self, axes: int) -> str:
        rows = "self.weight_orig.transpose(0, 1).flatten(1)" if self.across else "self.weight_orig.flatten(1)"
        rows = rows if axes > 2 or self.across else "self.weight_orig"
        return (
            f"        rows = {rows}\n"
            "        if self.training:\n"
            "            with torch.no_grad():\n"
            "                self.weight_v.copy_(F.normalize(torch.mv(rows.t(), self.weight_u), dim=0))\n"
            "                self.weight_u.copy_(F.normalize(torch.mv(rows, self.weight_v), dim=0))\n"
            "        largest = torch.dot(self.weight_u.clone(), torch.mv(rows, self.weight_v.clone()))\n"
            "        weight = self.weight_orig / largest\n"
        )
