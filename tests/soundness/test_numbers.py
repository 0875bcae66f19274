"""The numbers that archc gives of random networks, against those of the generated modules: memory, MACs and parameters.

Memory is what the storage tracker books (`tests/analysis/tracker.py`), on a CPU; MACs are half of what FlopCounterMode counts, on
meta tensors, since on a CPU it does not know the kernel of attention. `ARCHC_NETWORKS` sets how many networks are tried.
"""

from __future__ import annotations

import os
import random

import pytest
import torch
from torch.utils.flop_counter import FlopCounterMode

from archc.compiler.analysis.cost import works_of
from archc.compiler.analysis.memory import inference_profile, training_profile
from archc.compiler.graph.graph import Graph
from archc.compiler.runtime.sample_inputs import zeros

from ..analysis.built import built
from ..analysis.tracker import inference_peak, training_peak
from .wide import legal

pytestmark = pytest.mark.slow

NETWORKS = int(os.environ.get("ARCHC_NETWORKS", "400"))
PARTS = 10
LOSS_BYTES = 8
"""The loss of the measured step and its gradient, which no network has."""
MOST = 1.03
"""How far above what is measured a figure may be. Below it may never be."""


@pytest.mark.parametrize("part", range(PARTS))
def test_random_networks(part: int) -> None:
    torch.set_num_threads(1)
    for number in range(part, NETWORKS, PARTS):
        text, graph = legal(random.Random(number))
        batch = 1 + number % 3
        told = inference_profile(graph, batch=batch).peak_bytes
        peak = inference_peak(built(graph, device="cpu"), zeros(graph, batch))
        assert peak <= told <= MOST * peak, f"inference, batch {batch}\n{text}"
        assert counted(graph, batch) == 2 * batch * macs(graph), text
        assert parameters(graph) == sum(weight.numel() for weight in built(graph).parameters()), text


def test_a_training_step_is_told_within_three_percent_for_most() -> None:
    """Of networks that learn; what is left are gradients that lie out of order, and when the sums of gradients are made."""
    torch.set_num_threads(1)
    ratios = []
    for number in range(NETWORKS // 2):
        text, graph = legal(random.Random(number))
        if parameters(graph) == 0:
            continue
        peak = training_peak(built(graph, device="cpu"), zeros(graph, 3), lambda weights: torch.optim.SGD(weights, lr=0.1, momentum=0.9))[1]
        ratios.append(training_profile(graph, batch=3, optimizer="momentum").peak_bytes / (peak - LOSS_BYTES))
        assert 0.75 <= ratios[-1] <= 1.3, text
    assert sum(1 / MOST <= ratio <= MOST for ratio in ratios) >= 0.9 * len(ratios)
    assert sum(ratio < 1 for ratio in ratios) <= 0.05 * len(ratios)


def macs(graph: Graph) -> int:
    return sum(work.macs for work, node in zip(works_of(graph), graph.nodes, strict=True) if not node.training_only)


def counted(graph: Graph, batch: int) -> int:
    with torch.no_grad(), FlopCounterMode(display=False) as counter:
        built(graph).eval()(*zeros(graph, batch, torch.device("meta")))
    return counter.get_total_flops()


def parameters(graph: Graph) -> int:
    own = [node.operation.weights(node.input_shapes) for node in graph.nodes if node.shares is None]
    return sum(weight.elements for weights in own for weight in weights if weight.trainable)
