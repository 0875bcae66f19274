"""Keys that differ from a reference's: what a text would write to have them, one line for each kind of difference."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from difflib import SequenceMatcher

from ..ops.base import Shape

Key = tuple[str, Shape]
"""A key of a state_dict, and the shape under it."""
MOST = 3
"""How many pieces of advice are told."""


def key_advice(ours: Sequence[Key], theirs: Sequence[Key]) -> tuple[str, ...]:
    """``yours `layer1.bottleneck1.*`, theirs `layer1.0.*`: write `indexed` at `layer1` ``, of weights that stand at one place in both."""
    found: dict[tuple[str, str], str] = {}
    for mine, other in _pairs(ours, theirs):
        told = _told(mine.split("."), other.split("."))
        if told is not None:
            found.setdefault(*told)
    return tuple(found.values())[:MOST]


def _pairs(ours: Sequence[Key], theirs: Sequence[Key]) -> Iterator[tuple[str, str]]:
    """Weights that are one: in order, with equal shapes and last names. A key that both have is no other name for another: there a block is missing, or one more."""
    known = ({key for key, _ in ours}, {key for key, _ in theirs})
    rows = [[(key.rpartition(".")[2], shape) for key, shape in each] for each in (ours, theirs)]
    for first, second, length in SequenceMatcher(None, rows[0], rows[1], autojunk=False).get_matching_blocks():
        for place in range(length):
            mine, other = ours[first + place][0], theirs[second + place][0]
            if mine != other and mine not in known[1] and other not in known[0]:
                yield mine, other


def _told(mine: list[str], other: list[str]) -> tuple[tuple[str, str], str] | None:
    """The advice for one pair, and what makes it the same as another's."""
    start = next((place for place, (a, b) in enumerate(zip(mine, other, strict=False)) if a != b), min(len(mine), len(other)))
    before = ".".join(mine[:start])
    where = f"at `{before}`" if before else "at the network"
    one, two = ".".join([*mine[: start + 1], "*"]), ".".join([*other[: start + 1], "*"])
    pair = f"yours `{one}`, theirs `{two}`"
    if len(mine) == len(other):
        a, b = mine[start], other[start]
        if b.isdigit() and not a.isdigit():
            return (before, "indexed"), f"{pair}: write `indexed` {where}"
        if a.isdigit() and not b.isdigit():
            return (before, "not indexed"), f"{pair}: leave `indexed` out {where}, and label the step `{b}`"
        return (re.sub(r"\d+", "#", before), b), f"{pair}: label the step, `{_label(b)}: …`"
    if len(mine) < len(other):
        extra = other[start]
        return (re.sub(r"\d+", "#", before), extra), f"{pair}: they stand in a part `{_label(extra)}: {{ … }}`"
    return (
        re.sub(r"\d+", "#", before),
        mine[start],
    ), f"{pair}: `{mine[start]}` is a part of yours alone; `flat` leaves a stage's name out of the keys"


def _label(name: str) -> str:
    return name if name.isidentifier() else f'"{name}"'
