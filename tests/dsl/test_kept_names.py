"""`c = c * 2` in a round, `self.bn1 = bn`, `identity = x`: what is given to a name, and what no edit may lose."""

from __future__ import annotations

import pytest

from tests.support import assert_mended, errors_of


def net(*lines: str) -> str:
    return "network n(deep = true, w = 4) {\n  input x[3, 32, 32]\n  " + "\n  ".join(lines) + "\n  conv(w if deep else 1)\n}\n"


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        (("self.conv1 = conv(64, 3)", "self.bn1 = bn"), ("conv1: conv(64, 3)", "bn1: bn")),
        (("self.relu = relu",), ("relu: relu",)),
        (("b = gelu",), ("b: gelu",)),
        (("self.body = part",), ("body: part",)),
        (("act = relu", "conv(8) -> act"), ("let act = relu", "conv(8) -> act")),
        (("self.v = w", "conv(v)"), ("let v = w", "conv(v)")),
        (("self.w = w", "conv(w)"), ("", "conv(w)")),
        (("repeat 2 {", "  v = w * 2", "  conv(v)", "}"), ("repeat 2 {", "  let v = w * 2", "  conv(v)", "}")),
    ],
)
def test_a_step_is_run_and_a_value_is_named(written: tuple[str, ...], meant: tuple[str, ...]) -> None:
    part = "block part { conv(8) }\n"
    assert_mended(part + net(*written), part + net(*meant))


@pytest.mark.parametrize(
    ("written", "right"),
    [
        (("let c = 16", "repeat 3 {", "  conv(c)", "  c = c * 2", "}"), "repeat 3 as i { let w = 16 * 2 ** i … }"),
        (("let c = 16", "repeat 3 {", "  conv(c)", "  c *= 2", "}"), "repeat 3 as i { let w = 16 * 2 ** i … }"),
        (("repeat 3 {", "  conv(w)", "  w = w * 2", "}"), "repeat 3 as i { let w = 16 * 2 ** i … }"),
        (("for i in range(2) {", "  w = w + 8", "  conv(w)", "}"), "repeat 3 as i { let w = 16 * 2 ** i … }"),
        (("let c = 8", "conv(c)", "c = 16", "conv(c)"), "let c2 = …"),
        (("w = w * 2", "conv(w)"), "let w2 = …"),
        (("let c = 8", "if deep { c = 16 }", "conv(c)"), "let c2 = 64 if condition else 16"),
        (("if deep { c = 16 } else { c = 8 }", "conv(c)"), "let c = 64 if condition else 16"),
        (("self.act = relu", "conv(8) -> self.act"), "write `relu` there"),
        (("conv(8)", "identity = x", "conv(3)", "add { | skip | skip(identity) }"), "write `identity: skip`; `skip(x)` is what came in"),
    ],
)
def test_where_a_name_keeps_what_it_was_given_nothing_is_written(written: tuple[str, ...], right: str) -> None:
    rows = [row for row in errors_of(net(*written)) if row.code in ("E116", "E104")]
    assert rows and all(row.fix is None for row in rows)
    assert right in (rows[0].help or "")


def test_a_word_before_the_name_is_left_with_it() -> None:
    rows = errors_of(net("foo c = 8"))
    assert rows and all(row.fix is None for row in rows)
