"""Peaks of attention whose tensors lie as they come: axes of size 1, features that are not side by side, a mask that learns; told and measured."""

from __future__ import annotations

import pytest
import torch

from archc.compiler.analysis.memory import training_profile
from archc.compiler.runtime.sample_inputs import zeros
from tests.support import graph_of

from .built import built
from .peaks import LOSS, are_never_too_low
from .tracker import training_peak


def network(*lines: str) -> str:
    return "network n {\n  " + "\n  ".join(lines) + "\n}\n"


def sdpa(heads: int, shared: int, queries: int, keys: int, size: int, values: int, mask: str) -> str:
    """Heads side by side in each place, as a projection makes them."""
    parts = (("q", "x", heads, queries, size), ("k", "y", shared, keys, size), ("v", "y", shared, keys, values))
    lines = [f"input x[{queries}, 6]", f"input y[{keys}, 5]", *([f"input z[{heads}, {queries}, {keys}]"] if mask else [])]
    lines += ["skip(z) -> m: prelu"] if mask == "m" else []
    lines += [
        f"skip({of}) -> linear({h * d}, last = true) -> reshape([{t}, {h}, {d}]) -> {n}: permute([1, 0, 2])" for n, of, h, t, d in parts
    ]
    return network(*lines, f"sdpa {{ | skip(q) | skip(k) | skip(v) {f'| skip({mask})' if mask else ''} }}")


NETWORKS = {
    "a row of sequences": network("input x[4, 4]", 'conv(2, 1) -> gelu -> rearrange("a b -> 1 b a")', "attention(2)"),
    "axes turned round": network("input x[2, 4, 6]", 'conv(2, 1) -> celu -> rearrange("a b c -> c b a") -> attention(2)'),
    "a projection each": network(
        "input x[4, 6]", 'conv(4, 1) -> celu -> rearrange("a b -> b 1 a") -> attention(2, keys = ["q", "k", "v", "proj"])'
    ),
    "rotary positions": network("input x[4, 4]", 'conv(4, 1) -> celu -> rearrange("a b -> b a") -> attention(1, rotary = 100)'),
    "rotary positions of pairs": network(
        "input x[4, 4]", 'conv(4, 1) -> celu -> rearrange("a b -> b a") -> attention(1, rotary = 100, pairs = true)'
    ),
    "rotary positions of a part of a head": network(
        "input x[4, 4]", 'conv(8, 1) -> celu -> rearrange("a b -> b a") -> attention(1, rotary = 100, rotary_size = 2)'
    ),
    "head by head": network('input x[4, 4]', 'conv(8, 1) -> celu -> rearrange("a b -> b a") -> attention(4, keys = ["a", "b"], interleaved = true)'),
    "head by head in training, with a mask": network(
        "input x[length = 5, channels = 8]", 'linear(8) -> attention(4, keys = ["a", "b"], interleaved = true, mask = true) { | celu | parameter([1, 5, 5]) }'
    ),
    "a short one": network("input x[1, 3]", "sdpa { | roll([1, -2], [0, 1]) | skip(x) | skip(x) }"),
    "a mask that learns": sdpa(2, 2, 5, 5, 4, 4, "m"),
    "a mask that is given": sdpa(2, 2, 5, 5, 4, 4, "z"),
    "shared heads and a mask that learns": sdpa(4, 2, 3, 4, 2, 2, "m"),
    "values of another size": sdpa(2, 2, 3, 3, 2, 6, ""),
    "one query": sdpa(2, 2, 1, 5, 4, 4, "m"),
    "features that are apart": network(
        "input x[7, 6]", *(f"skip(x) -> linear(2, last = true) -> permute([1, 0]) -> {n}: reshape([2, 7, 1])" for n in "qkv"),
        "sdpa { | skip(q) | skip(k) | skip(v) }",
    ),
    "einsum that multiplies": network("input x[9]", "embedding(30, 3)", 'einsum("a b, a b -> b a") { | elu | mul { | layer_scale | skip } }'),
    "einsum along an axis of 1": network("input x[3, 1]", 'position_embedding -> power(3) -> einsum("a b, a b -> a") { | skip | relu }'),
}  # fmt: skip


@pytest.mark.parametrize("batch", [1, 2, 3])
@pytest.mark.parametrize("name", list(NETWORKS))
def test_the_peaks_are_those_that_are_measured(name: str, batch: int) -> None:
    are_never_too_low(graph_of(NETWORKS[name]), batch)


@pytest.mark.parametrize("batch", [1, 2])
def test_a_mask_that_learns_is_not_told_too_low(batch: int) -> None:
    text = network("input x[length = 4, channels = 6]", "input z[1, 4, 4]", "skip(z) -> m: prelu", "skip(x) -> q: linear(6, last = true)", "attention(3, mask = true) { | skip(q) | skip(m) }")  # fmt: skip
    graph = graph_of(text)
    model = built(graph, device="cpu")
    peak = training_peak(model, zeros(graph, batch), lambda weights: torch.optim.SGD(weights, lr=0.1, momentum=0.9))[1] - LOSS
    assert training_profile(graph, batch=batch, optimizer="momentum").peak_bytes >= peak


DROPPED = (
    "attention(2, dropout = 0.1)",
    "attention(2, dropout = 0.1, causal = true)",
    "attention(2, dropout = 0.1, bias = false)",
    'attention(2, dropout = 0.1, keys = ["q", "k", "v", "proj"])',
    'attention(2, dropout = 0.1, norm = "rms")',
    "attention(4, dropout = 0.1, groups = 2)",
    "attention(1, dropout = 0.5, head_size = 3)",
)
PLACES = {
    "a sequence": ("input x[length = 20, channels = 8]", "WORD -> relu -> linear(3)"),
    "a residual": ("input x[length = 30, channels = 8]", "linear(8) -> add { | skip | ln -> WORD } -> linear(3)"),
    "another sequence": (
        "input x[length = 20, channels = 8]", "input z[length = 11, channels = 8]", "skip(z) -> linear(8) -> z1: relu",
        "skip(x) -> linear(8) -> WORD { | relu | skip(z1) } -> relu -> linear(3)",
    ),
    "three paths": ("input x[length = 20, channels = 8]", "linear(8) -> y: relu", "WORD { | tanh | sigmoid | skip(y) } -> linear(3)"),
    "axes in front": ("input x[8, 5, 6]", "permute([1, 2, 0]) -> linear(8) -> relu -> WORD -> linear(3)"),
}  # fmt: skip


@pytest.mark.parametrize("place", list(PLACES))
@pytest.mark.parametrize("word", DROPPED)
def test_weights_that_are_dropped_are_kept_three_times(word: str, place: str) -> None:
    """PyTorch's fused kernel drops none: the softmax, which of it stay, and what they give stand in memory (a peak was told 80 % too low)."""
    are_never_too_low(graph_of(network(*PLACES[place]).replace("WORD", word)), 2)


@pytest.mark.parametrize("batch", [1, 3])
@pytest.mark.parametrize(
    "line",
    [
        "tokens -> linear(8) -> attention(1, head_size = 3, window = 4x5) -> linear(3)",
        "tokens -> linear(8) -> attention(2, window = 4x5) -> relu -> linear(3)",
        "tokens -> linear(8) -> attention(2, window = 4x5, dropout = 0.1) -> relu -> linear(3)",
        "conv(4) -> blur_pool(7)",
        'embedding(63, 2) { | constant("window_index", window = 4x5) | parameter([63, 2]) } -> p: tanh\n'
        "  skip(x) -> flatten -> linear(800) -> reshape([400, 2]) -> add(broadcast = true) { | skip | skip(p) }",
    ],
)
def test_fixed_tables_that_no_checkpoint_has_are_counted(line: str, batch: int) -> None:
    """The table of where a window's bias is read, and whole numbers, of which each takes eight bytes."""
    are_never_too_low(graph_of(network("input x[8, 4, 5]", line)), batch)
