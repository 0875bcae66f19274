"""Peaks of memory as they are told and as they are measured."""

from __future__ import annotations

import pytest
import torch

from archc.compiler.analysis.memory import inference_profile, training_profile
from archc.compiler.graph.graph import Graph

from .built import built, zeros
from .tracker import inference_peak, training_peak

LOSS = 8
"""Bytes of the loss of the measured step and its gradient, which no network has."""


def are_never_too_low(graph: Graph, batch: int) -> None:
    """Hold both peaks to what the tracker books: never below it, at most 3 % above. A network without weights is only evaluated."""
    given = zeros(graph, batch, "cpu")
    measured = inference_peak(built(graph, device="cpu"), given)
    assert measured <= inference_profile(graph, batch=batch).peak_bytes <= 1.03 * measured
    model = built(graph, device="cpu")
    if not [*model.parameters()]:
        return
    step = training_peak(model, given, lambda weights: torch.optim.SGD(weights, lr=0.1, momentum=0.9))[1] - LOSS
    # Where the peak comes before the loss, the loss is no part of it.
    assert step <= training_profile(graph, batch=batch, optimizer="momentum").peak_bytes <= 1.03 * (step + LOSS)


def are_measured(graph: Graph, batch: int, evaluated: float = 0.0, trained: float = 0.003) -> None:
    """Hold what one evaluation and one step of training are told to need to what the tracker books, but for these shares of it."""
    given = zeros(graph, batch, "cpu")
    measured = inference_peak(built(graph, device="cpu"), given)
    assert inference_profile(graph, batch=batch).peak_bytes == pytest.approx(measured, rel=evaluated)
    step = training_peak(built(graph, device="cpu"), given, lambda weights: torch.optim.SGD(weights, lr=0.1, momentum=0.9))[1]
    assert training_profile(graph, batch=batch, optimizer="momentum").peak_bytes == pytest.approx(step, rel=trained)
