"""Normalisation."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from ...base.records import dataclass
from .axes import AXIS, resolve_axis
from .base import (
    Backward,
    Construct,
    Family,
    Operation,
    Refusal,
    Saved,
    Shape,
    Shapes,
    Weight,
    copied_gradient,
    product,
    show,
)
from .parameters import COUNT, EPSILON, FLAG, POSITIVE, PROBABILITY, Plain, parameter
from .spatial import either, nearest_divisors, nearest_multiples, need_spatial, spatial_rank
from .strides import Layout, as_suggested, elementwise, in_order, permuted, viewed

EPS_DOC = "what is added to the variance, so that nothing is divided by zero"
AFFINE_DOC = "whether each channel then gets a learned factor and a learned addend"
BN_FLOPS, NORM_FLOPS = 2, 7
"""Operations an element: batch norm is a factor and an addend once its statistics are known; the others measure theirs."""


def _affine(channels: int, affine: bool) -> tuple[Weight, ...]:
    return (Weight("weight", (channels,)), Weight("bias", (channels,))) if affine else ()


@dataclass(frozen=True, slots=True)
class _Norm(Operation):
    """One that copies an input which does not lie as it wants, for the backward pass too."""

    family: ClassVar[Family] = "norm"
    output_may_be_overwritten: ClassVar[bool] = True

    def flops(self, inputs: Shapes, output: Shape) -> int:
        return NORM_FLOPS * product(output)

    def kept_copies(self, inputs: Sequence[Layout]) -> int:
        return self.copies(inputs, inputs[0], True)


_LAST_AXIS_BATCH_NORM = '''class LastAxisBatchNorm(nn.BatchNorm1d):
    """A batch norm whose channels are the last axis: of [N, L, C], over N and L."""

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        tracked = self.num_batches_tracked
        if self.training and tracked is not None:
            tracked.add_(1)
        rows = x.flatten(0, -2)
        rows = F.batch_norm(rows, self.running_mean, self.running_var, self.weight, self.bias, self.training, self.momentum, self.eps)
        return rows.reshape(x.shape)
'''


@dataclass(frozen=True, slots=True)
class BatchNorm(_Norm):
    name: ClassVar[str] = "bn"
    wants_channels: ClassVar[str] = "first"
    summary: ClassVar[str] = "Batch normalisation of each channel, with running statistics for evaluation."
    reference: ClassVar[str] = "torch.nn.BatchNorm1d, BatchNorm2d, BatchNorm3d"
    onnx: ClassVar[str] = "BatchNormalization"
    needs_several_values: ClassVar[bool] = True
    removes_mean: ClassVar[bool] = True

    eps: float = parameter(EPSILON, EPS_DOC, 1e-5)
    momentum: float = parameter(PROBABILITY, "how much of each batch enters the running statistics", 0.1)
    affine: bool = parameter(FLAG, AFFINE_DOC, True)
    last: bool = parameter(FLAG, "the channels are the last axis of any tensor, as of a sequence of tokens", False)

    def channels_wanted(self) -> str:
        return "" if self.last else self.wants_channels

    def output(self, inputs: Shapes) -> Shape:
        if spatial_rank(inputs[0]) > 0 and not self.last:
            need_spatial(self.name, inputs[0])
        return inputs[0]

    def over_last(self, shape: Shape) -> bool:
        """Whether the channels are not the first axis, and all others are one to PyTorch."""
        return self.last and len(shape) > 1

    def weights(self, inputs: Shapes) -> tuple[Weight, ...]:
        channels = inputs[0][-1 if self.last else 0]
        return (
            *_affine(channels, self.affine),
            Weight("running_mean", (channels,), trainable=False),
            Weight("running_var", (channels,), trainable=False),
            Weight("num_batches_tracked", (), trainable=False, dtype="int64"),
        )

    def flops(self, inputs: Shapes, output: Shape) -> int:
        return BN_FLOPS * product(output)

    def saved(self, inputs: Shapes, output: Shape) -> Saved:
        return Saved(inputs=(0,), once=2 * output[-1 if self.last else 0])

    def _flat(self, layout: Layout) -> Layout | None:
        """All axes before the channels as one; None where that is no view."""
        return viewed(layout, (product(layout.sizes[:-1]), layout.sizes[-1]))

    def copies(self, inputs: Sequence[Layout], output: Layout, training: bool) -> int:
        copied = self.over_last(inputs[0].sizes[1:]) and self._flat(inputs[0]) is None
        return inputs[0].elements if copied else 0

    def layout(self, inputs: Sequence[Layout], sizes: Sequence[int]) -> Layout:
        return in_order(sizes) if self.over_last(tuple(sizes[1:])) else as_suggested(inputs, sizes)

    def gradient_layout(self, number: int, back: Backward) -> Layout:
        return self.layout((back.layouts[number],), back.sizes(number))

    def backward_scratch(self, back: Backward) -> int:
        copied = self.over_last(back.output) and self._flat(back.gradient) is None
        return copied_gradient(back, back.made) if copied else 0

    def answers_with_view(self, inputs: Sequence[Layout]) -> bool:
        return self.over_last(inputs[0].sizes[1:])

    def module(self, inputs: Shapes, in_place: bool = False) -> Construct | None:
        arguments: list[tuple[str | None, Plain]] = [(None, inputs[0][-1 if self.last else 0])]
        if self.eps != 1e-5:
            arguments.append(("eps", float(self.eps)))
        if self.momentum != 0.1:
            arguments.append(("momentum", float(self.momentum)))
        if not self.affine:
            arguments.append(("affine", False))
        if self.over_last(inputs[0]):
            return Construct("LastAxisBatchNorm", tuple(arguments))
        return Construct(f"nn.BatchNorm{max(1, spatial_rank(inputs[0]))}d", tuple(arguments))

    def helpers(self, inputs: Shapes) -> tuple[str, ...]:
        return (_LAST_AXIS_BATCH_NORM,) if self.over_last(inputs[0]) else ()


@dataclass(frozen=True, slots=True)
class GroupNorm(_Norm):
    name: ClassVar[str] = "gn"
    wants_channels: ClassVar[str] = "first"
    summary: ClassVar[str] = "Normalisation of groups of channels, each image by itself."
    reference: ClassVar[str] = "torch.nn.GroupNorm"
    onnx: ClassVar[str] = "GroupNormalization"

    groups: int = parameter(COUNT, "how many groups the channels fall into")
    eps: float = parameter(EPSILON, EPS_DOC, 1e-5)
    affine: bool = parameter(FLAG, AFFINE_DOC, True)

    def output(self, inputs: Shapes) -> Shape:
        channels = inputs[0][0]
        if channels % self.groups:
            near = nearest_multiples(channels, self.groups)
            # A group of one channel is another norm, `instance_norm`.
            divisors = tuple(count for count in nearest_divisors(channels, self.groups) if count < channels)
            raise Refusal(
                "E310",
                f"channels {channels} are not divisible by groups {self.groups} of `gn`",
                parameter="groups",
                operand=0,
                axis=0,
                suggestions=divisors,
                help=f"{either(near)} channels would divide by {self.groups}" + (f"; or groups = {either(divisors)}" if divisors else ""),
            )
        # What is left of one value is 0, and PyTorch refuses it at batch 1, in evaluation too.
        if product(inputs[0]) == self.groups:
            raise Refusal(
                "E327",
                f"each group of `gn` has a single value of an image: {self.groups} groups of {show(inputs[0])}",
                parameter="groups",
                operand=0,
                suggestions=tuple(count for count in nearest_divisors(channels, self.groups) if count < channels),
                help=("take fewer groups, or " if self.groups > 1 else "") + "normalise before the map has shrunk to one position",
            )
        return inputs[0]

    def weights(self, inputs: Shapes) -> tuple[Weight, ...]:
        return _affine(inputs[0][0], self.affine)

    def saved(self, inputs: Shapes, output: Shape) -> Saved:
        return Saved(inputs=(0,), extra=2 * self.groups)

    def scratch(self, inputs: Shapes, output: Shape) -> int:
        return 2 * self.groups  # mean and deviation

    def layout(self, inputs: Sequence[Layout], sizes: Sequence[int]) -> Layout:
        return as_suggested(inputs, sizes)

    def copies(self, inputs: Sequence[Layout], output: Layout, training: bool) -> int:
        layout = inputs[0]
        whole = layout.is_channels_last if layout.suggests_channels_last else layout.is_in_order
        return 0 if whole else layout.elements

    def backward_scratch(self, back: Backward) -> int:
        channels_side_by_side = back.layouts[0].suggests_channels_last
        return 0 if (back.gradient.is_channels_last if channels_side_by_side else back.gradient.is_in_order) else back.elements

    def divisor(self, inputs: Shapes) -> int:
        return self.groups

    def module(self, inputs: Shapes, in_place: bool = False) -> Construct | None:
        arguments: list[tuple[str | None, Plain]] = [(None, self.groups), (None, inputs[0][0])]
        if self.eps != 1e-5:
            arguments.append(("eps", float(self.eps)))
        if not self.affine:
            arguments.append(("affine", False))
        return Construct("nn.GroupNorm", tuple(arguments))

    def caption(self, inputs: Shapes, output: Shape) -> str:
        return f"g{self.groups}"


@dataclass(frozen=True, slots=True)
class OverChannels(Operation):
    """A norm over the channels of each position, where these are the first axis or the last."""

    family: ClassVar[Family] = "norm"
    output_may_be_overwritten: ClassVar[bool] = True
    channels_of_two: ClassVar[int] = 1

    def _which(self) -> tuple[bool, Plain]:
        """`last` and `axis`."""
        raise NotImplementedError

    def finds_axis(self, parameter: str) -> bool:
        return not self._which()[0]

    def _axis(self, shape: Shape) -> int:
        last, axis = self._which()
        if last or (axis == "channels" and len(shape) == 2):
            return len(shape) - 1
        return resolve_axis(axis, shape, self.name)

    def _over_first(self, shape: Shape) -> bool:
        return len(shape) > 1 and self._axis(shape) == 0

    def _channels(self, shape: Shape) -> int:
        return shape[self._axis(shape)]

    def output(self, inputs: Shapes) -> Shape:
        shape = inputs[0]
        axis = self._axis(shape)
        if axis not in (0, len(shape) - 1):
            order = (*(number for number in range(len(shape)) if number != axis), axis)
            raise Refusal(
                "E332",
                f"`{self.name}` works along the first axis or the last, and of {show(shape)} it would be axis {axis}",
                parameter="axis",
                operand=0,
                help=f"`permute({show(order)})` brings it to the end",
            )
        return shape


_CHANNELS_NORM = '''class ChannelNorm(nn.LayerNorm):
    """A layer norm over the channels of each position: of [N, C, H, W], over C."""

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        x = F.layer_norm(x.movedim(1, -1), self.normalized_shape, self.weight, self.bias, self.eps)
        return x.movedim(-1, 1)
'''


@dataclass(frozen=True, slots=True)
class LayerNorm(OverChannels):
    name: ClassVar[str] = "ln"
    summary: ClassVar[str] = "Normalisation of each token of [L, C], of a vector [C], or of each position's channels in an image [C, H, W]."
    reference: ClassVar[str] = "torch.nn.LayerNorm; on images, ConvNeXt's"
    onnx: ClassVar[str] = "LayerNormalization"

    eps: float = parameter(EPSILON, EPS_DOC, 1e-5)
    affine: bool = parameter(FLAG, "whether each channel then gets a learned factor and a learned addend", True)
    last: bool = parameter(FLAG, "normalise the last axis of any tensor, whatever its name", False)
    bias: bool = parameter(FLAG, "whether `affine` has the addend", True)
    axis: Plain = parameter(AXIS, "which axis, the first or the last, is normalised", "channels")

    def _which(self) -> tuple[bool, Plain]:
        return self.last, self.axis

    def weights(self, inputs: Shapes) -> tuple[Weight, ...]:
        return _affine(self._channels(inputs[0]), self.affine)[: 2 if self.bias else 1]

    def flops(self, inputs: Shapes, output: Shape) -> int:
        return NORM_FLOPS * product(output)

    def saved(self, inputs: Shapes, output: Shape) -> Saved:
        return Saved(inputs=(0,), extra=2 * product(output) // self._channels(output))

    def scratch(self, inputs: Shapes, output: Shape) -> int:
        return 2 * product(output) // self._channels(output)  # mean and deviation

    def layout(self, inputs: Sequence[Layout], sizes: Sequence[int]) -> Layout:
        if not self._over_first(tuple(sizes[1:])):
            return in_order(sizes)
        return permuted(in_order((sizes[0], *sizes[2:], sizes[1])), (0, len(sizes) - 1, *range(1, len(sizes) - 1)))

    def gradient_layout(self, number: int, back: Backward) -> Layout:
        return self.layout(back.layouts, back.sizes(number))

    def answers_with_view(self, inputs: Sequence[Layout]) -> bool:
        return self._over_first(inputs[0].sizes[1:])

    def module(self, inputs: Shapes, in_place: bool = False) -> Construct | None:
        arguments: list[tuple[str | None, Plain]] = [(None, self._channels(inputs[0]))]
        if self.eps != 1e-5:
            arguments.append(("eps", float(self.eps)))
        if not self.affine:
            arguments.append(("elementwise_affine", False))
        elif not self.bias:
            arguments.append(("bias", False))
        return Construct("ChannelNorm" if self._over_first(inputs[0]) else "nn.LayerNorm", tuple(arguments))

    def helpers(self, inputs: Shapes) -> tuple[str, ...]:
        return (_CHANNELS_NORM,) if self._over_first(inputs[0]) else ()


@dataclass(frozen=True, slots=True)
class InstanceNorm(_Norm):
    name: ClassVar[str] = "instance_norm"
    wants_channels: ClassVar[str] = "first"
    summary: ClassVar[str] = "Normalisation of each channel of each image by itself."
    reference: ClassVar[str] = "torch.nn.InstanceNorm1d, InstanceNorm2d, InstanceNorm3d"
    onnx: ClassVar[str] = "InstanceNormalization"
    needs_several_values: ClassVar[bool] = True
    removes_mean: ClassVar[bool] = True

    eps: float = parameter(EPSILON, EPS_DOC, 1e-5)
    affine: bool = parameter(FLAG, AFFINE_DOC, False)

    def output(self, inputs: Shapes) -> Shape:
        need_spatial(self.name, inputs[0])
        if product(inputs[0][1:]) == 1:
            raise Refusal(
                "E327",
                f"`instance_norm` needs more than one position in each channel, and its input is {show(inputs[0])}",
                operand=0,
                help="use `ln` here, or normalise before the map has shrunk to one position",
            )
        return inputs[0]

    def weights(self, inputs: Shapes) -> tuple[Weight, ...]:
        return _affine(inputs[0][0], self.affine)

    def saved(self, inputs: Shapes, output: Shape) -> Saved:
        return Saved(inputs=(0,), extra=(3 if self.affine else 2) * output[0])

    def scratch(self, inputs: Shapes, output: Shape) -> int:
        # Mean and deviation, and the weights once for each image.
        return (4 if self.affine else 2) * output[0]

    def copies(self, inputs: Sequence[Layout], output: Layout, training: bool) -> int:
        return 0 if inputs[0].is_in_order else inputs[0].elements

    def answers_with_view(self, inputs: Sequence[Layout]) -> bool:
        return True

    def backward_scratch(self, back: Backward) -> int:
        is_viewed = viewed(back.gradient, (1, back.batch * back.output[0], *back.output[1:])) is not None
        copied = 0 if is_viewed else copied_gradient(back, back.made)
        # The gradients of the weights are made for each image, then summed.
        return copied + (2 * (back.batch - 1) * back.output[0] if self.affine else 0)

    def module(self, inputs: Shapes, in_place: bool = False) -> Construct | None:
        arguments: list[tuple[str | None, Plain]] = [(None, inputs[0][0])]
        if self.eps != 1e-5:
            arguments.append(("eps", float(self.eps)))
        if self.affine:
            arguments.append(("affine", True))
        return Construct(f"nn.InstanceNorm{spatial_rank(inputs[0])}d", tuple(arguments))


@dataclass(frozen=True, slots=True)
class LocalResponseNorm(_Norm):
    name: ClassVar[str] = "lrn"
    wants_channels: ClassVar[str] = "first"
    summary: ClassVar[str] = "Local response normalisation (AlexNet): each value over what its neighbouring channels say at that position."
    reference: ClassVar[str] = "torch.nn.LocalResponseNorm"
    onnx: ClassVar[str] = "LRN"

    size: int = parameter(COUNT, "how many neighbouring channels", 5)
    alpha: float = parameter(POSITIVE, "the weight of their mean square", 1e-4)
    beta: float = parameter(POSITIVE, "the exponent", 0.75)
    k: float = parameter(POSITIVE, "what is added to it", 1.0)

    def output(self, inputs: Shapes) -> Shape:
        need_spatial(self.name, inputs[0])
        return inputs[0]

    def flops(self, inputs: Shapes, output: Shape) -> int:
        return (self.size + 3) * product(output)

    def _padded(self, output: Shape) -> int:
        return (output[0] + 2 * (self.size // 2) - (1 - self.size % 2)) * product(output[1:])

    def saved(self, inputs: Shapes, output: Shape) -> Saved:
        return Saved(inputs=(0,), extra=self._padded(output) + 2 * product(output))

    def scratch(self, inputs: Shapes, output: Shape) -> int:
        # The squares and their padded copy; later the mean square, times alpha, plus k. One is in the place of the output.
        return max(self._padded(output), 2 * product(output))

    def backward_scratch(self, back: Backward) -> int:
        return 3 * back.elements

    def _arguments(self) -> tuple[tuple[str | None, Plain], ...]:
        rows: tuple[tuple[str, float, float], ...] = (
            ("alpha", self.alpha, 1e-4),
            ("beta", self.beta, 0.75),
            ("k", self.k, 1.0),
        )
        return tuple((name, float(value)) for name, value, usual in rows if value != usual)

    # PyTorch's own takes a volume only where height and width lie as one axis does (it views them so): after a `permute`, say, they do
    # not. So a volume is put in order first, which costs nothing where it is.

    def layout(self, inputs: Sequence[Layout], sizes: Sequence[int]) -> Layout:
        return in_order(sizes) if _is_volume(sizes[1:]) else elementwise(*inputs)

    def copies(self, inputs: Sequence[Layout], output: Layout, training: bool) -> int:
        return inputs[0].elements if _is_volume(output.sizes[1:]) and not inputs[0].is_in_order else 0

    def module(self, inputs: Shapes, in_place: bool = False) -> Construct | None:
        if _is_volume(inputs[0]):
            return None
        return Construct("nn.LocalResponseNorm", ((None, self.size), *self._arguments()))

    def expression(self, names: Sequence[str], inputs: Shapes, in_place: bool = False) -> str | None:
        further = "".join(f", {name}={value}" for name, value in self._arguments())
        operand = f"{names[0]}.contiguous()" if _is_volume(inputs[0]) else names[0]
        return f"F.local_response_norm({operand}, {self.size}{further})"

    def caption(self, inputs: Shapes, output: Shape) -> str:
        return str(self.size)


def _is_volume(shape: Sequence[int]) -> bool:
    return len(shape) == 4


OPERATIONS: tuple[type[Operation], ...] = (BatchNorm, GroupNorm, LayerNorm, InstanceNorm, LocalResponseNorm)
