"""Attention with its projections as the one step that it is, in the forms in which libraries keep their weights.

Which form it is, the elements tell: where each of the queries, keys and values stands in what the projections give.
"""

from __future__ import annotations

import itertools
from math import isclose

import torch

from ...base.records import dataclass
from .flat_steps import Flat, Plain, Step
from .rotary import LINEAR, Turn, before_turn, mapped, probe, turn_of
from .views import back, is_view, moved, numbered

PACKED = "in_proj"
"""What the projection of `nn.MultiheadAttention` would be called, if it were a layer."""

EPS = 1e-6
"""What the norms of queries and keys of `attention` add."""

OTHER_STARTS = "what is inside `attention` starts here as this does, and otherwise in the model"


def attentions(flat: Flat) -> None:
    """Change the list in place."""
    for core in [step for step in flat.steps if step.operation == "sdpa"]:
        _Form(flat, core).write()


@dataclass(slots=True, eq=False)
class Source:
    """Where queries, keys or values come from: a projection, and the part of it."""

    projection: Step
    part: int
    parts: int
    norm: Step | None
    heads: int
    """How many heads the part has: fewer than the queries, where each is read by several of them."""
    turn: Turn | None = None
    """How rotary positions turn it."""
    bias: Step | None = None
    """A bias that is added by itself, put together of several."""
    interleaved: bool = False
    """Whether the parts of the projection stand head by head."""


class _Form:
    def __init__(self, flat: Flat, core: Step) -> None:
        self.flat, self.core = flat, core
        self.made, self.uses, self.shapes = flat.made(), flat.uses(), flat.shapes()
        self.inside: set[int] = {core.number}
        self.packed: dict[int, Step] = {}

    def write(self) -> None:
        if not self._is_usual():
            return
        last = self._last()
        sources = [self._source(number) for number in self.core.inputs[:3]]
        if last is None or any(source is None for source in sources):
            return
        query, key, value = (source for source in sources if source is not None)
        steps = list({id(row.projection): row.projection for row in (query, key, value)}.values())
        names = [step.key.rpartition(".") if step.key else ("", "", "") for step in (*steps, last)]
        owner = names[0][0]
        # An attention of the root would be a step whose key is empty: written out, its layers keep theirs.
        if not owner or any(name[0] != owner or not name[2] for name in names) or any(step.shared for step in (*steps, last)):
            return
        enters = [query.projection.inputs[0], key.projection.inputs[0]]
        if value.projection.inputs[0] != enters[1] or self._form(query, key, value) is None:
            return
        features = self.shapes[enters[0]][-1]
        heads, size = self.core.shape[-3], self.shapes[self.core.inputs[0]][-1]
        if self.shapes[enters[1]][-1] != features or last.shape[-1] != features:
            return
        arguments: dict[str, Plain] = {"heads": heads, "bias": last.arguments["bias"], "keys": [name[2] for name in names]}
        if "dropout" in self.core.arguments:
            arguments["dropout"] = self.core.arguments["dropout"]
        biases = {bool(step.arguments["bias"]) for step in steps}
        split = self._split_bias(query, key, value, owner)
        if split is None or len(biases) > 1:
            return
        arguments["qkv_bias"] = "qv" if split else None if biases == {last.arguments["bias"]} else biases.pop()
        if heads * size != features:
            arguments["head_size"] = size
        if key.heads != heads:
            arguments["groups"] = key.heads
        arguments["interleaved"] = query.interleaved
        if query.turn is not None:
            base = query.turn.base
            part = query.turn.size if query.turn.size < size else None
            arguments |= {"rotary": int(base) if base.is_integer() else base, "pairs": query.turn.pairs, "rotary_size": part}
        scale = self.core.arguments.get("scale")
        if isinstance(scale, int | float) and not isclose(scale, size**-0.5, rel_tol=1e-6):
            arguments["scale"] = scale
        if self.packed:  # it has no other names, and nothing else
            if (
                [name[2] for name in names] != [PACKED, "out_proj"]
                or arguments["qkv_bias"] is not None
                or heads * size != features
                or not arguments.keys().isdisjoint(("scale", "groups", "rotary"))
            ):
                return
            arguments.pop("keys")
        norm = self._norm(query, key, value, owner)
        if norm is None:
            return
        arguments["causal"] = bool(self.core.arguments.get("causal"))
        arguments["norm"] = norm or None
        inputs = enters[:1] if enters[0] == enters[1] else enters
        if len(self.core.inputs) > 3:
            mask = self._bias(self.core.inputs[3], owner, arguments)
            if mask is not None:
                arguments["mask"] = True
                inputs = [*inputs, mask]
        if self._is_read_elsewhere(last) or self._has_others(owner, last):
            return
        if any(step.arguments.get("init", "default") != "default" for step in (*steps, last)):
            self.flat.notes.append(OTHER_STARTS)
        last.operation, last.arguments, last.inputs, last.key = "attention", arguments, inputs, owner
        self.flat.prune()

    def _is_usual(self) -> bool:
        query, key, value = (self.shapes[number] for number in self.core.inputs[:3])
        # Keys and values may have fewer heads, each for several of the queries.
        return len(query) > 2 and query[:-3] == key[:-3] and key[:-2] == value[:-2] and query[-3] % key[-3] == 0

    def _last(self) -> Step | None:
        """The projection of the answer, with all heads side by side."""
        number, chain = self.core.number, list[Step]()
        while True:
            readers = [step for step in self.flat.steps if number in step.inputs]
            if len(readers) != 1 or self.uses[number] != 1:
                return None
            step = readers[0]
            if step.operation == "linear":
                break
            if not is_view(step):
                return None
            chain.append(step)
            number = step.number
        *lead, heads, length, size = self.core.shape
        wanted = numbered(self.core.shape).transpose(-3, -2).reshape(*lead, length, heads * size)
        found = moved(chain, numbered(self.core.shape))
        if not _equal(found, wanted):
            return None
        self.inside |= {row.number for row in chain}
        return step

    def _source(self, number: int) -> Source | None:
        root, after = back(self.made, number)
        # Turned by its positions, or repeated for several heads of queries: no view, but a linear map all the same.
        changed = before_turn(self.made, number) if (step := self.made.get(root)) is not None and step.operation in LINEAR else None
        root, after = changed or (root, after)
        norm = self.made.get(root)
        before: list[Step] = []
        if norm is not None and norm.operation in ("ln", "rms_norm"):
            root, before = back(self.made, norm.inputs[0])
            self.inside.add(norm.number)
        else:
            norm = None
        begin = root
        bias, step = None, self.made.get(root)
        if step is not None and step.operation == "add" and len(step.inputs) == 2:
            bias = self.made.get(step.inputs[1])
            self.inside.add(step.number)
            step = self.made.get(step.inputs[0])
        if step is not None and step.operation == "matmul":
            step, bias = self._packed(step, bias), None
        if step is None or step.operation != "linear" or len(step.shape) < 2:
            return None
        self.inside |= {step.number, *(row.number for row in (*before, *after))}
        heads, size = self.shapes[number][-3], self.shapes[number][-1]
        places = numbered(step.shape) if changed is None else probe(step.shape)
        found = mapped(begin, before, places)
        found = mapped(begin if norm is None else norm.number, after, found)
        for parts in (1, 2, 3):
            own, rest = divmod(step.shape[-1], parts * size)
            if rest or heads % own:
                continue
            cut = places.reshape(*step.shape[:-1], parts, own, size)
            by_head = places.reshape(*step.shape[:-1], own, parts, size).transpose(-3, -2)
            for rows, part in itertools.product((cut, by_head) if parts == 3 and own == heads else (cut,), range(parts)):
                plain = rows.select(-3, part).transpose(-3, -2)
                if not _begins_as(found[..., :: heads // own, :, :], plain):
                    continue
                plain = plain if heads == own else plain.repeat_interleave(heads // own, -3)
                if _equal(found, plain):
                    return Source(step, part, parts, norm, own, None, bias, rows is by_head)
                if changed is not None and found.shape == plain.shape and (turn := turn_of(found, plain)) is not None:
                    return Source(step, part, parts, norm, own, turn, bias, rows is by_head)
        return None

    def _packed(self, step: Step, bias: Step | None) -> Step | None:
        """The projection of PyTorch's own attention, whose weights are no layer's: a product with `in_proj_weight`."""
        if step.number in self.packed:
            return self.packed[step.number]
        weight = self.made.get(back(self.made, step.inputs[1])[0])
        added = None if bias is None else self.made.get(back(self.made, bias.number)[0])
        owner = "" if weight is None else (weight.key or "").rpartition(".")[0]
        if weight is None or weight.key != f"{owner}.in_proj_weight" or (added is not None and added.key != f"{owner}.in_proj_bias"):
            return None
        arguments: dict[str, Plain] = {"bias": added is not None}
        found = Step(step.number, "linear", arguments, step.inputs[:1], step.shape, step.path, f"{owner}.{PACKED}")
        self.packed[step.number] = found
        return found

    def _form(self, query: Source, key: Source, value: Source) -> str | None:
        """One projection for all, one for queries and one for the others, or three."""
        parts = [(row.part, row.parts) for row in (query, key, value)]
        one, two, three = (row.projection for row in (query, key, value))
        heads = self.core.shape[-3]
        if query.heads != heads or key.heads != value.heads or query.turn != key.turn or value.turn is not None:
            return None
        if query.interleaved != key.interleaved or key.interleaved != value.interleaved:
            return None  # of one head both orders are one
        if parts == [(0, 3), (1, 3), (2, 3)] and one is two is three:
            return "all"
        if parts == [(0, 1), (0, 2), (1, 2)] and two is three and one is not two:
            return "pair"
        if parts == [(0, 1)] * 3 and len({id(one), id(two), id(three)}) == 3:
            return "apart"
        return None

    def _split_bias(self, query: Source, key: Source, value: Source, owner: str) -> bool | None:
        """Whether queries and values have a bias and keys none (BEiT); None where there is another."""
        if query.bias is None and key.bias is None and value.bias is None:
            return False
        row = query.bias
        if row is None or not (query.bias is key.bias is value.bias) or row.operation not in ("concat", "reshape"):
            return None
        _, views = back(self.made, row.number)
        row = self.made[views[0].inputs[0]] if views else row
        rows = [self.made.get(back(self.made, number)[0]) for number in row.inputs]
        if row.operation != "concat" or len(rows) != 3 or any(step is None for step in rows):
            return None
        first, middle, last = (step for step in rows if step is not None)
        keys = [first.key, last.key] == [f"{owner}.q_bias", f"{owner}.v_bias"]
        return True if keys and middle.operation == "constant" and middle.arguments["value"] == 0 else None

    def _norm(self, query: Source, key: Source, value: Source, owner: str) -> str | None:
        """The word for the norm of queries and keys, "" where there is none; None where there is no word."""
        norms = [row.norm for row in (query, key, value)]
        if norms == [None, None, None]:
            return ""
        first, second, third = norms
        if first is None or second is None or third is not None or first.operation != second.operation:
            return None
        size = self.shapes[self.core.inputs[0]][-1]
        keys = [first.key, second.key] == [f"{owner}.q_norm", f"{owner}.k_norm"]
        told = all(row.arguments["eps"] == EPS and row.arguments["affine"] and row.shape[-1] == size for row in (first, second))
        return {"ln": "ln", "rms_norm": "rms"}[first.operation] if keys and told else None

    def _bias(self, number: int, owner: str, arguments: dict[str, Plain]) -> int | None:
        """What is added to the logits: a bias by distance that is the attention's own becomes an argument; what is left over is told."""
        step = self.made.get(back(self.made, number)[0])
        if step is None:
            return number
        if self._relative(step, owner, arguments):
            return None
        if step.operation == "add" and len(step.inputs) == 2:
            for place, source in enumerate(step.inputs):
                part = self.made.get(back(self.made, source)[0])
                if part is not None and self._relative(part, owner, arguments):
                    return self._with_rank(step.inputs[1 - place], len(self.shapes[number]))
        return number

    def _with_rank(self, number: int, rank: int) -> int:
        """A mask without leading axes of 1, of which the sum that it was part of had more."""
        shape = self.shapes[number]
        if len(shape) <= rank or set(shape[: len(shape) - rank]) != {1}:
            return number
        shape = shape[len(shape) - rank :]
        last = max(self.shapes) + 1
        place = next(place for place, step in enumerate(self.flat.steps) if step is self.core)
        self.flat.steps.insert(place, Step(last, "reshape", {"shape": list(shape)}, [number], shape, self.core.path))
        return last

    def _relative(self, step: Step, owner: str, arguments: dict[str, Plain]) -> bool:
        own = step.operation == "relative_bias" and step.key == f"{owner}.relative_position_bias_table"
        if not own or step.arguments.get("heads_first") or step.arguments["heads"] != arguments["heads"]:
            return False
        if step.arguments.get("std", 0.02) != 0.02:
            self.flat.notes.append(OTHER_STARTS)
        index = self.flat.stored.get(f"{owner}.relative_position_index")
        arguments["window"] = step.arguments["window"]
        arguments["class_token"] = bool(step.arguments.get("class_token"))
        arguments["index"] = None if index is None else "flat" if len(index) == 1 else "square"
        return True

    def _has_others(self, owner: str, last: Step) -> bool:
        """Whether the module has other weights than those of the attention, which is a step and no scope."""
        own = {f"{owner}.{name}" for name in ("relative_position_bias_table", "q_bias", "v_bias", "in_proj_weight", "in_proj_bias")}
        others = {step.key for step in self.flat.steps if step.key and step.number not in self.inside and step is not last} - own
        return any(f"{key}.".startswith(f"{owner}.") for key in others)

    def _is_read_elsewhere(self, last: Step) -> bool:
        reads = [number for _, number in (*self.flat.outputs, *self.flat.side_outputs)]
        for step in self.flat.steps:
            if step.number not in self.inside and step is not last:
                reads += step.inputs
        return any(number in self.inside for number in reads)


def _begins_as(found: torch.Tensor, plain: torch.Tensor) -> bool:
    """Whether the first position is the same, which no turn changes: all positions of a large image are many numbers to compare."""
    return found.shape == plain.shape and torch.allclose(found[..., 0, :].double(), plain[..., 0, :].double(), atol=1e-3)


def _equal(one: torch.Tensor, other: torch.Tensor) -> bool:
    return one.shape == other.shape and torch.equal(one, other)
