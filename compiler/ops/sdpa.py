"""The core of attention: queries, keys and values, and what is added to their logits."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from typing import ClassVar

from ...base.records import dataclass
from .axis_names import Axes
from .base import Backward, Family, Operation, Refusal, Saved, Shape, Shapes, product, show
from .parameters import FLAG, NUMBER, Optional, parameter
from .sdpa_memory import Steps, steps_of
from .strides import Layout, elementwise, in_order, permuted

PLACES_FIRST = (0, 2, 1, 3)
"""How PyTorch's fused kernel has the axes: heads behind the places."""


@dataclass(frozen=True, slots=True)
class DotProductAttention(Operation):
    name: ClassVar[str] = "sdpa"
    family: ClassVar[Family] = "attention"
    summary: ClassVar[str] = (
        "Attention of queries [heads, L, D] to keys [heads, S, D] with values [heads, S, E], at the head of a merge: "
        "softmax(query @ key / sqrt(D) + bias) @ value. A fourth path is the bias; further axes may stand in front."
    )
    reference: ClassVar[str] = "torch.nn.functional.scaled_dot_product_attention"
    onnx: ClassVar[str] = "MatMul, Softmax"
    symbol: ClassVar[str] = "attend"
    least_inputs: ClassVar[int] = 3
    most_inputs: ClassVar[int | None] = 4

    wanted: ClassVar[tuple[bool, ...] | None] = None
    """Which of its paths need a gradient; None: while training any may, and in evaluation none does."""

    scale: float | None = parameter(Optional("a number, or none", NUMBER), "what logits are multiplied by; none is 1 / sqrt(D)", None)
    causal: bool = parameter(FLAG, "let no place look ahead", False)

    def output(self, inputs: Shapes) -> Shape:
        if len(inputs) < 3:
            raise Refusal(
                "E234",
                f"`sdpa` takes queries, keys and values, and {'1 path ends' if len(inputs) == 1 else '2 paths end'} here",
                help="a path for each: `sdpa { | … | … | … }`; a fourth is the bias",
            )
        query, key, value = inputs[:3]
        for number, shape in enumerate(inputs[1:3], 1):
            if len(shape) != len(query) or len(shape) < 2:
                raise Refusal(
                    "E304",
                    f"`sdpa` takes queries, keys and values of as many axes, [heads, L, D]: {show(query)} and {show(shape)} (paths 1 and {number + 1})",
                    operand=number,
                    help="`reshape` and `permute` bring the heads before the positions",
                )
        wrong = (
            (2, "positions as keys have", key[-2:-1], value[-2:-1], 1)
            if key[-2] != value[-2]
            else (1, "features as queries have", query[-1:], key[-1:], 0)
            if key[-1] != query[-1]
            else (2, "axes in front as keys have", key[:-2], value[:-2], 1)
            if key[:-2] != value[:-2]
            else (1, "axes in front as queries have", query[:-2], key[:-2], 0)
            if not self._fits(query, key)
            else None
        )
        if wrong is not None:
            operand, told, one, other, against = wrong
            raise Refusal(
                "E304",
                f"`sdpa` needs as many {told}: {show(one)} and {show(other)} (paths {against + 1} and {operand + 1}: "
                f"{show(inputs[against])} and {show(inputs[operand])})",
                operand=operand,
                help="heads of keys and values may be fewer by a whole factor" if "front" in told else None,
            )
        if len(inputs) == 4:
            self._check_bias(inputs)
        return (*query[:-1], value[-1])

    def _fits(self, query: Shape, key: Shape) -> bool:
        """Whether the axes in front are the same; the last of them, the heads, may be fewer by a whole factor in keys."""
        if query[:-2] == key[:-2]:
            return True
        return len(query) > 2 and query[:-3] == key[:-3] and query[-3] % key[-3] == 0

    def _check_bias(self, inputs: Shapes) -> None:
        logits, bias = (*inputs[0][:-1], inputs[1][-2]), inputs[3]
        if self.causal:
            raise Refusal(
                "E326", "`causal` and a bias do not go together", parameter="causal", help='add a `constant("causal", …)` to the bias'
            )
        wrong = len(bias) != len(logits) or any(size not in (1, whole) for size, whole in zip(bias, logits, strict=False))
        if wrong:
            raise Refusal(
                "E303",
                f"the bias of `sdpa` is added to logits {show(logits)}, and it is {show(bias)} (path 4)",
                operand=3,
                help="as many axes, each of the same size or of 1, which stretches",
            )

    def axes(self, names: Sequence[Axes], inputs: Shapes, output: Shape) -> Axes:
        return (*names[0][:-1], names[2][-1])

    def takes_batchless(self, number: int) -> bool:
        return number == 3

    def sums_images(self, number: int) -> bool:
        return number == 3

    def macs(self, inputs: Shapes, output: Shape) -> int:
        query, value = inputs[0], inputs[2]
        return product(query[:-1]) * value[-2] * (query[-1] + value[-1])

    # ------------------------------------------------------------------------------------------ memory

    def _is_fused(self, inputs: Shapes, training: bool = True) -> bool:
        """Whether PyTorch's fused kernel does it, as far as shapes tell: it takes one axis of heads, and no bias that learns."""
        learns = len(inputs) > 3 and (training if self.wanted is None else self.wanted[3])
        return not learns and len(inputs[0]) == 3 and inputs[0][-1] == inputs[2][-1]

    def _fuses(self, inputs: Sequence[Layout], training: bool = True) -> bool:
        """Whether it does: the features of a place must lie side by side, too."""
        return self._is_fused(tuple(layout.sizes[1:] for layout in inputs), training) and all(row.strides[-1] == 1 for row in inputs)

    def _steps(self, inputs: Sequence[Layout]) -> Steps:
        return steps_of(inputs, self.causal, (True,) * len(inputs) if self.wanted is None else self.wanted)

    def asked(self, wanted: Sequence[bool]) -> Operation:
        return _asked(tuple(wanted))(self.scale, self.causal)

    def saved(self, inputs: Shapes, output: Shape) -> Saved:
        if self._is_fused(inputs):
            return Saved(inputs=tuple(range(len(inputs))), output=True, extra=product(inputs[0][:-1]))
        return Saved(inputs=(2,))

    def output_is_kept(self, inputs: Sequence[Layout]) -> bool:
        return self._fuses(inputs)

    def copied_inputs(self, inputs: Sequence[Layout]) -> tuple[int, ...]:
        if self._fuses(inputs):
            return ()
        return tuple(number for number in range(len(inputs)) if number != 2 or not self._steps(inputs).keeps_given_value)

    def kept_copies(self, inputs: Sequence[Layout]) -> int:
        if self._fuses(inputs):
            return 0
        shapes = tuple(layout.sizes[1:] for layout in inputs)
        return self._steps(inputs).kept - self.saved(shapes, ()).extra * inputs[0].sizes[0]

    def copies(self, inputs: Sequence[Layout], output: Layout, training: bool) -> int:
        if self._fuses(inputs, training):
            return 0 if training else inputs[0].elements // inputs[0].sizes[-1]  # the logarithm of each softmax's sum
        return max(0, self._steps(inputs).needed(training))

    def backward_scratch(self, back: Backward) -> int:
        if self.wanted is None:
            return self.asked(back.wanted).backward_scratch(back)
        if not self._fuses(back.layouts):
            return self._steps(back.layouts).backward(back)
        # The fused kernel makes the gradients of all three, asked or not.
        rows = zip(back.inputs[:3], back.wanted, strict=False)
        return sum(product(shape) for shape, wanted in rows if not wanted) * back.batch

    def layout(self, inputs: Sequence[Layout], sizes: Sequence[int]) -> Layout:
        if not self._fuses(inputs):
            return in_order(sizes)
        return inputs[0] if inputs[0].is_dense else permuted(elementwise(permuted(inputs[0], PLACES_FIRST)), PLACES_FIRST)

    def gradient_layout(self, number: int, back: Backward) -> Layout:
        sizes = back.sizes(number)
        if self._fuses(back.layouts):
            return permuted(in_order([sizes[axis] for axis in PLACES_FIRST]), PLACES_FIRST)  # the heads of a place side by side
        if number != 1:
            return in_order(sizes)
        swapped = (*range(len(sizes) - 2), len(sizes) - 1, len(sizes) - 2)
        return permuted(in_order([sizes[axis] for axis in swapped]), swapped)

    def expression(self, names: Sequence[str], inputs: Shapes, in_place: bool = False) -> str | None:
        arguments = [*names[:3]]
        if len(names) == 4:
            arguments.append(f"attn_mask={names[3]}")
        if self.causal:
            arguments.append("is_causal=True")
        if self.scale is not None:
            arguments.append(f"scale={float(self.scale)}")
        if inputs[0][:-2] != inputs[1][:-2]:
            arguments.append("enable_gqa=True")
        return f"F.scaled_dot_product_attention({', '.join(arguments)})"

    def caption(self, inputs: Shapes, output: Shape) -> str:
        return "causal" if self.causal else ""


@cache
def _asked(wanted: tuple[bool, ...]) -> type[DotProductAttention]:
    """One of whose paths those need a gradient: even where nothing is trained, PyTorch looks whether a bias does."""

    @dataclass(frozen=True, slots=True)
    class Asked(DotProductAttention):
        pass

    Asked.wanted = wanted
    return Asked


OPERATIONS: tuple[type[Operation], ...] = (DotProductAttention,)
