"""What PyTorch's own counter finds in the generated module of a graph, and what archc says.

On meta tensors: on a CPU the counter does not know the kernel of attention.
"""

from __future__ import annotations

import torch
from torch.utils.flop_counter import FlopCounterMode

from archc.compiler.analysis.cost import works_of
from archc.compiler.graph.batchless import batchless_of
from archc.compiler.graph.graph import Graph
from archc.compiler.runtime.sample_inputs import zeros

from .built import built


def macs(graph: Graph, batch: int = 1) -> int:
    """Those of a whole batch: what no input leads to (the biases of Swin V2, worked out of distances) is done once for it."""
    rows = zip(works_of(graph), graph.nodes, batchless_of(graph), strict=True)
    return sum(work.macs * (1 if alone else batch) for work, node, alone in rows if not node.training_only)


def counted(graph: Graph, batch: int) -> int:
    with torch.no_grad(), FlopCounterMode(display=False) as counter:
        built(graph).eval().requires_grad_(False)(*zeros(graph, batch, torch.device("meta")))
    return counter.get_total_flops()
