"""Dense layers whose weight is worked out from what they learn."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import ClassVar

from ...base.records import dataclass
from .arithmetic import Tensor
from .base import Backward, Initialization, Operation, Saved, Shape, Shapes, Weight, product
from .dense import LAST_DOC, Dense, Linear
from .norm import NORM_FLOPS
from .parameters import CHANNELS, FLAG, parameter
from .strides import Layout
from .worked_out import SpectralNorm, WeightNorm, WorkedOut


@dataclass(frozen=True, slots=True)
class _Normed(Dense, WorkedOut):
    """PyTorch's norms of weights around a dense layer, which starts as PyTorch's does."""

    norm: ClassVar[WeightNorm | SpectralNorm]
    doc: ClassVar[str]

    features: int = parameter(CHANNELS, "how many numbers come out")
    bias: bool = parameter(FLAG, "whether a number is added to each feature", True)
    last: bool = parameter(FLAG, LAST_DOC, False)

    def _fields(self) -> tuple[int, bool, bool]:
        return self.features, self.bias, self.last

    def _along_last(self) -> Operation:
        return replace(self, last=True)

    def weights(self, inputs: Shapes) -> tuple[Weight, ...]:
        rows = self.norm.weights(self._matrix(inputs[0]))
        return (Weight("bias", (self.features,)), *rows) if self.bias else rows

    def plain(self) -> Operation:
        return Linear(self.features, self.bias, last=self.last)

    def weight_of(self, learned: Mapping[str, Tensor]) -> Tensor:
        return self.norm.weight_of(learned)

    def flops(self, inputs: Shapes, output: Shape) -> int:
        return Dense.flops(self, inputs, output) + NORM_FLOPS * product(self._matrix(inputs[0]))

    def initialization(self) -> Initialization:
        return Initialization()

    def saved(self, inputs: Shapes, output: Shape) -> Saved:
        return Saved(inputs=(0,), once=self.norm.kept(self._matrix(inputs[0])))

    def copies(self, inputs: Sequence[Layout], output: Layout, training: bool) -> int:
        further = Dense.copies(self, inputs, output, training)
        matrix = self._matrix(inputs[0].sizes[1:])
        if training:
            return self.norm.kept(matrix) + further
        beside, before = self.norm.evaluated(matrix)
        return max(beside + further, before - output.elements)

    def copied_weight_gradients(self, back: Backward) -> int:
        return max(Dense.copied_weight_gradients(self, back), self.norm.way_back(self._matrix(back.inputs[0])))

    def class_name(self) -> str:
        return f"{self.norm.word}Linear"

    def helpers(self, inputs: Shapes) -> tuple[str, ...]:
        text = f'''class {self.class_name()}(nn.Linear):
    """{self.doc}"""

    def __init__(self, in_features: int, out_features: int, bias: bool = True) -> None:
        super().__init__(in_features, out_features, bias)
{self.norm.made(2)}
    def forward(self, x: torch.Tensor) -> torch.Tensor:
{self.norm.weight(2)}        return F.linear(x, weight, self.bias)
'''
        return (text,)


@dataclass(frozen=True, slots=True)
class WeightNormLinear(_Normed):
    name: ClassVar[str] = "weight_norm_linear"
    summary: ClassVar[str] = "A dense layer whose rows are learned as a direction and a length each (DINO's head)."
    reference: ClassVar[str] = "torch.nn.utils.weight_norm around torch.nn.Linear"
    norm: ClassVar[WeightNorm | SpectralNorm] = WeightNorm()
    doc: ClassVar[str] = "A dense layer whose rows are a direction, `weight_v`, and a length each, `weight_g`."


@dataclass(frozen=True, slots=True)
class SpectralNormLinear(_Normed):
    name: ClassVar[str] = "spectral_norm_linear"
    summary: ClassVar[str] = (
        "A dense layer whose weight is divided by its largest singular value, which a step of training estimates (SN-GAN, SAGAN)."
    )
    reference: ClassVar[str] = "torch.nn.utils.spectral_norm around torch.nn.Linear"
    norm: ClassVar[WeightNorm | SpectralNorm] = SpectralNorm()
    doc: ClassVar[str] = "A dense layer whose weight is divided by its largest singular value."


OPERATIONS: tuple[type[Operation], ...] = (WeightNormLinear, SpectralNormLinear)
