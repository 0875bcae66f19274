"""The core of attention: queries, keys and values, and what is added to their logits."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from ...base.records import dataclass
from .axis_names import Axes
from .base import Backward, Family, Operation, Refusal, Saved, Shape, Shapes, product, show
from .parameters import FLAG, NUMBER, Optional, parameter
from .strides import Layout, elementwise, in_order, permuted, viewed


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

    bias_learns: ClassVar[bool | None] = None
    """None: while training any may, and in evaluation none does."""

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

    def macs(self, inputs: Shapes, output: Shape) -> int:
        query, value = inputs[0], inputs[2]
        return product(query[:-1]) * value[-2] * (query[-1] + value[-1])

    def _is_fused(self, inputs: Shapes, training: bool = True) -> bool:
        """Whether PyTorch's fused kernel does it: it takes one axis of heads, and no bias that learns."""
        learns = training if self.bias_learns is None else self.bias_learns
        return (len(inputs) == 3 or not learns) and len(inputs[0]) == 3 and inputs[0][-1] == inputs[2][-1]

    def asked(self, wanted: Sequence[bool]) -> Operation:
        if len(wanted) < 4:
            return self
        return (_LearnedBias if wanted[3] else _FixedBias)(self.scale, self.causal)

    def saved(self, inputs: Shapes, output: Shape) -> Saved:
        query, key = inputs[0], inputs[1]
        if self._is_fused(inputs):
            return Saved(inputs=tuple(range(len(inputs))), output=True, extra=product(query[:-1]))
        # Queries and keys, each multiplied by the root of the scale, and the weights of attention.
        grouped = key[:-2] != query[:-2]
        keys = product(query[:-2]) * key[-2] * key[-1]
        values = product(query[:-2]) * inputs[2][-2] * inputs[2][-1] if grouped else 0
        logits = product(query[:-1]) * key[-2]
        extra = product(query) + keys + values + logits
        return Saved(inputs=() if grouped else (2,), extra=extra)

    def copies(self, inputs: Sequence[Layout], output: Layout, training: bool) -> int:
        shapes = tuple(layout.sizes[1:] for layout in inputs)
        if self._is_fused(shapes, training):
            return 0 if training else output.sizes[0] * product(shapes[0][:-1])  # the logarithm of each softmax's sum
        query, key, value = shapes[:3]
        logits, keys = product(query[:-1]) * key[-2], product(query[:-2]) * key[-2] * key[-1]
        grouped = product(query[:-2]) * value[-2] * value[-1] if key[:-2] != query[:-2] else 0
        made = product(query) if training else 0
        scaled = elementwise(inputs[0])
        if training and viewed(scaled, (product(scaled.sizes[:-2]), *scaled.sizes[-2:])) is None:
            made += product(query)  # the product copies it, and keeps the copy
        return output.sizes[0] * max(0, keys + made + grouped + 2 * logits - product(output.sizes[1:]))

    def backward_scratch(self, back: Backward) -> int:
        if len(back.inputs) == 4 and self.bias_learns is None:
            return self.asked(back.wanted).backward_scratch(back)
        if self._is_fused(back.inputs):
            return 0
        query, key, value = back.inputs[:3]
        logits = product(query[:-1]) * key[-2]
        values = product(query[:-2]) * value[-2] * value[-1]
        # The gradients of the weights of attention and of the logits, and that of the values, which are needed no more; queries and keys come later.
        return back.batch * (2 * logits + (0 if back.kept_alone[2] else values)) - back.freed - back.made

    def layout(self, inputs: Sequence[Layout], sizes: Sequence[int]) -> Layout:
        if not self._is_fused(tuple(layout.sizes[1:] for layout in inputs)):
            return in_order(sizes)
        return permuted(in_order([sizes[axis] for axis in (0, 2, 1, 3)]), (0, 2, 1, 3))  # the heads of a place side by side

    def gradient_layout(self, number: int, back: Backward) -> Layout:
        return in_order(back.sizes(number))

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


@dataclass(frozen=True, slots=True)
class _LearnedBias(DotProductAttention):
    """One whose bias needs a gradient: even where nothing is trained, PyTorch looks whether it could."""

    bias_learns: ClassVar[bool | None] = True


@dataclass(frozen=True, slots=True)
class _FixedBias(DotProductAttention):
    """One whose bias needs none."""

    bias_learns: ClassVar[bool | None] = False


OPERATIONS: tuple[type[Operation], ...] = (DotProductAttention,)
