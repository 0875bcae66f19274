"""Doubts that are alike, told once: eight convolutions in front of a norm are one habit, and eight boxes of text hide what else is said."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import replace
from typing import Final

from ..base.diagnostics import Diagnostic

LEAST: Final = 3
"""From how many on they are told together: two are as soon read one by one."""

_LISTED: Final = 6
"""How many places are named; more are counted."""

_QUOTED = re.compile(r"`([^`]*)`")


def together(diagnostics: Iterable[Diagnostic]) -> list[Diagnostic]:
    """The diagnostics, warnings that differ in a name and a place alone told with the first of them: it lists where the others are.

    For reading only. Each has its own place and edit for whatever makes edits, counts, or marks lines.
    """
    rows = list(diagnostics)
    groups: dict[object, list[Diagnostic]] = {}
    for row in rows:
        groups.setdefault(_kind(row), []).append(row)
    told: list[Diagnostic] = []
    for row in rows:
        group = groups[_kind(row)]
        if len(group) < LEAST:
            told.append(row)
        elif row is group[0]:
            told.append(replace(row, notes=(*row.notes, _others(group[1:]))))
    return told


def _kind(row: Diagnostic) -> object:
    """What is the same in doubts that are alike: all that is said but for the names, and the remedy to its last word."""
    if row.is_error or row.help is None:
        return id(row)
    return row.code, row.primary.span.source.name, _QUOTED.sub("``", row.message), row.help


def _others(rows: list[Diagnostic]) -> str:
    places = [f"{_name(row)} ({row.primary.span.line}:{row.primary.span.column})" for row in rows[:_LISTED]]
    more = f" and {len(rows) - _LISTED} more" if len(rows) > _LISTED else ""
    return f"the same of {', '.join(places)}{more}"


def _name(row: Diagnostic) -> str:
    """What it is said of: the first name in its message."""
    found = _QUOTED.search(row.message)
    return found[0] if found is not None else f"`{row.primary.span.text}`"
