"""A model as a flat list of steps of the language: what lowering makes of a trace, and structure is found in."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import field

import torch

from ...base.records import dataclass
from ..ops.axis_names import Axes
from .traced import Ran


@dataclass(frozen=True, slots=True)
class Word:
    """A word of the language: the name of an axis."""

    text: str

    def __repr__(self) -> str:
        return self.text


@dataclass(frozen=True, slots=True)
class Sizes:
    """A shape without the batch; the axes have names where these are not the usual ones."""

    sizes: tuple[int, ...]
    axes: Axes = ()

    def __repr__(self) -> str:
        names = self.axes or ("",) * len(self.sizes)
        return "[" + ", ".join(f"{name} = {size}" if name else str(size) for name, size in zip(names, self.sizes, strict=True)) + "]"


@dataclass(frozen=True, slots=True)
class Entry:
    """What enters a body: its shape without the batch, and the names of its axes."""

    shape: tuple[int, ...]
    axes: Axes


Plain = bool | int | float | str | tuple[int, ...] | Sequence["int | Word"] | Sequence[str] | Word | Sizes | None
"""A list is written as `[1, 2]`, a tuple as a size: `1x2`."""


@dataclass(slots=True, eq=False)
class Step:
    """One operation of the language. `number` names what it makes."""

    number: int
    operation: str
    arguments: dict[str, Plain]
    inputs: list[int]
    shape: tuple[int, ...]
    """What it makes, without the batch."""
    path: str
    """The module in whose `forward` it stands."""
    key: str | None = None
    """The module that keeps its weights, or the weight itself where it stands alone; None where it has none."""
    shared: bool = False
    """Whether its weights were used before."""
    again: str | None = None
    """The outermost module around it that has run before, with how often (`tower@2`)."""
    axes: Axes = ()
    """The names of the axes of what it makes, once they are known."""
    by: str = ""
    """What PyTorch calls it, where it is a reshape."""
    free: int | None = None
    """Of a reshape, the axis whose size the model leaves to be worked out."""
    like: int | Word | None = None
    """Of a reshape, the tensor whose sides it gives, or the input by its name."""

    @property
    def is_sized(self) -> bool:
        """Whether its last input gives its size alone (`like = label`)."""
        return self.arguments.get("like") is True and len(self.inputs) == 2

    def __repr__(self) -> str:
        told = ", ".join(f"{name} = {value}" for name, value in self.arguments.items())
        return f"%{self.number} = {self.operation}({told}) {self.inputs} {list(self.shape)} {self.key or self.path}"


@dataclass(slots=True, eq=False)
class Input:
    number: int
    name: str
    shape: tuple[int, ...]
    integers: bool = False
    axes: Axes = ()


@dataclass(frozen=True, slots=True)
class Lies:
    """How an output of the model lies: which of them it is, the axis of the batch, how many rows of it an image has, and whether it has other axes."""

    place: int
    batch: int
    fold: int
    has_axes: bool

    def as_here(self, tensor: torch.Tensor) -> torch.Tensor:
        """The same with the batch first and an axis at least, as the language has it."""
        if self.fold > 1:
            shape = tensor.shape
            tensor = tensor.reshape(*shape[: self.batch], -1, self.fold, *shape[self.batch + 1 :])
        tensor = tensor.movedim(self.batch, 0)
        return tensor if self.has_axes else tensor.unsqueeze(1)


@dataclass(frozen=True, slots=True)
class Missing:
    """A call that the language cannot say, and where it stands."""

    what: str
    path: str
    line: tuple[str, int] | None
    made: tuple[int, ...] = ()
    """The tensors that it would make."""
    function: str = ""
    """What PyTorch calls it."""
    ran: Ran | None = None
    """The shapes that the call took and made."""
    around: Ran | None = None
    """Those of the module in whose `forward` it stands, where that is a part of the model."""
    wider: Ran | None = None
    """As `ran`, in the run of a larger image, where there is one."""
    wider_around: Ran | None = None
    said: str = ""
    """The call as Python has it."""
    help: str | None = None
    """What to do about it, where no operation of one's own carries it."""

    def __str__(self) -> str:
        place = f"{self.line[0]}:{self.line[1]}" if self.line else "an unknown line"
        return f"{self.what} (in {self.path or 'the root module'}, {place})"


@dataclass(slots=True, eq=False)
class Flat:
    """All steps of a model, in the order in which they run."""

    inputs: list[Input] = field(default_factory=list)
    steps: list[Step] = field(default_factory=list)
    outputs: list[tuple[str, int]] = field(default_factory=list)
    lies: list[Lies] = field(default_factory=list)
    """How the model has its outputs, where that is known."""
    lies_in_training: list[Lies] = field(default_factory=list)
    """How the main output lies among those of training, and then those of the side heads."""
    side_outputs: list[tuple[str, int]] = field(default_factory=list)
    """Those of training alone."""
    missing: list[Missing] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    stored: dict[str, tuple[int, ...]] = field(default_factory=dict)
    """The keys of the model's state_dict, with their shapes."""
    read: frozenset[str] = frozenset()
    """Those of them that a call takes."""
    read_in_training: frozenset[str] = frozenset()
    """Those that a call of training takes, and none of evaluation."""
    drawn: dict[str, None] = field(default_factory=dict)
    """Those of buffers that start as random numbers here, and otherwise in the model."""
    given: dict[str, list[tuple[str, int | None, int]]] = field(default_factory=dict)
    """Of modules that take several tensors: each with its name, and its place where it stands in a list."""
    of_archc: bool = False
    """Whether archc wrote the model: a dropout that drops nothing stays, as somebody wrote it in the language, and classes are numbered."""
    is_exact: bool = False
    """Whether each step is one of the author's, and stays even where it does nothing."""

    def __repr__(self) -> str:
        return f"<Flat of {len(self.steps)} steps, {len(self.missing)} missing>"

    def made(self) -> dict[int, Step]:
        return {step.number: step for step in self.steps}

    def uses(self) -> dict[int, int]:
        """How often each tensor is read, by steps and outputs."""
        found: dict[int, int] = {}
        for number in self._reads():
            found[number] = found.get(number, 0) + 1
        return found

    def _reads(self) -> Iterator[int]:
        for step in self.steps:
            yield from step.inputs
        for _, number in (*self.outputs, *self.side_outputs):
            yield number

    def give_instead(self, instead: dict[int, int]) -> None:
        """Outputs are the tensors that stand in the place of others."""
        self.outputs = [(name, instead.get(number, number)) for name, number in self.outputs]
        self.side_outputs = [(name, instead.get(number, number)) for name, number in self.side_outputs]

    def prune(self) -> None:
        """Only what leads to an output stays; the first use of a layer that is left keeps its weights."""
        needed = self.leading_to([number for _, number in (*self.outputs, *self.side_outputs)])
        self.steps = [step for step in self.steps if step.number in needed]
        kept = set[str]()
        for step in self.steps:
            step.shared = step.shared and step.key in kept
            kept |= {step.key} if step.key is not None else set()

    def leading_to(self, numbers: Iterable[int]) -> set[int]:
        """These tensors, and all that they are made of."""
        found = set(numbers)
        for step in reversed(self.steps):
            if step.number in found:
                found.update(step.inputs)
        return found

    def keys_of(self, number: int) -> set[str | None]:
        """The weights that a tensor comes of."""
        found = self.leading_to([number])
        return {step.key for step in self.steps if step.number in found}

    def alone(self) -> set[int]:
        """What no input leads to: learned tensors, constants, and what is made of these alone."""
        found: set[int] = set()
        for step in self.steps:
            if all(number in found for number in step.inputs):
                found.add(step.number)
        return found

    def shapes(self) -> dict[int, tuple[int, ...]]:
        """The shape of every tensor, without the batch."""
        return {row.number: row.shape for row in self.inputs} | {step.number: step.shape for step in self.steps}

    def entries(self) -> dict[int, Entry]:
        """Every tensor as what enters a body."""
        rows: list[Input | Step] = [*self.inputs, *self.steps]
        return {row.number: Entry(row.shape, row.axes) for row in rows}
