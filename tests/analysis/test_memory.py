"""Peaks of memory against a tracker that books each storage of the generated module once; meta tensors, float32."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from pathlib import Path
from xml.etree import ElementTree

import pytest
import torch
from torch import nn

from archc.compiler.analysis.memory import Profile, inference_profile, training_profile
from archc.compiler.draw.plot import memory_svg, memory_text, stacked
from archc.compiler.graph.graph import Graph
from archc.compiler.graph.inplace import may_overwrite
from archc.compiler.runtime.sample_inputs import zeros as inputs
from tests.sample import sample

from ..conformance.reference import torchvision
from .built import built, zeros
from .hand import Hand
from .texts import graph_of, shipped
from .tracker import inference_peak, training_peak

MIB = 2**20
CLOSE = 0.03
"""How far an estimate may be from the tracker."""

FRESH = 0.01
"""How far the page may be from what is measured now: another PyTorch may keep a little more or less."""

NETWORKS = ("alexnet", "vgg16", "googlenet", "inception_v3", "inception_v4", "resnet50", "resnext50", "densenet121", "unet")
BATCHES = (1, 8)

OPTIMIZERS: dict[str, Callable[[Iterable[nn.Parameter]], torch.optim.Optimizer]] = {
    "sgd": lambda weights: torch.optim.SGD(weights, lr=0.1),
    "momentum": lambda weights: torch.optim.SGD(weights, lr=0.1, momentum=0.9),
    "adam": lambda weights: torch.optim.Adam(weights),
    "adamw": lambda weights: torch.optim.AdamW(weights),
}


def measured(graph: Graph, batch: int, optimizer: str) -> int:
    return training_peak(built(graph), zeros(graph, batch), OPTIMIZERS[optimizer])[1]


def training_batch(name: str, batch: int) -> int:
    """Inception v3's side head ends in one position, on which a batch norm refuses to train with one image."""
    return 2 if batch == 1 and name == "inception_v3" else batch


def noted(graph: Graph, key: str, batch: int) -> dict[str, int]:
    """What `docs/memory.json`, and so the page, says was measured: `python docs/costs.py --measure` writes it."""
    rows: list[dict[str, int]] = json.loads((Path(__file__).parents[2] / "docs" / "memory.json").read_text("utf-8"))
    return next(row for row in rows if row["network"] == graph.program.name and row[key] == batch)  # type: ignore[comparison-overlap]


@pytest.fixture(scope="module", params=sample(NETWORKS))
def graph(request: pytest.FixtureRequest) -> Graph:
    return shipped(request.param)


@pytest.mark.slow
@pytest.mark.parametrize("batch", BATCHES)
def test_inference(graph: Graph, batch: int) -> None:
    peak = inference_peak(built(graph), zeros(graph, batch))
    assert peak == pytest.approx(noted(graph, "batch", batch)["inference"], rel=FRESH)
    assert inference_profile(graph, batch=batch).peak_bytes == pytest.approx(peak, rel=CLOSE)


@pytest.mark.slow
@pytest.mark.parametrize("batch", BATCHES)
@pytest.mark.parametrize("optimizer", ["momentum", "adam"])
def test_training(graph: Graph, batch: int, optimizer: str) -> None:
    batch = training_batch(graph.program.name, batch)
    peak = measured(graph, batch, optimizer)
    assert peak == pytest.approx(noted(graph, "training_batch", batch)[optimizer], rel=FRESH)
    assert training_profile(graph, batch=batch, optimizer=optimizer).peak_bytes == pytest.approx(peak, rel=CLOSE)


OTHERS = (
    "alexnet_towers",
    "convnext_tiny",
    "efficientnet_b0",
    "fcn_resnet50",
    "googlenet_torchvision",
    "inception_resnet_v2",
    "mobilenet_v2",
    "mobilenet_v3_large",
    "regnet_y_400mf",
    "res2net50_26w_4s",
    "resnet50_fpn",
    "resnet50d",
    "resnetv2_50",
    "seresnet50",
    "shufflenet_v2_x1_0",
    "squeezenet1_1",
    "vgg11_bn",
)
"""One of each kind. Not vit_b_16: on meta tensors PyTorch takes attention apart into other steps than it does on a CPU."""


@pytest.mark.slow
@pytest.mark.parametrize("name", sample(OTHERS, 2, 5))
def test_other_kinds(name: str) -> None:
    graph = shipped(name)
    peak = inference_peak(built(graph), zeros(graph, 2))
    assert inference_profile(graph, batch=2).peak_bytes == pytest.approx(peak, rel=CLOSE)
    assert training_profile(graph, batch=2, optimizer="momentum").peak_bytes == pytest.approx(measured(graph, 2, "momentum"), rel=CLOSE)


@pytest.mark.parametrize("optimizer", OPTIMIZERS)
def test_every_optimizer(optimizer: str) -> None:
    small = graph_of("network n { input x[3, 16, 16] conv(8, 3) -> bn -> relu -> maxpool(2) -> flatten -> linear(256) -> linear(4) }")
    assert training_profile(small, batch=4, optimizer=optimizer).peak_bytes == pytest.approx(measured(small, 4, optimizer), rel=CLOSE)


def test_reference_figures() -> None:
    """What was measured on torchvision's resnet50 with batch 8, and what it measures here."""
    model = torchvision().models.resnet50
    graph = shipped("resnet50")
    with torch.device("meta"):
        assert inference_peak(model(), zeros(graph, 8)) / MIB == pytest.approx(84.22, abs=0.01)
        for optimizer, figure in (("momentum", 898.74), ("adam", 996.23)):
            peak = training_peak(model(), zeros(graph, 8), OPTIMIZERS[optimizer])[1]
            assert peak / MIB == pytest.approx(figure, abs=0.01)
            assert training_profile(graph, batch=8, optimizer=optimizer).peak_bytes / MIB == pytest.approx(figure, abs=0.05)


# ------------------------------------------------------------------------------------------ small networks


@pytest.mark.parametrize(
    "body",
    [
        "conv(8, 3) -> relu -> conv(8, 3) -> sigmoid -> conv(4, 3)",
        "conv(8, 3) -> bn -> relu\n add { | conv(8, 3) -> bn\n | skip } -> relu",
        "concat { | conv(8, 3)\n | conv(8, 1)\n | maxpool(3, stride = 1, pad = 1) } -> conv(4, 1)",
        "e: conv(8, 3) -> maxpool(2) -> conv(16, 3) -> deconv(8, 2, stride = 2)\n concat { | skip\n | skip(e) } -> conv(2, 1)",
        "l: conv(3, 3) -> relu -> reuse(l) -> relu -> reuse(l)",
        "mul { | skip\n | global_avgpool -> conv(3, 1) -> sigmoid } -> conv(8, 3)",
        "conv(8, 3) -> avgpool(2) -> flatten -> dropout(0.5) -> linear(32) -> relu -> linear(10)",
        "conv(8, 3) -> relu6 -> conv(8, 3) -> leaky_relu(0.1) -> conv(8, 3) -> elu -> conv(8, 3) -> hard_swish -> conv(4, 3)",
        "conv(16, 3, bias = false) -> lrn -> maxpool(3, stride = 2) -> conv(8, 3)",
    ],
)
def test_small_networks(body: str) -> None:
    check(body)


def check(body: str) -> None:
    """The peaks of both are those of a run."""
    graph = graph_of(f"network n {{ input x[3, 64, 64]\n {body} }}")
    peak = inference_peak(built(graph), zeros(graph, 4))
    assert inference_profile(graph, batch=4).peak_bytes == pytest.approx(peak, rel=CLOSE)
    assert training_profile(graph, batch=4, optimizer="momentum").peak_bytes == pytest.approx(measured(graph, 4, "momentum"), rel=CLOSE)


def test_half_precision_halves_tensors_and_not_indices() -> None:
    graph = graph_of("network n { input x[4, 32, 32] conv(8, 3) -> maxpool(2) }")
    full, half = inference_profile(graph), inference_profile(graph, dtype="float16")
    indices = 8 * 8 * 16 * 16
    assert full.peak_bytes - indices == 2 * (half.peak_bytes - indices)


def test_working_in_place() -> None:
    hand = Hand()
    x = hand.input(3, 8, 8)
    steps = [
        (hand.step("relu", x), False),  # the caller's tensor
        (x := hand.step("conv", x, channels=4), False),  # cannot
        (x := hand.step("relu", x), True),
        (hand.step("relu", x), False),  # the first one's gradient needs its output
        (y := hand.step("bn", x), False),
        (hand.step("relu", y), False),  # two readers
        (hand.step("add", y, x), False),
    ]
    graph = hand.graph
    assert [may_overwrite(graph, graph.nodes[index]) for index, _ in steps] == [expected for _, expected in steps]


# ------------------------------------------------------------------------------------------------ profiles


def test_moments_tell_where_the_peak_is() -> None:
    graph = shipped("resnet50")
    profile = inference_profile(graph)
    assert profile.peak_bytes == max(moment.bytes for moment in profile.moments)
    assert profile.resident == 4 * 3 * 224 * 224
    training = training_profile(graph, optimizer="adam")
    assert {moment.phase for moment in training.moments} == {"forward", "backward", "optimizer"}
    weights = 4 * 25_557_032
    assert training.resident >= 3 * weights
    assert training.peak_at.endswith("(backward)")


def test_plots() -> None:
    profile = training_profile(shipped("resnet18"), batch=4, optimizer="momentum")
    text = memory_text(profile, "resnet18")
    assert text.splitlines()[0] == "resnet18" and "▲" in text and f"at {profile.peak_at}" in text
    assert all(len(line) <= 90 for line in text.splitlines()[:-1])
    svg = memory_svg(profile, "resnet18 <a & b>")
    bars = [item for item in ElementTree.fromstring(svg).iter("{http://www.w3.org/2000/svg}rect") if len(item)]
    assert len(bars) == len(profile.moments)
    both = ElementTree.fromstring(stacked([svg, svg]))
    assert len(list(both)) == 2


def test_an_empty_profile_is_no_trouble() -> None:
    assert Profile.of((), 5).peak_bytes == 5
    assert "nothing runs" in memory_text(Profile.of((), 0), "n")


# ------------------------------------------------------------------------------------ what lies out of order


@pytest.mark.parametrize(
    "text",
    [
        "input x[8, 12, 10]\n conv(8) -> permute([1, 2, 0]) -> reshape([-1, 4])",
        "input x[8, 12, 10]\n conv(8) -> tokens -> reshape([8, -1]) -> conv(4)",
        "input x[8, 12, 10]\n conv(8) -> slice(width, 1, 9) -> flatten -> linear(3)",
        "input x[8, 12, 10]\n conv(8) -> chunk(1, 2) -> flatten -> linear(3)",
        "input x[8, 12, 10]\n conv(8) -> chunk(1, 2, axis = height) -> tokens -> linear(8)",
        "input x[height = 8, width = 12, channels = 10]\n permute([2, 0, 1]) -> upsample(2) -> flatten",
        "input x[height = 12, width = 10, channels = 8]\n permute([2, 0, 1]) -> conv(8) -> maxpool(2) -> flatten -> linear(2)",
        "input x[8, 12, 10]\n ln -> gelu -> tokens -> attention(2) -> ln",
        "input x[8, 12, 10]\n tokens -> linear(8) -> relu -> class_token -> attention(4) -> select(0) -> linear(3)",
        "input ids[20]\n embedding(50, 16) -> position_embedding -> attention(2) -> permute([1, 0]) -> conv(8) -> gn(2) -> flatten",
        "input x[4, 6, 6, 6]\n conv(8) -> permute([1, 2, 3, 0]) -> ln(last = true) -> reshape([-1, 8]) -> linear(2)",
        "input a[4, 8, 8] input b[4, 8, 8]\n l: concat { | skip(a) | skip(b) } -> permute([1, 2, 0]) -> m: reshape([64, -1])\n output l, m",
        "input x[8, 12, 10]\n conv(8) -> add { | relu -> conv(8) | skip | conv(8) -> sigmoid }",
        "input x[8, 12, 10]\n mean { | conv(8) | conv(8) -> gelu | skip } -> maximum { | tanh | skip | sigmoid }",
        "input x[8, 12, 10]\n repeat 2 { relu -> conv(8) -> sigmoid }",
    ],
)
@pytest.mark.parametrize("batch", [1, 4])
def test_an_inference_is_never_told_too_low(text: str, batch: int) -> None:
    graph = graph_of(f"network n {{ {text} }}")
    peak = inference_peak(built(graph, device="cpu"), inputs(graph, batch))
    assert peak <= inference_profile(graph, batch=batch).peak_bytes <= (1 + CLOSE) * peak
