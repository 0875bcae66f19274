"""What a check says of an operation of one's own is what its class does: which sizes it takes, what comes out, what it keeps."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import archc
from archc.base.source import Source
from archc.compiler.driver import check
from archc.dsl.format.printer import format_source
from archc.reporting.error import ArchError
from archc.reporting.terminal import to_text

from .layers import DECLARED, FOCUS, write

quick = settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


def direct() -> type[torch.nn.Module]:
    namespace: dict[str, type[torch.nn.Module]] = {}
    exec(FOCUS, namespace)
    return namespace["Focus"]


@quick
@given(st.integers(1, 9), st.integers(1, 9), st.integers(1, 4), st.integers(1, 6), st.sampled_from((1, 3)))
def test_it_takes_what_its_class_takes_and_makes_what_that_makes(
    tmp_path: Path, height: int, width: int, inputs: int, channels: int, kernel: int
) -> None:
    path = write(tmp_path, f"{DECLARED}network n {{ input x[{inputs}, {height}, {width}] focus({channels}, kernel = {kernel}) }}\n")
    module = direct()(inputs, channels, k=kernel)
    try:
        answer = module(torch.zeros(2, inputs, height, width))
    except RuntimeError:
        answer = None
    found = check(path)
    assert found.has_errors == (answer is None), to_text(found.diagnostics)
    if found.program is not None and answer is not None:
        (node,) = (node for node in found.program.nodes if not node.is_port)
        assert (2, *node.shape) == tuple(answer.shape)
        assert {row.name: row.shape for row in node.weights} == {key: tuple(value.shape) for key, value in module.state_dict().items()}


MISTAKES = [
    ("shape [conv, 1]", "E251", "`conv` is an operation"),
    ("shape [chanels]", "E201", "no value named `chanels`"),
    ("shape 4", "E341", "its `shape` is 4, and must be a list of sizes"),
    ("shape []", "E341", "must be a list of sizes"),
    ("shape [1.5]", "E341", "size 0 of its output is 1.5"),
    ("shape [in.length]", "E227", "has no `length`"),
    ("shape [in.height / 3, 1]", "E220", "8 / 3 is not a whole number"),
    ("shape [channels = 1, wdth = 3]", "E208", "not `wdth`"),
    ("shape in.shape\n  shape in.shape", "E251", "says its `shape` twice"),
    ("if c > 9 { shape in.shape }", "E341", "says no `shape` for these arguments"),
    ("shap in.shape", "E251", "did you mean `shape`?"),
    ("flops out.height\n  shape in.shape", "E251", "not said yet"),
    ("shape in.shape\n  macs 1.5", "E341", "`macs` is 1.5"),
    ("shape in.shape\n  macs -c", "E341", "`macs` is -4"),
    ("shape in.shape\n  weight a[c - 4]", "E341", "a size of `a` is 0"),
    ("shape in.shape\n  weight a[1], a[2]", "E341", "two tensors have the key `a`"),
    ('shape in.shape\n  weight a[dtype = "int64"]', "E341", "a weight holds floating-point numbers"),
    ("shape in.shape\n  weight a[channels = 4]", "E251", "have no names"),
    ("shape in.shape\n  arguments 4", "E251", "`arguments` are a list"),
    ("shape in.shape\n  arguments [a = 1, 3]", "E251", "behind one with a name"),
    ("shape in.shape\n  arguments [a = 1, a = 3]", "E251", "two arguments have the name `a`"),
    ("shape in.shape\n  arguments [class = 1]", "E251", "no argument of Python has the name `class`"),
    ("shape in.shape\n  for i in c { weight a[1] }", "E341", "`for` needs a list, and `c` is 4"),
    ("shape in.shape\n  for i in range(99999) { for j in range(99999) { let z = i } }", "E341", "steps, the limit"),
    ('shape in.shape\n  for i in range(99999) { weight "a{i}"[1] }', "E341", "more than 10000 tensors"),
    ('shape in.shape\n  require c == 5, "five, not {c}"', "E230", "five, not 4"),
]


@pytest.mark.parametrize(("body", "code", "told"), MISTAKES)
def test_a_mistake_in_a_rule_is_told_once_at_its_place(body: str, code: str, told: str) -> None:
    text = f'operation f(c = 4) from "a.py:F" {{\n  {body}\n}}\nnetwork n {{\n  input x[3, 8, 8]\n  f\n}}\n'
    with pytest.raises(ArchError) as raised:
        archc.compile(text)
    rows = raised.value.diagnostics
    assert [row.code for row in rows] == [code], to_text(rows)
    assert told in to_text(rows)


@pytest.mark.parametrize("name", ["input", "output", "skip", "reuse", "conv"])
def test_the_words_of_archc_stay_its_own(name: str) -> None:
    text = f'operation {name} from "a.py:F" {{ shape in.shape }}\nnetwork n {{ input x[3, 8, 8] relu }}\n'
    with pytest.raises(ArchError, match="E252"):
        archc.compile(text)


def test_parameters_may_have_the_names_of_what_every_operation_has() -> None:
    text = """operation f(output, name = 2, windows = 3, stride = 1, groups = 5) from "a.py:F" { shape [output + name + windows] }
network n { input x[3, 8, 8] f(1) }
"""
    node = archc.compile(text).program.nodes[1]
    assert node.shape == (6,)
    assert node.operation.arguments() == (("output", 1), ("name", 2), ("windows", 3), ("stride", 1), ("groups", 5))


def test_one_that_reads_no_value_of_the_file_is_known_in_all_of_it() -> None:
    declared = 'operation f(c = 4) from "a.py:F" { shape [c] }\n'
    assert archc.compile(f"default f(c = 9)\n{declared}network n {{ input x[3] f }}\n").program.nodes[1].shape == (9,)


def test_the_layout_of_a_declaration_is_the_same_the_second_time() -> None:
    text = """operation   f( c=4 ,k = [1,2])   takes a ,b
  from   "my_layers.py:F"{ shape[c,a.height//2]   # what comes out
 weight   x.y [ 3 ],"0.z"[c ]
 if c>3{buffer n[dtype="int64"]}else{let q=1}
   macs(c+1)*2 }
"""
    once = format_source(Source.of("f.arch", text))
    assert once == format_source(Source.of("f.arch", once))
    assert 'operation f(c = 4, k = [1, 2]) takes a, b from "my_layers.py:F" {' in once
    assert "  shape [c, a.height // 2]  # what comes out\n" in once
    assert '  weight x.y[3], "0.z"[c]\n' in once
    assert "  macs (c + 1) * 2\n" in once
