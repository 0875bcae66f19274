"""Costs: to the unit, on small networks whose figures can be worked out by hand and on shipped ones."""

from __future__ import annotations

import json

import pytest

from archc.compiler.analysis.budget import quantity
from archc.compiler.analysis.cost import cost, groups, total, work_of
from archc.compiler.analysis.cost_table import Cost, cost_table, kinds_table
from archc.compiler.analysis.dtypes import BYTES
from archc.compiler.analysis.receptive import receptive
from archc.compiler.graph.graph import Graph

from .hand import Hand
from .texts import graph_of, problems_of, shipped


def whole(graph: Graph) -> Cost:
    return cost(graph, by="op")


# ---------------------------------------------------------------------------------- definitions, by hand


def test_a_bias_is_an_addition_and_no_mac() -> None:
    result = whole(graph_of("network n { input x[3, 32, 32] conv(10, 3, pad = 0) }"))
    assert result.rows[0].output == (10, 30, 30)
    assert (result.total.parameters, result.total.macs, result.total.flops) == (280, 243_000, 2 * 243_000 + 9000)


@pytest.mark.parametrize(("cardinality", "base", "weights", "width"), [(8, 64, 294_912, 512), (32, 4, 4608, 128), (1, 64, 36_864, 64)])
def test_cardinality_and_base_make_the_width(cardinality: int, base: int, weights: int, width: int) -> None:
    graph = shipped("resnext50", {"cardinality": cardinality, "base": base})
    node = next(node for node in graph.nodes if node.unique == "layer1.0.conv2")
    assert node.shape[0] == width and work_of(node).parameters == weights


def test_a_grouped_filter_reads_its_group_alone() -> None:
    depthwise = whole(graph_of("network n { input x[24, 8, 8] conv(24, 3, pad = 0, groups = 24, bias = false) }"))
    pairs = whole(
        graph_of(
            "network n { input x[24, 8, 8] concat { | conv(12, 3, pad = 0, groups = 12, bias = false)\n| conv(12, 3, pad = 0, groups = 12, bias = false) } }"
        )
    )
    assert (depthwise.total.parameters, depthwise.total.macs) == (216, 7776)
    assert (pairs.total.parameters, pairs.total.macs) == (432, 15_552)


def test_shared_weights_count_once_and_work_each_time() -> None:
    twice = whole(graph_of("network n { input x[10] l: linear(10) -> reuse(l) }"))
    assert (twice.total.parameters, twice.total.macs) == (110, 200)
    assert [row.path for row in twice.rows] == ["l", "l@2"]

    hand = Hand()
    one, other = hand.input(1, 16, 16, name="one"), hand.input(1, 28, 28, name="other")
    first = hand.step("conv", one, channels=1)
    second = hand.again(first, other)
    hand.output(hand.step("relu", first))
    hand.output(hand.step("relu", second))
    siamese = whole(hand.graph)
    assert (siamese.total.parameters, siamese.total.macs) == (10, 9 * 256 + 9 * 784)


def test_a_bias_before_batch_norm_costs_its_channels() -> None:
    without = whole(graph_of("network n { input x[64, 8, 8] conv(64, 3, bias = false) -> bn }"))
    with_bias = whole(graph_of("network n { input x[64, 8, 8] conv(64, 3) -> bn }"))
    assert (without.total.parameters, with_bias.total.parameters) == (36_992, 37_056)
    assert without.total.buffers == 64 + 64 + 1


def test_figures_do_not_wrap_around() -> None:
    graph = graph_of("network n { input x[3, 1024, 1024] conv(64, 3) }")
    result = cost(graph, by="op", batch=64)
    assert result.rows[0].work.activations * 64 == 2**32
    assert result.inference_peak_bytes == 2**34 + 64 * 3 * 2**20 * 4


def test_what_is_too_large_is_an_error_and_no_crash() -> None:
    huge = problems_of("network n { input x[1, 8, 8] conv(1, 3, pad = 36028797018963968) }")
    assert [row.code for row in huge] == ["E405"]
    wide = problems_of("network n { input x[1073741824, 4, 4] conv(268435456, 4, pad = 0, bias = false) }")
    assert [row.code for row in wide] == ["E405"]


def test_the_chain_of_shapes_shows_what_a_linear_layer_reads() -> None:
    graph = graph_of(
        "network n { input x[1, 28, 28] conv(6, 4, pad = 0) -> relu -> maxpool(2) -> conv(16, 3, pad = 0) -> relu -> maxpool(2) -> flatten -> linear(120) }"
    )
    shapes = [row.output for row in whole(graph).rows if row.op != "relu"]
    assert shapes == [(6, 25, 25), (6, 12, 12), (16, 10, 10), (16, 5, 5), (400,), (120,)]
    assert whole(graph).rows[-1].work.parameters == 48_120


def test_ceil_and_floor_pools_down_a_long_chain() -> None:
    for ceil, expected in (("true", [150, 75, 38, 19, 10, 5, 3, 2]), ("false", [150, 75, 37, 18, 9, 4, 2, 1])):
        graph = graph_of(f"network n {{ input x[1, 300, 300] repeat 8 {{ maxpool(2, stride = 2, ceil = {ceil}) }} }}")
        assert [row.output[1] for row in whole(graph).rows] == expected
        assert [row.fields[0].stride for row in receptive(graph)[1:-1]] == [2**step for step in range(1, 9)]


# ------------------------------------------------------------------------------------- rows and totals


def test_rows_add_up_whatever_they_stand_for() -> None:
    graph = shipped("googlenet")
    results = [cost(graph, by=by) for by in ("stage", "block", "op")]
    for result in results:
        assert total(row.work for row in result.rows) == results[0].total
        assert sorted(node.index for row in result.rows for node in row.nodes) == sorted(
            node.index for node in graph.nodes if not node.training_only and not node.is_port
        )
        assert max(row.peak_bytes for row in result.rows) == result.inference_peak_bytes
    assert total(work for _, work in results[0].kinds) == results[0].total
    assert [row.path for row in results[0].rows] == ["stem", "inception3", "inception4", "inception5", "head"]


def test_stages_within_stages() -> None:
    rows = [path for path, _, _ in groups([node for node in shipped("densenet121").nodes if not node.is_port], "stage")]
    assert rows[:4] == ["features", "features.denseblock1", "features.transition1", "features.denseblock2"]
    assert rows[-4:] == ["features (2)", "global_avgpool1", "flatten1", "classifier"]


def test_side_heads_stand_apart() -> None:
    document = cost(shipped("googlenet_torchvision")).to_json()
    totals, training_only = document["totals"], document["training_only"]
    assert isinstance(totals, dict) and isinstance(training_only, dict)
    assert totals["parameters"] == 6_624_904 and totals["macs"] == 1_498_376_192
    assert totals["parameters"] + training_only["parameters"] == 13_004_888


def test_the_document_has_what_the_contract_names() -> None:
    document = json.loads(json.dumps(cost(shipped("resnext50"), batch=8).to_json()))
    assert document["version"] == 1 and document["network"] == "resnext50" and document["batch"] == 8
    assert document["input"] == {"image": [3, 224, 224]} and document["output"] == {"output": [1000]}
    assert document["totals"]["parameters"] == 25_028_904 and document["totals"]["macs"] == 4_230_479_872
    assert document["totals"]["buffers"] == 68_277
    for name in ("flops", "activations", "weights_bytes", "inference_peak_bytes", "training_peak_bytes"):
        assert document["totals"][name] > 0
    for name in ("path", "op", "output", "parameters", "macs", "flops", "activations"):
        assert name in document["rows"][0]


def test_bytes_follow_the_dtype_and_counters_do_not() -> None:
    graph = graph_of("network n { input x[3, 8, 8] conv(4, 3, bias = false) -> bn }")
    for dtype, size in BYTES.items():
        result = cost(graph, dtype=dtype)
        assert result.weights_bytes == (108 + 8 + 8) * size + 8
        assert dict(result.bytes_by_dtype) == {dtype: 124 * size, "int64": 8}
        assert result.moved_bytes == (3 * 64 + 3 * 4 * 64 + 124) * size + 8
        assert result.inference_peak_bytes == (3 * 64 + 2 * 4 * 64) * size


def test_tables_print_the_convention() -> None:
    result = cost(shipped("resnet50"))
    text = cost_table(result).text()
    assert "25,557,032" in text and "4,089,184,256" in text and "MACs: convolutions, linear layers" in text
    assert cost_table(result).csv().splitlines()[1] == "stem,stage,64x56x56,9536,118013952,240242688,2609152,7024640"
    assert "| **total** |" in cost_table(result).markdown()
    assert kinds_table(result).text().splitlines()[3].split()[:2] == ["activation", "0"]


# -------------------------------------------------------------------------------------------- budgets


def test_a_budget_that_is_kept_says_nothing() -> None:
    assert problems_of("network n { input x[3, 32, 32] budget parameters <= 280, macs < 300K, memory <= 1M conv(10, 3, pad = 0) }") == ()


@pytest.mark.parametrize(
    ("limit", "message"),
    [
        ("parameters <= 200", "parameters: 280, and the budget is <= 200 (40.0% more)"),
        ("macs < 243K", "macs: 243,000, and the budget is < 243,000"),
        ("flops >= 1M", "flops: 495,000, and the budget is >= 1,000,000 (50.5% less)"),
        ("memory <= 10K", "memory: 49,408, and the budget is <= 10,000 (394.1% more)"),
    ],
)
def test_a_budget_that_is_not_kept(limit: str, message: str) -> None:
    (problem,) = problems_of(f"network n {{ input x[3, 32, 32] budget {limit} conv(10, 3, pad = 0) }}")
    assert problem.code == "E451" and problem.message == message
    assert problem.primary.span.text.split()[0] == limit.split()[0]


def test_a_part_s_budget_is_about_the_part() -> None:
    text = (
        "block small(limit) { budget parameters <= limit\n conv(4, 3) }\nnetwork n { input x[3, 32, 32]\n a: small(LIMIT) -> conv(100, 3) }"
    )
    assert problems_of(text.replace("LIMIT", "112")) == ()
    (problem,) = problems_of(text.replace("LIMIT", "111"))
    assert problem.message == "parameters of `a`: 112, and the budget is <= 111 (0.9% more)"


def test_memory_is_weights_and_peak() -> None:
    graph = graph_of("network n { input x[3, 32, 32] conv(10, 3, pad = 0) }")
    assert quantity(graph, "memory") == 4 * (280 + 3 * 32 * 32 + 9000)
