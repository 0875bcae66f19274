"""What is said of a picture that is not as it was asked for: what the message offers changes that."""

from __future__ import annotations

import re

import pytest

from archc.compiler.draw.diagram import DEFAULT, Drawn, Options, draw_text
from archc.compiler.draw.values import Value, Values
from archc.compiler.driver import compile
from archc.compiler.graph.graph import Graph
from tests.support import graph_of

TEXT = """block unit(w) { add { | conv(w, 3) -> bn -> relu -> conv(w, 3) -> bn | skip } -> relu }
network small {
  input image[3, 32, 32]
  stage stem { conv(8) -> bn -> relu }
  stage body { repeat 2 { unit(8) } }
  stage head { global_avgpool -> flatten -> linear(10) }
}
"""


@pytest.fixture(scope="module")
def graph(tmp_path_factory: pytest.TempPathFactory) -> Graph:
    file = tmp_path_factory.mktemp("draw") / "small.arch"
    file.write_text(TEXT, encoding="utf-8")
    return compile(file).graph


def said(drawn: Drawn, code: str) -> list[str]:
    return [f"{row.message} | {row.help}" for row in drawn.diagnostics if row.code == code]


UNHEEDED = {
    "--theme": Options(theme="dark"),
    "--width": Options(width=1.1),
    "--direction": Options(direction="LR"),
    "--color-by": Options(color_by="none"),
    "--style": Options(style="plain"),
}


@pytest.mark.parametrize("form", ["svg", "html", "tex", "drawio", "dot"])
@pytest.mark.parametrize("option", UNHEEDED)
def test_an_option_that_changes_nothing_is_told_and_no_other(graph: Graph, form: str, option: str) -> None:
    drawn, usual = draw_text(graph, form, UNHEEDED[option]), draw_text(graph, form, DEFAULT)
    told = said(drawn, "W553")
    assert (drawn.data == usual.data) == bool(told)
    assert all(option in row for row in told) and len(told) <= 1


@pytest.mark.parametrize("form", ["html", "svg"])
@pytest.mark.parametrize("theme", ["light", "dark", "print"])
def test_a_theme_that_was_asked_for_is_drawn_or_told(graph: Graph, form: str, theme: str) -> None:
    """`light` is what is drawn where nothing is said, and asked for by its name where the page or the style has another."""
    for style in ("boxes", "plain"):
        told = said(draw_text(graph, form, Options(theme=theme, style=style)), "W553")
        is_drawn = form == "svg" and (style == "boxes" or theme == "print")
        assert any(f"`--theme {theme}`" in row for row in told) != is_drawn, (style, told)


def test_kinds_that_were_asked_for_colour_the_boxes_beside_numbers_of_ones_own(graph: Graph) -> None:
    measured = Values(("time",), (Value(frozenset({graph.nodes[1].index}), (3.0,)),))
    by_kind, by_number = (draw_text(graph, "svg", Options(color_by=word, measured=measured)).data for word in ("kind", None))
    assert by_kind is not None and by_kind != by_number
    told = said(draw_text(graph, "svg", Options(color_by="kind", style="plain")), "W553")
    assert len(told) == 1 and "a plain picture has no `--color-by kind`" in told[0]


def test_volumes_lead_from_left_to_right(graph: Graph) -> None:
    [row] = said(draw_text(graph, "svg", Options(style="volumes", direction="TB")), "W553")
    assert "`--direction TB`" in row


def with_help(options: Options, help: str) -> list[Options]:
    """What was asked for, changed in each of the ways that a help names."""
    from dataclasses import replace

    ways = []
    for name, value in re.findall(r"`--(level|direction|width|open) ([^`]+)`", help):
        if "leave" in help.partition(f"--{name}")[0].rpartition(",")[2]:
            continue
        given: object = float(value.removesuffix("in")) if name == "width" else (value,) if name == "open" else value
        ways.append(replace(options, **({"open": ()} if name == "level" and options.open else {}), **{name: given}))  # type: ignore[arg-type]
    ways += [
        replace(options, fold=tuple(row for row in options.fold if row != value)) for value in re.findall(r"leave `--fold (\S+)` out", help)
    ]
    return ways


@pytest.mark.parametrize("options", [Options(width=0.4), Options(width=1.1, level="op"), Options(width=1.5, direction="LR")])
def test_a_text_too_small_can_be_read_in_each_way_that_is_offered(graph: Graph, options: Options) -> None:
    [row] = said(draw_text(graph, "svg", options), "W551")
    ways = with_help(options, row.partition(" | ")[2])
    assert ways
    for way in ways:
        assert said(draw_text(graph, "svg", way), "W551") == [], way


def test_a_picture_higher_than_a_page_is_told_and_fits_in_each_way_that_is_offered() -> None:
    graph = graph_of(
        f"network n {{ input x[8, 32, 32]\n {' -> '.join('conv(16, 3) -> maxpool(3, 1, 1)' for _ in range(9))}\n conv(10, 1) }}"
    )
    options = Options(width=3.3, level="op")
    (row,) = said(draw_text(graph, "svg", options), "W551")
    assert "in high, and a page has 9" in row
    ways = with_help(options, row.partition(" | ")[2])
    assert ways
    for way in ways:
        assert said(draw_text(graph, "svg", way), "W551") == [], way


@pytest.mark.parametrize(
    "options",
    [Options(open=("body",)), Options(open=("unit",), level="op"), Options(open=("body.0",), fold=("body",)), Options(open=("stem",))],
)
def test_a_part_that_is_opened_in_vain_is_seen_in_each_way_that_is_offered(graph: Graph, options: Options) -> None:
    drawn = draw_text(graph, "svg", options)
    [row] = said(drawn, "W552")
    help = row.partition(" | ")[2]
    ways = with_help(options, help)
    assert ways or help == "leave it out"
    for way in ways:
        other = draw_text(graph, "svg", way)
        assert said(other, "W552") == [] and other.data != drawn.data, way


@pytest.mark.parametrize("form", ["svg", "png"])
def test_a_picture_far_wider_than_high_is_told_and_can_be_turned_round(form: str) -> None:
    branches = "concat { | for i in range(60): conv(4 + i, 1 + 2 * (i % 3)) -> relu }"
    graph = graph_of(f"network n {{ input x[8, 32, 32]\n conv(16, 3)\n {branches}\n conv(10, 1) }}")
    (row,) = said(draw_text(graph, form, Options()), "W551")
    assert "points wide" in row
    (turned,) = with_help(Options(), row.partition(" | ")[2])
    assert turned.direction == "LR" and said(draw_text(graph, form, turned), "W551") == []
