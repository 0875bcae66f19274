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
from archc.compiler.analysis.memory import inference_profile
from archc.compiler.emit.inputs import zeros
from archc.compiler.graph import Graph

from ..analysis.built import built
from ..analysis.tracker import inference_peak
from .wide import legal

pytestmark = pytest.mark.slow

NETWORKS = int(os.environ.get("ARCHC_NETWORKS", "400"))
PARTS = 10
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


def macs(graph: Graph) -> int:
    return sum(work.macs for work, node in zip(works_of(graph), graph.nodes, strict=True) if not node.training_only)


def counted(graph: Graph, batch: int) -> int:
    with torch.no_grad(), FlopCounterMode(display=False) as counter:
        built(graph).eval()(*zeros(graph, batch, torch.device("meta")))
    return counter.get_total_flops()


def parameters(graph: Graph) -> int:
    own = [node.operation.weights(node.input_shapes) for node in graph.nodes if node.shares is None]
    return sum(weight.elements for weights in own for weight in weights if weight.trainable)
