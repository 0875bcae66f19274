"""Remedies of sizes that do not meet: what is offered is named in the text's own terms, and works when it is made."""

from __future__ import annotations

import pytest

from archc.base.source import Source
from archc.compiler.driver import check_source
from archc.reporting.codes.table import CODES
from archc.reporting.fixes import applied
from archc.reporting.terminal import to_text
from tests.support import checked

AUTOENCODER = """network ae250 {
  input image[3, 250, 250]
  conv(16, 11, stride = 3, pad = 0) -> sigmoid
  deconv(3, 11, stride = 3)
  expect [3, 250, 250]
}
"""
CODEC = """network codec(rates = [2, 4, 5, 8]) {
  input wave[1, 44160]
  conv(16, 7)
  for i, r in rates { conv(16 * 2 ** (i + 1), 2 * r, stride = r, pad = ceil(r / 2.0)) -> elu }
  z: identity
  for r in [8, 5, 4, 2] { deconv(in.channels / 2, 2 * r, stride = r, pad = ceil(r / 2.0)) -> elu }
  conv(1, 7)
  expect [1, 44160]
}
"""
ODD = """network ae25 {
  input image[1, 25, 25]
  e1: conv(8, stride = 2) -> relu
  e2: conv(16, stride = 2) -> relu
  d1: deconv(8, 2, stride = 2)
  add { | skip | skip(e1) }
}
"""


def net(body: str, shape: str = "3, 32, 32") -> str:
    return f"network n {{\n  input x[{shape}]\n  {body}\n}}\n"


OFFERED = {
    "the rows that a strided convolution loses": (AUTOENCODER, ("248", "250", "out_pad"), "deconv(3, 11, stride = 3, out_pad = 2)"),
    "one round of a loop, in terms of its stride": (CODEC, ("5519", "out_pad"), "pad = ceil(r / 2.0), out_pad = r % 2)"),
    "a decoder that doubles an odd skip": (ODD, ("14", "13", "24x24"), "| skip -> crop(like = e1) |"),
    "a factor of an upsampling": (
        net('upsample(scale = 120.0 / 88, mode = "bilinear")\n  expect [3, 120, 120]', "3, 88, 88"),
        ("119", "rounded down"),
        'upsample(size = 120, mode = "bilinear")',
    ),
    "a decoder of upsamplings at an odd size": (
        net("e: identity\n  maxpool(2)\n  concat { | upsample(2) | skip(e) }", "3, 33, 33"),
        ("exact",),
        "upsample(like = e)",
    ),
    "a transposed convolution beside a skip": (
        net("e: identity\n  maxpool(2)\n  concat { | deconv(3, 2, stride = 2) | skip(e) }", "3, 33, 33"),
        ("out_pad = 1",),
        "deconv(3, 2, stride = 2, out_pad = 1)",
    ),
    "rows alone": (
        net("e: identity\n  maxpool(2)\n  concat { | deconv(3, 2, stride = 2) | skip(e) }", "3, 33, 32"),
        ("out_pad = 1x0",),
        "out_pad = 1x0)",
    ),
    "an out_pad that is there": (
        net("conv(4, 3, stride = 3) -> deconv(3, 3, stride = 3, out_pad = 1)\n  expect [3, 35, 35]", "3, 33, 33"),
        ("out_pad = 2",),
        "deconv(3, 3, stride = 3, out_pad = 2)",
    ),
    "a pool beside a strided convolution": (
        net("concat { | conv(8, stride = 2) | maxpool(3, stride = 2) }"),
        ("pad = 1",),
        "maxpool(3, stride = 2, pad = 1)",
    ),
    "a pool that rounds up": (
        net("concat {\n| conv(8, 3, stride = 2, pad = 0)\n| maxpool(3, stride = 2, ceil = true)\n}", "3, 26, 26"),
        ("ceil",),
        "maxpool(3, stride = 2, ceil = false)",
    ),
    "a width of a loop": (
        net("conv(8)\n  for i in range(3) { add { | conv(8*2**i, 3, stride=2) -> bn -> conv(8*2**i, 3) | skip } -> relu }"),
        ("project the skip",),
        "| conv(8*2**i, 1, stride = 2) }",
    ),
    "a width and a stride of a loop": (
        net("for i, s in [2, 1, 2] { add { | conv(8 * 2 ** i, 3, stride = s) -> conv(8 * 2 ** i) | skip } }"),
        ("project the skip",),
        "| if s != 1 or in.channels != 8 * 2 ** i { conv(8 * 2 ** i, 1, stride = s) } }",
    ),
    "a width of a block": (
        "block unit(w) { add { | conv(w) -> relu | skip } }\n" + net("unit(8)\n  unit(16)"),
        ("project the skip",),
        "| if in.channels != w { conv(w, 1) } }",
    ),
    "a convolution without padding beside a skip": (net("add { | conv(3, 5, pad = 0) | skip }"), ("pad = 2",), "conv(3, 5, pad = 2)"),
}


@pytest.mark.parametrize("title", OFFERED)
def test_the_remedy_is_named_and_works(title: str) -> None:
    text, parts, edit = OFFERED[title]
    rows = [row for row in checked(text, "n.arch").diagnostics if row.is_error]
    assert len(rows) == 1
    said = to_text(rows)
    assert all(part in said for part in parts), said
    mended, _ = applied(rows)["n.arch"]
    assert edit in mended, mended
    assert [row.code for row in checked(mended, "n.arch").diagnostics if row.is_error] == []


NOTHING = {
    "features of tokens": net("tokens -> add { | linear(16) | linear(32) }"),
    "channels, too": net("add { | conv(8, 3, pad = 0) | skip }"),
    "two strides": net("add { | conv(3, stride = 2) -> conv(3, stride = 2) | conv(3, stride = 2) }"),
}


@pytest.mark.parametrize("title", NOTHING)
def test_no_crop_or_padding_is_offered_for(title: str) -> None:
    said = to_text(checked(NOTHING[title], "n.arch").diagnostics)
    assert "error[E301]" in said
    assert "crop(" not in said
    assert "out_pad" not in said


IN_ROUNDS = {
    "the strides of two steps": net("for s in [2, 1] { add { | conv(8, stride = s) -> conv(8, stride = s) | skip } }"),
    "a path made by a block": "block unit(w) { conv(w) -> relu }\n" + net("for w in [8, 16] { add { | unit(w) | skip } }"),
}


@pytest.mark.parametrize("title", IN_ROUNDS)
def test_what_holds_for_one_round_of_a_loop_is_no_edit(title: str) -> None:
    rows = [row for row in checked(IN_ROUNDS[title], "n.arch").diagnostics if row.is_error]
    assert [(row.code, row.fix) for row in rows] == [("E301", None)]
    assert "of each round or call" in to_text(rows)


def _examples_with_edits() -> list[str]:
    found = []
    for code, row in CODES.items():
        if row.example and not code.startswith("F"):
            rows = check_source(Source.of(f"{code.lower()}.arch", row.example)).diagnostics
            found += [code] if any(diagnostic.fix is not None and diagnostic.fix.edits for diagnostic in rows) else []
    return found


@pytest.mark.parametrize("code", _examples_with_edits())
def test_the_edit_that_the_gallery_offers_puts_its_example_right(code: str) -> None:
    """Edits are made as `archc check --fix` makes them: again while there are some, for the first may uncover others."""
    name, text = f"{code.lower()}.arch", CODES[code].example
    for _ in range(8):
        edits = applied(check_source(Source.of(name, text)).diagnostics)
        if name not in edits:
            break
        text = edits[name][0]
    left = check_source(Source.of(name, text)).diagnostics
    assert text != CODES[code].example
    assert code not in [row.code for row in left], to_text(left)
    assert [row.code for row in left if row.is_error] == [], to_text(left)


def test_a_remedy_is_looked_for_within_bounds() -> None:
    """A stride of a million leaves a million sizes open, and a thousand steps are a thousand places to try."""
    text = net(
        "e: conv(3, 1)\n  repeat 1000 { deconv(3, 1) }\n  maxpool(2) -> deconv(3, 2, stride = 2) -> deconv(3, 1, stride = 1000000) -> avgpool(1, stride = 1000000)\n  add { | skip | skip(e) }",
        "3, 33",
    )
    rows = [row for row in checked(text, "n.arch").diagnostics if row.is_error]
    assert [row.code for row in rows] == ["E301"]


def told(text: str) -> str:
    return to_text(check_source(Source.of("n.arch", text)).diagnostics)


def test_the_input_is_named_only_where_no_step_on_the_way_wants_it_as_it_is() -> None:
    late = told(net("conv(16, 3) -> relu -> conv(32, 3) -> lstm(64)", "12, 1000"))
    assert "write the input as" not in late and "`permute([1, 0])` brings them there" in late
    beside = told(net("add { | conv(12, 3) | skip } -> lstm(64)", "12, 1000"))
    assert "write the input as" not in beside
    assert "write the input as `[length = 12, channels = 1000]`" in told(net("relu -> lstm(64)", "12, 1000"))
    mended = net("conv(16, 3) -> relu -> conv(32, 3) -> permute([1, 0]) -> lstm(64)", "12, 1000")
    assert checked(mended).program is not None


@pytest.mark.parametrize(
    ("text", "offered"),
    [
        (net("flatten -> linear(1e3)"), "write `1000` or `1K`"),
        (net("flatten -> linear(2.0)"), "write `2`"),
        ("network n(classes = 1e3) { input x[8] linear(classes) }", "give `classes` as a whole number, `1000` or `1K`"),
    ],
)
def test_a_whole_number_with_an_exponent_is_offered_as_one(text: str, offered: str) -> None:
    assert offered in " ".join(told(text).split())


@pytest.mark.parametrize("body", ["concat { | conv(8) | add if c }", "add if c"])
def test_a_step_on_a_condition_is_read_on_as_it_was_meant(body: str) -> None:
    """What is wrong with the step is said beside the edit that moves the condition, not after it was made."""
    text = net(body).replace("network n", "network n(c = true)")
    rows = [row for row in checked(text, "n.arch").diagnostics if row.is_error]
    assert [row.code for row in rows] == ["E234", "E121"]


@pytest.mark.parametrize(
    ("body", "mended"),
    [
        ("add if c { | conv(3) | skip }", "if c { add { | conv(3) | skip } }"),
        ("relu -> add if c { | conv(3) | skip } -> relu", "relu -> { if c { add { | conv(3) | skip } } } -> relu"),
        ("concat { | skip | add if c { | conv(3) | skip } }", "concat { | skip | if c: add { | conv(3) | skip } }"),
        ("stage s if c { conv(8) }", "if c { stage s { conv(8) } }"),
    ],
)
def test_a_condition_behind_the_head_of_a_body_is_moved_to_where_it_works(body: str, mended: str) -> None:
    text = net(body).replace("network n", "network n(c = true)")
    offered, _ = applied(checked(text, "n.arch").diagnostics)["n.arch"]
    assert offered == text.replace(body, mended)
    assert [row.code for row in checked(offered, "n.arch").diagnostics if row.is_error] == []


IN_ANOTHER_ORDER = {
    "windows that do not fit": (net("conv(8, 3, pad = 0) -> conv(8, 3, pad = 0)", "64, 64, 3"), "E311", "input x[3, 64, 64]"),
    "sizes that a parameter gives": (
        net("conv(8, 5, pad = 0)", "size, size, 3").replace("network n", "network n(size = 32)"),
        "E311",
        "input x[3, size, size]",
    ),
    "with the batch": (net("conv(8, 3, stride = 2)\n  expect [8, 16, 16]", "1, 3, 32, 32"), "E231", "input x[3, 32, 32]"),
    "a skip": (
        net("conv(8) -> e: conv(8) -> maxpool(2) -> deconv(8, 2, stride = 2)\n  add { | skip | skip(e) }", "32, 32, 3"),
        "E301",
        "input x[3, 32, 32]",
    ),
}


@pytest.mark.parametrize("title", IN_ANOTHER_ORDER)
def test_an_input_in_another_order_is_told_as_the_cause(title: str) -> None:
    text, code, written = IN_ANOTHER_ORDER[title]
    rows = checked(text, "n.arch").diagnostics
    assert [row.code for row in rows] == [code]
    said = to_text(rows)
    assert "as the input seems to be meant" in said
    assert "it would do with" not in said
    mended, _ = applied(rows)["n.arch"]
    assert written in mended
    assert [row.code for row in checked(mended, "n.arch").diagnostics if row.is_error] == []


def test_where_the_order_of_the_input_is_not_all_that_is_wrong_it_is_a_note() -> None:
    said = told(net("e: conv(32) -> maxpool(2)\n  conv(8) -> deconv(16, 2, stride = 2)\n  add { | skip | skip(e) }", "64, 64, 3"))
    assert "error[E301]" in said
    assert "`[3, 64, 64]` seems to be meant" in " ".join(said.split())


@pytest.mark.parametrize(
    ("body", "size", "written"),
    [
        ("upsample(scale = 120.0 / 88)", "3, 88, 88", "upsample(size = 120)"),
        ('upsample(mode = "nearest", scale = [120.0 / 88, 30.0 / 22])', "3, 88, 22", 'upsample(mode = "nearest", size = 120x30)'),
        ("upsample(15.0 / 11)", "3, 22", "upsample(size = 30)"),
    ],
)
def test_a_factor_that_falls_short_is_doubted_and_the_size_is_exact(body: str, size: str, written: str) -> None:
    rows = checked(net(body, size), "n.arch").diagnostics
    assert [row.code for row in rows] == ["W519"]
    mended, _ = applied(rows)["n.arch"]
    assert written in mended
    assert checked(mended, "n.arch").diagnostics == ()


@pytest.mark.parametrize("body", ["upsample(2)", "upsample(1.5)", "upsample(scale = 100.0 / 64)", "upsample(1.3)"])
def test_a_factor_that_reaches_its_size_or_aims_at_none_is_not_doubted(body: str) -> None:
    assert "W519" not in [row.code for row in checked(net(body, "3, 64, 64"), "n.arch").diagnostics]


@pytest.mark.parametrize(
    ("body", "offered"),
    [
        ("tokens -> linear(8) -> parameter([64, 8])", "`add(broadcast = true) { | skip | parameter([64, 8]) }`"),
        ("tokens -> linear(8) -> parameter([16, 8])", "`… { | skip | parameter([16, 8]) }`"),
        (
            "t: tokens\n  latent: parameter([5, 8])\n  skip(t)",
            "by `skip(latent)`, begin anew with it, `skip(x) -> latent: parameter([5, 8])`, and go on by `skip` of what came in",
        ),
    ],
)
def test_a_learned_tensor_is_offered_a_sum_only_where_it_fits_one(body: str, offered: str) -> None:
    said = told(net(body, "3, 8, 8"))
    assert "error[E241]" in said
    assert offered in " ".join(said.split())
