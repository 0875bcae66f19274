"""The three forms of a ResNeXt block compute the same: what the rewrites make of the first two is the third."""

from __future__ import annotations

import pytest

from archc.compiler.emit.fast.onednn import OneDnn
from archc.compiler.ops.activation import Relu
from archc.compiler.ops.convolution import Conv
from archc.compiler.rewrite.fused import Fused
from archc.compiler.rewrite.group_branches import GroupBranches
from archc.compiler.rewrite.sum_branches import SumBranches

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
