"""Several tensors at hand: `split`, `gives`, `takes xs[]`, `as`."""

from __future__ import annotations

import pytest
import torch

from archc.compiler.codegen.pytorch import to_python
from archc.compiler.draw.diagram import draw_text
from archc.compiler.graph.graph import Graph
from archc.compiler.runtime.live_module import build
from tests.support import checked

from ..analysis.peaks import are_measured

EXCHANGE = """
block exchange(width) takes xs[] gives sums[] {
  for i in range(len(xs)) { skip(xs[i]) -> "branches.{i}": conv(width, 3) }
  for i in range(len(xs)) { add { | for j in range(len(xs)): skip(branches[j]) -> "fuse.{i}.{j}": conv(width) } -> "sums.{i}": relu }
}
"""
ENDS = "block ends(w) gives low, high { low: conv(w, 3) -> high: conv(2 * w, 3, stride = 2) }\n"
INPUT = "input x[4, 8, 8]\n  "


def graph_of(body: str, before: str = "") -> Graph:
    found = checked(f"{before}\nnetwork n {{\n  {body}\n}}\n", "n.arch")
    assert found.program is not None, found.diagnostics
    return found.graph


def errors_of(body: str, before: str = "") -> list[str]:
    found = checked(f"{before}\nnetwork n {{\n  {body}\n}}\n", "n.arch")
    return [f"{row.code} {row.message}" for row in found.diagnostics if row.is_error]


def same(one: Graph, other: Graph) -> None:
    """Two graphs give the same numbers, in Python and as a script, where they have the same weights."""
    torch.manual_seed(0)
    first, second = build(one).eval(), build(other).eval()
    second.load_state_dict(dict(zip(second.state_dict(), first.state_dict().values(), strict=True)))
    inputs = [torch.randn(2, *node.shape) for node in one.inputs]
    scripted = torch.jit.script(first)
    wanted = second(*inputs)
    for answer in (first(*inputs), scripted(*inputs)):
        for got, want in zip(
            answer if isinstance(answer, tuple) else (answer,), wanted if isinstance(wanted, tuple) else (wanted,), strict=True
        ):
            torch.testing.assert_close(got, want)


def test_split_is_all_parts_and_one_call_in_the_source() -> None:
    graph = graph_of(INPUT + "conv(12) -> split(3) as q, k, v\n  skip(q) -> mul { | skip | skip(k) } -> add { | skip | skip(v) }")
    by_hand = graph_of(INPUT + "c: conv(12) -> mul { | chunk(0, 3) | skip(c) -> chunk(1, 3) } -> add { | skip | skip(c) -> chunk(2, 3) }")
    assert "q, k, v = torch.chunk(" in to_python(graph)
    same(graph, by_hand)


def test_split_takes_the_sizes_of_unequal_parts() -> None:
    graph = graph_of(INPUT + "conv(9) -> split([1, 4, 4]) as gate, a, b\n  mul { | skip(gate) | skip(a) } -> add { | skip | skip(b) }")
    by_hand = graph_of(
        INPUT + "c: conv(9) -> mul { | slice(stop = 1) | skip(c) -> slice(start = 1, stop = 5) }"
        " -> add { | skip | skip(c) -> slice(start = 5) }"
    )
    same(graph, by_hand)


def test_split_works_along_another_axis_and_without_names() -> None:
    graph = graph_of("input x[length = 6, channels = 8]\n  split(2, axis = length) -> concat")
    assert graph.outputs[0].shape == (3, 16)
    assert "torch.chunk(x, 2, dim=1)" in to_python(graph)


@pytest.mark.parametrize("word", ["axis = channels", "axis = -1", "axis = 1", "axis = features", ""])
def test_the_sizes_of_parts_are_counted_along_the_axis_that_is_cut(word: str) -> None:
    """Channels stand last in a sequence, and that it is as long as the parts together says nothing."""
    more = f", {word}" if word else ""
    graph = graph_of(f"input x[length = 64, channels = 9]\n  split([3, 6]{more}) as a, b\n  output a, b")
    assert [node.shape for node in graph.outputs] == [(64, 3), (64, 6)]
    (error,) = errors_of(f"input x[length = 9, channels = 64]\n  split([3, 6]{more}) as a, b\n  output a, b")
    assert error == "E310 the parts of `split` are 3 + 6 = 9, and `channels` of its input [9, 64] is 64"


def test_a_sequence_is_cut_where_channels_stand_last() -> None:
    graph = graph_of("input x[length = 64, channels = 9]\n  split([60, 4], axis = length) as a, b\n  output a, b")
    assert [node.shape for node in graph.outputs] == [(60, 9), (4, 9)]


def test_parts_that_do_not_follow_each_other_are_made_one_by_one() -> None:
    graph = graph_of(INPUT + "concat { | chunk(0, 2) -> relu | chunk(1, 2) }")
    assert to_python(graph).count("torch.chunk(") == 2


def test_a_block_of_ones_own_named_split_stays_what_it_is() -> None:
    assert graph_of(INPUT + "split(5)", "block split(w) { conv(w) }").outputs[0].shape == (5, 8, 8)


def test_what_a_block_gives_goes_on_to_what_takes_as_many() -> None:
    before = ENDS + "block join takes fine, coarse { concat { | skip(fine) | skip(coarse) -> upsample(2) } }"
    graph = graph_of(INPUT + "ends(4) -> join -> conv(2)", before)
    by_hand = graph_of(
        INPUT + "l: conv(4, 3) -> h: conv(8, 3, stride = 2) -> upsample(2) -> z: skip\n  concat { | skip(l) | skip(z) } -> conv(2)"
    )
    same(graph, by_hand)


def test_results_are_read_by_label_by_name_and_by_number() -> None:
    for read in ("e: ends(4)\n  skip(e.high)", "e: ends(4)\n  skip(e[1])", "e: ends(4)\n  skip(e[-1])", "ends(4) as a, b\n  skip(b)"):
        assert graph_of(INPUT + read, ENDS).outputs[0].shape == (8, 4, 4), read


def test_a_list_goes_through_loops_stages_and_conditions() -> None:
    body = "ends(4) -> a: conv2\n  stage s { repeat 2 { exchange(4) } }\n  if true { exchange(4) }\n  last: exchange(4)\n  add"
    before = (
        EXCHANGE
        + 'block ends(w) gives a, b { a: conv(w) -> b: conv(w) }\nblock conv2 takes xs[] gives ys[] { for i in range(len(xs)) { skip(xs[i]) -> "ys.{i}": conv(xs[i].channels) } }'
    )
    graph = graph_of(INPUT + body, before)
    keys = {node.key for node in graph.nodes if node.weights}
    assert {"ends1.a", "a.ys.1", "s.0.branches.0", "s.1.fuse.1.0", "exchange1.branches.1", "last.fuse.0.1"} <= keys
    assert "-> tuple[Tensor, Tensor]" in to_python(graph)
    same(graph, graph)


def test_a_list_may_have_one_tensor_and_what_is_left_over() -> None:
    assert graph_of(INPUT + "exchange(6)", EXCHANGE).outputs[0].shape == (6, 8, 8)
    rest = "block f takes x, xs[] { require len(xs) == 2\n  add { | skip(x) | skip(xs) } }"
    assert graph_of(INPUT + "f { | conv(4) | conv(4) | conv(4) }", rest).outputs[0].shape == (4, 8, 8)


def test_a_path_that_ends_in_several_is_as_many_paths() -> None:
    assert graph_of(INPUT + "concat { | split(2) | skip }").outputs[0].shape == (8, 8, 8)
    assert graph_of(INPUT + "split(2) -> concat { | skip | skip(x) }").outputs[0].shape == (8, 8, 8)


def test_the_sizes_of_several_are_a_list() -> None:
    body = "ends(4)\n  stage s {\n for i, shape in in { require shape.channels == 4 * (i + 1) } concat { | skip -> split(1) } }"
    assert errors_of(INPUT + body.replace(" concat { | skip -> split(1) }", "\n concat { | skip(x) }"), ENDS) == []


def test_several_are_used_again_with_their_weights() -> None:
    graph = graph_of(
        INPUT + "ends(4) -> conv_all -> one: exchange(4)\n  two: reuse(one)\n  add",
        EXCHANGE + ENDS.replace(", stride = 2", "").replace("2 * w", "w") + "block conv_all takes xs[] { skip(xs) }",
    )
    assert {graph.shared(node) for node in graph.nodes if node.path[:1] == ("two",)} >= {"one.branches.0", "one.fuse.1.1"}
    same(graph, graph)


def test_a_network_of_two_inputs_takes_two() -> None:
    before = ENDS + "network two { input a[4, 8, 8] input b[8, 4, 4] concat { | skip(a) | skip(b) -> upsample(2) } }"
    found = checked(f"{before}\nnetwork n {{ {INPUT} ends(4) -> two }}", "n.arch")
    assert found.program is not None, found.diagnostics


def test_a_side_head_reads_one_of_several() -> None:
    graph = graph_of(INPUT + "ends(4) as a, b\n  aux side { skip(a) -> conv(2) }\n  skip(b) -> conv(3)", ENDS)
    assert graph.outputs[0].shape == (3, 4, 4)


def test_the_picture_has_the_steps() -> None:
    graph = graph_of(INPUT + "ends(4) -> exchange(4) -> concat", ENDS.replace(", stride = 2", "").replace("2 * w", "w") + EXCHANGE)
    dot = draw_text(graph, "dot").data.decode()
    assert dot.count("3x3") >= 4


@pytest.mark.parametrize(
    ("body", "error"),
    [
        ("split(2) -> relu", "E234 `relu` takes one tensor, and 2 are at hand"),
        ("split(2) -> linear(3)", "E234 `linear` takes one tensor, and 2 are at hand"),
        ("split(4) -> div", "E234 `div` takes up to 2 tensors, not one tensor, and 4 are at hand"),
        ("split(2)", "E234 the network `n` ends in one tensor, and 2 are at hand"),
        ("split(2) -> split(2)", "E234 `split` takes one tensor, and 2 are at hand"),
        ("split(2) as a", "E234 the step gives 2 tensors, and `as` names 1"),
        ("conv(4) as a, b", "E234 the step gives one tensor, and `as` names 2"),
        ("split(2) as a, a", "E209 two steps are named `a`"),
        ("split(2) as a, b -> concat -> split(2) as b, c -> add", "E209 two steps are named `b`"),
        ("a: split(2) as b, c -> add", "E210 the parts of `split` are named twice"),
        ("a: split(2)\n  conv(4)", "E234 `conv` takes one tensor, and 2 are at hand"),
        ("a: split(2)\n  skip(a[2])", "E223 item 2 of a list of 2"),
        ("a: split(2) -> add\n  output a", "E234 the output `a` is one tensor, and 2 are at hand"),
        ("split([1, 2]) -> add", "E310 the parts of `split` are 1 + 2 = 3, and `channels` of its input [4, 8, 8] is 4"),
        ("split([5, 6], axis = height) -> add", "E310 the parts of `split` are 5 + 6 = 11, and `height` of its input [4, 8, 8] is 8"),
        ("split([4, 0]) as a, b", "E208 `n` of `split` must be a whole number, at least 1, and it is [4, 0]"),
        ("split([1, 3], axis = length) as a, b", "E320 `split` works along axis `length`, and its input [4, 8, 8] has none"),
        ("split(3) -> add", "E310 channels 4 are not divisible by n 3 of `split`"),
        ("split(0) -> add", "E208 `n` of `split` must be a whole number, at least 1, and it is 0"),
        ("split -> add", "E205 `split` needs `n`"),
        ("split(2, i = 1) -> add", "E204 `split` has no parameter `i`"),
        ("ends(4) -> one(3)", "E234 `one` takes 1 tensor, and 2 are at hand here"),
        ("two", "E234 `two` takes 2 tensors, and here only one comes in"),
        ("split(4) -> two", "E234 `two` takes 2 tensors, and 4 are at hand here"),
        ("e: ends(4)\n  output e", "E234 the output `e` is one tensor, and 2 are at hand"),
        ("e: ends(4)\n  skip(x) -> crop(like = e)", "E234 `like` is one tensor, and 2 are at hand"),
        ("ends(4)\n  expect [4, 8, 8]\n  skip(x)", "E234 `expect` tells the shape of one tensor, and 2 are at hand"),
        ("e: ends(4)\n  skip(e[2])", "E223 item 2 of a list of 2"),
        ("c: conv(4)\n  skip(c[0])", "E202 `c` is one tensor"),
        ("ends(in.channels) -> { conv(in.channels) }", "E227 `in` is a list and has no `channels`"),
        ("without(4) -> add", "E202 no step is labelled `low`"),
        ("aux a { split(2) }\n  conv(3)", "E234 the side head `a` gives one tensor, and 2 are at hand"),
    ],
)
def test_what_wants_one_says_so(body: str, error: str) -> None:
    before = (
        ENDS
        + "block one(w) { conv(w) }\nblock two takes a, b { add { | skip(a) | skip(b) } }\nblock without(w) gives low, high { high: conv(w) }"
    )
    found = errors_of(INPUT + body, before)
    assert len(found) == 1 and found[0].startswith(error), found


def test_what_follows_a_mistake_is_not_told_twice() -> None:
    before = ENDS + "block two takes a, b { add { | skip(a) | skip(b) } }"
    assert [row[:4] for row in errors_of(INPUT + "ends(0) -> two -> relu\n  ends(nothing) as a, b\n  skip(a) -> two", before)] == [
        "E208",
        "E208",
        "E201",
    ]


@pytest.mark.parametrize("batch", [1, 4])
@pytest.mark.parametrize(
    "body",
    [
        "conv(16) -> split(2) -> sub -> relu -> conv(4)",
        "conv(16) -> relu -> split(4) as a, b, c, d\n concat { | skip(a) -> conv(4) | skip(b) | skip(c) -> relu | skip(d) } -> conv(4)",
    ],
)
def test_the_gradients_of_parts_are_put_together_once(body: str, batch: int) -> None:
    are_measured(graph_of(f"input x[8, 12, 12]\n {body}"), batch)


def test_a_learned_tensor_is_taken_up_again_as_any_other() -> None:
    """The queries of a DETR: they begin the decoder, and what comes in is read there by its label."""
    decoder = "skip(query)\n  repeat 2 { add { | attention(2) { | skip | skip(memory) } | skip } -> ln }"
    graph = graph_of(
        f"query: parameter([length = 5, channels = 8])\n  skip(x) -> memory: tokens\n  {decoder}".join((INPUT.replace("4,", "8,"), ""))
    )
    assert graph.outputs[0].shape == (5, 8)
    lost = errors_of(f"{INPUT}query: parameter([length = 5, channels = 8])\n  skip(x) -> tokens\n  skip(query) -> ln")
    assert [row[:4] for row in lost] == ["E242"]


@pytest.mark.parametrize(
    ("row", "each"),
    [
        ("xs: split(2)\n  add { | skip(xs[0]) -> conv(2) | skip(xs[1]) }", "split(2) as a, b\n  add { | skip(a) -> conv(2) | skip(b) }"),
        ('xs: split([1, 3])\n  concat { | skip("xs.1") | skip(xs[0]) }', "split([1, 3]) as a, b\n  concat { | skip(b) | skip(a) }"),
        ("xs: split(4)\n  skip(x) -> relu\n  skip(xs) -> add", "skip(x) -> split(4) -> add"),
        (
            "xs: split(4)\n  concat { | for i in range(len(xs)): skip(xs[i]) -> conv(i + xs[i].channels) }",
            "split(4) as a, b, c, d\n  concat { | skip(a) -> conv(1) | skip(b) -> conv(2) | skip(c) -> conv(3) | skip(d) -> conv(4) }",
        ),
    ],
)
def test_a_label_names_the_parts_in_a_row(row: str, each: str) -> None:
    torch.manual_seed(0)
    one, other = (build(graph_of(INPUT + body)).eval() for body in (row, each))
    other.load_state_dict(dict(zip(other.state_dict(), one.state_dict().values(), strict=True)))
    x = torch.randn(2, 4, 8, 8)
    assert one(x).equal(other(x))
