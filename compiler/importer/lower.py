"""A trace becomes steps of the language. Two runs, with batches of 2 and 3, tell which axis of each tensor is the batch's."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from math import prod
from typing import Any

from torch import nn

from ...base.records import dataclass
from .flat_steps import Flat, Input, Missing, Plain, Step
from .inits import Start, word_of
from .trace import Call, Ref, Trace
from .words import free_name

BATCHES = (2, 3)
"""The batch sizes of the two runs."""


class Unsaid(Exception):
    """The language has no word for a call, or not for these arguments of it."""


@dataclass(frozen=True, slots=True)
class Data:
    """A tensor that depends on the input. `batch` is the axis of the batch, which holds `fold` rows an image."""

    number: int
    shape: tuple[int, ...]
    batch: int
    fold: int = 1

    @property
    def bare(self) -> tuple[int, ...]:
        """The shape without the batch; rows that are folded into it stand in its place."""
        middle = (self.fold,) if self.fold > 1 else ()
        return self.shape[: self.batch] + middle + self.shape[self.batch + 1 :]

    def axis(self, number: int) -> int:
        """An axis of torch's as one of `bare`."""
        number += len(self.shape) if number < 0 else 0
        if number == self.batch:
            if self.fold > 1:
                return number
            raise Unsaid("an operation along the batch")
        return number if number < self.batch else number - 1 + (self.fold > 1)

    @property
    def is_clean(self) -> bool:
        """Whether the batch stands first and alone, as convolutions want it."""
        return self.batch == 0 and self.fold == 1


@dataclass(frozen=True, slots=True)
class Fixed:
    """A tensor that does not depend on the input: a parameter (with what was done to it), or a constant."""

    key: str
    shape: tuple[int, ...]
    is_learned: bool
    done: tuple[str, ...] = ()
    whole: tuple[int, ...] = ()
    """The shape of the parameter itself."""


Known = Data | Fixed


class Lowering:
    """The state: what each tensor of the trace is, and the steps so far."""

    def __init__(self, traces: Sequence[Trace], modules: dict[str, nn.Module], starts: dict[str, Start]) -> None:
        self.trace, self.other, *wider = traces
        self.wider = next(iter(wider), None)
        """A run of a larger image, where there is one that calls the same functions: it tells which sizes follow the input."""
        if self.wider is not None and [call.function for call in self.wider.calls] != [call.function for call in self.trace.calls]:
            self.wider = None
        self.modules, self.starts = modules, starts
        self.known: dict[int, Known] = {}
        self.flat = Flat()
        self.keys: set[str] = set()
        self.extra = len(self.trace.values)
        self.with_weights = {path for path, module in modules.items() if next(module.parameters(), None) is not None}
        self.call: Call | None = None

    # ----------------------------------------------------------------------------------- the run

    def run(self) -> Flat:
        same = len(self.trace.values) == len(self.other.values) and all(
            one.function == two.function for one, two in zip(self.trace.calls, self.other.calls, strict=False)
        )
        if not same:
            raise Unsaid("what the model does depends on the size of the batch")
        # An input is a label beside the modules of the root.
        taken = {path.partition(".")[0] for path in self.modules}
        for ref in self.trace.inputs:
            value = self.trace.values[ref.number]
            data = self._data(ref.number)
            name = free_name(value.name if value.name.isidentifier() and value.name != "input" else "x", taken)
            taken.add(name)
            self.flat.inputs.append(Input(ref.number, name, data.bare, not value.dtype.is_floating_point))
            self.known[ref.number] = data
        for call in self.trace.calls:
            self._one(call)
        for name, ref in self.trace.outputs:
            found = self.of(ref)
            if isinstance(found, Data):
                self.flat.outputs.append((name, found.number))
            else:
                self.flat.notes.append(f"the output {name or 'of the model'} does not depend on the input: left out")
        self.flat.prune()  # what is missing elsewhere is no matter
        return self.flat

    def _one(self, call: Call) -> None:
        self.call = call
        inputs = [self.of(ref) for ref in call.refs()]
        if not any(isinstance(row, Data) for row in inputs):
            self._fixed(call, [row for row in inputs if isinstance(row, Fixed)])
            return
        name = plain_name(call.function)
        try:
            handler = TABLE.get(name)
            if handler is None:
                raise Unsaid(f"`{name}`")
            handler(self, call)
        except Unsaid as reason:
            self.flat.missing.append(Missing(str(reason), call.path, call.line))
            for ref in call.results:
                self.known.setdefault(ref.number, self._data(ref.number))

    def _fixed(self, call: Call, inputs: list[Fixed]) -> None:
        first = next((row for row in inputs if row.is_learned), None)
        for ref in call.results:
            shape = self.trace.values[ref.number].shape
            if first is not None:
                self.known[ref.number] = Fixed(first.key, shape, True, (*first.done, plain_name(call.function)), first.whole)
            else:
                self.known[ref.number] = Fixed("", shape, False, (plain_name(call.function),))

    # ------------------------------------------------------------------------------- what is known

    def of(self, ref: Ref) -> Known:
        found = self.known.get(ref.number)
        if found is None:
            value = self.trace.values[ref.number]
            found = self.known[ref.number] = Fixed(value.name, value.shape, value.source == "parameter", (), value.shape)
        return found

    def data(self, value: object) -> Data:
        found = self.of(value) if isinstance(value, Ref) else None
        if not isinstance(found, Data):
            raise Unsaid("a tensor that does not depend on the input where the language wants one that does")
        return found

    def _data(self, number: int) -> Data:
        """The batch's axis and rows of a tensor, from its sizes in the two runs."""
        one, two = self.trace.values[number].shape, self.other.values[number].shape
        axes = [axis for axis, sizes in enumerate(zip(one, two, strict=True)) if sizes[0] != sizes[1]] if len(one) == len(two) else []
        if len(axes) != 1 or one[axes[0]] % BATCHES[0] or one[axes[0]] // BATCHES[0] * BATCHES[1] != two[axes[0]]:
            return Data(number, one, 0, 1)
        return Data(number, one, axes[0], one[axes[0]] // BATCHES[0])

    def wide(self, number: int) -> tuple[int, ...] | None:
        """The shape of a tensor in the run of the larger image, as `bare`."""
        data = self._data(number)
        if self.wider is None or len(self.wider.values[number].shape) != len(data.shape):
            return None
        shape = self.wider.values[number].shape
        fold = shape[data.batch] // BATCHES[0]
        return replace(data, shape=shape, fold=fold).bare if (fold > 1) == (data.fold > 1) else None

    def result(self, call: Call, index: int = 0) -> Data:
        return self._data(call.results[index].number)

    # ---------------------------------------------------------------------------------- what it makes

    def emit(
        self, call: Call, operation: str, arguments: dict[str, Plain], inputs: Sequence[Data], key: str | None = None, index: int = 0
    ) -> None:
        """The step whose output is the call's result."""
        made = self.result(call, index)
        self.known[call.results[index].number] = made
        self._add(made.number, operation, arguments, [row.number for row in inputs], made.bare, key)

    def between(
        self, operation: str, arguments: dict[str, Plain], inputs: Sequence[Data], shape: tuple[int, ...], key: str | None = None
    ) -> Data:
        """A step that the trace does not have: part of a call that takes several. `shape` is without the batch."""
        self.extra += 1
        self._add(self.extra, operation, arguments, [row.number for row in inputs], shape, key)
        return Data(self.extra, (1, *shape), 0)

    def _add(
        self, number: int, operation: str, arguments: dict[str, Plain], inputs: list[int], shape: tuple[int, ...], key: str | None
    ) -> None:
        assert self.call is not None
        shared = key is not None and key in self.keys
        if key is not None:
            self.keys.add(key)
        again = next((f"{path}@{visit}" for path, visit in self.call.stack if visit > 1 and path in self.with_weights), None)
        self.flat.steps.append(Step(number, operation, arguments, inputs, shape, self.call.path, key, shared, again))

    def alias(self, call: Call, source: Data, index: int = 0) -> None:
        """The result is the source itself (its batch may stand elsewhere)."""
        made = self.result(call, index)
        if made.bare != source.bare:
            raise Unsaid("a change of axes across the batch")
        self.known[call.results[index].number] = replace(made, number=source.number)

    def start(self, key: str, has_bias: bool) -> dict[str, Plain]:
        """How a layer's weight starts."""
        word, deviation = word_of(self.starts, key, has_bias)
        return {"init": word, "std": deviation}

    def factor(self, key: str) -> dict[str, Plain]:
        """What a scale starts at, where all of it is one number."""
        home, _, last = key.rpartition(".")
        value = getattr(self.modules[home], last).detach()
        if value.is_meta or not value.numel() or bool((value != value.flatten()[0]).any()):
            return {}
        return {"init": float(f"{float(value.flatten()[0]):.7g}")}

    def key(self, *weights: object) -> str:
        """The module that keeps these weights, whose last names are `weight` and `bias`."""
        found = ""
        for name, weight in zip(("weight", "bias", "running_mean", "running_var"), weights, strict=False):
            if weight is None:
                continue
            row = self.of(weight) if isinstance(weight, Ref) else None
            if not isinstance(row, Fixed) or row.done or not row.key:
                raise Unsaid(f"a {name} that is computed from others")
            head, _, last = row.key.rpartition(".")
            if last != name:
                raise Unsaid(f"a {name} with the name `{last}`")
            if found and found != head:
                raise Unsaid("weights of two modules in one call")
            found = head
        return found


def plain_name(name: str) -> str:
    """`__iadd__` and `add_` are `add`."""
    bare = name.strip("_")
    if name.startswith("__") and bare[:1] in "ir" and bare[1:] in ("add", "mul", "sub", "truediv", "div", "matmul", "pow"):
        return bare if bare[0] == "r" and bare[1:] in ("sub", "truediv", "div", "matmul", "pow") else bare[1:]
    return bare


def bind(call: Call, names: str, **defaults: Any) -> dict[str, Any]:
    """A call's arguments by name."""
    found = dict(defaults)
    words = names.split()
    found.update(zip(words, call.arguments, strict=False))
    found.update(call.keywords)
    return found


def spread(size: Any, rank: int) -> tuple[int, ...]:
    """A size over `rank` axes."""
    if isinstance(size, list | tuple):
        return tuple(size) * rank if len(size) == 1 else tuple(size)
    return (size,) * rank


def one(sizes: Sequence[int]) -> Plain:
    """A size as the language has it: one number where all are equal."""
    return sizes[0] if len(set(sizes)) == 1 else tuple(sizes)


Handler = Callable[[Lowering, Call], None]
TABLE: dict[str, Handler] = {}


def lowers(*names: str) -> Callable[[Handler], Handler]:
    """Register what lowers calls of these names."""

    def register(handler: Handler) -> Handler:
        for name in names:
            assert name not in TABLE, name
            TABLE[name] = handler
        return handler

    return register


def elements(shape: Sequence[int]) -> int:
    return prod(shape)
