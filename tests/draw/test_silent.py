"""Steps that hand on what they are given are in no picture: it is that of the text without them."""

from __future__ import annotations

import pytest

from archc.compiler.analysis.diff import diff
from archc.compiler.draw import LEVELS, Look, View, fold
from archc.compiler.draw.compare import difference_dot
from archc.compiler.draw.fold import inside
from archc.compiler.draw.insets import insets
from archc.compiler.draw.labels import Row, box_rows, caption
from archc.compiler.draw.page.page import to_page
from archc.compiler.draw.picture import Box, Picture
from archc.compiler.driver import check
from archc.compiler.graph.graph import Graph
from archc.compiler.ops.base import Shape
from tests.sample import sample
from tests.support import graph_of

from .checks import laid_out, wrong
from .test_library import NETWORKS
from .test_page import data

# NOTHING stands where a step that does nothing is put, or none; EMPTY is a path that does nothing.
TEXT = """
block b(w) { add { | conv(w, 3) NOTHING -> bn NOTHING | EMPTY } -> relu }
network n {
  input image[3, 32, 32]
  stage stem { conv(8, 3) NOTHING -> bn -> relu NOTHING }
  stage body { repeat 3 { b(8) NOTHING } }
  concat { | EMPTY | conv(8, 3) NOTHING | conv(8, 1) } NOTHING
  mid: conv(8, 3) NOTHING
  global_avgpool -> flatten -> linear(10) NOTHING
  output mid
}
"""
RISING = "block b(p) { add { | conv(8, 3) -> drop_path(p) | skip } }\nnetwork n { input image[8, 8, 8]\n for i in range(3) { b(i * 0.1) } }"


def graph_with(step: str, empty: str = "skip") -> Graph:
    return graph_of(TEXT.replace(" NOTHING", f" -> {step}" if step else "").replace("EMPTY", empty))


def seen(graph: Graph, picture: Picture) -> tuple[list[tuple[Row, ...]], list[tuple[int, int, bool, Shape | None, int]]]:
    """The words in the boxes, and the lines between them."""
    numbers = {box.name: number for number, box in enumerate(picture.boxes())}
    ends = {**numbers, **{f"{word}{number}": -1 - number for word in ("in", "out") for number in range(9)}}
    lines = sorted((ends[line.tail], ends[line.head], line.skip, line.shape, line.count) for line in picture.lines)
    return [box_rows(graph, box) for box in picture.boxes()], lines


@pytest.mark.parametrize("step", ["identity", "dropout(0)", "drop_path(0)", "identity -> dropout(0) -> identity"])
@pytest.mark.parametrize("view", [*map(View, LEVELS), View(open=("body",)), View(open=("b",))])
def test_the_picture_is_that_of_the_text_without_them(step: str, view: View) -> None:
    (plain, without), (full, with_) = ((graph, fold(graph, view)) for graph in (graph_with(""), graph_with(step, "identity")))
    assert len(full.nodes) > len(plain.nodes)
    assert seen(full, with_) == seen(plain, without)
    edges = [edge for line in with_.lines for edge in line.edges] + list(with_.hidden)
    assert sorted(edges) == sorted((producer.index, user.index, operand) for producer, user, operand in full.edges())
    ((_, geometry),) = laid_out(full, [with_])
    assert wrong(full, with_, geometry) == {}
    folded = [(box, other) for box, other in zip(without.boxes(), with_.boxes(), strict=True) if box.scope is not None]
    for box, other in folded:
        assert seen(full, inside(full, other)) == seen(plain, inside(plain, box))


def test_the_inside_of_a_chain_of_operations() -> None:
    """A convolution and what belongs to it: the step between them is in none of them."""
    graph = graph_with("identity")
    box = next(box for box in fold(graph).boxes() if box.main.operation.name == "conv")
    inner = inside(graph, box)
    assert [one.main.operation.name for one in inner.boxes()] == ["conv", "bn", "relu"]
    assert inner.lines[0].tail == "in0" and len(inner.lines) == 4
    assert (len(inner.entries), len(inner.exits)) == (1, 1)


def test_the_page_leads_lines_by_them() -> None:
    made = to_page(graph_with("identity", "identity"))
    assert isinstance(made, str)
    assert '"identity' not in str(data(made)["layouts"]).replace("'", '"')


def test_what_does_nothing_in_the_first_round_alone_is_told() -> None:
    graph = graph_of(RISING)
    opened = fold(graph, View(open=("b",)))
    (box,) = [box for box in opened.boxes() if box.main.operation.name == "conv"]
    assert box.count == 1 and len(box.first) == 2
    assert box_rows(graph, box)[-1][0].text == "drop_path 0 \u2026 0.2"
    (folded,) = [box for box in fold(graph).boxes() if box.count == 3]
    assert "drop_path" in [one.main.operation.name for one in inside(graph, folded).boxes()]
    ((inset,), _) = insets(graph, fold(graph))
    assert [node.operation.name for box in inset.picture.boxes() for node in box.first] == ["conv", "drop_path", "add"]


def test_what_an_output_is_named_after_is_drawn() -> None:
    for text, drawn in (("dropblock(0)", False), ("last: identity", True), ("last: identity\n output last", True), ("identity", False)):
        graph = graph_of(f"network n {{ input image[3, 8, 8]\n conv(8, 3)\n {text} }}")
        assert any(box.main.operation.name == "identity" for box in fold(graph).boxes()) == drawn, text
    alone = graph_of("network n { input image[3, 8, 8]\n identity }")
    assert [(line.tail, line.head) for line in fold(alone).lines] == [tuple(box.name for box in fold(alone).boxes())]


def test_where_nothing_is_folded_they_are_drawn() -> None:
    graph = graph_with("identity")
    assert len(fold(graph, View(open=("*",))).boxes()) == len(graph.nodes)


def test_one_that_is_new_is_shown_beside_the_network_before() -> None:
    difference = diff(graph_with(""), graph_with("identity"))
    assert ">identity<" in difference_dot(difference, Look())
    assert ">identity<" not in difference_dot(diff(graph_with("identity"), graph_with("identity")), Look())


@pytest.mark.parametrize("name", sorted({"swin_t", "vit_b_16", *sample(NETWORKS, 4, 20)}))
def test_none_in_the_library(name: str) -> None:
    graph = check(name).graph

    def said(box: Box) -> list[str]:
        return [f"{node.operation.name} {caption(node)}".strip() for node in box.first if box.scope is None]

    for level in LEVELS:
        for box in fold(graph, View(level)).boxes():
            # Of rounds that are drawn once the first may do nothing.
            assert box.count > 1 or len(box.nodes) > len(box.first) or not {"identity", "dropout 0", "drop_path 0"} & set(said(box))
