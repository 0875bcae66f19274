"""A trace becomes steps of the language. Two runs, with batches of 2 and 3, tell which axis of each tensor is the batch's."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import replace
from math import prod
from typing import Any

import torch
from torch import nn

from ..runtime.starts import Start
from .activations_by_value import WORDLESS, activations
from .fixed_values import Values
from .flat_steps import Flat, Input, Lies, Missing, Plain, Step, Word
from .inits import constant_of, has_other_bias, has_zero_bias, is_said, is_set_bias, lecun, tensor_start, word_of
from .known import BATCHES, IN_ORDER, Data, Fixed, Known, matters, plain_name
from .lower_fixed import beside, flowing, scalar
from .one_number import with_an_axis
from .one_way import one_way
from .said_call import said
from .tensor_starts import tensor_starts
from .traced import Call, Ran, Ref, Trace
from .unkept import refuse_unkept, unkept
from .unsaid import DRAWS, NO_CHANCE, Bound, Unsaid
from .words import RESERVED, first_keys, free_name, is_name

MISSING = "?"
"""What stands for an operation that the language lacks, until it is known whether anything depends on it."""


CASTS = frozenset(("to", "float", "half", "bfloat16", "type", "type_as"))
"""What changes the kind of a weight's numbers alone."""


class Lowering:
    """The state: what each tensor of the trace is, and the steps so far."""

    def __init__(
        self,
        traces: Sequence[Trace],
        modules: dict[str, nn.Module],
        starts: dict[str, Start],
        has_one_size: bool = False,
        later: frozenset[str] = frozenset(),
    ) -> None:
        self.trace, self.other, *wider = traces
        self.wider = next(iter(wider), None)
        """A run of a larger image, where there is one that calls the same functions: it tells which sizes follow the input."""
        if self.wider is not None and [call.function for call in self.wider.calls] != [call.function for call in self.trace.calls]:
            self.wider = None
        self.has_one_size = has_one_size
        """Whether it is a program that takes no larger image, whatever a run of one says."""
        self.modules, self.starts = modules, starts
        self.known: dict[int, Known] = {}
        self.flat = Flat()
        self.keys: dict[str, Step] = {}
        """The modules whose weights were used, each with the step that used them first."""
        self.extra = len(self.trace.values)
        self.with_weights = {path for path, module in modules.items() if next(module.parameters(), None) is not None}
        self.call: Call | None = None
        self.values, self.unkept = Values(self.trace, modules, later), unkept(self.trace)
        self.flat.stored = {key: tuple(value.shape) for key, value in modules[""].state_dict().items()}
        self.stored = frozenset(self.flat.stored)
        self.made: dict[int, Data] = {}
        """Tensors that are one for the whole batch, as far as steps make them."""
        self.reads = Counter(ref.number for call in self.trace.calls for ref in call.refs())
        self.tied = _tied(self.trace)
        self.alone = False
        """Whether such a tensor is in the making."""
        self.image: tuple[int, Data] | None = None
        """Where a layer of images makes it: what it takes, as an image of its own."""
        self.pieces: dict[tuple[int, int], list[Any]] = {}
        """Of tensors that were written over in parts, along an axis: what stands in each (`written_parts.Piece`)."""
        self.rows: dict[int, tuple[int, Data]] = {}
        """Rows that were written into one place of an axis, as they were without it, by what they are with it."""
        self.biased: dict[str, None] = {}
        self.unsaid: dict[str, None] = {}
        """Layers whose weights start by a word, and whose biases start at 0 with it, which the model's do not."""

    # ----------------------------------------------------------------------------------- the run

    def run(self) -> Flat:
        one_way(self.trace, self.other)
        # An input is a label beside the modules of the root. It may be the name of an operation, as `image` is.
        taken = {path.partition(".")[0] for path in self.modules}
        for ref in self.trace.inputs:
            value = self.trace.values[ref.number]
            data = self._data(ref.number)
            own = value.name if value.name.isidentifier() and value.name not in RESERVED else "x"
            name = own if own == value.name and is_name(own) and own not in taken else free_name(own, taken)
            if own in taken and own == value.name:
                self.flat.notes.append(f"the input `{own}` is called `{name}` here: a part of the model has its name")
            taken.add(name)
            is_truth = value.dtype == torch.bool
            self.flat.inputs.append(Input(ref.number, name, data.bare, not value.dtype.is_floating_point and not is_truth))
            if is_truth:
                self.flat.notes.append(f"the input `{name}` holds truths in the model, and 1 and 0 here")
            self.known[ref.number] = data
            self._tell_how_it_lies("input", name, data)
        for call in self.trace.calls:
            self._one(call)
        for place, (name, ref) in enumerate(self.trace.outputs):
            told = self.of(ref)
            if isinstance(told, Data):
                self.flat.outputs.append((name, told.number))
                self.flat.lies.append(Lies(place, told.batch, told.fold, bool(told.bare)))
                self._tell_how_it_lies("output", name, told)
            else:
                self.flat.notes.append(f"the output {name or 'of the model'} {self._why_left_out(ref)}: left out")
        for path, rows in self.trace.given.items():
            found = [(name, place, self.known.get(ref.number)) for name, place, ref in rows]
            self.flat.given[path] = [(name, place, row.number) for name, place, row in found if isinstance(row, Data)]
        self.flat.read = frozenset(value.name for value in self.trace.values if value.source in ("parameter", "buffer"))
        self.flat.prune()
        with_an_axis(self.flat)
        if wordless := {number: row.function for row in self.flat.missing if row.function in WORDLESS for number in row.made}:
            activations(self.flat, wordless)
        wanted = {step.number for step in self.flat.steps if step.operation == MISSING}
        self.flat.missing = [row for row in self.flat.missing if wanted & set(row.made)]  # what is missing elsewhere is no matter
        self.unsaid |= tensor_starts(self.flat, self.starts, self.number_of)
        if self.unsaid:
            self.flat.notes.append(f"learned tensors start here as their words do, and otherwise in the model: {first_keys(self.unsaid)}")
        if self.trace.with_gradients:
            names = ", ".join(f"`{name}`" for name in self.trace.with_gradients)
            self.flat.notes.append(f"gradients go back through {names} in a way of the model's own, and here through its steps")
        if self.biased:
            self.flat.notes.append(f"biases start at 0 here, and in the model as PyTorch starts them: {first_keys(self.biased)}")
        return self.flat

    def _tell_how_it_lies(self, what: str, name: str, data: Data) -> None:
        """Say where a tensor of the model lies in another way than the language's."""
        which = f"the {what} `{name}`" if name else f"the {what}"
        if not data.bare:
            self.flat.notes.append(f"{which} is [batch] in the model, and [batch, 1] here")
        elif data.fold > 1:
            self.flat.notes.append(
                f"{which} has {data.fold} rows an image in axis {data.batch} in the model, which are an axis of their own here"
            )
        elif data.batch:
            self.flat.notes.append(f"{which} has the batch in axis {data.batch} in the model, and first here")

    def _one(self, call: Call) -> None:
        self.call = call
        inputs = [self.of(ref) for ref in matters(call)]
        if not any(isinstance(row, Data) for row in inputs):
            self._fixed(call, [row for row in inputs if isinstance(row, Fixed)])
            return
        try:
            self.handle(call)
        except Unsaid as reason:
            made = tuple(ref.number for ref in call.results)
            self.flat.missing.append(
                Missing(
                    str(reason),
                    call.path,
                    call.line,
                    made,
                    plain_name(call.function),
                    _ran(self.trace, call),
                    self.trace.ran.get(call.path),
                    None if self.wider is None else _ran(self.wider, call),
                    None if self.wider is None else self.wider.ran.get(call.path),
                    said(call),
                    reason.help,
                )
            )
            sources = [row.number for row in inputs if isinstance(row, Data)]
            for number in made:
                self.known.setdefault(number, self._data(number))
                self.flat.steps.append(Step(number, MISSING, {}, sources, self.trace.values[number].shape, call.path))

    def handle(self, call: Call) -> None:
        """Lower a call by its name."""
        refuse_unkept(call, self.unkept)
        name = plain_name(call.function)
        is_complex = any(self.trace.values[ref.number].dtype.is_complex for ref in (*call.refs(), *call.results))
        handler = TABLE.get(f"complex {name}" if is_complex else name)
        if handler is None:
            told = f"`{name}`{' of complex numbers' if is_complex and name in TABLE else ''}"
            raise Unsaid(f"{told}, which draws random numbers", NO_CHANCE) if name in DRAWS else Unsaid(told)
        handler(self, call)

    def _fixed(self, call: Call, inputs: list[Fixed]) -> None:
        first = next((row for row in inputs if row.is_learned), None)
        for ref in call.results:
            shape = self.trace.values[ref.number].shape
            if first is not None and first is inputs[0] and plain_name(call.function) in CASTS:
                self.known[ref.number] = first  # the run is in float32
            elif first is not None:
                done = (*first.done, plain_name(call.function))
                is_itself = len(inputs) == 1 and shape == first.whole and IN_ORDER.issuperset(done)
                self.known[ref.number] = Fixed(first.key, shape, True, () if is_itself else done, first.whole)
            else:
                self.known[ref.number] = Fixed("", shape, False, (plain_name(call.function),))

    # ------------------------------------------------------------------------------- what is known

    def _why_left_out(self, ref: Ref) -> str:
        made = self.trace.values[ref.number].call
        beside = made is not None and any(isinstance(self.known.get(row.number), Data) for row in made.results)
        return (
            f"is what `{made.function}` gives beside its answer, for which there is no word"
            if made and beside
            else "does not depend on the input"
        )

    def of(self, ref: Ref) -> Known:
        found = self.known.get(ref.number)
        if found is None:
            value = self.trace.values[ref.number]
            found = self.known[ref.number] = Fixed(value.name, value.shape, value.source == "parameter", (), value.shape)
        return found

    def data(self, value: object) -> Data:
        if not isinstance(value, Ref):
            raise Unsaid("a number where the language wants a tensor")
        if self.image is not None and self.image[0] == value.number:
            return self.image[1]
        found = self.of(value)
        return found if isinstance(found, Data) else flowing(self, value.number)

    def operands(self, call: Call, *given: object) -> list[Data | float | int]:
        """Tensors and numbers that meet in one step: those that are one for the whole batch get the axes of the others."""
        rows: list[Data | float | int] = []
        for item in given:
            found = self.of(item) if isinstance(item, Ref) else item
            if isinstance(found, Fixed):
                assert isinstance(item, Ref)
                number = None if self.alone else scalar(self, found, item.number)
                rows.append(flowing(self, item.number) if number is None else number)
            elif isinstance(found, Data | int | float):
                rows.append(found)
            else:
                raise Unsaid(f"a {type(item).__name__} where the language wants a tensor or a number")
        like = next((row for row in rows if isinstance(row, Data) and not row.alone), None)
        if like is not None:
            return [beside(self, row, like) if isinstance(row, Data) else row for row in rows]
        most = max((len(row.bare) for row in rows if isinstance(row, Data)), default=0)
        return [self.of_rank(row, most) if isinstance(row, Data) else row for row in rows]

    def of_rank(self, row: Data, rank: int) -> Data:
        """A tensor with axes of size 1 in front, as PyTorch has it beside one of more axes."""
        shape = (1,) * (rank - len(row.bare)) + row.bare
        return row if shape == row.bare else self.between("reshape", {"shape": list(shape)}, [row], shape)

    def alone_shape(self, number: int) -> tuple[int, ...]:
        """The shape of a tensor that is one for the whole batch: 1 where it was stretched over it."""
        one, two = self.trace.values[number].shape, self.other.values[number].shape
        if len(one) != len(two):
            raise Unsaid("a fixed tensor whose axes depend on the batch")
        return tuple(size if size == other else size // BATCHES[0] for size, other in zip(one, two, strict=True))

    def _data(self, number: int) -> Data:
        """The batch's axis and rows of a tensor, from its sizes in the two runs."""
        one, two = self.trace.values[number].shape, self.other.values[number].shape
        axes = [axis for axis, sizes in enumerate(zip(one, two, strict=True)) if sizes[0] != sizes[1]] if len(one) == len(two) else []
        if len(axes) != 1 or one[axes[0]] % BATCHES[0] or one[axes[0]] // BATCHES[0] * BATCHES[1] != two[axes[0]]:
            return Data(number, one, 0, 1)
        return Data(number, one, axes[0], one[axes[0]] // BATCHES[0])

    def yet_to_come(self, number: int) -> Data | None:
        """A tensor that a later call makes."""
        return self._data(number) if self.trace.values[number].source == "call" else None

    def wide(self, number: int) -> tuple[int, ...] | None:
        """The shape of a tensor in the run of the larger image, as `bare`."""
        data = self._data(number)
        if self.wider is None or len(self.wider.values[number].shape) != len(data.shape):
            return None
        shape = self.wider.values[number].shape
        fold = shape[data.batch] // BATCHES[0]
        return replace(data, shape=shape, fold=fold).bare if (fold > 1) == (data.fold > 1) else None

    def result(self, call: Call, index: int = 0) -> Data:
        number = call.results[index].number
        if self.image is not None:
            return Data(number, self.alone_shape(number), 0)
        return Data(number, self.alone_shape(number), -1, alone=True) if self.alone else self._data(number)

    def tell(self, number: int, data: Data) -> None:
        """A tensor of the trace is this."""
        if self.alone:
            self.made[number] = data
        else:
            self.known[number] = data

    # ---------------------------------------------------------------------------------- what it makes

    def emit(
        self, call: Call, operation: str, arguments: dict[str, Plain], inputs: Sequence[Data], key: str | None = None, index: int = 0
    ) -> None:
        """The step whose output is the call's result."""
        made = self.result(call, index)
        if not self.alone and inputs and all(row.alone for row in inputs):
            raise Unsaid("a step of tensors that are one for the whole batch")
        self.tell(call.results[index].number, made)
        self._add(made.number, operation, arguments, [row.number for row in inputs], made.bare, key)

    def between(
        self, operation: str, arguments: dict[str, Plain], inputs: Sequence[Data], shape: tuple[int, ...], key: str | None = None
    ) -> Data:
        """A step that the trace does not have: part of a call that takes several. `shape` is without the batch."""
        self.extra += 1
        self._add(self.extra, operation, arguments, [row.number for row in inputs], shape, key)
        if all(row.alone for row in inputs):
            return Data(self.extra, shape, -1, alone=True)
        return Data(self.extra, (1, *shape), 0)

    def step(self, operation: str, arguments: dict[str, Plain], data: Data, shape: tuple[int, ...]) -> Data:
        """The same of one tensor; where it is a view that changes nothing, there is none."""
        unchanged = data.shape == shape and (operation == "reshape" or arguments.get("order") == list(range(len(shape))))
        return data if unchanged else self.between(operation, arguments, [data], shape)

    def _add(
        self, number: int, operation: str, arguments: dict[str, Plain], inputs: list[int], shape: tuple[int, ...], key: str | None
    ) -> None:
        assert self.call is not None
        shared = key is not None and key in self.keys
        again = next((f"{path}@{visit}" for path, visit in self.call.stack if visit > 1 and path in self.with_weights), None)
        step = Step(number, operation, arguments, inputs, shape, self.call.path, key, shared, again)
        if key is not None:
            _check_same(self.keys.setdefault(key, step), step)
        self.flat.steps.append(step)

    def alias(self, call: Call, source: Data, index: int = 0) -> None:
        """The result is the source itself (its batch may stand elsewhere)."""
        made = self.result(call, index)
        if made.bare != source.bare:
            raise Unsaid("a change of axes across the batch")
        self.tell(call.results[index].number, replace(made, number=source.number))

    def start(self, key: str, has_bias: bool) -> dict[str, Plain]:
        """How a layer's weight starts."""
        found = lecun(self.starts, key)
        # In a block the sum could become an argument, and where a block is called `in` is another tensor.
        if found is not None and "." not in key and getattr(self.modules[key], "groups", 1) == 1:
            if has_bias and not has_zero_bias(self.starts, key):
                self.biased.setdefault(key)
            return {"init": found[0], "std": Word(found[1])}
        word, deviation = word_of(self.starts, key, has_bias)
        if not is_said(self.starts.get(f"{key}.weight")):
            self.unsaid.setdefault(f"{key}.weight")
        if has_bias and is_set_bias(self.starts, key, word):
            self.unsaid.setdefault(f"{key}.bias")
        elif has_bias and has_other_bias(self.starts, key):
            self.biased.setdefault(key)
        return {"init": word, "std": deviation}

    def learned(self, key: str) -> dict[str, Plain]:
        """How a learned tensor starts."""
        return tensor_start(self.starts, key) or self.factor(key)

    def factor(self, key: str) -> dict[str, Plain]:
        """What a scale starts at, where all of it is one number."""
        number = self.number_of(key)
        if number is None and key in self.starts:
            self.unsaid.setdefault(key)
        return {} if number is None else {"init": number}

    def number_of(self, key: str) -> float | None:
        """The one number that all of a learned tensor starts as. Where its start was seen it may hold no numbers yet."""
        if key in self.starts:
            return constant_of(self.starts[key])
        home, _, last = key.rpartition(".")
        value = getattr(self.modules[home], last).detach()
        if value.is_meta or not value.numel() or bool((value != value.flatten()[0]).any()):
            return None
        return float(f"{float(value.flatten()[0]):.7g}")

    def is_tied(self, weight: object) -> bool:
        """Whether a parameter is the weight of layers of several kinds, or with several biases: then it is a step of its own, which all read."""
        return isinstance(weight, Ref) and weight.number in self.tied

    def is_read_once(self, weight: object) -> bool:
        """Whether a learned tensor is used here alone, so that a word which keeps it to itself may have it."""
        number = weight.number if isinstance(weight, Ref) else -1
        while number >= 0 and self.reads[number] == 1:
            call = self.trace.values[number].call
            if call is None:
                return True
            number = next((ref.number for ref in call.refs()), -1)
        return False

    def has_name(self, weight: Ref, name: str) -> bool:
        row = self.of(weight)
        return isinstance(row, Fixed) and row.key.rpartition(".")[2] == name

    def is_made_up(self, weight: Ref) -> bool:
        """Whether a weight is no parameter of a module as it is, but made of some."""
        row = self.of(weight)
        return isinstance(row, Fixed) and bool(row.done or not row.is_learned)

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


def _ran(trace: Trace, call: Call) -> Ran | None:
    """The shapes of a call whose tensors are such as steps take and make."""
    takes, gives = ([trace.values[ref.number] for ref in refs] for refs in (matters(call), call.results))
    if not all(value.dtype.is_floating_point for value in (*takes, *gives)) or not all(
        value.source in ("call", "input") for value in takes
    ):
        return None
    return Ran(tuple(value.shape for value in takes), tuple(value.shape for value in gives))


def _check_same(first: Step, step: Step) -> None:
    """Two modules that have one weight may be two uses of one step only where nothing else differs."""
    if first.path == step.path or (first.operation, first.arguments) == (step.operation, step.arguments):
        return
    differ = [name for name in step.arguments if first.arguments.get(name) != step.arguments[name] and name not in ("init", "std")]
    if first.operation != step.operation:
        what = f"a `{first.operation}` and a `{step.operation}`"
    elif differ:
        what = f"two of `{step.operation}` that differ in {' and '.join(f'`{name}`' for name in differ)}"
    else:
        return
    raise Unsaid(f"the weights of `{first.key}` are tied: they serve {what}, and a step of the language keeps its own")


TURNED = frozenset(("t", "T", "mT", "transpose", "permute", "swapaxes", "matmul", "mm", "bmm"))
"""What a weight goes through on its way to a product, beside the layer that keeps it."""


def _tied(trace: Trace) -> frozenset[int]:
    """The parameters that embeddings and dense layers share in ways that no single layer of the language has."""
    users: dict[int, set[tuple[str, int | None]]] = {}
    for call in trace.calls:
        word = plain_name(call.function)
        if word in ("linear", "embedding"):
            row = bind(call, "input weight bias", bias=None)
            weight, bias = row["weight"], row["bias"] if word == "linear" else None
            if isinstance(weight, Ref) and trace.values[weight.number].source == "parameter":
                users.setdefault(weight.number, set()).add((word, bias.number if isinstance(bias, Ref) else None))
        elif word in TURNED:  # `F.linear(h, encoder.weight.t())`
            for given in call.arguments[:2]:
                if isinstance(given, Ref) and trace.values[given.number].source == "parameter":
                    users.setdefault(given.number, set()).add((word, None))
    return frozenset(number for number, kinds in users.items() if len(kinds) > 1)


def bind(call: Call, names: str, **defaults: Any) -> dict[str, Any]:
    """A call's arguments by name."""
    found = Bound(defaults)
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
