"""A quotient that is not whole, read in several places of a block: told once, with an edit for all of them."""

from __future__ import annotations

import pytest

from tests.support import assert_mended, checked


def net(body: str, calls: str) -> str:
    return f"block b(out) {{\n  {body}\n}}\nnetwork n {{\n  input x[3, 32, 32]\n  {calls}\n}}\n"


THREE = "conv(out / 2)\n  conv(out / 2, 1) -> conv(out / 2, 3)"


def test_one_value_is_told_once_and_mended_everywhere() -> None:
    (row,) = [row for row in checked(net(THREE, "b(65)")).diagnostics if row.is_error]
    assert row.code == "E220" and [label.message for label in row.secondary].count("and here") == 2
    assert_mended(net(THREE, "b(65)"), net(THREE.replace("/", "//"), "b(65)"))


def test_other_values_and_other_quotients_are_told_by_themselves() -> None:
    rows = [row for row in checked(net("conv(out / 2)\n  conv(out / 4)", "b(65)")).diagnostics if row.is_error]
    assert [row.message for row in rows] == ["65 / 2 is not a whole number: `out / 2`", "65 / 4 is not a whole number: `out / 4`"]


@pytest.mark.parametrize(
    ("body", "mended"),
    [
        ("conv(64) ; conv(64, groups = 64 / 3)", None),
        ("conv(96) -> y: relu ; conv(96, groups = y.channels / 7)", None),
        ("conv(100) -> y: relu ; gn(y.channels / 16)", None),
        ("conv(96) -> y: relu ; conv(96, groups = y.channels / 28)", "conv(96) -> y: relu ; conv(96, groups = y.channels // 28)"),
        ("conv(64) -> y: relu ; gn(y.channels / 15)", "conv(64) -> y: relu ; gn(y.channels // 15)"),
    ],
)
def test_groups_that_divide_no_channels_are_no_remedy(body: str, mended: str | None) -> None:
    """The edit was offered, and E310 came of it."""
    body, mended = body.replace(" ; ", "\n  "), mended and mended.replace(" ; ", "\n  ")
    if mended is not None:
        assert_mended(net("relu", body), net("relu", mended))
        return
    (row,) = [row for row in checked(net("relu", body)).diagnostics if row.is_error]
    assert (row.code, row.help, row.fix) == ("E220", "choose numbers that divide", None)
