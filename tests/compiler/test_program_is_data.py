"""A program is plain data: it pickles, copies, compares, and goes to other processes; so does the network that holds it."""

from __future__ import annotations

import copy
import multiprocessing
import pickle
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

import pytest

import archc
from archc.compiler import driver
from archc.compiler.document import to_json
from archc.compiler.files.locate import presets, shipped
from archc.compiler.graph.graph import Graph
from archc.compiler.graph.program import Program, Shown
from tests.sample import sample
from tests.support import checked as checked_text

from .test_printing import reachable

VALUES = """\
block one(channels) { conv(channels, 3) }
block two(unit, widths, act = relu, size = 1x3, note = "a", part = in, units = [one, relu]) {
  let twice = [widths, [unit, act]]
  for width in widths { unit(width) -> act }
  conv(4, size)
}
network values(unit = one, act = leaky_relu(0.1)) {
  input image[3, 8, 8]
  first: two(unit, [4, 5], act)
  add { | reuse(first.conv1) | aux side { flatten -> linear(2) } conv(4) }
}
"""


def text(source: str) -> Program:
    program = checked_text(source, "values.arch").program
    assert program is not None
    return program


def kinds(program: Program) -> Iterator[str]:
    return (f"{type(row).__module__}.{type(row).__qualname__}" for row in reachable(program))


@pytest.mark.parametrize("name", sample(shipped(), 4, 12))
def test_a_shipped_network_comes_back_from_a_pickle(name: str) -> None:
    """Of a family its own network: its presets are the same with other numbers."""
    for checked in (driver.check(name),) if name in presets().values() else driver.check_all(name):
        program = checked.program
        if program is None:
            continue
        again = pickle.loads(pickle.dumps(program))
        assert again == program and hash(again) == hash(program)
        assert [scope.unique for scope in again.scopes] == [scope.unique for scope in program.scopes]
        assert to_json(Graph(again)) == to_json(Graph(program))
        assert copy.deepcopy(program) == program
        assert not [kind for kind in kinds(program) if ".dsl." in kind or ".elaborate." in kind]


def test_blocks_operations_and_shapes_as_values_stay_as_they_are_printed() -> None:
    program = text(VALUES.replace("add { | reuse(first.conv1) | aux side { flatten -> linear(2) } conv(4) }", ""))
    block = next(scope for scope in program.scopes if scope.template == "two")
    assert program.parameters == (("unit", Shown("one")), ("act", Shown("leaky_relu(…)")))
    assert dict(block.arguments) == {
        "unit": Shown("one"),
        "widths": (4, 5),
        "act": Shown("leaky_relu(…)"),
        "size": (1, 3),
        "note": "a",
        "part": Shown("[3, 8, 8]"),
        "units": (Shown("one"), Shown("relu")),
    }
    assert block.values["twice"] == ((4, 5), (Shown("one"), Shown("leaky_relu(…)")))
    again = pickle.loads(pickle.dumps(program))
    assert again == program
    assert to_json(Graph(again)) == to_json(Graph(program))
    assert '"size": "1x3"' in to_json(Graph(again))


def test_within_a_copy_scopes_are_shared_as_in_the_first() -> None:
    program = text("network n {\n  input image[3, 8, 8]\n  stage a {\n    budget macs <= 1G\n    conv(4) -> bn\n  }\n}\n")
    again = pickle.loads(pickle.dumps(program))
    convolution, norm = again.nodes[1:3]
    assert convolution.scope is norm.scope
    assert convolution.scope is again.budgets[0].scope
    assert convolution.scope.parent is again.root


def test_programs_that_say_different_things_are_not_equal() -> None:
    def one(body: str) -> Program:
        return text(f"network n(width = 4) {{\n  input image[3, 8, 8]\n  {body}\n}}\n")

    first = one("a: conv(4) -> relu")
    assert first == one("a: conv(4) -> relu")
    for other in ("a: conv(5) -> relu", "b: conv(4) -> relu", "a: conv(4) -> relu ", "stage a { conv(4) -> relu }"):
        assert (first == one(other)) is (other == "a: conv(4) -> relu "), other
    assert one("add { | conv(3) | skip }") != one("add { | skip | conv(3) }")
    assert first != "a program"
    assert archc.compile("resnet18") == archc.compile("resnet18")
    assert archc.compile("resnet18") != archc.compile("resnet18", classes=7)
    assert archc.compile("resnet18") != "resnet18"
    assert len({archc.compile("resnet18"), archc.compile("resnet18"), archc.compile("resnet34")}) == 2


def test_the_deepest_network_pickles_and_copies() -> None:
    depth = 96
    program = text("network n {\n  input image[3, 8, 8]\n" + "g: { " * depth + "conv(4)" + " }" * depth + "\n}\n")
    assert max(scope.depth for scope in program.scopes) == depth
    assert pickle.loads(pickle.dumps(program)) == copy.deepcopy(program) == program


def test_a_reused_part_pickles_with_what_it_shares() -> None:
    program = text("network n {\n  input image[4, 8, 8]\n  t: { conv(4) -> bn }\n  reuse(t)\n  again: reuse(t)\n}\n")
    again = pickle.loads(pickle.dumps(program))
    first, *later = [scope for scope in again.scopes if scope.kind == "group"]
    assert [scope.shares for scope in later] == [first, first]
    assert again == program


def costed(net: archc.Network) -> tuple[archc.Network, int]:
    return net, net.cost().total.parameters


def test_a_network_goes_to_another_process_and_back(tmp_path: Path) -> None:
    file = tmp_path / "n.arch"
    file.write_text("network n(unit = relu) {\n  input image[3, 8, 8]\n  conv(4) -> unit\n  conv(4)\n}\n", encoding="utf-8")
    net = archc.compile(file)
    with ProcessPoolExecutor(1, multiprocessing.get_context("spawn")) as pool:
        again, parameters = pool.submit(costed, net).result()
    assert again == net and hash(again) == hash(net)
    assert parameters == net.cost().total.parameters == 3 * 4 * 9 + 4 + 4 * 4 * 9 + 4
    assert again.warnings == net.warnings


def test_a_network_that_was_read_pickles_without_its_graph() -> None:
    net = archc.compile("resnet18")
    small = pickle.dumps(net)
    net.graph, net.cost()
    assert len(pickle.dumps(net)) == len(small)
    assert copy.deepcopy(net) == copy.copy(net) == net
    assert copy.deepcopy(net).to_python() == net.to_python()


def test_errors_pickle() -> None:
    with pytest.raises(archc.ArchError) as raised:
        driver.compile("resnet18", settings={"clases": 3})
    again = pickle.loads(pickle.dumps(raised.value))
    assert str(again) == str(raised.value)


def test_the_trunk_is_what_inference_runs() -> None:
    net = archc.compile("googlenet")
    ports = [node for node in net.program.nodes if node.is_port]
    assert {node.operation.name for node in ports} == {"input", "output"}
    aux = [node for node in net.program.nodes if node.training_only]
    assert aux and not set(aux) & set(net.typed_graph.trunk)
    assert len(net.typed_graph.trunk) == len(net.program.nodes) - len({*ports, *aux})
