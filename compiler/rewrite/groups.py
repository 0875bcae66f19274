"""Where a batch can be cut into groups of images: up to which node each image goes its own way."""

from __future__ import annotations

from ..graph.graph import Graph
from ..graph.program import Node
from ..ops.base import product

MOST_BYTES = 13 << 20
"""The most that one tensor of a group may take. What a layer puts out is then still in the cache when the next one reads it:
four images of ResNet-50 at a time are 4 to 8 % faster than eight. And from 32 MiB on the C library takes every tensor from the
system and gives it back, whose pages have to be cleared each time: a sixth of VGG's time at a batch of 8."""


def head_of(graph: Graph) -> Node | None:
    """The last node of the part that works on images: all that comes after reads it alone, and has no positions any more.

    None where there is no such node: the whole network then works on the whole batch.
    """
    if len(graph.inputs) != 1:
        return None
    last_read = {index: node.index for node in graph.nodes for index in node.inputs}
    reach = 0
    found = None
    for node in reversed(graph.nodes):
        if node.is_port:
            continue
        if _positions(node) > 1:
            break
        found = node
    if found is None:
        return None
    for node in graph.nodes[: found.index]:
        reach = max(reach, last_read.get(node.index, node.index))
    return found if reach <= found.index else None


def images_at_once(graph: Graph) -> int:
    """How many images fit into a group."""
    largest = max(4 * product(node.shape) for node in graph.nodes)
    return max(1, MOST_BYTES // largest)


def _positions(node: Node) -> int:
    return product(node.shape[1:]) if len(node.shape) > 1 else 1
