"""`maxpool(indices = true)` and `maxunpool` against PyTorch's; the indices go nowhere else."""

from __future__ import annotations

import pytest
import torch
import torch.nn.functional as F
from hypothesis import given
from hypothesis import strategies as st

from archc.compiler.analysis.memory import inference_profile, training_profile
from archc.compiler.codegen.pytorch import to_python
from archc.compiler.runtime.live_module import build
from tests.analysis.built import built, zeros
from tests.analysis.texts import graph_of
from tests.analysis.tracker import inference_peak, training_peak
from tests.support import checked

from .compare import fast


@fast
@given(
    sides=st.lists(st.integers(4, 9), min_size=1, max_size=3),
    kernel=st.integers(2, 3),
    stride=st.integers(2, 3),
    pad=st.integers(0, 1),
    ceil=st.booleans(),
)
def test_the_way_there_and_back_is_pytorchs(sides: list[int], kernel: int, stride: int, pad: int, ceil: bool) -> None:
    rank, told = len(sides), f"{kernel}, stride = {stride}, pad = {pad}"
    text = f"""network n {{
      input x[2, {", ".join(map(str, sides))}]
      p: maxpool({told}, ceil = {str(ceil).lower()}, indices = true)
      maxunpool({told}, like = x) {{ | skip | skip(p.indices) }}
    }}"""
    x = torch.randn(2, 2, *sides)
    found = checked(text)
    pooled, places = getattr(F, f"max_pool{rank}d")(x, kernel, stride, pad, ceil_mode=ceil, return_indices=True)
    try:
        expected = getattr(F, f"max_unpool{rank}d")(pooled, places, kernel, stride, pad, output_size=sides)
    except ValueError:
        assert [row.code for row in found.diagnostics if row.is_error] == ["E322"]
        return
    model = build(found.graph).eval()
    torch.testing.assert_close(model(x), expected)
    torch.testing.assert_close(torch.jit.script(model)(x), expected)


SEGMENTS = """network n {
  input image[3, 32, 32]
  conv(8, 3) -> bn -> relu -> p1: maxpool(2, indices = true)
  conv(16, 3) -> bn -> relu -> p2: maxpool(2, indices = true)
  conv(16, 3) -> bn -> relu
  maxunpool(2) { | skip | skip(p2.indices) } -> conv(8, 3) -> bn -> relu
  maxunpool(2) { | skip | skip(p1.indices) } -> conv(4, 3)
}"""


def test_values_and_indices_are_one_call() -> None:
    text = to_python(graph_of(SEGMENTS))
    assert text.count("F.max_pool2d(") == text.count("return_indices=True") == 2


def test_indices_that_nothing_reads_cost_nothing() -> None:
    graph = graph_of("network n { input x[3, 8, 8]\n p: maxpool(2, indices = true) -> conv(4) }")
    assert [node.operation.name for node in graph.nodes] == ["input", "maxpool", "conv", "output"]
    assert "return_indices" not in to_python(graph)


@pytest.mark.parametrize("batch", [1, 4])
def test_memory_is_the_trackers(batch: int) -> None:
    graph = graph_of(SEGMENTS)
    given = zeros(graph, batch, "cpu")
    assert inference_profile(graph, batch=batch).peak_bytes == inference_peak(built(graph, device="cpu"), given)
    trained = training_peak(built(graph, device="cpu"), given, lambda weights: torch.optim.SGD(weights, lr=0.1, momentum=0.9))[1]
    assert training_profile(graph, batch=batch, optimizer="momentum").peak_bytes == pytest.approx(trained, rel=0.01)


@pytest.mark.parametrize(
    ("body", "error"),
    [
        (
            "p: maxpool(2, indices = true)\n maxunpool(2) { | skip | skip }",
            "E335 `maxunpool` takes the indices of a pool, and `maxpool` gives none",
        ),
        ("p: maxpool(2, indices = true)\n add { | skip | skip(p.indices) }", "E335 `pool_indices` gives the places of maxima"),
        ("p: maxpool(2, indices = true)\n skip(p.indices) -> conv(4)", "E335 `pool_indices` gives the places of maxima"),
        ("p: maxpool(2, indices = true)\n skip(p.indices)", "E335 the network's output is made of the indices of a pool"),
        ("p: maxpool(2, indices = true)\n output a = p.indices", "E335 the output `a` is made of the indices of a pool"),
        ("p: maxpool(2)\n maxunpool(2) { | skip | skip(p.indices) }", "E202 `p` has no step labelled `indices`"),
        ("p: maxpool(3, stride = 2, pad = same, indices = true)\n conv(4)", "E326 a pool that pads its sides differently"),
        (
            "p: maxpool(2, indices = true)\n conv(8) -> maxunpool(2) { | skip | skip(p.indices) }",
            "E301 `maxunpool` takes as many indices as values: [8, 4, 4] and [3, 4, 4]",
        ),
        ("p: maxpool(2, indices = true)\n maxunpool(3) { | skip | skip(p.indices) }", "E322 `maxunpool` gives 12x12"),
        ("p: maxpool(2, indices = true)\n maxunpool(2, size = 11) { | skip | skip(p.indices) }", "E322 no pool with a window of 2"),
        ("p: maxpool(2, indices = true)\n maxunpool(2)", "E234 `maxunpool` joins several tensors"),
    ],
)
def test_what_does_not_fit(body: str, error: str) -> None:
    found = [f"{row.code} {row.message}" for row in checked(f"network n {{\n input x[3, 8, 8]\n {body}\n}}").diagnostics if row.is_error]
    assert len(found) == 1 and found[0].startswith(error), found


def test_a_size_that_did_not_divide_is_told() -> None:
    text = "network n {\n input x[3, 9, 8]\n p: maxpool(2, indices = true)\n maxunpool(2) { | skip | skip(p.indices) }\n}"
    (row,) = (row for row in checked(text).diagnostics if row.is_error)
    assert row.code == "E322" and "size = 9x8" in (row.help or "")
    assert not checked(text.replace("maxunpool(2)", "maxunpool(2, size = 9x8)")).has_errors


def test_maxima_that_stood_elsewhere_are_told_also_where_a_label_says_the_size() -> None:
    text = "network n { input x[4, 3, 2]\n p: maxpool(2, indices = true)\n maxunpool(2, like = p) { | skip | skip(p.indices) } }"
    (row,) = (row for row in checked(text, "n.arch").diagnostics if row.is_error)
    assert row.code == "E322" and [part.message for part in row.secondary] == ["ends in [4, 1, 1] (stride 2)"] * 2
