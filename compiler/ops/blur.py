"""Blurring with a fixed filter before positions are left out."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from ...base.records import dataclass
from .base import Backward, Construct, Family, Operation, Saved, Shape, Shapes, Weight, Window, product
from .convolution import PAD_MODE
from .parameters import COUNT, Integer, parameter
from .spatial import check_pad_mode, need_spatial, too_small
from .strides import Layout, as_suggested, in_order

TORCH_MODES = {"zeros": "constant"}


def _class(rank: int) -> str:
    outer = {1: "row", 2: "row[:, None] * row", 3: "row[:, None, None] * row[:, None] * row"}[rank]
    sizes = ", ".join(["-1"] * rank)
    return f'''class BlurPool{rank}d(nn.Module):
    """Blurs each channel by the filter of a binomial, and takes every `stride`-th position."""

    def __init__(self, kernel: int, stride: int, mode: str) -> None:
        super().__init__()
        self.stride = stride
        self.mode = mode
        self.pads = [(stride + kernel - 2) // 2] * {2 * rank}
        row = torch.ones(1)
        for _ in range(kernel - 1):
            row = (F.pad(row, [0, 1]) + F.pad(row, [1, 0])) / 2
        self.register_buffer("filter", {outer}, persistent=False)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        filters = self.filter.expand(x.shape[1], 1, {sizes})
        return F.conv{rank}d(F.pad(x, self.pads, mode=self.mode), filters, stride=self.stride, groups=x.shape[1])
'''


@dataclass(frozen=True, slots=True)
class BlurPool(Operation):
    name: ClassVar[str] = "blur_pool"
    family: ClassVar[Family] = "pool"
    wants_channels: ClassVar[str] = "first"
    summary: ClassVar[str] = (
        "Blurs each channel with a fixed binomial filter, [1, 2, 1] / 4 along each axis, and takes every second position."
    )
    reference: ClassVar[str] = "Making Convolutional Networks Shift-Invariant Again (2019); timm's BlurPool2d"
    onnx: ClassVar[str] = "Pad, Conv"
    output_may_be_overwritten: ClassVar[bool] = True

    kernel: int = parameter(
        Integer("a whole number from 2 to 1000", least=2, most=1000), "how many positions the filter has along each axis", 3
    )
    stride: int = parameter(COUNT, "the step from window to window", 2)
    pad_mode: str = parameter(PAD_MODE, "what stands in the padding, (stride + kernel - 2) // 2 a side", "reflect")

    def _pad(self) -> int:
        return (self.stride + self.kernel - 2) // 2

    def output(self, inputs: Shapes) -> Shape:
        shape = inputs[0]
        rank = need_spatial(self.name, shape)
        pads = ((self._pad(), self._pad()),) * rank
        check_pad_mode(shape, pads, self.pad_mode, "pad_mode", "stride" if self.stride > self.kernel else "kernel")
        if min(shape[1:]) + 2 * self._pad() < self.kernel:
            raise too_small(self.name, shape, (self.kernel,) * rank, (1,) * rank, pads)
        return (shape[0], *((size + 2 * self._pad() - self.kernel) // self.stride + 1 for size in shape[1:]))

    def unsaved(self, inputs: Shapes) -> tuple[Weight, ...]:
        return (Weight("filter", (self.kernel,) * (len(inputs[0]) - 1), False),)

    def macs(self, inputs: Shapes, output: Shape) -> int:
        return product(output) * int(self.kernel ** (len(output) - 1))

    def _padded(self, shape: Shape) -> int:
        return shape[0] * product([size + 2 * self._pad() for size in shape[1:]])

    def saved(self, inputs: Shapes, output: Shape) -> Saved:
        return Saved(inputs=(0,) if self.pad_mode in ("reflect", "replicate") else (), extra=self._padded(inputs[0]))

    def scratch(self, inputs: Shapes, output: Shape) -> int:
        return self._padded(inputs[0])

    def backward_scratch(self, back: Backward) -> int:
        padded = self._padded(back.inputs[0])
        wraps = 2 * padded - product(back.output) - product(back.inputs[0]) if self.pad_mode == "circular" else 0
        return max(0, padded - product(back.inputs[0]), wraps) * back.batch

    def windows(self, inputs: Shapes, output: Shape) -> tuple[Window, ...] | None:
        return (Window(self.kernel, self.stride, self._pad()),) * (len(output) - 1)

    def layout(self, inputs: Sequence[Layout], sizes: Sequence[int]) -> Layout:
        return in_order(sizes) if self.pad_mode == "circular" else as_suggested(inputs, sizes)

    def module(self, inputs: Shapes, in_place: bool = False) -> Construct | None:
        mode = TORCH_MODES.get(self.pad_mode, self.pad_mode)
        return Construct(f"BlurPool{len(inputs[0]) - 1}d", ((None, self.kernel), (None, self.stride), (None, mode)))

    def helpers(self, inputs: Shapes) -> tuple[str, ...]:
        return (_class(len(inputs[0]) - 1),)

    def caption(self, inputs: Shapes, output: Shape) -> str:
        size = "x".join([str(self.kernel)] * (len(output) - 1))
        return f"{size}, /{self.stride}" if self.stride > 1 else size


OPERATIONS: tuple[type[Operation], ...] = (BlurPool,)
