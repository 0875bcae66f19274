"""Where a batch can be cut into groups of images: up to which node each image goes its own way."""

from __future__ import annotations

from ..graph.batchless import batchless_of
from ..graph.graph import Graph
from ..graph.program import Node
from ..ops.base import product

MOST_BYTES = 13 << 20
"""The most that one tensor of a group may take. What a layer puts out is then still in the cache when the next one reads it:
four images of ResNet-50 at a time are 4 to 8 % faster than eight. And from 32 MiB on the C library takes every tensor from the
system and gives it back, whose pages have to be cleared each time: a sixth of VGG's time at a batch of 8."""

LARGE = 1 << 20
"""Elements of an image's tensor of which eight take 32 MiB."""


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


def ends_in_groups(graph: Graph) -> bool:
    """Whether a network without a head goes through in groups to its end, where the outputs of all are put together.

    That copies them, which pays where large tensors on the way are more than they: in a segmentation, a U-Net, a detector.
    """
    if not graph.inputs or head_of(graph) is not None:
        return False
    alone = batchless_of(graph)
    outputs = {node.inputs[0] for node in graph.outputs}
    if any(alone[index] for index in outputs):
        return False
    large = [product(node.shape) for node in graph.nodes if node.index not in outputs and not node.is_port and not node.operation.is_view]
    return sum(size for size in large if size >= LARGE) > sum(product(graph.nodes[index].shape) for index in outputs)


def last_in_groups(graph: Graph) -> int:
    """The index of the last node that works on a group of images; -1 where all work on the whole batch."""
    head = head_of(graph)
    if head is not None:
        return head.index
    return graph.nodes[-1].index if ends_in_groups(graph) else -1


def images_at_once(graph: Graph) -> int:
    """How many images fit into a group."""
    largest = max(4 * product(node.shape) for node in graph.nodes)
    return max(1, MOST_BYTES // largest)


def _positions(node: Node) -> int:
    return product(node.shape[1:]) if len(node.shape) > 1 else 1
