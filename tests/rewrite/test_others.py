"""Operations left out, done once, fused, merged."""

from __future__ import annotations

from archc.compiler.ops.activation import Relu, Sigmoid
from archc.compiler.ops.convolution import Conv, DepthwiseConv
from archc.compiler.ops.dense import Linear
from archc.compiler.rewrite.common import ShareCommon
from archc.compiler.rewrite.commute_pool import CommuteAveragePool
from archc.compiler.rewrite.fold_norm import FoldBatchNorm
from archc.compiler.rewrite.fuse import FuseActivation, FuseAdd
from archc.compiler.rewrite.fused import Fused
from archc.compiler.rewrite.give_bias import GiveBias
from archc.compiler.rewrite.inference import DropIdle, KeepInference
from archc.compiler.rewrite.merge_siblings import MergeSiblings

from .proof import check_same, network, words

ADD, ACTIVATION = FuseAdd((Conv,)), FuseActivation((Conv, Linear), (Relu, Sigmoid))


# ------------------------------------------------------------------------------------------------ left out


def test_side_heads_go() -> None:
    graph = network("3, 9, 9", "conv(4, 3)", "aux side { conv(2, 1) -> flatten -> linear(5) }", "relu")
    assert words(check_same(graph, KeepInference())) == ["conv", "relu"]


def test_what_does_nothing_goes() -> None:
    graph = network("3, 9, 9", "identity -> dropout -> scale(1) -> conv(4, 3) -> drop_path(0.1) -> maxpool(1) -> relu")
    assert words(check_same(graph, DropIdle())) == ["conv", "relu"]


def test_an_idle_output_is_still_an_output() -> None:
    assert words(check_same(network("3, 9, 9", "conv(3, 3)", "dropout"), DropIdle())) == ["conv"]
    assert words(check_same(network("3, 9, 9", "dropout"), DropIdle())) == []


def test_a_pool_that_is_idle_for_this_size_alone_stays() -> None:
    graph = network("3, 7, 7", "conv(4, 3) -> adaptive_avgpool(7) -> relu")
    assert check_same(graph, DropIdle()).graph is graph


# ------------------------------------------------------------------------------------------------ done once


def test_equal_operations_are_done_once() -> None:
    graph = network("3, 9, 9", "concat { | maxpool(3) -> conv(2, 1) | maxpool(3) -> relu | maxpool(2, stride = 3) }")
    assert words(check_same(graph, ShareCommon())) == ["maxpool", "conv", "relu", "maxpool", "concat"]


def test_layers_of_one_set_of_weights_are_done_once() -> None:
    graph = network("3, 9, 9", "a: conv(3, 3)", "b: relu", "add { | skip | reuse(a) -> relu }")
    assert words(check_same(graph, ShareCommon())) == ["conv", "relu", "conv", "relu", "add"]
    graph = network("3, 9, 9", "i: relu", "add { | a: conv(3, 3) | skip(i) -> reuse(a) }")
    assert words(check_same(graph, ShareCommon())) == ["relu", "conv", "add"]


def test_layers_of_their_own_weights_are_not_the_same() -> None:
    graph = network("3, 9, 9", "add { | conv(4, 3) | conv(4, 3) }")
    assert check_same(graph, ShareCommon()).graph is graph


# --------------------------------------------------------------------------------------------------- fused


def test_a_sum_and_its_activation_go_into_the_later_layer() -> None:
    graph = network("4, 9, 9", "add { | conv(6, 3) | a: conv(6, 1) } -> relu -> conv(2, 1)")
    state = check_same(graph, ADD, ACTIVATION)
    assert words(state) == ["conv", "fused", "conv"]
    assert state.graph.nodes[2].operation == Fused(Conv(6, kernel=1), Relu(), True)
    assert state.graph.nodes[2].key == "a"
    assert state.gains == ("1 sum done inside a layer", "1 activation done inside a layer")


def test_a_sum_with_the_input() -> None:
    state = check_same(network("4, 9, 9", "add { | skip | conv(4, 3) }"), ADD)
    assert words(state) == ["fused"]
    assert state.graph.nodes[1].inputs == (0, 0)


def test_a_sum_stays_where_others_read_the_layer() -> None:
    graph = network("4, 9, 9", "a: conv(4, 3)", "b: add { | skip | relu }", "add { | skip | skip(a) }")
    assert check_same(graph, ADD).graph is graph


def test_sums_that_stretch_or_have_three_paths_stay() -> None:
    graph = network(
        "4, 9, 9", "add(broadcast = true) { | skip | global_avgpool -> conv(4, 1) }", "add { | skip | conv(4, 3) | conv(4, 1) }"
    )
    assert check_same(graph, ADD).graph is graph


def test_activations_go_into_layers() -> None:
    graph = network("4, 9, 9", "conv(6, 3) -> sigmoid -> conv(6, 3) -> tanh -> relu -> flatten -> linear(3) -> relu")
    assert words(check_same(graph, ACTIVATION)) == ["fused", "conv", "tanh", "relu", "flatten", "fused"]


def test_after_a_sum_only_what_the_back_end_can_do() -> None:
    graph = network("4, 9, 9", "add { | skip | conv(4, 3) } -> sigmoid")
    assert words(check_same(graph, ADD, ACTIVATION)) == ["fused", "sigmoid"]


def test_an_activation_stays_where_others_read_the_layer() -> None:
    graph = network("4, 9, 9", "a: conv(4, 3)", "add { | relu | skip(a) }")
    assert check_same(graph, ACTIVATION).graph is graph


def test_shared_layers_may_be_fused() -> None:
    """Fusing changes what is done after the weights, not the weights."""
    graph = network("4, 9, 9", "a: conv(4, 3)", "relu", "reuse(a)", "sigmoid")
    state = check_same(graph, ACTIVATION)
    assert words(state) == ["fused", "fused"]
    assert state.graph.nodes[2].shares == 1


def test_whoever_comes_first_owns_the_weights() -> None:
    """The owner goes into a sum that is done after another place has used its weights."""
    graph = network("4, 9, 9", "i: relu", "a: conv(4, 3)", "b: add { | skip | skip(i) -> reuse(a) -> tanh }")
    state = check_same(graph, ADD)
    assert words(state) == ["relu", "conv", "tanh", "fused"]
    assert [node.shares for node in state.graph.nodes] == [None, None, None, None, 2, None]


# -------------------------------------------------------------------------------------------------- merged


def test_convolutions_of_one_tensor_are_merged() -> None:
    graph = network("8, 9, 9", "concat { | conv(4, 1) -> relu | conv(2, 1) -> relu -> conv(3, 3) | conv(6, 1) | conv(5, 3) }")
    state = check_same(graph, ACTIVATION, MergeSiblings())
    assert words(state) == ["fused", "slice", "slice", "conv", "conv", "conv", "concat"]
    assert state.graph.nodes[1].shape == (6, 9, 9)
    assert state.gains[-1] == "2 convolutions merged into 1"


def test_what_differs_in_more_than_channels_is_not_merged() -> None:
    body = "concat { | conv(4, 1) | conv(4, 1, bias = false) | conv(4, 1, groups = 2) | conv(4, 1) -> relu }"
    graph = network("8, 9, 9", body)
    assert words(check_same(graph, ACTIVATION, MergeSiblings())) == ["conv", "conv", "conv", "fused", "concat"]


def test_shared_weights_are_not_merged() -> None:
    graph = network("8, 9, 9", "a: conv(8, 1)", "b: concat { | conv(8, 1) | reuse(a) }")
    assert check_same(graph, MergeSiblings()).graph is graph


def test_a_bias_of_zeros() -> None:
    graph = network("8, 9, 9", "a: conv(8, 1, bias = false) -> reuse(a) -> conv(3, 1)")
    state = check_same(graph, GiveBias((Conv,)))
    assert state.gains == ("2 layers given a bias of zeros",)
    assert sorted(state.weights) == ["a.bias", "a.weight", "conv1.bias", "conv1.weight"]


# ------------------------------------------------------------------------------------------------ commuted

POOL = "avgpool(3, stride = 1, pad = 1, count_pad = false)"
COUNTING = "avgpool(3, stride = 1, pad = 1)"


def test_an_average_pool_comes_after_a_convolution_that_makes_fewer_channels() -> None:
    state = check_same(network("6, 9, 8", f"p: {POOL} -> c: conv(4, 1) -> relu"), CommuteAveragePool())
    assert words(state) == ["conv", "avgpool", "relu"]
    assert [node.key for node in state.graph.nodes[1:3]] == ["c", "p"]


def test_the_bias_comes_last_where_the_padding_counts() -> None:
    state = check_same(
        network("6, 9, 8", f"{COUNTING} -> conv(4, 1) -> relu"), CommuteAveragePool(), FuseActivation((DepthwiseConv,), (Relu,))
    )
    assert words(state) == ["conv", "avgpool", "fused"]
    state = check_same(network("6, 9, 8", f"{COUNTING} -> conv(4, 1, bias = false) -> bn -> relu"), FoldBatchNorm(), CommuteAveragePool())
    assert words(state) == ["conv", "avgpool", "dwconv", "relu"]
    assert words(check_same(network("6, 9, 8", f"{COUNTING} -> conv(4, 1, bias = false)"), CommuteAveragePool())) == ["conv", "avgpool"]


def test_a_chain_of_convolutions_passes_the_pool() -> None:
    state = check_same(network("6, 9, 8", f"{POOL} -> conv(4, 1) -> conv(2, 1)"), CommuteAveragePool())
    assert words(state) == ["conv", "conv", "avgpool"]


def test_pools_that_stay_before_their_convolutions() -> None:
    for body in (
        f"{POOL} -> conv(6, 1)",  # as many channels
        f"{POOL} -> conv(4, 3)",
        f"{POOL} -> conv(4, 1, stride = 2)",
        f"{POOL} -> conv(4, 1, groups = 2)",
        "avgpool(2) -> conv(4, 1)",  # fewer positions
        "maxpool(3, stride = 1, pad = 1) -> conv(4, 1)",
        f"p: {POOL} -> c: conv(4, 1) -> concat {{ | skip | skip(p) }}",
    ):
        graph = network("6, 9, 8", body)
        assert check_same(graph, CommuteAveragePool()).graph is graph, body
