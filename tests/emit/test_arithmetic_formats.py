"""Arithmetic, reductions, norms by length and rearrangements answer the same from Python, TorchScript and ONNX."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch

from archc.base.source import Source
from archc.compiler.codegen.pytorch import Mode
from archc.compiler.driver import check_source
from archc.compiler.emit import onnx
from archc.compiler.emit.torchscript import script
from archc.compiler.graph.graph import Graph
from archc.compiler.runtime.live_module import build

from .checks import as_tuple, assert_equal, check_answers, check_gradients, shaken

NETWORKS = {
    "functions": """
        input x[4, 6, 5]
        positive: abs -> offset(0.5)
        a: skip(positive) -> log
        b: skip(positive) -> sqrt
        c: skip(positive) -> rsqrt
        d: skip(positive) -> reciprocal
        e: skip(x) -> exp
        f: skip(x) -> sin
        g: skip(x) -> cos
        h: skip(x) -> square
        i: skip(positive) -> power(1.5)
        j: skip(x) -> clamp(-1, 1)
        k: skip(x) -> clamp(max = 0.5)
        l: skip(x) -> selu
        m: skip(x) -> celu(0.5)
        n: skip(x) -> log_softmax(channels)
        output a, b, c, d, e, f, g, h, i, j, k, l, m, n
    """,
    "reductions": """
        input x[4, 6, 5]
        a: reduce("mean", [height, width])
        b: skip(x) -> reduce("sum", channels)
        c: skip(x) -> reduce("max", width, keep = true)
        d: skip(x) -> reduce("min", [channels, width])
        e: skip(x) -> reduce("norm", channels, keep = true)
        f: skip(x) -> reduce("var", [height, width], keep = true)
        g: div { | skip(x) | skip(e) }
        h: minimum { | skip(x) | skip(g) | skip(x) -> scale(-1) }
        output a, b, c, d, f, g, h
    """,
    "norms": """
        input x[4, 6, 5]
        image: conv(8) -> rms_norm -> normalize
        tokens: tokens -> rms_norm(eps = 1e-5) -> bn(last = true) -> linear(6) -> ln(bias = false) -> normalize(length)
        turned: skip(image) -> permute([1, 2, 0]) -> rms_norm(last = true) -> bn(last = true) -> permute([2, 0, 1]) -> ln(bias = false)
        plain: skip(x) -> rms_norm(affine = false)
        output image, tokens, turned, plain
    """,
    "filters": """
        input x[4, 12, 10]
        a: std_conv(8, bias = false) -> b: std_conv(8, 3, 2, pad = same, gain = true, gamma = 1.7)
        skip(x) -> c: weight_norm_conv(8, groups = 2, pad_mode = "reflect")
        skip(x) -> d: spectral_norm_conv(8, 4, 2, pad = 1)
        skip(x) -> e: blur_pool
        skip(x) -> reshape([4, -1]) -> f: conv(6, 3, dilation = 2, pad = causal)
        output a, b, c, d, e, f
    """,
    # ONNX writes every step of a sequence out.
    "recurrent": """
        input x[4, 2, 1]
        tokens -> a: lstm(6) -> b: lstm(5, bidirectional = true)
        skip(a) -> c: gru(3, bias = false, layers = 2)
        select(-1, length) -> d: linear(4)
        output b, c, d
    """,
    "rearranged": """
        input x[4, 6, 10]
        conv(8) -> windows: rearrange("c (h p) (w q) -> (h w) (p q) c", p = 3, q = 5)
        linear(6) -> heads: rearrange("windows length (heads c) -> windows heads length c", heads = 2)
        skip(windows) -> rearrange("(h w) (p q) c -> c (h p) (w q)", h = 2, p = 3) -> image: conv(12, 1)
        shuffled: rearrange("(c r s) h w -> c (h r) 1 (w s)", r = 2, s = 2)
        output windows, heads, image, shuffled
    """,
}


def graph_of(name: str) -> Graph:
    checked = check_source(Source.of("n.arch", f"network n {{\n{NETWORKS[name]}}}\n"))
    assert checked.program is not None, [row.message for row in checked.diagnostics]
    return checked.graph


@pytest.mark.parametrize("name", NETWORKS)
def test_python_and_torchscript(name: str) -> None:
    check_answers(graph_of(name))
    check_gradients(graph_of(name))


@pytest.mark.parametrize("name", NETWORKS)
def test_onnx(name: str, tmp_path: Path) -> None:
    runtime = pytest.importorskip("onnxruntime")
    pytest.importorskip("onnxscript")
    graph = graph_of(name)
    module = shaken(build(graph, Mode.INFERENCE)).eval()
    image = torch.randn(3, *graph.inputs[0].shape)
    with torch.no_grad():
        before = as_tuple(module(image))
        assert_equal(script(module)(image), before)
    onnx.save(module, graph, str(tmp_path / "n.onnx"))
    answers = runtime.InferenceSession(str(tmp_path / "n.onnx")).run(None, {"x": image.numpy()})
    assert_equal(tuple(map(torch.from_numpy, answers)), before)
