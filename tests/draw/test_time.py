"""Colours by time: every step of inference has a number, equal steps have equal ones, and the picture shows their sum."""

from __future__ import annotations

import re
import sys
from pathlib import Path

import pytest
import torch
from click.testing import CliRunner

from archc.cli import group
from archc.compiler.codegen.pytorch import Mode
from archc.compiler.codegen.units import needed_nodes
from archc.compiler.draw import Look, Options, View, draw, draw_text, fold, to_dot
from archc.compiler.draw.dot import Writer
from archc.compiler.draw.fills import cost
from archc.compiler.draw.legend import short
from archc.compiler.driver import check
from archc.compiler.graph.graph import Graph
from archc.compiler.runtime.latency import alone, seconds_by_node
from archc.reporting.error import ArchError
from tests.support import graph_of

TWO = """
network two {
  input image[4, 12, 12]
  input other[4, 12, 12]
  concat { | conv(8, 3, bias = false) -> bn -> relu | skip(other) -> conv(8, 1) }
  dropout -> split: conv(16, 3)
  add { | skip(split) -> chunk(0, 2) -> conv(8, 3) | skip(split) -> chunk(1, 2) -> conv(8, 3) }
  mul { | skip | global_avgpool -> conv(8, 1) -> sigmoid }
  aux side { global_avgpool -> flatten -> linear(3) }
  global_avgpool -> flatten -> linear(10)
}
"""

WORDS = """
network words {
  input tokens[5]
  embedding(30, 8) -> linear(8)
  add { | skip | linear(8) }
}
"""


def quick(graph: Graph, batch: int = 1) -> dict[str, float]:
    return seconds_by_node(graph, batch, rounds=1)


def assert_whole(graph: Graph, seconds: dict[str, float]) -> None:
    """Every node has a number, and those that inference runs take time."""
    assert [*seconds] == [node.unique for node in graph.nodes]
    running = {node.unique for node in needed_nodes(graph, Mode.INFERENCE)}
    assert {name for name, value in seconds.items() if value > 0} == running
    by_work: dict[object, set[float]] = {}
    for node in graph.nodes:
        if node.unique in running:
            by_work.setdefault((node.operation, node.input_shapes), set()).add(seconds[node.unique])
    assert all(len(values) == 1 for values in by_work.values())


@pytest.mark.parametrize("text", [TWO, WORDS], ids=["two", "words"])
@pytest.mark.parametrize("batch", [1, 3])
def test_every_step_of_inference_has_a_time(text: str, batch: int) -> None:
    graph = graph_of(text)
    assert_whole(graph, quick(graph, batch))


def test_ports_and_side_heads_take_none() -> None:
    graph = graph_of(TWO)
    seconds = quick(graph)
    idle = [node for node in graph.nodes if node.training_only or node.is_port]
    assert {node.operation.name for node in idle} == {"input", "output", "global_avgpool", "flatten", "linear"}
    assert [seconds[node.unique] for node in idle] == [0.0] * len(idle)


def test_a_network_without_steps() -> None:
    graph = graph_of("network n {\n  input x[4, 8, 8]\n  output x\n}\n")
    assert set(quick(graph).values()) == {0.0}
    assert "0 ms in all" in draw_text(graph, "dot", Options(color_by="time")).dot


def test_the_callers_random_numbers_stay() -> None:
    before = torch.get_rng_state()
    quick(graph_of(TWO))
    assert torch.equal(torch.get_rng_state(), before)


def test_a_step_alone_is_the_same_step() -> None:
    graph = graph_of(TWO)
    for node in needed_nodes(graph, Mode.INFERENCE):
        step = alone(node)
        (copy,) = (row for row in step.nodes if not row.is_port)
        assert (copy.operation, copy.input_shapes, copy.shape) == (node.operation, node.input_shapes, node.shape)
        assert [row.shape for row in step.inputs] == list(node.input_shapes)
        assert [row.shape for row in step.outputs] == [node.shape]


def test_steps_that_are_used_again_have_names_of_their_own() -> None:
    graph = graph_of("network n {\n  input x[4, 8, 8]\n  a: conv(4, 3) -> relu -> reuse(a)\n}\n")
    seconds = quick(graph)
    assert_whole(graph, seconds)
    assert "a@2" in seconds


@pytest.mark.parametrize("level", ["stage", "block", "op"])
def test_the_heat_sums_to_what_the_legend_says(level: str) -> None:
    graph = graph_of(TWO)
    values = {name: 1e3 * seconds for name, seconds in quick(graph).items()}
    picture = fold(graph, View(level))
    writer = Writer(graph, picture, Look(color_by="time", values=values, unit=" ms"))
    assert sum(cost(box, writer.look) for box in picture.boxes()) == pytest.approx(sum(values.values()))
    assert f"{short(sum(cost(box, writer.look) for box in picture.boxes()))} ms in all" in writer.write()


def test_the_option_measures() -> None:
    drawn = draw_text(graph_of(TWO), "svg", Options("op", color_by="time"))
    assert drawn.data is not None
    assert drawn.diagnostics == ()
    assert "time (sum of steps timed alone) a box " in drawn.dot
    assert re.search(r"> [\d.e-]+[KM]? ms in all<", drawn.dot)
    assert b"ms in all" in drawn.data


def test_given_values_are_not_measured(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "torch", None)
    graph = graph_of(TWO)
    drawn = draw_text(graph, "dot", Options(color_by="time", values={graph.nodes[2].unique: 7.0}, unit=" s"))
    assert "time a box " in drawn.dot
    assert "7 s in all" in drawn.dot


def test_nothing_is_timed_for_a_wrong_call_or_a_page(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "torch", None)
    wrong = draw_text(graph_of(TWO), "svg", Options(color_by="time", open=("nowhere",)))
    assert [row.code for row in wrong.diagnostics] == ["F604"]
    page = draw_text(graph_of(TWO), "html", Options(color_by="time"))
    assert page.data is not None and [row.code for row in page.diagnostics] == ["W553"]  # which says so


def test_without_pytorch(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "torch", None)
    graph = graph_of(TWO)
    with pytest.raises(ArchError) as caught:
        seconds_by_node(graph)
    assert [row.code for row in caught.value.diagnostics] == ["F616"]
    (said,) = draw(graph, tmp_path / "two.svg", Options(color_by="time"))
    assert said.code == "F616"
    assert said.help is not None and "pip install torch" in said.help
    assert not list(tmp_path.iterdir())


def test_the_command(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    Path("two.arch").write_text(TWO, encoding="utf-8")
    made = CliRunner().invoke(group, ["draw", "two.arch", "--color-by", "time"])
    assert made.exit_code == 0, made.output
    assert made.stderr.startswith("two: timing every step on this machine\ntwo.svg: diagram, ")
    assert "ms in all" in Path("two.svg").read_text(encoding="utf-8")
    monkeypatch.setitem(sys.modules, "torch", None)
    refused = CliRunner().invoke(group, ["draw", "two.arch", "--color-by", "time", "-o", "other.svg"])
    assert refused.exit_code == 3
    assert "error[F616]: colours by time need the package `torch`" in refused.stderr
    assert not Path("other.svg").exists()


@pytest.mark.slow
@pytest.mark.parametrize("name", ["resnet18", "googlenet", "shufflenet_v2_x1_0", "efficientnet_b0", "res2net50_26w_4s", "vit_b_16"])
def test_shipped_networks(name: str) -> None:
    graph = check(name).graph
    seconds = quick(graph)
    assert_whole(graph, seconds)
    values = {unique: 1e3 * value for unique, value in seconds.items()}
    text = to_dot(graph, fold(graph), Look(color_by="time", values=values, unit=" ms"))
    # A dropout that is drawn in no box takes a microsecond, which may be what rounds the sum up.
    whole = sum(values.values())
    assert any(f"{short(share * whole)} ms in all" in text for share in (1, 0.999))
