"""Tensors made to fit: the first kernels for images of other channels, position embeddings for images of another size."""

from __future__ import annotations

from collections.abc import Collection
from math import isqrt
from typing import TYPE_CHECKING

from ...graph.graph import Graph
from ...graph.program import Node
from ...ops.base import Shape, show
from ...ops.learned import PositionEmbedding
from .told import count

if TYPE_CHECKING:
    from torch import Tensor

WORDS = ("channels", "positions")
"""What may be made to fit when it is asked for."""


def channels(graph: Graph, node: Node, key: str, given: Shape, wanted: Shape) -> tuple[int, int] | None:
    """The input channels of the file and of the network, where it is they by which a kernel at the image differs."""
    differ = [axis for axis, (one, two) in enumerate(zip(given, wanted, strict=False)) if one != two]
    if len(given) != len(wanted) or len(wanted) < 3 or differ != [1] or node.input_shapes[0][0] != wanted[1]:
        return None
    return (given[1], wanted[1]) if _reads_the_image(graph, node) else None


def _reads_the_image(graph: Graph, node: Node) -> bool:
    """Whether nothing that has weights, or that changes the channels, stands between an input and the node."""
    while node.inputs:
        (operand, *rest) = graph.operands(node)
        if rest or operand.weights or operand.shares is not None or operand.shape[0] != node.input_shapes[0][0]:
            return False
        node = operand
        if not node.inputs:
            return True
    return False


def to_channels(kernel: Tensor, wanted: int) -> Tensor:
    """A kernel for `wanted` input channels: for one, the sum over them; for others they are repeated, and scaled to keep the sum."""
    given = kernel.shape[1]
    exact = kernel.float() if kernel.dtype.itemsize < 4 else kernel
    if wanted == 1:
        made = exact.sum(dim=1, keepdim=True)
    else:
        repeats = -(-wanted // given)
        made = exact.repeat(1, repeats, *(1,) * (kernel.dim() - 2))[:, :wanted] * (given / wanted)
    return made.to(kernel.dtype)


def grid(graph: Graph, node: Node) -> tuple[int, int, int] | None:
    """Height and width of the patches behind a position embedding, and how many tokens stand before them; None where no image is."""
    if not isinstance(node.operation, PositionEmbedding):
        return None
    length = node.shape[0]
    while node.inputs and len(node.shape) == 2:
        node = graph.operands(node)[0]
    if len(node.shape) != 3:
        return None
    height, width = node.shape[1:]
    before = length - height * width
    return (height, width, before) if before >= 0 else None


def side(tokens: int, before: int) -> int | None:
    """The side of the square of patches that `tokens` are, without those before; None where they are no square."""
    patches = tokens - before
    root = isqrt(max(patches, 0))
    return root if root and root * root == patches else None


def to_positions(table: Tensor, height: int, width: int, before: int) -> Tensor:
    """Position embeddings [1, L, C] for another grid of patches, between which they are interpolated; the tokens before them are kept."""
    from torch import cat
    from torch.nn.functional import interpolate

    old = side(table.shape[1], before)
    assert old is not None
    image = table[:, before:].float().reshape(1, old, old, -1).permute(0, 3, 1, 2)
    image = interpolate(image, size=(height, width), mode="bicubic", antialias=True)
    moved = image.permute(0, 2, 3, 1).reshape(1, height * width, -1).to(table.dtype)
    return cat([table[:, :before], moved], dim=1)


def adapted(graph: Graph, node: Node, key: str, tensor: Tensor, wanted: Shape, words: Collection[str]) -> tuple[Tensor, str, str] | None:
    """The tensor as it fits, what was done, and the word of `words` that asked for it; None where nothing that was asked for makes it fit."""
    given = tuple(tensor.shape)
    found = channels(graph, node, key, given, wanted) if "channels" in words else None
    if found is not None:
        what = "summed to 1" if found[1] == 1 else f"repeated and scaled to {found[1]}"
        return to_channels(tensor, wanted[1]), f"`{key}`: {count(found[0], 'input channel')} {what}", "channels"
    place = grid(graph, node) if "positions" in words else None
    if place is None or len(given) != 3 or (given[0], given[2]) != (wanted[0], wanted[2]):
        return None
    height, width, before = place
    old = side(given[1], before)
    if old is None or (old, old) == (height, width):
        return None
    told = f"`{key}`: positions of {old}x{old} patches resized to {height}x{width}, {show(wanted)}"
    return to_positions(tensor, height, width, before), told, "positions"
