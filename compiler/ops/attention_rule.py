"""What attention may be told, and what comes in and goes out, where it is more than PyTorch's own module."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from ...base.records import dataclass
from .attention_kinds import INDEX, KEYS, NORM, QKV_BIAS, ROTARY, SCALE, SIZE, WINDOW
from .base import Operation, Refusal, Shape, Shapes, product, show, show_size
from .parameters import COUNT, FLAG, PROBABILITY, Plain, parameter
from .spatial import as_written, either, nearest_divisors, nearest_multiples


@dataclass(frozen=True, slots=True)
class AttentionRule(Operation):
    """The parameters of attention, and its shape rule where it is more than PyTorch's own module."""

    name: ClassVar[str] = "attention"

    heads: int = parameter(COUNT, "how many heads the features fall into")
    dropout: float = parameter(PROBABILITY, "the probability of a weight of attention to be set to 0 while training", 0.0)
    bias: bool = parameter(FLAG, "whether the projections add a bias", True)
    keys: tuple[str, ...] | None = parameter(
        KEYS,
        'the names of the projections, that of the answer last: ["qkv", "proj"], ["q", "kv", "proj"], ["q", "k", "v", "proj"]; none: in_proj and out_proj',
        None,
    )
    interleaved: bool = parameter(
        FLAG,
        "of one projection for all, whether queries, keys and values stand head by head (GPT-NeoX, Bloom), instead of all queries first",
        False,
    )
    qkv_bias: bool | str | None = parameter(
        QKV_BIAS, 'whether queries, keys and values have a bias; "qv": all but the keys, as q_bias and v_bias; none: as `bias` says', None
    )
    head_size: int | None = parameter(SIZE, "how many features a head has; none: the features fall evenly into heads", None)
    groups: int | None = parameter(SIZE, "how many heads keys and values have, where these are fewer; none: as many as queries", None)
    norm: str | None = parameter(NORM, "how queries and keys are normalised, each head by itself, as q_norm and k_norm (eps 1e-6)", None)
    rotary: float | None = parameter(
        ROTARY,
        "the base of rotary positions, by which queries and keys are turned (halves, as transformers has Llama: 10000); none: no positions",
        None,
    )
    pairs: bool = parameter(
        FLAG, "of rotary positions, whether neighbours are turned with each other (RoFormer, Meta's Llama), instead of halves", False
    )
    rotary_size: int | None = parameter(
        SIZE, "of rotary positions, how many features of a head are turned, the first of them (GPT-NeoX, Phi, GPT-J); none: all", None
    )
    causal: bool = parameter(FLAG, "let no position look ahead", False)
    window: Plain = parameter(
        WINDOW, "the sides of a window, of whose positions any two have a learned bias by their distance (Swin, BEiT); none: no bias", None
    )
    class_token: bool = parameter(FLAG, "whether a class token stands before the positions of the window, as in BEiT", False)
    index: str | None = parameter(
        INDEX, 'how a checkpoint has the fixed table of where a window\'s bias is read: "flat", "square", or none: it has none', None
    )
    mask: bool = parameter(
        FLAG, "whether a last path is added to the logits [..., heads, L, S]: as many axes, each of the same size or of 1", False
    )
    scale: float | None = parameter(
        SCALE, "what logits are multiplied by, before a window's bias; none: 1 / sqrt(how many features a head has)", None
    )

    mask_learns: ClassVar[bool | None] = None
    """Of `mask`, whether it needs a gradient; None: while training any may, and in evaluation none does."""

    def is_built(self, inputs: Shapes) -> bool:
        """Whether it is more than PyTorch's own."""
        asked = (
            self.keys,
            self.qkv_bias,
            self.head_size,
            self.groups,
            self.norm,
            self.rotary,
            self.window,
            self.index,
            self.scale,
            self.rotary_size,
        )
        return (
            any(row is not None for row in asked)
            or self.causal
            or self.pairs
            or self.interleaved
            or self.mask
            or self.class_token
            or len(inputs[0]) > 2
            or self._sequences(inputs) > 2
        )

    def is_measured_as_built(self, inputs: Shapes) -> bool:
        """PyTorch's own, too, is worked out step by step where weights of attention are dropped: its fused kernel drops none."""
        return self.is_built(inputs) or self.dropout > 0

    def _size(self, inputs: Shapes) -> int:
        return self.head_size or inputs[0][-1] // self.heads

    def _turned(self, inputs: Shapes) -> int:
        """How many features of a head rotary positions turn."""
        return 0 if self.rotary is None else self.rotary_size or self._size(inputs)

    @property
    def _groups(self) -> int:
        return self.groups or self.heads

    @property
    def _has_bias(self) -> bool:
        """Whether queries and values have one."""
        return self.bias if self.qkv_bias is None else bool(self.qkv_bias)

    def _context(self, inputs: Shapes) -> Shape:
        """What keys are made of, and values where no path is theirs alone."""
        return inputs[1] if self._crosses(inputs) else inputs[0]

    def _values(self, inputs: Shapes) -> Shape:
        """What values are made of."""
        return inputs[min(self._sequences(inputs), 3) - 1]

    def _sequences(self, inputs: Sequence[object]) -> int:
        """How many paths are projected: one for all, one of queries and one of keys and values, or one for each."""
        return len(inputs) - bool(self.mask)

    def _crosses(self, inputs: Sequence[object]) -> bool:
        return self._sequences(inputs) > 1

    def _sides(self) -> tuple[int, ...]:
        return as_written(self.window)

    @property
    def _places(self) -> int:
        return product(self._sides()) + self.class_token

    def takes_batchless(self, number: int) -> bool:
        return bool(self.mask) and number > 0

    def sums_images(self, number: int) -> bool:
        return number > 0

    # ------------------------------------------------------------------------------------------- the rule

    def built_output(self, inputs: Shapes) -> Shape:
        self._check_arguments(inputs)
        query, context = inputs[0], self._context(inputs)
        if self.head_size is None and query[-1] % self.heads:
            near = nearest_divisors(query[-1], self.heads)
            raise Refusal(
                "E310",
                f"features {query[-1]} are not divisible by heads {self.heads} of `attention`",
                parameter="heads",
                operand=0,
                axis=len(query) - 1,
                suggestions=near,
                help=f"{either(nearest_multiples(query[-1], self.heads))} features would divide by {self.heads}"
                + (f"; or heads = {either(near)}" if near else "")
                + "; or say how large a head is: `head_size = …`",
            )
        self._check_turned(self._size(inputs))
        if self.heads % self._groups:
            near = nearest_divisors(self.heads, self._groups)
            raise Refusal(
                "E310",
                f"heads {self.heads} are not divisible by groups {self._groups} of `attention`",
                parameter="groups",
                suggestions=near,
                help=f"groups = {either(near)} would do" if near else None,
            )
        for number, path in enumerate(inputs[1 : self._sequences(inputs)], 1):
            self._check_path(number, path, query)
        if self._sequences(inputs) == 3 and self._values(inputs)[-2] != context[-2]:
            values = self._values(inputs)
            raise Refusal(
                "E304",
                f"`attention` needs a value for each key: {context[-2]} positions and {values[-2]} (paths 2 and 3: {show(context)} and {show(values)})",
                operand=2,
                axis=len(values) - 2,
                help="keys and values are made of the same positions",
            )
        self._check_logits(inputs)
        return query

    def _check_turned(self, size: int) -> None:
        """Rotary positions turn an even number of a head's features."""
        told = self.rotary_size
        if told is not None and told > size:
            raise Refusal(
                "E310",
                f"a head has {size} features, and rotary positions would turn {told} of them",
                parameter="rotary_size",
                help=f"at most {size}; without `rotary_size` all of them are turned",
            )
        if self.rotary is None or (told or size) % 2 == 0:
            return
        parts = "pairs" if self.pairs else "halves"
        if told is not None:
            near = tuple(count for count in (told - 1, told + 1) if 0 < count <= size)
            raise Refusal(
                "E310",
                f"{told} features do not fall into {parts}, which rotary positions turn",
                parameter="rotary_size",
                suggestions=near,
                help=f"an even number: rotary_size = {either(near)}",
            )
        raise Refusal(
            "E310",
            f"a head of {size} features does not fall into {parts}, which rotary positions turn",
            parameter="heads" if self.head_size is None else "head_size",
            help="`heads` or `head_size` make it even",
        )

    def _check_path(self, number: int, path: Shape, query: Shape) -> None:
        """What keys, or values, are made of must go with the queries."""
        if path[:-2] != query[:-2]:
            raise Refusal(
                "E304",
                f"`attention` needs the same axes in front of both sequences: {show(query)} and {show(path)} (paths 1 and {number + 1})",
                operand=number,
                help="`reshape` and `permute` bring what is neither positions nor features to the front",
            )
        if path[-1] != query[-1] and (self.keys is None or len(self.keys) == 2):
            place, own = ("second", '["q", "kv", "proj"]') if number == 1 else ("third", '["q", "k", "v", "proj"]')
            raise Refusal(
                "E324",
                f"`attention` needs as many features in both paths: {query[-1]} and {path[-1]} (paths 1 and {number + 1}: {show(query)} and {show(path)})",
                operand=number,
                axis=len(path) - 1,
                help=f"bring the {place} to {query[-1]} with `linear({query[-1]})`",
                notes=(own_projections(own),),
            )

    def _check_arguments(self, inputs: Shapes) -> None:
        count, told = len(inputs), self._sequences(inputs)
        likely = told == 3 and not self.mask and _may_be_mask(inputs)
        pairs = (
            ("mask", self.mask and count < 2, "`mask` tells of a last path, and here only one tensor comes in"),
            ("mask", told > 3, f"`attention` takes queries, keys and values, and {told} paths end here"),
            ("mask", likely, f"`attention` takes queries, keys and values, and the third path {show(inputs[-1])} has the size of a mask"),
            ("pairs", self.pairs and self.rotary is None, "`pairs` tells of rotary positions, and there is no `rotary`"),
            (
                "interleaved",
                self.interleaved and (self._crosses(inputs) or len(self.keys or ()) != 2),
                "`interleaved` tells of one projection for queries, keys and values, and here are others",
            ),
            (
                "groups",
                self.interleaved and self._groups != self.heads,
                f"`interleaved` is for as many heads of keys as of queries, and here are {self._groups} and {self.heads}",
            ),
            (
                "qkv_bias",
                self.interleaved and self.qkv_bias == "qv",
                "`interleaved` is for keys with a bias, as queries and values have one",
            ),
            ("rotary_size", self.rotary_size and self.rotary is None, "`rotary_size` tells of rotary positions, and there is no `rotary`"),
            ("index", self.index is not None and self.window is None, "`index` tells of a window, and there is no `window`"),
            ("class_token", self.class_token and self.window is None, "`class_token` tells of a window, and there is no `window`"),
            (
                "qkv_bias",
                self.qkv_bias == "qv" and self.keys is None,
                '`qkv_bias = "qv"` needs `keys`: PyTorch\'s own has one bias for all',
            ),
            ("mask", self.causal and self.mask, "`causal` and `mask` do not go together"),
            ("window", self.causal and self.window is not None, "`causal` and `window` do not go together"),
            ("keys", self.keys is not None and len(self.keys) == 2 and self._crosses(inputs), "one projection cannot read two sequences"),
            (
                "keys",
                self.keys is not None and len(self.keys) == 3 and told == 3,
                "keys and values are made of two paths, and one projection cannot read both",
            ),
        )
        for name, wrong, message in pairs:
            if wrong:
                helps = {
                    "mask": "`attention(…, mask = true) { | skip | constant(…) }`: the last path is the mask",
                    **dict.fromkeys(("pairs", "rotary_size"), "`rotary = 10000` turns queries and keys by their positions"),
                    "keys": '`keys = ["q", "kv", "proj"]`' if told < 3 else '`keys = ["q", "k", "v", "proj"]`',
                }
                if self.causal:
                    helps = dict.fromkeys(("mask", "window"), 'leave `causal` out, and put a `constant("causal", …)` into the mask')
                raise Refusal("E326", message, parameter=name, help=helps.get(name, f"leave `{name}` out"))

    def _check_logits(self, inputs: Shapes) -> None:
        query, context = inputs[0], self._context(inputs)
        logits = (*query[:-2], self.heads, query[-2], context[-2])
        if self.window is not None and (len(self._sides()) != 2 or {query[-2], context[-2]} != {self._places}):
            told = f"a window of {show_size(self._sides())}{' and a class token' if self.class_token else ''}"
            raise Refusal(
                "E326",
                f"{told} has {self._places} positions, and here come {show(query)}",
                parameter="window",
                operand=0,
                help="`reshape` and `permute` cut an image into windows: [windows, positions, features]",
            )
        if not self.mask:
            return
        mask = inputs[-1]
        fits = all(size in (1, whole) for size, whole in zip(mask[::-1], logits[::-1], strict=False))
        if len(mask) != len(logits) or not fits:
            more = (*(1,) * (len(logits) - len(mask)), *mask)
            raise Refusal(
                "E303",
                f"the mask of `attention` is added to logits {show(logits)}, and it is {show(mask)}",
                operand=len(inputs) - 1,
                help=f"`reshape({show(more)})`: each axis is there, and 1 stretches"
                if fits and len(mask) < len(logits)
                else "each of its axes is as long, or 1, which stretches",
            )


def own_projections(keys: str) -> str:
    """The note of a sequence of other features, as text beside an image: what people mean is a projection that reads them."""
    return f"keys and values of other features are read by a projection of their own, which `keys = {keys}` names"


def _may_be_mask(inputs: Shapes) -> bool:
    """Whether the last path ends as the logits do, in queries and keys, or stretches to it, and not in the features that queries have."""
    mask = inputs[-1][-2:]
    return (
        len(mask) == 2 and inputs[-1][-1] != inputs[0][-1] and all(size in (1, path[-2]) for size, path in zip(mask, inputs, strict=False))
    )
