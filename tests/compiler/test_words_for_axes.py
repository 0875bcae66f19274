"""A word for an axis is never offered where a number stands; and a value that ended with its body is told as that."""

from __future__ import annotations

import pytest

from archc.base.source import Source
from archc.compiler.driver import check_source
from archc.reporting.fixes import applied
from tests.support import checked


def text_of(body: str, parameters: str = "") -> str:
    return f"network n{parameters} {{\n  input x[3, 32, 32]\n  {body}\n}}\n"


@pytest.mark.parametrize("value", ["C", "ch", "chanels", "in_channels", "n_channels"])
@pytest.mark.parametrize("body", ["conv({})", "conv({} * 2)", "let c = 2 * {}\n  conv(c)", "repeat {} {{ relu }}"])
def test_where_a_number_stands_the_size_is_offered(value: str, body: str) -> None:
    (row,) = checked(text_of(body.format(value)), "n.arch").diagnostics
    assert row.code == "E201" and row.fix is None
    assert row.help is not None and "`in.channels`" in row.help and f"`let {value} = 64`" in row.help
    for mended in (body.format("in.channels"), f"let {value} = 8\n  {body.format(value)}"):
        assert checked(text_of(mended), "n.arch").program is not None


@pytest.mark.parametrize(
    ("body", "help"),
    [
        ("softmax(C)", "did you mean `channels`? The axes of [3, 32, 32] are `channels`, `height`, `width`"),
        ("permute([heigth, width, channels])", "did you mean `height`? The axes of [3, 32, 32] are `channels`, `height`, `width`"),
        ("conv(8, 99, pad = 0) -> softmax(heigth)", "did you mean `height` or `length`?"),
        ("conv(heigth)", "the height of what comes in is `in.height`; a number of the text's own is given first, `let heigth = 64`, "),
    ],
)
def test_where_an_axis_stands_its_word_is_offered(body: str, help: str) -> None:
    row = checked(text_of(body), "n.arch").diagnostics[-1]
    assert row.code == "E201" and row.help is not None and row.help.startswith(help)


@pytest.mark.parametrize(
    ("body", "written"),
    [
        ("if big > 2 { let c = 64 } else { let c = 16 }\n  conv(c)", "let c = 64 if big > 2 else 16"),
        ("if big > 2 { let c = 64 } else if big > 1 { let c = 2 * 16 } else { let c = 8 }\n  conv(c)", "let c = 64 if big > 2 else (2 * 16 if big > 1 else 8)"),
    ],
)  # fmt: skip
def test_a_value_on_a_condition_is_given_once(body: str, written: str) -> None:
    text = text_of(body, "(big = 3)")
    (row,) = checked(text, "n.arch").diagnostics
    assert row.message == "there is no value named `c` here: the `c` of a body ends with its `}`"
    assert row.fix is not None and row.fix.message == f"write `{written}`"
    mended, _ = applied(check_source(Source.of("n.arch", text)).diagnostics)["n.arch"]
    after = checked(mended, "n.arch")
    assert after.diagnostics == () and after.program is not None and after.program.nodes[-1].shape == (64, 32, 32)


@pytest.mark.parametrize(
    ("body", "help"),
    [
        ("repeat 2 as i {\n    let w = 8 * i + 8\n    conv(w)\n  }\n  conv(w)", "write `let w = …` before it"),
        ("if big > 2 { let w = 8 }\n  conv(w)", "write `let w = …` before it"),
        ("if big > 2 {\n    let w = 8\n    conv(w)\n  } else { let w = 16 }\n  conv(w)", "`let w = 8 if big > 2 else 16`"),
    ],
)
def test_a_value_of_a_body_that_does_more_is_told_and_not_moved(body: str, help: str) -> None:
    (row,) = checked(text_of(body, "(big = 3)"), "n.arch").diagnostics
    assert row.code == "E201" and row.fix is None
    assert row.help is not None and help in row.help
