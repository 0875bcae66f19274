"""Names of axes: they travel with a tensor, so that `channels` is where the channels are and not where they mostly stand.

An axis without a name is "". A network begins with names (`input x[3, 224, 224]`: channels, height, width), every operation's record
says what becomes of them, and where a step speaks of an axis by its word, the word is looked for among the names of what comes in.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import TypeAlias

Axes: TypeAlias = tuple[str, ...]
"""The name of each axis, without the batch; "" for one that has none."""

AXIS_NAMES = ("channels", "depth", "height", "width", "length")
"""The names that an axis may have."""

STANDARD: dict[int, Axes] = {
    1: ("channels",),
    2: ("channels", "length"),
    3: ("channels", "height", "width"),
    4: ("channels", "depth", "height", "width"),
}
"""Channels first, by the number of axes: what an input has where nothing else is written, and what convolutions and pools make."""


_MARK = re.compile("\x1f([0-9]+) ([0-9]+)\x1f")


def axis_name(axis: int, shape: tuple[int, ...]) -> str:
    """An axis in the message of a refusal or in a caption, of which `spelled` makes a name: a record knows sizes alone."""
    return f"\x1f{axis} {len(shape)}\x1f"


_PLURAL = re.compile(r"\b(channels \d+) is\b")
"""The one name of an axis that is a plural, before a verb that was written for any."""


def spelled(message: str, *axes: Axes) -> str:
    """The message with names: those of the first of `axes` that has as many, else the usual ones."""

    def name(found: re.Match[str]) -> str:
        axis, rank = int(found[1]), int(found[2])
        names = next((row for row in axes if len(row) == rank), STANDARD.get(rank, ()))
        return (names[axis] if axis < len(names) else "") or f"axis {axis}"

    return _PLURAL.sub(r"\1 are", _MARK.sub(name, message))


def are_known(axes: Axes) -> bool:
    """Whether any axis has a name."""
    return any(axes)


def joined(inputs: Sequence[Axes]) -> Axes:
    """The names of what lies on top of each other: for each axis the first that is known."""
    return tuple(next((name for name in names if name), "") for names in zip(*inputs, strict=True))


def channels_first(axes: Axes) -> Axes:
    """The names behind an operation for which the first axis is the channels, and the others positions."""
    standard = STANDARD.get(len(axes), axes)
    return tuple(name or ("" if usual in axes else usual) for name, usual in zip(axes, standard, strict=True))


def sequence(axes: Axes) -> Axes:
    """The names behind an operation on tokens."""
    return tuple(name or ("" if usual in axes else usual) for name, usual in zip(axes, ("length", "channels"), strict=True))


def stands_first(axes: Axes) -> bool:
    """Whether the first axis may be the channels."""
    return axes[0] in ("", "channels") and "channels" not in axes[1:]


def stands_last(axes: Axes) -> bool:
    """Whether the last axis may be the channels."""
    return axes[-1] in ("", "channels") and "channels" not in axes[:-1]


def show_axes(shape: tuple[int, ...], axes: Axes) -> str:
    """A shape with its names: `[length 197, channels 768]`; `[16, 24]` where there are none."""
    names = axes or ("",) * len(shape)
    return "[" + ", ".join(f"{name} {size}".strip() for name, size in zip(names, shape, strict=True)) + "]"


def places(axes: Axes, name: str) -> list[int]:
    """The axes of that name."""
    return [place for place, other in enumerate(axes) if other == name]
