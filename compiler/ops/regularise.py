"""Regularisation: the identity in evaluation."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from ...base.records import dataclass
from .base import Backward, Construct, Family, Operation, Saved, Shape, Shapes, product
from .parameters import PROBABILITY, parameter
from .strides import Layout, elementwise


@dataclass(frozen=True, slots=True)
class Dropout(Operation):
    name: ClassVar[str] = "dropout"
    family: ClassVar[Family] = "regularise"
    summary: ClassVar[str] = "Sets single values to 0 while training, and enlarges the others; the identity in evaluation."
    reference: ClassVar[str] = "torch.nn.Dropout"
    onnx: ClassVar[str] = "Identity"
    training_only: ClassVar[bool] = True

    p: float = parameter(PROBABILITY, "the probability of a value to be set to 0", 0.5)

    def output(self, inputs: Shapes) -> Shape:
        return inputs[0]

    def does_nothing(self, inputs: Shapes, output: Shape) -> bool:
        return self.p == 0

    def saved(self, inputs: Shapes, output: Shape) -> Saved:
        return Saved(extra=product(output)) if self.p else Saved()

    def gradient_layout(self, number: int, back: Backward) -> Layout:
        return elementwise(back.gradient, *back.layouts)

    def layout(self, inputs: Sequence[Layout], sizes: Sequence[int]) -> Layout:
        return elementwise(*inputs)

    def module(self, inputs: Shapes, in_place: bool = False) -> Construct | None:
        return Construct("nn.Dropout", ((None, float(self.p)),) if self.p != 0.5 else ())

    def expression(self, names: Sequence[str], inputs: Shapes, in_place: bool = False) -> str | None:
        return f"F.dropout({names[0]}, p={float(self.p)}, training=self.training)"

    def caption(self, inputs: Shapes, output: Shape) -> str:
        return str(self.p)


_DROP_PATH = '''def drop_path(x: torch.Tensor, p: float, training: bool) -> torch.Tensor:
    """Set whole samples to 0 with probability `p` while training, and enlarge the others."""
    if not training or p == 0.0:
        return x
    kept = torch.empty([x.shape[0]] + [1] * (x.dim() - 1), dtype=x.dtype, device=x.device).bernoulli_(1.0 - p)
    return x * kept if p == 1.0 else x * kept.div_(1.0 - p)
'''

_DROP_PATH_CLASS = '''class DropPath(nn.Module):
    """Sets whole samples to 0 with probability `p` while training."""

    def __init__(self, p: float) -> None:
        super().__init__()
        self.p = p

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return drop_path(x, self.p, self.training)
'''


@dataclass(frozen=True, slots=True)
class DropPath(Operation):
    name: ClassVar[str] = "drop_path"
    family: ClassVar[Family] = "regularise"
    summary: ClassVar[str] = "Sets the whole tensor of single samples to 0 while training (stochastic depth); the identity in evaluation."
    reference: ClassVar[str] = 'torchvision.ops.StochasticDepth(mode="row")'
    onnx: ClassVar[str] = "Identity"
    training_only: ClassVar[bool] = True

    p: float = parameter(PROBABILITY, "the probability of a sample to be set to 0")

    def output(self, inputs: Shapes) -> Shape:
        return inputs[0]

    def saved(self, inputs: Shapes, output: Shape) -> Saved:
        return Saved(extra=1) if self.p else Saved()

    def gradient_layout(self, number: int, back: Backward) -> Layout:
        return elementwise(back.gradient, *back.layouts)

    def layout(self, inputs: Sequence[Layout], sizes: Sequence[int]) -> Layout:
        return elementwise(*inputs)

    def module(self, inputs: Shapes, in_place: bool = False) -> Construct | None:
        return Construct("DropPath", ((None, float(self.p)),))

    def helpers(self, inputs: Shapes) -> tuple[str, ...]:
        return (_DROP_PATH, _DROP_PATH_CLASS)

    def expression(self, names: Sequence[str], inputs: Shapes, in_place: bool = False) -> str | None:
        return f"drop_path({names[0]}, {float(self.p)}, self.training)"

    def caption(self, inputs: Shapes, output: Shape) -> str:
        return f"{self.p:.3g}"


OPERATIONS: tuple[type[Operation], ...] = (Dropout, DropPath)
