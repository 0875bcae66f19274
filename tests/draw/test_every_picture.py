"""Every picture of the gallery, at every level, with each block opened alone, and as insets: what would be wrong with it, by eye."""

from __future__ import annotations

from collections.abc import Iterator
from xml.etree import ElementTree

import pytest

from archc.compiler.draw import LEVELS, Look, Options, View, draw_text, fold, to_dot
from archc.compiler.draw.insets import Sheet, insets, sheet
from archc.compiler.draw.picture import Picture
from archc.compiler.driver import check
from archc.compiler.graph.graph import Graph
from tests.sample import EVERYTHING, sample

from .checks import laid_out, overlapping, unreadable, without_tip, wrong
from .reading import lines
from .test_library import NETWORKS

FEW = ["googlenet", "yolov8n"]  # in short runs, too: by branches, and by skips that Graphviz leads wrong
LARGEST = 250
"""Boxes; a larger picture is none that anybody looks at."""


def some(begin: int) -> list[str]:
    return NETWORKS if EVERYTHING else sorted({*FEW, *sample(NETWORKS, begin, 80)})


def views(graph: Graph) -> Iterator[View]:
    """Every level, and each block opened alone."""
    yield from map(View, LEVELS)
    for block in sorted({scope.template for scope in graph.members if scope.kind == "block" and scope.template}):
        yield View(open=(block,))


def pictures(graph: Graph) -> list[Picture]:
    found = {picture.root: picture for picture in (fold(graph, view) for view in views(graph)) if len(picture.boxes()) <= LARGEST}
    return list(found.values())


@pytest.mark.slow
@pytest.mark.parametrize("name", some(0))
def test_branches_stand_in_the_order_of_the_text_and_no_line_strays(name: str) -> None:
    graph = check(name).graph
    for picture, geometry in laid_out(graph, pictures(graph)):
        assert wrong(graph, picture, geometry) == {}
        assert sorted(lines(to_dot(graph, picture, Look(direction="TB")))) == sorted((line.tail, line.head) for line in picture.lines)
        edges = [edge for line in picture.lines for edge in line.edges] + list(picture.hidden)
        assert sorted(edges) == sorted((producer.index, user.index, operand) for producer, user, operand in graph.edges())


@pytest.mark.slow
@pytest.mark.parametrize("name", some(3))
def test_no_line_strays_where_the_picture_leads_across(name: str) -> None:
    graph = check(name).graph
    ((picture, geometry),) = laid_out(graph, [fold(graph)], Look(direction="LR"))
    assert {key: rows for key, rows in wrong(graph, picture, geometry).items() if key != "branches"} == {}


@pytest.mark.slow
@pytest.mark.parametrize("name", some(1))
def test_insets_are_as_right_as_the_picture(name: str) -> None:
    graph = check(name).graph
    picture = fold(graph)
    found, left_out = insets(graph, picture)
    if not found:
        return
    made = sheet(graph, picture, Look(), found, left_out)
    assert isinstance(made, Sheet)
    again = sheet(graph, picture, Look(), found, left_out)
    assert isinstance(again, Sheet) and again.text == made.text
    for writer, geometry in zip(made.writers, made.geometries, strict=True):
        assert wrong(graph, writer.picture, geometry) == {}


@pytest.mark.slow
@pytest.mark.parametrize("name", sample(NETWORKS, 2, 80))
def test_texts_can_be_read_and_none_stands_on_another(name: str) -> None:
    """In every theme, coloured by kind and by costs."""
    graph = check(name).graph
    for number, view in enumerate(views(graph)):
        if len(fold(graph, view).boxes()) > LARGEST:
            continue
        theme, color = (("light", "kind"), ("dark", "macs"), ("print", "parameters"), ("dark", "kind"), ("light", "activations"))[
            number % 5
        ]
        options = Options(view.level, view.open, theme=theme, color_by=color)
        first, again = (
            (draw_text(graph, "svg", options).data for _ in range(2)) if number < 2 else (draw_text(graph, "svg", options).data,) * 2
        )
        assert first is not None and first == again
        root = ElementTree.fromstring(first)
        assert overlapping(root) == []
        assert unreadable(root) == []
        assert without_tip(root) == []
