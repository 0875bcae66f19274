"""The inputs that a text and its model are compared on."""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import nn

Draw = Callable[..., torch.Tensor]


def ones(shape: tuple[int, ...], generator: torch.Generator) -> torch.Tensor:
    return torch.ones(shape)


def zeros(shape: tuple[int, ...], generator: torch.Generator) -> torch.Tensor:
    return torch.zeros(shape)


def drawn(
    like: torch.Tensor, shape: tuple[int, ...], reference: nn.Module, generator: torch.Generator, draw: Draw, begins_true: bool = False
) -> torch.Tensor:
    """Numbers for an input; whole ones are rows of any table that the model has. Truths may stand for what is covered, or for what is not: rows that begin
    with none, or with one (`begins_true`), are never covered whole."""
    if like.is_floating_point():
        return draw(shape, generator=generator)
    if like.dtype == torch.bool:
        covered = torch.rand(shape, generator=generator) < 0.4
        covered[..., 0] = draw is ones
        return ~covered if begins_true else covered
    rows = [part.num_embeddings for part in reference.modules() if isinstance(part, nn.Embedding | nn.EmbeddingBag)]
    if draw in (ones, zeros):
        return draw(shape, generator=generator).long()
    return torch.randint(min(rows, default=2), shape, generator=generator, dtype=torch.long)
