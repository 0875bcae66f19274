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


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("he_normal", "kaiming_in"),
        ("kaiming_normal_", "kaiming_in"),
        ("kaiming_fan_out", "kaiming"),
        ("he_uniform", "kaiming_uniform"),
        ("glorot_uniform", "xavier"),
        ("xavier_uniform", "xavier"),
        ("Kaiming", "kaiming"),
        ("truncatd", "truncated"),
    ],
)
def test_a_start_is_called_by_its_word_here(written: str, meant: str) -> None:
    text = "network n {{\n  input x[8, 16, 16]\n  conv(8, 3, init = {})\n}}\n"
    assert_mended(text.format(f'"{written}"'), text.format(f'"{meant}"'))


def test_a_start_with_a_deviation_needs_it() -> None:
    text = 'network n {{\n  input x[8, 16, 16]\n  conv(8, 3, init = "{}"{})\n}}\n'
    assert_mended(text.format("trunc_normal", ", std = 0.02"), text.format("truncated", ", std = 0.02"))
    (row,) = checked(text.format("trunc_normal", "")).diagnostics
    assert row.fix is None and row.help == 'write `"truncated"`, with its deviation: `std = 0.02`'


@pytest.mark.parametrize("word", ["he", "glorot_normal", "xavier_normal_", "lecun_normal", "orthogonal", "random_uniform", "quasi_normal"])
def test_a_start_that_is_not_there_is_not_replaced_by_another(word: str) -> None:
    (row,) = checked(f'network n {{\n  input x[8, 16, 16]\n  conv(8, 3, init = "{word}")\n}}\n').diagnostics
    assert row.code == "E208" and row.fix is None and row.help


def test_of_two_words_one_alone_is_not_what_was_meant() -> None:
    (row,) = checked(net('reduce("mean_var", length)')).diagnostics
    assert row.code == "E208" and row.fix is None


@pytest.mark.parametrize("step", ["chunk(0, 3)", "split(3) as a, b, c"])
def test_other_parts_than_were_asked_for_are_not_written(step: str) -> None:
    (row,) = [found for found in checked(f"network n {{\n  input x[8, 16, 16]\n  {step}\n  skip\n}}\n").diagnostics if found.is_error]
    assert row.code == "E310" and row.fix is None and "9 channels would divide by 3" in (row.help or "")


def test_a_group_of_one_channel_is_not_offered() -> None:
    (row,) = [row for row in checked("network n {\n  input x[24, 16, 16]\n  gn(32)\n}\n").diagnostics if row.is_error]
    assert row.help == "32 channels would divide by 32; or groups = 12 or 8 or 6"


def test_a_part_that_is_not_there_is_not_replaced_by_its_neighbour() -> None:
    """`chunk(1, 2)` beside `chunk(2, 2)` counts from 1: an edit of the second alone takes the same half twice."""
    (row,) = checked("network n {\n  input x[8, 16, 16]\n  mul { | chunk(1, 2) | chunk(2, 2) -> sigmoid }\n}\n").diagnostics
    assert row.fix is None and row.help == "parts count from 0: `chunk(0, 2)`, `chunk(1, 2)`"
    (row,) = checked(net("chunk(9, 8)")).diagnostics
    assert row.fix is None and row.help == "parts count from 0: `chunk(0, 8)` to `chunk(7, 8)`"
    (row,) = checked(net("select(16)")).diagnostics
    assert row.fix is None and row.help == "positions count from 0, and from the end below 0: the last is `-1`"


@pytest.mark.parametrize(
    "step", ['reduce("mean", time)', 'reduce("mean", [time, channels])', "softmax(tokenwise)", "concat(axis = time) { | skip | skip }"]
)
def test_an_axis_that_is_not_there_is_told_those_that_are(step: str) -> None:
    """Not the name of an input that is a letter or two away."""
    (row,) = [found for found in checked(net(step).replace("x[", "image[")).diagnostics if found.is_error]
    assert row.code == "E201" and row.fix is None
    assert row.message.startswith("there is no axis named") and row.help == "the axes of [length 16, channels 8] are `length`, `channels`"


def test_an_axis_misspelt_is_mended() -> None:
    assert_mended(net('reduce("mean", lenght)'), net('reduce("mean", length)'))
