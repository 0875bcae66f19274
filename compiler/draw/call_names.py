"""What a part calls the blocks within it: by their names and, where calls of one block differ, by the numbers and words in which they do."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from itertools import groupby

from ..graph.graph import Graph
from ..graph.program import Scope, Value
from .paths import own_name

MOST = 4
"""So many different calls of a block are told apart; more, with dilations of 1 to 512 say, are a row of it."""


def call_names(graph: Graph, scope: Scope) -> dict[Scope, str]:
    """`twice 5` and `twice 3` for the calls of `twice` in a part that differ in one parameter alone; `twice` where they are alike."""
    calls: dict[str, list[Scope]] = defaultdict(list)
    for call in _calls(graph, scope):
        calls[call.template].append(call)
    found: dict[Scope, str] = {}
    for template, group in calls.items():
        given = {call: dict(call.arguments) for call in group}
        telling = [
            name
            for name, value in group[0].arguments
            if isinstance(value, int | str) and len({word(values.get(name)) for values in given.values()}) > 1
        ]
        told = {call: f"{template} {', '.join(word(values.get(name)) for name in telling)}".rstrip() for call, values in given.items()}
        if len(set(told.values())) <= MOST:
            found |= told
    return found


def is_unnamed_branch(graph: Graph, scope: Scope) -> bool:
    """Whether a call is the whole of one path of several, of which others are groups: a group has no frame there, so that its name is not seen,
    and one branch alone with its name would seem to be of another kind."""
    path = scope.parent
    if scope.kind != "block" or path is None or path.kind != "path" or path.parent is None or len(graph.members[path]) > 1:
        return False
    for is_path, run in groupby(graph.members[path.parent], lambda member: isinstance(member, Scope) and member.kind == "path"):
        paths = [member for member in run if isinstance(member, Scope)]
        if is_path and path in paths:
            held = (inner for other in paths for inner in graph.members[other])
            return any(isinstance(inner, Scope) and inner.kind == "group" and own_name(inner) for inner in held)
    return False


def word(value: Value | None) -> str:
    """A value as a picture says it."""
    return str(value).lower() if isinstance(value, bool) else str(value)


def _calls(graph: Graph, scope: Scope) -> Iterator[Scope]:
    """The calls of blocks in a part, not those inside them."""
    for member in graph.members[scope]:
        if isinstance(member, Scope):
            if member.kind == "block" and member.template:
                yield member
            else:
                yield from _calls(graph, member)
