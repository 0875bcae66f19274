"""Paths of a merge that do not meet: what is offered is typed in, and compiles; and it is what the paths themselves say is meant."""

from __future__ import annotations

import re

import pytest

from archc.reporting.terminal import to_text
from tests.support import assert_mended, errors_of


def net(body: str, shape: str = "64, 32, 32", before: str = "") -> str:
    return f"{before}network n {{\n  input x[{shape}]\n  {body}\n}}\n"


BLOCK = "block unit(c, stride = 1) {{\n  add {{ | conv(c, 3, stride = stride) -> relu -> conv(c, 3) | {path} }}\n}}\n"
TWICE = "unit(64) -> unit(32, stride = 2) -> unit(32)"
TWO = (
    "network n {{\n  input a[3, 32, 32]\n  input b[3, 16, 16]\n  add {{ | skip(a) -> conv(8{stride}) -> relu | skip(b) -> conv(8) }}\n}}\n"
)
EDITS = {
    "a projection without the stride": (
        net("add { | conv(64, 3, stride = 2) -> relu | conv(64, 1) -> relu }"),
        net("add { | conv(64, 3, stride = 2) -> relu | conv(64, 1, stride = 2) -> relu }"),
    ),
    "a projection with neither the stride nor the channels": (
        net("add { | conv(64, 1) | conv(128, 3, stride = 2) -> conv(128, 3) }"),
        net("add { | conv(128, 1, stride = 2) | conv(128, 3, stride = 2) -> conv(128, 3) }"),
    ),
    "a projection of a block, which strides as its path does": (
        net(TWICE, before=BLOCK.format(path="conv(c, 1)")),
        net(TWICE, before=BLOCK.format(path="conv(c, 1, stride = stride)")),
    ),
    "one of three paths that strides alone": (
        net("add { | conv(64, 3, stride = 2) | conv(64, 1) | conv(64, 5) }"),
        net("add { | conv(64, 3, stride = 1) | conv(64, 1) | conv(64, 5) }"),
    ),
    "one of three paths that does not stride": (
        net("concat { | conv(64, 3, stride = 2) | conv(64, 1) | conv(64, 5, stride = 2) }"),
        net("concat { | conv(64, 3, stride = 2) | conv(64, 1, stride = 2) | conv(64, 5, stride = 2) }"),
    ),
    "a stride of four beside one of two": (
        net("concat { | maxpool(2) -> conv(8, 3, stride = 2) | conv(8, 3, stride = 2) }"),
        net("concat { | maxpool(2) -> conv(8, 3, stride = 2) | conv(8, 3, stride = 4) }"),
    ),
    "two inputs": (TWO.format(stride=""), TWO.format(stride=", stride = 2")),
    "a gate that strides": (
        net("mul { | skip | conv(1, 7, stride = 2) -> sigmoid }"),
        net("mul { | skip | conv(1, 7, stride = 1) -> sigmoid }"),
    ),
    "a gate without padding": (
        net("mul { | skip | conv(1, 7, pad = 0) -> sigmoid }"),
        net("mul { | skip | conv(1, 7, pad = 3) -> sigmoid }"),
    ),
    "a window that is no square": (
        net("add { | conv(64, 3x1) -> conv(64, 1x3, pad = 0) | skip }"),
        net("add { | conv(64, 3x1) -> conv(64, 1x3, pad = 0x1) | skip }"),
    ),
    "a skip of a signal": (
        net("add { | conv(16, 3, stride = 2) | skip }", "8, 100"),
        net("add { | conv(16, 3, stride = 2) | conv(16, 1, stride = 2) }", "8, 100"),
    ),
    "a path that is flattened": (
        net("concat { | conv(32) -> relu -> flatten | conv(32) }"),
        net("concat { | conv(32) -> relu | conv(32) }"),
    ),
    "an axis that is counted with the batch": (
        net("concat(axis = 1) { | conv(32) | conv(16) }"),
        net("concat(axis = channels) { | conv(32) | conv(16) }"),
    ),
    "a map that is flattened beside its sequence": (
        net("add { | tokens -> attention(4) | conv(64) -> flatten }"),
        net("add { | tokens -> attention(4) | conv(64) -> tokens }"),
    ),
    "a learned sequence beside a map": (
        net("add { | parameter([1024, 64]) | skip }"),
        net("add { | parameter([64, 32, 32]) | skip }"),
    ),
    "a learned map beside a sequence": (
        net("tokens\n  add { | skip | parameter([64, 32, 32]) }"),
        net("tokens\n  add { | skip | parameter([1024, 64]) }"),
    ),
    "a token that is a vector": (
        net("tokens\n  concat { | parameter([64]) | skip }"),
        net("tokens\n  concat(axis = length) { | parameter([1, 64]) | skip }"),
    ),
    "a token that stands the other way": (
        net("tokens\n  concat { | parameter([64, 1]) | skip }"),
        net("tokens\n  concat(axis = length) { | parameter([1, 64]) | skip }"),
    ),
    "a reduction of which two paths have no padding": (
        net("concat { | conv(8, 3, stride = 2) | conv(8, 3, stride = 2, pad = 0) | maxpool(3, stride = 2) }"),
        net("concat { | conv(8, 3, stride = 2, pad = 0) | conv(8, 3, stride = 2, pad = 0) | maxpool(3, stride = 2) }"),
    ),
    "a pool in a block that lost the stride": (
        net("unit(64) -> unit(64, s = 2)", before="block unit(c, s = 1) { add { | conv(c, 3, stride = s) | avgpool(3, pad = 1) } }\n"),
        net(
            "unit(64) -> unit(64, s = 2)",
            before="block unit(c, s = 1) { add { | conv(c, 3, stride = s) | avgpool(3, pad = 1, stride = s) } }\n",
        ),
    ),
    "an axis whose name is that of a value": (
        net("tokens -> unit(9)", before="block unit(length) { concat { | parameter([64]) | skip } }\n"),
        net("tokens -> unit(9)", before="block unit(length) { concat(axis = 0) { | parameter([1, 64]) | skip } }\n"),
    ),
    "a permutation that is not undone": (
        net("add { | linear(64) -> permute([1, 0]) | skip }", "length = 9, channels = 64"),
        net("add { | linear(64) | skip }", "length = 9, channels = 64"),
    ),
    "a side of a pyramid that is padded": (
        net("c: conv(8)\n  conv(8, 3, stride = 2)\n  add { | skip(c) -> conv(8, 1, pad = 2) | upsample(2) }"),
        net("c: conv(8)\n  conv(8, 3, stride = 2)\n  add { | skip(c) -> conv(8, 1, pad = 0) | upsample(2) }"),
    ),
    "a pool deep in a path that lost the stride": (
        net(
            "unit(64) -> unit(64, s = 2)",
            before="block unit(c, s = 1) {\n  add {\n    | proj: { avgpool(3, pad = 1) -> conv(c, 1) }\n    | layers: { bn -> deep: { dwconv(3, stride = s) -> conv(c, 1) } }\n  }\n}\n",
        ),
        net(
            "unit(64) -> unit(64, s = 2)",
            before="block unit(c, s = 1) {\n  add {\n    | proj: { avgpool(3, pad = 1, stride = s) -> conv(c, 1) }\n    | layers: { bn -> deep: { dwconv(3, stride = s) -> conv(c, 1) } }\n  }\n}\n",
        ),
    ),
    "a bottleneck that lost the stride": (
        net("add { | conv(8, 1) -> dwconv(3) -> conv(64, 1) | maxpool(2) -> conv(64, 1) | conv(64, 1, stride = 2) }"),
        net("add { | conv(8, 1) -> dwconv(3, stride = 2) -> conv(64, 1) | maxpool(2) -> conv(64, 1) | conv(64, 1, stride = 2) }"),
    ),
    "a table that is read elsewhere": (
        net(
            "w: parameter([10, 16])\n  add { | skip(x) -> linear(16) | skip(w) }\n  matmul { | skip | skip(w) }",
            "length = 10, channels = 4",
        ),
        net(
            "w: parameter([10, 16])\n  add { | skip(x) -> linear(16) | skip(w) }\n  matmul { | skip | skip(w) -> permute([1, 0]) }",
            "length = 10, channels = 4",
        ),
    ),
    "the odd one of three": (
        net("add { | conv(64, 3) | conv(32, 1) | conv(64, 1) }"),
        net("add { | conv(64, 3) | conv(64, 1) | conv(64, 1) }"),
    ),
}


@pytest.mark.parametrize("title", EDITS)
def test_an_edit_is_what_the_paths_say(title: str) -> None:
    assert_mended(*EDITS[title])


WAYS = {
    "channels of two paths": (
        "add { | conv(128, 3) -> relu -> conv(128, 5) | conv(64, 1) }",
        {"conv(64, 1)": "conv(128, 1)", "conv(128, 5)": "conv(64, 5)"},
    ),
    "channels of two values": ("maximum { | conv(64, 3) | conv(48, 1) }", {"conv(48, 1)": "conv(64, 1)", "conv(64, 3)": "conv(48, 3)"}),
    "channels of a gate of the same size": ("mul { | conv(24) | conv(32) -> sigmoid }", {"conv(24)": "conv(32)", "conv(32)": "conv(24)"}),
    "channels of a quotient": ("div { | conv(4) | conv(8) }", {"conv(8)": "conv(4)", "conv(4)": "conv(8)"}),
    "a gate of half the size": ("mul { | skip | avgpool(2) -> tanh }", {"tanh": "tanh -> upsample(size = 32)"}),
    "a learned map": ("add { | conv(64) | parameter([64, 8, 8]) }", {"parameter([64, 8, 8])": "parameter([64, 32, 32])"}),
    "a learned token": (
        "tokens\n  concat(axis = 0) { | parameter([1, 32]) | skip }",
        {"parameter([1, 32])": "parameter([1, 64])"},
    ),
    "a map beside vectors": (
        "concat { | conv(8, 5) | global_avgpool -> flatten | global_maxpool -> flatten }",
        {"conv(8, 5)": "conv(8, 5) -> global_avgpool -> flatten", " conv(8, 5)": " conv(8, 5) -> flatten"},
    ),
    "a sequence beside its map": (
        "add { | tokens -> attention(4) | conv(64) }",
        {
            "attention(4)": "attention(4) -> permute([channels, length]) -> reshape([channels = 64, height = 32, width = 32])",
            "conv(64)": "conv(64) -> tokens",
        },
    ),
    "a map of other channels beside a sequence": (
        "tokens -> linear(32)\n  add { | attention(4) | skip(x) }",
        {"skip(x)": "skip(x) -> tokens -> linear(32)"},
    ),
    "a mask of the image that weighs a smaller map": (
        "conv(16, 3, stride = 2)\n  mul { | skip | skip(x) -> conv(1, 1) -> sigmoid }",
        {"sigmoid": "sigmoid -> avgpool(2)"},
    ),
    "the side of a pyramid": (
        "c3: conv(32)\n  c4: conv(64, 3, stride = 2)\n  p4: conv(8, 1)\n  add { | skip(c3) -> conv(8, 1) | skip(p4) }",
        {"skip(p4)": "skip(p4) -> upsample(like = c3)"},
    ),
    "a map beside its upsampling": ("add { | skip | upsample(2) }", {"| skip": "| skip -> upsample(size = 64)"}),
    "a sequence of a volume": (
        "add { | tokens -> attention(4) | tanh }",
        {
            "attention(4)": "attention(4) -> permute([channels, length]) -> reshape([channels = 64, depth = 2, height = 4, width = 4])",
            "tanh": "tanh -> tokens",
        },
    ),
}


def test_an_upsampling_of_one_axis_has_a_size() -> None:
    text = net("a: conv(8, 3, stride = 2)\n  conv(8, 3, stride = 1x2x2)\n  upsample(2)\n  concat { | skip | skip(a) }", "4, 16, 32, 32")
    (row,) = errors_of(text)
    assert row.help == "write `upsample(like = a)`, which ends path 1 in the size of the other"
    assert not errors_of(text.replace("upsample(2)", "upsample(like = a)"))


@pytest.mark.parametrize("title", WAYS)
def test_each_way_that_is_told_compiles(title: str) -> None:
    body, ways = WAYS[title]
    text = net(body, "64, 2, 4, 4" if "volume" in title else "64, 32, 32")
    (row,) = errors_of(text)
    assert row.fix is None
    for before, after in ways.items():
        assert f"`{after.strip(' |')}`" in (row.help or ""), row.help
        changed = text.replace(before, after, 1)
        assert changed != text and not errors_of(changed), to_text(errors_of(changed))
    assert len(re.findall(r"`[^`]*[( ][^`]*`", row.help or "")) == len(ways)


@pytest.mark.parametrize("stride", ["2", "s"])
def test_a_stride_that_is_given_twice_is_left_out_once(stride: str) -> None:
    path = f"conv(64, 1, stride = {stride}) -> relu -> conv(64, 3, stride = {stride}) -> conv(c, 1)"
    text = net(
        "unit(128, s = 2) -> unit(64)", before=f"block unit(c, s = 1) {{\n  add {{ | {path} | conv(c, 1, stride = {stride}) }}\n}}\n"
    )
    (row,) = errors_of(text)
    assert row.fix is None
    assert (
        row.help
        == f"path 1 has `stride = {stride}` twice: leave it out of `conv(64, 1, stride = {stride})` or of `conv(64, 3, stride = {stride})`"
    )
    for step in ("conv(64, 1", "conv(64, 3"):
        assert not errors_of(text.replace(f"{step}, stride = {stride})", f"{step})"))


def test_a_name_is_not_made_a_number_in_a_block() -> None:
    text = net("unit(2) -> unit(1)", before="block unit(s) { add { | maxpool(2) -> conv(64, 3, stride = s) | conv(64, 3, stride = s) } }\n")
    assert "stride = 4" not in (errors_of(text)[0].help or "")


@pytest.mark.parametrize(("merge", "projection"), [("add", " -> conv(16, 1)"), ("concat", "")])
def test_stages_of_several_sizes_are_brought_up(merge: str, projection: str) -> None:
    stages = "a: conv(16)\n  b: conv(32, stride = 2)\n  c: conv(64, stride = 2)\n  "
    text = net(f"{stages}{merge} {{ | skip(a) | skip(b) | skip(c) }}")
    (row,) = errors_of(text)
    assert row.help is not None and "paths 2 and 3 up to the size of `a`" in row.help
    for name in "bc":
        brought = f"skip({name}){projection} -> upsample(like = a)"
        text = text.replace(f"skip({name})", brought)
        assert f"`{brought}`" in row.help
    assert not errors_of(text)


def test_a_label_of_a_comprehension_is_not_written_elsewhere() -> None:
    body = 'x0: conv(8)\n  x1: conv(8)\n  maxpool(2)\n  concat {{ | for k in range(2): skip("x{{k}}") | conv(8, 3, stride = 2) -> upsample(4){} }}'
    assert_mended(net(body.format(""), "3, 30, 30"), net(body.format(" -> crop(30)"), "3, 30, 30"))


def test_a_label_that_a_loop_fills_in_is_not_cut_to_a_number() -> None:
    loop = 'for i in range(2) {\n    "x{i}": conv(8)\n    maxpool(2)\n    concat { | skip("x{i}") | upsample(size = 20 * (2 - i)) }\n  }'
    found = errors_of(net(loop, "3, 44, 44"))
    assert found and all(row.fix is None for row in found)


def test_a_flatten_beside_its_own_input_is_not_left_out() -> None:
    (row,) = errors_of(net("add { | flatten | skip }"))
    assert row.fix is None and "leave out" not in (row.help or "")


def test_whole_numbers_are_told_before_their_shape() -> None:
    (row,) = errors_of(net("embedding(100, 8) -> linear(4)\n  add { | skip | skip(x) }", "16"))
    assert row.code == "E335" and row.fix is None and "broadcast" not in (row.help or "")


def test_of_two_steps_with_one_text_the_one_is_told() -> None:
    (row,) = errors_of(net("add { | linear(128) -> relu -> linear(128) | skip }", "64"))
    assert row.help == "write `linear(64)` at <text>:3:34" or re.search(r"`linear\(64\)` at \S+:3:34", row.help or ""), row.help


def test_a_gate_names_each_axis_that_differs() -> None:
    (row,) = errors_of(net("mul { | skip | avgpool(2) }"))
    assert "height 32 and 16, width 32 and 16" in row.message


def test_what_only_stacking_joins_is_told_so() -> None:
    text = "network n {\n  input a[16, 64]\n  input b[20, 64]\n  add { | skip(a) | skip(b) }\n}\n"
    (row,) = errors_of(text)
    assert row.help == "`concat` stacks paths of different channels"
    assert not errors_of(text.replace("add", "concat"))
