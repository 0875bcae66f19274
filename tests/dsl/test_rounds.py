"""Rounds as they are counted elsewhere: no edit loses the number."""

from __future__ import annotations

import pytest

from tests.support import assert_mended, errors_of


def net(*lines: str) -> str:
    return "network n {\n  input x[3, 32, 32]\n  " + "\n  ".join(lines) + "\n}\n"


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("3 { conv(64, 3) -> relu }", "repeat 3 { conv(64, 3) -> relu }"),
        ("3x { conv(4) }", "repeat 3 { conv(4) }"),
        ("3 x { conv(4) }", "repeat 3 { conv(4) }"),
        ("3 times { conv(4) }", "repeat 3 { conv(4) }"),
        ("x3 { conv(4) }", "repeat 3 { conv(4) }"),
        ("loop 3 { conv(4) }", "repeat 3 { conv(4) }"),
        ("2 conv(4)", "repeat 2 { conv(4) }"),
        ("{ conv(4) -> relu } x3", "repeat 3 { conv(4) -> relu }"),
        ("{ conv(4) -> relu } x 3", "repeat 3 { conv(4) -> relu }"),
        ("conv(4) x 3", "repeat 3 { conv(4) }"),
        ("relu\n  3 { conv(4) }\n  relu", "relu\n  repeat 3 { conv(4) }\n  relu"),
        ("(conv(4) -> relu)", "{ conv(4) -> relu }"),
    ],
)
def test_what_is_counted_is_repeated(written: str, meant: str) -> None:
    assert_mended(net(written), net(meant))


@pytest.mark.parametrize(
    "written",
    [
        "conv(4) * 3",
        "3 * conv(4)",
        "{ conv(4) -> relu } * 3",
        "(conv(4) -> relu) * 3",
        "relu\n  (conv(4) -> relu) * 3",
        "conv(4) -> relu x 3",
        "2 conv(4) -> relu",
        "relu -> 3 { conv(4) }",
    ],
)
def test_what_may_be_two_things_has_no_edit(written: str) -> None:
    rows = errors_of(net(written, "relu"))
    assert len(rows) == 1 and rows[0].fix is None
    assert rows[0].primary.span.line == 3 + written.startswith("relu\n")
    assert "repeat" in (rows[0].help or "repeat" * (rows[0].code == "E101"))


def test_the_input_is_not_asked_for_where_it_stands() -> None:
    for written in ("[conv(64), bn, relu]", "(conv(4) -> relu) * 3", "* 3"):
        assert all("input image" not in (row.help or "") for row in errors_of(net(written)))
