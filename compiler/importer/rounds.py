"""Several steps that come again and again, equal but for numbers in their labels that count: the rounds of a loop.

`norms.0`, `mixers.0`, `norms.1`, `mixers.1`, … is `for i in range(n) { "norms.{i}": … -> "mixers.{i}": … }`.
`repeats.py` folds single items before, while blocks are being made; it says why the two compare differently.
"""

from __future__ import annotations

import copy
import re
from collections.abc import Iterator, Sequence

from ...base.records import dataclass
from .rates import Rate, Rising
from .tree import ABSENT, Aux, Body, Item, Loop, Merge, Scope, Skip, fingerprint, walk

MOST_ITEMS = 8
"""So many steps a round has at most."""

FEWEST_SAVED = 6
"""So many steps less there must be with the loop, those in paths counted: a shorter text says more without."""

Labels = list[list[str]]
"""The labels of a round, those that are read among them: each in its parts, every other one a number."""


def fold_rounds(body: Body) -> None:
    """Fold the rounds in a body that stands for one place, and in the paths in it."""
    for item in body.items:
        if not isinstance(item, Loop):
            for inner in item.bodies():
                fold_rounds(inner)
    found: list[Item] = []
    seen = [_Seen.of(item) for item in body.items]
    place = 0
    while place < len(body.items):
        size, count = _best(seen, place)
        if count > 1:
            found.append(_loop(body.items, place, size, count))
        else:
            found.append(body.items[place])
        place += max(size * count, 1)
    body.items = found


@dataclass(frozen=True, slots=True, eq=False)
class _Seen:
    """What is compared of an item, worked out once: an item is part of many rounds that could be."""

    shape: str
    labels: Labels
    rates: list[Rate]
    size: int
    """How many items it is, those in paths counted."""
    stays: bool
    """Whether something in it is in no round: a side head, a loop."""
    is_chain: bool
    has_label: bool

    @classmethod
    def of(cls, item: Item) -> _Seen:
        inner = [one for one, _ in walk(Body([item]))]
        return cls(
            _bare([item]),
            _labels([item]),
            _rates([item]),
            len(inner),
            any(isinstance(one, Aux | Loop) for one in inner),
            not any(isinstance(one, Merge | Scope) for one in inner),
            any(one.label for one in inner),
        )


def _best(items: Sequence[_Seen], start: int) -> tuple[int, int]:
    """How many steps a round from here on has, and how many rounds there are."""
    best, most = (1, 1), FEWEST_SAVED - 1
    for size in range(1, min(MOST_ITEMS, (len(items) - start) // 2) + 1):
        count = _count(items, start, size)
        saved = (count - 1) * sum(item.size for item in items[start : start + size])
        if saved > most:
            best, most = (size, count), saved
    return best


def _count(items: Sequence[_Seen], start: int, size: int) -> int:
    rounds = [items[place : place + size] for place in range(start, len(items) - size + 1, size)]
    first = rounds[0]
    if any(item.stays for item in first):
        return 1
    labels, rates = _of_all(first)
    steps: list[list[int]] | None = None
    rises: int | None = None
    count = 1
    for row in rounds[1:]:
        if any(one.shape != two.shape for one, two in zip(first, row, strict=True)):
            break
        own_labels, own_rates = _of_all(row)
        own, rise = _steps(labels, own_labels, count), _rise(rates, own_rates, count)
        if own is None or rise is None or (steps is not None and (own, rise) != (steps, rises)):
            break
        steps, rises = own, rise
        count += 1
    if steps is None or (not any(step for row in steps for step in row) and any(item.has_label for item in first)):
        return 1  # one label for all of them would be one step
    # `conv1`, `bn1`, `conv2`, `bn2` are named so by themselves: a chain says that without labels.
    is_chain = all(item.is_chain for item in first)
    return count if not is_chain or any(_is_index(*row) for row in zip(labels, steps, strict=True)) else 1


def _of_all(items: Sequence[_Seen]) -> tuple[Labels, list[Rate]]:
    return [label for item in items for label in item.labels], [rate for item in items for rate in item.rates]


def _is_index(label: Sequence[str], steps: Sequence[int]) -> bool:
    """Whether a number that grows is a part of the label by itself: where a module stands in a list."""
    return any(step and label[2 * place].endswith(".") for place, step in enumerate(steps))


def _loop(items: Sequence[Item], start: int, size: int, count: int) -> Loop:
    first, second = items[start : start + size], items[start + size : start + 2 * size]
    steps = _steps(_labels(first), _labels(second), 1)
    rise = _rise(_rates(first), _rates(second), 1)
    assert steps is not None and rise is not None
    made = copy.deepcopy(list(first))
    counts = False
    for item, step in zip(_labelled(made), steps, strict=True):
        text, varies = _counted(_name(item), step)
        counts |= varies
        if isinstance(item, Skip) and item.name is not None:
            item.name = text
        else:
            item.label = text
    for item, _ in walk(Body(made)):
        for column in getattr(item, "arguments", {}).values():
            if rise and isinstance(column[0], Rate):
                column[0] = Rising(column[0], rise)
                counts = True
    return Loop(count=[count], body=Body(made, [ABSENT]), variable="i" if counts else None)


# ------------------------------------------------------------------------------------------------ labels


def _labelled(items: Sequence[Item]) -> Iterator[Item]:
    """What has a label, or reads one, in the order of the text."""
    return (item for item, _ in walk(Body(list(items))) if item.label is not None or (isinstance(item, Skip) and item.name is not None))


def _name(item: Item) -> str:
    name = item.name if isinstance(item, Skip) and item.name is not None else item.label
    assert name is not None
    return name


def _labels(items: Sequence[Item]) -> Labels:
    return [re.split(r"(\d+)", _name(item)) for item in _labelled(items)]


def _steps(first: Labels, row: Labels, rounds: int) -> list[list[int]] | None:
    """By how much each number in the labels grows from round to round; None where something else differs, or a number does not grow evenly."""
    steps: list[list[int]] = []
    for one, two in zip(first, row, strict=True):
        if len(one) != len(two) or one[::2] != two[::2]:
            return None
        grown = [int(after) - int(before) for before, after in zip(one[1::2], two[1::2], strict=True)]
        if any(step < 0 or step % rounds for step in grown):
            return None
        steps.append([step // rounds for step in grown])
    return steps


def _counted(name: str, steps: Sequence[int]) -> tuple[str, bool]:
    """A label with the number of the round in it, and whether there is one."""
    parts = re.split(r"(\d+)", name)
    for place, step in enumerate(steps):
        if step:
            number = int(parts[2 * place + 1])
            counts = "i" if step == 1 else f"{step} * i"
            parts[2 * place + 1] = f"{{{counts} + {number}}}" if number else f"{{{counts}}}"
    return "".join(parts), any(steps)


# ----------------------------------------------------------------------------------------------- all else


def _bare(items: Sequence[Item]) -> str:
    """Equal for steps that differ in their labels alone, and in rates."""
    made = copy.deepcopy(list(items))
    for item, _ in walk(Body(made)):
        item.label = None if item.label is None else ""
        if isinstance(item, Skip):
            item.name = None if item.name is None else ""
        for column in getattr(item, "arguments", {}).values():
            if isinstance(column[0], Rate):
                column[0] = "rate"
    return fingerprint(Body(made))


def _rates(items: Sequence[Item]) -> list[Rate]:
    return [
        column[0]
        for item, _ in walk(Body(list(items)))
        for column in getattr(item, "arguments", {}).values()
        if isinstance(column[0], Rate)
    ]


def _rise(first: Sequence[Rate], row: Sequence[Rate], rounds: int) -> int | None:
    """By how many steps all rates rise from round to round; None where they do not rise alike."""
    rises = {after.step - before.step for before, after in zip(first, row, strict=True)}
    if len(rises) > 1:
        return None
    rise = rises.pop() if rises else 0
    return rise // rounds if isinstance(rise, int) and rise >= 0 and rise % rounds == 0 else None
