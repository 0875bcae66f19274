"""`c > 2 ? 16 : 8`, `return a, b`, `relu(conv(64)(x))`, `output y[4, 8, 8]`, tuples in tuples: a right text, or no edit."""

from __future__ import annotations

import pytest

from tests.support import assert_mended, errors_of


def net(*lines: str) -> str:
    return "network n(c = 3) {\n  input x[3, 32, 32]\n  " + "\n  ".join(lines) + "\n}\n"


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("conv(c > 2 ? 16 : 8)", "conv(16 if c > 2 else 8)"),
        ("conv(8, kernel = c == 2 ? 3 : 1)", "conv(8, kernel = 3 if c == 2 else 1)"),
        ("let w = c > 2 ? 16 : 8\n  conv(w)", "let w = 16 if c > 2 else 8\n  conv(w)"),
        ("conv(c > 2 ? 16 : c > 1 ? 8 : 4)", "conv(16 if c > 2 else 8 if c > 1 else 4)"),
        ("conv(max(c, 8) > 2 ? 2 * c : min(c, 4), 3)", "conv(2 * c if max(c, 8) > 2 else min(c, 4), 3)"),
        ("a: conv(8)\n  b: conv(c)\n  return a, b", "a: conv(8)\n  b: conv(c)\n  output a, b"),
        ("a: conv(8)\n  b: conv(c)\n  return (a, b)", "a: conv(8)\n  b: conv(c)\n  output a, b"),
        ("a: conv(8)\n  b: conv(c)\n  return [a, b]", "a: conv(8)\n  b: conv(c)\n  output a, b"),
        ("relu(conv(64, 3)(x))", "conv(64, 3) -> relu"),
        ("relu(bn(conv(64, 3)(x)))", "conv(64, 3) -> bn -> relu"),
        ("conv(c)\n  skip { conv(3) }", "conv(c)\n  add { | conv(3) | skip }"),
        ("conv(8) -> slice(channels, :4)\n  conv(c)", "conv(8) -> slice(channels, 0, 4)\n  conv(c)"),
        ("conv(8) -> slice(channels, 4:) -> conv(c)", "conv(8) -> slice(channels, 4) -> conv(c)"),
        ("conv(8) -> slice(channels, -3 : -1) -> conv(c)", "conv(8) -> slice(channels, -3, -1) -> conv(c)"),
        ("conv(8) -> slice(channels, c:7) -> conv(c)", "conv(8) -> slice(channels, c, 7) -> conv(c)"),
        ("conv(8) -> slice(channels, :2 * c)\n  conv(c)", "conv(8) -> slice(channels, 0, 2 * c)\n  conv(c)"),
        ("conv(8) -> slice(channels, ::2)\n  conv(c)", "conv(8) -> slice(channels, 0, none, 2)\n  conv(c)"),
        ("conv(8) -> slice(channels, 1:7:2)\n  conv(c)", "conv(8) -> slice(channels, 1, 7, 2)\n  conv(c)"),
    ],
)
def test_what_is_meant_is_written(written: str, meant: str) -> None:
    assert_mended(net(written), net(meant))


@pytest.mark.parametrize(
    ("written", "code", "right"),
    [
        ("y: conv(4)\n  output y[4, 32, 32]", "E122", "expect [4, 32, 32]"),
        ("conv(4)\n  output y[4, 32, 32]", "E122", "output y"),
        ('a: conv(8)\n  return {"a": a, "b": a}', "E109", "output low, high"),
        ("a: conv(8)\n  return a, b", "E109", "output low, high"),
        ("relu(conv(64, 3)(z))", "E124", "bn1: bn -> relu"),
        ("relu(bn(conv(64, 3)(z)))", "E124", "bn1: bn -> relu"),
        ("forward { conv(64) -> relu }", "E123", "stands on a new line"),
        ("add { conv(3) }", "E123", "concat { | conv(64) | skip }"),
        ("conv(8) -> slice(:, :4)", "E121", "leaves the batch out, it is `slice(0, 0, 4)`"),
        ("conv(8) -> slice(:, :, 2:)", "E121", "leaves the batch out, it is `slice(1, 2)`"),
        ("conv(8) -> slice(:4)", "E121", "`slice(channels, 0, 4)`"),
        ("conv(8) -> slice(channels, 1:, 3)", "E121", "`slice(channels, 0, 4)`"),
        ("conv(8) -> select(:4)", "E121", "`slice(channels, 0, 4)`"),
        ("conv(8: 4)", "E121", "`take(list, 4)`"),
    ],
)
def test_where_a_choice_is_left_nothing_is_written(written: str, code: str, right: str) -> None:
    (row,) = [row for row in errors_of(net(written, "conv(c)")) if row.code != "W504"]
    assert (row.code, row.fix) == (code, None)
    assert right in (row.help or "")


def test_a_block_names_in_its_head_what_it_gives() -> None:
    text = "block b(c) {\n  a: conv(c)\n  d: conv(c)\n  return a, d\n}\n" + net("b(c)")
    (row,) = errors_of(text)
    assert row.code == "E109" and row.fix is None and "gives low, high" in (row.help or "")


@pytest.mark.parametrize("written", ["ZeroPadding2D(((1, 2), (3, 4)))", "pad(((1, 2), (3, 4)))", "pad((1, (2, 3)))"])
def test_brackets_that_are_closed_are_not_asked_for(written: str) -> None:
    rows = errors_of(net(written, "conv(c)"))
    assert rows and all(row.code not in ("E111", "E112") for row in rows)
    assert any(row.code == "E121" and row.fix is not None for row in rows)
