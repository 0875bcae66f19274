"""What a picture calls a single step: the name by which the text takes it up again, or the one that the network's own body gives it.

Most labels of steps are there for the keys of weights alone (`conv1`, `bn1`, `fc`) and say what the operation says.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from ..graph.graph import Graph
from ..graph.program import Node
from ..ops.foreign_names import SAME
from .picture import Box

LETTERS = re.compile(r"[a-z]+")
LONGEST, LONGEST_OF_MERGE = 32, 16  # letters of a name; the whole of it stands in what a box says when a pointer rests on it


def step_name(graph: Graph, box: Box) -> str:
    """That of an operation, or of an operation with its companions; of rounds that are drawn once those of the first and the last."""
    for number in dict.fromkeys((len(box.first) - 1, box.first.index(box.main))):
        names = [_name(graph, node) for node in box.nodes[number :: len(box.first)]]
        told = list(dict.fromkeys(name for name in names if name))
        if told and (all(names) or len(told) == 1):
            longest = LONGEST_OF_MERGE if box.is_merge else LONGEST  # an ellipse is half as wide again as what stands in it
            first, last = (name if len(name) <= longest else name[: longest - 1] + "\u2026" for name in (told[0], told[-1]))
            return first if len(told) == 1 else f"{first} \u2026 {last}"
    return ""


def _name(graph: Graph, node: Node) -> str:
    if node.label and node in graph.lenders:
        return node.names[-1]
    if node.taken_as:
        is_told = all(user.is_port and user.names[-1:] == (node.taken_as,) for user in graph.users(node))  # by the output itself
        return "" if is_told or all(_says(node, word) for word in _words(node.taken_as)) else node.taken_as
    around = node.scope.ancestors()
    if not node.label or any(scope.template for scope in around[1:]):
        return ""
    name = node.names[-1]
    is_told = name == node.scope.title or _is_key(node, list(_words(name)))
    return "" if is_told or name.isdigit() else name


def _is_key(node: Node, words: list[str]) -> bool:
    """Whether a name says what the operation is and little more, as keys of weights do: `conv_stem`, `last_linear`, `norm1`."""
    return 0 < len(words) <= 2 * sum(_says(node, word) for word in words)


def _words(name: str) -> Iterator[str]:
    return (found[0] for found in LETTERS.finditer(name.lower()))


def _says(node: Node, word: str) -> bool:
    """Whether a word in a name is one for the operation: `norm`, `fc`, `linears`, `pos`."""
    operation = node.operation
    own = (*operation.name.split("_"), operation.family, *SAME.get(operation.name, "").split())
    own += ("fc", "linear") if operation.family == "convolution" else ()  # of one place it is one
    return any(word == other or (min(len(word), len(other)) > 2 and (word.startswith(other) or other.startswith(word))) for other in own)
