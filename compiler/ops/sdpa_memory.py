"""What attention keeps and needs where PyTorch's fused kernel does not do it: step by step, of tensors that lie as they do.

Queries and keys are each multiplied by the root of the scale; the products take all axes in front for one, and copy what does not lie so;
the weights of attention are a softmax of the logits, to which a bias was added.
"""

from __future__ import annotations

from collections.abc import Sequence

from ...base.records import dataclass
from .base import Backward, product
from .strides import Layout, elementwise, in_order, permuted, viewed


@dataclass(frozen=True, slots=True)
class Steps:
    """Elements of the whole batch. `copied_…` are those of the copies that the products make, 0 where they make none.

    `wanted` tells whether queries, keys, values and, where there is one, the bias have a gradient.
    """

    query: int
    key: int
    value: int
    logits: int
    output: int
    copied_query: int
    copied_key: int
    copied_value: int
    repeated: int
    """Of keys and values that several heads share, repeated for each; 0: they are not shared."""
    fixed: int
    """Of the mask that PyTorch makes of `causal`."""
    wanted: tuple[bool, ...]

    @property
    def kept_query(self) -> int:
        return (self.copied_query or self.query) if self.wanted[1] else 0

    @property
    def kept_key(self) -> int:
        return (self.copied_key or self.key) if self.wanted[0] else 0

    @property
    def weighs(self) -> bool:
        """Whether the weights of attention have a gradient."""
        return any(self.wanted[:2]) or any(self.wanted[3:])

    @property
    def kept_value(self) -> int:
        """Of values that are not those that were given."""
        return (self.copied_value or (self.value if self.repeated else 0)) if self.weighs else 0

    @property
    def keeps_given_value(self) -> bool:
        return self.weighs and not self.copied_value and not self.repeated

    @property
    def kept(self) -> int:
        """All that autograd keeps beside what was given."""
        return self.kept_query + self.kept_key + self.kept_value + self.logits

    def needed(self, training: bool) -> int:
        """The most beside the inputs and the output on the way forward."""
        read = self.query
        if training:
            read += self.kept_key + (self.kept_query if self.copied_query else 0)
        rows = (
            self.query + self.key + self.copied_query + self.copied_key + self.logits,
            read + 2 * self.logits,
            read + self.logits + self.copied_value + self.output,
        )
        return max(rows) + self.repeated + self.fixed - self.output

    def backward(self, back: Backward) -> int:
        """The most beside the gradients of the inputs on the way back."""
        query, key, value = (size if wanted else 0 for size, wanted in zip((self.query, self.key, self.value), self.wanted, strict=False))
        weights = self.logits if self.weighs else 0
        rows = (product(back.output[:-2]) * back.batch, *back.output[-2:])
        copied = self.output if viewed(back.gradient, rows) is None else 0
        moments = [copied, value + weights + (copied - back.freed if copied else 0)]
        # The gradient of the output and what the second product read are let go of; that of the weights of attention becomes that of the logits.
        given = self.value if self.keeps_given_value and back.kept_alone[2] else 0
        level = value - back.freed - self.kept_value - given
        if value and not self.repeated and back.waiting[2:3] == (True,):
            moments.append(level + weights + value)
            level -= value
        moments.append(level + 2 * weights)
        bias = back.layouts[3].elements if len(back.inputs) > 3 and self.wanted[3] else 0
        level += bias if bias != self.logits else 0  # stretched, it is summed
        moments.append(level + query + key)
        level += query + key - self.kept_query - self.kept_key - (0 if bias == self.logits else self.logits)
        moments.append(level + max(query, key))
        if self.repeated:
            moments.append(level + max(product(back.inputs[1]), product(back.inputs[2])) * back.batch)
        return max(moments) - made_summed(back)


def made_summed(back: Backward) -> int:
    """`back.made`, where the gradient of what is one for the whole batch is summed as it is made (`Operation.sums_images`)."""
    return sum(layout.elements for layout, wanted in zip(back.layouts, back.wanted, strict=True) if wanted)


def steps_of(inputs: Sequence[Layout], causal: bool, wanted: Sequence[bool]) -> Steps:
    query, key, value = inputs[:3]
    front, places, seen = query.sizes[:-2], query.sizes[-2], key.sizes[-2]
    shared = key.sizes[:-2] != front
    keys, values = ((*front, seen, row.sizes[-1]) for row in (key, value))
    scaled = in_order(keys) if shared else elementwise(key)
    axes = range(len(front))
    read = (
        elementwise(query),
        permuted(scaled, (*axes, len(front) + 1, len(front))),
        in_order(values) if shared else value,
    )
    copied = [row.elements if viewed(row, (product(front), *row.sizes[-2:])) is None else 0 for row in read]
    return Steps(
        query.elements,
        product(keys),
        product(values),
        product(front) * places * seen,
        product(front) * places * value.sizes[-1],
        copied[0],
        copied[1],
        copied[2],
        repeated=product(keys) + product(values) if shared else 0,
        fixed=places * seen if causal else 0,
        wanted=tuple(wanted),
    )
