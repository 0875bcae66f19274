"""Words that a parameter takes, misspelt or without their quotes; and orders of axes that count the batch."""

from __future__ import annotations

import pytest

from tests.support import assert_mended, checked


def net(line: str) -> str:
    return f"network n {{\n  input x[length = 16, channels = 8]\n  {line}\n}}\n"


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("reduce(mean, length)", 'reduce("mean", length)'),
        ('reduce("avg", length)', 'reduce("mean", length)'),
        ('reduce("maximum", length)', 'reduce("max", length)'),
        ('add { | skip | constant("sincso", [16], features = 8) }', 'add { | skip | constant("sincos", [16], features = 8) }'),
        (
            'embedding(31, 8) { | constant("distanc_index", [16, 16]) | parameter([31, 8]) } -> matmul { | skip(x) -> permute([1, 0]) | slice(0, stop = 16) }',
            'embedding(31, 8) { | constant("distance_index", [16, 16]) | parameter([31, 8]) } -> matmul { | skip(x) -> permute([1, 0]) | slice(0, stop = 16) }',
        ),
        ('add { | skip | parameter([16, 8], init = "zero") }', 'add { | skip | parameter([16, 8], init = "zeros") }'),
        ('add { | skip | parameter([16, 8], init = "truncate") }', 'add { | skip | parameter([16, 8], init = "truncated") }'),
    ],
)
def test_a_word_is_mended(written: str, meant: str) -> None:
    assert_mended(net(written), net(meant))


def test_what_is_near_to_no_word_is_told_them_all() -> None:
    (row,) = checked(net('add { | skip | constant("zebra", [16, 8]) }')).diagnostics
    assert '"distance_index"' in row.message and row.fix is None


@pytest.mark.parametrize(("order", "meant"), [("[0, 2, 1]", "[1, 0]"), ("[0, 1, 2]", "[0, 1]")])
def test_an_order_that_counts_the_batch(order: str, meant: str) -> None:
    (row,) = checked(net(f"permute({order})")).diagnostics
    assert row.help == f"the batch is not counted: `permute({meant})`"
    assert not [found for found in checked(net(f"permute({meant})")).diagnostics if found.is_error]


def test_an_order_that_is_wrong_otherwise_has_no_such_remedy() -> None:
    for order in ("[1, 2, 0]", "[0, 0, 1]", "[0, 1, 2, 3]"):
        (row,) = checked(net(f"permute({order})")).diagnostics
        assert row.code == "E319" and row.help is None
