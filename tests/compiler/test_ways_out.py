"""Where several ways lead out the help names them, and no edit takes one: the numbers are the author's."""

from __future__ import annotations

import pytest

from archc.base.diagnostics import Diagnostic
from tests.support import assert_mended, checked


def net(step: str, shape: str) -> str:
    return f"network n {{\n  input x[{shape}]\n  {step}\n}}\n"


def refusal(text: str) -> Diagnostic:
    (row,) = [row for row in checked(text).diagnostics if row.is_error]
    return row


@pytest.mark.parametrize(
    ("step", "shape", "told"),
    [
        ("conv(64, 3, groups = in.channels)", "3, 8, 8", "63 or 66 output channels would divide by 3"),
        ("gn(32)", "48, 8, 8", "groups = 24 or 16 or 12"),
        ("attention(8)", "length = 16, channels = 100", "heads = 10 or 5 or 4 or 2"),
        ("channel_shuffle(3)", "4, 8, 8", "groups = 2 or 4"),
        ("conv(8, 3, groups = 3)", "4, 8, 8", "3 or 6 input channels would divide by 3"),
        ("pixel_unshuffle(3)", "4, 8, 8", "a height of 6 or 9 would do"),
        ('rearrange("c (h p) w -> (p c) h w", p = 3)', "8, 16, 16", "`p` may be 2 or 4 here"),
    ],
)
def test_a_number_is_not_chosen(step: str, shape: str, told: str) -> None:
    row = refusal(net(step, shape))
    assert row.fix is None and told in (row.help or ""), row.help


@pytest.mark.parametrize(("step", "mended"), [("flip(3)", "flip(2)"), ("roll(1, 3)", "roll(1, 2)"), ("select(0, 3)", "select(0, 2)")])
def test_an_axis_that_counts_the_batch_is_the_one_before_it(step: str, mended: str) -> None:
    assert_mended(net(step, "3, 8, 8"), net(mended, "3, 8, 8"))


@pytest.mark.parametrize("name", ["resnet34", "resnet101"])
def test_another_network_of_the_library_has_a_file_of_its_own(name: str) -> None:
    text = f"import resnet\nnetwork n {{\n  input image[3, 64, 64]\n  resnet.{name}()\n}}\n"
    assert_mended(text, f"from {name} import {name}\n{text.replace(f'resnet.{name}', name)}")


def test_a_network_of_another_number_is_not_written() -> None:
    row = refusal("import resnet\nnetwork n {\n  input image[3, 64, 64]\n  resnet.resnet33()\n}\n")
    assert row.code == "E215" and row.fix is None and "did you mean `resnet`" in (row.help or "")


def test_the_step_without_a_label_is_given_one_and_not_what_has_one() -> None:
    text = "block enc(c) { e: conv(c) -> relu }\nnetwork n {\n  input x[3, 8, 8]\n  enc(3)\n  add { | skip | skip(enc1.e) }\n}\n"
    assert_mended(text, text.replace("  enc(3)", "  enc1: enc(3)"))


@pytest.mark.parametrize(
    ("head", "call", "told"),
    [
        ("res(c)", "res(3)", "`block res(c) takes x2, x { … }`, called by `res(…) { | skip | skip(x) }`"),
        ("res", "res", "`block res takes x2, x { … }`, called by `res { | skip | skip(x) }`"),
        ("res(x, c)", "res(x, 3)", "`block res(c) takes x2, x { … }`"),
        ("res(c) takes y", "res(3)", "`block res(c) takes y, x { … }`, called by `res(…) { | skip | skip(x) }`"),
    ],
)
def test_a_block_sees_no_labels_of_its_caller(head: str, call: str, told: str) -> None:
    text = f"block {head} {{\n  conv(3) -> relu\n  add {{ | skip | skip(x) }}\n}}\nnetwork n {{\n  input x[3, 8, 8]\n  {call}\n}}\n"
    row = next(row for row in checked(text).diagnostics if row.code == "E202")
    assert row.fix is None and told in (row.help or ""), row.help


@pytest.mark.parametrize(("step", "window"), [("conv7x7(64, 2)", "7"), ("conv5x5(3, 32)", "5"), ("conv1x7(3, 32)", "1x7")])
def test_a_window_in_a_name_is_not_lost(step: str, window: str) -> None:
    row = refusal(net(step, "3, 32, 32"))
    assert row.fix is None and f"`kernel = {window}`" in (row.help or ""), row.help
