"""Calls of PyTorch's whose arguments mean what they do for the tensor at hand: which axis, which sides, how many channels come in.

What is written instead gives the numbers that PyTorch gives. Where it cannot, the message says why, and nothing is edited.
"""

from __future__ import annotations

import pytest
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from archc.base.source import Source
from archc.compiler.driver import check_source
from archc.reporting.fixes import applied
from tests.analysis.built import built
from tests.support import checked, graph_of

IMAGE, SIGNAL, VOLUME, TOKENS = "3, 6, 5", "4, 7", "2, 4, 5, 3", "length = 6, channels = 8"
SIZES = {IMAGE: (3, 6, 5), SIGNAL: (4, 7), VOLUME: (2, 4, 5, 3), TOKENS: (6, 8)}

AS_IN_PYTORCH = {
    "F.pad(x, (1, 2, 3, 4))": (IMAGE, "skip(x) -> pad([3, 4, 1, 2])"),
    "F.pad(x, [1, 2])": (IMAGE, "skip(x) -> pad([0, 0, 1, 2])"),
    "F.pad(x, (1, 2))": (IMAGE, "skip(x) -> pad([0, 0, 1, 2])"),
    "F.pad(x, (1, 2, 0, 0, 0, 0))": (IMAGE, "skip(x) -> pad([0, 0, 1, 2])"),
    "F.pad(x, (2, 2, 1, 1))": (IMAGE, "skip(x) -> pad(1x2)"),
    "F.pad(x, (2, 2, 2, 2))": (IMAGE, "skip(x) -> pad(2)"),
    "F.pad(x, (2, 0))": (SIGNAL, "skip(x) -> pad([2, 0])"),
    "F.pad(x, (1, 2, 3, 4, 5, 6))": (VOLUME, "skip(x) -> pad([5, 6, 3, 4, 1, 2])"),
    "F.pad(x, pad=(1, 2, 3, 4))": (VOLUME, "skip(x) -> pad([0, 0, 3, 4, 1, 2])"),
    "F.pad(x, (1, 2), 'constant', 0.5)": (IMAGE, "skip(x) -> pad([0, 0, 1, 2], value = 0.5)"),
    "nn.functional.pad(x, (1, 2, 3, 4), mode='reflect')": (IMAGE, 'skip(x) -> pad([3, 4, 1, 2], "reflect")'),
    "nn.ZeroPad2d((1, 2, 3, 4))": (IMAGE, "pad([3, 4, 1, 2])"),
    "nn.ZeroPad2d(padding=(1, 2, 3, 4))": (IMAGE, "pad([3, 4, 1, 2])"),
    "nn.ConstantPad1d((1, 2), 0.5)": (SIGNAL, "pad([1, 2], value = 0.5)"),
    "nn.ReflectionPad2d([1, 2, 3, 4])": (IMAGE, 'pad([3, 4, 1, 2], "reflect")'),
    "nn.ReflectionPad1d(2)": (SIGNAL, 'pad(2, "reflect")'),
    "nn.ReplicationPad2d((1, 0, 0, 1))": (IMAGE, 'pad([0, 1, 1, 0], "replicate")'),
    "nn.ReplicationPad3d((1, 0, 0, 1, 2, 2))": (VOLUME, 'pad([2, 2, 0, 1, 1, 0], "replicate")'),
    "nn.CircularPad2d((1, 2, 0, 1))": (IMAGE, 'pad([0, 1, 1, 2], "circular")'),
    "torch.cat([x, x], dim=1)": (TOKENS, "concat(axis = 0) { | skip(x) | skip(x) }"),
    "torch.cat([x, x], dim=2)": (TOKENS, "concat(axis = 1) { | skip(x) | skip(x) }"),
    "torch.cat([x, x], dim=-2)": (TOKENS, "concat(axis = -2) { | skip(x) | skip(x) }"),
    "torch.cat([x, x], 1)": (IMAGE, "concat { | skip(x) | skip(x) }"),
    "torch.stack([x, x], dim=2)": (TOKENS, "stack(axis = 1) { | skip(x) | skip(x) }"),
    "nn.Flatten(2)": (IMAGE, 'rearrange("c h w -> c (h w)")'),
    "nn.Flatten(start_dim=1)": (IMAGE, "flatten"),
    "nn.Flatten(-3)": (IMAGE, "flatten"),
    "torch.flatten(x, 2)": (IMAGE, 'skip(x) -> rearrange("c h w -> c (h w)")'),
    "torch.flatten(x, 1, 2)": (IMAGE, 'skip(x) -> rearrange("c h w -> (c h) w")'),
    "torch.flatten(x, 1, -1)": (TOKENS, "skip(x) -> flatten"),
    "x.flatten(2)": (VOLUME, 'skip(x) -> rearrange("c d h w -> c (d h w)")'),
    "x.flatten(start_dim=2)": (IMAGE, 'skip(x) -> rearrange("c h w -> c (h w)")'),
    "x.flatten(2).transpose(1, 2)": (IMAGE, "skip(x) -> tokens"),
    "x.flatten(2).permute(0, 2, 1)": (IMAGE, "skip(x) -> tokens"),
    "nn.LayerNorm(5)": (IMAGE, "ln(last = true)"),
    "nn.LayerNorm([5])": (IMAGE, "ln(last = true)"),
    "nn.LayerNorm(8)": (TOKENS, "ln"),
    "nn.LayerNorm(normalized_shape=8)": (TOKENS, "ln"),
    "torch.mean(x, 1)": (IMAGE, 'skip(x) -> reduce("mean", 0)'),
    "torch.mean(x, dim=[2, 3])": (IMAGE, 'skip(x) -> reduce("mean", [1, 2])'),
    "x.mean(1, keepdim=True)": (IMAGE, 'skip(x) -> reduce("mean", 0, keep = true)'),
    "x.mean((2, 3))": (IMAGE, 'skip(x) -> reduce("mean", [1, 2])'),
    "x.mean(dim=(-2, -1), keepdim=False)": (IMAGE, 'skip(x) -> reduce("mean", [-2, -1])'),
    "torch.sum(x, dim=1)": (TOKENS, 'skip(x) -> reduce("sum", 0)'),
    "torch.amax(x, 2)": (TOKENS, 'skip(x) -> reduce("max", 1)'),
    "x.var(1)": (IMAGE, 'skip(x) -> reduce("var", 0)'),
    "x.norm(2, 1)": (IMAGE, 'skip(x) -> reduce("norm", 0)'),
    "x.clamp(0, 6)": (IMAGE, "skip(x) -> clamp(0, 6)"),
    "nn.Hardtanh()": (IMAGE, "clamp(-1, 1)"),
    "F.gelu(x, approximate='tanh')": (IMAGE, "skip(x) -> gelu(true)"),
    "nn.GELU(approximate='none')": (IMAGE, "gelu"),
    "torch.flip(x, [3])": (IMAGE, "skip(x) -> flip(2)"),
    "torch.roll(x, 2, dims=3)": (IMAGE, "skip(x) -> roll(2, 2)"),
    "nn.AdaptiveAvgPool2d((None, 1))": (IMAGE, "adaptive_avgpool(6x1)"),
    "nn.Softmax(dim=2)": (TOKENS, "softmax(1)"),
}  # fmt: skip
"""Each with the tensor that it has in both, and what is written instead."""

WRITTEN = [(call, *row) for call, row in AS_IN_PYTORCH.items()]


def network(body: str, shape: str) -> str:
    return f"network n {{\n  input x[{shape}]\n  {body}\n}}\n"


@pytest.mark.parametrize(("call", "shape", "step"), WRITTEN)
def test_the_tensor_at_hand_says_what_is_meant(call: str, shape: str, step: str) -> None:
    mended, _ = applied(check_source(Source.of("n.arch", network(call, shape))).diagnostics)["n.arch"]
    assert mended == network(step, shape)
    torch.manual_seed(0)
    x = torch.randn(2, *SIZES[shape])
    expected = eval(call, {"F": F, "nn": nn, "torch": torch, "x": x})  # the call itself, as Python reads it
    found = built(graph_of(mended), device="cpu").eval()(x)
    torch.testing.assert_close(found, expected if isinstance(expected, Tensor) else expected.eval()(x))


NO_EDIT = {
    "F.pad(x, (0, 0, 0, 0, 1, 2))": (IMAGE, "pad the channels"),
    "F.pad(x, (1, 2))": (TOKENS, "behind the channels"),
    "F.pad(x, (-1, 2))": (IMAGE, "`crop`"),
    "F.pad(x, (1, 2, 3))": (IMAGE, "(left, right, top, bottom)"),
    "nn.ZeroPad2d((1, 2, 3, 4))": (SIGNAL, "the last 2 axes"),
    "torch.cat([x, x])": (TOKENS, "the images of a batch"),
    "flatten(start_dim = 2)": (IMAGE, "`tokens`"),
    "x.std(1)": (IMAGE, 'reduce("var", axis = height) -> sqrt'),
    "flatten(2)": (IMAGE, "`tokens`"),
    "torch.flatten(x, 0)": (IMAGE, "but the batch"),
    "nn.LayerNorm([3, 6, 5])": (IMAGE, "`gn(1)`"),
    "nn.LayerNorm((6, 8))": (TOKENS, "`gn(1)`"),
    "nn.LayerNorm(3)": (IMAGE, "`ln` normalises the 3 channels"),
    "nn.LayerNorm(7)": (TOKENS, "has 8"),
    "nn.Linear(128, 10)": (TOKENS, "`linear(10)`"),
    "nn.Linear(in_features=128, out_features=10)": (TOKENS, "`linear(10)`"),
    "nn.Linear(4 * 4, 10)": (TOKENS, "`linear(10)`"),
    "nn.Conv2d(4, 8, 3)": (IMAGE, "`conv(8, 3, pad = 0)`"),
    "nn.Conv2d(3, 8)": (IMAGE, "its kernel is missing"),
    "nn.Conv2d(4, 64)": (IMAGE, "its kernel is missing"),
    "nn.BatchNorm2d(8)": (IMAGE, "`bn`"),
    "nn.GroupNorm(4, 8)": (IMAGE, "`gn(4)`"),
    "nn.MultiheadAttention(32, 4)": (TOKENS, "`attention(4)`"),
    "nn.LSTM(32, 16)": (TOKENS, "`lstm(16)`"),
    "nn.BatchNorm2d(3, track_running_stats=False)": (IMAGE, "running statistics"),
    "nn.InstanceNorm2d(3, track_running_stats=True)": (IMAGE, "running statistics"),
    "nn.BatchNorm2d(3, momentum=None)": (IMAGE, "`bn`"),
    "nn.Conv2d(3, 8, 3, norm_layer=nn.BatchNorm2d)": (IMAGE, "`conv`"),
    "layers.Softmax(1)": (IMAGE, "`softmax`"),
    "x.mean()": (IMAGE, 'reduce("mean", axis = [height, width])'),
    "x.norm(1)": (IMAGE, 'reduce("norm"'),
    "x.var(1, unbiased=False)": (IMAGE, 'reduce("var"'),
    "x.chunk(3, 1)": (IMAGE, "`skip(x) -> split(3) as a, b, c`"),
    "x.split(3, 2)": (IMAGE, "`skip(x) -> split(2, axis = 1) as a, b`"),
    "torch.split(x, [1, 2], dim=1)": (IMAGE, "`skip(x) -> split([1, 2]) as a, b`"),
    "x.repeat(1, 2, 1, 1)": (IMAGE, "`expand`"),
    "nn.Parameter(torch.zeros(4))": (IMAGE, "parameter([8, 1, 1])"),
    "Conv2DTranspose(8, 3, strides=2, padding='same')": (IMAGE, "deconv(8, 4, stride = 2, pad = 1)"),
    "timm.create_model('resnet18')": (IMAGE, "from resnet18 import resnet18"),
}  # fmt: skip
"""What no step does, or what contradicts the tensor: told, and left to the reader."""


@pytest.mark.parametrize(("call", "shape", "told"), [(call, *row) for call, row in NO_EDIT.items()])
def test_what_is_not_certain_is_told_without_an_edit(call: str, shape: str, told: str) -> None:
    rows = checked(network(call, shape)).diagnostics
    [row] = [row for row in rows if row.code in ("E201", "E204", "E207", "E227")]
    assert row.fix is None
    assert told in (row.help or "")


@pytest.mark.parametrize(
    ("call", "shape", "step"),
    [
        ("nn.BatchNorm2d(3, track_running_stats=True)", IMAGE, "bn"),
        ("nn.InstanceNorm2d(3, track_running_stats=False)", IMAGE, "instance_norm"),
        ("nn.Linear(in_features=8, out_features=2)", TOKENS, "linear(2)"),
        ("nn.Linear(2 * 4, 2)", TOKENS, "linear(2)"),
        ("BatchNormalization()", IMAGE, "bn(1e-3, 0.01)"),
        ("BatchNormalization(momentum=0.9)", IMAGE, "bn(1e-3)"),
        ("BatchNormalization(axis=-1, epsilon=1e-5)", IMAGE, "bn(1e-5, 0.01)"),
        ("LayerNormalization(epsilon=1e-6)", IMAGE, "ln(1e-6)"),
        ("Conv2DTranspose(8, 4, strides=2, padding='same')", IMAGE, "deconv(8, 4, stride = 2, pad = 1)"),
        ('Activation("relu")', IMAGE, "relu"),
        ("conv(2 * x.size(1))", IMAGE, "conv(2 * x.channels)"),
        ("ZeroPadding2D((1, 2))", IMAGE, "pad(1x2)"),
        ("layers.LSTM(8, return_sequences=True)", TOKENS, "lstm(8)"),
    ],
)
def test_arguments_and_defaults_of_the_library_are_kept(call: str, shape: str, step: str) -> None:
    mended, _ = applied(check_source(Source.of("n.arch", network(call, shape))).diagnostics)["n.arch"]
    assert mended == network(step, shape)
    assert [row.message for row in checked(mended).diagnostics if row.is_error] == []


@pytest.mark.parametrize(
    ("call", "told"),
    [
        ("mean(dim = [2, 3])", 'reduce("mean", axis = [1, 2])'),
        ("mean(axis = [height, width])", 'reduce("mean", axis = [height, width])'),
        ("mean(axis = [1, 2])", 'reduce("mean", axis = [1, 2])'),
        ("x * torch.sigmoid(x)", "mul { | skip(x) | skip(x) -> sigmoid }"),
        ("F.silu(x) * x", "mul { | skip(x) -> silu | skip(x) }"),
        ("x.sigmoid() * x", "mul { | skip(x) -> sigmoid | skip(x) }"),
        ("conv(3) + x", "add { | conv(3) | skip(x) }"),
    ],
)
def test_what_is_told_is_a_text_that_compiles(call: str, told: str) -> None:
    rows = checked(network(call, IMAGE)).diagnostics
    assert f"`{told}`" in (rows[0].help or "")
    assert [row.message for row in checked(network(told, IMAGE)).diagnostics if row.is_error] == []


def test_the_channels_are_no_window_where_the_tensor_is_unknown() -> None:
    """What a call behind another mistake takes is not known: a kernel that is missing is missing all the same."""
    rows = checked(network("nn.Flatten(7) -> nn.Conv2d(64, 8)", IMAGE)).diagnostics
    assert [row.fix for row in rows if "Conv2d" in row.message] == [None]
