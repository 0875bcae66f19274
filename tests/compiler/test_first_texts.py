"""What somebody writes who has read the README and the page on the language, and no more: each text becomes, by what is offered, what it was to be."""

from __future__ import annotations

import pytest

from archc.reporting.terminal import to_text
from tests.support import assert_mended, checked


def net(body: str, head: str = "network n {\n  input x[3, 32, 32]\n") -> str:
    return f"{head}  {body}\n}}\n"


RESIDUAL = "block res(c) {\n  add {\n    %sconv(c) -> bn\n    %sskip\n  }\n}\n" + net("conv(16, bias = false) -> res(16)")
CASES = {
    "every tensor has a name, as in Python": (
        net("x1 = conv(32)\n  x2 = relu(x1)\n  return x2"),
        net("conv(32) -> relu\n  "),
    ),
    "a step that is given its tensor": (net("a: conv(32)\n  conv(a, 8, 1)"), net("a: conv(32)\n  skip(a) -> conv(8, 1)")),
    "a colon before the shape": ("network n {\n  input x: [3, 32, 32]\n  conv(8)\n}\n", net("conv(8)")),
    "an equal sign before it": ("network n {\n  input x = [3, 32, 32]\n  conv(8)\n}\n", net("conv(8)")),
    "a shape in parentheses": ("network n {\n  input x(3, 32, 32)\n  conv(8)\n}\n", net("conv(8)")),
    "a shape with signs of its own": ("network n {\n  input x[3 x 32 x 32]\n  conv(8)\n}\n", net("conv(8)")),
    "an input without a name": (
        "network n {\n  input [3, 32, 32]\n  conv(8)\n}\n",
        "network n {\n  input image[3, 32, 32]\n  conv(8)\n}\n",
    ),
    "inputs in a row": (
        "network n {\n  input a[3, 32, 32], b[1, 32, 32]\n  concat { | skip(a) | skip(b) }\n}\n",
        "network n {\n  input a[3, 32, 32]\n  input b[1, 32, 32]\n  concat { | skip(a) | skip(b) }\n}\n",
    ),
    "labels as paths": (
        "network n {\n  input a[3, 32, 32]\n  input b[3, 32, 32]\n  add { | a | b }\n}\n",
        "network n {\n  input a[3, 32, 32]\n  input b[3, 32, 32]\n  add { | skip(a) | skip(b) }\n}\n",
    ),
    "paths without bars": (RESIDUAL % ("", ""), RESIDUAL % ("| ", "| ")),
    "paths in parentheses": (net("concat(skip, conv(8))"), net("concat { | skip | conv(8) }")),
    "paths in brackets": (net("concat [skip, conv(8)]"), net("concat { | skip | conv(8) }")),
    "labels as arguments of a merge": (
        net("a: conv(3)\n  b: conv(3)\n  add(a, b)"),
        net("a: conv(3)\n  b: conv(3)\n  add { | skip(a) | skip(b) }"),
    ),
    "a label without parentheses": (
        net("a: conv(3)\n  conv(3)\n  add { | skip | skip a }"),
        net("a: conv(3)\n  conv(3)\n  add { | skip | skip(a) }"),
    ),
    "arguments without parentheses or commas": (net("conv 8 3"), net("conv(8, 3)")),
    "a pipe": (net("conv(8) | relu"), net("conv(8) -> relu")),
    "a list without brackets": (net("for c in 8, 16 { conv(c) }"), net("for c in [8, 16] { conv(c) }")),
    "then": (net("if in.channels == 3 then conv(8)"), net("if in.channels == 3 { conv(8) }")),
    "a stage with a number": (net("stage 1 { conv(8) }"), net('stage "1" { conv(8) }')),
    "a stage with a sign": (net("stage layer-1 { conv(8) }"), net('stage "layer-1" { conv(8) }')),
    "a label with a number behind a body": (
        net("stage a { conv(8) }\n  1x1: conv(8, 1)"),
        net("stage a { conv(8) }\n  step_1x1: conv(8, 1)"),
    ),
    "padding in capitals": (net('conv(8, pad = "SAME")'), net("conv(8, pad = same)")),
    "a size between quotes": (net('conv(8, "3x3")'), net("conv(8, 3x3)")),
    "names of other libraries for parameters": (net("conv(out = 8, ks = 3, s = 2)"), net("conv(channels = 8, kernel = 3, stride = 2)")),
    "a network of the library": (
        net("global_avgpool -> flatten") + "network m = resnet18(classes = 3)\n",
        "from resnet18 import resnet18\n" + net("global_avgpool -> flatten") + "network m = resnet18(classes = 3)\n",
    ),
    "an axis that counts the batch": (net("softmax(dim = 1)"), net("softmax(axis = 0)")),
    "a gate that was flattened": (
        net("mul { | skip | global_avgpool -> flatten -> linear(3) -> sigmoid }"),
        net("mul { | skip | global_avgpool -> flatten -> linear(3) -> sigmoid -> reshape([3, 1, 1]) }"),
    ),
    "flags of other languages": (
        net('conv(8, bias = "false") -> conv(8, bias = 0) -> conv(8, bias = no)'),
        net("conv(8, bias = false) -> conv(8, bias = false) -> conv(8, bias = false)"),
    ),
    "a decimal comma": (net("dropout(p = 0,5)"), net("dropout(p = 0.5)")),
    "an operation with a capital": (net("Conv(8) -> ReLU"), net("conv(8) -> relu")),
    "a cost that is nearly one": (net("conv(8)\n  budget params <= 1M"), net("conv(8)\n  budget parameters <= 1M")),
}


@pytest.mark.parametrize("title", CASES)
def test_what_is_offered_is_what_was_meant(title: str) -> None:
    assert_mended(*CASES[title])


SAID = {
    "an activation as an argument": (net("conv(8, act = relu)"), "`conv(8) -> relu`", net("conv(8) -> relu")),
    "a norm as an argument": (net("conv(8, norm = bn)"), "-> bn`", net("conv(8, bias = false) -> bn")),
    "the features of attention": (
        net("conv(64) -> tokens -> attention(heads = 8, dim = 64)"),
        "never written",
        net("conv(64) -> tokens -> attention(heads = 8)"),
    ),
    "a probability in percent": (net("dropout(50)"), "`0.5`", net("dropout(0.5)")),
    "the label of another level": (
        net("conv(8) -> e1: relu\n  maxpool(2) -> conv(8) -> e2: relu\n  maxpool(2)\n  concat { | upsample(2) | skip(e1) }"),
        "`skip(e2)`",
        net("conv(8) -> e1: relu\n  maxpool(2) -> conv(8) -> e2: relu\n  maxpool(2)\n  concat { | upsample(2) | skip(e2) }"),
    ),
    "a label inside a block": (
        "block b(c) { e: conv(c) }\n" + net("b(3)\n  add { | skip | skip(e) }"),
        "`b1: b(3)`, and read `skip(b1.e)`",
        "block b(c) { e: conv(c) }\n" + net("b1: b(3)\n  add { | skip | skip(b1.e) }"),
    ),
    "a label inside a block by the block's name": (
        "block b(c) { e: conv(c) }\n" + net("b(3)\n  add { | skip | skip(b.e) }"),
        "`body: b(3)`, then `body.e`",
        "block b(c) { e: conv(c) }\n" + net("body: b(3)\n  add { | skip | skip(body.e) }"),
    ),
    "a channel count of the first round": (
        net("for i in range(3) { conv(64 * i) }"),
        "`max(1, 64 * i)`",
        net("for i in range(3) { conv(max(1, 64 * i)) }"),
    ),
    "one path of three": (
        net("add { | conv(8) | conv(8, kernel = 5) | conv(4) }"),
        "write `conv(8)` in path 3",
        net("add { | conv(8) | conv(8, kernel = 5) | conv(8) }"),
    ),
    "a shape as one size": ("network n {\n  input x[3x32x32]\n  conv(8)\n}\n", "`[3, 32, 32]`", net("conv(8)")),
}


@pytest.mark.parametrize("title", SAID)
def test_a_remedy_that_is_said_works(title: str) -> None:
    before, said, after = SAID[title]
    rows = [row for row in checked(before).diagnostics if row.is_error]
    assert len(rows) == 1, to_text(rows)
    assert said in (rows[0].help or (rows[0].fix.message if rows[0].fix is not None else ""))
    left = [row for row in checked(after).diagnostics if row.is_error]
    assert left == [], to_text(left)


def test_lines_of_a_merge_that_may_be_one_path_are_not_parted_unasked() -> None:
    """A path may go on in the next line: of three lines nobody knows which are paths."""
    (row,) = [row for row in checked(net("concat {\n    conv(8)\n    bn\n    conv(4)\n  }")).diagnostics if row.is_error]
    assert row.code == "E123" and row.fix is None


def test_a_word_that_is_only_a_little_alike_is_not_written_unasked() -> None:
    (row,) = [row for row in checked(net("reverb")).diagnostics if row.is_error]
    assert row.code == "E201" and row.fix is None


def test_a_missing_input_is_told_once() -> None:
    rows = checked("network n {\n  conv(8) -> relu\n  conv(4)\n}\n").diagnostics
    assert [row.code for row in rows] == ["E236"]


def test_a_class_of_pytorch_is_told_how_it_becomes_a_text() -> None:
    text = "class Net(nn.Module):\n  def __init__(self):\n    self.conv = nn.Conv2d(3, 8, 3)\n"
    rows = checked(text).diagnostics
    assert rows[0].code == "E109" and "archc import" in (rows[0].help or "") and rows[0].fix is None
