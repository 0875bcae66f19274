"""How `archc fit` and `archc sweep` read values to try: `base`, `base=1..64`, `base=8..128:8`, `base=1,2,4`."""

from __future__ import annotations

import re
from collections.abc import Sequence

import click

SPAN = re.compile(r"(-?\d+)\.\.(-?\d+)(?::(\d+))?")

MOST = 4096
"""A parameter without values is tried from 1 to this."""


MOST_VARIANTS = 100_000
"""More of them are hardly meant: at ten a second they take three hours."""


def few(count: int) -> None:
    """Refuses more variants than anyone can wait for."""
    if count > MOST_VARIANTS:
        help = "give a step (`1..4096:64`) or fewer values; or `archc fit`, which searches instead of trying all"
        raise click.BadParameter(f"these are {count:,} variants, and at most {MOST_VARIANTS:,} are tried: {help}", param_hint="--vary")


def parted(text: str) -> tuple[str, str]:
    """The name and what is behind the equals sign ("" where there is none)."""
    name, _, values = text.partition("=")
    name = name.strip()
    if not name.isidentifier():
        raise click.BadParameter(f"`{text}` does not begin with the name of a parameter", param_hint="--vary")
    return name, values.strip()


def span_of(text: str) -> range | None:
    """`8..128:8`, both ends included."""
    match = SPAN.fullmatch(text)
    if match is None:
        return None
    first, last, step = int(match[1]), int(match[2]), int(match[3] or 1)
    if last < first or step < 1:
        raise click.BadParameter(f"`{text}` holds no value", param_hint="--vary")
    return range(first, last + 1, step)


def whole_numbers(text: str) -> tuple[str, Sequence[int]]:
    """A parameter of `archc fit` with the whole numbers that it may take, in increasing order."""
    name, values = parted(text)
    if not values:
        return name, range(1, MOST + 1)
    span = span_of(values)
    if span is not None:
        return name, span
    try:
        return name, sorted({int(value) for value in values.split(",")})
    except ValueError:
        raise click.BadParameter(f"`{text}`: fit varies whole numbers: `1..64`, `8..128:8` or `1,2,4`", param_hint="--vary") from None


def texts(text: str) -> tuple[str, list[str]]:
    """A parameter of `archc sweep` with its values, as a file would write them. Commas in brackets part nothing."""
    name, values = parted(text)
    span = span_of(values)
    if span is not None:
        few(len(span))
        return name, [str(value) for value in span]
    parts, depth, start = [], 0, 0
    for place, letter in enumerate(values):
        depth += (letter in "([{") - (letter in ")]}")
        if letter == "," and depth == 0:
            parts.append(values[start:place].strip())
            start = place + 1
    parts.append(values[start:].strip())
    if not all(parts):
        raise click.BadParameter(f"`{text}` has no values: write `{name}=1,2,4` or `{name}=1..8`", param_hint="--vary")
    return name, parts
