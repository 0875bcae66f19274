"""What a pattern of axes was meant as that does not fit the tensors that come in: another text of it, tried by whoever asks."""

from __future__ import annotations

import re
from collections.abc import Sequence

from .axis_names import AXIS_NAMES, Axes

_TOKEN = re.compile(r"\([^()]*\)|\S+")


def sides_of(pattern: str) -> list[list[str]]:
    """The axes of each side as they are written, a pair of brackets as one: of each path, and of what goes out."""
    return [_TOKEN.findall(side) for side in re.split(r"->|,", pattern)]


def _written(sides: Sequence[Sequence[str]]) -> str:
    *before, after = (" ".join(side) for side in sides)
    return f"{', '.join(before)} -> {after}"


def without_batch(pattern: str) -> str | None:
    """`b c h w -> b h w c` as it is written here: the batch stands first on all sides, by itself."""
    sides = sides_of(pattern)
    batch = {side[0] if side else "" for side in sides}
    return (
        _written([side[1:] for side in sides])
        if len(batch) == 1 and batch.pop().isidentifier() and all(side[1:] for side in sides)
        else None
    )


def reordered(pattern: str, path: int, axes: Axes) -> str | None:
    """`height width channels -> …` of (channels, height, width): one side's names in the order in which the axes come in."""
    sides = sides_of(pattern)
    if sorted(sides[path]) != sorted(axes) or not set(axes) <= set(AXIS_NAMES):
        return None
    return _written([*sides[:path], list(axes), *sides[path + 1 :]])


def quoted(pattern: str) -> str:
    return f'"{pattern}"'
