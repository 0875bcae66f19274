"""What attention keeps and needs beside its inputs and its output, of its queries, keys and logits.

PyTorch's fused kernel never makes the logits. It wants one axis before the heads, and while training nothing that learns in what is added
to them: a window's bias does, and a mask may. Where the fused kernel does not take over, queries and keys are scaled and copied,
and the logits stand in memory two and three times.
"""

from __future__ import annotations

from ...base.records import dataclass


@dataclass(frozen=True, slots=True)
class Sizes:
    """Elements for one image: of queries, of keys (as many as of values), of logits; and how many rows queries and keys have."""

    queries: int
    keys: int
    logits: int
    query_rows: int
    key_rows: int
    fused: bool
    fused_in_evaluation: bool
    parts: int
    """How many projections make queries, keys and values."""
    norm: str | None
    turns: tuple[int, int]
    """Elements of the cosines and sines for queries and for keys, for the whole batch; 0: there are none."""
    frequencies: int
    """Elements of what turns them, one for each pair of a head's features."""
    bias: int
    """Elements of a window's bias, for the whole batch; 0: there is none."""
    value_apart: bool
    """Whether values are added to after one projection has made them with the keys."""
    repeat: int
    """How many heads of queries share one of keys."""

    @property
    def projected(self) -> int:
        return self.queries + 2 * self.keys

    @property
    def wide_keys(self) -> int:
        return self.keys * self.repeat

    @property
    def is_changed(self) -> bool:
        """Whether queries and keys are others than were projected."""
        return self.norm is not None or self.turns[0] > 0

    @property
    def ready(self) -> int:
        """Elements of queries, keys and values, and of what still holds them, as they are compared."""
        total = self.projected + (self.keys if self.value_apart else 0)
        if self.is_changed and self.parts < 3:
            total += self.keys + (self.queries if self.parts == 1 else 0)
        return total


@dataclass(frozen=True, slots=True)
class Copied:
    """Elements, of the whole batch, of the copies that products make: of scaled queries and keys, of values, of the heads' answer. 0: none."""

    query: int
    key: int
    value: int
    answer: int


def kept(of: Sizes) -> tuple[int, int]:
    """Elements that autograd keeps beside the inputs, for an image, and once."""
    extra = of.queries  # the answer, which is projected
    if of.norm is not None:
        extra += (2 if of.norm == "ln" else 1) * (of.query_rows + of.key_rows)
    if of.norm == "rms":
        extra += of.queries + of.keys
    if of.value_apart:
        extra += of.keys
    if of.fused:
        # With the logarithm of each softmax's sum.
        extra += of.projected + of.query_rows + (of.queries + of.keys if of.is_changed else 0)
    else:
        extra += of.queries + 2 * of.wide_keys + of.logits
        if of.norm is not None:
            extra += of.projected if of.parts < 3 else of.queries + of.keys
    return extra, sum(of.turns)


def needed(of: Sizes, batch: int, output: int, training: bool, folded: int, copied: Copied) -> int:
    """Elements, of the whole batch, that are alive at once beside the inputs and an output of `output` elements.

    `folded` are those of copies of the inputs that are held until the heads' answers are there.
    """
    end = batch * (of.ready + of.queries) + of.bias
    rows = [end]
    if folded:
        rows.append(batch * (of.ready + of.queries + of.query_rows) + folded - output)
    output -= folded
    if of.turns[0]:
        held = of.projected + (of.queries + of.keys if of.norm is not None and of.parts == 1 else 0)
        rows.append(batch * (held + 2 * of.queries) + 3 * of.turns[0] // 2 + of.frequencies - output)
        rows.append(
            batch * (held + of.queries + 2 * of.keys) + (sum(of.turns) if training else 0) + 3 * of.turns[1] // 2 + of.frequencies - output
        )
    if training and not of.fused:
        keys = of.wide_keys if of.repeat == 1 else 3 * of.wide_keys
        rows.append(batch * (of.ready + of.queries + keys + 2 * of.logits) + copied.query + of.bias - output)
        extra, once = kept(of)
        # The last projection, beside all that is kept; values that are not copied are there already.
        rows.append(batch * (of.ready + extra - (0 if copied.value else of.wide_keys)) + once + copied.answer)
    elif not training and not of.fused_in_evaluation:
        # Queries and keys, scaled and copied for their product; then the logits, and these with what is added.
        repeated = 2 * of.wide_keys if of.repeat > 1 else 0
        rows.append(batch * (of.ready + of.queries + of.wide_keys + repeated // 2 + of.logits) + copied.query + copied.key - output)
        rows.append(batch * (of.ready + of.queries + repeated + 2 * of.logits) + of.bias - output)
    return max(rows)


def backward(of: Sizes, batch: int, freed: int, made: int, last: int, first: int, mask: int = 0, whole: int = 0) -> int:
    """Elements beside what is counted as the backward pass begins and the gradients of inputs (`made`) and weights, which it makes on its way.

    `last` and `first` are those of the weights of the last projection and of the others; `freed` is the gradient of the output. `mask` is
    the gradient of a mask, summed of that of the logits; `whole` what is kept beside the values because they are a part of it.
    """
    queries, keys, wide, logits = (batch * count for count in (of.queries, of.keys, of.wide_keys, of.logits))
    projected = queries + 2 * keys
    rows = [queries + last]
    if of.fused:
        rows.append(last - freed + 2 * queries + 2 * keys)
    else:
        level = last - freed - queries  # the answer is let go of
        rows += [level + 2 * queries, level + queries + wide + logits, level + 2 * logits + of.bias - whole]
    extra, once = kept(of)
    level = last - freed - batch * extra - once - whole + mask
    if of.is_changed:
        rows.append(level + projected + 2 * queries + batch * of.projected)
    rows.append(level + (2 * projected if of.parts == 1 else projected + 2 * keys if of.parts == 2 else projected))
    rows.append(level + projected + made + first)
    return max(rows) - made - mask - last - first
