"""The note that archc puts beside its programs, read again: how weights start, and the steps that evaluation does not run.

Programs of other origin have none. A step whose place is not found stays away: it does nothing where the program runs.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from ..emit.training_part import VERSION
from ..ops import TABLE
from ..runtime.starts import Start
from .flat_steps import Flat, Step

Rows = list[dict[str, Any]]


def read(text: str) -> tuple[dict[str, Start], Rows]:
    """The starts by key, and the steps; neither where the note is of another version, or none."""
    try:
        document = json.loads(text)
        if document["version"] != VERSION:
            return {}, []
        starts = {key: (name, row | {"tensor": tuple(row["tensor"])}) for key, (name, row) in document["starts"].items()}
        return starts, [row for row in document["steps"] if TABLE[row["op"]].training_only]
    except (ValueError, KeyError, TypeError):
        return {}, []


def put_back(flat: Flat, rows: Rows) -> None:
    """Insert the steps, in place."""
    number = max((step.number for step in flat.steps), default=0)
    for row in rows:
        place = _place(flat, row)
        if place is None:
            continue
        number += 1
        before = flat.steps[place]
        for step in flat.steps:
            step.inputs = [number if source == before.number else source for source in step.inputs]
        scope = row["path"].rpartition(".")[0]
        flat.steps.insert(place + 1, Step(number, row["op"], dict(row["arguments"]), [before.number], before.shape, scope))


def _place(flat: Flat, row: Mapping[str, Any]) -> int | None:
    """Where the step stands that such a step follows: from its key on, the last one before several tensors meet."""
    places = {step.number: place for place, step in enumerate(flat.steps)}
    key, shape = row["after"], tuple(row["output"])
    found = next((step for step in reversed(flat.steps) if step.key is not None and f"{step.key}.".startswith(f"{key}.")), None)
    ends = {number for _, number in flat.outputs}
    while found is not None:
        readers = [step for step in flat.steps if found.number in step.inputs]
        if len(readers) != 1 or found.number in ends:
            return None
        if len(readers[0].inputs) > 1:
            return places[found.number] if found.shape == shape else None
        found = readers[0]
    return None
