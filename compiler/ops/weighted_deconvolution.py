"""Transposed convolutions whose filters are worked out from what they learn."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from ...base.records import dataclass
from .base import Backward, Initialization, Operation, Saved, Shape, Shapes, Weight, product
from .deconvolution import Deconv
from .norm import NORM_FLOPS
from .parameters import CHANNELS, COUNT, DILATION, FLAG, KERNEL, STRIDE, Extent, Plain, parameter
from .strides import Layout


@dataclass(frozen=True, slots=True)
class WeightNormDeconv(Deconv):
    name: ClassVar[str] = "weight_norm_deconv"
    summary: ClassVar[str] = (
        "A transposed convolution whose filters are learned as a direction and a length for each channel that comes in (HiFi-GAN, MelGAN)."
    )
    reference: ClassVar[str] = "torch.nn.utils.weight_norm around torch.nn.ConvTranspose1d, ConvTranspose2d, ConvTranspose3d"
    onnx: ClassVar[str] = "ConvTranspose"

    channels: int = parameter(CHANNELS, "how many channels come out")
    kernel: Plain = parameter(KERNEL, "the window that each position writes")
    stride: Plain = parameter(STRIDE, "the step from window to window in the output", 1)
    pad: Plain = parameter(Extent("a number, or one for each axis", least=0), "what is cut off each side of the output", 0)
    out_pad: Plain = parameter(Extent("a number, or one for each axis", least=0), "what is added at the end of each axis", 0)
    groups: int = parameter(COUNT, "how many groups the channels fall into", 1)
    dilation: Plain = parameter(DILATION, "the distance between the window's positions", 1)
    bias: bool = parameter(FLAG, "whether a number is added to each channel", True)

    def _filters(self, shape: Shape) -> Shape:
        return (shape[0], self.channels // self.groups, *self._sizes(shape)[0])

    def weights(self, inputs: Shapes) -> tuple[Weight, ...]:
        filters = self._filters(inputs[0])
        rows = (Weight("weight_g", (filters[0], *[1] * (len(filters) - 1))), Weight("weight_v", filters))
        return (Weight("bias", (self.channels,)), *rows) if self.bias else rows

    def macs(self, inputs: Shapes, output: Shape) -> int:
        return product(inputs[0]) * product(self._filters(inputs[0])[1:])

    def flops(self, inputs: Shapes, output: Shape) -> int:
        return Deconv.flops(self, inputs, output) + NORM_FLOPS * product(self._filters(inputs[0]))

    def not_int8(self, inputs: Shapes) -> str:
        return "no int8 form of filters that are worked out of what is learned"

    def initialization(self) -> Initialization:
        return Initialization()

    # ------------------------------------------------------------------------------------------ memory

    def _kept(self, shape: Shape) -> int:
        """Elements that are kept of what is made on the way to the filters, these among it."""
        return product(self._filters(shape)) + 2 * shape[0]

    def saved(self, inputs: Shapes, output: Shape) -> Saved:
        return Saved(inputs=(0,), once=self._kept(inputs[0]))

    def copies(self, inputs: Sequence[Layout], output: Layout, training: bool) -> int:
        shape = inputs[0].sizes[1:]
        beside = self._kept(shape)
        return beside if training else max(beside - shape[0], beside - output.elements)

    def copied_weight_gradients(self, back: Backward) -> int:
        filters = self._filters(back.inputs[0])
        return max(Deconv.copied_weight_gradients(self, back), 2 * product(filters) + 3 * filters[0])

    # ------------------------------------------------------------------------------------------- source

    def class_name(self, rank: int) -> str:
        return f"WeightNormConvTranspose{rank}d"

    def helpers(self, inputs: Shapes) -> tuple[str, ...]:
        return (_class(len(inputs[0]) - 1),)


def _class(rank: int) -> str:
    size = "int" if rank == 1 else f"int | tuple[{', '.join(['int'] * rank)}]"
    rows = list(range(1, rank + 2))
    return f'''class WeightNormConvTranspose{rank}d(nn.ConvTranspose{rank}d):
    """A transposed convolution whose filters are a direction, `weight_v`, and a length for each channel that comes in, `weight_g`."""

    def __init__(
        self,
        in_channels: int,
        out_channels: int,
        kernel_size: {size},
        stride: {size} = 1,
        padding: {size} = 0,
        output_padding: {size} = 0,
        groups: int = 1,
        bias: bool = True,
        dilation: {size} = 1,
    ) -> None:
        super().__init__(in_channels, out_channels, kernel_size, stride, padding, output_padding, groups, bias, dilation)
        weight = self.weight.detach()
        del self.weight
        self.weight_g = nn.Parameter(torch.linalg.vector_norm(weight, dim={rows}, keepdim=True))
        self.weight_v = nn.Parameter(weight)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        length = torch.linalg.vector_norm(self.weight_v, dim={rows}, keepdim=True)
        weight = self.weight_v * (self.weight_g / length)
        return F.conv_transpose{rank}d(
            x, weight, self.bias, self.stride, self.padding, self.output_padding, self.groups, self.dilation
        )
'''


OPERATIONS: tuple[type[Operation], ...] = (WeightNormDeconv,)
