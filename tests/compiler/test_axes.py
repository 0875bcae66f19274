"""Names of axes: they travel with the tensor, and where they do not say what is meant, an error does."""

from __future__ import annotations

import pytest
import torch

from archc.compiler.analysis.sizes import sizes
from archc.compiler.codegen.pytorch import Mode
from archc.compiler.graph.graph import Graph
from archc.compiler.ops.parameters import Plain
from archc.compiler.runtime.live_module import build
from archc.reporting.fixes import applied
from archc.reporting.terminal import to_text
from tests.support import checked, graph_of


def codes_of(text: str) -> list[str]:
    return [row.code for row in checked(text).diagnostics]


def error_of(text: str) -> str:
    """The only error, as a person reads it."""
    errors = [row for row in checked(text).diagnostics if row.is_error]
    assert len(errors) == 1, to_text(errors)
    return to_text(errors)


def mended(text: str) -> str:
    """The text as `archc check --fix` leaves it."""
    while True:
        fixed = applied(checked(text).diagnostics)
        if not fixed:
            return text
        text = fixed["n.arch"][0]


def net(body: str, shape: str = "3, 32, 32") -> str:
    return f"network n {{\n  input x[{shape}]\n  {body}\n}}\n"


def axis_of(graph: Graph, name: str) -> Plain:
    """What the only step of that name works along."""
    (node,) = [node for node in graph.nodes if node.operation.name == name]
    return dict(node.operation.arguments())["axis"]


LEN = """network len {
  input image[3, 32, 32]
  conv(24, 8, stride = 8, pad = 0) -> tokens      # [16, 24]
  let a = in.shape
  slice(axis = length, start = 0, stop = 1)       # "the first token"
}
"""
LEN2 = """network len2 { input image[3, 32, 32]  conv(24, 8, stride = 8, pad = 0) -> tokens -> t: identity
 concat(axis = length) { | skip | skip } -> u: identity
 chunk(0, 2) -> v: identity
 output t, u, v }
"""
BNSEQ = """## LeViT's linear and batch norm on tokens: bn takes the first axis, the tokens
network bnseq { input image[3, 32, 32]
  conv(24, 8, stride = 8, pad = 0) -> tokens -> linear(40, bias = false) -> bn }
"""
SEQPOOL = """network seqpool { input image[3, 32, 32]
  conv(24, 8, stride = 8, pad = 0) -> tokens -> ln -> global_avgpool -> flatten -> linear(10) }
"""
SEQ1 = """network seq1 {
  input ids[32]
  embedding(100, 16) -> permute([1, 0]) -> conv(8) -> maxpool(2) -> global_maxpool -> flatten -> linear(4)
}
"""
SEQ_SIZES = """network seq_sizes {
  input ids[32]
  embedding(100, 16) -> attention(2) -> linear(4)
}
"""


def test_len_is_the_first_token() -> None:
    assert graph_of(LEN).outputs[0].shape == (1, 24)


def test_len2_joins_positions_and_halves_channels_and_says_that_the_latter_is_new() -> None:
    assert [node.shape for node in graph_of(LEN2).outputs] == [(16, 24), (32, 24), (32, 12)]
    assert codes_of(LEN2).count("W514") == 1
    fixed = mended(LEN2)
    assert "chunk(0, 2, axis = channels)" in fixed and "W514" not in codes_of(fixed)
    assert [node.shape for node in graph_of(fixed).outputs] == [(16, 24), (32, 24), (32, 12)]


def test_bnseq_is_told_that_its_channels_are_last() -> None:
    error = error_of(BNSEQ)
    assert "error[E332]" in error and "[length 16, channels 40]" in error and "permute([1, 0])" in error
    right = BNSEQ.replace("-> bn }", "-> permute([1, 0]) -> bn }")
    assert graph_of(right).outputs[0].axes == ("channels", "length")


def test_seqpool_is_told_that_its_channels_are_last() -> None:
    assert "error[E332]" in error_of(SEQPOOL)
    right = SEQPOOL.replace("-> global_avgpool", "-> permute([1, 0]) -> global_avgpool")
    assert graph_of(right).outputs[0].shape == (10,)


@pytest.mark.parametrize("text", [SEQ1, SEQ_SIZES], ids=["seq1", "seq_sizes"])
def test_the_length_of_ids_is_free(text: str) -> None:
    (axis,) = sizes(graph_of(text))
    assert (axis.axis, axis.native, axis.is_free) == ("length", 32, True)


NAMES = {
    "an image": ("relu", ("channels", "height", "width")),
    "tokens": ("tokens -> dropout(0.1)", ("length", "channels")),
    "a permuted image": ("permute([1, 2, 0]) -> ln", ("height", "width", "channels")),
    "a reshaped image": ("reshape([32, 32, 3])", ("", "", "")),
    "a reshaped image with names": ("reshape([height = 32, width = 32, channels = 3])", ("height", "width", "channels")),
    "some names": ("reshape([length = 1024, 3])", ("length", "")),
    "a convolution of what has no names": ("reshape([3, 32, 32]) -> conv(4)", ("channels", "height", "width")),
    "a dense layer on what has no names": ("reshape([1024, 3]) -> linear(4)", ("", "channels")),
    "a vector": ("reshape([3072])", ("channels",)),
    "one position": ("select(0, axis = height)", ("channels", "width")),
    "the first token": ("tokens -> select(0)", ("channels",)),
    "attention's logits": ("tokens -> matmul { | skip\n | permute([1, 0]) }", ("length", "length")),
    "what reads them": ("tokens -> t: identity\n matmul { | matmul { | skip\n | permute([1, 0]) }\n | skip(t) }", ("length", "channels")),
    "a sum with what has no names": ("add { | reshape([3, 32, 32])\n | skip }", ("channels", "height", "width")),
    "a flattened image": ("flatten", ("channels",)),
}


@pytest.mark.parametrize("name", NAMES)
def test_names_travel_with_the_tensor(name: str) -> None:
    body, axes = NAMES[name]
    graph = graph_of(net(body))
    assert graph.outputs[0].axes == axes
    assert all(len(node.axes) == len(node.shape) for node in graph.nodes)


def test_an_input_may_say_what_its_axes_are() -> None:
    graph = graph_of(net("attention(4) -> ln -> concat { | skip\n | relu }", "length = 197, channels = 64"))
    assert graph.outputs[0].shape == (197, 128)
    assert graph.inputs[0].axes == ("length", "channels")
    (axis,) = sizes(graph)
    assert (axis.axis, axis.native, axis.is_free) == ("length", 197, True)


@pytest.mark.parametrize(
    ("shape", "told"),
    [
        ("length = 197, 64", "a name of its own"),
        ("length = 4, length = 4", "a name of its own"),
        ("lenght = 4, channels = 4", "did you mean `length`"),
        ("length = 1.5, channels = 4", "1.5"),
    ],
)
def test_an_input_names_all_of_its_axes_or_none(shape: str, told: str) -> None:
    error = error_of(net("relu", shape))
    assert "E208" in error and told in error


def test_names_belong_to_shapes_alone() -> None:
    assert "error[E208]" in error_of(net("conv(4, [height = 3, width = 3])"))
    assert graph_of(net("expect [channels = 3, height = 32, width = 32]")).outputs[0].shape == (3, 32, 32)


WORKS_ALONG_CHANNELS = ("softmax(axis = channels)", "slice(channels, 0, 12)", "chunk(0, 2, axis = channels)")


@pytest.mark.parametrize("step", WORKS_ALONG_CHANNELS)
def test_a_word_is_the_axis_of_that_name_wherever_it_stands(step: str) -> None:
    name = step.partition("(")[0]
    first = graph_of(net(f"conv(24) -> {step}"))
    assert axis_of(first, name) == "channels"  # a word that stands where it always did stays a word
    tokens = graph_of(net(f"conv(24) -> tokens -> {step}"))
    assert axis_of(tokens, name) == 1
    inside = graph_of(net(f"conv(24) -> permute([1, 0, 2]) -> {step}"))
    assert axis_of(inside, name) == 1


def test_a_dense_layer_and_a_norm_find_channels_at_the_end_of_an_image() -> None:
    graph = graph_of(net("conv(8) -> permute([1, 2, 0]) -> ln -> layer_scale -> linear(16) -> permute([2, 0, 1])"))
    assert [weight.shape for node in graph.nodes for weight in node.weights][2:] == [(8,), (8,), (8,), (16, 8), (16,)]
    assert graph.outputs[0].axes == ("channels", "height", "width")


@pytest.mark.parametrize(
    "steps",
    [
        "conv(16, 4, 4, 0) -> tokens -> ln -> linear(32) -> gelu -> mul { | chunk(0, 2) | chunk(1, 2) }",  # the gate of gMLP
        'conv(16) -> rearrange("c (h p) (w q) -> (p q) (h w) c", p = 2, q = 2) -> ln -> attention(4)',  # the unfolding of MobileViT
        "permute([1, 2, 0]) -> ln -> layer_scale -> linear(16) -> split(2) -> add",
    ],
)
def test_features_that_stand_last_are_not_doubted(steps: str) -> None:
    assert "W514" not in codes_of(net(steps))


def test_a_norm_of_a_signal_is_that_of_its_positions() -> None:
    torch.manual_seed(0)
    signal = torch.randn(2, 4, 10)
    first = build(graph_of(net("ln(axis = channels) -> layer_scale(0.5, axis = channels)", "4, 10")), Mode.TRAIN)
    assert torch.allclose(first(signal), 0.5 * torch.nn.functional.layer_norm(signal.transpose(1, 2), [4]).transpose(1, 2), atol=1e-6)


def test_a_norm_of_a_signal_normalises_its_channels() -> None:
    text = net("ln", "4, 100")
    assert [weight.shape for node in graph_of(text).nodes for weight in node.weights] == [(4,), (4,)]
    assert codes_of(text) == ["W514"]
    assert codes_of(net("ln(axis = channels)", "4, 100")) == []
    assert "length = 4, channels = 100" in mended(text)  # what two axes under a norm meant so far


@pytest.mark.parametrize("step", ["attention(2)", "class_token", "linear(8)", "position_embedding -> attention(2)"])
def test_an_input_that_is_a_sequence_is_asked_to_say_so(step: str) -> None:
    text = net(step, "20, 8")
    assert "[channels 20, length 8]" in error_of(text)
    fixed = mended(text)
    assert "input x[length = 20, channels = 8]" in fixed
    assert graph_of(fixed).outputs[0].axes == ("length", "channels")


def test_a_dense_layer_over_positions_says_last() -> None:
    text = net("tokens -> permute([1, 0]) -> linear(64)")
    assert "E332" in error_of(text)
    fixed = mended(text)
    assert "linear(64, last = true)" in fixed
    assert graph_of(fixed).outputs[0].axes == ("channels", "length")


def test_logits_have_no_channels() -> None:
    text = net("tokens -> matmul { | skip\n | permute([1, 0]) } -> softmax")
    error = error_of(text)
    assert (
        "error[E331]" in error and "[length 1024, length 1024]" in error and "`axis = 0` (length 1024) or `axis = 1` (length 1024)" in error
    )
    assert mended(text) == text  # nobody can know which one
    assert "has `length` twice" in error_of(text.replace("softmax", "softmax(axis = length)"))
    assert axis_of(graph_of(text.replace("softmax", "softmax(axis = 1)")), "softmax") == 1


def test_axes_without_names_keep_what_they_meant_once_it_is_written() -> None:
    text = net("reshape([3, 1024]) -> softmax -> concat { | skip\n | relu }")
    assert "name them: `reshape([channels = 3, length = 1024])`" in error_of(net("reshape([3, 1024]) -> softmax"))
    fixed = mended(text)
    assert "softmax(axis = 0)" in fixed and "concat(axis = 0)" in fixed
    assert graph_of(fixed).outputs[0].shape == (6, 1024)


def test_a_word_that_no_axis_has_is_an_error_that_lists_them() -> None:
    error = error_of(net("tokens -> slice(height, 0, 2)"))
    assert "error[E320]" in error
    error = error_of(net("permute([1, 2, 0]) -> select(0, axis = height) -> chunk(0, 2, axis = length)"))
    assert "error[E320]" in error and "0 (width), 1 (channels)" in error


def test_parts_of_a_shape_are_the_axes_of_that_name() -> None:
    read = "tokens -> t: identity\n linear({}) -> select(0)"
    assert graph_of(net(read.format("t.length"))).outputs[0].shape == (1024,)
    assert graph_of(net(read.format("2 * t.channels"))).outputs[0].shape == (6,)
    assert graph_of(net("permute([1, 2, 0]) -> t: identity\n flatten -> linear(t.channels)")).outputs[0].shape == (3,)
    error = error_of(net(read.format("t.height")))
    assert "error[E227]" in error and "`length`, `channels`" in error


def test_a_part_of_a_shape_without_names_is_read_by_number() -> None:
    text = net("reshape([3, 1024]) -> t: identity\n flatten -> linear(t.channels)")
    assert "error[E227]" in error_of(text)
    fixed = mended(text)
    assert "t.shape[0]" in fixed
    assert graph_of(fixed).outputs[0].shape == (3,)


def test_paths_of_different_orders_do_not_meet() -> None:
    error = error_of(net("add { | tokens\n | tokens -> permute([1, 0]) }", "4, 2, 2"))
    assert "error[E333]" in error and "[length 4, channels 4] and [channels 4, length 4]" in error
    assert "permute([1, 0])" in error


def test_messages_call_axes_by_their_names() -> None:
    assert "length 64 and 16" in error_of(net("add { | tokens\n | maxpool(2) -> tokens }", "4, 8, 8"))
    assert "length 64 is not divisible by n 3" in error_of(net("tokens -> chunk(0, 3, axis = length)", "4, 8, 8"))
    assert "does not lie in the channels of" in error_of(net("tokens -> slice(channels, 0, 9)", "4, 8, 8"))


def test_a_program_is_equal_to_one_with_other_names_only_where_the_names_are_equal() -> None:
    first, other = graph_of(net("relu", "4, 5")), graph_of(net("relu", "4, 5"))
    assert first.program == other.program
    assert first.program != graph_of(net("relu", "length = 4, channels = 5")).program
