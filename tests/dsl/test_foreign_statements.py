"""Statements, signs and numbers of other languages that are one word away from ours."""

from __future__ import annotations

import pytest

from tests.support import assert_mended, errors_of


def net(*lines: str) -> str:
    lines = (*lines, "conv(8 if act == none and c > 2 else 4)")
    return "network n(c = 32, act = none) {\n  input x[64, 32, 32]\n  " + "\n  ".join(lines) + "\n}\n"


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ('assert c % 4 == 0, "no"', 'require c % 4 == 0, "no"'),
        ("assert(c % 4 == 0)", "require(c % 4 == 0)"),
        ("const d = 8", "let d = 8"),
        ("var d = 8", "let d = 8"),
        ("int d = 8", "let d = 8"),
        ("conv(8) -> if act is not None { act }", "conv(8) if act != none { act }"),
        ("if act is none { relu }", "if act == none { relu }"),
        ("add { | conv(64) || skip }", "add { | conv(64) | skip }"),
        ("add { || conv(64) | skip }", "add { | conv(64) | skip }"),
        ("add { | if c > 1 || c < 0: conv(64) | skip }", "add { | if c > 1 or c < 0: conv(64) | skip }"),
        ("budget flops <= 4.1GFLOPs", "budget flops <= 4.1G"),
        ("budget memory <= 1GB", "budget memory <= 1G"),
        ("budget time <= 0.005s", "budget time <= 5ms"),
        ("budget time <= 0.0003s", "budget time <= 300us"),
        ("budget parameters <= 26 M, macs <= 4 G", "budget parameters <= 26M, macs <= 4G"),
    ],
)
def test_the_word_of_the_language_is_written(written: str, meant: str) -> None:
    assert_mended(net(written), net(meant))


@pytest.mark.parametrize(
    ("written", "right"),
    [
        ("for i in 0..3 { conv(4) }", "`range(3)`"),
        ("for i in [1..3] { conv(4) }", "`range(1, 4)`"),
        ("for i in 0...c { conv(4) }", "`range(c)`"),
        ("budget macs <= 4.1GFLOPs", None),  # two a MAC, and not one
        ("budget memory <= 1GiB", "`memory <= 1G`"),
    ],
)
def test_what_two_languages_read_in_two_ways_has_no_edit(written: str, right: str | None) -> None:
    (row,) = errors_of(net(written))
    assert row.fix is None and (right or "") in (row.help or "")


def test_a_block_may_have_such_a_name() -> None:
    text = "block assert(c) { conv(c) }\nblock is { relu }\n" + net("assert(8)", "is", "let const = 3", "conv(const) -> is")
    assert errors_of(text) == []
