"""`output y = conv(8)`, `x = Input(shape=…)`, and the lines of a module's class."""

from __future__ import annotations

import pytest

from tests.support import assert_mended, errors_of


def net(*lines: str) -> str:
    return "network n {\n  input x[3, 32, 32]\n  " + "\n  ".join(lines) + "\n}\n"


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        (("output y = conv(8)",), ("y: conv(8)", "output y")),
        (("a: conv(8)", "output y = skip(a) -> relu"), ("a: conv(8)", "skip(a) -> y: relu", "output y")),
        (("output y = add { | conv(3) | skip }",), ("y: add { | conv(3) | skip }", "output y")),
    ],
)
def test_what_an_output_is_made_by_gets_its_label(written: tuple[str, ...], meant: tuple[str, ...]) -> None:
    assert_mended(net(*written), net(*meant))


@pytest.mark.parametrize("written", ["output y = conv(8), z = conv(4)", "output y = conv(8) -> z: relu"])
def test_several_are_left_to_the_reader(written: str) -> None:
    rows = errors_of(net(written))
    assert rows and all(row.fix is None for row in rows)


def test_an_input_of_keras_has_its_channels_first() -> None:
    assert_mended("network n {\n  x = Input(shape=(32, 16, 3))\n  relu\n}\n", "network n {\n  input x[3, 32, 16]\n  relu\n}\n")
    assert_mended("network n {\n  x = Input(shape=(784,))\n  relu\n}\n", "network n {\n  input x[784]\n  relu\n}\n")
    (row, *_) = errors_of("network n {\n  x = Input(shape=(16, 64))\n  relu\n}\n")
    assert row.fix is None and "input x[length = 16, channels = 64]" in (row.help or "")


def test_a_class_is_told_once() -> None:
    rows = errors_of(net("conv(8)", "def forward(self, x):", "    x = self.conv1(x)", "    return x"))
    assert [row.code for row in rows] == ["E109"] and rows[0].fix is None
