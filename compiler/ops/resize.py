"""Larger images: padding and interpolation."""

from __future__ import annotations

import math
from collections.abc import Sequence
from math import gcd
from typing import ClassVar

from ...base.records import dataclass
from .base import Backward, Construct, Family, Operation, Refusal, Saved, Shape, Shapes, Window, product, show, show_size
from .convolution import PAD_MODE
from .crop import no_size, wanted_size
from .parameters import FLAG, NUMBER, Extent, Kind, Optional, Padding, Plain, Reference, Word, parameter
from .spatial import Pads, check_pad_mode, need_spatial, pads_of, show_pads, simple, torch_pads
from .strides import Layout, as_suggested, in_order

PAD_CLASS = {
    "zeros": "Zero",
    "constant": "Constant",
    "reflect": "Reflection",
    "replicate": "Replication",
    "circular": "Circular",
}


@dataclass(frozen=True, slots=True)
class Pad(Operation):
    name: ClassVar[str] = "pad"
    wants_channels: ClassVar[str] = "first"
    family: ClassVar[Family] = "shape"
    summary: ClassVar[str] = "Adds positions at the sides of each spatial axis."
    reference: ClassVar[str] = "torch.nn.functional.pad"
    onnx: ClassVar[str] = "Pad"
    output_may_be_overwritten: ClassVar[bool] = True

    sides: Plain = parameter(
        Padding("a number, a size like `0x3`, or `[top, bottom, left, right]`", words=()),
        "how many: a number, one for each axis, or one for each side ([top, bottom, left, right])",
    )
    mode: str = parameter(PAD_MODE, "what stands there", "zeros")
    value: float = parameter(NUMBER, 'what stands there with `mode` "zeros", if not 0', 0)

    def _pads(self, shape: Shape) -> Pads:
        ones = (1,) * need_spatial(self.name, shape)
        return pads_of(self.sides, shape, ones, ones, ones, "sides")

    def output(self, inputs: Shapes) -> Shape:
        shape = inputs[0]
        pads = self._pads(shape)
        check_pad_mode(shape, pads, self.mode, "mode", "sides")
        return (shape[0], *(size + sum(pad) for size, pad in zip(shape[1:], pads, strict=True)))

    def does_nothing(self, inputs: Shapes, output: Shape) -> bool:
        return inputs[0] == output

    def saved(self, inputs: Shapes, output: Shape) -> Saved:
        return Saved(inputs=(0,)) if self.mode in ("reflect", "replicate") else Saved()

    def backward_scratch(self, back: Backward) -> int:
        # What wraps round is undone side by side, each with a sum of its own.
        return max(0, 2 * back.elements - product(back.inputs[0]) * back.batch) if self.mode == "circular" else 0

    def windows(self, inputs: Shapes, output: Shape) -> tuple[Window, ...] | None:
        return tuple(Window(before=before) for before, _ in self._pads(inputs[0]))

    def layout(self, inputs: Sequence[Layout], sizes: Sequence[int]) -> Layout:
        return in_order(sizes) if self.mode == "circular" else as_suggested(inputs, sizes)

    def module(self, inputs: Shapes, in_place: bool = False) -> Construct | None:
        pads = torch_pads(self._pads(inputs[0]))
        constant = self.mode == "zeros" and self.value != 0
        name = PAD_CLASS["constant" if constant else self.mode]
        arguments: tuple[tuple[str | None, Plain], ...] = ((None, pads),)
        return Construct(f"nn.{name}Pad{len(pads) // 2}d", (*arguments, ("value", float(self.value))) if constant else arguments)

    def expression(self, names: Sequence[str], inputs: Shapes, in_place: bool = False) -> str | None:
        further = "" if self.mode == "zeros" else f', mode="{self.mode}"'
        if self.mode == "zeros" and self.value != 0:
            further = f", value={float(self.value)}"  # TorchScript takes no whole number here
        return f"F.pad({names[0]}, {list(torch_pads(self._pads(inputs[0])))}{further})"

    def caption(self, inputs: Shapes, output: Shape) -> str:
        return show_pads(self._pads(inputs[0])).removeprefix("pad ")


@dataclass(frozen=True, slots=True)
class Factor(Kind):
    """A number above 0, or one for each axis."""

    def read(self, value: object) -> Plain:
        items = value if isinstance(value, tuple) and value else (value,)
        numbers = [item for item in items if isinstance(item, int | float) and not isinstance(item, bool) and 0 < item < math.inf]
        if len(numbers) != len(items):
            raise self.refuse()
        return tuple(numbers) if isinstance(value, tuple) else numbers[0]


MODES: dict[str, int | None] = {
    "nearest": None,
    "nearest-exact": None,
    "linear": 1,
    "bilinear": 2,
    "trilinear": 3,
    "bicubic": 2,
}
"""The ways to interpolate, and the spatial rank that each works on."""

WITH_MEANS = frozenset(word for word, rank in MODES.items() if rank == 2)
"""Those of which PyTorch has a form that takes means."""

TAPS = {"linear": 2, "bilinear": 2, "trilinear": 2, "bicubic": 4}
"""How many positions an axis each output reads; 1 for the nearest."""


@dataclass(frozen=True, slots=True)
class Upsample(Operation):
    name: ClassVar[str] = "upsample"
    wants_channels: ClassVar[str] = "first"
    family: ClassVar[Family] = "shape"
    enlarges: ClassVar[bool] = True
    summary: ClassVar[str] = "Interpolates to a size, by a factor, or to the size of a labelled step."
    reference: ClassVar[str] = "torch.nn.functional.interpolate"
    onnx: ClassVar[str] = "Resize"
    most_inputs: ClassVar[int | None] = 2
    output_may_be_overwritten: ClassVar[bool] = True

    scale: Plain = parameter(
        Optional("a number above 0, one for each axis, or none", Factor("")),
        "how many times larger, a number or one for each axis",
        None,
    )
    size: Plain = parameter(
        Optional("a size: `7`, or `7x5`, or none", Extent("")), "the output's size, a number or one for each axis", None
    )
    like: bool = parameter(Reference("the label of a step"), "the step whose size it takes", False)
    mode: str = parameter(
        Word(", ".join(f'"{word}"' for word in MODES), tuple(MODES)),
        "how values between positions are found",
        "nearest",
    )
    align_corners: bool = parameter(FLAG, "whether the corners' centres stay corners (not with the nearest)", False)
    antialias: bool = parameter(FLAG, "whether a smaller image is made of means of the larger one (bilinear and bicubic)", False)

    @classmethod
    def is_merge(cls) -> bool:
        return False  # the second input is `like`'s

    def _scale(self, rank: int) -> tuple[float, ...]:
        if isinstance(self.scale, tuple):
            return tuple(item for item in self.scale if isinstance(item, int | float))
        assert isinstance(self.scale, int | float)
        return (self.scale,) * rank

    def only_moves(self) -> bool:
        return False  # PyTorch resizes no whole numbers

    def output(self, inputs: Shapes) -> Shape:
        shape = inputs[0]
        rank = need_spatial(self.name, shape)
        self._check_mode(shape, rank)
        if self.scale is not None and (self.size is not None or self.like):
            other = "like" if self.like else "size"
            raise Refusal(
                "E322", f"`upsample` was given both `scale` and `{other}`", parameter=other, beside=("scale",), help="give one of them"
            )
        if self.scale is None:
            size = wanted_size(self.name, self.size, self.like, inputs, rank)
            if size is None:
                raise no_size(self.name, "scale", "size", "like")
            return (shape[0], *size)
        if isinstance(self.scale, tuple) and len(self.scale) != rank:
            raise Refusal(
                "E315",
                f"`scale` {show_size(self.scale)} has {len(self.scale)} factors, and the input {show(shape)} has {rank} spatial axes",
                parameter="scale",
                operand=0,
            )
        scaled = [before * factor for before, factor in zip(shape[1:], self._scale(rank), strict=True)]
        if math.inf in scaled:
            raise Refusal(
                "E405",
                f"the tensor is too large: {show_size(simple(shape[1:]))} scaled by {show_size(self.scale)}",
                parameter="scale",
                operand=0,
            )
        sizes = tuple(math.floor(size) for size in scaled)
        if min(sizes) < 1:
            raise Refusal(
                "E317",
                f"nothing is left: {show_size(simple(shape[1:]))} scaled by {show_size(self.scale)} is less than one position",
                parameter="scale",
                operand=0,
            )
        return (shape[0], *sizes)

    def _check_mode(self, shape: Shape, rank: int) -> None:
        wanted = MODES[self.mode]
        if wanted is not None and wanted != rank:
            fitting = [word for word, axes in MODES.items() if axes == rank]
            raise Refusal(
                "E326",
                f'`mode` "{self.mode}" works on {wanted} spatial {"axis" if wanted == 1 else "axes"}, and the input {show(shape)} has {rank}',
                parameter="mode",
                operand=0,
                suggestions=(*fitting, "nearest"),
            )
        rows = (("align_corners", self.align_corners, wanted is not None), ("antialias", self.antialias, self.mode in WITH_MEANS))
        for word, asked, has_meaning in rows:
            if asked and not has_meaning:
                raise Refusal(
                    "E326",
                    f'`{word}` has no meaning with `mode` "{self.mode}"',
                    parameter=word,
                    beside=("mode",),
                    suggestions=(False,),
                )
        if self.antialias and self.align_corners:
            raise Refusal(
                "E326",
                "`align_corners` has no meaning with `antialias`: where corners stay corners, PyTorch and ONNX take other means",
                parameter="align_corners",
                beside=("antialias",),
                suggestions=(False,),
            )

    def _taps(self, inputs: Shapes, output: Shape) -> tuple[int, ...]:
        """How many positions each output reads along each axis: with means more, the smaller the image becomes."""
        taps = TAPS.get(self.mode, 1)
        pairs = zip(inputs[0][1:], output[1:], strict=True)
        return tuple(taps * math.ceil(before / after) if self.antialias else taps for before, after in pairs)

    def does_nothing(self, inputs: Shapes, output: Shape) -> bool:
        return self.scale is not None and all(factor == 1 for factor in self._scale(len(output) - 1))

    def flops(self, inputs: Shapes, output: Shape) -> int:
        taps = self._taps(inputs, output)
        if self.antialias:  # a row after the other, then the columns of these
            return product((*inputs[0][:2], output[2])) * taps[1] + product(output) * taps[0]
        return 0 if max(taps) == 1 else math.prod(taps) * product(output)

    def scratch(self, inputs: Shapes, output: Shape) -> int:
        return product((*inputs[0][:2], output[2])) if self.antialias else 0

    def windows(self, inputs: Shapes, output: Shape) -> tuple[Window, ...] | None:
        rows = []
        for taps, before, after in zip(self._taps(inputs, output), inputs[0][1:], output[1:], strict=True):
            shared = gcd(before, after)
            rows.append(Window(taps, before // shared, taps // 2, 1, after // shared))
        return tuple(rows)

    def layout(self, inputs: Sequence[Layout], sizes: Sequence[int]) -> Layout:
        return as_suggested(inputs[:1], sizes)

    def _settings(self) -> str:
        further = f', mode="{self.mode}"' if self.mode != "nearest" else ""
        further += f", align_corners={self.align_corners}" if MODES[self.mode] is not None else ""
        return f"{further}, antialias=True" if self.antialias else further

    def module(self, inputs: Shapes, in_place: bool = False) -> Construct | None:
        if self.like or self.antialias:  # the module takes no means
            return None
        rank = len(inputs[0]) - 1
        arguments: list[tuple[str | None, Plain]] = []
        if self.scale is not None:
            arguments.append(("scale_factor", simple_float(self._scale(rank))))
        else:
            arguments.append(("size", wanted_size(self.name, self.size, False, inputs, rank)))
        if self.mode != "nearest":
            arguments.append(("mode", self.mode))
        if MODES[self.mode] is not None and self.align_corners:
            arguments.append(("align_corners", True))
        return Construct("nn.Upsample", tuple(arguments))

    def expression(self, names: Sequence[str], inputs: Shapes, in_place: bool = False) -> str | None:
        rank = len(inputs[0]) - 1
        if self.like:
            where = f"size={names[1]}.shape[2:]"
        elif self.scale is not None:
            factors = simple_float(self._scale(rank))
            where = f"scale_factor={list(factors) if isinstance(factors, tuple) else factors}"
        else:
            size = wanted_size(self.name, self.size, False, inputs, rank)
            assert size is not None
            where = f"size={list(size)}"
        return f"F.interpolate({names[0]}, {where}{self._settings()})"

    def caption(self, inputs: Shapes, output: Shape) -> str:
        if self.scale is None:
            told = f"to {show_size(simple(output[1:]))}"
        else:
            told = f"*{show_size(self.scale)}"
        return told if self.mode == "nearest" else f"{told}, {self.mode}"


def simple_float(factors: Sequence[float]) -> float | tuple[float, ...]:
    """The factors as floats (TorchScript takes no others), one where all are equal."""
    return float(factors[0]) if len(set(factors)) == 1 else tuple(float(factor) for factor in factors)


OPERATIONS: tuple[type[Operation], ...] = (Pad, Upsample)
