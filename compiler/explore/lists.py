"""A list of variants, from CSV or JSON: columns that are parameters are set, the others are carried along."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Sequence

from .headings import mistyped, of_carried, twice
from .sweep import Value, Variant


class NoList(Exception):
    """The text is no list of variants; it says why, and what to write."""

    def __init__(self, why: str, help: str = "a heading with the names of parameters, a line for each") -> None:
        super().__init__(why)
        self.help = help


def listed(text: str, parameters: Sequence[str]) -> tuple[Variant, ...]:
    """The variants of a CSV text with a heading, or of a JSON list of objects. Columns that are no parameters are carried along."""
    rows = _rows(text)
    checked([name for row in rows for name in row], parameters)
    variants = []
    for row in rows:
        settings = tuple((name, _source(value)) for name, value in row.items() if name in parameters and value not in (None, ""))
        carried = tuple((of_carried(name), _number(value)) for name, value in row.items() if name not in parameters)
        variants.append(Variant(settings, carried))
    return tuple(variants)


def checked(headings: Sequence[str], parameters: Sequence[str]) -> None:
    """Refuses a heading that was surely meant for a parameter: carried along, it would set nothing, and nobody would be told."""
    slip = mistyped(dict.fromkeys(headings), parameters)
    if slip is not None:
        raise NoList(
            f"`{slip[0]}` is no parameter of the network",
            f"did you mean `{slip[1]}`? What is to be carried along needs a name less like it",
        )


def _rows(text: str) -> list[dict[str, Value]]:
    try:
        if not text.lstrip().startswith("["):
            return _of_csv(text)
        found = json.loads(text, object_pairs_hook=_object)
    except (ValueError, csv.Error, RecursionError) as error:
        raise NoList(str(error)) from None
    if not all(isinstance(row, dict) for row in found):
        raise NoList('a JSON list of variants holds objects: `[{"width": 8}, …]`')
    return [dict(row) for row in found]


def _of_csv(text: str) -> list[dict[str, Value]]:
    lines = csv.reader(io.StringIO(text), skipinitialspace=True)
    rows = [[value.strip() for value in line] for line in lines if line]
    if not rows:
        return []
    heading, *rows = rows
    _once(heading)
    if any(len(row) > len(heading) for row in rows):
        raise NoList("a line has more values than the heading has names")
    return [dict(zip(heading, [*row, *[None] * (len(heading) - len(row))], strict=True)) for row in rows]


def _object(pairs: list[tuple[str, Value]]) -> dict[str, Value]:
    _once([name for name, _ in pairs])
    return dict(pairs)


def _once(names: Sequence[str]) -> None:
    name = twice([of_carried(name) for name in names])
    if name is not None:
        raise NoList(f"`{name}` is there twice", "each column has a name of its own: leave one of the two out, or call it otherwise")


def _source(value: Value) -> str:
    """A value as the language writes it."""
    return str(value).lower() if isinstance(value, bool) else str(value)


def _number(value: Value) -> Value:
    if not isinstance(value, str):
        return value
    for read in (int, float):
        try:
            return read(value)
        except ValueError:
            continue
    return value
