"""No text is dropped in silence: a file that is accepted gives a module with every step of it, and one that cannot be worked out is refused."""

from __future__ import annotations

import pytest

from archc.compiler.codegen.pytorch import to_python
from tests.support import checked

N = "network n {\n  input x[3, 8, 8]\n  @\n}\n"
B = "block b(c) { conv(c) }\n"

# Wherever an expression may stand and nothing has come in yet.
NOTHING_COMES_IN = {
    "in1": "network in1(c = in.channels) {\n  input x[3, 8, 8]\n  conv(c)\n}\n",
    "IndexError-073cc180": 'network n {\n  input x[3, in.channels, 3]\n  conv(8, 7, pad_mode = "reflect")\n}\n',
    "a parameter that nothing reads": "network n(c = in.channels) {\n  input x[3, 8, 8]\n  conv(4)\n}\n",
    "a parameter of a parameter": "network n(a = in.height, c = a) {\n  input x[3, 8, 8]\n  conv(c)\n}\n",
    "a variant's argument": "network m(c) {\n  input x[3, 8, 8]\n  conv(c)\n}\nnetwork n = m(in.channels)\n",
    "a variant's parameter": "network m(c) {\n  input x[3, 8, 8]\n  conv(c)\n}\nnetwork n(c = in.channels) = m(c)\n",
    "a let of the file": "let c = in.channels\n" + N.replace("@", "conv(c)"),
    "a let of the file that nothing reads": "let c = in.channels\n" + N.replace("@", "conv(4)"),
    "a default of the file": "default conv(kernel = in.rank)\n" + N.replace("@", "conv(4)"),
    "a let before the input": "network n {\n  let c = in.channels\n  input x[3, 8, 8]\n  conv(c)\n}\n",
    "a condition before the input": "network n {\n  if in.channels > 3 { let a = 1 }\n  input x[3, 8, 8]\n  conv(4)\n}\n",
    "a loop before the input": "network n {\n  repeat in.channels { let a = 1 }\n  input x[3, 8, 8]\n  conv(4)\n}\n",
    "a requirement before the input": "network n {\n  require in.channels == 3\n  input x[3, 8, 8]\n  conv(4)\n}\n",
    "a message before the input": 'network n {\n  require false, "{in.channels}"\n  input x[3, 8, 8]\n  conv(4)\n}\n',
    "a budget before the input": "network n {\n  budget parameters <= in.channels\n  input x[3, 8, 8]\n  conv(4)\n}\n",
    "a default before the input": "network n {\n  default conv(kernel = in.rank)\n  input x[3, 8, 8]\n  conv(4)\n}\n",
}

NO_TENSOR_YET = {
    "an expectation": "expect [3, 8, 8]",
    "a step": "relu",
    "a block": "b(4)",
    "a skip": "skip",
    "a label": "a: skip",
    "a merge": "add { | skip | skip }",
    "a side head": "aux a { relu }",
    "an empty side head": "aux a { }",
    "a stage": "stage s { relu }",
    "a group": "g: { relu }",
}


@pytest.mark.parametrize("text", NOTHING_COMES_IN.values(), ids=NOTHING_COMES_IN)
def test_in_where_nothing_comes_in(text: str) -> None:
    found = checked(text)
    assert "E228" in [row.code for row in found.diagnostics if row.is_error]
    assert found.program is None


@pytest.mark.parametrize("statement", NO_TENSOR_YET.values(), ids=NO_TENSOR_YET)
def test_a_statement_before_the_input(statement: str) -> None:
    found = checked(f"{B}network n {{\n  {statement}\n  input x[3, 8, 8]\n  conv(4)\n}}\n")
    assert "E236" in [row.code for row in found.diagnostics if row.is_error]


def test_in2() -> None:
    found = checked("network in2 {\n  input x[in.channels, 8, 8]\n  conv(4)\n  nonsense(3)\n}\n")
    assert [row.code for row in found.diagnostics] == ["E228", "E201"]


def test_a_value_from_outside_has_nothing_that_comes_in() -> None:
    from archc.compiler.driver import parse_setting

    value, _ = parse_setting("c", "in.channels")
    found = checked("network n(c = 3) {\n  input x[3, 8, 8]\n  conv(c)\n}\n", "n.arch", settings={"c": value})
    assert [row.code for row in found.diagnostics] == ["E228"]


def test_what_comes_in_is_known_where_a_network_is_a_step() -> None:
    body = "network m(c = in.channels) {\n  input x[5, 8, 8]\n  conv(2 * c)\n}\nnetwork v(c = in.channels) = m(c)\n"
    for step in ("m", "v"):
        found = checked(f"{body}network n {{\n  input x[3, 8, 8]\n  conv(7) -> {step}\n}}\n".replace("x[5", "x[7"))
        assert [row.code for row in found.diagnostics if row.is_error] == []
        assert found.program is not None
        assert found.program.nodes[-1].shape == (14, 8, 8)


def test_one_mistake_is_said_once_and_what_follows_from_it_is_not() -> None:
    found = checked(
        N.replace("@", "a: nonsense(3)\n  let c = a.channels\n  conv(c) -> conv(in.channels)\n  expect [3, 8, 8]\n  output b = a")
    )
    assert [row.code for row in found.diagnostics] == ["E201"]


# Statements, and what must stand in the source for each.
KEPT = {
    "a chain": ("conv(4) -> relu -> bn", ["self.conv1", "relu", "self.bn1"]),
    "aux_output": (
        "conv(4)\n  aux output { global_avgpool -> flatten -> linear(3) }\n  conv(5)",
        ["self.conv1", "self.output", "self.conv2"],
    ),
    "two side heads": ("aux a { conv(2) }\n  conv(5)\n  aux output { conv(3) }", ["self.a", "self.output", "self.conv1"]),
    "outputs with the names of tuples' methods": ("count: conv(4)\n  index: conv(5)\n  output count, index", ["self.count", "self.index"]),
    "dunder": ("__pre(4) -> __pre(5)", ["self.pre1", "self.pre2"]),
    "a block of an underscore": ("_one(4) -> _one(5)", ["self._one1", "self._one2"]),
    "dunder beside its like": ("__pre(4) -> pre(5)", ["self.pre1", "self.pre2"]),
    "blocks named like what the source uses": (
        "tensor(4) -> nn(5) -> torch(6) -> super(7) -> object(8)",
        ["self.tensor1", "self.nn1", "self.torch1", "self.super1", "self.object1"],
    ),
    "parameters named like Python's": ("odd(4, 5, 6, 7)", ["self.odd1"]),
}

BLOCKS = """
block __pre(c) { conv(c) -> relu }
block pre(c) { conv(c) -> relu }
block _one(c) { conv(c) -> relu }
block tensor(c) { conv(c) -> relu }
block nn(c) { conv(c) -> relu }
block torch(c) { conv(c) -> relu }
block super(c) { conv(c) -> relu }
block object(c) { conv(c) -> relu }
block odd(self, lambda, int, __class__) { conv(self) -> conv(lambda) -> conv(int) -> conv(__class__) }
"""


@pytest.mark.parametrize(("body", "wanted"), KEPT.values(), ids=KEPT)
def test_every_step_is_in_the_module_and_the_module_runs(body: str, wanted: list[str]) -> None:
    import torch

    found = checked(BLOCKS + N.replace("@", body))
    assert not found.has_errors, found.diagnostics
    text = to_python(found.graph)
    for name in wanted:
        assert name in text
    names: dict[str, object] = {"__name__": "made"}
    exec(compile(text, "made", "exec", dont_inherit=True), names)
    module = names["N"]()  # type: ignore[operator]
    keys = {key.rsplit(".", 1)[0] for key in module.state_dict()}
    assert keys == {node.key for node in found.graph.nodes if node.weights}
    for training in (True, False):
        module.train(training)(torch.zeros(2, 3, 8, 8))


def test_a_residual_that_goes_with_its_condition_is_doubted() -> None:
    trap = "block unit(c, stride) {\n  add {\n    | conv(c, stride = stride)\n    | if stride > 1: conv(c, 1, stride = stride)\n  }\n}\n"
    found = checked(trap + N.replace("@", "conv(8) -> unit(8, 1) -> unit(8, 2)"))
    assert [(row.code, row.primary.span.line) for row in found.diagnostics] == [("W513", 4)]
    assert checked(trap + N.replace("@", "conv(8) -> unit(8, 2)")).diagnostics == ()
    kept = trap.replace("1: conv(c, 1, stride = stride)", "1 { conv(c, 1, stride = stride) }")
    assert checked(kept + N.replace("@", "conv(8) -> unit(8, 1) -> unit(8, 2)")).diagnostics == ()
    allowed = trap.replace("    | if", "    # allow W513\n    | if")
    assert checked(allowed + N.replace("@", "conv(8) -> unit(8, 1)")).diagnostics == ()


@pytest.mark.parametrize(
    "merge",
    [
        "add { | conv(8) | if false: skip }",
        "add { | skip | if false: conv(8) }",
        "add { | conv(4) | if false: conv(4) }",
        "concat { | conv(8) | if false: conv(8) }",
        "mul { | conv(8) | if false: conv(8) }",
        "add { | conv(8) | skip | if false: conv(8) }",
    ],
)
def test_a_path_that_may_well_be_left_out_is_not_doubted(merge: str) -> None:
    assert checked(N.replace("@", f"conv(8) -> {merge}")).diagnostics == ()


@pytest.mark.parametrize("label", ['"a{c # of channels}"', '"a{# c}"', '"a{c}{c#}"'])
def test_a_comment_in_the_braces_of_a_text(label: str) -> None:
    found = checked(f"let c = 3\n{N.replace('@', f'{label}: conv(4)')}")
    (row,) = found.diagnostics
    assert (row.code, row.message) == ("E107", "the braces in a text hold an expression alone, and no comment")
    assert row.fix is not None


def test_a_number_sign_of_the_text_itself() -> None:
    body = '"a#{c}": conv(4) -> skip("a#{c}")'
    assert not checked("let c = 3\n" + N.replace("@", body)).has_errors


BEGINNINGS = {
    "skip": "skip(start) -> conv(4)",
    "reuse": "reuse(start)",
    "an output": "output o = start",
    "a size": "upsample(like = start)",
    "a part that is not there": 'skip("start.0)") -> conv(4)',
    "a path of a merge": "add { | skip | skip(start) }",
}


@pytest.mark.parametrize("statement", BEGINNINGS.values(), ids=BEGINNINGS)
def test_the_beginning_of_dotted_labels_is_no_step(statement: str) -> None:
    found = checked(f'network n {{\n  input x[3, 8, 8]\n  "start.0": conv(3)\n  {statement}\n}}\n')
    (row,) = (row for row in found.diagnostics if row.is_error)
    assert row.code == "E202"
    assert "`start.0`" in (row.help or "") or "did you mean `0`" in (row.help or "")


READ = "block read takes a, b { sub { | skip(a) -> linear(8) | skip(b) -> relu } }\n"
BOTH = "block both takes a, b gives a, b { skip }\n"
TWO_INPUTS = "network n {\n  input x[8]\n  input y[8]\n"


@pytest.mark.parametrize(
    "line",
    [
        "c: read { | skip(x) | skip(y) }\n  relu -> reuse(c)",
        "c: read { | skip(x) | skip(y) }\n  both { | skip | skip(y) } -> reuse(c)",
        "c: { skip(x) -> linear(8) }\n  relu -> reuse(c)",
        "c: sub { | skip(x) -> linear(8) | skip(y) }\n  relu -> add { | skip | relu -> reuse(c) }",
    ],
)
def test_a_step_used_again_tells_what_it_does_not_read(line: str) -> None:
    found = [row for row in checked(f"{READ}{BOTH}{TWO_INPUTS}  {line}\n}}\n").diagnostics if row.code == "W522"]
    assert len(found) == 1 and "`c`" in found[0].message
    assert found[0].help is not None and "-> reuse(c)`" in found[0].help


@pytest.mark.parametrize(
    "line",
    [
        "both { | skip(x) | skip(y) } -> c: read\n  both { | skip | skip(y) } -> reuse(c)",
        "c: read { | skip | skip(y) }\n  relu -> reuse(c)",
        "c: { linear(8) }\n  relu -> reuse(c)",
        "c: linear(8)\n  add { | reuse(c) | skip(y) -> reuse(c) }",
    ],
)
def test_what_comes_in_is_read(line: str) -> None:
    assert not [row for row in checked(f"{READ}{BOTH}{TWO_INPUTS}  {line}\n}}\n").diagnostics if row.code != "W501"]
