"""A label that no step has: what is said tells which there are and where, and what is offered works."""

from __future__ import annotations

import pytest

from tests.support import assert_mended, checked


def net(body: str, shape: str = "[8, 16, 16]") -> str:
    return f"network n {{\n  input image{shape}\n  {body}\n}}\n"


ROUNDS = {
    "a round after the last": ('for i in range(3) { "x{i}": conv(8) }\n  skip(x3)', "`for i in range(3)` makes `x0` to `x2`"),
    "a round before the first": ('repeat 3 as i { "x{i + 1}": conv(8) }\n  skip(x0)', "`repeat 3 as i` makes `x1` to `x3`"),
    "a stage": ('for i in range(2) { stage "s{i}" { c: conv(8) } }\n  skip(s5.c)', "`for i in range(2)` makes `s0` and `s1`"),
    "a label with dots": ('for i in range(3) { "enc.{i}": conv(8) }\n  skip("enc.3")', "makes `enc.0` to `enc.2`"),
    "a path": ('add { | for k in [1, 3]: "b{k}": conv(8, k) }\n  reuse(b5)', "`for k in [1, 3]` makes `b1` and `b3`"),
    "its shape": ('for i in range(3) { "x{i}": conv(8) }\n  conv(x3.channels)', "makes `x0` to `x2`"),
    "another label of the same form": (
        'for i in range(3) { "x{i}_0": conv(8) }\n  for i in range(2) { "x{i}_{i + 1}": conv(8) }\n  skip(x5_6)',
        "`for i in range(2)` makes `x0_1` and `x1_2`",
    ),
    "in a stage, by its name": (
        'stage s { for i in range(9) { "x{i}": conv(8) } }\n  skip(s.x9)',
        "`for i in range(9)` makes `s.x0` to `s.x8`",
    ),
}


@pytest.mark.parametrize("title", ROUNDS)
def test_a_label_that_no_round_makes_is_answered_with_those_that_the_loop_makes(title: str) -> None:
    body, help = ROUNDS[title]
    [row] = [row for row in checked(net(body)).diagnostics if row.is_error]
    assert row.code in ("E201", "E202") and row.help is not None and help in row.help


def test_many_labels_are_told_by_their_ends_and_their_number() -> None:
    words = "".join(f"  s{letter}: conv(8)\n" for letter in "abcdefghijk")
    [row] = checked(net(f"stage s {{\n{words}  }}\n  skip(s.none)")).diagnostics
    assert row.help == "its labels are `s.sa`, `s.sb`, `s.sc`, `s.sd`, `s.se`, `s.sf` and 5 more"


MENDED = {
    "the round before the first": (
        'for i in range(3) { "x{i}": add { | conv(8) | skip("x{i - 1}") } }',
        'for i in range(3) { "x{i}": add { | conv(8) | skip("x{i - 1}" if i > 0 else image) } }',
    ),
    "a step that has no label": (
        "conv(8) -> relu\n  conv(8)\n  add { | skip(conv1) | skip(relu1) | reuse(conv2) }",
        "conv1: conv(8) -> relu1: relu\n  conv2: conv(8)\n  add { | skip(conv1) | skip(relu1) | reuse(conv2) }",
    ),
    "one inside a stage": (
        "stage s { conv(8) -> relu }\n  conv(8)\n  add { | skip(s.conv1) | skip }",
        "stage s { conv1: conv(8) -> relu }\n  conv(8)\n  add { | skip(s.conv1) | skip }",
    ),
    "one a level deeper": (
        "stage s { stage t { deep: conv(8) } -> relu }\n  add { | skip(s.deep) | skip }".replace("} -> relu }", "}\n  relu }"),
        "stage s { stage t { deep: conv(8) }\n  relu }\n  add { | skip(s.t.deep) | skip }",
    ),
    "a slip": (
        "tower: { first: conv(8) -> second: conv(8) }\n  reuse(tower.frist)",
        "tower: { first: conv(8) -> second: conv(8) }\n  reuse(tower.first)",
    ),
    "a slip between quotes": (
        'tower: { first: conv(8) -> second: conv(8) }\n  reuse("tower.frist")',
        'tower: { first: conv(8) -> second: conv(8) }\n  reuse("tower.first")',
    ),
}


@pytest.mark.parametrize("title", MENDED)
def test_the_label_that_is_offered_is_one(title: str) -> None:
    before, after = MENDED[title]
    assert_mended(net(before), net(after))


@pytest.mark.parametrize(
    ("body", "help"),
    [
        ("tower: { c1: conv(8) -> c2: conv(8) }\n  reuse(tower.c9)", "its labels are `tower.c1` and `tower.c2`"),
        ("tower: { c1: conv(8) }\n  t: conv(8)\n  reuse()", "its use is `reuse(label)`; the labels here are `tower` and `t`"),
        ("reuse(image)", "it is an input, and has no weights: `skip(image)` takes it up again"),
        ("split(2) as a, b\n  skip(a) -> reuse(b)", "`skip(b)` takes it up; `reuse` takes the label of the step with the weights"),
    ],
)
def test_what_cannot_be_used_again_says_what_can(body: str, help: str) -> None:
    [row] = [row for row in checked(net(body)).diagnostics if row.is_error]
    assert row.help is not None and help in row.help


def test_labels_of_what_comes_in_cost_as_those_of_steps_do() -> None:
    """A hundred thousand of them are ended early, not after they are all made."""
    found = checked(net('for i in range(100000) { "g{i}": skip }'))
    assert [row.code for row in found.diagnostics] == ["E406"]


PLACES = {
    "a loop that has no round": ('for i in range(5, 1) { "x{i}": conv(8) }\n  skip(x1)', 3, "rounds of this would make it"),
    "a round that counts too far": ('x0: conv(8)\n  x1: conv(8)\n  for j in [1, 9] { skip("x{j}") }', 5, "`j` is 9"),
    "labels in a stage that a loop makes": (
        'stage s { for i in range(3) {\n  "x{i + 4}": conv(8) } }\n  for j in range(2) { skip("s.x{j + 4}") -> conv(8) }\n  skip(s.x1)',
        3,
        "makes `s.x4` to `s.x6`",
    ),
    "a loop in a stage that has no round": (
        'let n = 2\n  stage s { for i in range(4, n) {\n  "x{i}": conv(8) } }\n  skip(s.x4)',
        4,
        "rounds of this would make it",
    ),
    "what its bound was worked out from": (
        'let n = 2\n  stage s {\n  for i in range(n) { "x{i}": conv(8) } }\n  skip(s.x2)',
        3,
        "`n` is 2",
    ),
    "a condition that lets the first round in": (
        'for i in range(3) {\n if i < 9 { add { | skip | skip("x{i - 1}") } }\n  "x{i}": conv(8) }',
        4,
        "holds in this round",
    ),
    "two rounds of one name": ('for i in [1, 1] {\n  "x{i}": conv(8) }', 3, "`i` is 1"),
    "an item that a round counts past the end": (
        "let w = [4, 8]\n  for k in [0, 2] {\n    conv(w[k]) }",
        4,
        "`k` is 2",
    ),
}


@pytest.mark.parametrize("title", PLACES)
def test_what_a_loop_counted_wrong_leads_to_its_head(title: str) -> None:
    body, line, told = PLACES[title]
    [row] = [row for row in checked(net(body)).diagnostics if row.is_error]
    assert (line, told) in [(label.span.line, label.message) for label in row.secondary]


def test_labels_that_a_statement_would_have_given_are_not_missed() -> None:
    text = 'block row takes xs[] gives ys[] {\n  for i in range(len(xs)) { add { } -> "ys.{i}": relu }\n}\n' + net(
        "split(2) -> row -> concat"
    )
    assert [row.code for row in checked(text).diagnostics if row.is_error] == ["E123"]


def test_a_step_in_a_block_that_takes_nothing_is_shown() -> None:
    text = "block shift(by) { add {\n  | constant(by, [3, 1, 1]) } }\n" + net("conv(3)\n  shift([1, 2, 3])")
    [row] = [row for row in checked(text).diagnostics if row.is_error]
    assert row.code == "E241" and 2 in [label.span.line for label in row.secondary]


def test_labels_that_a_mistake_took_their_tensors_from_are_not_told_of_again() -> None:
    text = "block ends takes maps[] { skip(maps[0]) }\n" + net("concat { | | skip } -> a: conv(8)\n  ends { | skip(a) | skip }")
    assert [row.code for row in checked(text).diagnostics if row.is_error] == ["E123"]


BLOCKS = """
block tower(n) { for i in range(n) { "t{i}": conv(8) } }
block first takes xs[] { skip(xs[1]) }
block row(n) flat {
  for i in range(n) { "f{i}": conv(8) } }
"""


@pytest.mark.parametrize(
    ("body", "told"),
    [
        ("a: tower(3)\n  skip(a.t3)", {(2, "makes `a.t0` to `a.t2`"), (8, "what the loop stands in is called here")}),
        ("stage s {\n row(0) }\n  skip(s.f0)", {(5, "rounds of this would make it"), (9, "what the loop stands in is called here")}),
        ("first {\n | skip\n | for k in range(0): conv(8) }", {(10, "gives none")}),
        ("first {\n | skip }", {(8, "1 path ends here")}),
    ],
)
def test_what_a_block_makes_in_a_loop_leads_there_and_to_its_call(body: str, told: set[tuple[int, str]]) -> None:
    [row] = [row for row in checked(BLOCKS + net(body)).diagnostics if row.is_error]
    assert told <= {(label.span.line, label.message) for label in row.secondary}


def test_what_stands_at_the_head_of_one_path_does_its_work_on_it() -> None:
    """It was left out without a word; what takes two tensors joins nothing, where the text says that there may be one."""
    blocks = (
        "block list takes xs[] { skip(xs[0]) -> conv(4) }\nblock one(n) { conv(n) }\nblock two takes a, b { add { | skip(a) | skip(b) } }\n"
    )
    network = "network inner {\n  input x[6, 16, 16]\n  conv(7)\n}\n"

    def ends(body: str) -> list[str]:
        found = checked(blocks + network + net(body).replace("network n", "network last"), "last")
        return [row.code for row in found.diagnostics] or [
            str(node.shape[0]) for node in found.program.nodes if node.operation.name == "conv"
        ]

    assert ends("list { | skip }") == ["4"]
    assert ends("one(5) { | conv(6) }") == ["6", "5"]
    assert ends("inner { | conv(6) }") == ["6", "7"]
    assert ends("two { | conv(6) | if false: skip }") == ["6"]
    assert ends("two { | conv(6) }") == ["E234"]


@pytest.mark.parametrize("word", ["g: {", "stage g {"])
def test_what_failed_behind_a_label_within_is_told_once(word: str) -> None:
    """The group has an inner label, and no tensor, for its last step failed: it is not the beginning of labels."""
    found = checked(
        f"network n {{\n  input x[3, 8, 8]\n  {word} add {{ | c: conv(3) | skip }} -> permute([5]) }}\n  add {{ | skip(g) | skip(x) }}\n}}\n"
    )
    assert [row.code for row in found.diagnostics] == ["E319"]


def test_the_beginning_of_labels_is_no_step() -> None:
    found = checked('network n {\n  input x[3, 8, 8]\n  "g.a": conv(3)\n  add { | skip(g) | skip(x) }\n}\n')
    assert [row.code for row in found.diagnostics if row.is_error] == ["E202"]


def test_a_block_that_reads_none_of_what_it_is_given_is_told_at_its_own_text() -> None:
    text = "block seen(w) takes a, b {\n  p: parameter([w, 8, 8], batch = true)\n  conv(w)\n}\n" + net(
        "c: conv(8)\n  d: conv(8)\n  seen(8) { | skip(c) | skip(d) }"
    )
    doubt, row = checked(text).diagnostics
    assert (
        doubt.code == "W526" and doubt.primary.span.line == 3
    )  # the step that goes on from the learned tensor, and not from what comes in
    assert row.code == "E241" and row.message == "what `seen` gives hangs on nothing that comes in: it is learned or fixed alone"
    assert (1, "no step reads it") in [(label.span.line, label.message) for label in row.secondary]
    assert row.help == "read it where `seen` works with it: a path `| skip(b)` of a merge"


@pytest.mark.parametrize(("label", "values"), [('"{i + 1}"', "depths"), ('"row{i}"', "depths"), ('"{i}"', "depts")])
def test_a_name_that_is_misspelt_in_a_loop_is_no_label_of_its_rounds(label: str, values: str) -> None:
    """Rounds are counted: none makes what `widhts` is called."""
    text = f"network n(widths = [8, 16], depths = [1, 2]) {{\n  input x[3, 8, 8]\n  for i, rounds in {values} {{\n    {label}: {{ conv(widhts[i]) }}\n  }}\n}}\n"
    (row,) = checked(text).diagnostics
    assert row.code == "E201" and row.help is not None
    assert row.help.startswith("did you mean ") and ("`widths`" if values == "depths" else "`depths`") in row.help


@pytest.mark.parametrize(
    ("statement", "told"),
    [
        ("input x[channels, 8, 8]", "`channels` is a word of the language, and nothing else here has that name: did you mean `chanenls`?"),
        (
            "input x[3, 8, 8]\n  linear(height)",
            "`height` is a word of the language, and nothing else here has that name; `in.height` is that of what comes in",
        ),
    ],
)
def test_the_name_of_an_axis_where_a_number_belongs(statement: str, told: str) -> None:
    (row,) = checked(f"network n(chanenls = 3) {{\n  {statement}\n}}\n").diagnostics[:1]
    assert row.code == "E208" and row.help == told


@pytest.mark.parametrize("line", ["{} -> relu", "conv(8) -> {} -> skip(a)", "add {{ | {} | skip }}"])
@pytest.mark.parametrize("right", ["b: conv(8) -> a: skip", "a: {{ b: conv(8) }}"])
def test_a_step_has_one_label(line: str, right: str) -> None:
    """Of two the one may be another name of what it makes, or a scope around it: both are offered, and each is the language."""
    [row] = checked(net(line.format("a: b: conv(8)"))).diagnostics
    assert row.code == "E210" and row.message == "a step has one label, and here are two"
    assert row.help is not None and right.format().replace("conv(8)", "…") in row.help
    assert not checked(net(line.format(right.format()))).has_errors


def test_a_label_inside_that_was_misspelt_is_shown_where_it_stands() -> None:
    """Also where a step further inside has the very name."""
    body = "stage head { a: { logits: conv(8) } -> logit: conv(4) }\n  skip(head.logits)"
    [row] = checked(net(body)).diagnostics
    assert row.help == "it is inside another: `head.a.logits`; or did you mean `head.logit`?"
    assert [label.span.text for label in row.secondary] == ["head", "logit"]
