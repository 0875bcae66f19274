"""What changed between two networks."""

from __future__ import annotations

import json
from itertools import groupby

from archc.compiler.analysis.diff import Difference, diff
from archc.compiler.graph.graph import Graph

from .texts import graph_of, shipped

BEFORE = """network before { input x[3, 32, 32]
  stem: conv(16, 3) -> bn -> relu
  stage body { repeat 2 { add { | conv(16, 3) -> bn\n | skip } -> relu } }
  global_avgpool -> flatten -> fc: linear(10) }"""


def changes(difference: Difference) -> list[tuple[str, str | None, str | None]]:
    return [(row.kind, row.before and row.before.unique, row.after and row.after.unique) for row in difference.changes]


def test_equal_networks() -> None:
    difference = diff(graph_of(BEFORE), graph_of(BEFORE))
    assert difference.changes == () and difference.same == len(graph_of(BEFORE).nodes)
    assert "the same" in difference.text() and difference.to_json()["equal"] is True


def test_an_argument_and_what_follows_from_it() -> None:
    difference = diff(graph_of(BEFORE), graph_of(BEFORE.replace("fc: linear(10)", "fc: linear(20)")))
    fc, output = difference.changes
    assert fc.arguments == (("features", "10", "20"),) and fc.shapes == ((10,), (20,))
    assert fc.work[1].parameters - fc.work[0].parameters == 170
    assert output.kind == "changed" and output.shapes == ((10,), (20,))
    assert "~ fc (linear): features: 10 -> 20, [10] -> [20], +170 parameters, +160 MACs" in difference.text()


def test_what_stands_in_the_place_of_another_of_its_kind_is_a_change() -> None:
    """It was gone and new, and all that read it changed: 26 rows for an activation that is another."""
    text = BEFORE.replace("relu", "gelu").replace("fc: linear(10)", "fc: conv(10, 1)").replace("-> flatten", "")
    difference = diff(graph_of(BEFORE), graph_of(text))
    assert [row for row in changes(difference) if row[0] == "changed"][:3] == [
        ("changed", "relu1", "gelu1"),
        ("changed", "body.0.relu1", "body.0.gelu1"),
        ("changed", "body.1.relu1", "body.1.gelu1"),
    ]
    assert difference.changes[0].arguments == (("operation", "relu", "gelu"),)
    assert "~ relu1 -> gelu1 (gelu): operation: relu -> gelu\n" in difference.text()
    assert ("removed", "fc", None) in changes(difference) and ("added", None, "fc") in changes(difference), (
        "a dense layer is no convolution"
    )


def test_one_with_the_name_of_another_of_its_kind_stands_in_its_place() -> None:
    difference = diff(graph_of(BEFORE), graph_of(BEFORE.replace("conv(16, 3) -> bn\n", "dwconv(3) -> gn(4) -> gelu\n")))
    found = {row.before.unique: row for row in difference.changes if row.before is not None}
    assert found["body.0.conv1"].kind == "changed" and found["body.0.conv1"].arguments[0] == ("operation", "conv", "dwconv")
    assert found["body.0.bn1"].arguments[0] == ("operation", "bn", "gn")
    assert ("added", None, "body.0.gelu1") in changes(difference)


GATED = """network n {
  input x[16, 8, 8]
  add { | skip | conv(16) -> bn -> relu -> conv(16) -> bn@ } -> relu -> last: conv(8) -> relu
}
"""


def test_what_is_put_into_a_block_is_all_that_is_new() -> None:
    """Its `relu2` had the name of the one behind the sum, which went for changed, and with it all that read it."""
    gate = " -> mul { | skip | global_avgpool -> conv(4, 1) -> relu -> conv(16, 1) -> sigmoid }"
    difference = diff(graph_of(GATED.replace("@", "")), graph_of(GATED.replace("@", gate)))
    added = ["global_avgpool1", "conv3", "relu2", "conv4", "sigmoid1", "mul1"]
    assert changes(difference) == [*(("added", None, name) for name in added), ("changed", "add1", "add1")]


def test_a_rename_is_no_removal() -> None:
    difference = diff(graph_of(BEFORE), graph_of(BEFORE.replace("stem:", "entry:").replace("stage body", "stage main")))
    assert {row.kind for row in difference.changes} == {"renamed"}
    assert ("renamed", "stem", "entry") in changes(difference)
    assert ("renamed", "body.0.conv1", "main.0.conv1") in changes(difference)
    assert difference.totals[0] == difference.totals[1]


def test_an_added_step_and_what_reads_it() -> None:
    difference = diff(graph_of(BEFORE), graph_of(BEFORE.replace("flatten -> fc", "flatten -> dropout(0.5) -> fc")))
    assert changes(difference) == [("added", None, "dropout1"), ("changed", "fc", "fc")]
    assert difference.changes[1].operands == (("flatten1",), ("dropout1",))
    back = diff(graph_of(BEFORE.replace("flatten -> fc", "flatten -> dropout(0.5) -> fc")), graph_of(BEFORE))
    assert changes(back)[0] == ("removed", "dropout1", None)


def test_a_step_in_the_middle_renumbers_those_behind_it() -> None:
    before = "network n { input x[3, 32, 32] conv(8, 3) -> conv(16, 3) -> conv(32, 3) }"
    after = "network n { input x[3, 32, 32] conv(8, 3) -> conv(8, 5) -> conv(16, 3) -> conv(32, 3) }"
    difference = diff(graph_of(before), graph_of(after))
    assert difference.totals[1].macs - difference.totals[0].macs == 8 * 8 * 25 * 32 * 32


def test_a_number_is_matched_in_its_own_scope_alone() -> None:
    difference = diff(shipped("resnet50"), shipped("resnet50d"))
    found = changes(difference)
    assert ("removed", "conv1", None) in found and ("added", None, "conv1.0") in found
    assert ("changed", "layer2.0.downsample.0", "layer2.0.downsample.1") in found
    assert ("added", None, "layer2.0.downsample.0") in found


def test_resnet_and_resnext() -> None:
    difference = diff(shipped("resnet50"), shipped("resnext50"))
    groups = [row for row in difference.changes if any(name == "groups" for name, _, _ in row.arguments)]
    assert len(groups) == 16 and all(row.kind == "changed" for row in difference.changes)
    assert difference.totals[1].parameters - difference.totals[0].parameters == 25_028_904 - 25_557_032
    document = json.loads(json.dumps(difference.to_json()))
    assert document["totals"]["after"]["macs"] == 4_230_479_872 and len(document["changes"]) == len(difference.changes)
    assert sum(row["parameters"] for row in document["changes"]) == -528_128


def test_two_ways_of_writing_a_step_are_no_difference() -> None:
    one = "network n { input image[4, 8, 8] conv(4, 2, stride = 2, pad = 0) -> lrn(k = 2) -> maxpool(2) -> conv(4, 3, init = none) }"
    two = "network n { input image[4, 8, 8] conv(4, 2x2, stride = 2) -> lrn(k = 2.0) -> maxpool(2x2) -> conv(4, 3) }"
    assert not diff(graph_of(one), graph_of(two)).changes
    assert diff(graph_of(one), graph_of(two.replace("2.0", "3.0"))).changes
    assert diff(graph_of(one), graph_of(two.replace("conv(4, 3)", 'conv(4, 3, init = "kaiming")'))).changes


def test_patterns_with_sizes_of_their_own_and_rates_that_were_added_up() -> None:
    text = """network before { input x[4, 6, 6]
      rearrange("c (h p) w -> (c p) h w", p = 2) -> dropout(RATE) }"""
    other = text.replace("(c p) h w", "(c h) p w").replace("p = 2", "h = 3").replace("RATE", "0.3")
    change, *further = diff(graph_of(text.replace("RATE", "0.1 + 0.2")), graph_of(other)).changes
    assert change.arguments[0] == ("pattern", "c (h p) w -> (c p) h w", "c (h p) w -> (c h) p w")
    assert change.arguments[1] == ("sizes", "p = 2", "h = 3")
    assert all(row.arguments == () for row in further), "0.1 + 0.2 is 0.3"


def test_the_letters_of_a_pattern_say_nothing_and_no_step_is_taken_for_its_namesake() -> None:
    text = """network n {{
  input x[length = 6, channels = 8]
  {}rearrange("{}) -> relu -> rearrange("heads {} c -> {} (heads c)")
}}"""
    one = graph_of(text.format("parts: ", 'l (heads c) -> heads l c", heads = 2', "l", "l"))
    two = graph_of(text.format("", 't (h c) -> h t c", h = 2', "length", "length"))
    assert changes(diff(one, two)) == [("renamed", "parts", "rearrange1")]


def test_the_order_of_two_operands_is_a_difference_where_it_gives_other_numbers() -> None:
    text = "network n { input image[4, 8, 8] a: conv(4) -> b: conv(4)\n OP { | skip(a) | skip(b) } }"
    for operation, commutes in {"add": True, "mul": True, "maximum": True, "sub": False, "div": False}.items():
        one = text.replace("OP", operation)
        other = one.replace("skip(a) | skip(b)", "skip(b) | skip(a)")
        assert bool(diff(graph_of(one), graph_of(other)).changes) != commutes, operation


def test_an_activation_more_shifts_names_and_changes_no_step_behind_it() -> None:
    """Names that count say little: what a step without weights reads tells which it is."""
    before = "network n { input x[3, 32, 32] a: conv(8, 3) -> relu -> b: conv(8, 3) -> relu -> c: conv(8, 3) -> relu }"
    difference = diff(graph_of(before), graph_of(before.replace("a: conv(8, 3)", "relu -> a: conv(8, 3)")))
    assert changes(difference) == [
        ("added", None, "relu1"),
        ("changed", "a", "a"),
    ]


def test_operands_of_a_sum_in_another_order_are_the_same_step() -> None:
    before = "network n { input x[3, 32, 32] e: conv(3, 3) -> add { | skip(e) | conv(3, 1) | skip(x) } -> add { | skip | relu } }"
    after = "network n { input x[3, 32, 32] e: conv(3, 3) -> sum: add { | skip(e) | conv(3, 1) | skip(x) } -> add { | relu | skip } }"
    assert {row.kind for row in diff(graph_of(before), graph_of(after)).changes} == {"renamed"}


FOUR = "network n { input x[8, 16, 16] a: conv(8, 3) -> b: conv(8, 5) -> c: conv(8, 7, groups = 2) -> d: conv(8, 1) }"


def test_a_step_that_stands_elsewhere_was_moved() -> None:
    """Neither gone nor new: the same operation with the same arguments on the same shapes, by another name behind other steps."""
    after = "network n { input x[8, 16, 16] a: conv(8, 3) -> e: conv(8, 7, groups = 2) -> f: conv(8, 5) -> d: conv(8, 1) }"
    difference = diff(graph_of(FOUR), graph_of(after))
    rows = {(change.kind, change.before and change.before.unique, change.after and change.after.unique) for change in difference.changes}
    assert {(was, now) for _, was, now in rows} == {("b", "f"), ("c", "e"), ("d", "d")}, rows
    assert {"added", "removed"}.isdisjoint(kind for kind, _, _ in rows)
    (moved,) = [change for change in difference.changes if change.kind == "moved"]
    assert moved.work[0] == moved.work[1] and "> " in difference.text() and "1 moved" in difference.text()
    assert [change.kind for change in diff(graph_of(after), graph_of(FOUR)).changes].count("moved") == 1


def test_what_could_have_been_moved_from_two_places_is_gone_and_new() -> None:
    """Two steps alike on one side: nobody can tell which of them it is."""
    before = "network n { input x[8, 16, 16] p: conv(8, 5) -> m: maxpool(3, stride = 1, pad = 1) -> q: conv(8, 5) -> a: avgpool(2) }"
    after = "network n { input x[8, 16, 16] m: maxpool(3, stride = 1, pad = 1) -> a: avgpool(2) -> r: conv(8, 5) }"
    assert "moved" not in {change.kind for change in diff(graph_of(before), graph_of(after)).changes}


def of_units(depth: int, is_pre: bool) -> Graph:
    """Units with their norm before or behind; those that have it before need one more at the end."""
    text = "block unit { add { | FIRST linear(16) -> gelu -> linear(16) | skip } LAST }\n"
    text += "network n { input tokens[length = 4, channels = 16]\n stage body { repeat DEPTH { unit } }\n END linear(8) }"
    words = {"FIRST": "ln ->" if is_pre else "", "LAST": "" if is_pre else "-> ln", "END": "ln ->" if is_pre else "", "DEPTH": str(depth)}
    for word, written in words.items():
        text = text.replace(word, written)
    return graph_of(text)


def test_a_step_of_a_block_that_is_gone_is_no_other_step() -> None:
    difference = diff(of_units(6, is_pre=False), of_units(4, is_pre=True))
    gone = [change for change in difference.changes if change.before is not None and change.before.unique.startswith(("body.4", "body.5"))]
    assert len(gone) == 10 and {change.kind for change in gone} == {"removed"}
    (new,) = [change for change in difference.changes if change.after is not None and change.after.unique == "ln1"]
    assert new.kind == "added"
    # What is gone is told before what stands there now: each part once.
    places = [change.title.split(".")[0].split()[0] for change in difference.changes]
    assert [name for name, _ in groupby(places)] == ["body", "ln1", "linear1"]
    back = diff(of_units(4, is_pre=True), of_units(6, is_pre=False))
    assert {change.kind for change in back.changes if change.after is not None and change.after.unique.startswith("body.5")} == {"added"}


def test_steps_that_are_written_as_a_block_are_renamed() -> None:
    steps = "conv(8, 3) -> bn -> relu"
    plain, called = (
        graph_of(f"{blocks}\nnetwork n {{ input image[3, 8, 8]\n {body}\n global_avgpool -> flatten -> linear(4) }}")
        for blocks, body in (("", f"{steps}\n{steps}"), (f"block unit {{ {steps} }}", f"{steps} -> unit"))
    )
    for difference in (diff(plain, called), diff(called, plain)):
        assert {change.kind for change in difference.changes} <= {"renamed"}


def test_which_of_two_equal_steps_is_read_is_no_difference() -> None:
    """DLA's trees pool what they are given, each for itself: imported, one pool is read where another was."""

    def text(second: str, one: str, two: str) -> str:
        pools = f"a: maxpool(2)\n skip(x) -> b: {second}(2)\n"
        return f"network n {{ input x[8, 12, 12]\n {pools} skip({one}) -> c: conv(8, 3)\n skip({two}) -> d: conv(8, 1)\n concat {{ | skip(c) | skip(d) }} }}"

    assert diff(graph_of(text("maxpool", "a", "b")), graph_of(text("maxpool", "b", "a"))).changes == ()
    assert diff(graph_of(text("avgpool", "a", "b")), graph_of(text("avgpool", "b", "a"))).changes
