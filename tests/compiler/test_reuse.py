"""`reuse`: the same text and the same weights once more, where it is written, under a name of its own."""

from __future__ import annotations

import pytest
import torch

from archc.compiler.analysis.cost import cost
from archc.compiler.analysis.cost_table import cost_table
from archc.compiler.analysis.diff import diff
from archc.compiler.codegen.pytorch import Mode
from archc.compiler.document import to_document
from archc.compiler.graph.graph import Graph
from archc.compiler.runtime.live_module import build
from tests.support import assert_mended, checked

TWO = "input a[3, 32, 32]\n  input b[3, 16, 16]\n  "


def graph_of(body: str, before: str = "") -> Graph:
    found = checked(f"{before}\nnetwork n {{\n  {body}\n}}\n", "n.arch")
    assert found.program is not None, found.diagnostics
    return found.graph


def error_of(body: str, before: str = "") -> str:
    found = checked(f"{before}\nnetwork n {{\n  {body}\n}}\n", "n.arch")
    (row,) = (row for row in found.diagnostics if row.is_error)
    return f"{row.code} {row.message}"


def steps(graph: Graph) -> list[str]:
    return [node.unique for node in graph.nodes if not node.is_port]


def shared(graph: Graph) -> dict[str, str]:
    return {node.unique: graph.shared(node) for node in graph.nodes if graph.shared(node)}


def test_a_member_of_the_second_use_is_the_tensor_of_the_second_use() -> None:
    graph = graph_of(
        f"{TWO}one: {{ c1: conv(8) -> relu -> c2: conv(8) }}\n  skip(b) -> two: reuse(one)\n  output first = one.c1, second = two.c1, end = two"
    )
    assert [node.shape for node in graph.outputs] == [(8, 32, 32), (8, 16, 16), (8, 16, 16)]
    assert shared(graph) == {"two.c1": "one.c1"}  # and one.c2 is that of the second use: nothing needs the first's


@pytest.mark.parametrize(
    ("head", "before"),
    [
        ("head: h", "block h { t: conv(8) -> relu -> add { | skip | skip(t) } }"),
        ("head: { t: conv(8) -> relu -> add { | skip | skip(t) } }", ""),
        ("stage head { t: conv(8) -> relu -> add { | skip | skip(t) } }", ""),
    ],
    ids=["block", "group", "stage"],
)
def test_what_reads_its_own_labels_reads_those_of_this_use(head: str, before: str) -> None:
    graph = graph_of(f"{TWO}{head}\n  skip(b) -> other: reuse(head)\n  output head, other", before)
    add = next(node for node in graph.nodes if node.unique == "other.add1")
    assert [graph.nodes[index].unique for index in add.inputs] == ["other.relu1", "other.t"]


@pytest.mark.parametrize("name", ["unet", "resnet50_fpn"])
def test_shipped_networks_can_be_used_again(name: str) -> None:
    text = f"from {name} import {name}\nnetwork n {{\n  input a[3, 64, 64]\n  input b[3, 64, 64]\n  one: {name}\n  skip(b) -> two: reuse(one)\n  output one, two\n}}\n"
    found = checked(text, "n.arch")
    assert found.program is not None, found.diagnostics
    works = cost(found.graph, by="op").rows
    first = sum(row.work.macs for row in works if row.path.startswith("one."))
    second = sum(row.work.macs for row in works if row.path.startswith("two."))
    assert first == second > 0
    assert not any(row.work.parameters for row in works if row.path.startswith("two."))


def test_it_stands_where_it_is_used() -> None:
    graph = graph_of("input x[4, 8, 8]\n  a: conv(4, 1)\n  stage s { relu -> reuse(a) -> conv(3, 1) }")
    assert steps(graph) == ["a", "s.relu1", "s.a@2", "s.conv1"]
    assert [row.path for row in cost(graph).rows] == ["a", "s"]


def test_a_use_of_a_use_is_a_use() -> None:
    graph = graph_of(
        "input x[4, 8, 8]\n  one: { c: conv(4) -> relu }\n  two: reuse(one) -> three: reuse(two) -> reuse(three.c)\n  output x1 = three.c, y = three"
    )
    assert shared(graph) == {"two.c": "one.c", "three.c": "one.c"}
    graph = graph_of("input x[4, 8, 8]\n  one: { c: conv(4) -> d: reuse(c) }\n  two: reuse(one) -> reuse(two.d) -> reuse(one)")
    assert shared(graph) == {"one.d": "one.c", "two.c": "one.c", "two.d": "one.c", "c@2": "one.c", "one.c@2": "one.c", "one.d@2": "one.c"}


def test_uses_in_loops_paths_and_merges() -> None:
    graph = graph_of(
        "input x[4, 8, 8]\n  m: add { | c: conv(4) -> relu | skip }\n  repeat 2 { reuse(m) -> relu }\n"
        '  for i in range(2) { "k{i}": reuse(c) }\n  mul { | reuse(m) | e: reuse(m) }'
    )
    assert set(shared(graph).values()) == {"c"}
    assert {"blocks.0.c@2", "blocks.1.c@2", "k0", "k1", "e"} <= set(steps(graph))
    assert len(set(steps(graph))) == len(steps(graph))


def test_names_given_since_mean_nothing_to_it() -> None:
    graph = graph_of(
        "input x[4, 8, 8]\n  t: conv(4)\n  stage s {\n    one: { relu -> add { | skip | skip(t) } }\n    t: conv(4) -> two: reuse(one)\n  }"
    )
    second = next(node for node in graph.nodes if node.unique == "s.two.add1")
    assert [graph.nodes[index].unique for index in second.inputs] == ["s.two.relu1", "t"]


def test_names_of_what_follows_do_not_change() -> None:
    assert steps(graph_of("input x[4, 8, 8]\n  m: add { | conv(4) | skip }\n  reuse(m) -> conv(4)"))[-1] == "conv2"


def test_the_first_use_is_left_out_where_only_a_later_one_is_needed() -> None:
    graph = graph_of(f"{TWO}one: {{ c: conv(8) -> bn }}\n  skip(b) -> two: reuse(one)\n  output two")
    assert steps(graph) == ["one.c", "one.bn1"]
    assert graph.nodes[2].shape == (8, 16, 16)


def test_weights_that_only_a_side_head_runs_first_are_counted_in_the_trunk() -> None:
    graph = graph_of("input x[4, 8, 8]\n  conv(4) -> e: relu\n  c: conv(4, 1)\n  aux head { skip(c) -> conv(2) }\n  skip(e) -> reuse(c)")
    figures = cost(graph)
    assert figures.total.parameters == 4 * 4 * 9 + 4 + 4 * 4 + 4
    assert figures.training_only.parameters == 4 * 2 * 9 + 2


def test_tables_tell_whose_weights_they_are() -> None:
    graph = graph_of(
        f"{TWO}tower: {{ cb(8) }}\n  skip(b) -> other: reuse(tower)\n  output tower, other", "block cb(out) { conv(out) -> relu }"
    )
    rows = cost(graph, by="block").rows
    assert [(row.path, row.shares, row.work.parameters) for row in rows] == [("tower.cb1", "", 224), ("other.cb1", "tower.cb1", 0)]
    assert rows[1].work.macs * 4 == rows[0].work.macs
    assert "other.cb1 (shares tower.cb1)" in cost_table(cost(graph, by="block")).text()
    scopes = to_document(graph)["scopes"]
    assert isinstance(scopes, list)
    assert {row["path"]: row["shares"] for row in scopes}["other"] == "tower"


def test_a_difference_tells_that_weights_are_shared_now() -> None:
    first = graph_of(f"{TWO}one: {{ c: conv(8) }}\n  skip(b) -> two: {{ c: conv(8) }}\n  output one, two")
    second = graph_of(f"{TWO}one: {{ c: conv(8) }}\n  skip(b) -> two: reuse(one)\n  output one, two")
    (change,) = diff(first, second).changes
    assert change.shares == ("", "one.c")
    assert "uses the weights of one.c (was weights of its own), -224 parameters" in diff(first, second).text()
    assert not diff(second, second).changes


def test_a_budget_of_parameters_is_that_of_the_first_use() -> None:
    graph_of("input x[4, 8, 8]\n  one: { conv(4)\n  budget parameters >= 10, macs >= 10 }\n  reuse(one)")


@pytest.mark.parametrize(
    ("body", "told"),
    [
        ("f: { conv(8) }\n  reuse(f)", "E235 the weights of `f` do not fit here"),
        ("f: { conv(4) -> maxpool(2)\n  if in.height > 8 { relu } }\n  reuse(f)", "E235 `f` cannot be reused here"),
        ("one: conv(4)\n  two: reuse(one)\n  two: reuse(one)", "E209 two steps are named `two`"),
        ("reuse(x)", "E235 `x` is no step that can be applied again"),
    ],
)
def test_what_cannot_be_used_again(body: str, told: str) -> None:
    assert error_of(f"input x[4, 16, 16]\n  {body}").startswith(told)


def test_of_a_first_use_that_fails_nothing_more_is_said() -> None:
    assert error_of("input x[4, 8, 8]\n  one: { conv(8, 9, pad = 0) -> relu }\n  reuse(one)").startswith("E3")


def test_the_bias_of_a_shared_layer_is_doubted_only_where_no_use_needs_it() -> None:
    def doubts(body: str) -> list[str]:
        return [row.code for row in checked(f"network n {{\n  input x[4, 8, 8]\n  {body}\n}}\n", "n.arch").diagnostics]

    assert doubts("c: conv(4) -> bn -> reuse(c) -> relu") == []
    assert doubts("c: conv(4) -> n: bn -> reuse(c) -> reuse(n)") == ["W502"]


def siamese(*lines: str) -> str:
    return "network n {\n  input a[1, 32, 32]\n  input b[1, 32, 32]\n  " + "\n  ".join(lines) + "\n}\n"


@pytest.mark.parametrize(
    "between",
    ["conv(8, 3) -> flatten -> linear(16)", "conv(8, 3) -> relu", "conv(8, 3) -> conv(8, 3)", "maxpool(2) -> flatten -> linear(4)"],
)
def test_an_input_that_was_to_come_in(between: str) -> None:
    """A tower that is used again on its own answer, where the second image is read by nothing."""
    tower, end = f"tower: {{ {between} }}", "sub { | skip(tower) | skip(fb) } -> abs"
    assert_mended(siamese(tower, "fb: reuse(tower)", end), siamese(tower, "skip(b) -> fb: reuse(tower)", end))


def test_steps_between_are_not_left_without_a_reader() -> None:
    (row,) = [found for found in checked(siamese("enc: conv(8)", "conv(8)", "reuse(enc)")).diagnostics if found.is_error]
    assert row.code == "E235" and row.fix is None and row.help == "`b` is read by nothing: `skip(b) -> reuse(enc)`"


def test_where_no_input_is_left_the_mistake_itself_is_told() -> None:
    text = siamese("skip(b)", "tower: { flatten -> linear(16) }", "skip(a)", "add { | skip(a) | skip(b) }", "conv(8)", "reuse(tower)")
    (row,) = [found for found in checked(text).diagnostics if found.is_error]
    assert row.code == "E235" and "the weights of `tower` do not fit" in row.message and row.fix is None


def test_a_step_that_takes_its_own_answer_is_used_again_on_it() -> None:
    text = siamese("tower: { conv(1, 3) }", "reuse(tower)", "add { | skip | skip(b) }")
    assert not [found for found in checked(text).diagnostics if found.is_error]


INSIDE_ITSELF = [
    "one: { conv(4) -> reuse(one) }",
    "one: reuse(one)",
    "one: add { | conv(4) | skip(one) }",
    "stage one { conv(4) -> add { | skip | skip(one) } }",
    "one: { two: { conv(4) -> skip(one.two) } }",
    "repeat 2 { one: { conv(4) -> reuse(one) } }",
]


@pytest.mark.parametrize("body", INSIDE_ITSELF)
def test_what_is_read_inside_itself_is_not_told_to_label_what_is_labelled(body: str) -> None:
    (row,) = (found for found in checked(f"network n {{\n  input x[4, 8, 8]\n  {body}\n}}\n").diagnostics if found.is_error)
    assert (row.code, row.message, row.fix) == ("E203", "`one` is used inside itself", None)
    assert row.help is not None and row.help.endswith("behind it, `skip(one)` reads it and `reuse(one)` runs it again")


def test_a_block_is_not_told_to_take_in_what_it_wants_the_weights_of() -> None:
    found = checked("block f { reuse(c) -> relu }\nnetwork n {\n  input x[4, 8, 8]\n  c: conv(4) -> f\n}\n")
    (row,) = (row for row in found.diagnostics if row.is_error)
    assert row.help == "weights do not come in: write its steps in place of the block, where `reuse(c)` sees the label"
    graph_of("input x[4, 8, 8]\n  c: conv(4) -> { reuse(c) -> relu }")


@pytest.mark.parametrize("step", ["bn", "{ bn -> relu }", "instance_norm", "instance_norm(affine = true)", "blur_pool", "conv(4)"])
@pytest.mark.parametrize(("one", "other"), [("4, 8, 8", "4, 8"), ("4, 8", "4, 8, 8"), ("4, 8, 8", "4, 6, 8, 8")])
def test_a_module_of_another_number_of_axes_is_refused(step: str, one: str, other: str) -> None:
    """The weights of an `nn.BatchNorm2d` are those of an `nn.BatchNorm1d`, and it takes no signal."""
    told = error_of(f"input a[{one}]\n  input b[{other}]\n  p: {step}\n  skip(b) -> q: reuse(p)\n  output p, q")
    assert told.startswith("E235 `p` cannot be reused here: ") and told.endswith("of another number of axes")


@pytest.mark.parametrize(
    "step", ["gn(2)", "maxpool(2)", "{ maxpool(2) -> relu }", "prelu", "dropout(0.5)", "global_avgpool", "upsample(scale = 2)"]
)
def test_what_works_on_any_number_of_axes_may_be_reused_on_others(step: str) -> None:
    graph = graph_of(f"input a[4, 8, 8]\n  input b[4, 8]\n  p: {step}\n  skip(b) -> q: reuse(p)\n  output p, q")
    module = build(graph, Mode.INFERENCE).eval()
    answers = module(torch.randn(2, 4, 8, 8), torch.randn(2, 4, 8))
    assert [tuple(answer.shape[1:]) for answer in answers] == [node.shape for node in graph.outputs]


def test_a_tensor_of_another_shape_is_told_without_what_comes_in() -> None:
    """It said `was made for , and here comes : its `` is …`."""
    body = "one: add { | conv(4) | p: parameter([4, in.height, in.width]) }"
    text = f"network n {{\n  input a[3, 16, 16]\n  input b[3, 8, 8]\n  {body}\n  skip(b) -> two: reuse(one)\n  output one, two\n}}\n"
    (row,) = (found for found in checked(text).diagnostics if found.is_error)
    assert row.message == "the weights of `one` do not fit here: `p` is [4, 16, 16], and would be [4, 8, 8]"
    assert row.help == "its shape follows what comes in, and what is reused has one: write a step of its own here"


RUN_AGAIN = {
    "use": "one: { conv(4)\n  expect [4, HERE] }\n  maxpool(2) -> reuse(one)",
    "round": "repeat 2 { conv(4)\n  expect [4, HERE]\n  maxpool(2) }",
    "block": "f -> maxpool(2) -> f",
}


@pytest.mark.parametrize("body", RUN_AGAIN.values(), ids=RUN_AGAIN)
def test_an_expectation_that_held_before_is_not_bent(body: str) -> None:
    """Written with the sizes of the second run it fails in the first."""
    text = f"block f {{ conv(4)\n  expect [4, HERE] }}\nnetwork n {{\n  input x[4, 16, 16]\n  {body}\n}}\n"
    (row,) = (found for found in checked(text.replace("HERE", "16, 16")).diagnostics if found.is_error)
    assert (row.code, row.help) == (
        "E231",
        "it held when this text ran before: say it by what comes in (`in.height`), or behind one of its uses",
    )
    assert not [found for found in checked(text.replace("HERE", "in.height, in.width")).diagnostics if found.is_error]


def test_skip_by_itself_has_no_label() -> None:
    """`skip(skip)` was told to label a step `skip`."""
    text = "network n {{\n  input x[8, 32, 32]\n  add {{ | conv(8) | {} }}\n}}\n"
    assert_mended(text.format("skip(skip)"), text.format("skip"))
    (row,) = (found for found in checked(text.format("reuse(skip)")).diagnostics if found.is_error)
    assert row.fix is None and row.help == "`skip` by itself, without a label, is the tensor that comes in"
