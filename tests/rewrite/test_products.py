"""Factors and sums done in fewer passes, and dense layers along the axis that they mix."""

from __future__ import annotations

import pytest

from archc.compiler.ops.merge import Mul
from archc.compiler.rewrite.fold_scale import FoldScale
from archc.compiler.rewrite.linear_along import LinearAlong, MixWhereItStands
from archc.compiler.rewrite.multiply_add import MultiplyAdd

from .proof import applied, check_same, network, words

GATE = "global_avgpool -> conv(8, 1) -> sigmoid"
RESPONSE = 'reduce("norm", axis = [height, width], keep = true)'


# -------------------------------------------------------------------------------------- products and sums


def test_a_response_norm_is_one_pass_over_the_image() -> None:
    graph = network(
        "8, 6, 6",
        "add {",
        f"| skip | mul {{ | skip | {RESPONSE} }} -> layer_scale(0.5)",
        "    add(broadcast = true) { | skip | parameter([in.channels, 1, 1]) }",
        "}",
    )
    state = check_same(graph, MultiplyAdd())
    assert words(state) == ["reduce", "parameter", "layer_scale", "offset", "multiply_add"]
    assert {node.operation.name: node.shape for node in state.graph.nodes if not node.is_port}["layer_scale"] == (8, 1, 1)


def test_a_gate_and_the_sum_with_a_shortcut() -> None:
    graph = network("8, 6, 6", f"add {{ | skip | conv(8, 3) -> mul {{ | skip | {GATE} }} }} -> relu")
    assert words(check_same(graph, MultiplyAdd()))[-2:] == ["multiply_add", "relu"]


def test_a_scale_and_a_shift() -> None:
    graph = network(
        "8, 6, 6",
        "add(broadcast = true) { | mul { | skip | global_avgpool -> offset(1) } | global_maxpool }",
    )
    assert words(check_same(graph, MultiplyAdd()))[-1] == "multiply_add"


def test_what_is_done_to_a_gated_tensor_is_done_to_the_gate() -> None:
    graph = network("8, 6, 6", f"mul {{ | mul {{ | skip | {GATE} }} -> scale(2) -> layer_scale(0.5) | global_maxpool }}")
    state = check_same(graph, MultiplyAdd())
    large = [node for node in state.graph.nodes if not node.is_port and node.shape == (8, 6, 6)]
    assert [node.operation for node in large] == [Mul()]


@pytest.mark.parametrize(
    "body",
    [
        pytest.param(("a: mul { | skip | global_avgpool }", "scale(2)", "add { | skip | skip(a) }"), id="read by another, too"),
        pytest.param((f"mul {{ | skip | {GATE} }}",), id="alone"),
        pytest.param(("mul { | skip | relu } -> scale(2)",), id="a factor as large"),
        pytest.param(("add(broadcast = true) { | skip | global_avgpool } -> scale(2)",), id="a sum first"),
        pytest.param(("layer_scale(0.5) -> mul { | skip | sigmoid }",), id="learned alone"),
    ],
)
def test_what_gains_nothing_stays(body: tuple[str, ...]) -> None:
    graph = network("8, 6, 6", *body)
    assert check_same(graph, MultiplyAdd()).graph is graph


def test_a_chain_of_any_length_is_taken_in_parts() -> None:
    graph = network("8, 6, 6", "repeat 1500 { mul { | skip | parameter([8, 1, 1]) } -> scale(0.9) }")
    state = applied(graph, MultiplyAdd())
    large = [node for node in state.graph.nodes if not node.is_port and node.shape == (8, 6, 6)]
    assert [node.operation.name for node in large] == ["mul"] * len(large) and 20 < len(large) < 100


def test_a_learned_factor_of_rows_stays() -> None:
    graph = network("8, 6, 6", f"mul {{ | skip | {GATE} }} -> layer_scale(0.5, axis = height)")
    assert check_same(graph, MultiplyAdd()).graph is graph


def test_a_learned_factor_of_two_places_stays() -> None:
    graph = network("8, 6, 6", f"mul {{ | skip | {GATE} }} -> g: layer_scale(0.5)", f"mul {{ | skip | {GATE} }} -> reuse(g)")
    assert words(check_same(graph, MultiplyAdd())).count("layer_scale") == 2


# ------------------------------------------------------------------------------------------ learned scales


@pytest.mark.parametrize(
    "body",
    [
        "conv(6, 3) -> layer_scale(0.1)",
        'conv(6, 3, bias = false) -> layer_scale(0.1, stored = "flat")',
        "dwconv(3) -> layer_scale(0.1)",
        "deconv(6, 2) -> layer_scale(0.1)",
        "permute([height, width, channels]) -> linear(6, last = true) -> permute([2, 0, 1]) -> layer_scale(0.1)",
        "flatten -> linear(6) -> layer_scale(0.1)",
        "tokens -> linear(6) -> layer_scale(0.1)",
        "permute([height, width, channels]) -> linear(6, last = true) -> permute([2, 0, 1]) -> scale(0.1)",
    ],
)
def test_a_scale_goes_into_the_layer(body: str) -> None:
    made = words(check_same(network("4, 9, 9", f"{body} -> relu"), FoldScale()))
    assert "layer_scale" not in made and "scale" not in made


@pytest.mark.parametrize(
    "body",
    ["conv(6, 3) -> layer_scale(0.1, axis = height)", "tokens -> linear(6) -> layer_scale(0.1, axis = length)", "relu -> layer_scale(0.1)"],
)
def test_a_scale_of_another_axis_stays(body: str) -> None:
    assert "layer_scale" in words(check_same(network("4, 9, 9", body), FoldScale()))


# ------------------------------------------------------------------------------------------ talking heads

HEADS = 'tokens -> rearrange("length (heads c) -> heads length c", heads = 4)'
SCORES = "matmul { | skip | permute([0, 2, 1]) }"


def test_talking_heads_stay_where_they_are() -> None:
    graph = network(
        "8, 3, 3",
        f"{HEADS} -> {SCORES} -> scale(0.5)",
        "permute([1, 2, 0]) -> linear(6, last = true) -> softmax(axis = 1) -> linear(4, last = true) -> permute([2, 0, 1])",
    )
    state = check_same(graph, MixWhereItStands())
    assert words(state)[-4:] == ["scale", "linear_along", "softmax", "linear_along"]
    assert [node.operation.axis for node in state.graph.nodes if isinstance(node.operation, LinearAlong)] == [0, 0]


def test_along_an_axis_in_the_middle_without_a_bias() -> None:
    graph = network(
        "8, 3, 3", f"{HEADS} -> {SCORES}", "permute([0, 2, 1]) -> linear(5, bias = false, last = true) -> sigmoid -> permute([0, 2, 1])"
    )
    assert words(check_same(graph, MixWhereItStands()))[-2:] == ["linear_along", "sigmoid"]


@pytest.mark.parametrize(
    "body",
    [
        pytest.param(f"{HEADS} -> {SCORES} -> permute([1, 2, 0]) -> linear(6, last = true) -> permute([0, 2, 1])", id="another way back"),
        pytest.param(f"{HEADS} -> {SCORES} -> permute([1, 2, 0]) -> linear(64, last = true) -> permute([2, 0, 1])", id="wide"),
        pytest.param(f"{HEADS} -> {SCORES} -> permute([1, 2, 0]) -> relu -> permute([2, 0, 1])", id="no dense layer"),
        pytest.param(
            f"{HEADS} -> {SCORES} -> permute([1, 0, 2]) -> linear(6, last = true) -> permute([1, 0, 2])", id="the last axis stays last"
        ),
        pytest.param("conv(4, 1) -> permute([1, 2, 0]) -> linear(6, last = true) -> permute([2, 0, 1])", id="an image"),
        pytest.param(
            f"{HEADS} -> {SCORES} -> permute([1, 2, 0]) -> a: linear(6, last = true) -> permute([2, 0, 1]) -> p: skip -> permute([1, 2, 0]) -> linear(4, last = true) -> reuse(a) -> permute([2, 0, 1])",
            id="weights of two places",
        ),
    ],
)
def test_other_transpositions_stay(body: str) -> None:
    graph = network("8, 3, 3", body)
    assert check_same(graph, MixWhereItStands()).graph is graph
