"""Layers in eight bits are what rounding to their scales makes of them, and networks of them answer nearly as before."""

from __future__ import annotations

import io
import os
import random
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
import torch
import torch.nn.functional as F
from torch import Tensor

from archc.compiler.codegen.pytorch import Mode
from archc.compiler.driver import compile
from archc.compiler.emit.fast.int8 import Int8OneDnn, Simulated
from archc.compiler.emit.torchscript import save, script
from archc.compiler.graph.graph import Graph
from archc.compiler.quantize.agreement import decibels
from archc.compiler.quantize.quantize import KEPT, Quantized, Search
from archc.compiler.rewrite.eight_bits import Dequantize, Int8, Quantize
from archc.compiler.runtime.live_module import build
from archc.compiler.runtime.sample_inputs import normal
from archc.compiler.verify import shaken as statistics_shaken
from tests.emit.checks import as_tuple
from tests.emit.fast.test_answers import BODIES as FAST_BODIES
from tests.emit.test_random import blocks, chains, graphs
from tests.rewrite.proof import network
from tests.sample import only_in_campaign, sample
from tests.support import graph_of

from .held import check_steps, samples, search


def shipped(name: str, size: int = 64) -> Graph:
    return compile(name, inputs={"": (3, size, size)}).graph


def kinds(found: Quantized) -> list[str]:
    """The operations, those in eight bits by the name of what they do."""
    operations = [node.operation for node in found.state.graph.nodes if not node.is_port]
    return [f"int8 {row.of.name}" if isinstance(row, Int8) else row.name for row in operations]


BODIES = {
    "a convolution and a dense layer": ("conv(8, 3) -> relu", "global_avgpool -> flatten -> linear(5)"),
    "a shortcut is added in place": (
        "conv(8, 3) -> relu",
        "add { | conv(8, 3) -> bn -> relu -> conv(8, 3) -> bn | skip } -> relu",
        "conv(4, 1)",
    ),
    "a shortcut that is read again": (
        "a: conv(8, 3) -> relu",
        "b: add { | conv(8, 3) | skip } -> relu",
        "concat { | skip(a) | skip(b) }",
        "conv(4, 1)",
    ),
    "limits at six": ("conv(8, 3) -> relu6", "dwconv(3, stride = 2) -> relu6", "conv(4, 1) -> relu6"),
    "limits at six within a wider scale": ("concat { | conv(8, 3) -> relu6 | conv(8, 3) }", "conv(4, 1)"),
    "smooth activations": ("conv(8, 3) -> silu", "conv(8, 3) -> hard_swish", "conv(4, 1)"),
    "groups, strides and dilations": ("conv(12, 3, stride = 2, groups = 4)", "conv(8, 3, dilation = 2, pad = 2)", "conv(8, 3)"),
    "pools": ("conv(8, 3) -> relu -> maxpool(3, 2, pad = 1)", "avgpool(3, 1, pad = 1)", "maxpool(2, ceil = true)", "conv(4, 1)"),
    "a pool of what may be below zero": ("conv(8, 3) -> maxpool(3, 2, pad = 1)", "conv(4, 1)"),
    "channels in another order": ("conv(8, 3)", "channel_shuffle(2)", "concat { | chunk(0, 2) -> conv(4, 3) | chunk(1, 2) }", "conv(4, 1)"),
    "a sum of three": ("conv(8, 3)", "add { | conv(8, 3) | conv(8, 1) | skip }", "conv(4, 1)"),
    "a norm that stands alone": ("conv(12, 3) -> relu", "bn -> relu", "conv(4, 1)"),
    "an activation that stands alone": ("concat { | conv(4, 3) | conv(4, 1) } -> relu", "conv(4, 1)"),
}

PARTLY = {
    "a gate": (("conv(8, 3)", "mul { | skip | global_avgpool -> conv(4, 1) -> relu -> conv(8, 1) -> sigmoid }", "conv(4, 1)"), ["sigmoid"]),
    "tokens": (
        ("conv(12, 4, stride = 4, pad = 0) -> tokens", "linear(24) -> relu -> linear(12)", "ln", "linear(4)"),
        ["ln"],
    ),
    "between": (("conv(8, 3)", "sigmoid -> conv(8, 3) -> softplus", "conv(4, 1)"), ["sigmoid", "softplus"]),
    "up, without a bias": (("conv(8, 3)", "deconv(8, 2, stride = 2, bias = false)", "conv(4, 1)"), ["deconv"]),
    "an input's pool": (("maxpool(2)", "conv(8, 3)", "conv(4, 1)"), ["maxpool"]),
    "edges that are no zeros": (("conv(8, 3)", 'conv(8, 3, pad_mode = "reflect")', "conv(4, 1)"), ["conv"]),
    "a window in the padding": (("conv(8, 3)", "conv(12, 2, pad = 2)", "conv(4, 1)"), ["conv"]),
    "a padding of one side": (("conv(8, 3)", "conv(8, 3, pad = [0, 1, 0, 1])", "conv(4, 1)"), ["conv"]),
}


@pytest.mark.parametrize("name", BODIES)
def test_steps_differ_from_their_definition_by_one_step_at_most(name: str) -> None:
    torch.set_num_threads(1)
    graph = network("12, 12, 12", *BODIES[name])
    found = search(graph).keeping(())
    assert not found.stay
    assert check_steps(found, samples(graph, 2)) >= len(found.layers)


@pytest.mark.parametrize("name", PARTLY)
def test_what_has_no_form_in_eight_bits_stays_in_floating_point(name: str) -> None:
    torch.set_num_threads(1)
    body, stay = PARTLY[name]
    graph = network("12, 12, 12", *body)
    found = search(graph).keeping(())
    assert [found.before.graph.nodes[index].operation.name for index in sorted(found.stay)] == stay
    assert check_steps(found, samples(graph, 2)) >= 2


@pytest.mark.parametrize("name", FAST_BODIES)
def test_what_optimised_modules_are_tried_on(name: str) -> None:
    torch.set_num_threads(1)
    graph = network("8, 15, 13", *FAST_BODIES[name])
    check_steps(search(graph).keeping(()), samples(graph, 2))


@pytest.mark.slow
@pytest.mark.parametrize("write", [chains, blocks])
@pytest.mark.parametrize("seed", sample(range(6)))
def test_random_networks(write: Callable[[random.Random], str], seed: int) -> None:
    torch.set_num_threads(1)
    for text, graph in graphs(write, 300 + seed):
        try:
            found = search(graph)
            if any(node.index not in found.stay for node in found.layers):
                check_steps(found.keeping(()), samples(graph, 2))
        except Exception as error:
            raise AssertionError(text) from error


def test_a_convolution_is_what_fake_quantisation_makes_of_it() -> None:
    """Worked out here from the weights, without anything of archc's but the scales."""
    graph = network("8, 10, 10", "conv(16, 3) -> relu", "conv(4, 1)")
    tried = search(graph)
    found = tried.keeping(())
    convolution = next(node for node in found.state.graph.nodes if isinstance(node.operation, Int8))
    assert isinstance(convolution.operation, Int8)
    (grid,), out = convolution.operation.grids, convolution.operation.out
    assert out is not None
    weight, bias = (tried.weights[f"{convolution.key}.{word}"] for word in ("weight", "bias"))
    (images,) = samples(graph, 3)
    scales = weight.abs().amax((1, 2, 3)) / 127
    rounded = torch.fake_quantize_per_channel_affine(weight, scales, torch.zeros(16, dtype=torch.int32), 0, -127, 127)
    given = torch.fake_quantize_per_tensor_affine(images, grid.scale, grid.zero, 0, 255)
    wanted = torch.fake_quantize_per_tensor_affine(F.relu(F.conv2d(given, rounded, bias, padding=1)), out.scale, out.zero, 0, 255)
    made = found.module(Int8OneDnn())
    numbers = getattr(made.module, made.written.attributes[convolution.unique])(
        ((given / grid.scale).round() + grid.zero).to(torch.uint8).contiguous(memory_format=torch.channels_last)
    )
    assert numbers.dtype == torch.uint8
    assert float(((numbers.float() - out.zero) * out.scale - wanted).abs().max()) <= 1.001 * out.scale


def test_a_residual_stream_has_one_scale() -> None:
    graph = network(
        "8, 12, 12", "conv(8, 3) -> relu", *["add { | conv(8, 3) -> bn -> relu -> conv(8, 3) -> bn | skip } -> relu"] * 3, "conv(4, 1)"
    )
    found = search(graph).keeping(())
    sums = [node.operation for node in found.state.graph.nodes if isinstance(node.operation, Int8) and len(node.inputs) == 2]
    assert len(sums) == 3
    assert len({row.out for row in sums} | {row.grids[1] for row in sums}) == 1
    assert not {Dequantize.name} & set(kinds(found))
    assert kinds(found).count(Quantize.name) == 1


def test_sums_get_scales_of_their_own_before_layers_are_kept() -> None:
    graph = network(
        "8, 12, 12", "conv(8, 3) -> relu", *["add { | conv(8, 3) -> bn -> relu -> conv(8, 3) -> bn | skip } -> relu"] * 3, "conv(4, 1)"
    )
    tried = search(graph)
    one = []
    for tried.cut in (False, True):
        one.append(tried.keeping(()).decibels)
    found = tried.within(max(one) + 0.01)
    sums = [node.operation for node in found.state.graph.nodes if isinstance(node.operation, Int8) and len(node.inputs) == 2]
    assert not found.stay
    assert len({row.out for row in sums}) == 3
    check_steps(found, samples(graph, 2))


@pytest.mark.parametrize(("rare", "cut"), [(2.0, True), (2.5, False)])
def test_rare_numbers_are_cut_off_where_the_outputs_gain_by_it(rare: float, cut: bool) -> None:
    """One channel is nothing but for a few numbers, far larger than all others: without them its mean over the image is too small."""
    graph = network("4, 32, 32", "a: conv(6, 1) -> relu", "b: conv(6, 1)", "global_avgpool -> flatten -> linear(3)")
    weights = search(graph).weights
    channel = weights["a.weight"][0]
    weights["a.bias"][0] = -60 * rare * channel.norm()
    channel *= 60
    tried = Search(graph, weights, [samples(graph)], Int8OneDnn())
    found = {}
    for tried.cut in (True, False):
        found[tried.cut] = tried.keeping(()).decibels
    assert found[cut] > found[not cut] + 1
    best = tried.within(found[not cut] + 0.5)
    assert best.decibels == found[cut] and KEPT not in best.stay.values()


def test_layers_that_lose_most_stay_in_floating_point() -> None:
    graph = network("8, 12, 12", *["conv(8, 3) -> relu"] * 6, "global_avgpool -> flatten -> linear(5)")
    tried = search(graph)
    all_in, kept = tried.within(5.0), tried.within(tried.keeping(()).decibels + 3)
    assert KEPT not in all_in.stay.values()
    names = [node.unique for node in kept.layers if kept.stay.get(node.index) == KEPT]
    assert 0 < len(names) < len(kept.layers)
    assert set(names) == set(tried.losses()[: len(names)])
    assert kept.decibels >= all_in.decibels + 3
    check_steps(kept, samples(graph, 2))


def test_weights_that_are_used_again_are_of_one_type() -> None:
    graph = network("8, 12, 12", "a: conv(8, 3) -> relu", "conv(8, 1) -> relu", "b: reuse(a) -> relu", "conv(4, 1)")
    check_steps(search(graph).keeping(()), samples(graph, 2))
    kept = search(graph).keeping(("a",))
    assert [row.unique for row in kept.layers if row.index in kept.stay] == ["a", "b"]
    check_steps(kept, samples(graph, 2))


def test_channels_without_weights_and_inputs_without_numbers() -> None:
    """Norms that were trained to nothing leave such channels; an input may be all zeros."""
    graph = network("8, 12, 12", "conv(8, 3) -> relu", "conv(4, 1)")
    tried = search(graph, batches=[tuple(torch.zeros(2, *node.shape) for node in graph.inputs)])
    for key, value in tried.weights.items():
        value[0 if key.startswith("conv1") else slice(None)] = 0.0
    again = type(tried)(graph, tried.weights, tried.batches, Int8OneDnn()).keeping(())
    check_steps(again, samples(graph, 2))


def answers(found: Quantized, given: tuple[Tensor, ...]) -> tuple[torch.jit.ScriptModule, tuple[Tensor, ...]]:
    scripted = script(found.module(Int8OneDnn()).module)
    with torch.no_grad():
        first, second = as_tuple(scripted(*given)), as_tuple(scripted(*given))
    assert all(torch.equal(one, other) for one, other in zip(first, second, strict=True)), "the second call finds weights packed"
    return scripted, second


def check_network(name: str, size: int, least: float) -> None:
    torch.set_num_threads(1)
    graph = shipped(name, size)
    tried = search(graph, module=statistics_shaken(build(graph, Mode.INFERENCE)))
    found = tried.keeping(())
    assert check_steps(found, samples(graph, 2, 2)) >= len(found.layers)
    fresh = samples(graph, 3)
    scripted, given = answers(found, fresh)
    wanted = as_tuple(tried.plain_answers(fresh))
    assert decibels(wanted, given) >= least
    with torch.no_grad():
        simulated = as_tuple(found.module(Simulated()).module(*fresh))
    assert abs(decibels(wanted, simulated) - decibels(wanted, given)) <= 2, "both are as far from floating point"
    stream = io.BytesIO()
    torch.jit.save(scripted, stream)
    stream.seek(0)
    loaded = torch.jit.load(stream)  # type: ignore[no-untyped-call]
    with torch.no_grad():
        assert all(torch.equal(one, other) for one, other in zip(given, as_tuple(loaded(*fresh)), strict=True))
    # Layers are packed anew for another size. Random weights give it larger numbers than the samples had, which are cut off in both alike.
    larger = normal(graph, 1, [(3, size + 33, size + 33)])
    wanted = as_tuple(tried.plain_answers(larger))
    with torch.no_grad():
        far = [decibels(wanted, as_tuple(module(*larger))) for module in (loaded, found.module(Simulated()).module)]
    assert abs(far[0] - far[1]) <= 2


def test_resnet18_keeps_25_decibels() -> None:
    check_network("resnet18", 64, 25)


@only_in_campaign
@pytest.mark.slow
@pytest.mark.parametrize("name", ["resnet50", "resnext50"])
def test_deeper_networks_keep_25_decibels(name: str) -> None:
    check_network(name, 64, 25)


RUN = """
import sys, torch
torch.set_num_threads(1)
module = torch.jit.load(sys.argv[1])
given, wanted = torch.load(sys.argv[2])
with torch.no_grad():
    answer = module(given)
error, size = (answer - wanted).square().sum(), wanted.square().sum()
print(float(10 * torch.log10(size / error)))
"""


@pytest.mark.slow
@pytest.mark.parametrize("instructions", ["AVX512_CORE", "AVX2", "SSE41", "ALL"])
def test_processors_whose_sums_of_bytes_overflow_answer_as_others(instructions: str, tmp_path: Path) -> None:
    """oneDNN is told to leave out the instructions of newer processors; weights at the ends of their range make every sum overflow there."""
    graph = network(
        "8, 12, 12", "conv(32, 3) -> relu", "add { | conv(32, 3) -> relu6 -> conv(32, 3) | skip } -> relu", "conv(16, 3, stride = 2) -> silu",
        "flatten -> linear(20) -> relu -> linear(5)",
    )  # fmt: skip
    tried = search(graph)
    for key, value in tried.weights.items():
        if key.endswith("weight"):
            value.copy_((value.sign() * 0.9 + 0.1 * value) * value.abs().mean())
    again = type(tried)(graph, tried.weights, tried.batches, Int8OneDnn())
    fresh = samples(graph, 3)
    save(script(again.keeping(()).module(Int8OneDnn()).module), str(tmp_path / "net.pt"))
    torch.save((*fresh, *again.plain_answers(fresh)), tmp_path / "pair.pth")
    done = subprocess.run(
        [sys.executable, "-c", RUN, str(tmp_path / "net.pt"), str(tmp_path / "pair.pth")],
        capture_output=True, text=True, env={**os.environ, "ONEDNN_MAX_CPU_ISA": instructions},
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert float(done.stdout) >= 25


@pytest.mark.parametrize("word", ["std_conv", "weight_norm_conv", "spectral_norm_conv"])
def test_filters_that_are_worked_out_are_those_of_a_plain_layer(word: str) -> None:
    graph = graph_of(f"network n {{\ninput x[3, 16, 16]\nconv(8) -> relu -> {word}(8) -> relu -> conv(2, 1)\n}}")
    tried = search(graph, module=statistics_shaken(build(graph, Mode.INFERENCE)))
    found = tried.keeping(())
    assert not found.stay
    fresh = samples(graph, 3)
    assert decibels(as_tuple(tried.plain_answers(fresh)), answers(found, fresh)[1]) >= 25
