"""The names of steps: the five rules of the language, and which labels are legal."""

from __future__ import annotations

import pytest

from archc.base.source import Source
from archc.compiler.elaborate.elaborate import elaborate
from archc.compiler.elaborate.naming import RESERVED, legal_name, why_not
from archc.compiler.graph.program import Program
from archc.dsl.parser.parse import parse
from tests.support import checked


def program(text: str) -> Program:
    file, diagnostics = parse(Source.of("test.arch", text))
    assert not diagnostics, diagnostics
    made, diagnostics = elaborate(file)
    assert made is not None, diagnostics
    return made


def names(body: str, before: str = "") -> list[str]:
    """The keys of the steps of a network on an 8x8 image, ports left out."""
    made = program(f"{before}\nnetwork n {{\n input x[4, 8, 8]\n {body}\n}}")
    return [node.key for node in made.nodes if not node.is_port]


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ("conv(4) -> bn -> relu -> conv(4) -> bn", ["conv1", "bn1", "relu1", "conv2", "bn2"]),
        ("a: conv(4) -> conv(4)", ["a", "conv1"]),
        ("conv1: conv(4) -> conv(4)", ["conv1", "conv2"]),
        ("conv(4) -> conv1: conv(4)", ["conv2", "conv1"]),
        ("conv(4) -> conv(4) -> add { | conv2: conv(4) | skip }", ["conv1", "conv3", "conv2", "add1"]),
        ("conv(4) stage s flat { conv1: conv(4) }", ["conv2", "conv1"]),
        ("conv(4) stage s { conv1: conv(4) }", ["conv1", "s.conv1"]),
        ("relu stage relu1 { conv(4) }", ["relu2", "relu1.conv1"]),
        ("conv(4) repeat 2 { conv1: conv(4) -> relu }", ["conv1", "blocks.0.conv1", "blocks.0.relu1", "blocks.1.conv1", "blocks.1.relu1"]),
        ("if false { conv1: conv(4) } conv(4)", ["conv1"]),
        ("conv(4) if true { conv1: conv(4) }", ["conv2", "conv1"]),
        ("conv(4) if false { conv1: conv(4) }", ["conv1"]),
        ("conv(4) if false { relu } else { conv1: conv(4) }", ["conv2", "conv1"]),
        ("conv(4) -> conv(4) if true { if true { conv1: conv(4) } conv2: conv(4) }", ["conv3", "conv4", "conv1", "conv2"]),
        ("if true { conv1: conv(4) } conv(4)", ["conv1", "conv2"]),
        ("add { | conv(4) | if true: conv1: conv(4) }", ["conv2", "conv1", "add1"]),
        ("conv(4) stage s flat { if true { conv1: conv(4) } }", ["conv2", "conv1"]),
        ("conv(4) stage s { conv(4) if true { conv1: conv(4) } }", ["conv1", "s.conv2", "s.conv1"]),
        ("conv(4) -> { conv1: conv(4) }", ["conv2", "conv1"]),
        ('conv(4) for i in range(2) { "conv{i + 1}": conv(4) }', ["conv3", "conv1", "conv2"]),
        ('for i in range(2) { "conv{i + 1}": conv(4) } conv(4)', ["conv1", "conv2", "conv3"]),
        ('conv(4) -> "conv1.a": conv(4)', ["conv2", "conv1.a"]),
        ('"conv1.a": conv(4) -> conv(4)', ["conv1.a", "conv2"]),
        ("repeat 2 as i { conv(4) if i == 1 { conv1: conv(4) } }", ["blocks.0.conv1", "blocks.1.conv2", "blocks.1.conv1"]),
        ("repeat 2 { conv(4) } if true { blocks: conv(4) }", ["blocks2.0", "blocks2.1", "blocks"]),
        ('stage s { repeat 2 { conv(4) } if true { "0": conv(4) } }', ["s.1", "s.2", "s.0"]),
        ('stage s { repeat 2 { conv(4) -> relu } if true { "1": conv(4) } }', ["s.0.conv1", "s.0.relu1", "s.2.conv1", "s.2.relu1", "s.1"]),
        ("relu if true { stage relu1 { conv(4) } }", ["relu2", "relu1.conv1"]),
        ("conv(4) -> add { | if true { conv1: add { | skip | relu } } | skip }", ["conv2", "relu1", "conv1", "add1"]),
        ("stage s { conv(4) -> bn }", ["s.conv1", "s.bn1"]),
        ("stage s flat { conv(4) -> bn } stage t flat { conv(4) }", ["conv1", "bn1", "conv2"]),
        ("stage s indexed { conv(4) -> relu -> conv(4) }", ["s.0", "s.1", "s.2"]),
        ("g: { conv(4) -> conv(4) }", ["g.conv1", "g.conv2"]),
        ("{ conv(4) } -> conv(4)", ["conv1", "conv2"]),
        ("g: indexed { conv(4) -> conv(4) }", ["g.0", "g.1"]),
        ("repeat 2 { conv(4) }", ["blocks.0", "blocks.1"]),
        ("repeat 2 { conv(4) -> relu }", ["blocks.0.conv1", "blocks.0.relu1", "blocks.1.conv1", "blocks.1.relu1"]),
        ("repeat 1 { conv(4) } repeat 2 { conv(4) }", ["blocks.0", "blocks2.0", "blocks2.1"]),
        ("stage s { repeat 1 { conv(4) } repeat 2 { conv(4) } }", ["s.0", "s.1", "s.2"]),
        ("stage s flat { repeat 2 { conv(4) } } if true { repeat 1 { conv(4) } }", ["blocks.0", "blocks.1", "blocks2.0"]),
        ("repeat 1 { conv(4) } blocks: conv(4) -> blocks3: conv(4)\nrepeat 1 { conv(4) }", ["blocks2.0", "blocks", "blocks3", "blocks4.0"]),
        ("repeat 1 { repeat 2 { conv(4) } relu }", ["blocks.0.0", "blocks.0.1", "blocks.0.relu1"]),
        ('"blocks.0": relu -> conv(4) repeat 1 { conv(4) }', ["blocks.0", "conv1", "blocks2.0"]),
        ("add { | repeat 1: conv(4) | repeat 1: conv(4) -> relu }", ["blocks.0", "blocks2.0.conv1", "blocks2.0.relu1", "add1"]),
        ("for a in [1, 2] { repeat a { conv(4) } }", ["blocks.0", "blocks.1", "blocks.2"]),
        ('for i in range(2) { "c{i}": conv(4) -> relu }', ["c0", "relu1", "c1", "relu2"]),
        ("stage s indexed { repeat 2 { conv(4) -> relu } }", ["s.0", "s.1", "s.2", "s.3"]),
        ("stage s indexed { if true { conv(4) } conv(4) }", ["s.0", "s.1"]),
        ("stage s indexed { a: conv(4) -> conv(4) }", ["s.a", "s.1"]),
        ("add { | conv(4) -> bn | conv(4) }", ["conv1", "bn1", "conv2", "add1"]),
        ("sum: add { | conv(4) | skip }", ["conv1", "sum"]),
        ("add { | repeat 2: conv(4) }", ["blocks.0", "blocks.1", "add1"]),
        ("add { | repeat 2: conv(4) -> relu }", ["blocks.0.conv1", "blocks.0.relu1", "blocks.1.conv1", "blocks.1.relu1", "add1"]),
        ("repeat 2 { add { | skip | skip } }", ["blocks.0", "blocks.1"]),
        ("repeat 2 { add { | conv(4) | skip } }", ["blocks.0.conv1", "blocks.0.add1", "blocks.1.conv1", "blocks.1.add1"]),
        ("add { | if false: conv(4) | conv(4) }", ["conv1"]),
        ("repeat 2 as i { if i == 0 { conv(4) } else { relu } }", ["blocks.0", "blocks.1"]),
        ('for i in range(2) { "convs.{i}": conv(4) -> "bns.{i}": bn }', ["convs.0", "bns.0", "convs.1", "bns.1"]),
    ],
)
def test_names(body: str, expected: list[str]) -> None:
    assert names(body) == expected


def test_a_round_of_one_block_is_its_number_whatever_comes_in() -> None:
    blocks = "block two(out) takes a, b { add { | conv(out) | skip(b) -> conv(out) } }\nblock one(out) { conv(out) }"
    assert names("a: conv(4) stage s { repeat 2 { two(4) { | skip | skip(a) } } }", blocks)[1::3] == ["s.0.conv1", "s.1.conv1"]
    assert names("stage t { repeat 2 { one(4) } }", blocks) == ["t.0.conv1", "t.1.conv1"]
    inside = ["u.0.one1.conv1", "u.0.add1", "u.1.one1.conv1", "u.1.add1"]
    assert names("stage u { repeat 2 { add { | one(4) | skip } } }", blocks) == inside
    assert names("a: conv(4) repeat 2 { if true { two(4) { | skip | if true: skip(a) } } }", blocks)[1:3] == [
        "blocks.0.conv1",
        "blocks.0.conv2",
    ]


def test_blocks_are_named_by_their_own_name() -> None:
    block = "block cbr(out) { conv(out) -> bn }\nblock flatly(out) flat { conv(out) }\nblock row indexed { conv(4) -> bn }"
    assert names("cbr(4) -> c: cbr(4) -> cbr(4)", block)[::2] == ["cbr1.conv1", "c.conv1", "cbr2.conv1"]
    assert names("flatly(4) -> conv(4)", block) == ["conv1", "conv2"]
    assert names("row -> row", block) == ["row1.0", "row1.1", "row2.0", "row2.1"]


def test_a_network_as_a_step_has_the_keys_that_it_has_alone() -> None:
    inner = "network inner { input x[4, 8, 8]\n repeat 2 { conv(4) -> relu } }"
    made = program(f"{inner}\nnetwork test {{ input x[4, 8, 8]\n repeat 1 {{ inner }} i: inner }}")
    keys = [node.key for node in made.nodes if node.operation.name == "conv"]
    assert keys == ["blocks.0.blocks.0.conv1", "blocks.0.blocks.1.conv1", "i.blocks.0.conv1", "i.blocks.1.conv1"]


def test_labels_of_a_flat_block_are_those_of_the_scope_around_it() -> None:
    block = "block flatly flat { conv1: conv(4) -> conv(4) }\nblock cbr { conv(4) }\n"
    assert names("conv(4) -> flatly -> conv(4)", block) == ["conv2", "conv1", "conv3", "conv4"]
    assert names("conv(4) -> cbr if true { cbr1: flatly }", block) == ["conv2", "cbr1.conv1", "conv1", "conv3"]
    assert names("cbr if true { cbr1: cbr }", block) == ["cbr2.conv1", "cbr1.conv1"]


def test_two_labels_of_one_name_are_a_mistake_whatever_they_take_from_others() -> None:
    file, _ = parse(Source.of("test.arch", "network n { input x[4, 8, 8]\n conv(4) if true { conv1: conv(4) -> conv1: conv(4) } }"))
    made, diagnostics = elaborate(file)
    assert made is None and [row.code for row in diagnostics] == ["E209"]
    assert diagnostics[0].secondary[0].span.text == "conv1: conv(4)"


def test_what_is_used_again_has_the_names_that_yielded() -> None:
    made = program("network n {\n input x[4, 8, 8]\n s: { conv(4) if true { conv1: conv(4) } }\n reuse(s)\n}")
    assert [node.unique for node in made.nodes if node.operation.name == "conv"] == ["s.conv2", "s.conv1", "s.conv2@2", "s.conv1@2"]


def test_a_block_argument_is_named_by_what_it_stands_for() -> None:
    assert names("b(relu6) -> b(leaky_relu(0.1))", "block b(act) { act }") == ["b1.relu61", "b2.leaky_relu1"]


def test_reuse_keeps_the_name_and_owns_no_weights() -> None:
    made = program("network n {\n input x[4, 8, 8]\n f: conv(4)\n reuse(f)\n}")
    first, second = (node for node in made.nodes if node.operation.name == "conv")
    assert (first.key, second.key, second.unique) == ("f", "f", "f@2")
    assert second.shares == first.index and not second.weights


def test_reuse_of_a_block_shares_every_step() -> None:
    made = program(
        "block cb(out) { conv(out) -> bn -> relu }\n"
        "network n {\n input a[3, 8, 8]\n input b[3, 8, 8]\n t: cb(4)\n let unused = 1\n ya: skip(t)\n skip(b) -> reuse(t)\n"
        " add { | skip | skip(ya) }\n}"
    )
    assert [node.unique for node in made.nodes if not node.is_port] == [
        "t.conv1", "t.bn1", "t.relu1", "t.conv1@2", "t.bn1@2", "t.relu1@2", "add1",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("label", "why"),
    [
        ("norm.1", None),
        ("convs.0.weight_path", None),
        ("class", None),
        ("forward", "nn.Module"),
        ("training", "nn.Module"),
        ("1x1", None),
        ("padding 1", None),
        ("self", None),
        ("trunk", None),
        ("_x", None),
        ("__x", None),
        ("0.conv", None),
        ("a/b<c>&'{}", None),
        ("-", None),
        ("_modules", "nn.Module"),
        ("__init__", "Python"),
        ("_c", "TorchScript"),
        ("NoneType", None),
        ('a"b', '`"`'),
        ("a\\b", "`\\`"),
        ("a\tb", "U+0009"),
        ("a@2", "second use"),
        ("", "empty"),
        ("a..b", "empty part"),
        ("größe", None),
    ],
)
def test_legal_labels(label: str, why: str | None) -> None:
    reason = why_not(label)
    assert (reason is None) if why is None else (reason is not None and why in reason)


@pytest.mark.parametrize("label", ["class", "forward", "größe", "__init__", "_c", "_modules", "a@2", "a..b", "", "ö"])
def test_the_name_that_is_offered_is_legal(label: str) -> None:
    assert why_not(legal_name(label)) is None


def test_reserved_names_are_those_of_modules() -> None:
    from torch import nn

    own = {name for name in dir(nn.Module()) if not (name.startswith("__") and name.endswith("__"))}
    assert own <= RESERVED
    assert not {"self", "trunk"} & RESERVED


def test_a_network_may_be_indexed() -> None:
    made = program("network n indexed { input x[4, 8, 8]\n conv(4) -> relu\n repeat 2 { conv(4) -> bn }\n fc: conv(4) -> conv(4) }")
    assert [node.key for node in made.nodes if node.operation.family != "port"] == ["0", "1", "2", "3", "4", "5", "fc", "7"]


def test_a_number_of_a_round_yields_to_a_label() -> None:
    assert names('stage s { "0": conv(4) repeat 2 { conv(4) -> relu } }') == ["s.0", "s.1.conv1", "s.1.relu1", "s.2.conv1", "s.2.relu1"]


def test_an_output_is_named_by_a_text() -> None:
    body = 'input x[3, 8, 8]\n "a.b": conv(4) -> "c/d": relu -> stage s { repeat 2 { relu -> relu } }'.replace("-> stage", "\n stage")
    made = program(f'network n {{ {body}\n output y = "a.b", z = "s.{{1}}", "c/d" }}')
    outputs = [(node.names[-1], made.nodes[node.inputs[0]].key) for node in made.nodes if node.operation.name == "output"]
    assert outputs == [("y", "a.b"), ("z", "s.1.relu2"), ("c/d", "c/d")]


BLOCK = "block cb(c) { c1: conv(c, 3) }\n"
COLLISIONS = {
    "a weight of a norm that has none": (
        'y: ln(affine = false)\n add(broadcast = true) { | skip | "y.weight": parameter([4, 8, 8]) }',
        "y.weight",
    ),
    "a bias of a convolution that has none": ('y: conv(4, bias = false)\n add { | skip | "y.bias": parameter([4, 8, 8]) }', "y.bias"),
    "the other way round": ('"y.weight": conv(4)\n y: conv(4)', "y.weight"),
    "a setting of a module": ('y: conv(4)\n "y.stride": conv(4)', "y.stride"),
    "a part of a part": ('"a.qkv": conv(4)\n "a.qkv.b.c": conv(4)', "a.qkv.b.c"),
    "a step of a block": ('y: cb(4)\n "y.c1": conv(4)', "y.c1"),
    "a step of a stage": ('stage s { a: conv(4) }\n "s.a": conv(4)', "s.a"),
}


@pytest.mark.parametrize(("body", "name"), COLLISIONS.values(), ids=COLLISIONS)
def test_a_label_with_dots_does_not_reach_into_a_step(body: str, name: str) -> None:
    file, _ = parse(Source.of("test.arch", f"{BLOCK}network n {{ input x[4, 8, 8]\n {body}\n}}"))
    made, diagnostics = elaborate(file)
    assert made is None
    assert [row.code for row in diagnostics] == ["E209"]
    assert f"`{name}`" in diagnostics[0].message


def test_a_label_with_dots_may_stand_beside_a_container() -> None:
    assert names('y: cb(4)\n "y.c2": conv(4)\n "z.a": conv(4)\n "z.b": conv(4)', BLOCK) == ["y.c1", "y.c2", "z.a", "z.b"]


def test_a_label_of_a_flat_block_names_nothing_and_that_is_said() -> None:
    """`self_attn: attend(8)` of a block that is `flat`: who gives it for the keys is told that it is in none."""
    head = "block two(n) flat { conv(n) -> relu }\nnetwork m {\n  input x[8, 16, 16]\n  "
    [row] = checked(head + "a: two(8)\n}\n").diagnostics
    assert row.code == "W504" and row.message == "nothing reads the label `a`, and a `flat` block adds no name: it is in no key"
    for body in ("a: two(8) -> conv(8)\n  add { | skip | skip(a) }", "a: two(8)\n  reuse(a)", "two(8)"):
        assert not checked(f"{head}{body}\n}}\n").diagnostics
    assert not checked(head.replace(" flat", "") + "a: two(8)\n}\n").diagnostics
