"""What is written as another library writes it: tensors as arguments, conditions behind a step, axes that count the batch. What is offered works."""

from __future__ import annotations

import re

import pytest

from archc.compiler.ops import TABLE
from archc.dsl.recovery.merges import JOINS
from tests.support import assert_mended, checked

BLOCKS = """block up(c) takes xs[] { concat { | for i in range(len(xs)): skip(xs[i]) } -> conv(c) }
block fuse(c) takes a, b { add { | skip(a) | skip(b) } -> conv(c) }
block one(c, k = 3) { conv(c, k) }
block joined takes xs[] { concat { | for i in range(len(xs)): skip(xs[i]) } }
block two(w) gives low, high { low: conv(w) -> high: conv(w) }
"""


def net(body: str, shape: str = "8, 16, 16") -> str:
    return f"{BLOCKS}network n {{\n  input image[{shape}]\n  d: conv(8)\n  e: conv(8)\n  {body}\n}}\n"


MENDED = {
    # tensors that are arguments of a block
    "up(d, c = 8)": "skip(d) -> up(c = 8)",
    "up(8, d, e)": "up(8) { | skip(d) | skip(e) }",
    "up([d, e], c = 8)": "up(c = 8) { | skip(d) | skip(e) }",
    "up(c = 8, d)": "skip(d) -> up(c = 8)",
    "fuse(8, d, e)": "fuse(8) { | skip(d) | skip(e) }",
    "fuse(d, e, 8)": "fuse(8) { | skip(d) | skip(e) }",
    "fuse(a = d, b = e, c = 8)": "fuse(c = 8) { | skip(d) | skip(e) }",
    "fuse(8, d)": "fuse(8) { | skip | skip(d) }",
    "fuse(8, skip, d)": "fuse(8) { | skip | skip(d) }",
    "one(d, c = 8)": "skip(d) -> one(c = 8)",
    "one(d, 8, 3)": "skip(d) -> one(8, 3)",
    "joined(d, e)": "joined { | skip(d) | skip(e) }",
    "joined([d, e])": "joined { | skip(d) | skip(e) }",
    # a step that is made and called
    "add()(d, e)": "add { | skip(d) | skip(e) }",
    "Add()([d, e])": "add { | skip(d) | skip(e) }",
    "Concatenate(axis=-1)([d, e])": "concat { | skip(d) | skip(e) }",
    "concat(axis = channels)([d, e])": "concat(axis = channels) { | skip(d) | skip(e) }",
    "nn.Conv2d(8, 8, 3, padding=1)(d)": "skip(d) -> conv(8, 3, pad = 1)",
    # sizes on other axes than those that they belong to
    "add(broadcast = true) { | skip | parameter([8]) }": "add(broadcast = true) { | skip | parameter([8, 1, 1]) }",
    "add { | skip | b: parameter([in.channels], init = 0.5) }": "add(broadcast = true) { | skip | b: parameter([in.channels, 1, 1], init = 0.5) }",
    "tokens -> add(broadcast = true) { | skip | parameter([8]) }": "tokens -> add(broadcast = true) { | skip | parameter([1, 8]) }",
    "tokens -> mul { | skip | parameter([256]) }": "tokens -> mul { | skip | parameter([256, 1]) }",
    "tokens -> add { | skip | parameter([8, 256]) }": "tokens -> add { | skip | parameter([256, 8]) }",
    "tokens -> add { | skip | pos: parameter([channels = 8, length = 256]) }": "tokens -> add { | skip | pos: parameter([length = 256, channels = 8]) }",
    "tokens -> matmul { | skip | parameter([4, 8]) }": "tokens -> matmul { | skip | parameter([8, 4]) }",
    "mul { | skip | global_avgpool -> flatten -> sigmoid }": "mul { | skip | global_avgpool -> flatten -> sigmoid -> reshape([8, 1, 1]) }",
    "add { | skip | global_avgpool -> flatten }": "add(broadcast = true) { | skip | global_avgpool -> flatten -> reshape([8, 1, 1]) }",
    "mul(broadcast = true) { | skip | global_avgpool }": "mul { | skip | global_avgpool }",
    # patterns of axes
    'x: rearrange("b c h w -> b (h w) c") -> ln': 'x: rearrange("c h w -> (h w) c") -> ln',
    'rearrange("batch c h w -> batch w c h")': 'rearrange("c h w -> w c h")',
    'x: rearrange("height width channels -> (height width) channels") -> ln': 'x: rearrange("channels height width -> (height width) channels") -> ln',
    'rearrange("c (h p) w -> (p c) h w", p = 3, h = 8)': 'rearrange("c (h p) w -> (p c) h w", p = 2, h = 8)',
    'rearrange("c h w -> h c w", c = 7)': 'rearrange("c h w -> h c w", c = 8)',
    'tokens -> x: einsum("b l d, b s d -> b l s") { | skip | linear(8) }': 'tokens -> x: einsum("l d, s d -> l s") { | skip | linear(8) }',
    'tokens -> einsum("channels length, s channels -> length s") { | skip | linear(8) }': 'tokens -> einsum("length channels, s channels -> length s") { | skip | linear(8) }',
    "two(8) -> concat\n  skip(two.low)": "body: two(8) -> concat\n  skip(body.low)",
    # a result of the network, where the label of its step is wanted
    "o: two(8)\n  output c3 = o.low, c4 = o.high\n  skip(o.c3)": "o: two(8)\n  output c3 = o.low, c4 = o.high\n  skip(o.low)",
    "o: two(8)\n  output c3 = o.low, c4 = o.high\n  concat { | skip(c3) | skip(c4) }": "o: two(8)\n  output c3 = o.low, c4 = o.high\n  concat { | skip(o.low) | skip(o.high) }",
    # a path on a condition
    "add { | conv(8) if true | skip }": "add { | if true: conv(8) | skip }",
    "add { if true | conv(8) | skip }": "add { | if true: conv(8) | skip }",
    "relu -> x: add { if true and 2 > 1 | conv(8) -> relu | skip } -> relu": "relu -> x: add { | if true and 2 > 1: conv(8) -> relu | skip } -> relu",
    "add { | skip | conv(8) if true }": "add { | skip | if true: conv(8) }",
    "add { | skip | conv(8) if 2 > 1 else skip }": "add { | skip | if 2 > 1 { conv(8) } else { skip } }",
    "add { | skip | conv(8) if true else none }": "add { | skip | if true: conv(8) }",
    # paths that no braces hold
    "add | conv(8) | skip": "add { | conv(8) | skip }",
    "add | conv(8) -> gn(2) | skip -> relu": "add { | conv(8) -> gn(2) | skip } -> relu",
    "concat | d | e -> relu": "concat { | skip(d) | skip(e) } -> relu",
    "add: | conv(8) | skip": "add { | conv(8) | skip }",
    "add | conv(8), skip": "add { | conv(8) | skip }",
    "add\n    | conv(8)\n      relu\n    | skip\n  relu": "add {\n    | conv(8)\n      relu\n    | skip\n  }\n  relu",
    "fuse(8)\n    | skip(d)\n    | skip(e)": "fuse(8) {\n    | skip(d)\n    | skip(e)\n  }",
    "fuse(8) | skip(d) | skip(e)": "fuse(8) { | skip(d) | skip(e) }",
    "repeat 2 { add | conv(8) | skip }": "repeat 2 { add { | conv(8) | skip } }",
    "add(| conv(8) | skip) -> relu": "add { | conv(8) | skip } -> relu",
    "add(conv(8) -> relu | skip)": "add { | conv(8) -> relu | skip }",
    "relu -> add(broadcast = true, | conv(8) | skip)": "relu -> add(broadcast = true) { | conv(8) | skip }",
    "concat [\n    | conv(8)\n    | skip\n  ]": "concat {\n    | conv(8)\n    | skip\n  }",
    # commas between lists
    "for row in [[1 2] [3 4]] { conv(row[1]) }": "for row in [[1, 2], [3, 4]] { conv(row[1]) }",
    "for row in [[1, 2] [3, 4]] { conv(row[1]) }": "for row in [[1, 2], [3, 4]] { conv(row[1]) }",
    "for row in [[1, 2] [1]] { conv(row[0]) }": "for row in [[1, 2], [1]] { conv(row[0]) }",
    "for row in [[4] [0] [2, 3]] { conv(8 + row[0]) }": "for row in [[4], [0], [2, 3]] { conv(8 + row[0]) }",
}


@pytest.mark.parametrize("before", MENDED)
def test_it_becomes_what_the_language_says(before: str) -> None:
    assert_mended(net(before), net(MENDED[before]))


def test_words_that_need_several_tensors_are_known_where_paths_lack_their_braces() -> None:
    assert {name for name in TABLE if TABLE[name].least_inputs > 1} == JOINS


def test_a_pipe_of_the_shell_is_none_of_those() -> None:
    assert_mended(net("global_avgpool | flatten | linear(10)"), net("global_avgpool -> flatten -> linear(10)"))


@pytest.mark.parametrize("body", ["for c in [[4, 8][1]] { conv(c) }", "let i = 1\n  conv([4, 8] [i])", "fuse(8) { | skip(d) | skip(e) }"])
def test_what_is_meant_so_is_left(body: str) -> None:
    assert not [row for row in checked(net(body)).diagnostics if row.is_error]


@pytest.mark.parametrize(
    ("body", "help"),
    [
        ("up(d, e)", "write `up(c) { | skip(d) | skip(e) }`"),
        ("one(d)", "`c` is the shape of a tensor"),
        ("add { | conv(8) -> bn if true | skip }", "write `if true: conv(8) -> bn`; of one step alone"),
        ("add()([d, conv(8)])", "several are the paths of a merge: `add { | skip(a) | skip(b) }`"),
        ("h: two(8)\n  h[-1]", "`skip(h) -> select(-1)`; where it has several results, one of them is `skip(h[-1])`"),
        (
            "add(broadcast = true) { | skip | parameter([16]) }",
            "`parameter([1, 1, 16])`, along width; or `parameter([1, 16, 1])`, along height",
        ),
        ('rearrange("c (h p) w -> h w (p c)")', "write all but one of them: `p = …`, which divides 16: 2, 4, 8"),
        ('rearrange("b c (h p) w -> b h w (p c)")', "the batch is not written; `...` stands for any further axes"),
        ("maximum(broadcast = true) { | skip | global_avgpool }", "`expand([-1, 14, 14])` on a path stretches its axes of size 1 before"),
        ("repeat 3 as i { conv(i) }", "`i` counts rounds, from 0: `i + 1` counts from 1"),
        ("for i, k in [3, 5] { one(i) }", "`i` counts rounds, from 0: `i + 1` counts from 1"),
        ("for i in range(3) { conv(i) }", "`i` counts rounds, from 0: `i + 1` counts from 1"),
        ('reduce("mean", axis = [2, 3])', "the batch is not counted: what is [2, 3] with it is `[1, 2]`"),
    ],
)
def test_what_has_no_single_answer_is_told(body: str, help: str) -> None:
    assert any(help in (row.help or "") for row in checked(net(body)).diagnostics)


SEQUENCE = "length = 20, channels = 16"


@pytest.mark.parametrize(
    ("body", "shape", "help"),
    [
        ('reduce("mean", axis = 1)', SEQUENCE, "`length` or `channels`"),
        ('reduce("mean", [1])', SEQUENCE, "`length` or `channels`"),
        ("softmax(1)", SEQUENCE, "`length` or `channels`"),
        ('reduce("max", 1, keep = true)', "3, 16, 16", "`channels` or `height`"),
        ("softmax(axis = 1)", "3, 16, 16", "`channels` or `height`"),
        ("normalize(1)", "3, 16, 16", "`channels` or `height`"),
    ],
)
def test_an_axis_that_may_count_the_batch_is_doubted_and_a_word_settles_it(body: str, shape: str, help: str) -> None:
    text = f"network n {{\n  input x[{shape}]\n  {body}\n}}\n"
    [row] = checked(text).diagnostics
    assert row.code == "W518" and row.help is not None and help in row.help
    for word in help.replace("`", "").split(" or "):
        assert checked(text.replace(body, re.sub(r"\b1(?=[,)\]])", word, body))).diagnostics == ()


@pytest.mark.parametrize(
    "body",
    [
        'tokens -> permute([1, 0]) -> reduce("mean", 1)',
        'reduce("mean", 0)',
        'reduce("mean", [1, 2])',
        'reduce("mean", height)',
        "reshape([3, 16, 16]) -> softmax(1)",
        "softmax(2)",
    ],
)
def test_an_axis_that_can_be_read_in_one_way_is_not_doubted(body: str) -> None:
    assert [row.code for row in checked(f"network n {{\n  input x[3, 16, 16]\n  {body}\n}}\n").diagnostics] == []


@pytest.mark.parametrize(
    ("step", "help"),
    [
        ("relu", "it stands behind what makes them: `embedding(…) -> relu`"),
        ("dropout(0.1)", "`embedding(…) -> dropout(0.1)`"),
        ("offset(1)", "do that where the batch is made"),
        ("clamp(0, 99)", "do that where the batch is made"),
    ],
)
def test_a_step_on_the_numbers_of_words_is_told_where_it_goes(step: str, help: str) -> None:
    [row] = checked(f"network n {{\n  input words[length = 20]\n  {step} -> embedding(100, 16)\n}}\n").diagnostics
    assert row.code == "E335" and row.help is not None and help in row.help
