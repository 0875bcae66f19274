"""What became of the steps of a network in another one, as words and signs for its boxes."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import replace

from ..analysis.diff import Difference
from ..graph.graph import Graph
from .picture import Box, Frame, Picture

Path = tuple[str, ...]

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


def renamed_parts(difference: Difference) -> tuple[frozenset[Path], frozenset[Path]]:
    """The parts of each network that are one of another name in the other: all their steps are there, and one at least bears its own name still."""
    others: tuple[dict[Path, set[Path]], ...] = (defaultdict(set), defaultdict(set))
    named: tuple[set[Path], ...] = (set(), set())
    for old, new in difference.pairs:
        if old is None or new is None:
            continue
        paths = difference.before.nodes[old].path, difference.after.nodes[new].path
        for up in range(1, min(map(len, paths))):
            parts = [path[:-up] for path in paths]
            for side in (0, 1):
                others[side][parts[side]].add(parts[1 - side])
                if paths[0][-up:] == paths[1][-up:]:
                    named[side].add(parts[side])
    one, two = (
        frozenset(
            part
            for part, found in others[side].items()
            if part in named[side] and {other[-1] for other in found} != {part[-1]} and len(found) == 1
        )
        for side in (0, 1)
    )
    return one, two


def signed(picture: Picture, marks: Sequence[str], renamed: Collection[Path]) -> Picture:
    """The picture with signs at the headings of frames: what is new or gone as a whole, and what has another name."""

    def item(one: Box | Frame) -> Box | Frame:
        if isinstance(one, Box):
            return one
        word = mark((node.index for node in one.nodes), marks)
        word = word if word in ("added", "removed") else "renamed" if one.scope.path in renamed else "same"
        return replace(one, sign=SIGNS[word], items=tuple(map(item, one.items)))

    return replace(picture, root=replace(picture.root, items=tuple(map(item, picture.root.items))))
