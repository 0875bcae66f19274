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
