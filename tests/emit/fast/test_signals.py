"""Signals are images of one row in an optimised module, volumes and transposed convolutions calls of oneDNN: the same numbers, at other sizes too."""

from __future__ import annotations

import pytest
import torch
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from torch import Tensor, nn

from archc.compiler.codegen.pytorch import Mode
from archc.compiler.emit.fast.build import fast
from archc.compiler.emit.torchscript import script
from archc.compiler.runtime.live_module import build
from tests.emit.checks import as_tuple, shaken
from tests.rewrite.proof import check_close
from tests.support import checked, graph_of

SIGNALS = {
    "plain": "conv(8, 3) -> relu -> conv(8, 5, stride = 2)",
    "points": "conv(8, 1) -> relu -> conv(16, 1)",
    "points of every other": "conv(8, 1, stride = 2)",
    "causal": "conv(8, 2, pad = causal) -> relu -> conv(8, 3, dilation = 4, pad = causal)",
    "another side": "conv(8, 4, pad = [1, 2], dilation = 2)",
    "same": "conv(8, 7, stride = 4, pad = same) -> relu -> conv(8, 4, pad = same)",
    "in groups": "conv(8, 3, groups = 2) -> dwconv(3) -> dwconv(5, multiplier = 2)",
    "far apart": "dwconv(3, dilation = 16) -> relu -> dwconv(5, dilation = 4)",
    "around": 'conv(8, 5, pad_mode = "circular") -> conv(8, 3, pad_mode = "reflect")',
    "added to": "conv(8, 3) -> relu -> add { | conv(8, 3) -> relu -> conv(8, 1) | skip } -> relu",
    "an input that is added to": "add { | conv(4, 3) | skip }",
    "norms": "conv(8, 3) -> bn -> relu -> gn(2) -> conv(8, 1) -> gn(1) -> prelu -> bn -> relu",
    "side by side": "concat { | conv(4, 3) | conv(6, 1) -> relu | skip } -> conv(8, 1)",
    "one after the other": "concat(axis = length) { | conv(4, 3) | conv(4, 1) -> relu | skip } -> concat(axis = -1) { | skip | conv(4, 3) }",
    "pools": "conv(8, 3) -> maxpool(3, stride = 2, pad = 1) -> relu -> maxpool(4, ceil = true) -> avgpool(2)",
    "no more than a choice": "conv(8, 3) -> maxpool(1, stride = 2)",
    "many pooled": "conv(128, 3) -> relu -> maxpool(4)",
    "gated": "mul { | conv(8, 3, pad = causal) -> tanh | conv(8, 3, pad = causal) -> sigmoid }",
    "told to the end": "a: conv(4, 3)  b: relu -> conv(4, 3)  add { | skip(a) -> conv(16, 1) | skip(b) -> conv(16, 1) | conv(16, 1) }",
    "to a head": "conv(8, 3) -> relu -> global_avgpool -> flatten -> linear(3)",
    "up": "deconv(4, 4, stride = 2, pad = 1) -> relu -> deconv(2, 5, stride = 3, out_pad = 2, groups = 2)",
    "once more": "a: conv(4, 3)  relu -> reuse(a) -> maxpool(2) -> reuse(a)",
}
IMAGES = {
    "up": "deconv(8, 4, stride = 2, pad = 1) -> bn -> relu -> deconv(6, 2, stride = 2) -> tanh",
    "all numbers": "deconv(8, [3, 5], stride = [2, 3], pad = [1, 2], out_pad = [1, 0], groups = 2, dilation = [2, 1]) -> gelu",
    "in depth": "deconv(4, 3, groups = 4, bias = false) -> silu",
    "with a skip": "a: conv(4, 3)  maxpool(2) -> conv(8, 3) -> deconv(4, 2, stride = 2) -> concat { | skip | skip(a) } -> conv(4, 3)",
    "added to": "a: conv(4, 3)  conv(4, 1) -> add { | deconv(4, 3, pad = 1) | skip(a) } -> relu",
    "another side": "conv(8, 4, pad = [1, 2, 0, 1]) -> relu -> conv(8, 3, stride = 2, pad = [0, 1, 0, 1])",
    "same": "conv(8, 3, stride = 2, pad = same) -> relu6 -> dwconv(5, stride = 2, pad = same)",
    "far apart": "dwconv(3, dilation = 8) -> relu -> dwconv(3, dilation = [2, 9])",
}


VOLUMES = {
    "plain": "conv(8, 3, stride = [1, 2, 2]) -> bn -> relu -> conv(6, [1, 3, 3]) -> tanh -> conv(4, 1)",
    "added to": "conv(8, 3) -> relu -> add { | conv(8, 3) -> bn | skip } -> relu -> add { | skip | conv(8, 1) }",
    "in groups": "conv(8, 3, groups = 2) -> dwconv(3) -> relu6 -> bn -> relu -> dwconv([3, 1, 1], dilation = 2)",
    "another side": "conv(8, [2, 3, 3], pad = [1, 0, 1, 1, 1, 1]) -> gelu",
    "same": "conv(8, 3, stride = 2, pad = same) -> relu",
    "pools": "conv(8, 3) -> maxpool(3, stride = 2, pad = 1) -> avgpool(2) -> global_avgpool -> flatten -> linear(3)",
    "side by side": "a: conv(4, 3)  b: maxpool(3, stride = 1, pad = 1)  concat { | skip(a) -> relu | skip(b) -> conv(4, 1) } -> conv(6, 3) -> gn(2)",
    "up": "deconv(8, 2, stride = 2) -> relu -> deconv(4, 3, stride = [1, 2, 1], pad = 1, out_pad = [0, 1, 0], groups = 2, dilation = [1, 1, 2])",
}


def text_of(body: str, shape: tuple[int, ...], names: tuple[str, ...] = ()) -> str:
    sizes = [f"{name} = {size}" for name, size in zip(names, shape, strict=True)] if names else map(str, shape)
    return f"network case {{\n  input x[{', '.join(sizes)}]\n  " + body.replace("  ", "\n  ") + "\n}\n"


def check(
    body: str, shape: tuple[int, ...], others: tuple[tuple[int, ...], ...], tolerance: float = 1e-5, names: tuple[str, ...] = ()
) -> None:
    """The plain module and the scripted one, at the size that it is made for, at others, in two batches, and each twice."""
    torch.set_num_threads(1)
    graph = graph_of(text_of(body, shape, names))
    plain = shaken(build(graph, Mode.INFERENCE)).eval()
    made: nn.Module = script(fast(graph, plain.state_dict()).module)
    with torch.no_grad():
        for each in (shape, *others, shape):
            for batch in (1, 3):
                given: Tensor = torch.randn(batch, *each)
                kept = given.clone()
                wanted = as_tuple(plain(given))
                check_close(made(given), wanted, tolerance)
                check_close(made(given), wanted, tolerance)
                assert torch.equal(given, kept), "an input was written to"


@pytest.mark.parametrize("body", SIGNALS.values(), ids=SIGNALS)
def test_signals(body: str) -> None:
    check(body, (4, 96), ((4, 131),))


@pytest.mark.parametrize("body", IMAGES.values(), ids=IMAGES)
def test_images(body: str) -> None:
    check(body, (4, 20, 24), ((4, 26, 18),))


@pytest.mark.parametrize("body", VOLUMES.values(), ids=VOLUMES)
def test_volumes(body: str) -> None:
    check(body, (4, 6, 10, 8), ((4, 7, 8, 9),))


def words() -> st.SearchStrategy[str]:
    """A convolution with every argument that it has."""
    return st.builds(
        "{}(8, {}, stride = {}, {} = {}, groups = {}, dilation = {}, bias = {})".format,
        st.sampled_from(("conv", "deconv")),
        st.integers(1, 6),
        st.integers(1, 3),
        st.just("pad"),
        st.integers(0, 9),
        st.sampled_from((1, 2, 4)),
        st.integers(1, 9),
        st.sampled_from(("true", "false")),
    )


@settings(max_examples=25, deadline=None)
@given(words(), words(), st.sampled_from(("relu", "tanh", "hardswish", "gelu", "leaky_relu(0.2)")), st.integers(1, 3))
def test_any_two(one: str, two: str, between: str, axes: int) -> None:
    shape, other = (((4, 90), (4, 101)), ((4, 30, 26), (4, 33, 29)), ((4, 9, 8, 10), (4, 10, 9, 8)))[axes - 1]
    body = f"{one} -> {between} -> {two}"
    assume(checked(text_of(body, shape)).program is not None)  # else the windows are wider than what there is
    check(body, shape, (other,), 1e-4)


def test_what_is_made_of_them() -> None:
    """Each in a call of its own kind; what cannot be told by oneDNN's numbers stays PyTorch's."""

    def source(body: str, *shape: int) -> str:
        graph = graph_of(text_of(body, shape))
        return fast(graph, build(graph, Mode.INFERENCE).state_dict()).written.source

    text = source("conv(8, 3) -> relu -> conv(8, 1) -> dwconv(3, dilation = 16) -> deconv(4, 4, stride = 2, pad = 1)", 4, 96)
    flat = "".join(text.split())  # long lines are broken
    for made in (
        'Convolution(4,8,kernel_size=(1,3),padding=(0,1),activation="relu")',
        "PointwiseConvolution(8,8,kernel_size=1)",
        "Convolution(8,8,kernel_size=(1,3),dilation=(1,16),groups=8)",
        "TransposedConvolution(8,4,kernel_size=(1,4),stride=(1,2),padding=(0,1))",
        "F.pad(y.unsqueeze(2),(16,16))",
    ):
        assert made in flat, text
    assert "TransposedConvolution(4, 4, kernel_size=(3, 3, 3))" in source("deconv(4, 3)", 4, 6, 6, 6)
    assert "nn.Conv1d" in source('conv(8, 5, pad_mode = "circular")', 4, 96)
