"""Small things that a newcomer writes: sizes for counts, names of classes, a stride below 1, a body for a residual."""

from __future__ import annotations

from archc.base.diagnostics import Diagnostic
from tests.support import assert_mended, checked


def net(*lines: str, size: str = "64, 32, 32") -> str:
    return f"network n {{\n  input x[{size}]\n  " + "\n  ".join(lines) + "\n}\n"


def told(text: str) -> Diagnostic:
    return next(row for row in checked(text).diagnostics if row.is_error)


def test_split_is_told_how_many_parts_there_are() -> None:
    end = "add { | skip(a) | skip(b) }"
    assert_mended(net("split(32) as a, b", end), net("split(2) as a, b", end))
    assert told(net("split(16) as a, b", end)).fix is None


def test_all_modes_of_an_image_are_named() -> None:
    row = told(net('upsample(2, mode = "trilinear")'))
    assert row.help is not None and all(word in row.help for word in ('"bilinear"', '"bicubic"', '"nearest"'))


def test_channels_are_not_told_to_prelu() -> None:
    assert_mended(net("prelu(64)"), net("prelu"))
    assert told(net("prelu(32)")).fix is None


def test_a_stride_below_1_enlarges() -> None:
    row = told(net("conv(32, 3, stride = 0.5)"))
    assert row.fix is None and row.help is not None and "`upsample(2)`" in row.help and "`deconv(32, stride = 2)`" in row.help


def test_a_residual_is_a_sum_with_what_comes_in() -> None:
    assert_mended(net("residual { conv(64, 3) -> relu }"), net("add { | conv(64, 3) -> relu | skip }"))
    row = told("block residual takes a, b { add { | skip(a) | skip(b) } }\n" + net("residual { conv(64, 3) }"))
    assert row.message == "the paths of `residual` begin with `|`"


def test_an_imported_name_is_mended_wherever_it_stands() -> None:
    written = "from resnet import BasicBlock, resnet  # BasicBlock of torchvision\nnetwork n = resnet(BasicBlock, [2, 2, 2, 2])\n"
    assert_mended(written, written.replace("import BasicBlock", "import basic").replace("(BasicBlock", "(basic"))
