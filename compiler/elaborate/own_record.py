"""The record of an operation of one's own: one class, whose rules are data.

Each declaration has a subclass, so that the house finds its word, its inputs and its parameters where every operation has them.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping, Sequence
from typing import ClassVar
from weakref import WeakValueDictionary

from ...base.records import dataclass
from ...base.source import Source, Span
from ..ops.axis_names import STANDARD, Axes
from ..ops.base import Construct, Operation, Refusal, Saved, Shape, Shapes, Weight, Window, show_size
from ..ops.borrowed import Borrowed
from ..ops.parameters import Parameter, Plain
from .own_data import Declaration, Facts, Result
from .own_rules import default, facts

MOST_KNOWN = 10_000
"""For how many inputs the answers of the rules are kept, of each operation."""


@dataclass(frozen=True, slots=True, eq=False, init=False)
class OwnOperation(Operation):
    """`_values` are its arguments; `_axes` the names of the axes of what comes in, () for the usual ones."""

    declaration: ClassVar[Declaration]
    known: ClassVar[dict[tuple[str, Shapes, tuple[Axes, ...]], Facts | Refusal]]
    """What the rules said before: sizes are found by trying, over and over."""

    _values: tuple[tuple[str, Plain], ...]
    _axes: tuple[Axes, ...]

    def __init__(self, _values: tuple[tuple[str, Plain], ...] = (), _axes: tuple[Axes, ...] = (), **arguments: Plain) -> None:
        values = dict(_values) | arguments
        object.__setattr__(self, "_values", tuple((row.name, values[row.name]) for row in self.declaration.parameters))
        object.__setattr__(self, "_axes", _axes)

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, OwnOperation):
            return NotImplemented
        return self._content() == other._content()

    def __hash__(self) -> int:
        return hash((self.declaration.name, self._values, self._axes))

    def __getattr__(self, name: str) -> Plain:
        """An argument by its name, as other records have theirs: only what is no word of every record comes here."""
        for known, value in () if name.startswith("_") else self._values:
            if known == name:
                return value
        raise AttributeError(name)

    def _content(self) -> tuple[object, ...]:
        kinds = tuple(type(value) for _, value in self._values)  # 1 is not true
        return self.declaration, self._values, kinds, self._axes

    def __reduce__(self) -> tuple[Callable[..., Operation], tuple[object, ...]]:
        return _restored, (self.declaration, self._values, self._axes)

    # ------------------------------------------------------------------------------------------- rules

    def facts(self, inputs: Shapes) -> Facts:
        """All that the rules say of these inputs. Raises `Refusal`."""
        key = (repr(self._values), inputs, self._axes)  # 1 is not true
        found = self.known.get(key)
        if found is None:
            if len(self.known) >= MOST_KNOWN:
                self.known.clear()
            found = self.known[key] = facts(self.declaration, self._values, inputs, self._axes)
        if isinstance(found, Refusal):
            raise found
        return found

    def on(self, names: Sequence[Axes], inputs: Shapes) -> Operation:
        if not self.declaration.reads_axes:
            return self
        usual = all(axes == STANDARD.get(len(shape)) for axes, shape in zip(names, inputs, strict=True))
        return type(self)(self._values, () if usual else tuple(names))

    def output(self, inputs: Shapes) -> Shape:
        return self.facts(inputs).results[0].shape

    def axes(self, names: Sequence[Axes], inputs: Shapes, output: Shape) -> Axes:
        return _axes(self.facts(inputs).results[0], names)

    def results(self, inputs: Shapes) -> tuple[tuple[str, Operation], ...]:
        rows = self.facts(inputs).results if self.declaration.outputs else ()
        return tuple((row.name, OwnResult(self, number) if number else self) for number, row in enumerate(rows))

    def handed(self, names: Sequence[str]) -> tuple[str, ...]:
        if not self.declaration.takes_list:
            return ()
        first = len(self.declaration.inputs) - 1
        return (*names[:first], f"[{', '.join(names[first:])}]")

    def weights(self, inputs: Shapes) -> tuple[Weight, ...]:
        return self.facts(inputs).weights

    def macs(self, inputs: Shapes, output: Shape) -> int:
        return self.facts(inputs).count("macs") or 0

    def flops(self, inputs: Shapes, output: Shape) -> int:
        said = self.facts(inputs).count("flops")
        return 2 * self.macs(inputs, output) if said is None else said

    def saved(self, inputs: Shapes, output: Shape) -> Saved:
        """The inputs, as nearly every class keeps them, and what the text says."""
        return Saved(inputs=tuple(range(len(inputs))), extra=self.facts(inputs).count("saved") or 0)

    def scratch(self, inputs: Shapes, output: Shape) -> int:
        return self.facts(inputs).count("scratch") or 0

    def module(self, inputs: Shapes, in_place: bool = False) -> Construct:
        return Construct(self.declaration.class_name, self.facts(inputs).arguments)

    def divisor(self, inputs: Shapes) -> int:
        return self.facts(inputs).divisor

    def windows(self, inputs: Shapes, output: Shape) -> tuple[Window, ...] | None:
        """How much it shrinks or enlarges each axis, and how far a position sees; where the text does not say that, it may be the whole."""
        return self.windows_of(0, inputs, output)

    def windows_of(self, number: int, inputs: Shapes, output: Shape) -> tuple[Window, ...] | None:
        """The same of every input: `sees` speaks of all that are as large as the first."""
        shape, sees = inputs[number], self.facts(inputs).sees
        if len(shape) != len(output):
            return None
        sizes = sees if sees is not None and shape[1:] == inputs[0][1:] else (0,) * len(shape[1:])
        return tuple(_window(*row) for row in zip(shape[1:], output[1:], sizes, strict=True))

    def borrowed(self) -> Borrowed:
        row = self.declaration
        if not row.origin.endswith(".py"):
            return Borrowed(row.origin, row.class_name)
        return Borrowed(os.path.join(os.path.dirname(row.source.name), *row.origin.split("/")), row.class_name)

    def caption(self, inputs: Shapes, output: Shape) -> str:
        told = []
        for row in self.declaration.parameters:
            value = dict(self._values)[row.name]
            if row.required:
                told.append(show_size(value))
            elif value != row.default and not row.text:
                told.append(f"{row.name} {show_size(value)}")
        return ", ".join(told)

    # ------------------------------------------------------------------------------------------ arguments

    @classmethod
    def parameters(cls) -> tuple[Parameter, ...]:
        return cls.declaration.parameters

    @classmethod
    def default(cls, row: Parameter, values: Mapping[str, Plain]) -> Plain:
        rule = dict(cls.declaration.defaults).get(row.name)
        return row.default if rule is None else default(cls.declaration, rule, values)

    def arguments(self) -> tuple[tuple[str, Plain], ...]:
        return self._values

    def place(self, word: str, inputs: Shapes) -> Span:
        """Where the rule stands that says `word`, or the shape of the tensor of that key; else where the operation is declared."""
        rule = dict(self.facts(inputs).places).get(word)
        return self.declaration.head if rule is None else self.declaration.place(rule)


def _axes(row: Result, names: Sequence[Axes]) -> Axes:
    """The names of a result's axes: as the text says, else as of what comes in, where it has as many."""
    return row.axes or (names[0] if names and len(names[0]) == len(row.shape) else ("",) * len(row.shape))


def _window(before: int, after: int, sees: int) -> Window:
    """What a position reads along an axis, of `sees` positions around its own; of the whole axis, 0, too where the sizes do not tell the step."""
    if after % before == 0 and after > before:
        return Window(sees, 1, (sees - 1) // 2, upscale=after // before)
    stride = -(-before // after)
    return Window(sees, stride, (sees - stride + 1) // 2) if -(-before // stride) == after else Window(0)


@dataclass(frozen=True, slots=True)
class OwnResult(Operation):
    """One of several results of an operation of one's own, behind the first. It takes that one, and what the operation takes."""

    name: ClassVar[str] = "result"
    summary: ClassVar[str] = "A further result of an operation of one's own."
    most_inputs: ClassVar[int | None] = None

    _of: OwnOperation
    _number: int

    def result_number(self) -> int:
        return self._number

    def _row(self, inputs: Shapes) -> Result:
        return self._of.facts(inputs[1:]).results[self._number]

    @classmethod
    def parameters(cls) -> tuple[Parameter, ...]:
        return ()

    def arguments(self) -> tuple[tuple[str, Plain], ...]:
        return (("of", self._of.name), ("number", self._number), *self._of.arguments())

    def output(self, inputs: Shapes) -> Shape:
        return self._row(inputs).shape

    def axes(self, names: Sequence[Axes], inputs: Shapes, output: Shape) -> Axes:
        return _axes(self._row(inputs), names[1:])

    def saved(self, inputs: Shapes, output: Shape) -> Saved:
        return Saved()

    def divisor(self, inputs: Shapes) -> int:
        return self._of.divisor(inputs[1:])

    def windows_of(self, number: int, inputs: Shapes, output: Shape) -> tuple[Window, ...] | None:
        return self._of.windows_of(number - 1, inputs[1:], output) if number else None

    def caption(self, inputs: Shapes, output: Shape) -> str:
        return f"{self._row(inputs).name} of {self._of.name}"


_KNOWN: WeakValueDictionary[tuple[Declaration, Source, int], type[OwnOperation]] = WeakValueDictionary()
"""The classes that are in use, by what they are made of: equal declarations at one place of one text are one operation."""


def own_operation(declaration: Declaration) -> type[OwnOperation]:
    """The operation that a text declares."""
    key = (declaration, declaration.source, declaration.head.start)
    made = _KNOWN.get(key)
    if made is None:
        count = len(declaration.inputs) or 1
        contents: dict[str, object] = {
            "__slots__": (), "__module__": __name__, "__doc__": declaration.doc or declaration.name, "declaration": declaration, "known": {},
            "name": declaration.name, "summary": declaration.doc.split("\n")[0], "reference": f"{declaration.origin}:{declaration.class_name}",
            "least_inputs": count, "most_inputs": None if declaration.takes_list else count,
        }  # fmt: skip
        made = _KNOWN[key] = type("OwnOperation", (OwnOperation,), contents)
    return made


def _restored(declaration: Declaration, values: tuple[tuple[str, Plain], ...], axes: tuple[Axes, ...]) -> OwnOperation:
    return own_operation(declaration)(values, axes)
