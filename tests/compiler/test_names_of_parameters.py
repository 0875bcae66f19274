"""Arguments whose names no parameter has: told together, and mended to a parameter that takes what is given, or to none."""

from __future__ import annotations

import pytest

from archc.base.diagnostics import Diagnostic, Edit, Fix, Label
from archc.base.source import Source
from archc.reporting.fixes import applied
from tests.support import assert_mended, checked

BLOCK = "block tower(unit, depths = [3, 4, 6, 3], width = 64, classes = 1000, bias = false) {\n  repeat len(depths) { unit(width, bias = bias) }\n  conv(classes)\n}\n"


def net(step: str, head: str = "") -> str:
    return f"{head}network n {{\n  input x[3, 32, 32]\n  {step}\n}}\n"


def told(step: str, head: str = BLOCK) -> Diagnostic:
    (row,) = [row for row in checked(net(step, head)).diagnostics if row.is_error]
    assert row.code == "E204"
    return row


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("conv(out_channels = 32, kernel_size = 3)", "conv(channels = 32, kernel = 3)"),
        ("conv(8, kernel_size = 3, padding = 1, strides = 2)", "conv(8, kernel = 3, pad = 1, stride = 2)"),
        ("conv(8, dil = 2)", "conv(8, dilation = 2)"),
    ],
)
def test_all_of_a_call_are_told_at_once(written: str, meant: str) -> None:
    errors = [row for row in checked(net(written)).diagnostics if row.is_error]
    assert len(errors) == 1
    assert_mended(net(written), net(meant))


def test_those_of_one_message_have_their_places_and_words() -> None:
    row = told("conv(out_channels = 32, kernel_size = 3)")
    assert row.message == "`conv` has no parameters `out_channels` and `kernel_size`"
    assert [label.span.text for label in (row.primary, *row.secondary)] == ["out_channels", "kernel_size"]
    assert row.help == "write `channels` for `out_channels` and `kernel` for `kernel_size`"


def test_a_parameter_that_has_the_list_by_default_is_meant() -> None:
    """`layers` is near to `classes`, which takes a number."""
    assert_mended(net("tower(conv, layers = [3, 4, 6, 3])", BLOCK), net("tower(conv, depths = [3, 4, 6, 3])", BLOCK))


def test_the_only_parameter_for_a_list_is_named_and_not_written() -> None:
    row = told("tower(conv, layers = [2, 2])")
    assert row.help == "did you mean `depths`?" and row.fix is None


@pytest.mark.parametrize("step", ["tower(conv, widths = [16, 32])", 'tower(conv, widths = "wide")', "tower(conv, class = true)"])
def test_what_takes_something_else_is_not_written(step: str) -> None:
    row = told(step)
    assert row.fix is None and row.help is not None and ("is a number, as `" in row.help or "its use is" in row.help)


def test_a_number_is_not_given_to_a_name_that_is_hardly_near() -> None:
    """`layers = 50` for `classes = 50` is another network."""
    assert told("tower(conv, layers = 50)").fix is None


def test_a_parameter_is_meant_once() -> None:
    row = told("conv(8, kernel_size = 3, ksize = 5)")
    assert row.fix is not None and [edit.text for edit in row.fix.edits] == ["kernel"]


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("conv(skip(e).channels * 2, 3)", "conv(e.channels * 2, 3)"),
        ("upsample(size = [skip(e).height, 32])", "upsample(size = [e.height, 32])"),
    ],
)
def test_a_step_where_a_value_stands_is_its_label(written: str, meant: str) -> None:
    assert_mended(net(f"e: conv(8)\n  {written}"), net(f"e: conv(8)\n  {meant}"))


def test_an_edit_that_changes_nothing_is_not_made() -> None:
    source = Source.of("n.arch", "conv")
    span = source.span(0, 4)
    row = Diagnostic("E201", "there is none", Label(span), fix=Fix("write `conv`", (Edit(span, "conv"),)))
    assert applied([row]) == {}
