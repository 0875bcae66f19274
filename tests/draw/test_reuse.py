"""What is used again is drawn where it is used, and says whose weights it has: once, at the outermost part."""

from __future__ import annotations

from dataclasses import replace

import pytest

from archc.compiler.draw import Look, Options, draw_text
from archc.compiler.draw.dot import Writer
from archc.compiler.draw.fold import View, fold
from archc.compiler.draw.graphviz_json import Geometry
from archc.compiler.draw.labels import box_rows, headline
from archc.compiler.draw.laid_out import geometries
from archc.compiler.draw.look import PLAIN
from archc.compiler.draw.picture import Box, Frame, Picture
from archc.compiler.graph.graph import Graph
from tests.support import checked, graph_of


def picture(body: str, level: str = "block") -> Picture:
    text = f"block cb(out) {{ conv(out, 3, bias = false) -> bn -> relu }}\nnetwork n {{\n  input x[8, 16, 16]\n  {body}\n}}\n"
    found = checked(text, "n.arch")
    assert found.program is not None, found.diagnostics
    return fold(Graph(found.program), View(level))


def marks(drawn: Picture) -> dict[str, str]:
    """Every mark by what carries it."""
    items: list[Box | Frame] = [*drawn.boxes(), *drawn.frames()]
    return {item.scope.unique if item.scope is not None else item.main.unique: item.shares for item in items if item.shares}  # type: ignore[union-attr]


def test_a_step_in_a_path_says_whose_weights_it_has() -> None:
    assert marks(picture("add { | fc: conv(8, 1) -> relu | sigmoid -> reuse(fc) -> relu }")) == {"fc@2": "fc"}


def test_inside_a_part_that_says_so_nothing_says_it_again() -> None:
    drawn = picture("tower: { cb(8) -> cb(8) -> maxpool(2, stride = 1) }\n  other: reuse(tower)")
    assert marks(drawn) == {"other": "tower"}
    # Blocks that are one box with `x2` the first time are so the second time.
    assert [box.count for box in drawn.boxes() if box.scope is not None] == [2, 2]
    assert set(marks(picture("tower: { cb(8) -> cb(8) }\n  other: reuse(tower)", "op"))) == {"other"}


def test_a_use_in_a_stage_stands_in_the_stage() -> None:
    drawn = picture("a: conv(8, 1)\n  stage s { relu -> reuse(a) -> conv(8, 3) }", "op")
    (stage,) = (frame for frame in drawn.frames() if frame.scope.title == "s")
    assert [box.main.unique for box in stage.boxes()] == ["s.relu1", "s.a@2", "s.conv1"]


def test_rounds_that_use_one_part_fold_and_uses_of_different_parts_do_not() -> None:
    once = picture("t: cb(8)\n  repeat 3 { reuse(t) -> maxpool(3, stride = 1, pad = 1) }")
    assert max([*(box.count for box in once.boxes()), *(frame.count for frame in once.frames())]) == 3
    apart = picture("t: cb(8) -> sigmoid -> u: cb(8) -> sigmoid -> reuse(t) -> reuse(u)")
    assert all(box.count == 1 for box in apart.boxes())


def drawn(body: str) -> tuple[Graph, Picture]:
    graph = graph_of(f"block cb(out) {{ conv(out, 3) -> bn -> relu }}\nnetwork n {{\n  input x[8, 16, 16]\n  {body}\n}}\n")
    return graph, fold(graph)


@pytest.mark.parametrize(
    ("body", "owner"),
    [
        (
            "add { | fc: conv(8, 1) -> relu | sigmoid -> reuse(fc) }",
            "fc: conv 1x1, 8",
        ),  # a key of weights, which is told elsewhere by no picture
        ("add { | g: cb(8) | h: { cb(8) -> conv(8, 3) } } -> reuse(g)", "g cb"),  # a branch beside a group, which has no name there
    ],
)
def test_what_is_used_again_bears_the_name_that_its_uses_tell(body: str, owner: str) -> None:
    graph, picture = drawn(body)
    (use,) = (box for box in picture.boxes() if box.shares)
    assert headline(graph, use).endswith(f" shares {use.shares}")
    assert owner in [headline(graph, box) for box in picture.boxes()] and use.shares in owner.split()[0]


TOWERS = """
block tower { conv(8, 3) -> relu -> maxpool(2) -> conv(4, 3) -> relu }
network n {
  input one[3, 16, 16]
  input other[3, 16, 16]
  skip(one) -> near: tower
  skip(other) -> far_away: reuse(near)
  sub { | skip(near) | skip(far_away) }
}
"""


@pytest.mark.parametrize(("look", "view"), [(PLAIN, View()), (PLAIN, View("op")), (replace(PLAIN, plain=True), View())])
def test_towers_of_the_same_weights_look_equal(look: Look, view: View) -> None:
    """Box by box as large, and level, opened as well."""
    graph = graph_of(TOWERS)
    picture = fold(graph, view)
    (geometry,) = written([Writer(graph, picture, look)])
    items: list[Box | Frame] = [item for item in picture.root.items if item.scope is not None]
    rows = [[item.name, *(box.name for box in item.boxes())] if isinstance(item, Frame) else [item.name] for item in items]
    near, far = ([geometry.places[name] for name in row] for row in rows)
    assert [(place.y, place.width, place.height) for place in near] == [(place.y, place.width, place.height) for place in far]


def test_a_solid_tells_whose_weights_it_has() -> None:
    svg = draw_text(graph_of(TOWERS), "svg", Options(style="volumes")).data
    assert svg is not None and b">far_away shares near<" in svg


def written(writers: list[Writer]) -> tuple[Geometry, ...]:
    found = geometries(writers)
    assert isinstance(found, tuple)
    return found


def heads(levels: int, last: str = "") -> Graph:
    """One head at maps of several sizes, the rows of all in one list; `last` stands behind the last head."""
    maps = " -> ".join(f"p{level}: conv(8, 3, stride = {1 if level == 0 else 2})" for level in range(levels))
    rows = [f"skip(p{level}) -> head{level}: {'head(8)' if level == 0 else 'reuse(head0)'}" for level in range(levels)]
    paths = " ".join(f"| skip(head{level})" for level in range(levels - 1))
    steps = "\n  ".join([maps, *rows, f"concat(axis = 0) {{ {paths} | skip(head{levels - 1}){last} }}"])
    return graph_of(
        f'block head(out) {{ conv(out, 3) -> relu -> rearrange("(a n) h w -> (h w a) n", n = 4) }}\nnetwork n {{\n  input x[8, 32, 32]\n  {steps}\n}}\n'
    )


def test_a_head_that_is_applied_to_many_levels_is_drawn_once() -> None:
    graph = heads(5)
    drawn = fold(graph)
    (box,) = (box for box in drawn.boxes() if box.scope is not None)
    assert (box.count, box.is_applied, box.shares) == (5, True, "")
    assert "".join(words.text for words in box_rows(graph, box)[0]) == "head \u00d75, weights shared"
    assert len({line.tail for line in drawn.lines if line.head == box.name}) == 5
    (out,) = (line for line in drawn.lines if line.tail == box.name)
    assert out.count == 5  # each has a shape of its own


def test_the_levels_of_a_pyramid_lead_each_to_its_own_application_and_skip_nothing() -> None:
    """One is made of the other, and one box reads both: but no application of the head does."""
    drawn = fold(heads(5))
    (box,) = (box for box in drawn.boxes() if box.is_applied)
    assert [line.skip for line in drawn.lines if line.head == box.name] == [False] * 5


def test_few_uses_and_uses_that_go_elsewhere_are_boxes_of_their_own() -> None:
    for graph, uses in ((heads(3), 2), (heads(4, " -> relu"), 3)):
        assert [(box.count, box.shares) for box in fold(graph).boxes() if box.scope is not None] == [(1, ""), *[(1, "head0")] * uses]
