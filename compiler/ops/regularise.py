"""Regularisation: the identity in evaluation."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from ...base.records import dataclass
from .base import Backward, Construct, Family, Operation, Refusal, Saved, Shape, Shapes, product, show
from .parameters import COUNT, PROBABILITY, Plain, parameter
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

    def passes_on(self) -> bool:
        return self.p == 0

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
    drops_samples: ClassVar[bool] = True
    training_only: ClassVar[bool] = True

    p: float = parameter(PROBABILITY, "the probability of a sample to be set to 0")

    def passes_on(self) -> bool:
        return self.p == 0

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


_DROP_BLOCK = '''def drop_block(x: torch.Tensor, p: float, size: int, training: bool) -> torch.Tensor:
    """Set squares of each channel to 0 while training, about the share `p` of it, and enlarge the rest."""
    if not training or p == 0.0:
        return x
    size = min(size, x.shape[2], x.shape[3])
    height, width = x.shape[2] - size + 1, x.shape[3] - size + 1
    share = p * x.shape[2] * x.shape[3] / (size * size * height * width)
    corners = torch.empty([x.shape[0], x.shape[1], height, width], dtype=x.dtype, device=x.device).bernoulli_(min(share, 1.0))
    kept = 1.0 - F.max_pool2d(F.pad(corners, [size - 1] * 4), size, stride=1)
    return x * kept.mul_(kept.numel() / (kept.sum() + 1e-6))
'''

_DROP_BLOCK_CLASS = '''class DropBlock(nn.Module):
    """Sets squares of each channel to 0 while training, about the share `p` of it."""

    def __init__(self, p: float, size: int = 7) -> None:
        super().__init__()
        self.p = p
        self.size = size

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return drop_block(x, self.p, self.size, self.training)
'''


@dataclass(frozen=True, slots=True)
class DropBlock(Operation):
    name: ClassVar[str] = "dropblock"
    wants_channels: ClassVar[str] = "first"
    family: ClassVar[Family] = "regularise"
    summary: ClassVar[str] = (
        "Sets squares of each channel of an image to 0 while training, about the share `p` of it, and enlarges the rest; the identity in evaluation."
    )
    reference: ClassVar[str] = "DropBlock (Ghiasi, Lin, Le 2018); torchvision.ops.DropBlock2d"
    onnx: ClassVar[str] = "Identity"
    training_only: ClassVar[bool] = True

    p: float = parameter(PROBABILITY, "about which share of an image is set to 0")
    size: int = parameter(COUNT, "the side of a square; one larger than the image is as large as it", 7)

    def passes_on(self) -> bool:
        return self.p == 0

    def output(self, inputs: Shapes) -> Shape:
        if len(inputs[0]) != 3:
            raise Refusal(
                "E313",
                f"`dropblock` takes an image [C, H, W], and its input is {show(inputs[0])}",
                operand=0,
                help="`dropout` takes any tensor",
            )
        return inputs[0]

    def does_nothing(self, inputs: Shapes, output: Shape) -> bool:
        return self.p == 0

    def saved(self, inputs: Shapes, output: Shape) -> Saved:
        return Saved(extra=product(output)) if self.p else Saved()

    def copies(self, inputs: Sequence[Layout], output: Layout, training: bool) -> int:
        if not self.p or not training:
            return 0
        batch, channels, *sides = output.sizes
        size = min(self.size, *sides)
        corners, padded = (batch * channels * product([side + step * (size - 1) for side in sides]) for step in (-1, 1))
        # The padded corners, the squares and, of eight bytes each, where the pool found them; then what is kept.
        return max(corners + padded, corners + padded + 3 * output.elements) - output.elements

    def gradient_layout(self, number: int, back: Backward) -> Layout:
        return elementwise(back.gradient, *back.layouts)

    def layout(self, inputs: Sequence[Layout], sizes: Sequence[int]) -> Layout:
        return elementwise(*inputs)

    def module(self, inputs: Shapes, in_place: bool = False) -> Construct | None:
        size: tuple[tuple[str | None, Plain], ...] = (("size", self.size),) if self.size != 7 else ()
        return Construct("DropBlock", ((None, float(self.p)), *size))

    def helpers(self, inputs: Shapes) -> tuple[str, ...]:
        return (_DROP_BLOCK, _DROP_BLOCK_CLASS)

    def expression(self, names: Sequence[str], inputs: Shapes, in_place: bool = False) -> str | None:
        return f"drop_block({names[0]}, {float(self.p)}, {self.size}, self.training)"

    def caption(self, inputs: Shapes, output: Shape) -> str:
        return f"{self.p:.3g}, {self.size}x{self.size}"


OPERATIONS: tuple[type[Operation], ...] = (Dropout, DropPath, DropBlock)
