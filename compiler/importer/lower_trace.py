"""A trace as steps, with all that is known of PyTorch's functions."""

from __future__ import annotations

from collections.abc import Sequence

from torch import nn

from ..runtime.starts import Start
from . import (
    looked_up,
    lower_arithmetic,
    lower_attention,
    lower_complex,
    lower_edges,
    lower_grids,
    lower_layers,
    lower_masks,
    lower_norms,
    lower_order,
    lower_pairs,
    lower_products,
    lower_recurrent,
    lower_reductions,
    lower_resized,
    lower_shapes,
    lower_truths,
)
from .flat_steps import Flat
from .lower import TABLE, Lowering
from .traced import Trace
from .words import first_keys

ROOMS = (
    looked_up,
    lower_arithmetic,
    lower_attention,
    lower_complex,
    lower_edges,
    lower_grids,
    lower_layers,
    lower_masks,
    lower_norms,
    lower_order,
    lower_pairs,
    lower_products,
    lower_recurrent,
    lower_reductions,
    lower_resized,
    lower_shapes,
    lower_truths,
)
"""The files that fill the table, each as it is imported."""


def lower(
    traces: Sequence[Trace],
    modules: dict[str, nn.Module],
    starts: dict[str, Start],
    has_one_size: bool = False,
    later: frozenset[str] = frozenset(),
) -> Flat:
    """The steps of a model; the buffers `later` keep their keys. Raises `Unsaid` where the runs do not agree."""
    assert TABLE and ROOMS
    flat = Lowering(traces, modules, starts, has_one_size, later).run()
    if flat.drawn:
        told = "buffers start as random numbers here, and as others in the model, which its checkpoints have (`--weights-out` writes them)"
        flat.notes.append(f"{told}: {first_keys(flat.drawn)}")
    return flat
