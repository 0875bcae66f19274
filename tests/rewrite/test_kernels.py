"""What stands side by side while training is one kernel in evaluation, and weights that are worked out are worked out once."""

from __future__ import annotations

import pytest

from archc.compiler.rewrite.add_kernels import AddKernels
from archc.compiler.rewrite.fold_norm import FoldBatchNorm
from archc.compiler.rewrite.pipeline import ALWAYS
from archc.compiler.rewrite.settle_weights import SettleWeights

from .proof import check_same, network, words

ONE = {
    "RepVGG": ("8, 9, 9", "add { | conv(8, 3) -> bn | conv(8, 1) -> bn | bn }"),
    "RepVGG, half the size": ("8, 9, 9", "add { | conv(16, 3, stride = 2) -> bn | conv(16, 1, stride = 2) -> bn }"),
    "MobileOne": ("8, 9, 9", "add { | repeat 3: dwconv(3) -> bn | dwconv(1) -> bn | bn }"),
    "points": ("8, 9, 9", "add { | repeat 4: conv(8, 1, bias = false) -> bn | bn }"),
    "a row and a column": ("8, 9, 9", "add { | conv(8, 3) | conv(8, 1x3) | conv(8, 3x1) }"),
    "a wide one and a narrow one": ("8, 12, 9", "add { | dwconv(7, bias = false) | dwconv(3, bias = false) }"),
    "not in the middle": ("8, 9, 9", "add { | conv(8, 4, pad = [2, 1, 2, 1]) | conv(8, 2, pad = [1, 0, 1, 0]) }"),
    "apart": ("8, 9, 9", "add { | conv(8, 3, dilation = 2) | conv(8, 1) | conv(8, 3, dilation = 2) }"),
    "in groups": ("8, 9, 9", "add { | conv(8, 3, groups = 2) | conv(8, 1, groups = 2) }"),
    "a signal": ("8, 19", "add { | conv(8, 5) | conv(8, 3) | bn }"),
    "a clip": ("4, 5, 6, 7", "add { | conv(4, 3) | conv(4, 1x3x3) | bn }"),
}


@pytest.mark.parametrize(("size", "body"), ONE.values(), ids=ONE)
def test_side_by_side(size: str, body: str) -> None:
    state = check_same(network(size, body), FoldBatchNorm(), AddKernels())
    assert len(words(state)) == 1


TWO = {
    "what others read, too": "a: conv(8, 3)  add { | skip(x) -> conv(8, 1) | skip(a) }  add { | skip | skip(a) }",
    "another tensor": "a: relu  add { | skip(x) -> conv(8, 3) | conv(8, 1) }",
    "neither within the other": "add { | conv(8, 1x3) | conv(8, 3x1) }",
    "beside the largest": "add { | conv(8, 3) | conv(8, 3, pad = [2, 0, 1, 1]) }",
    "other strides": "add { | conv(8, 3, stride = 2) | maxpool(3, stride = 2, pad = 1) }",
    "closer together": "add { | conv(8, 5, dilation = 2) | conv(8, 3) }",
    "other groups": "add { | conv(8, 3, groups = 2) | conv(8, 1) }",
    "one weight for both": "a: conv(8, 1)  b: relu -> reuse(a)  add { | skip(a) | skip(x) -> conv(8, 3) }  add { | skip | skip(b) }",
    "a norm of each group": "add { | conv(8, 3, groups = 2) | bn }",
    "what is mirrored": 'add { | conv(8, 3, pad_mode = "reflect") | conv(8, 1) }',
    "a pad that hangs on the size": "add { | conv(8, 3, stride = 2, pad = same) | conv(8, 2, stride = 2, pad = same) }",
}


@pytest.mark.parametrize("body", TWO.values(), ids=TWO)
def test_what_stays_apart(body: str) -> None:
    graph = network("8, 10, 10", *body.split("  "))
    assert check_same(graph, AddKernels()).graph is graph


def test_what_else_is_added_stays() -> None:
    state = check_same(network("8, 9, 9", "add { | conv(8, 3) | skip | conv(8, 1) }"), *ALWAYS)
    assert words(state) == ["conv", "add"]


SEVERAL = {
    "two that could take the norm": "add { | conv(8, 3) | dwconv(3) | bn } -> relu",
    "two dilations and a norm": "add { | bn | conv(8, 3) | conv(8, 3, dilation = 2) | conv(8, 1) }",
    "a sum that is added first": "add { | add { | conv(8, 3) | conv(8, 1) } | conv(8, 5) }",
    "a sum that is added last": "add { | conv(8, 5) | bn | add { | conv(8, 3) | conv(8, 1) } }",
    "a sum of sums": "add { | add { | conv(8, 3) | conv(8, 1) } | add { | conv(8, 3) | add { | conv(8, 1) | bn } } }",
}


@pytest.mark.parametrize("body", SEVERAL.values(), ids=SEVERAL)
def test_several_kernels_of_one_sum(body: str) -> None:
    assert "bn" not in words(check_same(network("8, 9, 9", body), *ALWAYS))


SETTLED = {
    "standardised": ("8, 9, 9", "std_conv(8, 3, stride = 2) -> relu -> std_conv(6, 1, eps = 1e-8, bias = false)"),
    "with a gain": ("8, 9, 9", "std_conv(8, 3, gain = true, gamma = 1.7) -> relu -> std_conv(6, 3, groups = 2, gain = true)"),
    "of a length each": (
        "8, 19",
        "weight_norm_conv(8, 3, dilation = 2, pad = causal) -> relu -> weight_norm_deconv(4, 4, stride = 2, groups = 2)",
    ),
    "of a largest singular value": (
        "8, 9, 9",
        "spectral_norm_conv(8, 3) -> relu -> spectral_norm_deconv(4, 2, stride = 2) -> flatten -> spectral_norm_linear(5) -> weight_norm_linear(3)",
    ),
    "before a norm": ("8, 9, 9", "weight_norm_conv(8, 3) -> bn -> relu -> weight_norm_deconv(8, 2) -> bn"),
    "twice": ("8, 9, 9", "a: weight_norm_conv(8, 3)\n  relu -> reuse(a)"),
}


@pytest.mark.parametrize(("size", "body"), SETTLED.values(), ids=SETTLED)
def test_weights_that_are_worked_out(size: str, body: str) -> None:
    graph = network(size, body)
    state = check_same(graph, SettleWeights())
    plain = [node.operation.name for node in state.graph.nodes if node.operation.family in ("convolution", "dense")]
    assert set(plain) <= {"conv", "deconv", "linear"}
    check_same(graph, *ALWAYS)
