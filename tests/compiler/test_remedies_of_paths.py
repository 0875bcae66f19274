"""Paths of a merge that end in other shapes than they were meant to: what is offered is what the writer meant, or is no edit."""

from __future__ import annotations

import pytest

from archc.base.diagnostics import Diagnostic
from archc.reporting.fixes import applied
from archc.reporting.terminal import to_text
from tests.support import checked


def net(body: str, shape: str = "64, 32, 32", before: str = "") -> str:
    return f"{before}network n {{\n  input x[{shape}]\n  {body}\n}}\n"


def errors(text: str) -> list[Diagnostic]:
    return [row for row in checked(text, "n.arch").diagnostics if row.is_error]


def said(text: str) -> str:
    return " ".join(to_text(errors(text)).split())


ASPP = "concat {{ | conv(64, 1) | conv(64, 3, dilation = 6{pad}) | global_avgpool -> conv(64, 1) }}"
EDITS = {
    "a context beside maps": (net(ASPP.format(pad="")), "| global_avgpool -> conv(64, 1) -> upsample(size = 32) }"),
    "a context of a block, which has another size in each call": (
        net("context -> maxpool(2) -> context", before=f"block context {{ {ASPP.format(pad='')} }}\n"),
        "conv(64, 1) -> upsample(size = [in.height, in.width]) }",
    ),
    "a context beside a labelled step": (
        net("e: conv(8)\n  relu -> concat { | global_maxpool | skip(e) }"),
        "| global_maxpool -> upsample(like = e) |",
    ),
    "a dilation whose padding is that of none": (
        net(ASPP.format(pad=", pad = 1")),
        "conv(64, 3, dilation = 6, pad = half) | global_avgpool -> conv(64, 1) -> upsample(size = 32) }",
    ),
    "a pool in a path of Inception": (
        net("concat { | conv(8, 1) | conv(8, 1) -> conv(8, 5) | maxpool(3, pad = 1) -> conv(8, 1) }"),
        "maxpool(3, pad = 1, stride = 1) -> conv(8, 1) }",
    ),
    "pools beside each other": (
        net("concat { | skip | maxpool(5) | avgpool(9) }"),
        "| maxpool(5, stride = 1, pad = 2) | avgpool(9, stride = 1, pad = 4) }",
    ),
    "a factor of an upsampling": (
        net("c2: conv(8, 3, stride = 2)\n  conv(8, 3, stride = 2)\n  concat { | skip(c2) -> conv(8, 1) | upsample(4) }"),
        "| upsample(2) }",
    ),
    "a skip of a block whose calls differ": (
        net(
            "unit(64)\n  unit(32)\n  unit(32, stride = 2)",
            before="block unit(out, stride = 1) { add { | conv(out, 3, stride = stride) -> conv(out, 3) -> bn | skip } }\n",
        ),
        "| if stride != 1 or in.channels != out { conv(out, 1, stride = stride) -> bn } }",
    ),
    "a condition that leaves out the channels": (
        net(
            "unit(64)\n  unit(32)\n  unit(32, stride = 2)",
            before="block unit(out, stride = 1) { add { | conv(out, 3, stride = stride) | if stride == 1: skip } }\n",
        ),
        "| if stride == 1 and in.channels == out: skip }",
    ),
    "a condition with another branch": (
        net(
            "unit(32)\n  unit(32)",
            before="block unit(out, stride = 1) { add { | conv(out, 3, stride = stride) | if stride == 1 { skip } else { conv(out, 1, stride = stride) } } }\n",
        ),
        "| if stride == 1 and in.channels == out { skip } else { conv(out, 1, stride = stride) } }",
    ),
    "a gate as narrow as its bottleneck": (
        net(
            "gate -> conv(32) -> gate",
            before="block gate { mul { | skip | global_avgpool -> conv(in.channels // 4, 1) -> relu -> conv(in.channels // 4, 1) -> sigmoid } }\n",
        ),
        "-> relu -> conv(in.channels, 1) -> sigmoid }",
    ),
    "a gate of numbers alone, in maps as wide as they are high and deep": (
        net(
            "gate -> conv(48) -> gate",
            "32, 32, 32",
            "block gate { mul { | skip | global_avgpool -> flatten -> linear(in.channels) -> sigmoid } }\n",
        ),
        "-> sigmoid -> reshape([in.channels, 1, 1]) }",
    ),
    "a vector beside a map": (
        net("input meta[12]\n  skip(x) -> concat { | skip | skip(meta) -> linear(48) }"),
        "linear(48) -> reshape([48, 1, 1]) -> expand([-1, 32, 32]) }",
    ),
    "a map without its channels": (
        net("input y[10]\n  skip(x) -> concat { | skip | skip(y) -> linear(1024) -> reshape([32, 32]) }"),
        "linear(1024) -> reshape([1, 32, 32]) }",
    ),
    "a class before its sequence": (
        net("concat { | parameter([1, 64]) | skip }", "length = 49, channels = 64"),
        "concat(axis = length) { | parameter([1, 64]) | skip }",
    ),
    "a lateral step, which has no norm": (
        net("c3: conv(8)\n  maxpool(2) -> conv(16)\n  add { | upsample(2) | skip(c3) }"),
        "| skip(c3) -> conv(16, 1) }",
    ),
    "two numbers in the other order": (
        net("add { | embedding(dim, vocab) | parameter([32, dim]) }", "32").replace("network n", "network n(vocab = 1000, dim = 64)"),
        "| embedding(vocab, dim) |",
    ),
    "axes that are not brought back": (
        net("add { | dwconv(7) -> permute([height, width, channels]) -> ln(axis = channels) -> linear(64) | skip }"),
        "linear(64) -> permute([channels, height, width]) | skip }",
    ),
}


@pytest.mark.parametrize("title", EDITS)
def test_the_edit_is_made_and_no_map_is_cut_to_a_row(title: str) -> None:
    text, written = EDITS[title]
    rows = errors(text)
    mended, _ = applied(rows)["n.arch"]
    assert written in mended, to_text(rows)
    program = checked(mended, "n.arch").program
    assert program is not None, to_text(errors(mended))
    assert program.nodes[-1].shape[1] > 1


def test_an_axis_is_called_by_the_name_that_one_path_knows() -> None:
    assert "length 1 and 49" in said(net("concat { | parameter([1, 64]) | skip }", "length = 49, channels = 64"))


WORDS = {
    "bins of a pyramid, which may be spread in several ways": (
        net("concat { | skip | adaptive_avgpool(1) -> conv(16, 1) | adaptive_avgpool(6) -> conv(16, 1) }"),
        "bring path 2 and 3 up to the size of the others",
    ),
    "a factor where the other path grows, too": (
        net("add { | conv(12 * 16, 3) -> pixel_shuffle(4) -> conv(64) | upsample(2) }"),
        "write `upsample(4)`",
    ),
    "a map below its skip": (
        net("c4: conv(64, 3, stride = 2) -> relu\n  c5: conv(128, 3, stride = 2) -> relu\n  concat { | conv(64, 1) | skip(c4) }"),
        "`conv(64, 1) -> upsample(like = c4)`",
    ),
    "skips in the wrong order": (
        net(
            "e1: conv(8) -> maxpool(2)\n  e2: conv(16) -> maxpool(2)\n  concat { | deconv(8, 2, stride = 2) | skip(e1) } -> conv(8)\n"
            "  concat { | deconv(8, 2, stride = 2) | skip(e2) }"
        ),
        "`e2` is [16, 16, 16], which fits: `skip(e2)`",
    ),
    "the hidden width of a sequence": (
        net("add { | linear(4 * dim) -> gelu | skip }", "length = 50, channels = 64").replace("network n", "network n(dim = 64)"),
        "end path 1 in 64 channels: `gelu -> linear(dim)`",
    ),
    "two directions": (
        net("add { | gru(64, bidirectional = true) | skip }", "length = 50, channels = 64"),
        "write `gru(32, bidirectional = true)`, which gives 64 channels in both directions together",
    ),
    "a learned tensor of another length": (
        net("add { | skip | parameter([49, 64]) }", "length = 50, channels = 64"),
        "write `parameter([50, 64])`, or let the other path have 49",
    ),
    "another level of a backbone": (
        net(
            "body: net\n  conv(8, 1)\n  add { | upsample(2) | skip(body.layer2) -> conv(8, 1) }",
            before="block net { layer2: conv(16, 3, stride = 2) -> layer3: conv(32, 3, stride = 2) -> layer4: conv(64, 3, stride = 2) }\n",
        ),
        "`body.layer3` is [32, 8, 8], which fits: `skip(body.layer3)`",
    ),
}


@pytest.mark.parametrize("title", WORDS)
def test_what_leaves_a_choice_is_told_and_no_edit(title: str) -> None:
    text, told = WORDS[title]
    assert told in said(text)
    assert errors(text)[0].fix is None


@pytest.mark.parametrize("body", ["concat { | conv(8) | conv(8, 3, stride = 4, pad = 0) }", "concat { | skip | global_avgpool }"])
def test_no_crop_leaves_less_than_half_of_a_map(body: str) -> None:
    assert "crop(" not in said(net(body)).replace("or `crop` or", "")


def test_the_length_of_a_sequence_is_no_feature() -> None:
    assert "it would do with" not in said(net("add { | linear(16) | skip }", "length = 50, channels = 64"))


def test_what_a_call_has_kept_is_kept() -> None:
    """The first and the last unit add what comes in, as it is, before and after the edit."""
    text, _ = EDITS["a skip of a block whose calls differ"]
    mended, _ = applied(errors(text))["n.arch"]
    program = checked(mended, "n.arch").program
    assert program is not None
    assert [node.operation.name for node in program.nodes].count("bn") == 3 + 2  # and of the units that change width or size


BEFORE = {
    "an image in a row": (net("conv(64, 3)", "784"), "`input x[1, 784]`, an image `input x[1, 28, 28]`; on a vector use `linear`"),
    "a signal without channels": (
        "network n { input audio[16000]\n conv(64, 80, stride = 4) }",
        "has an axis for it, `input audio[1, 16000]`; on a vector use",
    ),
    "a loop over an image": (
        net("conv(192, 8, stride = 8, pad = 0)\n  repeat 2 { add { | ln(axis = channels) -> attention(3) | skip } }"),
        "write it before the loop, for each round goes on with what the one before made: `conv(192, 8, stride = 8, pad = 0) -> tokens`",
    ),
    "sizes of which one has another factor": (
        net("linear(width * 8 * 4 * 4) -> relu\n  reshape([width * 4, 4, 4])", "100").replace("network n", "network n(width = 64)"),
        "`linear(width * 8 * 4 * 4)` is written for `[width * 8, 4, 4]`",
    ),
}


@pytest.mark.parametrize(
    "body",
    [
        "e: conv(8)\n  maxpool(3) -> conv(8)\n  concat { | skip | skip(e) }",
        "e: conv(8)\n  maxpool(4) -> upsample(2) -> conv(8)\n  concat { | skip | skip(e) }",
    ],
)
def test_what_comes_before_a_merge_is_not_changed_for_it(body: str) -> None:
    """Others read it as well: it may be told, and is no edit."""
    (row,) = errors(net(body))
    assert row.fix is None or all(edit.span.start > net(body).index("concat") for edit in row.fix.edits), row.help


@pytest.mark.parametrize("title", BEFORE)
def test_what_stands_before_a_step_is_named_as_the_cause(title: str) -> None:
    text, told = BEFORE[title]
    assert told in said(text)
    assert errors(text)[0].fix is None


def test_sizes_that_the_step_before_does_not_say_are_not_guessed() -> None:
    assert "is written for" not in said(net("linear(8192) -> relu\n  reshape([256, 4, 4])", "100"))


DECODERS = {
    "windows that reach over their stride": (
        net(
            "deconv(8, 4) -> deconv(8, 4, stride = 2) -> deconv(8, 6, stride = 2) -> deconv(3, 4, stride = 2)\n  expect [3, 32, 32]",
            "100, 1, 1",
        ),
        ("deconv(8, 4, stride = 2, pad = 1) -> deconv(8, 6, stride = 2, pad = 2) -> deconv(3, 4, stride = 2, pad = 1)",),
    ),
    "a row too many, of the first of three": (
        net(
            "conv(8, 3, stride = 2) -> conv(8, 3, stride = 2) -> conv(8, 3, stride = 2)\n  deconv(8, 3, stride = 2, pad = 1, out_pad = 1)\n"
            "  deconv(4, 3, stride = 2, pad = 1, out_pad = 1)\n  deconv(1, 3, stride = 2, pad = 1, out_pad = 1)\n  expect [1, 28, 28]",
            "1, 28, 28",
        ),
        ("deconv(8, 3, stride = 2, pad = 1, out_pad = 0)", "deconv(4, 3, stride = 2, pad = 1, out_pad = 1)"),
    ),
}


@pytest.mark.parametrize("title", DECODERS)
def test_a_decoder_reaches_the_size_that_is_expected(title: str) -> None:
    text, written = DECODERS[title]
    mended, _ = applied(errors(text))["n.arch"]
    assert all(row in mended for row in written), mended
    assert not errors(mended)
