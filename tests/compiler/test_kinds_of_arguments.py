"""Arguments of another kind than their parameter's default are told at the call that gives them, not where the block reads them."""

from __future__ import annotations

import pytest

from archc.base.diagnostics import Diagnostic
from tests.support import checked

TOWER = "block tower(depths = [3, 4], width = 8, wide = false) {\n  for depth in depths { conv(width * 2) }\n  if wide { conv(len(depths)) }\n}\n"


def told(step: str, head: str = TOWER) -> Diagnostic:
    (row,) = [row for row in checked(f"{head}network n {{\n  input x[3, 32, 32]\n  {step}\n}}\n").diagnostics if row.is_error]
    return row


@pytest.mark.parametrize(
    ("step", "at", "message"),
    [
        ("tower(2)", "2", "`depths` is a list, as `[3, 4]`, and here it is a whole number: 2"),
        ("tower(width = [8, 16])", "[8, 16]", "`width` is a number, as `8`, and here it is a list: [8, 16]"),
    ],
)
def test_the_place_is_the_argument(step: str, at: str, message: str) -> None:
    row = told(step)
    assert (row.code, row.primary.span.text, row.message) == ("E208", at, message)
    assert row.fix is None and row.help is None


def test_what_is_handed_on_is_told_where_it_was_written() -> None:
    row = told("outer(7)", f"{TOWER}block outer(n = [1]) {{ tower(n) }}\n")
    assert row.primary.span.text == "7"


def test_a_variant_of_a_shipped_network_is_the_place() -> None:
    text = "from resnet import resnet, bottleneck\nnetwork r26 = resnet(bottleneck, 2)\n"
    (row,) = checked(text).diagnostics
    assert (row.primary.span.text, row.primary.span.line) == ("2", 2)


def test_what_takes_both_is_not_blamed_for_another_mistake() -> None:
    head = "block b(k = 3) { maxpool(k, pad = 0) }\n"
    row = told("conv(8, stride = 16) -> b([3, 5])", head)
    assert row.code.startswith("E3") and "is a number, as" not in row.message
