"""The numbers that archc gives of random networks, against those of the generated modules: memory, MACs and parameters.

Memory is what the storage tracker books (`tests/analysis/tracker.py`), on a CPU; MACs are half of what FlopCounterMode counts, on
meta tensors, since on a CPU it does not know the kernel of attention. `ARCHC_NETWORKS` sets how many networks are tried.
"""

from __future__ import annotations

import os
import random

import pytest
import torch

from archc.compiler.analysis.memory import inference_profile
from archc.compiler.runtime.sample_inputs import zeros

from ..analysis.built import built
from ..analysis.flops import counted, macs
from ..analysis.tracker import inference_peak
from ..sample import EVERYTHING
from .training import MOST, parameters, training
from .wide import legal

pytestmark = pytest.mark.slow

NETWORKS = int(os.environ.get("ARCHC_NETWORKS", "400" if EVERYTHING else "60"))
TRAINED = int(os.environ.get("ARCHC_NETWORKS", "1500" if EVERYTHING else "100"))
PARTS = 10


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


@pytest.mark.parametrize("part", range(PARTS))
def test_a_training_step_is_never_told_too_low_and_never_much_too_high(part: int) -> None:
    torch.set_num_threads(1)
    rows = [row for row in map(training, range(part, TRAINED, PARTS)) if row is not None and not row.holds]
    assert [row.story() for row in rows] == []
