"""Pictures that lose edges, crash, print what a name says and not what is computed, or depend on a program."""

from __future__ import annotations

import re
import sys
from pathlib import Path

import pytest

from archc.compiler.draw import Look, Options, View, draw, draw_text, fold, to_dot
from archc.compiler.draw.graphviz import Layouter
from archc.compiler.graph.graph import Graph

from .ask import legal, network

EDGE = re.compile(r"^\t+(n\d+) -> (n\d+) \[", re.MULTILINE)


def unfolded(text: str) -> list[tuple[str, str]]:
    """The edges that are drawn with nothing folded, by the names of the operations."""
    program = legal(text)
    graph = Graph(program)
    drawn = to_dot(graph, fold(graph, View(open=("*",))), Look(direction="TB"))
    name = {f"n{node.index}": ".".join(node.names) or node.operation.name for node in program.nodes}
    return [(name[tail], name[head]) for tail, head in EDGE.findall(drawn)]


def words(text: str, level: str = "block") -> str:
    """All that a picture prints."""
    graph = Graph(legal(text))
    data = draw_text(graph, "svg", Options(level)).data
    assert data is not None
    return re.sub(r"<[^>]*>", " ", re.sub(r"<title>.*?</title>", "", data.decode(), flags=re.DOTALL))


def test_B005_an_operand_that_is_given_twice_is_two_edges() -> None:
    text = network("16, 8, 8", "a: conv(16, 1)", "add { | skip(a) | skip(a) | skip(x) }")
    edges = unfolded(text)
    assert edges.count(("a", "add1")) == 2
    assert edges.count(("x", "add1")) == 1


def test_B023_pad_and_rounding_are_printed() -> None:
    said = [words(network("480, 28, 28", f"maxpool(3, stride = 2{more})")) for more in ("", ", pad = 1", ", ceil = true")]
    assert ["pad 1" in text for text in said] == [False, True, False]
    assert ["ceil" in text for text in said] == [False, False, True]
    assert ["480×14×14" in text for text in said] == [False, True, True]


@pytest.mark.parametrize("level", ["block", "op"])
def test_B053_the_kernel_is_printed_from_the_operation(level: str) -> None:
    block = "block cbr(out, kernel) { conv(out, kernel, bias = false) -> relu }"
    true = words(network("192, 28, 28", "branch5x5: cbr(32, 5)", blocks=block), level)
    wrong = words(network("192, 28, 28", "branch5x5: cbr(32, 3)", blocks=block), level)
    assert "5x5, 32" in true
    assert "3x3, 32" in wrong and "5x5, 32" not in wrong


def test_B089_a_skip_to_the_last_operation() -> None:
    text = network("8", "add { | fc: linear(8) | skip }")
    assert sorted(unfolded(text)) == [("add1", "output"), ("fc", "add1"), ("x", "add1"), ("x", "fc")]
    graph = Graph(legal(text))
    for level in ("stage", "block", "op"):
        lines = fold(graph, View(level)).lines
        assert len(lines) == 4
        assert [line.skip for line in lines].count(True) == 1


def test_B091_an_output_that_is_used_twice_and_one_that_passes_through() -> None:
    text = network("3, 8, 8", "a: conv(4, 3)", "d: dropout(0.0)", "output a, d")
    graph = Graph(legal(text))
    assert len(graph.nodes) == 5
    assert len(unfolded(text)) == 4
    for level in ("stage", "block", "op"):
        picture = fold(graph, View(level))
        assert (len(picture.boxes()), len(picture.lines)) == (5, 4)
        assert draw_text(graph, "svg", Options(level)).data is not None


def test_B093_two_thousand_operations_fold_and_a_bitmap_is_never_shrunk() -> None:
    text = network("4, 8, 8", "repeat 1000 { conv(4) -> relu }")
    graph = Graph(legal(text))
    folded = draw_text(graph, "png", Options(direction="LR"))
    assert folded.data is not None
    assert [box.count for box in folded.picture.boxes()] == [1, 1000, 1]
    long = network("4, 8, 8", *["conv(4) -> relu -> sigmoid"] * 500)
    refused = draw_text(Graph(legal(long)), "png", Options("op", direction="LR"))
    assert refused.data is None
    (said,) = refused.diagnostics
    assert said.code in ("F603", "F605")
    assert "1,502" in said.message + "".join(said.notes)


def test_B095_a_layout_program_that_dies(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    program = tmp_path / "dies.py"
    program.write_text("import os, sys\nsys.stderr.write('dot: Assertion `x == y` failed.\\n')\nsys.stderr.flush()\nos.abort()\n")
    dies = Layouter("the program `dot`", (sys.executable, str(program), "-T"))
    monkeypatch.setattr("archc.compiler.draw.graphviz.layouters", lambda: (dies,))
    graph = Graph(legal(network("3, 8, 8", "conv(4)")))
    (said,) = draw(graph, tmp_path / "case.svg")
    assert said.code == "F601"
    assert "status -6" in said.message and "Assertion `x == y` failed." in said.message
    assert (tmp_path / "case.dot").read_text().startswith("digraph")


def test_B097_a_part_with_two_outputs_and_one_with_two_inputs() -> None:
    blocks = "block join takes left, right { add { | skip(left) | skip(right) } }"
    text = network("1", "join { | d1: linear(1) | d2: linear(1) }", blocks=blocks)
    assert sorted(unfolded(text)) == [("add1", "output"), ("d1", "add1"), ("d2", "add1"), ("x", "d1"), ("x", "d2")]
    assert len(legal(text).nodes) == 5
    picture = fold(Graph(legal(text)))
    assert (len(picture.boxes()), len(picture.lines)) == (5, 5)
