"""Peaks of `lstm` and `gru` as they are told and as the tracker books them on a CPU, with oneDNN's workspace (x86)."""

from __future__ import annotations

import platform

import pytest
import torch
from torch import nn

from archc.compiler.ops.recurrent_memory import workspace
from tests.support import graph_of

from .peaks import are_measured, are_never_too_low

ON_X86 = platform.machine() in ("x86_64", "AMD64")


def network(*lines: str, size: str = "length = 20, channels = 6") -> str:
    return f"network n {{\n  input x[{size}]\n  " + "\n  ".join(lines) + "\n}\n"


NETWORKS = {
    "one layer": network("WORD(9)"),
    "no biases": network("WORD(9, layers = 2, bias = false)"),
    "both ways": network("WORD(9, bidirectional = true)"),
    "both ways without biases": network("WORD(5, layers = 3, bidirectional = true, bias = false)"),
    "layers that drop": network("WORD(9, layers = 3, bidirectional = true, dropout = 0.5)"),
    "layers that drop, one way": network("WORD(9, layers = 2, dropout = 0.5)"),
    "behind a layer that learns": network("linear(8) -> WORD(9, layers = 2, bidirectional = true) -> linear(5)"),
    "one behind another": network("WORD(8) -> WORD(9, layers = 2) -> linear(5) -> relu"),
    "a residual": network("linear(18) -> add { | WORD(9, bidirectional = true) | skip } -> relu"),
    "an image's pixels": network("conv(6, 3) -> relu -> tokens -> WORD(7, bidirectional = true) -> linear(3)", size="3, 8, 8"),
    "more in than out": network("WORD(4, layers = 2)", size="length = 12, channels = 70"),
    "more out than in": network("WORD(64)", size="length = 7, channels = 2"),
    "an image's rows": network('conv(6, 3) -> relu -> rearrange("c h w -> h w c") -> WORD(7) -> linear(3)', size="3, 8, 9"),
    "an image's columns, both ways": network(
        'conv(6, 3) -> relu -> rearrange("c h w -> w h c") -> WORD(7, layers = 2, bidirectional = true) -> linear(3)', size="3, 8, 9"
    ),
    "axes in front": network('rearrange("c a b l -> a b l c") -> WORD(7, layers = 2) -> relu', size="6, 3, 4, 5"),
}


@pytest.mark.skipif(not ON_X86, reason="the workspace is that of oneDNN on x86")
@pytest.mark.parametrize("batch", [1, 3])
@pytest.mark.parametrize("word", ["lstm", "gru"])
@pytest.mark.parametrize("name", list(NETWORKS))
def test_the_peaks_are_those_that_are_measured(name: str, word: str, batch: int) -> None:
    are_measured(graph_of(NETWORKS[name].replace("WORD", word)), batch)


@pytest.mark.skipif(not ON_X86, reason="the workspace is that of oneDNN on x86")
@pytest.mark.parametrize("batch", [1, 5])
@pytest.mark.parametrize("word", ["lstm", "gru"])
@pytest.mark.parametrize("length", [1, 2, 3])
@pytest.mark.parametrize("ways", ["false", "true"])
def test_short_ones_are_never_told_too_low(length: int, word: str, ways: str, batch: int) -> None:
    are_never_too_low(graph_of(network(f"{word}(10, layers = 2, bidirectional = {ways})", size=f"length = {length}, channels = 5")), batch)


@pytest.mark.skipif(not ON_X86, reason="the workspace is that of oneDNN on x86")
@pytest.mark.parametrize(
    ("length", "batch", "width", "features"),
    [(1, 1, 2, 8), (40, 2, 3, 4), (2, 100, 3, 60), (3, 77, 512, 30), (50, 8, 3, 256), (20, 3, 48, 32), (20, 8, 3, 17), (5, 2, 256, 20)],
)
def test_the_workspace_is_what_onednn_hands_on(length: int, batch: int, width: int, features: int) -> None:
    layer, state = nn.LSTM(width, features), torch.zeros(batch, features)
    weights = [layer.weight_ih_l0, layer.weight_hh_l0, layer.bias_ih_l0, layer.bias_hh_l0]
    x = torch.zeros(length, batch, width)
    kept = torch.ops.aten.mkldnn_rnn_layer(x, *weights, state, state.clone(), False, [], 2, features, 1, True, False, False, True)[3]
    assert workspace(length, batch, width, features) * 4 == kept.nbytes
