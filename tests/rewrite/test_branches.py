"""The three forms of a ResNeXt block compute the same: what the rewrites make of the first two is the third."""

from __future__ import annotations

import pytest

from archc.compiler.emit.fast.onednn import OneDnn
from archc.compiler.ops.activation import Relu
from archc.compiler.ops.convolution import Conv
from archc.compiler.rewrite.fused import Fused
from archc.compiler.rewrite.group_branches import GroupBranches
from archc.compiler.rewrite.merge_siblings import MergeSiblings
from archc.compiler.rewrite.sum_branches import SumBranches
from archc.compiler.rewrite.sum_points import SumPoints

from .proof import check_same, network, words

BRANCH = "repeat 8: conv(2, 1) -> bn -> relu -> conv(2, 3) -> bn -> relu"
BLOCKS = {
    "split, transform, add": f"add {{ | {BRANCH} -> conv(12, 1, bias = false) -> bn | skip }} -> relu",
    "split, transform, add, apart from the shortcut": f"add {{ | skip | add {{ | {BRANCH} -> conv(12, 1) }} -> bn }} -> relu",
    "grouped": "add { | conv(16, 1) -> bn -> relu -> conv(16, 3, groups = 8) -> bn -> relu -> conv(12, 1) -> bn | skip } -> relu",
}


@pytest.mark.parametrize("block", BLOCKS.values(), ids=BLOCKS)
def test_branches_are_a_grouped_convolution(block: str) -> None:
    state = check_same(network("12, 9, 9", block), *OneDnn.passes)
    assert [node.operation for node in state.graph.nodes[1:-1] if node.operation.name != "slice"] == [
        Fused(Conv(16, kernel=1), Relu()),
        Fused(Conv(16, groups=8), Relu()),
        Fused(Conv(12, kernel=1), Relu(), True),
    ]


def test_branches_that_are_concatenated() -> None:
    state = check_same(network("12, 9, 9", f"concat {{ | {BRANCH} }} -> conv(12, 1)"), *OneDnn.passes)
    assert [word for word in words(state) if word != "slice"] == ["fused", "fused", "concat", "conv"]


@pytest.mark.parametrize(
    "paths",
    [
        "| slice(stop = 4) -> conv(3, 3) | slice(start = 4, stop = 8) -> conv(3, 3)",  # not the whole
        "| slice(start = 4) -> conv(3, 3) | slice(stop = 4) -> conv(3, 3)",  # not in order
        "| slice(stop = 6) -> conv(3, 3) | slice(start = 4) -> conv(3, 3)",  # in part twice
        "| slice(stop = 6) -> conv(3, 3) | slice(start = 6) -> conv(3, 1)",  # not equal
    ],
)
def test_what_is_no_group(paths: str) -> None:
    graph = network("12, 9, 9", f"concat {{ {paths} }}")
    assert check_same(graph, GroupBranches()).graph is graph
    graph = network("12, 9, 9", f"add {{ {paths} }}")
    assert check_same(graph, SumBranches()).graph is graph


def test_sums_of_two_parts_with_others_between() -> None:
    graph = network("12, 9, 9", "add { | slice(stop = 6) -> conv(5, 3) | conv(5, 1) | slice(start = 6) -> conv(5, 3) | conv(5, 3) }")
    assert words(check_same(graph, SumBranches())) == ["conv", "conv", "conv", "add"]


def test_a_convolution_that_others_read_stays() -> None:
    graph = network("12, 9, 9", "add { | slice(stop = 6) -> a: conv(6, 3) | slice(start = 6) -> conv(6, 3) }", "add { | skip | skip(a) }")
    assert check_same(graph, SumBranches()).graph is graph


TOLD = "a: conv(4, 3)", "b: relu -> conv(4, 3)", "c: relu -> conv(4, 3)"


def test_points_of_several_tensors_that_are_added_up() -> None:
    state = check_same(
        network("8, 9, 9", *TOLD, "add { | skip(a) -> conv(16, 1) | skip(b) -> conv(16, 1) | conv(16, 1) | skip(a) -> conv(16, 3) }"),
        SumPoints(),
    )
    assert words(state) == ["conv", "relu", "conv", "relu", "conv", "conv", "concat", "conv", "add"]
    assert [node.input_shapes[0] for node in state.graph.nodes if node.operation == Conv(16, kernel=1)] == [(12, 9, 9)]


@pytest.mark.parametrize(
    "paths",
    [
        "skip(a) -> conv(16, 1) | conv(16, 1)",  # two: one of them does the sum
        "skip(a) -> conv(2, 1) | skip(b) -> conv(2, 1) | conv(2, 1)",  # what is read is larger than what is added up
        "skip(a) -> conv(16, 1) | skip(b) -> conv(16, 1) | conv(16, 1, stride = 1, pad = 1) -> crop(9)",
        "skip(a) -> conv(16, 1, groups = 2) | skip(b) -> conv(16, 1) | conv(16, 3)",
    ],
)
def test_points_that_stay(paths: str) -> None:
    graph = network("8, 9, 9", *TOLD, f"add {{ | {paths} }}")
    assert check_same(graph, SumPoints()).graph is graph


def test_points_of_unequal_sizes_stay() -> None:
    graph = network("8, 10, 10", "add { | conv(16, 1, stride = 2) | crop(9) -> conv(16, 1, stride = 2) | conv(16, 1, stride = 2) }")
    assert check_same(graph, SumPoints()).graph is graph


def test_siblings_that_are_added_to_others_are_not_merged() -> None:
    graph = network("8, 9, 9", "a: relu", "b: add { | conv(8, 1) | skip }", "add { | skip(a) -> conv(8, 1) | skip(b) }")
    assert check_same(graph, MergeSiblings()).graph is graph


IN_ANY_ORDER = {
    "the first of them last": (
        "a: conv(16, 1)",
        "skip(x) -> relu -> b: conv(16, 1)",
        "skip(x) -> tanh -> c: conv(16, 1)",
        "add { | skip(b) | skip(c) | skip(a) }",
    ),
    "a sum of sums": (
        "add { | relu -> conv(16, 1) | tanh -> conv(16, 1) | add { | sigmoid -> conv(16, 1) | gelu -> conv(16, 1) | silu -> conv(16, 1) } }",
    ),
}


@pytest.mark.parametrize("body", IN_ANY_ORDER.values(), ids=IN_ANY_ORDER)
def test_points_that_are_added_in_any_order(body: tuple[str, ...]) -> None:
    assert words(check_same(network("4, 9, 9", *body), SumPoints())).count("conv") == 1


def test_a_name_that_a_rewrite_would_give_is_in_the_text() -> None:
    body = ("a_of_3: conv(4, 3)", "a_of_3_: bn", "add { | relu -> a: conv(16, 1) | tanh -> b: conv(16, 1) | sigmoid -> c: conv(16, 1) }")
    state = check_same(network("4, 9, 9", *body), SumPoints())
    assert [node.names[-1] for node in state.graph.nodes if node.operation.name == "conv"] == ["a_of_3", "a_of_3__"]
