"""Transposed convolutions whose filters are worked out from what they learn."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import ClassVar

from ...base.records import dataclass
from .arithmetic import Tensor
from .base import Backward, Initialization, Operation, Saved, Shape, Shapes, Weight, product
from .deconvolution import Deconv, Transposed
from .norm import NORM_FLOPS
from .strides import Layout
from .worked_out import SpectralNorm, WeightNorm, WorkedOut


@dataclass(frozen=True, slots=True)
class _Normed(Transposed, WorkedOut):
    """PyTorch's norms of weights around a transposed convolution, which starts as PyTorch's layer does."""

    norm: ClassVar[WeightNorm | SpectralNorm]
    doc: ClassVar[str]

    def weights(self, inputs: Shapes) -> tuple[Weight, ...]:
        rows = self.norm.weights(self._filters(inputs[0]))
        return (Weight("bias", (self.channels,)), *rows) if self.bias else rows

    def plain(self) -> Operation:
        return Deconv(self.channels, self.kernel, self.stride, self.pad, self.out_pad, self.groups, self.dilation, self.bias)

    def weight_of(self, learned: Mapping[str, Tensor]) -> Tensor:
        return self.norm.weight_of(learned)

    def flops(self, inputs: Shapes, output: Shape) -> int:
        return Transposed.flops(self, inputs, output) + NORM_FLOPS * product(self._filters(inputs[0]))

    def initialization(self) -> Initialization:
        return Initialization()

    def saved(self, inputs: Shapes, output: Shape) -> Saved:
        return Saved(inputs=(0,), once=self.norm.kept(self._filters(inputs[0])))

    def copies(self, inputs: Sequence[Layout], output: Layout, training: bool) -> int:
        filters = self._filters(inputs[0].sizes[1:])
        if training:
            return self.norm.kept(filters) + self.norm.while_made(filters)
        beside, before = self.norm.evaluated(filters)
        return max(beside, before - output.elements)

    def copied_weight_gradients(self, back: Backward) -> int:
        return max(Transposed.copied_weight_gradients(self, back), self.norm.way_back(self._filters(back.inputs[0])))

    def class_name(self, rank: int) -> str:
        return f"{self.norm.word}ConvTranspose{rank}d"

    def helpers(self, inputs: Shapes) -> tuple[str, ...]:
        rank = len(inputs[0]) - 1
        size = "int" if rank == 1 else f"int | tuple[{', '.join(['int'] * rank)}]"
        text = f'''class {self.class_name(rank)}(nn.ConvTranspose{rank}d):
    """{self.doc}"""

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
{self.norm.made(rank + 2)}
    def forward(self, x: torch.Tensor) -> torch.Tensor:
{self.norm.weight(rank + 2)}        return F.conv_transpose{rank}d(
            x, weight, self.bias, self.stride, self.padding, self.output_padding, self.groups, self.dilation
        )
'''
        return (text,)


@dataclass(frozen=True, slots=True)
class WeightNormDeconv(_Normed):
    name: ClassVar[str] = "weight_norm_deconv"
    summary: ClassVar[str] = (
        "A transposed convolution whose filters are learned as a direction and a length for each channel that comes in (HiFi-GAN, MelGAN)."
    )
    reference: ClassVar[str] = "torch.nn.utils.weight_norm around torch.nn.ConvTranspose1d, ConvTranspose2d, ConvTranspose3d"
    norm: ClassVar[WeightNorm | SpectralNorm] = WeightNorm()
    doc: ClassVar[str] = (
        "A transposed convolution whose filters are a direction, `weight_v`, and a length for each channel that comes in, `weight_g`."
    )


@dataclass(frozen=True, slots=True)
class SpectralNormDeconv(_Normed):
    name: ClassVar[str] = "spectral_norm_deconv"
    summary: ClassVar[str] = (
        "A transposed convolution whose filters, as a matrix with a row for each output, are divided by their largest singular value "
        "(SAGAN's generator)."
    )
    reference: ClassVar[str] = "torch.nn.utils.spectral_norm around torch.nn.ConvTranspose1d, ConvTranspose2d, ConvTranspose3d"
    norm: ClassVar[WeightNorm | SpectralNorm] = SpectralNorm(across=True)
    doc: ClassVar[str] = "A transposed convolution whose filters, as a matrix, are divided by their largest singular value."


OPERATIONS: tuple[type[Operation], ...] = (WeightNormDeconv, SpectralNormDeconv)
