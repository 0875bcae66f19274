"""What is said of mistakes that a parser cannot see: each once, with what was meant."""

from __future__ import annotations

import pytest

from archc.base.source import Source
from archc.compiler.driver import check_source
from archc.compiler.graph.graph import Graph
from archc.reporting.fixes import applied
from archc.reporting.terminal import to_text
from tests.support import checked

# The text (`x` is [3, 8, 8]), the code, a part of what is said, and what the fix makes of the text, if there is one.
MISTAKES = {
    "a word without quotes": (
        "upsample(2, mode = bilinear)",
        "E201",
        '`"bilinear"`: a text stands between quotes',
        'upsample(2, mode = "bilinear")',
    ),
    "a layer of PyTorch that counts its inputs": (
        "Conv2d(3, 64, 3)",
        "E201",
        "channels that come in are never written",
        "conv(64, 3, pad = 0)",
    ),
    "a layer of PyTorch that does not": ("ReLU()", "E201", "did you mean `relu`", "relu()"),
    "a statement's word as a step": ("expect(3)", "E201", "`expect` begins a statement", None),
    "one letter is near to nothing": ("conv(b)", "E201", "there is no value named `b`", None),
    "channels of a norm": ("bn(3)", "E208", "the channels are never written", "bn"),
    "a width that a factor makes": ("let w = 0.5\nconv(64 * w)", "E208", "`round(64 * w)` is 32", "let w = 0.5\nconv(round(64 * w))"),
    "a width that is no whole number": ("conv(64 * 0.3)", "E208", "`divisible(64 * 0.3, 8)`", None),
    "where the values of a wrong number come from": ("let r = 16\nconv(in.channels // r)", "E208", "`r` is 16", None),
    "a gate that is added": ("add { | skip | global_avgpool }", "E301", "`add(broadcast = true)` stretches", None),
    "an even window beside a skip": (
        "add { | conv(3, 4) | skip }",
        "E301",
        "`half` cannot centre: `pad = same` keeps",
        "add { | conv(3, 4, pad = same) | skip }",
    ),
    "a label of every round": ("repeat 3 { c: conv(3) -> relu }\nadd { | skip(c) | skip }", "E202", 'an expression, `"c{i}": …`', None),
    "reuse as the head of a merge": (
        "m: add { | skip | conv(3) }\nreuse(m) { | skip | skip }",
        "E234",
        "runs a merge again with its own paths",
        None,
    ),
    "two parameters of one name": ("b(3)", "E216", "two parameters are named `n`", None),
    "a file of nearly that name": ("relu", "E213", "did you mean `resnet`", None),
    "a flag without its value": ("conv(8, bias)", "E201", "a parameter is given with its value: `bias = false`", "conv(8, bias = false)"),
    "a parameter without its value": ("conv(8, stride)", "E201", "`stride` is a parameter of `conv`: write `stride = …`", None),
    "numbers of words where features are wanted": ("flatten -> lstm(8)", "E313", "`embedding(count, features)`", None),
    "a small quotient is no number to round": ("upsample(scale = 120 / 88)", "E220", "write `120.0 / 88`", "upsample(scale = 120.0 / 88)"),
    "a quotient that falls short of the size it is for": (
        "upsample(11) -> upsample(scale = 120 / 88)",
        "E220",
        "falls just short of it, and a factor is rounded down: write `size = 120`",
        "upsample(11) -> upsample(size = 120)",
    ),
    "a large one is": ("conv(64 / 3)", "E220", "write `//` to round down (here to 21)", "conv(64 // 3)"),
    "a skip that is added by a sign": ("a: conv(3)\na + skip", "E114", "`add { | skip(a) | skip }`", None),
    "tensors given as arguments": (
        "a: conv(3)\nf(a, a)",
        "E207",
        "write `f { | skip(a) | skip(a) }`",
        "a: conv(3)\nf { | skip(a) | skip(a) }",
    ),
    "a chain of steps as an argument": ("g(conv(kernel = 3) -> bn)", "E121", "an argument is one value", None),
    "a concatenation as a step": ("cat(1)", "E201", "`concat { | … | … }`", None),
    "a block that lacks what its caller gives": ("g(f)", "E204", "let it take that: `f(out, groups = none)`", None),
    "a parameter that has its argument already": ("conv(8, channles = 3)", "E204", "its use is `conv(channels, ", None),
    "a slip in a call of a block by its name": ("f(outt = 2)", "E204", "did you mean `out`", "f(out = 2)"),
    "a step that is named in a chain": ("relu -> fc = conv(4) -> relu", "E116", "a label: `fc: …`", "relu -> fc: conv(4) -> relu"),
    "a step without arguments that is named in a chain": ("relu -> a = bn", "E116", "a label: `a: …`", "relu -> a: bn"),
    "a step that is named in a path": (
        "add { | a = conv(3) -> relu | skip }",
        "E116",
        "a label: `a: …`",
        "add { | conv(3) -> a: relu | skip }",
    ),
    "a label that is returned": ("a: conv(3)\nrelu\nreturn a", "E109", "write `skip(a)`", "a: conv(3)\nrelu\nskip(a)"),
    "an input that is returned, or the tensor at hand": ("conv(3)\nreturn x", "E109", "the last tensor of a body is its result", None),
    "the last step that is returned": ("relu\na: conv(3)\nreturn a", "E109", "leave `return a` out", "relu\na: conv(3)\n"),
    "the first step of the last line, or all of it": (
        "relu\na: conv(3)\n  -> relu\nreturn a",
        "E109",
        "the last tensor of a body is its result",
        None,
    ),
    "the tensor at hand that is returned": ("conv(3)\nreturn out", "E109", "leave `return out` out", "conv(3)\n"),
    "a step that is returned": ("conv(3)\nreturn relu", "E109", "leave `return` out", "conv(3)\nrelu"),
    "a mean along an axis": ("mean(axis = height)", "E234", '`reduce("mean", axis = height)`', None),
    "a mean along a dimension that is counted": ("mean(1)", "E234", '`reduce("mean", axis = channels)`', None),
    "a largest value along an axis": ("maximum(axis = channels)", "E234", '`reduce("max", axis = channels)`', None),
    "a mean of labels is one of paths": ("a: relu\nmean(a)", "E234", "`mean { | skip | skip(a) }`", None),
    "the indices of a pool as a second result": ("maxpool(2, indices = true) as p, i", "E234", "`p: maxpool(2, indices = true)`", None),
    "the way back from a pool without its indices": ("maxunpool(2)", "E234", "`maxunpool(2) { | skip | skip(p.indices) }`", None),
    "the way back from a pool that what comes in has the size of": (
        "p: maxpool(2, indices = true)\nmaxunpool(2, like = p)",
        "E234",
        "`maxunpool(2) { | skip | skip(p.indices) }`",
        None,
    ),
    "an image where a sequence is read": ("lstm(8)", "E313", '`rearrange("c h w -> w (c h)")` reads an image column by column', None),
    "arguments of a merge stay in what is proposed": ("concat(axis = height)", "E234", "`concat(axis = height) { | … | … }`", None),
    "sizes of the input where a label is wanted": ("upsample(like = in)", "E202", "is no step: here the label of a step", None),
    "sizes of an axis that are not known": (
        'rearrange("c (h p) w -> (c p) h w")',
        "E334",
        "together they make height (8) of [3, 8, 8]",
        None,
    ),
    "an encoder": ("transformer_encoder(4)", "E201", "linear(4 * in.channels) -> gelu", None),
    "a block that calls itself": ("b(3)", "E401", "`b` calls itself without end", None),
}
BEFORE = {
    "tensors given as arguments": "block f takes a, b { add { | skip(a) | skip(b) } }",
    "a chain of steps as an argument": "block g(unit) { unit(3) }",
    "a block that lacks what its caller gives": "block f(out) { conv(out) }\nblock g(unit) { unit(3, groups = 3) }",
    "a slip in a call of a block by its name": "block f(out) { conv(out) }",
    "two parameters of one name": "block b(n, n = 4) { conv(n) }",
    "a file of nearly that name": "import resnett",
    "a block that calls itself": "block b(n) { conv(n) -> b(n) }",
}


def text_of(title: str, body: str) -> Source:
    return Source.of("test.arch", f"{BEFORE.get(title, '')}\nnetwork test {{\ninput x[3, 8, 8]\n{body}\n}}\n")


@pytest.mark.parametrize("title", MISTAKES)
def test_what_is_said(title: str) -> None:
    body, code, part, mended = MISTAKES[title]
    errors = [row for row in check_source(text_of(title, body)).diagnostics if row.is_error]
    assert [row.code for row in errors] == [code], to_text(errors)
    assert part in to_text(errors)
    assert (errors[0].fix is None) is (mended is None)
    if mended is not None:
        text, _ = applied(errors)["test.arch"]
        assert text == text_of(title, mended).text
        assert not checked(text, "test.arch").has_errors


def test_variables_of_a_loop_and_inputs_of_a_block_have_different_names() -> None:
    text = "block f takes q, q { add { | skip | skip(q) } }\nnetwork n { input x[3, 8, 8]\nfor i, i in [1, 2] { f { | skip | skip } } }"
    rows = checked(text, "test.arch").diagnostics
    assert [(row.code, row.message) for row in rows] == [
        ("E216", "two inputs are named `q`"),
        ("E216", "two variables of a loop are named `i`"),
    ]


def test_side_heads_of_one_name_are_told_apart() -> None:
    """A block with a side head may be there twice; a head alone keeps its own name."""
    text = """
block unit(n) {
  conv(n)
  aux head { global_avgpool -> flatten }
}
network n {
  input x[3, 8, 8]
  stage a { unit(4) -> unit(5) }
  aux last { global_avgpool }
}
"""
    found = checked(text, "test.arch")
    assert found.program is not None
    heads = [node.names for node in Graph(found.program).nodes if node.training_only and node.operation.name == "output"]
    assert heads == [("output", "a_unit1_head"), ("output", "a_unit2_head"), ("output", "last")]


def test_after_a_mistake_in_the_text_nothing_is_doubted() -> None:
    """What could not be read may have used what nothing else uses."""
    rows = checked("network n {\ninput x[3, 8, 8]\nconv(3)\nrelu\n| bn\n}", "test.arch").diagnostics
    assert [row.code for row in rows] == ["E123"]


@pytest.mark.parametrize("line", ["skip(h.c) -> relu", "skip(h)", "reuse(h.c)", "upsample(like = h.c)", "output a = h.c"])
def test_the_network_does_not_read_what_is_there_only_in_training(line: str) -> None:
    text = f"network n {{\ninput x[3, 8, 8]\nconv(4)\naux h {{ c: conv(4) -> relu }}\n{line}\n}}"
    rows = [row for row in checked(text, "test.arch").diagnostics if row.is_error]
    assert [row.code for row in rows] == ["E238"], to_text(rows)


def test_a_side_head_reads_another() -> None:
    text = "network n {\ninput x[3, 8, 8]\naux h { c: conv(4) -> relu }\naux k { skip(h.c) -> conv(2) }\nconv(2)\n}"
    assert not checked(text, "test.arch").has_errors


@pytest.mark.parametrize(
    ("line", "part"),
    [
        ("two", "`two` takes more tensors than the 1 that comes in: its input `b` gets nothing"),
        ("two { | skip | skip | relu }", "`two` takes 2 tensors, and 3 paths end here"),
        ("a: relu\nadd(a, x)", "`add { | skip(a) | skip(x) }`"),
        ("a: relu\nconcat(a)", "`concat { | skip | skip(a) }`"),
        ("a: relu\na -> conv(3)", "`a` is a label: `skip(a)` goes on from its step"),
    ],
)
def test_tensors_that_do_not_meet_as_they_were_meant_to(line: str, part: str) -> None:
    two = "network two {\ninput a[3, 8, 8]\ninput b[3, 8, 8]\nadd { | skip | skip(b) }\n}\n"
    rows = [row for row in checked(f"{two}network n {{\ninput x[3, 8, 8]\n{line}\n}}", "n.arch").diagnostics if row.is_error]
    assert len(rows) == 1, to_text(rows)
    assert part in to_text(rows)
    assert rows[0].primary.span.line >= 8  # at the call
