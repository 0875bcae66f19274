"""Tensors to try a module on: of the shapes that its inputs have, and whole numbers where it looks them up in a table."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from ..graph.graph import Graph
from ..ops.base import Shape

if TYPE_CHECKING:
    import torch
    from torch import Tensor


def zeros(
    graph: Graph,
    batch: int,
    device: torch.device | None = None,
    dtype: torch.dtype | None = None,
    shapes: Sequence[Shape] | None = None,
) -> tuple[Tensor, ...]:
    """One tensor for each input, of nothing but 0; `shapes` are those of the network, unless others are given."""
    import torch

    kinds = [torch.int64 if graph.integers(node) else dtype for node in graph.inputs]
    given = [node.shape for node in graph.inputs] if shapes is None else shapes
    return tuple(torch.zeros(batch, *shape, device=device, dtype=kind) for shape, kind in zip(given, kinds, strict=True))


def normal(
    graph: Graph,
    batch: int,
    shapes: Sequence[Shape] | None = None,
    *,
    device: str = "cpu",
    dtype: str = "float32",
    generator: torch.Generator | None = None,
) -> tuple[Tensor, ...]:
    """One tensor for each input, drawn by chance; `shapes` are those of the network, unless others are given."""
    import torch

    found = []
    for number, node in enumerate(graph.inputs):
        shape = (batch, *(node.shape if shapes is None else shapes[number]))
        count = graph.integers(node)
        if count is None:
            found.append(torch.randn(shape, generator=generator).to(device, getattr(torch, dtype)))
        else:
            found.append(torch.randint(count, shape, generator=generator).to(device))
    return tuple(found)
