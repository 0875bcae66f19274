"""What became of the steps of a network in another one, as words and signs for its boxes."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from ..analysis.diff import Difference
from ..graph.graph import Graph

SIGNS: Mapping[str, str] = {"same": "", "added": "+", "removed": "\u2212", "changed": "~", "renamed": "=", "moved": "\u2192"}


def marks_of(difference: Difference, graph: Graph) -> tuple[str, ...]:
    """What became of every node of one of the two networks."""
    marks = ["same"] * len(graph.nodes)
    for change in difference.changes:
        node = change.after if graph is difference.after else change.before
        if node is not None:
            marks[node.index] = change.kind
    return tuple(marks)


def mark(nodes: Iterable[int], marks: Sequence[str]) -> str:
    """That of a box with these nodes: one word where they agree."""
    found = {marks[node] for node in nodes}
    return found.pop() if len(found) == 1 else "changed"
