"""Tuning: every way of every layer is timed inside the network, and the quickest is kept."""

from __future__ import annotations

import torch

from archc.compiler.codegen.pytorch import Mode
from archc.compiler.emit.fast.build import assemble, make_weights
from archc.compiler.emit.fast.onednn import OneDnn
from archc.compiler.emit.fast.tune import tune, tune_images
from archc.compiler.runtime.live_module import build
from tests.emit.checks import shaken
from tests.rewrite.proof import check_close, network

GRAPH = network(
    "8, 12, 12",
    "conv(16, 3) -> relu -> conv(16, 3) -> relu -> conv(16, 3) -> relu -> conv(8, 1) -> maxpool(2) -> global_avgpool -> flatten -> linear(3)",
)


def test_the_quickest_way_of_each_kind_of_layer_is_kept() -> None:
    torch.set_num_threads(1)
    plain = shaken(build(GRAPH, Mode.INFERENCE)).eval()
    backend = OneDnn()
    state = backend.rewritten(GRAPH)
    tensors = make_weights(state, plain.state_dict())
    ticks = iter(range(10**9))
    found = tune(state, tensors, backend, [torch.randn(2, 8, 12, 12)], rounds=3, clock=lambda: float(next(ticks)))
    assert [(trial.nodes, sorted(trial.seconds)) for trial in found.trials] == [
        (("conv1",), ["packed", "winograd"]),
        (("conv2", "conv3"), ["packed", "winograd"]),
        (("conv4",), ["blas", "matrix", "packed"]),
        (("maxpool1",), ["separate", "torch"]),
        (("linear1",), ["blas", "packed"]),
    ]
    # Each call takes one tick, whichever way: of equals the first is kept.
    assert found.trials[1].seconds == {"packed": 2.0, "winograd": 2.0}
    assert [trial.chosen for trial in found.trials] == ["packed", "packed", "packed", "torch", "packed"]
    assert found.backend.choice(state.graph.nodes[1]) == "packed"
    with torch.no_grad():
        x = torch.randn(2, 8, 12, 12)
        check_close(assemble(state, tensors, found.backend).module(x), (plain(x),), 1e-5)


def test_images_at_once() -> None:
    backend = OneDnn()
    state = backend.rewritten(GRAPH)
    tensors = make_weights(state, build(GRAPH, Mode.INFERENCE).state_dict())
    assert tune_images(state, tensors, backend, [torch.randn(4, 8, 12, 12)]).at_once in (1, 2, 4)
    assert tune_images(state, tensors, backend, [torch.randn(1, 8, 12, 12)]) is backend


def test_a_network_without_a_choice() -> None:
    graph = network("8", "linear(4) -> gelu")
    backend = OneDnn()
    state = backend.rewritten(graph)
    weights = build(graph, Mode.INFERENCE).state_dict()
    assert tune(state, make_weights(state, weights), backend, [torch.randn(1, 8)]).trials == ()
