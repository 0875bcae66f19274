"""Boxes that would say the same and are not: calls of one block that differ in a parameter, as plain and shifted windows do."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import replace

from ..graph.graph import Graph
from ..graph.program import Scope
from .call_names import word
from .labels import summary
from .picture import Box, Frame
from .several import several


def told_apart(graph: Graph, items: Sequence[Box | Frame], rounds: Mapping[str, Sequence[Scope]]) -> list[Box | Frame]:
    """The items of a frame, boxes of one block and one text with the parameters in which they differ. `rounds` are all calls that a box stands for."""
    calls: dict[str, list[int]] = defaultdict(list)
    for place, item in enumerate(items):
        # One that is opened shows what it does; those beside it are told apart from it all the same.
        if item.scope is not None and item.scope.kind == "block" and item.scope.template:
            calls[item.scope.template].append(place)
    made = list(items)
    for places in calls.values():
        scopes = {place: items[place].scope for place in places}
        given = {place: _told(rounds.get(items[place].name, (scope,))) for place, scope in scopes.items() if scope is not None}
        names = [name for name in given[places[0]] if len({given[place].get(name) for place in places}) > 1]
        if not names:
            continue
        alike: dict[tuple[str, ...], list[int]] = defaultdict(list)
        for place, scope in scopes.items():
            if scope is not None:
                alike[summary(graph, scope)].append(place)
        for group in alike.values():
            told = [name for name in names if len({given[other].get(name) for other in group}) > 1]
            for place in group:
                item = made[place]
                if isinstance(item, Box):
                    made[place] = replace(item, apart=", ".join(f"{name} {given[place].get(name)}" for name in told))
    return made


def _told(rounds: Sequence[Scope]) -> dict[str, str]:
    """The parameters that say what a part does: whole numbers, truth values and words. Rates change from call to call and say nothing."""
    given = [dict(scope.arguments) for scope in rounds]
    names = [name for name, value in rounds[0].arguments if isinstance(value, int | str)]
    return {name: several([word(row.get(name)) for row in given], gap=" ") for name in names}
