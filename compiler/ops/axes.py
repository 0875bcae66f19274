"""Axes by word or by number, counted without the batch; and a step placed where the axes have names."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import replace
from typing import ClassVar

from ...base.records import dataclass
from .axis_names import STANDARD, Axes, are_known, joined, places, show_axes, stands_first, stands_last
from .base import Operation, Refusal, Shape, Shapes, show
from .parameters import Kind, Plain

AXIS_WORDS: dict[str, dict[int, int]] = {
    "channels": {1: 0, 2: 0, 3: 0, 4: 0},
    "length": {2: 1},
    "depth": {4: 1},
    "height": {3: 1, 4: 2},
    "width": {3: 2, 4: 3},
    "features": {1: 0, 2: 1, 3: 2, 4: 3},
}
"""For each word, which axis it is in a shape of so many axes."""


@dataclass(frozen=True, slots=True)
class Axis(Kind):
    """`channels`, `height`, `width`, …, or a number; -1 is the last."""

    names_axes: ClassVar[bool] = True

    def read(self, value: object) -> Plain:
        if isinstance(value, str) and value in AXIS_WORDS:
            return value
        if isinstance(value, int) and not isinstance(value, bool):
            return value
        raise self.refuse()


AXIS = Axis("`channels`, `height`, `width`, `depth`, `length`, `features`, or an axis's number without the batch (0 is the first)")


def resolve_axis(axis: Plain, shape: Shape, name: str, parameter: str = "axis") -> int:
    """The number of the axis in `shape`."""
    if isinstance(axis, str):
        found = AXIS_WORDS[axis].get(len(shape))
    else:
        assert isinstance(axis, int)
        found = axis + len(shape) if axis < 0 else axis
    if found is None or not 0 <= found < len(shape):
        told = f"`{axis}`" if isinstance(axis, str) else str(axis)
        words = [word for word, places in AXIS_WORDS.items() if len(shape) in places]
        raise Refusal(
            "E320",
            f"`{name}` works along axis {told}, and its input {show(shape)} has none",
            parameter=parameter,
            operand=0,
            # Beside the axes that there are, a number one too large counts the batch.
            suggestions=(len(shape) - 1,) if found == len(shape) else tuple(words[:4]),
            help=f"its axes are 0 to {len(shape) - 1}"
            + (f", also called {', '.join(words)}" if words else "")
            + (f"; the batch is not counted, and what is {axis} with it is {len(shape) - 1}" if found == len(shape) else ""),
        )
    return found


@dataclass(frozen=True, slots=True)
class Moved:
    """A parameter that was not written and whose word is now found by name: at another axis than its place among so many told before."""

    parameter: str
    word: str
    before: int
    after: int


def placed(operation: Operation, names: Sequence[Axes], inputs: Shapes, given: Collection[str] = ()) -> tuple[Operation, Moved | None]:
    """The record with its words of axes looked for among the names of what comes in; a `Refusal` where that is not certain.

    A word that stands where it does by the number of axes alone stays a word: of channels-first networks nothing changes.
    """
    if not inputs:
        return operation, None
    axes = joined(names) if len({len(row) for row in names}) == 1 else names[0]
    for operand, (known, shape) in enumerate(zip(names, inputs, strict=True)):
        _check_order(operation, shape, known, operand)
    if operation.lies_on_top:
        _check_same_order(operation, names, inputs)
    operation = operation.on(names, inputs)
    moved = None
    for row in operation.parameters():
        if not row.kind.names_axes or not operation.finds_axis(row.name):
            continue
        value = getattr(operation, row.name)
        numbers: list[Plain] = []
        for word in value if isinstance(value, tuple) else (value,):
            before = by_number(operation, word, inputs[0]) if isinstance(word, str) else None
            found = found_axis(operation, word, inputs[0], axes, before, row.name, row.name in given) if isinstance(word, str) else word
            numbers.append(word if found == before else found)
            if (
                isinstance(word, str)
                and isinstance(found, int)
                and before not in (None, found)
                and row.name not in given
                and not operation.came_with_names
            ):
                moved = Moved(row.name, word, before, found)
        new = tuple(numbers) if isinstance(value, tuple) else numbers[0]
        if new != value:
            operation = replace(operation, **{row.name: new})
    return operation, moved


def by_number(operation: Operation, word: str, shape: Shape) -> int | None:
    """The axis that a word means where the number of axes is all that is known."""
    return operation.channels_of_two if word == "channels" and len(shape) == 2 else AXIS_WORDS[word].get(len(shape))


def found_axis(operation: Operation, word: str, shape: Shape, axes: Axes, before: int | None, parameter: str, written: bool) -> int:
    """The number of the axis with that name. `before`: the one that its word told before axes had names; `written`: the text says the word."""
    found = places(axes, word)
    if len(found) == 1:
        return found[0]
    certain = len(shape) == 1 or word == "features" or (len(shape) == 2 and operation.channels_of_two == 1)
    if not found and before is not None and certain and (not are_known(axes) or word == "features" or len(shape) == 1):
        return before
    if written and are_known(axes) and not found:
        resolve_axis(word, shape, operation.name, parameter)
        raise Refusal(
            "E320",
            f"`{operation.name}` works along `{word}`, and its input {show_axes(shape, axes)} has no such axis",
            parameter=parameter,
            operand=0,
            suggestions=tuple(dict.fromkeys(name for name in axes if name)),
            help=f"its axes are {_listed(axes)}",
        )
    told = f"has `{word}` {'twice' if len(found) == 2 else f'{len(found)} times'}" if found else f"does not say which axis is `{word}`"
    raise Refusal(
        "E331",
        f"`{operation.name}` works along `{word}`, and its input {show_axes(shape, axes)} {told}",
        parameter=parameter,
        operand=0,
        help=f"write which axis: {_choices(parameter, shape, axes)}"
        + ("" if are_known(axes) else f"; or name them: {_naming(shape)}")
        + ("" if are_known(axes) or before is None else f" (the edit writes {before}, which it was before axes had names)"),
        argument=None if are_known(axes) or before is None else (parameter, str(before)),
    )


def _choices(parameter: str, shape: Shape, axes: Axes) -> str:
    """`axis = 0`, whose size is 4, or `axis = 1`, 16."""
    *rest, last = (f"`{parameter} = {number}` ({axes[number] or 'of size'} {size})" for number, size in enumerate(shape))
    return f"{', '.join(rest)} or {last}" if rest else last


def _listed(axes: Axes) -> str:
    """`0 (length), 1 (channels)`."""
    return ", ".join(f"{number} ({name})" if name else str(number) for number, name in enumerate(axes))


def _naming(shape: Shape) -> str:
    """How a `reshape` says the names of what it makes."""
    names = STANDARD.get(len(shape), ())
    words = [f"{name} = {size}" for name, size in zip(names, shape, strict=False)]
    if len(shape) == 2:  # a sequence, or what lies the other way
        other = [f"{name} = {size}" for name, size in zip(reversed(names), shape, strict=False)]
        return f"`reshape([{', '.join(words)}])` or `reshape([{', '.join(other)}])`"
    return f"`reshape([{', '.join(words)}])`" if words else "`permute` and `reshape` tell their numbers"


def _check_order(operation: Operation, shape: Shape, axes: Axes, operand: int) -> None:
    wanted = operation.channels_wanted()
    if not axes or not wanted or (wanted == "last" and len(axes) != 2) or (wanted == "first" and len(axes) > 4):
        return
    if not (stands_first(axes) if wanted == "first" else stands_last(axes)):
        raise wrong_order(operation, shape, axes, operand, wanted)


def _check_same_order(operation: Operation, names: Sequence[Axes], inputs: Shapes) -> None:
    """Two paths with the same names in another order would meet element by element, where their sizes happen to be equal."""
    for operand, axes in enumerate(names[1:], 1):
        if axes != names[0] and all(axes) and sorted(axes) == sorted(names[0]):
            order = tuple(axes.index(name) for name in names[0])
            first, other = show_axes(inputs[0], names[0]), show_axes(inputs[operand], axes)
            raise Refusal(
                "E333",
                f"the paths of `{operation.name}` end in axes of different orders: {first} and {other} (paths 1 and {operand + 1})",
                operand=operand,
                help=f"`permute({show(order)})` brings path {operand + 1} into the order of path 1",
            )


def wrong_order(
    operation: Operation, shape: Shape, axes: Axes, operand: int, wanted: str, argument: tuple[str, str] | None = None
) -> Refusal:
    """The channels do not stand where the operation needs them; `wanted` is "first" or "last"."""
    place = places(axes, "channels")
    here = f"{show_axes(shape, axes)}"
    if len(place) == 1:
        others = [number for number in range(len(axes)) if number != place[0]]
        order = [place[0], *others] if wanted == "first" else [*others, place[0]]
        help = f"`permute({show(tuple(order))})` brings them there"
        if wanted == "first" and len(shape) == 2 and shape[0] == 1:  # pooled to one place, as ECA convolves it
            help += f"; to move along them as along a signal, `reshape([channels = 1, length = {shape[1]}])` names them anew"
    else:
        help = "`reshape` says what its axes are: `reshape([channels = …, length = …])`"
    return Refusal(
        "E332",
        f"`{operation.name}` wants the channels {'before everything else' if wanted == 'first' else 'last'}, and its input is {here}",
        operand=operand,
        help=help + (f"; `{argument[0]} = {argument[1]}` works along the last axis, whatever it is" if argument is not None else ""),
        argument=argument,
    )


NEEDS_FEATURES = "numbers of words become a sequence by `embedding(count, features)`"
"""The remedy where a sequence [L, C] is wanted and one of a single axis is there."""
