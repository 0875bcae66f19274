"""Steps written as assignments below each other, each of what the one before gave: one message, one edit."""

from __future__ import annotations

import pytest

from archc.compiler.elaborate.functions import FUNCTIONS
from archc.dsl.recovery import functions
from tests.support import assert_mended, checked


def net(*lines: str) -> str:
    return "network n {\n  input image[3, 32, 32]\n  " + "\n  ".join(lines) + "\n}\n"


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        (("x = conv(32, 3)", "x = gelu(x)", "x = maxpool(x, 2)"), ("conv(32, 3) -> gelu -> maxpool(2)",)),
        (("a = conv(32, 3)", "b = gelu(a)"), ("conv(32, 3) -> gelu",)),
        (("x = conv(8)", "x = gelu(x)", "add { | conv(8) | skip(x) }"), ("conv(8) -> x: gelu", "add { | conv(8) | skip(x) }")),
        (("a = conv(8)", "b = gelu(a)", "add { | skip(a) | skip(b) }"), ("a: conv(8) -> b: gelu", "add { | skip(a) | skip(b) }")),
        (("image = conv(image, 8)", "image = gelu(image)"), ("skip(image) -> conv(8) -> gelu",)),
        (("x = conv(8)", "x = gelu(x)", "conv(4)", "y = conv(8)", "y = silu(y)"), ("conv(8) -> gelu", "conv(4)", "conv(8) -> silu")),
    ],
)
def test_one_message_and_one_edit(written: tuple[str, ...], meant: tuple[str, ...]) -> None:
    if "image =" not in written[0]:
        assert_mended(net(*written), net(*meant))
    errors = [row for row in checked(net(*written)).diagnostics if row.code == "E116"]
    assert len(errors) == 1 + ("y = conv(8)" in written)
    assert f"write `{meant[0]}`" in (errors[0].help or "")


def test_a_comment_is_not_taken_away() -> None:
    (row,) = [row for row in checked(net("x = conv(8)  # stem", "x = gelu(x)")).diagnostics if row.is_error]
    assert row.fix is None and "conv(8) -> gelu" in (row.help or "")


def test_what_a_function_gives_is_a_value() -> None:
    assert_mended(net("w = round(8.4)", "v = max(w, 8)", "conv(v)"), net("let w = round(8.4)", "let v = max(w, 8)", "conv(v)"))


def test_the_functions_are_those_of_expressions() -> None:
    assert functions.FUNCTIONS == frozenset(FUNCTIONS)
