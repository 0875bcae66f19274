"""Boxes that would say the same and are not: calls of one block that differ in a parameter, as plain and shifted windows do."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import replace

from ..graph.graph import Graph
from ..graph.program import Scope, Value
from .labels import summary
from .picture import Box, Frame


def told_apart(graph: Graph, items: Sequence[Box | Frame]) -> list[Box | Frame]:
    """The items of a frame, boxes of one block and one text with the parameters in which they differ."""
    calls: dict[str, list[int]] = defaultdict(list)
    for place, item in enumerate(items):
        if isinstance(item, Box) and item.scope is not None and item.scope.kind == "block" and item.scope.template:
            calls[item.scope.template].append(place)
    made = list(items)
    for places in calls.values():
        scopes = {place: items[place].scope for place in places}
        given = {place: _told(scope) for place, scope in scopes.items() if scope is not None}
        names = [name for name in given[places[0]] if len({given[place].get(name) for place in places}) > 1]
        if not names:
            continue
        alike: dict[tuple[str, ...], list[int]] = defaultdict(list)
        for place, scope in scopes.items():
            if scope is not None:
                alike[summary(graph, scope)].append(place)
        for group in alike.values():
            for place in group:
                told = [name for name in names if len({given[other].get(name) for other in group}) > 1]
                made[place] = replace(made[place], apart=", ".join(f"{name} {_word(given[place].get(name))}" for name in told))  # type: ignore[arg-type]
    return made


def _told(scope: Scope) -> dict[str, Value]:
    """The parameters that say what a part does: whole numbers, truth values and words. Rates change from call to call and say nothing."""
    return {name: value for name, value in scope.arguments if isinstance(value, int | str)}


def _word(value: Value | None) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)
