"""Names of axes along the steps of a model: where the language would take another axis than the model does, the text says which.

PyTorch's functions count axes, the language looks for names. So each step is placed as the compiler would place it; where it would be
refused or work elsewhere, the step is told its axis, or the tensor that enters it gets other names.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

from ...base.records import dataclass
from ..elaborate.axes_told import named_axes
from ..ops import TABLE
from ..ops.axes import by_number, placed
from ..ops.axis_names import STANDARD, Axes
from ..ops.base import Operation, Refusal, Shape
from .flat_steps import Flat, Plain, Sizes, Step, Word

LAST: dict[int, Axes] = {
    1: ("channels",),
    2: ("length", "channels"),
    3: ("height", "width", "channels"),
    4: ("depth", "height", "width", "channels"),
}
"""Channels last, by the number of axes."""


def name_axes(flat: Flat) -> None:
    """Write the names down, in the list itself."""
    _Names(flat).run()


@dataclass(slots=True, eq=False)
class _Names:
    flat: Flat

    def run(self) -> None:
        wanted = self._wanted()
        for row in self.flat.inputs:
            row.axes = wanted.get(row.number) or STANDARD[len(row.shape)]
            if "" in row.axes or len(set(row.axes)) < len(row.axes):
                row.axes = STANDARD[len(row.shape)]
        shapes = self.flat.shapes()
        axes = {row.number: row.axes for row in self.flat.inputs}
        steps, last = [], max(shapes, default=0)
        for step in self.flat.steps:
            if step.operation == "rearrange":
                _keep_names(step, axes[step.inputs[0]], shapes[step.inputs[0]])
            _as_reduction(step, [axes[number] for number in step.inputs], shapes)
            record = record_of(step)
            for operand, names in self._renamed(step, record, [axes[number] for number in step.inputs], shapes):
                last += 1
                source = step.inputs[operand]
                shapes[last], axes[last] = shapes[source], names
                steps.append(
                    Step(last, "reshape", {"shape": Sizes(shapes[source], names)}, [source], shapes[source], step.path, axes=names)
                )
                step.inputs[operand] = last
            inside = [axes[number] for number in step.inputs]
            sizes = tuple(shapes[number] for number in step.inputs)
            _say(step, record, inside, sizes)
            record, _ = placed(record_of(step), inside, sizes, step.arguments)
            axes[step.number] = step.axes = named_axes(record, tuple(inside), sizes, step.shape)
            steps.append(step)
        self.flat.steps = steps

    def _wanted(self) -> dict[int, Axes]:
        """The names that the first step to care would have for each tensor, followed back through those that do not."""
        shapes, wanted = self.flat.shapes(), dict[int, Axes]()
        for step in reversed(self.flat.steps):
            record = record_of(step)
            for number, through in zip(step.inputs, _followed(step, record, wanted.get(step.number), shapes), strict=True):
                names = own_order(record, len(shapes[number])) or through
                if names:
                    wanted[number] = names
        return wanted

    def _renamed(self, step: Step, record: Operation, names: list[Axes], shapes: Mapping[int, Shape]) -> Iterator[tuple[int, Axes]]:
        """The inputs whose names the step refuses, with those that it takes."""
        try:
            placed(record, names, tuple(shapes[number] for number in step.inputs), step.arguments)
        except Refusal as refusal:
            operand = refusal.operand or 0
            for place, number in enumerate(step.inputs):
                rank = len(shapes[number])
                if refusal.code == "E333" and place >= operand and names[place] != names[0]:
                    yield place, names[0]
                elif refusal.code == "E332" and own_order(record, rank):
                    yield place, own_order(record, rank)


WHOLE_POOLS = {"global_avgpool": "mean", "global_maxpool": "max"}
"""Pools over all positions, and what `reduce` calls them."""


def _as_reduction(step: Step, names: list[Axes], shapes: Mapping[int, Shape]) -> None:
    """A mean along the features of a sequence [length, channels] is no pool over positions."""
    if step.operation not in WHOLE_POOLS:
        return
    shape = shapes[step.inputs[0]]
    try:
        placed(record_of(step), names, (shape,), step.arguments)
    except Refusal:
        behind = list(range(1, len(shape)))
        step.arguments = {"by": WHOLE_POOLS[step.operation], "axis": behind[0] if len(behind) == 1 else behind, "keep": True}
        step.operation = "reduce"


def _keep_names(step: Step, names: Axes, shape: Shape) -> None:
    """A map whose sides are cut: with the names of its axes in the pattern it keeps them, so that blocks behind it are as those before."""
    before, after = str(step.arguments["pattern"]).split("->")
    groups = [group.strip("()").split() for group in re.findall(r"\([^)]*\)|\S+", before)]
    letters = {name[:1]: name for name in names if name}
    if len(names) < 3 or len(step.shape) != len(names) or len(groups) != len(names):
        return
    if any(name[:1] not in group for name, group in zip(names, groups, strict=True)):
        return
    words = {key: letters.get(key, key) for group in groups for key in group}
    pattern = re.sub(r"\w+", lambda match: words.get(match[0], match[0]), f"{before}->{after}")
    told = {words[key]: value for key, value in step.arguments.items() if key != "pattern"}
    named = replace(step, arguments={"pattern": pattern, **told})
    old, new = (record_of(row).axes((names,), (shape,), step.shape) for row in (step, named))
    if len(set(filter(None, new))) > len(set(filter(None, old))):
        step.arguments = named.arguments


def record_of(step: Step) -> Operation:
    """The operation of a step, with its arguments."""
    arguments = {name: _plain(value) for name, value in step.arguments.items()}
    if step.operation == "rearrange":
        arguments = {"pattern": arguments.pop("pattern"), "sizes": tuple(arguments.items())}
    return TABLE[step.operation](**arguments)


def _plain(value: Plain) -> Any:
    if isinstance(value, Sizes):
        return tuple(zip(value.axes, value.sizes, strict=True)) if value.axes else tuple(value.sizes)
    if isinstance(value, Word):
        return value.text
    return tuple(_plain(item) for item in value) if isinstance(value, list) else value


def own_order(record: Operation, rank: int) -> Axes:
    """The names that the operation is made for; none where it takes any."""
    if record.channels_wanted() == "first":
        return STANDARD.get(rank, ())
    return LAST.get(rank, ()) if record.channels_wanted() == "last" or getattr(record, "last", False) else ()


def _followed(step: Step, record: Operation, names: Axes | None, shapes: Mapping[int, Shape]) -> list[Axes]:
    """The names of the inputs that give those of the output."""
    sizes = tuple(shapes[number] for number in step.inputs)
    marks = [tuple(f"{operand}.{axis}" for axis in range(len(shape))) for operand, shape in enumerate(sizes)]
    if names is None:
        return [()] * len(marks)
    made = dict(zip(record.axes(marks, sizes, step.shape), names, strict=True))
    if record.lies_on_top:  # of equal names the first stands
        marks = [marks[0]] * len(marks)
    found = [tuple(made.get(mark, "") for mark in row) for row in marks]
    return [row if any(row) else () for row in found]


def _say(step: Step, record: Operation, names: list[Axes], shapes: tuple[Shape, ...]) -> None:
    """Axes by name where they have one; `last` where the step would work elsewhere."""
    if getattr(record, "last", False) and _works_along_last(record, names, shapes):
        step.arguments.pop("last")
    for row in record.parameters():
        value = getattr(record, row.name)
        if record.lies_on_top and row.name == "axis" and value == 1 and row.default == 0 and len(shapes[0]) < 3:
            step.arguments["axis"] = value - len(shapes[0]) - 1  # from the end, for 1 may be meant with the batch counted (W518)
        if not row.kind.names_axes or isinstance(value, str) or not record.finds_axis(row.name) or row.name not in step.arguments:
            continue
        words = [_word(axis, names[0]) for axis in (value if isinstance(value, tuple) else (value,))]
        if value == row.default and not isinstance(value, tuple):
            continue
        said: Plain = list(words) if isinstance(value, tuple) else words[0]
        if isinstance(said, Word) and said.text == row.default and not _moves(record, row.name, said.text, names, shapes):
            step.arguments.pop(row.name)
        else:
            step.arguments[row.name] = said


def _word(axis: int, axes: Axes) -> int | Word:
    name = axes[axis]
    return Word(name) if name and axes.count(name) == 1 else axis


def _moves(record: Operation, parameter: str, word: str, names: list[Axes], shapes: tuple[Shape, ...]) -> bool:
    """Whether the word, left out, would be taken as told otherwise before (W514)."""
    unsaid: Operation = replace(record, **{parameter: word})
    return placed(unsaid, names, shapes)[1] is not None


def _works_along_last(record: Operation, names: list[Axes], shapes: tuple[Shape, ...]) -> bool:
    """Whether a step that is told to work along the last axis would do so anyway."""
    try:
        plain, moved = placed(replace(record, last=False), names, shapes)  # type: ignore[call-arg]
        plain.output(shapes)
    except Refusal:
        return False
    rank = len(shapes[0])
    if moved is not None:
        return False
    if plain.channels_wanted() == "first":
        return rank == 1
    axis = getattr(plain, "axis", None)
    if axis is not None:
        return (by_number(plain, axis, shapes[0]) if isinstance(axis, str) else axis) == rank - 1
    return rank < 3 or bool(getattr(plain, "last"))  # noqa: B009 linear finds channels at the end
