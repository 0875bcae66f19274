"""Convolutions whose filters are worked out from what they learn: standardised, normed by length, normed by the largest singular value."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import ClassVar

from ...base.records import dataclass
from . import padding
from .arithmetic import Tensor
from .base import Backward, Construct, Initialization, Operation, Refusal, Saved, Shape, Shapes, Weight, product
from .convolution import PAD_MODE, Conv, Convolution
from .initial import INIT, INIT_DOC, STD_DOC
from .norm import NORM_FLOPS
from .parameters import CHANNELS, COUNT, DILATION, EPSILON, FLAG, KERNEL, NUMBER, PADDING, POSITIVE, STRIDE, Plain, parameter
from .spatial import Geometry
from .strides import Layout
from .worked_out import SpectralNorm, WeightNorm, WorkedOut


@dataclass(frozen=True, slots=True)
class _Weighted(Convolution, WorkedOut):
    """A convolution by the name of its class, its further arguments, and the source of what makes its filters."""

    class_word: ClassVar[str] = ""

    channels: int = parameter(CHANNELS, "how many channels come out")
    kernel: Plain = parameter(KERNEL, "the window, a number or one for each axis", 3)
    stride: Plain = parameter(STRIDE, "the step from window to window", 1)
    pad: Plain = parameter(PADDING, "as of `conv`", "half")
    groups: int = parameter(COUNT, "how many groups the channels fall into, each seeing only its own", 1)
    dilation: Plain = parameter(DILATION, "the distance between the window's positions", 1)
    bias: bool = parameter(FLAG, "whether a number is added to each channel", True)

    def _groups(self, channels: int) -> tuple[int, int]:
        return self.channels, self.groups

    def class_name(self, g: Geometry) -> str:
        special = self._special(g)
        return f"{self.class_word}{f'{special}Pad' if special else ''}Conv{g.rank}d"

    def _further(self) -> tuple[tuple[str, Plain], ...]:
        """The arguments that its class has beside a convolution's."""
        return ()

    def module(self, inputs: Shapes, in_place: bool = False) -> Construct | None:
        # Not by super(): a slotted dataclass is made twice, and the first is what super() would look for.
        made = Convolution.module(self, inputs, in_place)
        assert made is not None
        return Construct(made.target, (*made.arguments, *self._further()))

    def plain(self) -> Operation:
        return Conv(
            self.channels, self.kernel, self.stride, self.pad, self.groups, self.dilation, self.bias, pad_mode=self._fields()[5]
        )  # fmt: skip

    def _kept(self, filters: Shape) -> int:
        """Elements that are kept of what is made on the way to the filters, these among it."""
        return product(filters) + 2 * filters[0]

    def _evaluated(self, filters: Shape) -> tuple[int, int]:
        """Elements that are there in evaluation beside the output, and at most before it is there."""
        return product(filters), self._kept(filters)

    def _way_back(self, filters: Shape) -> int:
        """Elements that are alive, at most, between the gradient of the filters and those of what is learned, beside these."""
        return self._kept(filters)

    def flops(self, inputs: Shapes, output: Shape) -> int:
        return Convolution.flops(self, inputs, output) + NORM_FLOPS * product(self._filters(inputs[0]))

    def saved(self, inputs: Shapes, output: Shape) -> Saved:
        kept = Convolution.saved(self, inputs, output)
        once = self._kept(self._filters(inputs[0]))
        return Saved(kept.inputs, kept.output, kept.extra, kept.extra_bytes, once, kept.for_inputs)

    def copies(self, inputs: Sequence[Layout], output: Layout, training: bool) -> int:
        filters = self._filters(inputs[0].sizes[1:])
        if training:
            return self._kept(filters)
        beside, before = self._evaluated(filters)
        return max(beside, before - output.elements)

    def copied_weight_gradients(self, back: Backward) -> int:
        way = self._way_back(self._filters(back.inputs[0])) + self._not_undone(back)
        return max(Convolution.copied_weight_gradients(self, back), way)

    def _not_undone(self, back: Backward) -> int:
        # What PyTorch pads, it pads when the filters are there: on the way back that comes first.
        undone = Convolution._not_undone(self, back)
        return undone if undone < 0 or self._fields()[5] == "zeros" else 0

    def helpers(self, inputs: Shapes) -> tuple[str, ...]:
        g = self._geometry(inputs[0])
        special = self._special(g)
        text = _class(self.class_name(g), g.rank, special, *self._source(g.rank))
        return (padding.SAME, text) if special == "Same" else (text,)

    def _source(self, rank: int) -> tuple[str, str, str, str]:
        """What its class is, its further parameters, the lines that end its constructor, and those that make `weight`."""
        raise NotImplementedError


def _class(name: str, rank: int, special: str, doc: str, parameters: str, made: str, weight: str) -> str:
    size = "int" if rank == 1 else f"int | tuple[{', '.join(['int'] * rank)}]"
    pads = "        pads: tuple[int, ...],\n" if special == "Side" else ""
    plain = f"        padding: {size} = 0,\n" if not special else ""
    mode = '        padding_mode: str = "zeros",\n' if not special else ""
    keep = "        self.pads = list(pads)\n" if special == "Side" else ""
    padded = {"": "", "Side": "        x = F.pad(x, self.pads)\n", "Same": padding.pad_same(rank)}[special]
    return f'''class {name}(nn.Conv{rank}d):
    """{doc}"""

    def __init__(
        self,
        in_channels: int,
        out_channels: int,
        kernel_size: {size},
{pads}        stride: {size} = 1,
{plain}        dilation: {size} = 1,
        groups: int = 1,
        bias: bool = True,
{mode}{parameters}    ) -> None:
        super().__init__(in_channels, out_channels, kernel_size, stride, {"0" if special else "padding"}, dilation, groups, bias{"" if special else ", padding_mode"})
{keep}{made}
    def forward(self, x: torch.Tensor) -> torch.Tensor:
{padded}{weight}        return self._conv_forward(x, weight, self.bias)
'''


@dataclass(frozen=True, slots=True)
class StdConv(_Weighted):
    name: ClassVar[str] = "std_conv"
    class_word: ClassVar[str] = "Std"
    summary: ClassVar[str] = (
        "A convolution whose filters are standardised, each to mean 0 and deviation 1 (BiT); with `gain` they are scaled by the fan in and "
        "a learned number each (NFNet)."
    )
    reference: ClassVar[str] = "Weight Standardization (2019); timm's StdConv2d and ScaledStdConv2d"
    onnx: ClassVar[str] = "Conv"

    eps: float = parameter(EPSILON, "what is added to the variance of a filter", 1e-6)
    gain: bool = parameter(FLAG, "whether each filter is divided by the root of its size and has a learned factor", False)
    gamma: float = parameter(NUMBER, "with `gain`, a fixed factor of all filters, for the activation that comes before", 1.0)
    pad_mode: str = parameter(PAD_MODE, "what stands in the padding", "zeros")
    init: str | None = parameter(INIT, INIT_DOC, "default")
    std: float = parameter(POSITIVE, STD_DOC, 0.01)
    start: float = parameter(NUMBER, "with `gain`, what the learned factors start at", 1.0)

    def _fields(self) -> tuple[Plain, Plain, Plain, Plain, bool, str, Plain, float]:
        return self.kernel, self.stride, self.pad, self.dilation, self.bias, self.pad_mode, self.init, self.std

    def initialization(self) -> Initialization:
        found = Convolution.initialization(self)
        if not self.gain or self.start == 1:
            return found
        return Initialization((*found.calls, ("gain", f"nn.init.constant_({{}}, {float(self.start)})")))

    def output(self, inputs: Shapes) -> Shape:
        output = Convolution.output(self, inputs)
        filters = self._filters(inputs[0])
        if product(filters[1:]) == 1:
            raise Refusal(
                "E327",
                f"a filter of `std_conv` has one value here, [{', '.join(map(str, filters))}], and would be 0 when its mean is taken away",
                parameter="groups" if self.groups > 1 else "kernel",
                operand=0,
                help="use `conv`, a larger window, or fewer groups",
            )
        return output

    def class_name(self, g: Geometry) -> str:
        name = _Weighted.class_name(self, g)
        return f"Scaled{name}" if self.gain else name

    def _kept(self, filters: Shape) -> int:
        return product(filters) + (3 if self.gain else 2) * filters[0]

    def _further(self) -> tuple[tuple[str, Plain], ...]:
        rows: list[tuple[str, Plain]] = []
        if self.gain and self.gamma != 1:
            rows.append(("gamma", float(self.gamma)))
        if self.eps != 1e-6:
            rows.append(("eps", float(self.eps)))
        return tuple(rows)

    def weights(self, inputs: Shapes) -> tuple[Weight, ...]:
        rows = Convolution.weights(self, inputs)
        filters = self._filters(inputs[0])
        return (*rows, Weight("gain", (filters[0], *[1] * (len(filters) - 1)))) if self.gain else rows

    def weight_of(self, learned: Mapping[str, Tensor]) -> Tensor:
        learned_filters = learned["weight"]
        shape = learned_filters.shape
        rows = learned_filters.reshape((shape[0], size := product(shape[1:])))
        centred = rows - (rows.sum((1,)) / size).reshape((shape[0], 1))
        factor = ((centred**2).sum((1,)) / size + self.eps) ** -0.5
        if self.gain:
            factor = factor * learned["gain"].reshape((shape[0],)) * (self.gamma * size**-0.5)
        return (centred * factor.reshape((shape[0], 1))).reshape(shape)

    def _source(self, rank: int) -> tuple[str, str, str, str]:
        scaled = "            weight=(self.gain * self.scale).flatten(),\n" if self.gain else ""
        weight = (
            "        weight = F.batch_norm(\n"
            "            self.weight.reshape(1, self.out_channels, -1),\n            None,\n            None,\n"
            f"{scaled}            training=True,\n            momentum=0.0,\n            eps=self.eps,\n"
            "        ).reshape_as(self.weight)\n"
        )
        if not self.gain:
            doc = "A convolution whose filters are standardised: each has mean 0 and deviation 1."
            return doc, "        eps: float = 1e-6,\n", "        self.eps = eps\n", weight
        doc = "A convolution whose filters are standardised, divided by the root of their size, and have a learned factor each."
        made = (
            "        self.eps = eps\n"
            "        self.scale = gamma * self.weight[0].numel() ** -0.5\n"
            f"        self.gain = nn.Parameter(torch.ones(out_channels{', 1' * (rank + 1)}))\n"
        )
        return doc, "        gamma: float = 1.0,\n        eps: float = 1e-6,\n", made, weight


@dataclass(frozen=True, slots=True)
class _Normed(_Weighted):
    """PyTorch's norms of weights around a convolution: its parameters, but for how it starts, which is as PyTorch's layer does."""

    norm: ClassVar[WeightNorm | SpectralNorm]
    doc: ClassVar[str]

    pad_mode: str = parameter(PAD_MODE, "what stands in the padding", "zeros")

    def _fields(self) -> tuple[Plain, Plain, Plain, Plain, bool, str, Plain, float]:
        return self.kernel, self.stride, self.pad, self.dilation, self.bias, self.pad_mode, None, 0.0

    def initialization(self) -> Initialization:
        return Initialization()

    def weights(self, inputs: Shapes) -> tuple[Weight, ...]:
        filters = self._filters(inputs[0])
        rows = self.norm.weights(filters)
        return (Weight("bias", filters[:1]), *rows) if self.bias else rows

    def weight_of(self, learned: Mapping[str, Tensor]) -> Tensor:
        return self.norm.weight_of(learned)

    def _kept(self, filters: Shape) -> int:
        return self.norm.kept(filters)

    def _evaluated(self, filters: Shape) -> tuple[int, int]:
        return self.norm.evaluated(filters)

    def _way_back(self, filters: Shape) -> int:
        return self.norm.way_back(filters)

    def _source(self, rank: int) -> tuple[str, str, str, str]:
        return self.doc, "", self.norm.made(rank + 2), self.norm.weight(rank + 2)


@dataclass(frozen=True, slots=True)
class WeightNormConv(_Normed):
    name: ClassVar[str] = "weight_norm_conv"
    norm: ClassVar[WeightNorm | SpectralNorm] = WeightNorm()
    class_word: ClassVar[str] = WeightNorm.word
    summary: ClassVar[str] = "A convolution whose filters are learned as a direction and a length each (WaveNet, TCN)."
    reference: ClassVar[str] = "torch.nn.utils.weight_norm around torch.nn.Conv1d, Conv2d, Conv3d"
    onnx: ClassVar[str] = "Conv"
    doc: ClassVar[str] = "A convolution whose filters are a direction, `weight_v`, and a length each, `weight_g`."


@dataclass(frozen=True, slots=True)
class SpectralNormConv(_Normed):
    name: ClassVar[str] = "spectral_norm_conv"
    norm: ClassVar[WeightNorm | SpectralNorm] = SpectralNorm()
    class_word: ClassVar[str] = SpectralNorm.word
    summary: ClassVar[str] = (
        "A convolution whose filters, as a matrix, are divided by their largest singular value, which a step of training estimates (SN-GAN)."
    )
    reference: ClassVar[str] = "torch.nn.utils.spectral_norm around torch.nn.Conv1d, Conv2d, Conv3d"
    onnx: ClassVar[str] = "Conv"
    doc: ClassVar[str] = "A convolution whose filters, as a matrix, are divided by their largest singular value."


OPERATIONS = (StdConv, WeightNormConv, SpectralNormConv)
