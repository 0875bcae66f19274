"""Sizes that an operation cannot take: the step or the size that is offered in their place is typed in, and compiles."""

from __future__ import annotations

import re

import pytest

from archc.base.diagnostics import Diagnostic
from archc.reporting.terminal import to_text
from tests.support import assert_mended, errors_of


def net(body: str, shape: str = "3, 32, 32") -> str:
    return f"network n(side = 8) {{\n  input x[{shape}]\n  {body}\n}}\n"


def error(body: str, shape: str = "3, 32, 32") -> Diagnostic:
    (row,) = errors_of(net(body, shape))
    return row


RESHAPED = [
    ("linear(64) -> reshape([64, 7, 7])", "100", {"linear(64)": "linear(3136)"}),
    ("linear(64) -> relu -> reshape([16, 7, 7])", "100", {"linear(64)": "linear(784)"}),
    ("linear(6272) -> reshape([128, 8, 8])", "100", {"linear(6272)": "linear(8192)", "[128, 8, 8]": "[98, 8, 8]"}),
    ("reshape([3, 500])", "3, 32, 32", {"[3, 500]": "[3, 1024]"}),
    ("reshape([64, 64])", "3, 32, 32", {"[64, 64]": "[48, 64]", "([64, 64]": "([64, 48]"}),
    ("reshape([length = 500, channels = 3])", "3, 32, 32", {"length = 500": "length = 1024"}),
    ("reshape([side * 8, 500])", "64, 32, 32", {"500": "1024"}),
    ("reshape([8, 30, 30])", "8, 32, 32", {"30, 30": "32, 32"}),
    ("reshape([64, -1, 7])", "64, 32, 32", {"[64, -1, 7]": "[64, -1, 8]"}),
]


@pytest.mark.parametrize(("body", "shape", "ways"), RESHAPED, ids=[row[0] for row in RESHAPED])
def test_of_a_reshape_one_size_is_changed(body: str, shape: str, ways: dict[str, str]) -> None:
    row = error(body, shape)
    assert row.code == "E318"
    for before, after in ways.items():
        assert after.lstrip("(") in (row.help or ""), row.help
        changed = net(body.replace(before, after), shape)
        assert not errors_of(changed), to_text(errors_of(changed))


def test_a_reshape_that_nothing_near_fits_offers_nothing() -> None:
    assert error("reshape([7, 11, 13])").help is None


@pytest.mark.parametrize(
    ("body", "shape", "meant"),
    [
        ("permute([0, 2, 3, 1])", "3, 32, 32", "permute([1, 2, 0])"),
        ("permute([2, 1])", "3, 32, 32", "permute([0, 2, 1])"),
        ("permute([0, 2])", "3, 32, 32", "permute([2, 1, 0])"),
        ("permute([3, 0, 1])", "3, 32, 32", "permute([2, 0, 1])"),
        ("conv(8, 1x7)", "3, 100", "conv(8, 7)"),
        ("maxpool(2x2)", "3, 100", "maxpool(2)"),
        ("conv(8, 3x3x3)", "3, 32, 32", "conv(8, 3)"),
        ("conv(8, 3, stride = 2x2)", "3, 8, 8, 8", "conv(8, 3, stride = 2)"),
        ("upsample(size = 8x8x8)", "3, 32, 32", "upsample(size = 8)"),
        (
            "linear(16)\n  matmul { | skip | skip }",
            "length = 10, channels = 32",
            "linear(16)\n  matmul { | skip | skip -> permute([1, 0]) }",
        ),
        (
            "matmul { | skip | skip }",
            "4, 10, 32",
            "matmul { | skip | skip -> permute([0, 2, 1]) }",
        ),
    ],
)
def test_what_can_only_mean_one_thing_is_an_edit(body: str, shape: str, meant: str) -> None:
    assert_mended(net(body, shape), net(meant, shape))


@pytest.mark.parametrize("body", ["conv(8, 3x5x7)", "conv(8, 3x1x1)", "permute([0, 0])", "permute([0, 5])"])
def test_what_may_mean_several_is_none(body: str) -> None:
    assert error(body).fix is None


def test_an_axis_that_is_named_twice_takes_the_place_of_another() -> None:
    assert error("permute([0, 1, 1])").help == "axis 2 is not named, and another is named twice"


def test_a_vector_has_no_axes_to_change() -> None:
    row = error("flatten -> permute([1, 0])")
    assert row.fix is None and "leave it out" in (row.help or "")


@pytest.mark.parametrize(
    ("body", "told", "meant"),
    [
        ("relu -> flatten -> conv(10)", "before `flatten` at n.arch:3:11, where the shape is [3, 32, 32]", "relu -> conv(10) -> flatten"),
        ("flatten -> relu -> global_avgpool", "before `flatten`", "relu -> global_avgpool -> flatten"),
        ("reshape([3072]) -> maxpool(2)", "before `reshape([3072])`", "maxpool(2) -> reshape([768])"),
    ],
)
def test_a_step_behind_a_flatten_stands_before_it(body: str, told: str, meant: str) -> None:
    row = error(body)
    assert row.code == "E313" and re.sub(r"<[^>]*>|\w+\.arch", "n.arch", row.help or "").find(told) >= 0, row.help
    assert not errors_of(net(meant))


def test_a_dense_layer_takes_the_place_of_a_convolution_alone() -> None:
    assert "on a vector use `linear`" in (error("linear(64) -> conv(8)", "100").help or "")
    for step in ("maxpool(2)", "upsample(2)", "global_avgpool"):
        assert "`linear`" not in (error(f"linear(64) -> {step}", "100").help or "")
        assert "`linear`" not in (error(step, "100").help or "")


def test_behind_a_global_pool_only_flatten_is_told() -> None:
    assert error("global_avgpool -> linear(10)").help == "`flatten` first, which leaves the channels"
    assert not errors_of(net("global_avgpool -> flatten -> linear(10)"))
    assert "`global_avgpool -> flatten`" in (error("linear(10)").help or "")


def test_features_may_be_those_that_divide() -> None:
    row = error("tokens -> linear(66) -> attention(4)")
    assert row.help == "64 or 68 features would divide by 4; or heads = 3 or 2 or 6 or 11"
    for features in (64, 68):
        assert not errors_of(net(f"tokens -> linear({features}) -> attention(4)"))


def test_a_crop_that_enlarges_is_an_upsampling() -> None:
    assert "`upsample(size = 40)`" in (error("crop(40)").help or "") and not errors_of(net("upsample(size = 40)"))
    assert "`upsample(size = 32x40)`" in (error("crop(32x40)").help or "") and not errors_of(net("upsample(size = 32x40)"))
    assert "crop the larger of the two" in (error("a: conv(8)\n  maxpool(2) -> crop(like = a)").help or "")


def test_what_is_expected_is_reached_by_a_padding() -> None:
    body = "conv(8, 3, stride = 2) -> maxpool(3, stride = 2{})\n  expect [8, 8, 8]"
    assert_mended(net(body.format("")), net(body.format(", pad = 1")))


@pytest.mark.parametrize(("kernel", "settings"), [(4, "pad = 1"), (3, "pad = 1, out_pad = 1"), (5, "pad = 2, out_pad = 1")])
def test_a_decoder_that_grows_too_much_is_padded_in_each_step(kernel: int, settings: str) -> None:
    body = f"deconv(8, {kernel}, stride = 2{{0}}) -> relu -> deconv(4, {kernel}, stride = 2{{0}})\n  expect [4, 128, 128]"
    assert_mended(net(body.format("")), net(body.format(f", {settings}")))


def test_each_input_of_a_merge_is_told_how_its_axes_are_named() -> None:
    text = "network n {{\n  input a[{0}16, {1}64]\n  input b[{0}20, {1}64]\n  attention(4) {{ | skip(a) | skip(b) }}\n}}\n"
    assert_mended(text.format("", ""), text.format("length = ", "channels = "))
