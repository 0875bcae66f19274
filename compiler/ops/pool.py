"""Pools."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar, Literal

from ...base.records import dataclass
from . import padding
from .base import Backward, Construct, Family, InEightBits, Operation, Refusal, Saved, Shape, Shapes, Window, product, show_size
from .parameters import DILATION, FLAG, KERNEL, PADDING, STRIDE, Optional, Plain, parameter
from .spatial import (
    Geometry,
    is_even,
    need_spatial,
    pads_of,
    reach,
    show_kernel,
    show_pads,
    show_stride,
    simple,
    spread,
    too_small,
    torch_pads,
)
from .strides import Layout, as_suggested, as_suggested_on_a_row, in_order

INDEX_BYTES = 8
"""Max pools keep an int64 for each output, for their gradient."""


@dataclass(frozen=True, slots=True)
class _Pool(Operation):
    """What both kinds of window pool share."""

    family: ClassVar[Family] = "pool"
    wants_channels: ClassVar[str] = "first"
    output_may_be_overwritten: ClassVar[bool] = True
    kind: ClassVar[Literal["Max", "Avg"]]
    """`Max` or `Avg`."""

    def _fields(self) -> tuple[Plain, Plain, Plain, Plain, bool]:
        """kernel, stride, pad, dilation, ceil."""
        raise NotImplementedError

    def _count_pad(self) -> bool:
        return True

    def does_nothing(self, inputs: Shapes, output: Shape) -> bool:
        windows = self.windows(inputs, output) or ()
        return all((window.kernel, window.stride, window.before) == (1, 1, 0) for window in windows) and output == inputs[0]

    def _windows(self, shape: Shape) -> Geometry:
        rank = need_spatial(self.name, shape)
        kernel_, stride_, pad, dilation_, _ = self._fields()
        kernel = spread(kernel_, rank, "kernel", shape)
        stride = kernel if stride_ is None else spread(stride_, rank, "stride", shape)
        dilation = spread(dilation_, rank, "dilation", shape)
        return Geometry(kernel, stride, dilation, pads_of(pad, shape, kernel, stride, dilation))

    def _special(self, w: Geometry) -> str:
        """`Same` or `Side` where a class of ours pads, else nothing."""
        if self._fields()[2] == "same":
            if any(s > 1 and reach(k, d) > 1 for k, s, d in zip(w.kernel, w.stride, w.dilation, strict=True)) or not is_even(w.pads):
                return "Same"
            # PyTorch's pools pad at most half a window.
            return "" if self._small_pads(w) and not self._must_fit(w) else "Same"
        return "" if is_even(w.pads) else "Side"

    def _must_fit(self, w: Geometry) -> bool:
        """PyTorch's mean over volumes wants the whole window in the volume, whatever the padding and the rounding."""
        return self.kind == "Avg" and w.rank == 3

    @staticmethod
    def _small_pads(w: Geometry) -> bool:
        return all(max(pad) <= k // 2 for pad, k in zip(w.pads, w.kernel, strict=True))

    def output(self, inputs: Shapes) -> Shape:
        shape = inputs[0]
        w = self._windows(shape)
        ceil = self._fields()[4]
        special = self._special(w)
        if special != "Same" and not self._small_pads(w):
            raise Refusal(
                "E312",
                f"padding {max(max(pad) for pad in w.pads)} of `{self.name}` is more than half of its window {show_size(simple(w.kernel))}: "
                "whole windows would lie in the padding",
                parameter="pad",
                beside=("kernel",),
                suggestions=tuple(range(min(w.kernel) // 2, -1, -1)[:4]),
            )
        if special == "Side" and ceil:
            raise Refusal(
                "E326",
                f"`ceil` needs the same padding before and after, and this is {show_pads(w.pads)}",
                parameter="ceil",
                beside=("pad",),
                help="pad more at the end in place of rounding up",
            )
        sizes = []
        for size, k, s, d, (before, after) in zip(shape[1:], w.kernel, w.stride, w.dilation, w.pads, strict=True):
            room = size + before + after - reach(k, d)
            count = (-(-room // s) if ceil and special != "Same" else room // s) + 1
            # Rounding up never adds a window that would start behind the input and its padding before.
            if ceil and (count - 1) * s >= size + before:
                count -= 1
            if count < 1 or (room < 0 and not ceil):
                raise too_small(self.name, shape, w.kernel, w.dilation, w.pads)
            if self._must_fit(w) and (size + before + after if special else size) < k:
                raise too_small(self.name, shape, w.kernel, w.dilation, ((0, 0),) * w.rank)
            sizes.append(count)
        return (shape[0], *sizes)

    def flops(self, inputs: Shapes, output: Shape) -> int:
        return product(output) * product(self._windows(inputs[0]).kernel)

    def windows(self, inputs: Shapes, output: Shape) -> tuple[Window, ...] | None:
        w = self._windows(inputs[0])
        return tuple(Window(k, s, before, d) for k, s, d, (before, _) in zip(w.kernel, w.stride, w.dilation, w.pads, strict=True))

    def scratch(self, inputs: Shapes, output: Shape) -> int:
        return self._padded(inputs[0], self._windows(inputs[0]))

    def layout(self, inputs: Sequence[Layout], sizes: Sequence[int]) -> Layout:
        w = self._windows(inputs[0].sizes[1:])
        if self._must_fit(w):
            return in_order(sizes)
        return as_suggested(inputs, sizes) if self._special(w) else as_suggested_on_a_row(inputs[0], sizes)

    def backward_scratch(self, back: Backward) -> int:
        padded = self._padded(back.inputs[0], self._windows(back.inputs[0]))
        # The gradient of the padded copy; beside that of the quotient the output's, where something else holds it.
        divided = max(0, back.elements - back.freed) if padded and not self._count_pad() else 0
        return max(0, padded - product(back.inputs[0])) * back.batch + divided

    def answers_with_view(self, inputs: Sequence[Layout]) -> bool:
        return len(inputs[0].sizes) == 3

    def _padded(self, shape: Shape, w: Geometry) -> int:
        """Elements of the padded copy, where a class of ours makes one; else 0."""
        if not self._special(w):
            return 0
        return shape[0] * product([size + sum(pad) for size, pad in zip(shape[1:], w.pads, strict=True)])

    def _settings(self, w: Geometry) -> tuple[tuple[str | None, Plain], ...]:
        """What PyTorch's module and function both call by these names, but for the stride."""
        arguments: list[tuple[str | None, Plain]] = []
        if any(before for before, _ in w.pads):
            arguments.append(("padding", simple([before for before, _ in w.pads])))
        if set(w.dilation) != {1}:
            arguments.append(("dilation", simple(w.dilation)))
        if self._fields()[4]:
            arguments.append(("ceil_mode", True))
        return tuple(arguments)

    def module(self, inputs: Shapes, in_place: bool = False) -> Construct | None:
        w = self._windows(inputs[0])
        special = self._special(w)
        if not special:
            stride: tuple[tuple[str | None, Plain], ...] = (("stride", simple(w.stride)),) if w.stride != w.kernel else ()
            return Construct(f"nn.{self.kind}Pool{w.rank}d", (("kernel_size", simple(w.kernel)), *stride, *self._settings(w)))
        name = padding.pool_class(self.kind, w.rank, special == "Same", self._count_pad())
        arguments: list[tuple[str | None, Plain]] = [("kernel_size", w.kernel), ("stride", w.stride)]
        if special == "Side":
            arguments.append(("pads", torch_pads(w.pads)))
        if set(w.dilation) != {1}:
            arguments.append(("dilation", w.dilation))
        return Construct(name, tuple(arguments))

    def expression(self, names: Sequence[str], inputs: Shapes, in_place: bool = False) -> str | None:
        w = self._windows(inputs[0])
        if self._special(w):
            return None
        return f"F.{self.kind.lower()}_pool{w.rank}d({names[0]}, {simple(w.kernel)!r}{self._named(w)})"

    def _named(self, w: Geometry) -> str:
        """What a function is called with, each by its name. Of one without a stride PyTorch's `enable_onednn_fusion` makes an error."""
        return "".join(f", {name}={value!r}" for name, value in (("stride", simple(w.stride)), *self._settings(w)))

    def not_int8(self, inputs: Shapes) -> str:
        w = self._windows(inputs[0])
        if w.rank != 2:
            return f"no int8 form over {w.rank} spatial {'axis' if w.rank == 1 else 'axes'}"
        return "no int8 form of a padding that differs from side to side" if self._special(w) else ""

    def helpers(self, inputs: Shapes) -> tuple[str, ...]:
        w = self._windows(inputs[0])
        special = self._special(w)
        return padding.pool(self.kind, w.rank, special == "Same", self._count_pad()) if special else ()

    def caption(self, inputs: Shapes, output: Shape) -> str:
        w = self._windows(inputs[0])
        parts = [show_kernel(w.kernel), show_stride(w.stride)]
        if set(w.dilation) != {1}:
            parts.append(f"dilated {show_size(simple(w.dilation))}")
        if self._fields()[2] == "same":
            parts.append("same")
        elif any(sum(pad) for pad in w.pads):
            parts.append(show_pads(w.pads))
        if self._fields()[4]:
            parts.append("ceil")
        return ", ".join(part for part in parts if part)


@dataclass(frozen=True, slots=True)
class MaxPool(_Pool):
    name: ClassVar[str] = "maxpool"
    summary: ClassVar[str] = "The largest value of each window."
    reference: ClassVar[str] = "torch.nn.MaxPool1d, MaxPool2d, MaxPool3d"
    onnx: ClassVar[str] = "MaxPool"
    kind: ClassVar[Literal["Max", "Avg"]] = "Max"
    int8: ClassVar[InEightBits] = "exact"

    kernel: Plain = parameter(KERNEL, "the window, a number or one for each axis")
    stride: Plain = parameter(Optional(f"{STRIDE.describe}, or none", STRIDE), "the step from window to window; none: the kernel", None)
    pad: Plain = parameter(PADDING, "padding, smaller than every value: a number, one for each axis, each side, or a word", 0)
    dilation: Plain = parameter(DILATION, "the distance between the window's positions", 1)
    ceil: bool = parameter(FLAG, "round the number of windows up, so that the last may reach over the edge", False)
    indices: bool = parameter(FLAG, "also tell where the maxima stood, for `maxunpool`: `p.indices` of a step labelled `p`", False)

    def _fields(self) -> tuple[Plain, Plain, Plain, Plain, bool]:
        return self.kernel, self.stride, self.pad, self.dilation, self.ceil

    def not_int8(self, inputs: Shapes) -> str:
        if self.indices:
            return "its indices are wanted"
        return _Pool.not_int8(self, inputs) or ("a choice of positions" if set(self._windows(inputs[0]).kernel) == {1} else "")

    def beside(self) -> tuple[str, Operation] | None:
        return ("indices", PoolIndices(*self._fields())) if self.indices else None

    def with_indices(self, names: Sequence[str], inputs: Shapes) -> str:
        """The call that gives both."""
        w = self._windows(inputs[0])
        return f"F.max_pool{w.rank}d({names[0]}, {simple(w.kernel)!r}{self._named(w)}, return_indices=True)"

    def whole(self, names: Sequence[str], inputs: Shapes) -> tuple[str, int, int] | None:
        return (self.with_indices(names, inputs), 0, 2) if self.indices else None

    def saved(self, inputs: Shapes, output: Shape) -> Saved:
        padded = self._padded(inputs[0], self._windows(inputs[0]))
        return Saved(inputs=() if padded else (0,), extra=padded, extra_bytes=INDEX_BYTES * product(output))


@dataclass(frozen=True, slots=True)
class PoolIndices(MaxPool):
    name: ClassVar[str] = "pool_indices"
    summary: ClassVar[str] = (
        "Where each maximum of a `maxpool` of the same arguments stood, as whole numbers for `maxunpool`. "
        "`p: maxpool(2, indices = true)` makes both at once, and these are `p.indices`."
    )
    reference: ClassVar[str] = "torch.nn.functional.max_pool2d, return_indices"
    onnx: ClassVar[str] = "MaxPool"
    gives_integers: ClassVar[bool] = True
    output_may_be_overwritten: ClassVar[bool] = False

    def output(self, inputs: Shapes) -> Shape:
        output = MaxPool.output(self, inputs)
        if self._special(self._windows(inputs[0])):
            raise Refusal("E326", "a pool that pads its sides differently does not tell where its maxima stood", parameter="pad")
        return output

    def saved(self, inputs: Shapes, output: Shape) -> Saved:
        return Saved()

    def storage(self, inputs: Shapes, output: Shape) -> int:
        return INDEX_BYTES // 4 * product(output)

    def module(self, inputs: Shapes, in_place: bool = False) -> None:
        return None

    def expression(self, names: Sequence[str], inputs: Shapes, in_place: bool = False) -> str | None:
        return f"{self.whole(names, inputs)[0]}[1]"

    def whole(self, names: Sequence[str], inputs: Shapes) -> tuple[str, int, int]:
        return MaxPool.with_indices(self, names, inputs), 1, 2


@dataclass(frozen=True, slots=True)
class AvgPool(_Pool):
    name: ClassVar[str] = "avgpool"
    summary: ClassVar[str] = "The mean of each window."
    reference: ClassVar[str] = "torch.nn.AvgPool1d, AvgPool2d, AvgPool3d"
    onnx: ClassVar[str] = "AveragePool"
    kind: ClassVar[Literal["Max", "Avg"]] = "Avg"
    int8: ClassVar[InEightBits] = "computes"

    kernel: Plain = parameter(KERNEL, "the window, a number or one for each axis")
    stride: Plain = parameter(Optional(f"{STRIDE.describe}, or none", STRIDE), "the step from window to window; none: the kernel", None)
    pad: Plain = parameter(PADDING, "padding by zeros: a number, one for each axis, each side, or a word", 0)
    ceil: bool = parameter(FLAG, "round the number of windows up, so that the last may reach over the edge", False)
    count_pad: bool = parameter(FLAG, "whether the padding's zeros count in the mean", True)

    def _fields(self) -> tuple[Plain, Plain, Plain, Plain, bool]:
        return self.kernel, self.stride, self.pad, 1, self.ceil

    def _count_pad(self) -> bool:
        return self.count_pad

    def _settings(self, w: Geometry) -> tuple[tuple[str | None, Plain], ...]:
        # Not by super(): a slotted dataclass is made twice, and the first is what super() would look for.
        arguments = _Pool._settings(self, w)
        return arguments if self.count_pad else (*arguments, ("count_include_pad", False))

    def copies(self, inputs: Sequence[Layout], output: Layout, training: bool) -> int:
        shape = inputs[0].sizes[1:]
        padded = self._padded(shape, self._windows(shape))
        if not padded or self.count_pad:
            return 0
        # Ones, padded and pooled alike: what each mean is divided by.
        ones = padded // shape[0]
        sums = ones + product(output.sizes[2:]) + output.elements
        # In training the padded copy is kept, and all of it there as the sums are divided.
        return sums if training else max(ones, sums - padded * inputs[0].sizes[0])

    def saved(self, inputs: Shapes, output: Shape) -> Saved:
        padded = self._padded(inputs[0], self._windows(inputs[0]))
        if not padded:
            return Saved(inputs=(0,))
        return Saved(extra=padded, once=0 if self.count_pad else product(output[1:]))


OPERATIONS: tuple[type[Operation], ...] = (MaxPool, AvgPool, PoolIndices)
