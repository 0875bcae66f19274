"""What a body gives, without a shape: which operation works on what, and with whose weights. Two bodies that give the same are one network."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import field
from typing import Final

from ...base.records import dataclass
from ..ops import TABLE
from ..ops.base import Operation
from ..ops.foreign_names import same_as


class Unread(Exception):
    """What a text means is not certain."""


@dataclass(frozen=True, slots=True)
class Round:
    """Where a loop stands, as a part of a place."""

    number: int


@dataclass(frozen=True, slots=True)
class Named:
    """A label, as a part of a place: the layers in it have its key."""

    name: str


@dataclass(frozen=True, slots=True, eq=False)
class Value:
    """What an operation makes of others. `site` tells whose weights it has, `number` is that of a `scale` or an `offset`."""

    operation: str
    inputs: tuple[Value, ...] = ()
    site: object = None
    number: float | None = None


_ALIKE: Final = {
    "reshape": ("flatten", "image", "tokens"),
    "mean": ("reduce", "global_avgpool"),
    "sum": ("reduce",),
    "maximum": ("reduce",),
    "minimum": ("reduce",),
    "std": ("reduce",),
    "norm": ("reduce",),
    "adaptive_avgpool": ("global_avgpool",),
    "adaptive_maxpool": ("global_maxpool",),
    "transpose": ("permute", "tokens"),
    "swapaxes": ("permute", "tokens"),
    "permute": ("tokens",),
    "conv": ("dwconv",),
    "flatten": ("rearrange", "tokens"),
}
"""What a call of another library may be here, by the name that its operation has here."""

_IN_ANY_NESTING: Final = ("add", "mul")
_BY_CHANCE: Final = ("dropout", "drop_path", "dropblock")
_LAST_STATE: Final = ("lstm", "gru")


def named(word: str) -> str:
    """The operation that is called by a word, here or elsewhere."""
    last = word.rpartition(".")[2]
    return word if word in TABLE else same_as(word) or same_as(f"torch.{last}") or last


def same(these: Sequence[Value], those: Sequence[Value]) -> bool:
    """Whether `those`, as steps, give what `these` give, as they were written elsewhere."""
    try:
        return Comparison().all(these, those)
    except RecursionError:
        return False


@dataclass(slots=True, eq=False)
class Comparison:
    """Goes through both at once. What has weights, or draws numbers, has one partner on the other side."""

    known: dict[tuple[int, int], bool] = field(default_factory=dict)
    theirs: dict[object, object] = field(default_factory=dict)
    ours: dict[object, object] = field(default_factory=dict)

    def all(self, these: Sequence[Value], those: Sequence[Value]) -> bool:
        return len(these) == len(those) and all(self.same(*pair) for pair in zip(these, those, strict=True))

    def same(self, this: Value, that: Value) -> bool:
        key = id(this), id(that)
        if key not in self.known:
            self.known[key] = self._same(this, that)
        return self.known[key]

    def _same(self, this: Value, that: Value) -> bool:
        if that.operation == "select" and this.operation in _LAST_STATE:
            that = that.inputs[0]
        if this.operation in ("permute", "transpose", "swapaxes") and that.operation == "tokens" and this.inputs[0].operation == "flatten":
            this = this.inputs[0]  # `x.flatten(2).transpose(1, 2)`
            return self.all(this.inputs, that.inputs)
        if this.operation != that.operation and that.operation not in _ALIKE.get(this.operation, ()):
            return False
        if this.number != that.number or not self._is_partner(this, that):
            return False
        if this.operation in _IN_ANY_NESTING:
            return self.all(list(_flat(this, this.operation)), list(_flat(that, this.operation)))
        return self.all(this.inputs, that.inputs)

    def _is_partner(self, this: Value, that: Value) -> bool:
        if that.operation in _BY_CHANCE:
            mine: object = id(this)
            other: object = id(that)
        elif _has_weights(that.operation):
            mine, other = this.site, that.site
        else:
            return True
        if _rounds(this.site) != _rounds(that.site) or _label(this.site) not in (None, _label(that.site)):
            return False  # in a loop each round has its own; a layer keeps its key
        return self.theirs.setdefault(mine, other) == other and self.ours.setdefault(other, mine) == mine


def _rounds(site: object) -> int:
    return sum(isinstance(part, Round) for part in site) if isinstance(site, tuple) else 0


def _label(site: object) -> str | None:
    return next((part.name for part in reversed(site) if isinstance(part, Named)), None) if isinstance(site, tuple) else None


def _flat(value: Value, operation: str) -> Iterator[Value]:
    for part in value.inputs:
        if part.operation == operation:
            yield from _flat(part, operation)
        else:
            yield part


def _has_weights(operation: str) -> bool:
    """Of what is no operation of the language, a block for one, it is taken for granted."""
    if operation in ("input", "entry"):
        return False
    return operation not in TABLE or TABLE[operation].weights is not Operation.weights
