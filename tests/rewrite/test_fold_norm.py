"""Batch norms and scales folded into the layers before them."""

from __future__ import annotations

import pytest

from archc.compiler.rewrite.fold_norm import FoldBatchNorm
from archc.compiler.rewrite.fold_scale import FoldScale
from archc.compiler.rewrite.inference import DropIdle
from archc.compiler.rewrite.lone_norm import LoneNorm
from archc.compiler.rewrite.weights import Filled, NormAddend, NormFactor, ScaledOutputs, Stored

from .proof import check_same, network, words

FOLD = FoldBatchNorm()


@pytest.mark.parametrize(
    ("size", "layer"),
    [
        ("3, 9, 9", "conv(8, 3)"),  # with a bias: B079
        ("3, 9, 9", "conv(8, 3, bias = false)"),
        ("4, 8, 8", "conv(6, 3, groups = 2, stride = 2)"),
        ("4, 8, 8", "dwconv(3, multiplier = 2)"),
        ("4, 8, 8", "deconv(4, 3, pad = 1, groups = 2, bias = false)"),  # B081
        ("6, 5, 7", "deconv(8, 2, stride = 2, groups = 2)"),
        ("6, 5, 7", "deconv(4, 3x2, stride = 2, out_pad = 1)"),
        ("4, 16", "conv(6, 3)"),
        ("4, 5, 6, 7", "conv(6, 3, pad = same, stride = 2)"),
        ("12", "linear(7)"),
        ("3, 9, 9", 'conv(8, 3, pad_mode = "reflect")'),
    ],
)
def test_a_norm_goes_into_the_layer_before_it(size: str, layer: str) -> None:
    graph = network(size, f"{layer} -> bn(eps = 0.01) -> relu")
    assert words(check_same(graph, DropIdle(), FOLD)) == [layer.split("(")[0], "relu"]


def test_the_bias_goes_through_the_factor() -> None:
    state = check_same(network("3, 9, 9", "conv(8, 3) -> bn"), FOLD)
    variance, gamma = Stored((8,), "bn1.running_var"), Stored((8,), "bn1.weight")
    factor = NormFactor((8,), variance, 1e-5, gamma)
    assert state.weights == {
        "conv1.weight": ScaledOutputs((8, 3, 3, 3), Stored((8, 3, 3, 3), "conv1.weight"), factor),
        "conv1.bias": NormAddend((8,), Stored((8,), "bn1.running_mean"), factor, Stored((8,), "bn1.bias"), Stored((8,), "conv1.bias")),
    }
    assert state.gains == ("1 batch norm folded into the layers before them",)


def test_a_layer_without_bias_gets_one() -> None:
    state = check_same(network("3, 9, 9", "conv(8, 3, bias = false) -> bn(affine = false)"), FOLD)
    addend = state.weights["conv1.bias"]
    assert isinstance(addend, NormAddend)
    assert addend.bias == Filled((8,), 0.0)
    assert addend.beta is None


@pytest.mark.parametrize(
    "body",
    [
        ("a: conv(4, 3)", "bn -> relu", "add { | skip | skip(a) }"),  # somebody else reads the layer
        ("a: conv(3, 3)", "reuse(a)", "bn"),  # the weights serve another place, before
        ("a: conv(3, 3)", "bn", "reuse(a)"),  # and after
        ("relu -> bn",),
    ],
)
def test_a_norm_stays_where_folding_would_change_more(body: tuple[str, ...]) -> None:
    graph = network("3, 9, 9", *body)
    assert check_same(graph, FOLD).graph is graph


def test_norms_with_one_set_of_weights() -> None:
    """The owner of a norm's weights is folded away; another place that uses them goes on."""
    graph = network("4, 9, 9", "conv(4, 3)", "n: bn", "relu", "reuse(n)")
    state = check_same(graph, FOLD)
    assert words(state) == ["conv", "relu", "bn"]
    assert sorted(state.weights) == sorted(
        [
            "conv1.weight",
            "conv1.bias",
            *(f"n@2.{name}" for name in ("weight", "bias", "running_mean", "running_var", "num_batches_tracked")),
        ]
    )


def test_a_norm_of_tokens_is_not_one_of_features() -> None:
    graph = network("5, 12", "linear(7, last = true) -> bn")
    assert check_same(graph, FOLD).graph is graph


@pytest.mark.parametrize("layer", ["conv(8, 3)", "deconv(4, 3, groups = 2)", "dwconv(3, bias = false)"])
def test_a_scale_goes_into_the_layer_before_it(layer: str) -> None:
    assert len(words(check_same(network("4, 9, 9", f"{layer} -> scale(0.1) -> relu"), FoldScale()))) == 2


def test_a_scale_stays_where_others_read_the_layer() -> None:
    graph = network("4, 9, 9", "a: conv(4, 3)", "scale(0.5)", "add { | skip | skip(a) }")
    assert check_same(graph, FoldScale()).graph is graph


def test_a_lone_norm_is_a_depthwise_convolution() -> None:
    graph = network("4, 9, 9", "bn -> relu -> conv(6, 3) -> bn -> flatten -> bn -> linear(3)")
    assert words(check_same(graph, FOLD, LoneNorm())) == ["dwconv", "relu", "conv", "flatten", "bn", "linear"]


@pytest.mark.parametrize(
    ("size", "layer"), [("length = 6, channels = 5", "linear(8)"), ("4, 6, 5", "linear(8, last = true, bias = false)")]
)
def test_a_norm_of_the_last_axis_goes_into_a_dense_layer(size: str, layer: str) -> None:
    state = check_same(network(size, f"{layer} -> bn(last = true, eps = 0.01) -> relu"), DropIdle(), FOLD)
    assert words(state) == ["linear", "relu"]


def test_a_norm_of_the_last_axis_stays_behind_a_convolution() -> None:
    graph = network("5, 12", "conv(12, 3) -> bn(last = true)")
    assert check_same(graph, FOLD).graph is graph


def test_a_norm_of_a_vectors_last_axis_is_that_of_its_first() -> None:
    assert words(check_same(network("12", "linear(7) -> bn(last = true)"), DropIdle(), FOLD)) == ["linear"]
