"""Norms that divide by a length and subtract no mean."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from ...base.records import dataclass
from .axes import AXIS, resolve_axis
from .axis_names import axis_name
from .base import Backward, Construct, Family, Operation, Saved, Shape, Shapes, Weight, Window, product
from .norm import EPS_DOC, OverChannels
from .parameters import EPSILON, FLAG, Plain, parameter
from .several_axes import whole_axes
from .strides import Layout, as_suggested, elementwise, in_order, permuted


@dataclass(frozen=True, slots=True)
class Normalize(Operation):
    name: ClassVar[str] = "normalize"
    came_with_names: ClassVar[bool] = True
    family: ClassVar[Family] = "norm"
    summary: ClassVar[str] = "Divides by the Euclidean length along an axis, which is 1 then."
    reference: ClassVar[str] = "torch.nn.functional.normalize"
    onnx: ClassVar[str] = "ReduceL2, Clip, Div"
    output_may_be_overwritten: ClassVar[bool] = True

    axis: Plain = parameter(AXIS, "along which axis", "channels")
    eps: float = parameter(EPSILON, "the least that is divided by", 1e-12)

    def output(self, inputs: Shapes) -> Shape:
        resolve_axis(self.axis, inputs[0], self.name)
        return inputs[0]

    def _lengths(self, shape: Shape) -> int:
        return product(shape) // shape[resolve_axis(self.axis, shape, self.name)]

    def flops(self, inputs: Shapes, output: Shape) -> int:
        return 3 * product(output)

    def windows(self, inputs: Shapes, output: Shape) -> tuple[Window, ...] | None:
        return whole_axes((resolve_axis(self.axis, inputs[0], self.name),), inputs[0])

    def saved(self, inputs: Shapes, output: Shape) -> Saved:
        return Saved(inputs=(0,), extra=2 * self._lengths(output))

    def scratch(self, inputs: Shapes, output: Shape) -> int:
        return self._lengths(output)

    def backward_scratch(self, back: Backward) -> int:
        return 3 * back.elements  # of a quotient, whose divisor is as large as what is divided until it is summed

    def layout(self, inputs: Sequence[Layout], sizes: Sequence[int]) -> Layout:
        return elementwise(*inputs)

    def gradient_layout(self, number: int, back: Backward) -> Layout:
        return elementwise(back.gradient, back.layouts[0])

    def expression(self, names: Sequence[str], inputs: Shapes, in_place: bool = False) -> str | None:
        axis = resolve_axis(self.axis, inputs[0], self.name) + 1
        further = (f", dim={axis}" if axis != 1 else "") + (f", eps={float(self.eps)}" if self.eps != 1e-12 else "")
        return f"F.normalize({names[0]}{further})"

    def caption(self, inputs: Shapes, output: Shape) -> str:
        return f"over {axis_name(resolve_axis(self.axis, inputs[0], self.name), inputs[0])}"


_CHANNELS = '''class ChannelRMSNorm(nn.RMSNorm):
    """A root-mean-square norm over the channels of each position: of [N, C, H, W], over C."""

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        x = F.rms_norm(x.movedim(1, -1), self.normalized_shape, self.weight, self.eps)
        return x.movedim(-1, 1)
'''


@dataclass(frozen=True, slots=True)
class RmsNorm(OverChannels):
    name: ClassVar[str] = "rms_norm"
    came_with_names: ClassVar[bool] = True
    summary: ClassVar[str] = (
        "Divides each token of [L, C], a vector [C], or each position's channels of an image by their root mean square."
    )
    reference: ClassVar[str] = "torch.nn.RMSNorm; on images over the channels, as `ln`"
    onnx: ClassVar[str] = "RMSNormalization"

    eps: float = parameter(EPSILON, EPS_DOC.replace("variance", "mean square"), 1e-6)
    affine: bool = parameter(FLAG, "whether each channel then gets a learned factor", True)
    last: bool = parameter(FLAG, "normalise the last axis of any tensor, whatever its name", False)
    axis: Plain = parameter(AXIS, "which axis, the first or the last, is normalised", "channels")

    def _which(self) -> tuple[bool, Plain]:
        return self.last, self.axis

    def weights(self, inputs: Shapes) -> tuple[Weight, ...]:
        return (Weight("weight", (self._channels(inputs[0]),)),) if self.affine else ()

    def flops(self, inputs: Shapes, output: Shape) -> int:
        return 4 * product(output)

    def saved(self, inputs: Shapes, output: Shape) -> Saved:
        rows = self._rows(output)
        return Saved(inputs=(0,), extra=rows + (product(output) if self.affine else 0), for_inputs=True, extra_for_inputs=rows)

    def _rows(self, shape: Shape) -> int:
        return product(shape) // self._channels(shape)

    def scratch(self, inputs: Shapes, output: Shape) -> int:
        # The squares are there with their mean and its root; later the root with the quotient, and with that times the weight.
        return self._rows(output) + (product(output) if self.affine else self._rows(output))

    def _moved(self, layout: Layout) -> Layout:
        """With the channels last."""
        rank = len(layout.sizes)
        return permuted(layout, (0, *range(2, rank), 1)) if self._over_first(layout.sizes[1:]) else layout

    def _quotient(self, layout: Layout) -> Layout:
        """What is divided by the root of its mean square, which stretches along the channels."""
        moved = self._moved(layout)
        return elementwise(moved, in_order((*moved.sizes[:-1], 1)))

    def layout(self, inputs: Sequence[Layout], sizes: Sequence[int]) -> Layout:
        made = self._quotient(inputs[0])
        if not (made.is_channels_last if made.suggests_channels_last else made.is_in_order):
            made = as_suggested((made,), made.sizes)
        rank = len(sizes)
        return permuted(made, (0, rank - 1, *range(1, rank - 1))) if self._over_first(tuple(sizes[1:])) else made

    def copies(self, inputs: Sequence[Layout], output: Layout, training: bool) -> int:
        # What comes out is put in order, by a copy where it is not.
        if self._quotient(inputs[0]) == self._moved(output):
            return 0
        if self.affine:
            return output.elements if training else 0
        return output.elements - self._rows(output.sizes[1:]) * output.sizes[0]

    def backward_scratch(self, back: Backward) -> int:
        size, rows, freed = back.elements, self._rows(back.output) * back.batch, back.freed
        if not back.wanted[0]:
            return size  # the weight's gradient, before it is summed
        # The product with the weight, that with the root, the root, the squares: the gradient of the output is let go of after the
        # first, and what the forward pass kept for a step after that step. Two gradients of the input come, the first before the squares'
        # (of channels brought to the end both are summed before they go on).
        first = size - (back.freed_by_sum if not self._over_first(back.inputs[0]) else 0)
        steps = 3 if rows == size and back.freed_by_sum else 4  # along an axis of size 1 nothing is summed
        if self.affine:
            most = max(2 * size, 2 * size + rows - freed, steps * rows - freed, first + 3 * size - rows - freed)
        else:
            most = max(2 * size + rows, size + steps * rows - freed, first + 4 * size - rows - freed)
        return most - back.made

    def gradient_layout(self, number: int, back: Backward) -> Layout:
        return elementwise(back.gradient, back.layouts[0])

    def answers_with_view(self, inputs: Sequence[Layout]) -> bool:
        return self._over_first(inputs[0].sizes[1:])

    def module(self, inputs: Shapes, in_place: bool = False) -> Construct | None:
        if not self.affine:
            return None  # without weights nothing fixes the size
        target = "ChannelRMSNorm" if self._over_first(inputs[0]) else "nn.RMSNorm"
        return Construct(target, ((None, self._channels(inputs[0])), ("eps", float(self.eps))))

    def helpers(self, inputs: Shapes) -> tuple[str, ...]:
        return (_CHANNELS,) if self.affine and self._over_first(inputs[0]) else ()

    def expression(self, names: Sequence[str], inputs: Shapes, in_place: bool = False) -> str | None:
        if self.affine:
            return None
        x, eps = names[0], float(self.eps)
        if self._over_first(inputs[0]):
            return f"F.rms_norm({x}.movedim(1, -1), [{x}.shape[1]], eps={eps}).movedim(-1, 1)"
        return f"F.rms_norm({x}, [{x}.shape[-1]], eps={eps})"


OPERATIONS: tuple[type[Operation], ...] = (Normalize, RmsNorm)
