"""Calls as other libraries write them: the arguments of the translation mean here what they mean there, and what it writes compiles."""

from __future__ import annotations

import pytest

from archc.base.source import Source
from archc.compiler.driver import check_source
from archc.compiler.ops.foreign_calls import KERAS, TORCH
from archc.compiler.ops.foreign_names import SAME, key
from archc.reporting.fixes import applied
from tests.support import checked, mended

IMAGE, SIGNAL, TOKENS, WORDS, COLUMNS = "8, 16, 16", "8, 16", "length = 16, channels = 64", "length = 16", "72, 196"

OF_TORCH = {
    "Conv2d(8, 16, 3, 2, 1)": ("conv(16, 3, stride = 2, pad = 1)", IMAGE),
    "conv2d(8, 16, 3)": ("conv(16, 3, pad = 0)", IMAGE),
    "conv2d(16, 3)": ("conv(16, 3, pad = 0)", IMAGE),
    "convolution(8, 16, 3)": ("conv(16, 3)", IMAGE),
    "conv_transpose2d(8, 16, 2, 2)": ("deconv(16, 2, stride = 2)", IMAGE),
    "depthwise(3)": ("dwconv(3)", IMAGE),
    "dw_conv(5, 2)": ("dwconv(5, 2)", IMAGE),
    "Linear(64, 10)": ("linear(10)", TOKENS),
    "fc(64, 10)": ("linear(10)", TOKENS),
    "LazyLinear(10)": ("linear(10)", TOKENS),
    "batch_norm(8)": ("bn", IMAGE),
    "BatchNorm2d(8, 1e-3)": ("bn(1e-3)", IMAGE),
    "SyncBatchNorm(8)": ("bn", IMAGE),
    "InstanceNorm2d(8)": ("instance_norm", IMAGE),
    "layer_norm(64)": ("ln", TOKENS),
    "RMSNorm(64)": ("rms_norm", TOKENS),
    "group_norm(4, 8)": ("gn(4)", IMAGE),
    "local_response_norm(3, 0.1)": ("lrn(3, 0.1)", IMAGE),
    "max_pool2d(3, 2, 1)": ("maxpool(3, 2, pad = 1)", IMAGE),
    "avg_pool2d(2)": ("avgpool(2)", IMAGE),
    "adaptive_avg_pool2d(4)": ("adaptive_avgpool(4)", IMAGE),
    "adaptive_max_pool2d(4)": ("adaptive_maxpool(4)", IMAGE),
    "Dropout(0.1)": ("dropout(0.1)", IMAGE),
    "nn.LeakyReLU(0.2)": ("leaky_relu(0.2)", IMAGE),
    "lrelu(0.2)": ("leaky_relu(0.2)", IMAGE),
    "nn.ReLU(True)": ("relu", IMAGE),
    "nn.ReLU6(True)": ("relu6", IMAGE),
    "nn.SiLU(True)": ("silu", IMAGE),
    "nn.Mish(True)": ("mish", IMAGE),
    "nn.SELU(True)": ("selu", IMAGE),
    "nn.Hardswish(True)": ("hard_swish", IMAGE),
    "nn.Hardsigmoid(True)": ("hard_sigmoid", IMAGE),
    "nn.LeakyReLU(0.2, True)": ("leaky_relu(0.2)", IMAGE),
    "nn.Dropout(0.2, True)": ("dropout(0.2)", IMAGE),
    "nn.PReLU()": ("prelu(shared = true)", IMAGE),
    "nn.PReLU(1)": ("prelu(shared = true)", IMAGE),
    "nn.PReLU(8)": ("prelu", IMAGE),
    "nn.PReLU(num_parameters=8, init=0.1)": ("prelu(start = 0.1)", IMAGE),
    "nn.ELU(0.5)": ("elu(0.5)", IMAGE),
    "nn.CELU(0.5)": ("celu(0.5)", IMAGE),
    "Softmax(1)": ("softmax(0)", IMAGE),
    "LogSoftmax(1)": ("log_softmax(0)", IMAGE),
    "Flatten(1)": ("flatten", IMAGE),
    "interpolate(32)": ("upsample(size = 32)", IMAGE),
    "Upsample(32)": ("upsample(size = 32)", IMAGE),
    "UpsamplingNearest2d(scale_factor = 2)": ("upsample(2)", IMAGE),
    "UpsamplingBilinear2d(32)": ('upsample(size = 32, mode = "bilinear", align_corners = true)', IMAGE),
    "PixelShuffle(2)": ("pixel_shuffle(2)", IMAGE),
    "PixelUnshuffle(2)": ("pixel_unshuffle(2)", IMAGE),
    "ChannelShuffle(2)": ("channel_shuffle(2)", IMAGE),
    "nn.Embedding(100, 16)": ("embedding(100, 16)", WORDS),
    "multihead_attention(64, 4)": ("attention(4)", TOKENS),
    "multihead_attention(4)": ("attention(4)", TOKENS),
    "mha(64, 4)": ("attention(4)", TOKENS),
    "MultiheadAttention(64, num_heads = 4)": ("attention(4)", TOKENS),
    "LSTM(64, 32, 2)": ("lstm(32, 2)", TOKENS),
    "bilstm(64, 32)": ("lstm(32, bidirectional = true)", TOKENS),
    "GRU(64, 32)": ("gru(32)", TOKENS),
    "Unfold(3, 1, 0, 2)": ("unfold(3, 2)", IMAGE),
    "Fold(16, 3)": ("fold(16, 3)", COLUMNS),
    "stochastic_depth(0.1, 'row')": ("drop_path(0.1)", IMAGE),
    "clip(0, 6)": ("clamp(0, 6)", IMAGE),
    "torch.clamp(0, 6)": ("clamp(0, 6)", IMAGE),
    "hardtanh(-1, 1)": ("clamp(-1, 1)", IMAGE),
    "relun(6)": ("clamp(0, 6)", IMAGE),
    "ConstantPad2d(1, 0.5)": ("pad(1, value = 0.5)", IMAGE),
    "F.pad(1, 'reflect')": ('pad(1, "reflect")', IMAGE),
    "ReflectionPad2d(3)": ('pad(3, "reflect")', IMAGE),
    "LayerScale(8, 1e-5)": ("layer_scale(1e-5)", IMAGE),
    "ws_conv(8, 16, 3)": ("std_conv(16, 3)", IMAGE),
    "StdConv2d(8, 16, 3)": ("std_conv(16, 3)", IMAGE),
    "positional_encoding(20)": ("position_embedding", TOKENS),
    "PositionalEncoding(d_model = 64, max_len = 5000)": ("position_embedding", TOKENS),
    "a: relu -> b: relu -> torch.cat([a, b], 1)": ("a: relu -> b: relu -> concat { | skip(a) | skip(b) }", IMAGE),
    "a: relu -> b: relu -> torch.concat([a, b], 1)": ("a: relu -> b: relu -> concat { | skip(a) | skip(b) }", IMAGE),
    "a: relu -> b: relu -> torch.stack([a, b], 1)": ("a: relu -> b: relu -> stack { | skip(a) | skip(b) }", IMAGE),
}
OF_KERAS = {
    "Conv2D(16, 3)": ("conv(16, 3, pad = 0)", IMAGE),
    "Conv2DTranspose(16, 2, 2)": ("deconv(16, 2, stride = 2)", IMAGE),
    "DepthwiseConv2D(3)": ("dwconv(3, pad = 0)", IMAGE),
    "Dense(10)": ("linear(10)", TOKENS),
    "LayerNormalization(-1)": ("ln(1e-3)", TOKENS),
    "MaxPooling2D(3, 2)": ("maxpool(3, 2)", IMAGE),
    "AveragePooling2D(2)": ("avgpool(2)", IMAGE),
    "MaxPool2D(3, 2)": ("maxpool(3, 2)", IMAGE),
    "AvgPool2D(2)": ("avgpool(2)", IMAGE),
    "layers.Dropout(0.1)": ("dropout(0.1)", IMAGE),
    "GroupNormalization(4)": ("gn(4, 1e-3)", IMAGE),
    "layers.LeakyReLU()": ("leaky_relu(0.3)", IMAGE),
    "layers.LeakyReLU(0.2)": ("leaky_relu(0.2)", IMAGE),
    "layers.Softmax(-1)": ("softmax", IMAGE),
    "UpSampling2D(2)": ("upsample(2)", IMAGE),
    "layers.Embedding(100, 16)": ("embedding(100, 16)", WORDS),
    "layers.LSTM(32)": ("lstm(32) -> select(-1, axis = length)", TOKENS),
    "layers.GRU(32)": ("gru(32) -> select(-1, axis = length)", TOKENS),
    "layers.MultiHeadAttention(4, 16)": ("attention(4, head_size = 16)", TOKENS),
}
NOT_TRANSLATED = (
    "narrow(1, 0, 5)", "view(2, 512)", "Bidirectional(LSTM(64))", "weight_norm(Linear(8, 8))", "tensor_split(2, 0)", "gather(1)",
    "index_select(1, 2)", "moveaxis(0, 1)", "amax(1)", "dense(64, 10)", "MultiHeadAttention(64, 8)", "resize(224)", "blurpool(64)",
    "interpolate(2)", "nn.Upsample(4)", "F.interpolate(x, 2)", "swish(1)", "PReLU()", "layers.PReLU()", "nn.Conv1d(8, 16, 3)", "nn.MaxPool3d(2)", "F.prelu(x)", "F.leaky_relu(0.1, conv(8))", "F.interpolate(image, scale_factor=2)", "F.max_pool2d(image, 2)", "F.unfold(image, 3)", "fliplr(k = 2)",
)  # fmt: skip
"""The name is known, and what the arguments are here is not."""


def network(body: str, shape: str) -> str:
    return f"network n {{\n  input x[{shape}]\n  {body}\n}}\n"


@pytest.mark.parametrize(("written", "meant", "shape"), [(name, *row) for name, row in (OF_TORCH | OF_KERAS).items()])
def test_a_call_is_translated_by_what_its_arguments_mean(written: str, meant: str, shape: str) -> None:
    mended, _ = applied(check_source(Source.of("n.arch", network(written, shape))).diagnostics)["n.arch"]
    assert mended == network(meant, shape)
    assert [row.message for row in checked(mended).diagnostics if row.is_error] == []


def test_every_row_of_the_tables_is_tried() -> None:
    def rows(calls: dict[str, tuple[str, str]]) -> set[str]:
        return {key(name.rpartition("-> ")[2].partition("(")[0]) for name in calls}

    never = {"gather", "indexselect", "tensorsplit"}  # their order differs from what is required here: they are never translated
    assert set(TORCH) - rows(OF_TORCH) == never
    assert set(KERAS) - rows(OF_KERAS) == {"concatenate"}  # its tensors are a list of labels, as those of `torch.cat`


@pytest.mark.parametrize("written", NOT_TRANSLATED)
def test_what_would_mean_something_else_is_not_written(written: str) -> None:
    rows = check_source(Source.of("n.arch", network(written, IMAGE))).diagnostics
    assert [row.code for row in rows] == ["E201"]
    assert rows[0].help is not None and rows[0].fix is None


@pytest.mark.parametrize("word", sorted({word for words in SAME.values() for word in words.split()}))
def test_no_argument_without_a_meaning_is_kept(word: str) -> None:
    """Nine numbers are more than any call takes by their places: nothing may be written for them, under whatever name."""
    rows = check_source(Source.of("n.arch", network(f"{word}(9, 8, 7, 6, 5, 4, 3, 2, 1, 9, 8, 7)", IMAGE))).diagnostics
    assert all(row.fix is None for row in rows if row.code == "E201")


@pytest.mark.parametrize(
    ("head", "meant"),
    [
        ("torch.cat(dim = 1)", "concat(axis = 0)"),
        ("torch.cat(dim = 2)", "concat(axis = 1)"),
        ("torch.stack(dim = 1)", "stack"),
        ("Concatenate(axis = -1)", "concat"),
        ("Concatenate(axis = 3)", None),
        ("Add(axis = 1)", None),
    ],
)
def test_the_axis_of_a_head_is_counted_without_the_batch(head: str, meant: str | None) -> None:
    rows = check_source(Source.of("n.arch", network(f"{head} {{ | skip | relu }}", IMAGE))).diagnostics
    offered = [row.fix.edits[0].text for row in rows if row.fix is not None and row.code == "E201"]
    assert offered == ([] if meant is None else [meant])


@pytest.mark.parametrize("call", ["TransformerEncoderLayer(64, 8)", "TransformerEncoderLayer(d_model = 64, nhead = 8)"])
def test_the_heads_of_a_layer_are_those_that_are_asked_for(call: str) -> None:
    [row] = checked(network(call, TOKENS)).diagnostics
    assert row.help is not None and "attention(8)" in row.help and "attention(4)" not in row.help


def test_what_is_given_in_place_is_left_out_within_a_sequence() -> None:
    found, _ = mended(network("nn.Sequential(nn.Conv2d(8, 8, 1), nn.ReLU(True))", IMAGE))
    assert found == network("conv(8, 1) -> relu", IMAGE)


@pytest.mark.parametrize(
    ("written", "told", "made"),
    [
        ("interpolate(2)", ("upsample(2)", "upsample(size = 2)"), [(8, 32, 32), (8, 2, 2)]),
        ("F.interpolate(x, 4)", ("skip(x) -> upsample(4)", "skip(x) -> upsample(size = 4)"), [(8, 64, 64), (8, 4, 4)]),
        ("mean([2, 3])", ('reduce("mean", axis = [height, width])',), [(8,)]),
        ("mean(2, 3)", ('reduce("mean", axis = [height, width])',), [(8,)]),
        ("mean([-2, -1])", ('reduce("mean", axis = [height, width])',), [(8,)]),
        ("mean(1)", ('reduce("mean", axis = channels)',), [(16, 16)]),
        ("chunk(2, 1)", ("split(2) as a, b",), [(4, 16, 16)]),
        ("chunk(4, 2)", ("split(4, axis = 1) as a, b, c, d", "chunk(0, 2)"), [(8, 4, 16), (4, 16, 16)]),
        ("chunk(2, dim = 1)", ("split(2, axis = 0) as a, b", "chunk(0, 2, axis = 0)"), [(4, 16, 16)] * 2),
        ("chunk(chunks = 4, dim = 2)", ("split(4, axis = 1) as a, b, c, d",), [(8, 4, 16)]),
        ("chunk(1, 1)", ("chunk(0, 2)", "chunk(1, 2)"), [(4, 16, 16)] * 2),
    ],
)  # fmt: skip
def test_what_is_told_without_an_edit_is_what_is_meant_there(written: str, told: tuple[str, ...], made: list[tuple[int, ...]]) -> None:
    """Two readings, or parts whose names only the reader knows."""
    rows = [row for row in checked(network(written, IMAGE)).diagnostics if row.is_error]
    assert all(row.fix is None for row in rows) and len(rows) == 1
    for step, shape in zip(told, made, strict=True):
        assert f"`{step}`" in (rows[0].help or "")
        found = checked(network(step + (" -> skip(a)" if " as " in step else ""), IMAGE))
        assert found.program is not None and [node.shape for node in found.program.nodes if node.is_port and node.inputs] == [shape]


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("add(1)", "offset(1)"),
        ("sub(0.5)", "offset(-0.5)"),
        ("sub(-1)", "offset(1)"),
        ("mul(2)", "scale(2)"),
        ("div(2)", "scale(1.0 / 2)"),
        ("select(channels, 0)", "select(0, channels)"),
        ("select(height, -1)", "select(-1, height)"),
    ],
)
def test_a_number_or_an_axis_in_another_order_is_put_right(written: str, meant: str) -> None:
    found, codes = mended(network(written, IMAGE))
    assert codes and found == network(meant, IMAGE)
    assert [row.message for row in checked(found).diagnostics if row.is_error] == []


def test_a_parameter_without_its_value_is_given_it() -> None:
    found, _ = mended(network("attention(8, causal)", TOKENS))
    assert found == network("attention(8, causal = true)", TOKENS)
