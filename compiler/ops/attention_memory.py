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
    turned: tuple[int, int]
    """Elements, for one image, of queries and of keys that are turned: all, or the first features of each head."""
    frequencies: int
    """Elements of what turns them, one for each pair of a head's features."""
    bias: int
    """Elements of a window's bias, for the whole batch; 0: there is none."""
    value_apart: bool
    """Whether values are added to after one projection has made them with the keys."""
    repeat: int
    """How many heads of queries share one of keys."""
    joined: int
    """Elements of a bias that is put together of those of queries and values, and held to the end; 0: there is none."""
    dropped: int
    """Elements, for one image, of the weights of attention of which some are set to 0 while training; 0: none are."""

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
        extra += of.projected + of.query_rows
        if of.norm is not None or (of.turns[0] and of.parts == 1):
            extra += of.queries + of.keys
        elif of.turns[0] and of.parts == 2:
            extra += of.keys  # of one tensor with the values
    else:
        # Of weights that are dropped: the softmax, which of them stay, and the product of both.
        extra += of.queries + 2 * of.wide_keys + of.logits + 2 * of.dropped
        if of.norm is not None:
            extra += of.projected if of.parts < 3 else of.queries + of.keys
    return extra, sum(of.turns)


def needed(of: Sizes, batch: int, output: int, training: bool, folded: int, copied: Copied) -> int:
    """Elements, of the whole batch, that are alive at once beside the inputs and an output of `output` elements.

    `folded` are those of copies of the inputs that are held until the heads' answers are there.
    """
    end = batch * (of.ready + of.queries) + of.bias + (0 if training or of.fused_in_evaluation else copied.answer)
    rows = [end]
    if folded:
        rows.append(batch * (of.ready + of.queries + of.query_rows) + folded - output)
    output -= folded
    if of.norm is not None and not training:
        rows += [batch * (of.projected + row) - output for row in _normed(of)]
    if of.turns[0]:
        held = of.ready if of.norm is not None else of.projected + (of.keys if of.value_apart else 0)
        tables = sum(of.turns) if training else 0
        rows.append(batch * (held + 2 * of.turned[0]) + 3 * of.turns[0] // 2 + of.frequencies - output)
        rows.append(batch * (held + of.queries + 2 * of.turned[1]) + tables + 3 * of.turns[1] // 2 + of.frequencies - output)
        if of.turned != (of.queries, of.keys):  # joined with the features that stay
            rows.append(batch * (held + of.turned[0] + of.queries) + (of.turns[0] if training else 0) - output)
            rows.append(batch * (held + of.queries + of.turned[1] + of.keys) + tables - output)
    if training and not of.fused:
        keys = of.wide_keys if of.repeat == 1 else 3 * of.wide_keys
        rows.append(batch * (of.ready + of.queries + keys + 2 * of.logits + of.dropped) + copied.query + of.bias - output)
        extra, once = kept(of)
        # The last projection, beside all that is kept; values that are not copied are there already, and so is what norms keep.
        twice = 0 if copied.value else of.wide_keys
        if of.norm is not None and of.parts < 3:
            twice += of.projected if of.parts == 1 else 2 * of.keys
        rows.append(batch * (of.ready + extra - twice) + once + copied.answer + of.bias)
    elif not training and not of.fused_in_evaluation:
        # Queries and keys, scaled and copied for their product; then the logits, and these with what is added.
        repeated = 2 * of.wide_keys if of.repeat > 1 else 0
        rows.append(batch * (of.ready + of.queries + of.wide_keys + repeated // 2 + of.logits) + copied.query + copied.key - output)
        rows.append(batch * (of.ready + of.queries + repeated + 2 * of.logits) + of.bias - output)
        value = 0 if repeated else copied.value
        rows.append(batch * (of.ready + 2 * of.queries + repeated + of.logits) + value + of.bias - output)
    return max(rows)


def _normed(of: Sizes) -> list[int]:
    """Elements for an image as queries and then keys are normalised, beside both as they were: what is new of both stays."""
    queries, keys = of.queries, of.keys
    rows, seen = of.query_rows, of.key_rows
    if of.norm == "ln":
        return [queries + 2 * rows, queries + keys + 2 * seen]
    # The squares and their mean; then each element times that, and times its weight.
    return [queries + 2 * rows, 2 * queries + rows, queries + keys + 2 * seen, queries + 2 * keys + seen]


def _kept_by_norms(of: Sizes) -> int:
    """Elements for an image that the norms of queries and keys keep."""
    if of.norm is None:
        return 0
    rows = of.query_rows + of.key_rows
    kept = of.projected if of.parts < 3 else of.queries + of.keys
    return kept + (2 * rows if of.norm == "ln" else rows + of.queries + of.keys)


@dataclass(frozen=True, slots=True)
class Read:
    """Elements of what the projections read and of their weights, with biases: for queries, and for keys (as for values).

    Gradients that nobody wants count 0. `crosses` tells whether keys and values are made of another sequence than queries, `alone` the
    elements of that sequence where nothing else keeps it, `sliced` those of weights of which each projection takes a part; 0: none does.
    """

    query: int
    context: int
    query_weight: int
    key_weight: int
    crosses: bool
    values: int | None
    """Of what values are made of, where that is a tensor of its own; None: it is what keys are made of."""
    alone: int
    sliced: int
    waiting: int
    """Of the gradient of what queries are made of, where there was one before, to which that of this use is added; 0: there was none."""


def backward(of: Sizes, batch: int, freed: int, made: int, last: int, first: int, read: Read, mask: int = 0, whole: int = 0) -> int:
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
        dropped = batch * of.dropped  # what dropping made is let go of first, and then which stayed
        rows += [level + 2 * queries, level + queries + wide + logits, level + 2 * logits - dropped - whole]
        rows.append(level + 2 * logits - 2 * dropped - whole)
    extra, once = kept(of)
    level = last - freed - batch * extra - once - whole + mask
    if of.is_changed:
        steps = 3 if of.norm == "rms" else 2 if of.turns[0] else 1
        weights = {None: 0, "ln": 2, "rms": 1}[of.norm] * (of.queries // of.query_rows)
        rows.append(level + projected + steps * max(queries, keys) + batch * _kept_by_norms(of) + once + weights)
    rows += [level + row for row in _projected_back(of, batch, first, read)]
    return max(rows) - made - mask - last - first


def _projected_back(of: Sizes, batch: int, first: int, read: Read) -> list[int]:
    """The moments in which the projections of queries, keys and values go back, the last one first: the gradients of the three, those
    of what they read, which are summed where several read it, and those of weights, which stay."""
    queries, keys = batch * of.queries, batch * of.keys
    if read.values is not None:
        return _each_back(queries, keys, first, read, read.values)
    if of.parts == 1:
        return [2 * (queries + 2 * keys), queries + 2 * keys + read.query + first]
    rows = [queries + 4 * keys] if of.parts == 2 else [queries + 2 * keys]
    sizes = [2 * keys] if of.parts == 2 else [keys, keys]
    weights = first - read.query_weight - 2 * read.key_weight
    waiting, there = queries + 2 * keys, 0
    for size in sizes:
        if there and not of.fused:
            rows.append(waiting + size + there + weights)  # the gradient of keys, which comes turned round, is copied
        weights += read.key_weight * 2 // len(sizes)
        rows.append(waiting + there + read.context + weights)
        waiting -= size
        if there:
            rows.append(waiting + 3 * read.context + weights)
        there = read.context
    alone = read.alone
    if read.sliced:
        rows.append(waiting + there + weights - alone + read.sliced)
        weights += read.sliced - 2 * read.key_weight
    rows.append(waiting + there + read.query + weights + read.query_weight - alone)
    if not read.crosses:
        rows.append(3 * read.query + weights + read.query_weight)
    if read.sliced:
        # The part's gradient becomes one of the whole, and is added to that of the other part.
        rows.append(there + read.query + 2 * read.sliced + first - alone - read.waiting)
    return rows


def _each_back(queries: int, keys: int, first: int, read: Read, values: int) -> list[int]:
    """The same where queries, keys and values are made of a tensor each: values go back first."""
    waiting, there, weights = queries + 2 * keys, 0, 0
    rows = []
    for size, gradient, weight, freed in (
        (keys, values, read.key_weight, 0),
        (keys, read.context, read.key_weight, read.alone),
        (queries, read.query, read.query_weight, 0),
    ):
        there += gradient
        rows.append(waiting + there + weights + weight)
        waiting -= size + freed
        if not read.sliced:
            weights += weight
            continue
        # The part's gradient becomes one of the whole, and is added to that of the parts before.
        rows += [waiting + there + weights + weight + read.sliced, waiting + there + (2 * read.sliced + first if weights else first)]
        weights = first
    return rows
