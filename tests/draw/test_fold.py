"""The folded view: which boxes there are, and that no edge is lost."""

from __future__ import annotations

import networkx
import pytest

from archc.compiler.analysis.cost import total, work_of
from archc.compiler.draw import Options, View, draw_text, fold
from archc.compiler.draw.edges import ranks
from archc.compiler.draw.picture import Box, Frame, Picture
from archc.compiler.graph.graph import Graph
from tests.support import graph_of

from .build import Add, Builder, Concat, Conv, Pool, Relu, bottleneck, residual_network


def undone(picture: Picture) -> list[tuple[int, int, int]]:
    return sorted([edge for line in picture.lines for edge in line.edges] + list(picture.hidden))


def edges(graph: Graph) -> list[tuple[int, int, int]]:
    return sorted((producer.index, user.index, operand) for producer, user, operand in graph.edges())


VIEWS = [
    View("stage"),
    View("block"),
    View("op"),
    View("op", open=("*",)),
    View("block", open=("layer2.0",)),
    View("op", fold=("bottleneck",)),
]


@pytest.mark.parametrize("view", VIEWS, ids=str)
def test_every_edge_is_drawn_or_hidden_in_a_box(view: View) -> None:
    graph = residual_network()
    picture = fold(graph, view)
    assert undone(picture) == edges(graph)
    assert sorted(node.index for box in picture.boxes() for node in box.nodes) == [node.index for node in graph.nodes]


def test_nothing_folded_draws_every_edge_alone() -> None:
    graph = residual_network()
    picture = fold(graph, View("block", open=("*",)))
    assert not picture.hidden
    assert [len(line.edges) for line in picture.lines] == [1] * len(edges(graph))
    assert len(picture.boxes()) == len(graph.nodes)


def names(frame: Frame) -> list[tuple[str, int]]:
    return [(item.main.operation.name if isinstance(item, Box) and item.scope is None else item.scope.template or item.scope.title, item.count) for item in frame.items]  # fmt: skip


def test_equal_repeats_fold_and_the_first_stands_beside() -> None:
    picture = fold(residual_network((3, 4, 6, 3)))
    stages = [frame for frame in picture.frames() if frame.scope.kind == "stage"]
    assert [names(frame) for frame in stages] == [
        [("conv", 1), ("maxpool", 1)],
        [("bottleneck", 1), ("bottleneck", 2)],
        [("bottleneck", 1), ("bottleneck", 3)],
        [("bottleneck", 1), ("bottleneck", 5)],
        [("bottleneck", 1), ("bottleneck", 2)],
    ]


def test_a_part_opened_by_its_path_leaves_the_repeat() -> None:
    graph = residual_network((4,))
    picture = fold(graph, View(open=("layer1.2",)))
    (layer,) = [frame for frame in picture.frames() if frame.scope.title == "layer1"]
    assert [item.count for item in layer.items] == [1, 1, 1, 1]
    assert isinstance(layer.items[2], Frame)
    assert undone(picture) == edges(graph)


def test_an_open_repeat_shows_one_round() -> None:
    graph = residual_network((3,))
    picture = fold(graph, View("op"))
    rounds = [frame for frame in picture.frames() if frame.count > 1]
    assert [(frame.count, len(frame.items)) for frame in rounds] == [(2, 7)]
    assert undone(picture) == edges(graph)
    skips = [line for line in picture.lines if line.skip]
    assert len(skips) == 1


def test_a_block_read_from_outside_is_not_folded_away() -> None:
    build = Builder()
    build.input(16, 8, 8)
    for place in range(4):
        bottleneck(build, str(place), 16)
        if place == 1:
            side = build.at
    build.output()
    build.output(side, "side")
    graph = build.graph()
    picture = fold(graph)
    assert [box.count for box in picture.boxes() if box.scope is not None] == [2, 2]
    assert undone(picture) == edges(graph)


def test_many_equal_branches_fold_and_few_stand_side_by_side() -> None:
    for many, boxes in ((3, 3), (32, 1)):
        build = Builder()
        start = build.input(16, 8, 8)
        ends = []
        for place in range(many):
            with build.inside("path", str(place)):
                build.place(Conv(4, 1), (start,))
                ends.append(build.place(Conv(16, 3)))
        build.place(Add(), ends)
        build.output()
        graph = build.graph()
        picture = fold(graph)
        found = [item for item in picture.root.items if not (isinstance(item, Box) and (item.is_port or item.is_merge))]
        assert sum(isinstance(item, Frame) for item in found) == (boxes if boxes == 1 else 0)
        assert {item.count for item in found} == ({32} if boxes == 1 else {1})
        assert len(picture.lines) == (4 if boxes == 1 else 3 * many + 1)
        assert undone(picture) == edges(graph)


def test_norm_and_activation_join_their_convolution() -> None:
    build = Builder()
    build.input(3, 8, 8)
    build.place(Conv(8))
    build.place(Relu())
    build.place(Pool())
    build.output()
    assert [len(box.nodes) for box in fold(build.graph()).boxes()] == [1, 2, 1, 1]
    assert [len(box.nodes) for box in fold(build.graph(), View("op")).boxes()] == [1, 1, 1, 1, 1]


def test_a_nested_repeat_keeps_its_edges() -> None:
    build = Builder()
    build.input(16, 8, 8)
    for outer in range(3):
        with build.inside("block", f"unit{outer}", "unit"):
            for inner in range(2):
                bottleneck(build, str(inner), 16)
            build.place(Pool())
    build.output()
    graph = build.graph()
    for level in ("block", "op"):
        picture = fold(graph, View(level, open=("unit",)))
        assert undone(picture) == edges(graph)
        assert sum(len(box.nodes) for box in picture.boxes()) == len(graph.nodes)


def test_costs_of_boxes_sum_to_the_network() -> None:
    graph = residual_network()
    whole = total(work_of(node) for node in graph.nodes)
    for view in VIEWS:
        picture = fold(graph, view)
        assert picture.work == whole
        assert sum(box.work.macs for box in picture.boxes()) == whole.macs


def test_a_dense_block_folds_though_its_channels_grow() -> None:
    build = Builder()
    build.input(16, 8, 8)
    for place in range(6):
        with build.inside("block", f"denselayer{place + 1}", "dense"):
            start = build.at
            with build.inside("path"):
                grown = build.place(Conv(8))
            build.place(Concat(), (start, grown))
    build.output()
    picture = fold(build.graph())
    assert [box.count for box in picture.boxes() if box.scope is not None] == [6]
    assert picture.boxes()[-1].main.input_shapes == ((64, 8, 8),)


def test_a_repeat_may_go_on_outside_its_loop() -> None:
    build = Builder()
    build.input(16, 8, 8)
    with build.inside("stage", "body"):
        with build.inside("round", "0"):
            bottleneck(build, "0", 16)
        bottleneck(build, "deep1", 16)
        bottleneck(build, "deep2", 16)
    build.output()
    graph = build.graph()
    picture = fold(graph)
    assert [box.count for box in picture.boxes() if box.scope is not None] == [3]
    assert draw_text(graph, "dot").data is not None


@pytest.mark.parametrize(
    "part",
    ["c: conv(8, 3)\n skip(f) -> sigmoid", "c: conv(8, 3)\n add { | skip(f)\n | skip(x) }"],
    ids=["chain", "merge"],
)
@pytest.mark.parametrize("level", ["stage", "block", "op"])
def test_boxes_in_a_ring_are_drawn(part: str, level: str) -> None:
    """The first use of the weights is left out, so that the later step stands in the stage that was done before."""
    graph = graph_of(f"network n {{ input x[8, 8, 8]\n f: relu\n stage a {{ {part} }}\n e: conv(8, 3) -> reuse(a.c) -> conv(8, 1) }}")
    picture = fold(graph, View(level))
    assert undone(picture) == edges(graph)
    assert draw_text(graph, "dot", Options(level))


def test_boxes_of_a_ring_have_one_rank() -> None:
    graph = networkx.MultiDiGraph([("x", "a"), ("a", "b"), ("b", "a"), ("b", "y"), ("x", "y")])
    assert ranks(graph) == {"x": 0, "a": 1, "b": 1, "y": 2}


GATHERED = """
network n {
  input x[8, 16, 16]
  for i in range(6) {
    stage "s{i}" { f: skip -> conv(8, 3) -> relu -> see: conv(4, 1) -> add { | skip(f) | conv(8, 1) } }
  }
  HOW { WHICH }
}
"""


@pytest.mark.parametrize("level", ["stage", "block", "op"])
def test_rounds_whose_answers_one_step_gathers_fold_and_the_line_says_how_many(level: str) -> None:
    graph = graph_of(GATHERED.replace("HOW", "concat").replace("WHICH", '| for i in range(6): skip("s{i}.see")'))
    picture = fold(graph, View(level))
    (repeat,) = [item for item in [*picture.frames(), *picture.boxes()] if item.count > 1]
    assert repeat.count == 5 and repeat.scope is not None and repeat.scope.kind == "stage"
    (head,) = [box.name for box in picture.boxes() if box.main.operation.name == "concat"]
    assert [line.count for line in picture.lines if line.head == head] == [5, 1]  # the last has nothing to go on to
    assert undone(picture) == edges(graph)


@pytest.mark.parametrize("which", ["| skip(s1.see) | skip(s5.see)", "| skip(s2.see) | skip(s4.see)"])
def test_a_line_counts_the_rounds_that_give_and_no_others(which: str) -> None:
    graph = graph_of(GATHERED.replace("HOW", "concat").replace("WHICH", which))
    picture = fold(graph)
    (head,) = [box.name for box in picture.boxes() if box.main.operation.name == "concat"]
    assert [line.count for line in picture.lines if line.head == head] == [1, 1]
    assert undone(picture) == edges(graph)


@pytest.mark.parametrize(("how", "count"), [("add", 1), ("mul", 1), ("concat", 2)])
def test_a_round_that_skips_the_next_is_not_folded_with_it(how: str, count: int) -> None:
    """What is collected from both is told by the line, `x2`; what is added to what was made of it is a residual connection, which is drawn."""
    picture = fold(graph_of(f"network n {{ input x[8, 16, 16]\n conv(16, 3)\n {how} {{ | identity | conv(16, 3) }}\n }}"))
    convolutions = [box for box in picture.boxes() if box.main.operation.name == "conv"]
    assert [box.count for box in convolutions] == ([2] if count == 2 else [1, 1])
    assert any(line.skip for line in picture.lines) == (count == 1)


def test_a_round_in_the_middle_that_is_read_alone_ends_a_run() -> None:
    """As one box of three rounds the line to what reads two of them would not tell which."""
    text = "conv(8, 3) -> relu\n repeat 1 { res(8) }\n inside: res(8)\n res(8)\n concat { | skip | skip(inside) }"
    graph = graph_of(f"block res(w) {{ add {{ | conv(w, 3) | skip }} -> relu }}\nnetwork n {{ input x[8, 16, 16]\n {text} }}")
    picture = fold(graph)
    assert [box.count for box in picture.boxes() if box.scope is not None] == [2, 1]
    (head,) = [box.name for box in picture.boxes() if box.main.operation.name == "concat"]
    assert [line.count for line in picture.lines if line.head == head] == [1, 1]
    assert undone(picture) == edges(graph)
