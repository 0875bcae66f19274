"""Other counters' figures: against those measured on torchvision's modules, and against the counters themselves."""

from __future__ import annotations

import contextlib
import io
import warnings
from collections.abc import Callable

import pytest
import torch
from torch import nn
from torch.utils.flop_counter import FlopCounterMode

from archc.compiler.analysis.conventions import CONVENTIONS, account, convention_table, conventions_table
from archc.compiler.graph.graph import Graph
from tests.sample import sample

from ..conformance.reference import torchvision
from .hand import Hand
from .interpret import Interpreter
from .texts import graph_of, shipped

MEASURED = {
    "alexnet_torchvision": (714_188_480, 714_682_664, 714_197_696, 716_441_128, 714_682_664, 714_206_912, 1_429_741_184),
    "vgg16": (15_470_264_320, 15_483_821_032, 15_470_289_408, 15_523_225_576, 15_483_821_032, 15_470_314_496, 30_973_778_432),
    "googlenet_torchvision": (1_498_376_192, 1_498_391_752, 1_504_878_688, None, 1_498_377_192, 1_511_332_032, 3_009_356_752),
    "inception_v3": (5_713_216_096, 5_713_251_528, 5_731_282_144, None, 5_713_217_096, None, 11_458_393_728),
    "resnet50": (4_089_184_256, 4_089_238_376, 4_111_512_576, 4_132_436_968, 4_089_185_256, 4_133_742_592, 8_211_108_352),
    "resnext50": (4_230_479_872, 4_230_549_096, 4_259_381_248, 4_286_878_696, 4_230_480_872, 4_288_184_320, 8_503_559_168),
    "inception_v4": (12_253_974_624, None, 12_284_251_296, None, 12_253_975_624, None, None),
    "inception_resnet_v2": (13_155_794_016, None, 13_182_930_592, None, 13_167_334_856, None, None),
    "resnet50d": (4_328_824_832, 4_328_879_080, 4_352_758_784, 4_378_098_664, 4_328_825_832, 4_376_945_664, 8_694_202_880),
}
"""Exact MACs, torchinfo, fvcore, ptflops, ptflops aten, thop, calflops' FLOPs, measured on the reference implementations.

None: the reference calls functions where others have modules (`F.relu`, `F.avg_pool2d`) or fuses a batch norm with its
activation in a class of its own, which these counters, which hook modules, count once or not at all.
"""

COLUMNS = ("exact", "torchinfo", "fvcore", "ptflops", "ptflops-aten", "thop", "calflops")


@pytest.mark.parametrize("name", MEASURED)
def test_figures_that_were_measured(name: str) -> None:
    graph = shipped(name)
    for convention, measured in zip(COLUMNS, MEASURED[name], strict=True):
        if measured is not None:
            assert account(graph, CONVENTIONS[convention]).figure == measured, convention


def test_every_difference_is_told() -> None:
    graph = shipped("resnet50")
    for convention in CONVENTIONS.values():
        result = account(graph, convention)
        assert result.figure == convention.factor * 4_089_184_256 + sum(value for _, value in result.parts)
        assert f"{result.figure:,}" in convention_table(graph, convention).text()
    assert "torchinfo" in conventions_table(graph).markdown()


# ------------------------------------------------------------------------------------- the counters themselves


def mixed() -> Graph:
    """One network that has what the counters treat differently."""
    return graph_of("""
network mixed {
  input x[3, 32, 32]
  conv(8, 3) -> bn -> relu
  add { | conv(8, 3, bias = false) -> bn(affine = false) -> elu
        | dwconv(5) -> gn(4) -> leaky_relu(0.2) }
  maxpool(3, stride = 2, pad = 1) -> avgpool(2) -> prelu -> silu
  deconv(6, 2, stride = 2) -> instance_norm -> relu6 -> gelu
  adaptive_avgpool(2) -> adaptive_maxpool(1) -> flatten -> linear(5, bias = false) -> linear(7)
}
""")


def built(graph: Graph) -> tuple[nn.Module, torch.Tensor]:
    torch.set_num_threads(1)
    return Interpreter(graph).eval(), torch.zeros(1, *graph.inputs[0].shape)


def by_fvcore(model: nn.Module, x: torch.Tensor) -> int:
    fvcore = pytest.importorskip("fvcore.nn", reason="fvcore is not installed")
    return int(fvcore.FlopCountAnalysis(model, x).unsupported_ops_warnings(False).uncalled_modules_warnings(False).total())


def by_ptflops(backend: str) -> Callable[[nn.Module, torch.Tensor], int]:
    def count(model: nn.Module, x: torch.Tensor) -> int:
        torchvision()  # ptflops imports it, and this makes it importable
        ptflops = pytest.importorskip("ptflops", reason="ptflops is not installed")
        macs, _ = ptflops.get_model_complexity_info(
            model, tuple(x.shape[1:]), as_strings=False, print_per_layer_stat=False, backend=backend
        )
        return int(macs)

    return count


def by_torchinfo(model: nn.Module, x: torch.Tensor) -> int:
    torchinfo = pytest.importorskip("torchinfo", reason="torchinfo is not installed")
    return int(torchinfo.summary(model, input_data=x, verbose=0).total_mult_adds)


def by_thop(model: nn.Module, x: torch.Tensor) -> int:
    thop = pytest.importorskip("thop", reason="thop is not installed")
    return int(thop.profile(model, inputs=(x,), verbose=False)[0])


def by_flopcounter(model: nn.Module, x: torch.Tensor) -> int:
    with FlopCounterMode(display=False) as counter, torch.no_grad():
        model(x)
    return counter.get_total_flops()


COUNTERS = {
    "flopcounter": by_flopcounter,
    "fvcore": by_fvcore,
    "ptflops": by_ptflops("pytorch"),
    "ptflops-aten": by_ptflops("aten"),
    "torchinfo": by_torchinfo,
    "thop": by_thop,
}


@pytest.mark.parametrize("name", COUNTERS)
@pytest.mark.parametrize("network", sample(["mixed", "resnet18"], 0, 2))
def test_figures_are_the_counters_own(name: str, network: str) -> None:
    graph = mixed() if network == "mixed" else shipped("resnet18", inputs={"": (3, 64, 64)})
    model, x = built(graph)
    with warnings.catch_warnings(), contextlib.redirect_stdout(io.StringIO()):
        warnings.simplefilter("ignore")
        counted = COUNTERS[name](model, x)
    assert account(graph, CONVENTIONS[name]).figure == counted


def test_reused_layers_count_each_time() -> None:
    hand = Hand()
    x = hand.input(10)
    first = hand.step("linear", x, features=10)
    hand.output(hand.again(first, first))
    model, zeros = built(hand.graph)
    assert account(hand.graph, CONVENTIONS["flopcounter"]).figure == by_flopcounter(model, zeros) == 400
