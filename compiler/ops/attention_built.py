"""Attention as people build it: projections of other names, fewer heads of keys, a mask, biases of a window, on any axes in front."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import ClassVar

from ...base.records import dataclass
from . import attention_memory
from .attention_rule import AttentionRule
from .attention_source import Parts, helpers
from .base import Backward, Construct, Saved, Shapes, Weight, product
from .dense import copied_rows
from .parameters import Plain
from .sdpa_memory import made_summed
from .strides import Layout, elementwise, in_order, permuted, viewed


@dataclass(frozen=True, slots=True)
class BuiltAttention(AttentionRule):
    """What attention is where it is more than PyTorch's own module: its weights, costs and source."""

    name: ClassVar[str] = "attention"

    def parts(self, inputs: Shapes) -> Parts:
        return Parts(
            keys=self.keys,
            sequences=self._sequences(inputs),
            wide=len(inputs[0]) > 2,
            masked=bool(self.mask),
            split_bias=self.qkv_bias == "qv",
            interleaved=self.interleaved,
            causal=self.causal,
            norm=self.norm,
            rotary=None if self.rotary is None else "pairs" if self.pairs else "halves",
            in_part=self._turned(inputs) not in (0, self._size(inputs)),
            scaled=self.scale is not None,
            grouped=self._groups != self.heads,
            relative=self.window is not None,
            class_token=self.class_token,
            index=self.index,
        )

    # ------------------------------------------------------------------------------------------- weights

    def built_weights(self, inputs: Shapes) -> tuple[Weight, ...]:
        features, size = inputs[0][-1], self._size(inputs)
        read = (features, self._context(inputs)[-1], self._values(inputs)[-1])
        inner, narrow = self.heads * size, self._groups * size
        has_bias = self._has_bias and self.qkv_bias != "qv"
        rows: list[Weight] = []
        if self.qkv_bias == "qv":
            rows += [Weight("q_bias", (inner,)), Weight("v_bias", (narrow,))]
        if self.window is not None:
            distances = product([2 * side - 1 for side in self._sides()]) + (3 if self.class_token else 0)
            rows.append(Weight("relative_position_bias_table", (distances, self.heads)))
        if self.keys is None:
            rows.append(Weight("in_proj_weight", (inner + 2 * narrow, features)))
            rows += [Weight("in_proj_bias", (inner + 2 * narrow,))] if has_bias else []
        if self.index is not None:
            places = (self._places**2,) if self.index == "flat" else (self._places, self._places)
            rows.append(Weight("relative_position_index", places, False, "int64"))
        made = {2: [inner + 2 * narrow], 3: [inner, 2 * narrow], 4: [inner, narrow, narrow]}
        for number, key in enumerate((self.keys or ())[:-1]):
            out = made[len(self.keys or ())][number]
            rows.append(Weight(f"{key}.weight", (out, read[number])))
            rows += [Weight(f"{key}.bias", (out,))] if has_bias else []
        for name in ("q_norm", "k_norm") if self.norm is not None else ():
            rows.append(Weight(f"{name}.weight", (size,)))
            rows += [Weight(f"{name}.bias", (size,))] if self.norm == "ln" else []
        last = self.keys[-1] if self.keys is not None else "out_proj"
        rows.append(Weight(f"{last}.weight", (features, inner)))
        rows += [Weight(f"{last}.bias", (features,))] if self.bias else []
        return tuple(rows)

    def unsaved(self, inputs: Shapes) -> tuple[Weight, ...]:
        if self.window is None or self.index is not None:
            return ()
        return (Weight("relative_position_index", (self._places, self._places), False, "int64"),)

    # ---------------------------------------------------------------------------------------------- work

    def _counts(self, inputs: Shapes) -> tuple[int, int, int]:
        """Elements of the queries, of the keys (as many as of the values), and of the logits."""
        query, context, size = inputs[0], self._context(inputs), self._size(inputs)
        front = product(query[:-2])
        return (
            front * query[-2] * self.heads * size,
            front * context[-2] * self._groups * size,
            front * self.heads * query[-2] * context[-2],
        )

    def built_macs(self, inputs: Shapes) -> int:
        queries, keys, logits = self._counts(inputs)
        return 2 * queries * inputs[0][-1] + keys * (self._context(inputs)[-1] + self._values(inputs)[-1]) + 2 * logits * self._size(inputs)

    def built_flops(self, inputs: Shapes) -> int:
        queries, keys, logits = self._counts(inputs)
        biases = (queries + (keys if self.qkv_bias == "qv" else 2 * keys)) if self._has_bias else 0
        norms = {None: 0, "ln": 7, "rms": 4}[self.norm] * (queries + keys)
        turns = 3 * (queries + keys) // self._size(inputs) * self._turned(inputs)
        added = ((self.window is not None) + bool(self.mask)) * logits
        return 2 * self.built_macs(inputs) + biases + norms + turns + added + (product(inputs[0]) if self.bias else 0)

    # -------------------------------------------------------------------------------------------- memory

    def _sizes(self, inputs: Shapes) -> attention_memory.Sizes:
        queries, keys, logits = self._counts(inputs)
        size, turned = self._size(inputs), self._turned(inputs)
        return attention_memory.Sizes(
            queries,
            keys,
            logits,
            queries // size,
            keys // size,
            fused=(not self.mask or (self.mask_learns is False and len(inputs[0]) == 2)) and self.window is None and not self.dropout,
            fused_in_evaluation=not self.mask or (self.mask_learns is not True and len(inputs[0]) == 2),
            parts=1 if self.parts(inputs).packed else max(self._sequences(inputs), len(self.keys or ()) - 1, 2),
            norm=self.norm,
            turns=(inputs[0][-2] * turned, self._context(inputs)[-2] * turned),
            turned=(queries // size * turned, keys // size * turned),
            frequencies=turned // 2,
            bias=self.heads * self._places**2 if self.window is not None else 0,
            value_apart=self.qkv_bias == "qv" and len(self.keys or ()) == 3,
            repeat=self.heads // self._groups,
            joined=(self.heads + 2 * self._groups) * size if self.qkv_bias == "qv" and self.parts(inputs).packed else 0,
            dropped=logits if self.dropout else 0,
        )

    def built_saved(self, inputs: Shapes) -> Saved:
        extra, once = attention_memory.kept(self._sizes(inputs))
        kept = tuple(range(self._sequences(inputs)))
        return Saved(inputs=(*kept, len(inputs) - 1) if self.mask_learns is False else kept, extra=extra, once=once)

    def built_copies(self, inputs: Sequence[Layout], output: int, training: bool) -> int:
        """Elements beside the output that are alive at once at most, of inputs that lie as they do."""
        shapes = tuple(layout.sizes[1:] for layout in inputs)
        batch = inputs[0].sizes[0]
        folded = (
            0 if training or self.parts(shapes).packed else sum(row.elements for row, _ in self._read(inputs) if self._copies_folding(row))
        )
        needs = attention_memory.needed(self._sizes(shapes), batch, output, training, folded, self._copied(inputs, training))
        needs = max(needs, self._projections(inputs) + folded - output) + self._sizes(shapes).joined
        return needs + (self._kept_of_inputs(inputs) if training else 0)

    def built_kept_copies(self, inputs: Sequence[Layout]) -> int:
        """Elements that autograd keeps because of how tensors lie, beside those that shapes tell of."""
        return self._kept_of_inputs(inputs) + self._kept_whole(inputs)

    def _kept_whole(self, inputs: Sequence[Layout]) -> int:
        """Where values are read as they lie, the whole projection is kept that they are a part of, in place of a copy of them."""
        sizes = self._sizes(tuple(layout.sizes[1:] for layout in inputs))
        if sizes.fused or sizes.repeat > 1 or sizes.value_apart:
            return 0
        seen = self._context(tuple(layout.sizes for layout in inputs))
        values = self._in_heads(seen, 4 - sizes.parts)
        if viewed(values, (product(values.sizes[:-2]), *values.sizes[-2:])) is None:
            return 0
        if sizes.norm is not None:
            return -values.elements if sizes.parts < 3 else 0  # the norms of queries and keys keep it in any case
        return (3 - sizes.parts) * values.elements

    def _in_heads(self, seen: tuple[int, ...], among: int) -> Layout:
        """How heads lie, one of as many tensors as `among` that one projection makes of a sequence of these sizes."""
        size = self._size((seen[1:],))
        apart = among if self.interleaved else 1
        whole = in_order((*seen[:-1], among * self.heads // apart, apart * size))
        heads = Layout((*seen[:-1], self.heads, size), whole.strides)
        rank = len(seen)
        return permuted(heads, (*range(rank - 2), rank - 1, rank - 2, rank))

    def _joined(self, inputs: Sequence[Layout]) -> Layout | None:
        """The answer of all heads side by side, where no fused kernel makes it; None where it is copied for that."""
        answer = in_order(self._in_heads(inputs[0].sizes, 1).sizes)
        rank = len(answer.sizes)
        turned = permuted(answer, (*range(rank - 3), rank - 2, rank - 3, rank - 1))
        return viewed(turned, (*inputs[0].sizes[:-1], answer.sizes[-3] * answer.sizes[-1]))

    @staticmethod
    def _is_apart(joined: Layout | None) -> bool:
        return joined is not None and not joined.is_in_order

    def built_answers_with_view(self, inputs: Sequence[Layout]) -> bool:
        if len(inputs[0].sizes) > 3 and not self.mask:
            return True
        fused = self._sizes(tuple(layout.sizes[1:] for layout in inputs)).fused
        return self.bias and (fused or not self._is_apart(self._joined(inputs)))

    def _copied(self, inputs: Sequence[Layout], training: bool) -> attention_memory.Copied:
        """What the products copy because they cannot read it as it lies."""
        sizes = self._sizes(tuple(layout.sizes[1:] for layout in inputs))
        batch = inputs[0].sizes[0]
        queries, keys = sizes.queries * batch, sizes.wide_keys * batch
        context = self._context(tuple(layout.sizes for layout in inputs))
        joined = self._joined(inputs)
        last = queries if joined is None else copied_rows(joined)
        if self.bias and self._is_apart(joined):
            # The product and its sum with the bias are two tensors; what was copied for the product is kept where it trains.
            last = last + inputs[0].elements if training else max(last, inputs[0].elements)
        alone = sizes.is_changed or sizes.parts == 3
        query = elementwise(self._in_heads(inputs[0].sizes, 3 if sizes.parts == 1 and not alone else 1))
        if sizes.repeat > 1:  # keys and values are copied as they are repeated; of one image the queries are read as they lie
            is_copied = viewed(query, (product(query.sizes[:-2]), *query.sizes[-2:])) is None
            return attention_memory.Copied(queries * is_copied, keys, keys, last)
        key = elementwise(self._in_heads(context, 1 if alone else 4 - sizes.parts))
        turned = permuted(key, (*range(len(key.sizes) - 2), len(key.sizes) - 1, len(key.sizes) - 2))
        value = self._in_heads(context, 4 - sizes.parts)
        rows = [viewed(row, (product(row.sizes[:-2]), *row.sizes[-2:])) is None for row in (query, turned, value)]
        return attention_memory.Copied(queries * rows[0], keys * rows[1], keys * (rows[2] or sizes.value_apart), last)

    def _kept_of_inputs(self, inputs: Sequence[Layout]) -> int:
        """Elements of copies of the inputs that autograd keeps: one of each for all projections, or one for each."""
        return sum(layout.elements if self._copies_folding(layout) else times * copied_rows(layout) for layout, times in self._read(inputs))

    def _read(self, inputs: Sequence[Layout]) -> list[tuple[Layout, int]]:
        """The sequences that projections are made of, each with how many read it."""
        shapes = tuple(layout.sizes[1:] for layout in inputs)
        parts = self._sizes(shapes).parts
        if self._sequences(shapes) == 3:
            return [(layout, 1) for layout in inputs[:3]]
        return [(inputs[0], 1), (inputs[1], parts - 1)] if self._crosses(shapes) else [(inputs[0], parts)]

    def _folds(self, layout: Layout) -> bool:
        return len(layout.sizes) > 3 and not self.mask

    def _folded(self, layout: Layout) -> Layout | None:
        """The sequence as it is read, axes in front folded into one; None where it must be copied for that."""
        return viewed(layout, (product(layout.sizes[:-2]), *layout.sizes[-2:])) if self._folds(layout) else layout

    def _copies_folding(self, layout: Layout) -> bool:
        return self._folded(layout) is None

    def _is_loose(self, layout: Layout) -> bool:
        folded = self._folded(layout)
        return folded is not None and not folded.is_in_order

    def _projections(self, inputs: Sequence[Layout]) -> int:
        """Elements as queries, keys and values are made of what does not lie in order: the product and its sum with the bias are two tensors."""
        if not self._has_bias:
            return 0
        shapes = tuple(layout.sizes[1:] for layout in inputs)
        sizes = self._sizes(shapes)
        queries, keys = (inputs[0].sizes[0] * count for count in (sizes.queries, sizes.keys))
        (first, _), (second, _) = (self._read(inputs) * 2)[:2]
        if sizes.parts == 1:
            return 2 * (queries + 2 * keys) if self._is_loose(first) else 0
        return max(
            2 * queries if self._is_loose(first) else 0,
            queries + (4 if sizes.parts == 2 else 3) * keys if self._is_loose(second) else 0,
        )

    def built_backward_scratch(self, back: Backward) -> int:
        last = self._last(back.inputs)
        first = sum(weight.elements for weight in self.weights(back.inputs) if weight.trainable) - last
        first += self.held_weight_gradients(back.inputs)
        mask = back.layouts[-1].elements if self.mask and back.wanted[-1] else 0
        whole = self._kept_whole(back.layouts)
        read = self._read_back(back)
        return attention_memory.backward(
            self._sizes(back.inputs), back.batch, back.freed, made_summed(back) - mask, last, first, read, mask, whole
        )

    def _last(self, inputs: Shapes) -> int:
        """Elements of the weights of the last projection."""
        return inputs[0][-1] * (self.heads * self._size(inputs) + self.bias)

    def added_on_the_way(self, inputs: Shapes) -> int:
        last = self._last(inputs)
        return last if sum(weight.elements for weight in self.weights(inputs) if weight.trainable) >= 3 * last else 0

    def held_weight_gradients(self, inputs: Shapes) -> int:
        # Those of the biases of queries and values are parts of that of one bias, of which the keys' part is nobody's.
        return self._sizes(inputs).joined and self._groups * self._size(inputs)

    def _read_back(self, back: Backward) -> attention_memory.Read:
        crosses, size = self._crosses(back.inputs), self._size(back.inputs)
        seen = 1 if crosses else 0
        context, biased = back.inputs[seen], int(self._has_bias and self.qkv_bias != "qv")
        features = back.inputs[0][-1]
        return attention_memory.Read(
            back.layouts[0].elements * back.wanted[0],
            back.layouts[seen].elements * back.wanted[seen],
            self.heads * size * (features + biased),
            self._groups * size * (context[-1] + biased),
            crosses,
            back.layouts[2].elements * back.wanted[2] if self._sequences(back.inputs) == 3 else None,
            back.layouts[1].elements if crosses and back.kept_alone[1] and (back.distinct or self._sequences(back.inputs) < 3) else 0,
            (self.heads + 2 * self._groups) * size * features if crosses and self.keys is None else 0,
            back.layouts[0].elements if back.waiting[:1] == (True,) and back.distinct else 0,
        )

    # ------------------------------------------------------------------------------------------- PyTorch

    def folded(self, inputs: Shapes) -> tuple[Construct, tuple[str, ...]] | None:
        """The class for inference that folds the axes in front of a masked sequence into the batch, and its text: PyTorch's fused kernel knows none.

        None where there is no mask, or there are no such axes.
        """
        if not (self.is_built(inputs) and self.mask and len(inputs[0]) > 2):
            return None
        parts = replace(self.parts(inputs), masks_fold=True)
        return Construct(parts.name, self.built_module(inputs).arguments), helpers(parts)

    def built_module(self, inputs: Shapes) -> Construct:
        parts = self.parts(inputs)
        arguments: list[tuple[str | None, Plain]] = [(None, inputs[0][-1]), (None, self.heads), (None, self._size(inputs))]
        if parts.grouped:
            arguments.append(("groups", self._groups))
        if parts.crosses:
            arguments.append(("context", self._context(inputs)[-1]))
        if parts.sequences == 3:
            arguments.append(("values", self._values(inputs)[-1]))
        if parts.relative:
            arguments.append(("window", self._sides()))
        if self.rotary is not None:
            arguments.append(("base", float(self.rotary)))
        if parts.in_part:
            arguments.append(("turned", self._turned(inputs)))
        if self.scale is not None:
            arguments.append(("scale", float(self.scale)))
        if self.dropout:
            arguments.append(("dropout", float(self.dropout)))
        if not self._has_bias:
            arguments.append(("qkv_bias", False))
        if not self.bias:
            arguments.append(("bias", False))
        return Construct(parts.name, tuple(arguments))

    def built_helpers(self, inputs: Shapes) -> tuple[str, ...]:
        return helpers(self.parts(inputs))
