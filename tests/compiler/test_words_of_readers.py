"""What people write who come from elsewhere, as they reported it: what is told, and that it can be typed in."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from tests.support import assert_mended, checked, errors_of

from ..analysis.built import built
from ..analysis.texts import graph_of


def net(body: str, given: str = "x[64, 8, 8]") -> str:
    return f"network n {{\n  input {given}\n  {body}\n}}\n"


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("conv(8) - > relu\n  - > bn", "conv(8) -> relu\n  -> bn"),
        ("depthwise(3) -> relu", "dwconv(3) -> relu"),
        ("dw_conv(3) -> bn", "dwconv(3) -> bn"),
        ("repeat 3x { conv(8) }", "repeat 3 { conv(8) }"),
        ("3x { conv(8) }", "repeat 3 { conv(8) }"),
        ("xs: split(4)\n  skip(xs.0) -> conv(8)", 'xs: split(4)\n  skip("xs.0") -> conv(8)'),
        (
            "stage a { repeat 2 { conv(8) -> c: relu } }\n  concat { | skip(a.0.c) | skip }",
            'stage a { repeat 2 { conv(8) -> c: relu } }\n  concat { | skip("a.0.c") | skip }',
        ),
        ("stage a { repeat 2 { conv(8) } }\n  output y = a.0", 'stage a { repeat 2 { conv(8) } }\n  output y = "a.0"'),
    ],
)
def test_what_is_meant_is_written(written: str, meant: str) -> None:
    assert_mended(net(written), net(meant))


@pytest.mark.parametrize(
    ("body", "code", "told"),
    [
        ("resnet18.features -> conv(8)", "E201", "`from resnet18 import resnet18` at the top; a part is read of the step that runs it: `body: resnet18`"),
        ('reduce("mean", [2, 3])', "E320", "`[1, 2]`"),
        ("t: conv(8) -> concat { | skip | skip } -> slice(axis = 0, like = t, start = 9)", "E320", "`start = 8` takes the last 8"),
        ("t: conv(8) -> conv(5) -> slice(axis = 0, like = t)", "E320", "needs 8 there at least (it has 5), or the other 5 at most"),
        ("conv(3x)", "E105", "a window is `3` or `3x3`"),
        ("split(2) as xs\n  skip(xs[0])", "E234", "`xs: split(2)`: then `skip(xs[0])`"),
    ],
)  # fmt: skip
def test_what_is_told(body: str, code: str, told: str) -> None:
    first = errors_of(net(body))[0]
    assert first.code == code and told in (first.help or ""), first


@pytest.mark.parametrize("sizes", [[6, 4, 5], [4, 5]])
@pytest.mark.parametrize("word", ["ln({})", "nn.LayerNorm({})", "ln(axis = {})"])
def test_a_norm_over_several_axes_is_told_in_steps(word: str, sizes: list[int]) -> None:
    axes = ["channels", "height", "width"][3 - len(sizes) :]
    written = word.format(f"[{', '.join(axes)}]" if "axis" in word else sizes)
    (error,) = errors_of(net(written, "x[6, 4, 5]"))
    found = re.search(r"it is `([^`]*)`", error.help or "")
    assert found is not None, error.help
    model = built(graph_of(net(found[1], "x[6, 4, 5]")), device="cpu").eval()
    weight, bias = torch.randn(sizes), torch.randn(sizes)
    with torch.no_grad():
        model.get_parameter("weight").copy_(weight)
        model.get_parameter("bias").copy_(bias)
    x = torch.randn(2, 6, 4, 5)
    torch.testing.assert_close(model(x), F.layer_norm(x, sizes, weight, bias), rtol=1e-4, atol=1e-5)


def test_a_network_of_the_library_in_part() -> None:
    text = net("body: resnet18\n  skip(body.layer4) -> global_avgpool -> flatten -> linear(10)", "x[3, 64, 64]")
    assert graph_of(f"from resnet18 import resnet18\n{text}").outputs[0].shape == (10,)
    (error,) = errors_of("from resnet18 import resnet18\n" + net("resnet18.layer4 -> conv(8)", "x[3, 64, 64]"))
    assert error.code == "E227" and "`skip(body.layer4)`" in (error.help or "")


@pytest.mark.parametrize(("length", "kernel", "stride"), [(100, 4, 2), (100, 3, 2), (98, 7, 4)])
def test_a_causal_convolution_stays_so(length: int, kernel: int, stride: int) -> None:
    """What reads the last rows as well pads before the signal alone."""
    step = f"conv(4, {kernel}, stride = {stride}, pad = {{}})"
    (row,) = checked(net(step.format("causal"), f"x[4, {length}]")).diagnostics
    found = re.search(r"`pad = (\[\d+, 0\])` reads them", row.help or "")
    assert row.code == "W503" and found is not None
    assert checked(net(step.format(found[1]), f"x[4, {length}]")).diagnostics == ()


def test_a_window_wider_than_its_map_that_is_the_channels() -> None:
    codes = [[row.code for row in checked(net("dwconv(33)", f"x[33, {size}, {size}]")).diagnostics] for size in (14, 64)]
    assert codes == [["W515"], []]
    assert nn.Conv2d(33, 33, 33, padding=16, groups=33)(torch.zeros(1, 33, 14, 14)).shape[2:] == (14, 14)


def test_pairs_given_to_a_block() -> None:
    """`for` takes no pairs apart: a block is given the number of the round and a pair, where two numbers were meant."""
    block = "block dw(out, stride = 1) { conv(out, 3, stride = stride) }\n"
    told = checked(block + net("for c, s in [[8, 1], [16, 2]] { dw(c, s) }")).diagnostics
    assert "W517" in [row.code for row in told]
    assert not any("counts from 1" in (row.help or "") for row in told)
    right = checked(block + net("for row in [[8, 1], [16, 2]] { dw(row[0], row[1]) }")).diagnostics
    assert right == ()


@pytest.mark.parametrize(
    ("word", "steps", "formula"),
    [
        ("quick_gelu", "mul { | skip | scale(1.702) -> sigmoid }", lambda x: x * torch.sigmoid(1.702 * x)),
        ("softsign", "div { | skip | abs -> offset(1) }", F.softsign),
        ("logsigmoid", "scale(-1) -> softplus -> scale(-1)", F.logsigmoid),
        ("tanhshrink", "sub { | skip | tanh }", F.tanhshrink),
        ("geglu", "mul { | chunk(0, 2) | chunk(1, 2) -> gelu }", lambda x: x.chunk(2, 1)[0] * F.gelu(x.chunk(2, 1)[1])),
        ("gelu_tanh", "gelu(tanh = true)", lambda x: F.gelu(x, approximate="tanh")),
    ],
)
def test_an_activation_in_steps(word: str, steps: str, formula: Callable[[Tensor], Tensor]) -> None:
    (error,) = errors_of(net(word))
    assert error.code == "E201" and error.fix is None and f"`{steps}`" in (error.help or "")
    x = torch.randn(2, 64, 8, 8)
    torch.testing.assert_close(built(graph_of(net(steps)), device="cpu")(x), formula(x), rtol=1e-4, atol=1e-5)


def test_a_sum_of_three_is_not_told_as_one_of_two() -> None:
    (error, *_) = [row for row in errors_of(net("a: conv(8)\n  b: conv(8)\n  a - b.mean() + a")) if "`+`" in row.message]
    assert "add { | … | … }" in (error.help or "")


def test_a_norm_of_weights_around_a_convolution() -> None:
    given = "x[8, 20]"
    assert_mended(net("weight_norm(deconv(4, 4, stride = 2))", given), net("weight_norm_deconv(4, 4, stride = 2)", given))
    assert_mended(net("spectral_norm(deconv(4, 4, stride = 2))", given), net("spectral_norm_deconv(4, 4, stride = 2)", given))
    assert_mended(net("spectral_norm(linear(4)) -> relu", "x[8]"), net("spectral_norm_linear(4) -> relu", "x[8]"))
    assert_mended(net("spectral_norm(conv(4, 3, pad = 0)) -> relu", given), net("spectral_norm_conv(4, 3, pad = 0) -> relu", given))


def test_a_convolution_along_the_channels() -> None:
    """ECA: the pooled channels are a signal."""
    (error,) = errors_of(net('global_avgpool -> rearrange("c h w -> (h w) c") -> conv(1, 5)'))
    assert error.code == "E332" and "`reshape([channels = 1, length = 64])`" in (error.help or "")
    eca = "global_avgpool -> reshape([channels = 1, length = 64]) -> conv(1, 5, bias = false) -> reshape([64, 1, 1]) -> sigmoid"
    assert checked(net(f"mul {{ | skip | {eca} }}")).diagnostics == ()
