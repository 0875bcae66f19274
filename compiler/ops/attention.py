"""Attention."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from ...base.records import dataclass
from .attention_built import BuiltAttention
from .attention_rule import own_projections
from .axes import NEEDS_FEATURES
from .axis_names import Axes, stands_last
from .base import Backward, Construct, Family, Operation, Refusal, Saved, Shape, Shapes, Weight, product, show
from .dense import copied_rows
from .parameters import Plain
from .spatial import either, nearest_divisors, nearest_multiples
from .strides import Layout, in_order

_INIT = """    def __init__(self, features: int, heads: int, dropout: float = 0.0, bias: bool = True) -> None:
        super().__init__()
        self.heads = heads
        self.dropout = dropout
        self.in_proj_weight = nn.Parameter(torch.empty(3 * features, features))
        self.in_proj_bias = nn.Parameter(torch.zeros(3 * features)) if bias else None
        self.out_proj = nn.Linear(features, features, bias=bias)
        nn.init.xavier_uniform_(self.in_proj_weight)
        if bias:
            nn.init.zeros_(self.out_proj.bias)
"""

_SELF = f'''class SelfAttention(nn.Module):
    """Multi-head attention of a sequence [N, L, C] to itself. Its weights are those of nn.MultiheadAttention."""

{_INIT}
    def forward(self, x: torch.Tensor) -> torch.Tensor:
        x = F.linear(x, self.in_proj_weight, self.in_proj_bias)
        # [N, L, 3 * C] as queries, keys and values, each [N, heads, L, C / heads]
        query, key, value = x.unflatten(-1, (3, self.heads, -1)).permute(2, 0, 3, 1, 4).unbind(0)
        x = F.scaled_dot_product_attention(query, key, value, dropout_p=self.dropout if self.training else 0.0)
        return self.out_proj(x.transpose(1, 2).flatten(2))
'''

_CROSS = f'''class CrossAttention(nn.Module):
    """Multi-head attention of a sequence to another. Its weights are those of nn.MultiheadAttention."""

{_INIT}
    def forward(self, x: torch.Tensor, context: torch.Tensor) -> torch.Tensor:
        features = x.shape[-1]
        bias = self.in_proj_bias
        query = F.linear(x, self.in_proj_weight[:features], None if bias is None else bias[:features])
        both = F.linear(context, self.in_proj_weight[features:], None if bias is None else bias[features:])
        query = query.unflatten(-1, (self.heads, -1)).transpose(1, 2)
        key, value = both.unflatten(-1, (2, self.heads, -1)).permute(2, 0, 3, 1, 4).unbind(0)
        x = F.scaled_dot_product_attention(query, key, value, dropout_p=self.dropout if self.training else 0.0)
        return self.out_proj(x.transpose(1, 2).flatten(2))
'''


@dataclass(frozen=True, slots=True)
class Attention(BuiltAttention):
    name: ClassVar[str] = "attention"
    family: ClassVar[Family] = "attention"
    wants_channels: ClassVar[str] = "last"
    summary: ClassVar[str] = (
        "Multi-head attention of a sequence [L, C] to itself; at the head of a merge, of the first path to the second, or of queries to keys "
        "with values, a path each. Axes may stand in front."
    )
    reference: ClassVar[str] = "torch.nn.MultiheadAttention (batch first)"
    onnx: ClassVar[str] = "MatMul, Softmax"
    most_inputs: ClassVar[int | None] = 4
    output_may_be_overwritten: ClassVar[bool] = True

    def on(self, names: Sequence[Axes], inputs: Shapes) -> Operation:
        """With axes in front, features stand last: an image, channels first, would be compared along its width."""
        for operand, axes in enumerate(names[: len(names) - bool(self.mask)]):
            if len(axes) > 2 and not stands_last(axes):
                raise Refusal(
                    "E313",
                    f"`attention` works on a sequence [L, C], and its input is {show(inputs[operand])}",
                    operand=operand,
                    help="`tokens` makes a sequence of an image; with axes in front of it, features stand last",
                )
        return self

    def output(self, inputs: Shapes) -> Shape:
        for operand, shape in enumerate(inputs[: len(inputs) - bool(self.mask)]):
            if len(shape) < 2:
                raise Refusal(
                    "E313",
                    f"`attention` works on a sequence [L, C], and its input is {show(shape)}",
                    operand=operand,
                    help=NEEDS_FEATURES,
                )
        if self.is_built(inputs) or len(inputs) > 2 or len(inputs[-1]) > 2:
            return self.built_output(inputs)
        features = inputs[0][1]
        if features % self.heads:
            near = nearest_divisors(features, self.heads)
            raise Refusal(
                "E310",
                f"features {features} are not divisible by heads {self.heads} of `attention`",
                parameter="heads",
                operand=0,
                axis=1,
                suggestions=near,
                help=f"{either(nearest_multiples(features, self.heads))} features would divide by {self.heads}"
                + (f"; or heads = {either(near)}" if near else ""),
            )
        if inputs[-1][1] != features:
            raise Refusal(
                "E324",
                f"`attention` needs as many features in both paths: {features} and {inputs[1][1]} (paths 1 and 2: {show(inputs[0])} and {show(inputs[1])})",
                operand=1,
                axis=1,
                help=f"bring the second to {features} with `linear({features})`",
                notes=(own_projections('["q", "kv", "proj"]'),),
            )
        return inputs[0]

    def weights(self, inputs: Shapes) -> tuple[Weight, ...]:
        if self.is_built(inputs):
            return self.built_weights(inputs)
        features = inputs[0][1]
        first, last = (
            Weight("in_proj_weight", (3 * features, features)),
            Weight("out_proj.weight", (features, features)),
        )
        if not self.bias:
            return first, last
        return first, Weight("in_proj_bias", (3 * features,)), last, Weight("out_proj.bias", (features,))

    def macs(self, inputs: Shapes, output: Shape) -> int:
        if self.is_built(inputs):
            return self.built_macs(inputs)
        length, features = inputs[0]
        other = inputs[-1][0]
        return 2 * (length + other) * features**2 + 2 * length * other * features

    def flops(self, inputs: Shapes, output: Shape) -> int:
        if self.is_built(inputs):
            return self.built_flops(inputs)
        length, features = inputs[0]
        return 2 * self.macs(inputs, output) + (2 * (length + inputs[-1][0]) * features if self.bias else 0)

    def saved(self, inputs: Shapes, output: Shape) -> Saved:
        if self.is_measured_as_built(inputs):
            return self.built_saved(inputs)
        length, features = inputs[0]
        other = inputs[-1][0]
        # Query, key and value; the heads' answer; the logarithm of each softmax's sum.
        extra = (length + 2 * other) * features + product(output) + self.heads * length
        return Saved(inputs=tuple(range(len(inputs))), extra=extra)

    def scratch(self, inputs: Shapes, output: Shape) -> int:
        if self.is_measured_as_built(inputs):
            return 0
        # Query, key and value, and the heads' answer, while it is projected.
        return (inputs[0][0] + 2 * inputs[-1][0]) * inputs[0][1] + product(output)

    def copies(self, inputs: Sequence[Layout], output: Layout, training: bool) -> int:
        shapes = tuple(layout.sizes[1:] for layout in inputs)
        if self.is_measured_as_built(shapes):
            return self.built_copies(inputs, output.elements, training)
        # Where the bias cannot be added as the product is made, both are alive: twice the last projection, beside the first.
        kept = (5 if len(inputs) == 1 else 3) * output.elements + (len(inputs) - 1) * 2 * inputs[-1].elements
        parts = 3 if len(inputs) == 1 else 2
        made = (2 * parts if self.bias and not inputs[-1].is_in_order else parts) * inputs[-1].elements
        first = 0 if len(inputs) == 1 else output.elements
        if training:
            first += self.kept_copies(inputs)
        return max(0, first + made - kept)

    def kept_copies(self, inputs: Sequence[Layout]) -> int:
        if self.is_measured_as_built(tuple(layout.sizes[1:] for layout in inputs)):
            return self.built_kept_copies(inputs)
        return sum(copied_rows(layout) for layout in inputs[: len(inputs) - bool(self.mask)])

    def copied_inputs(self, inputs: Sequence[Layout]) -> tuple[int, ...]:
        return tuple(number for number, layout in enumerate(inputs[: len(inputs) - bool(self.mask)]) if copied_rows(layout))

    def answers_with_view(self, inputs: Sequence[Layout]) -> bool:
        return self.built_answers_with_view(inputs) if self.is_measured_as_built(tuple(row.sizes[1:] for row in inputs)) else self.bias

    def gradient_layout(self, number: int, back: Backward) -> Layout:
        return in_order(back.sizes(number))

    def asked(self, wanted: Sequence[bool]) -> Operation:
        if not self.mask or not wanted:
            return self
        kind: type[Attention] = _LearnedMask if wanted[-1] else _FixedMask
        return kind(**dict(self.arguments()))  # type: ignore[arg-type]

    def backward_scratch(self, back: Backward) -> int:
        """What is most of its steps, each beside what is there as the pass begins (the output's gradient among it)."""
        if self.mask and self.mask_learns is None:
            return self.asked(back.wanted).backward_scratch(back)
        if self.is_measured_as_built(back.inputs):
            return self.built_backward_scratch(back)
        (length, features), other = back.inputs[0], back.inputs[-1][0]
        query, both = length * features * back.batch, 2 * other * features * back.batch
        out, projections = features**2 + (features if self.bias else 0), 3 * features**2 + (3 * features if self.bias else 0)
        # The last projection (of a copy of the gradient, where that lies otherwise).
        copied = 0 if copied_rows(back.gradient) == 0 else query
        rows = [copied, copied + query + out - (back.freed if copied else 0)]
        # The gradients of query, key and value, beside the heads'; then what was kept is let go of, and they are put together.
        rows.append(out - back.freed + 2 * query + both)
        level = out - back.freed - self.saved(back.inputs, back.output).extra * back.batch
        if len(back.inputs) == 1:
            rows += [level + 2 * (query + both), level + query + both + back.made + projections]
            return max(rows) - back.made - out - projections
        first, second = query if back.wanted[0] else 0, both // 2 if back.wanted[1] else 0
        rows += [level + query + 2 * both, level + query + both + second + projections * 2 // 3]
        copies = [copied_rows(layout) > 0 for layout in back.layouts]  # kept in place of the inputs
        level -= both // 2 if back.kept_alone[1] or copies[1] else 0
        # Of the gradients of the projections two of full size are made, and their sum.
        rows.append(level + query + second + first + projections + features**2)
        ends = first + second if back.distinct else max(first, second)
        level -= query if copies[0] or (back.kept_alone[0] and back.distinct) else 0
        # Where there was a gradient of the first input before, they have been added by then.
        waiting = query if back.wanted[0] and back.distinct and back.waiting[:1] == (True,) else 0
        if waiting:
            rows.append(level + ends + query + projections + features**2)
        rows.append(level + ends - waiting + projections + 6 * features**2)
        return max(rows) - back.made - out - projections

    def module(self, inputs: Shapes, in_place: bool = False) -> Construct | None:
        if self.is_built(inputs):
            return self.built_module(inputs)
        arguments: list[tuple[str | None, Plain]] = [(None, inputs[0][1]), (None, self.heads)]
        if self.dropout:
            arguments.append(("dropout", float(self.dropout)))
        if not self.bias:
            arguments.append(("bias", False))
        return Construct("SelfAttention" if len(inputs) == 1 else "CrossAttention", tuple(arguments))

    def helpers(self, inputs: Shapes) -> tuple[str, ...]:
        if self.is_built(inputs):
            return self.built_helpers(inputs)
        return (_SELF,) if len(inputs) == 1 else (_CROSS,)

    def caption(self, inputs: Shapes, output: Shape) -> str:
        return ("1 head" if self.heads == 1 else f"{self.heads} heads") + (", causal" if self.causal else "")


@dataclass(frozen=True, slots=True)
class _LearnedMask(Attention):
    mask_learns: ClassVar[bool | None] = True


@dataclass(frozen=True, slots=True)
class _FixedMask(Attention):
    mask_learns: ClassVar[bool | None] = False


OPERATIONS: tuple[type[Operation], ...] = (Attention,)
