"""The layout: it works with nothing on the PATH, and whatever happens to it there is an answer."""

from __future__ import annotations

import stat
import sys
from itertools import pairwise
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest

from archc.compiler.draw import Options, View, beside_lines, draw, draw_text, fold
from archc.compiler.draw.graphviz import Failure, Layouter, layouters, render
from archc.compiler.draw.labels import box_rows, row_width
from archc.compiler.draw.svg import SVG
from archc.compiler.draw.ways import ways
from archc.compiler.driver import check
from tests.support import graph_of

from .build import Builder, Conv, Relu, residual_network
from .checks import curve, laid_out, meet

SMALL = "digraph { a -> b }"


def script(tmp_path: Path, text: str) -> Layouter:
    """A layout program that does what `text` says."""
    file = tmp_path / "program.py"
    file.write_text(text)
    return Layouter("the program `dot`", (sys.executable, str(file), "-T"))


@pytest.mark.parametrize(("form", "start"), [("svg", b"<?xml"), ("pdf", b"%PDF"), ("png", b"\x89PNG"), ("json", b"{")])
def test_the_wheel_needs_no_program(form: str, start: bytes, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "")
    assert [way.name for way in layouters()] == ["the package `pygraphviz`"]
    made = render(SMALL, form)
    assert isinstance(made, bytes)
    assert made.startswith(start)


def test_the_program_is_taken_where_the_wheel_is_not(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    program = tmp_path / "dot"
    program.write_text("#!/bin/sh\ncat >/dev/null\nprintf '<svg/>'\n")
    program.chmod(program.stat().st_mode | stat.S_IXUSR)
    monkeypatch.setenv("PATH", f"{tmp_path}:/usr/bin:/bin")
    wheel, way = layouters()
    assert isinstance(made := render(SMALL, "svg"), bytes)
    assert b"DOCTYPE" in made  # Graphviz's own
    missing = script(tmp_path, "import sys; sys.stderr.write(\"No module named 'pygraphviz'\\n\"); sys.exit(3)")
    assert render(SMALL, "svg", ways=(missing, way)) == b"<svg/>"
    assert wheel.name == "the package `pygraphviz`"


def test_a_program_that_dies_leaves_the_next_way(tmp_path: Path) -> None:
    dies = script(tmp_path, "import os, sys; sys.stderr.write('Assertion failed\\n'); sys.stderr.flush(); os.abort()")
    assert isinstance(render(SMALL, "svg", ways=(dies, layouters()[0])), bytes)
    made = render(SMALL, "svg", ways=(dies,))
    assert made == Failure(("the program `dot` ended with status -6: Assertion failed",))


def test_a_program_that_hangs_is_stopped(tmp_path: Path) -> None:
    hangs = script(tmp_path, "import time; time.sleep(60)")
    assert render(SMALL, "svg", 0.2, (hangs,)) == Failure(("the program `dot` did not finish within 0.2 s",))


def test_no_program_at_all(tmp_path: Path) -> None:
    assert render(SMALL, "svg", ways=()) == Failure(("there is no Graphviz here",))
    gone = Layouter("the program `dot`", (str(tmp_path / "gone"), "-T"))
    assert render(SMALL, "svg", ways=(gone,)) == Failure(("the program `dot` could not be started (No such file or directory)",))


def test_a_failed_layout_keeps_the_dot(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("archc.compiler.draw.graphviz.layouters", lambda: ())
    (said,) = draw(residual_network(), tmp_path / "net.svg")
    assert said.code == "F601"
    assert "there is no Graphviz here" in said.message
    assert not (tmp_path / "net.svg").exists()
    assert (tmp_path / "net.dot").read_text().startswith("digraph")


def test_an_unknown_ending(tmp_path: Path) -> None:
    (said,) = draw(residual_network(), tmp_path / "net.gif")
    assert said.code == "F602"
    assert said.primary.span.source.text == ""  # of an option, and of no line of the network
    assert not list(tmp_path.iterdir())


def test_an_unknown_name(tmp_path: Path) -> None:
    (said,) = draw(residual_network(), tmp_path / "net.svg", Options(open=("layer9",)))
    assert said.code == "F604"
    assert "layer9" in said.message
    assert said.help is not None and "layer1" in said.help
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("options", [Options("layer"), Options(theme="pink"), Options(direction="up"), Options(color_by="price")])
def test_a_word_that_no_picture_knows(options: Options, tmp_path: Path) -> None:
    (said,) = draw(residual_network(), tmp_path / "net.svg", options)
    assert said.code == "F606"
    assert said.help is not None and said.help.startswith("use one of ")
    assert not list(tmp_path.iterdir())


def chain(length: int) -> Builder:
    build = Builder()
    build.input(4, 8, 8)
    for place in range(length):
        build.place(Conv(4) if place % 2 else Relu())
    build.output()
    return build


def test_a_bitmap_is_never_shrunk_in_silence() -> None:
    drawn = draw_text(chain(900).graph(), "png", Options("op", direction="LR"))
    assert drawn.data is None
    (said,) = drawn.diagnostics
    assert said.code == "F603"
    assert said.notes == ("902 operations are drawn as 902 boxes",)


def test_too_many_boxes_are_not_laid_out() -> None:
    build = Builder()
    build.input(4, 8, 8)
    with build.inside("stage", "trunk"):
        for place in range(2000):
            build.place(Conv(4) if place % 2 else Relu())
    build.output()
    drawn = draw_text(build.graph(), "svg", Options("op"))
    assert drawn.data is None
    (said,) = drawn.diagnostics
    assert (said.code, "2,002 boxes" in said.message) == ("F605", True)
    assert said.help is not None and "--fold trunk" in said.help


def test_ten_thousand_operations_fold_to_a_picture() -> None:
    build = Builder()
    build.input(4, 8, 8)
    with build.inside("stage", "trunk"):
        for place in range(2500):
            with build.inside("block", str(place), "unit"):
                for _ in range(2):
                    build.place(Conv(4))
                    build.place(Relu())
    build.output()
    drawn = draw_text(build.graph(), "svg")
    assert drawn.data is not None
    assert [box.count for box in drawn.picture.boxes()] == [1, 2500, 1]


def test_the_svg_says_what_it_shows() -> None:
    build = Builder("n<&>")
    build.input(3, 8, 8)
    build.place(Conv(8, stride=2))
    build.place(Relu())
    build.output()
    data = draw_text(build.graph(), "svg").data
    assert data is not None
    root = ElementTree.fromstring(data)
    assert root.get("role") == "img"
    assert root.findtext(f"{{{SVG}}}title") == "n<&>: diagram"
    assert "216 parameters" in (root.findtext(f"{{{SVG}}}desc") or "")
    texts = ["".join(text.itertext()).strip() for text in root.iter(f"{{{SVG}}}text")]
    assert texts == ["x", "3×8×8", "conv 3x3, 8, /2", "relu", "output", "8×4×4"]
    links = {link.get("href") for link in root.iter(f"{{{SVG}}}a")} - {None}
    assert links == {"net.arch#L1"}
    titles = [title.text or "" for title in root.iter(f"{{{SVG}}}title")]
    assert any("conv(channels = 8, kernel = 3, stride = 2)" in title and "3,456 MACs" in title for title in titles)


@pytest.mark.parametrize("form", ["svg", "dot", "png", "pdf"])
def test_the_same_bytes_on_every_run(form: str) -> None:
    first, second = (draw_text(residual_network(), form).data for _ in range(2))
    assert first == second
    assert first is not None


def test_no_script_gets_into_an_svg() -> None:
    build = Builder("javascript:alert(1)", file="javascript:alert(1)//x.arch")
    build.input(3, 8, 8, label="<script>alert(1)</script>")
    with build.inside("stage", "</text><script>alert(1)</script>", title='"><img src=x onerror=alert(1)>', doc="<script>"):
        build.place(Conv(4), label="' onload='alert(1)")
    build.output()
    data = draw_text(build.graph(), "svg", Options("op")).data
    assert data is not None
    root = ElementTree.fromstring(data)
    assert not [element for element in root.iter() if element.tag.endswith("script") or element.tag.endswith("img")]
    assert not [name for element in root.iter() for name in element.attrib if name.startswith("on")]
    assert {link.get("href") for link in root.iter(f"{{{SVG}}}a")} - {None} == {"x.arch#L1"}


def test_every_box_of_an_svg_is_a_group_of_one_shape_and_its_text() -> None:
    """What programs for slides take apart to shapes: nothing is clipped, or takes its look from a style sheet."""
    data = draw_text(residual_network(), "svg").data
    assert data is not None
    root = ElementTree.fromstring(data)
    groups = [group for group in root.iter(f"{{{SVG}}}g") if {"node", "cluster", "edge"} & set(group.get("class", "").split())]
    assert len(groups) > 20 and len({group.get("id") for group in groups}) == len(groups)
    for group in groups:
        inside = [element.tag.removeprefix(f"{{{SVG}}}") for element in group.iter() if element is not group]
        shapes = [name for name in inside if name in ("rect", "ellipse", "path", "polygon")]
        assert shapes in (["rect"], ["ellipse"], ["path"], ["path", "polygon"]), (group.get("id"), shapes)
    assert not {"style", "clipPath", "mask", "foreignObject", "use"} & {element.tag.removeprefix(f"{{{SVG}}}") for element in root.iter()}


@pytest.mark.parametrize("name", ["resnext50", "inception_v4"])
def test_the_last_row_of_a_box_keeps_off_its_corners(name: str) -> None:
    """In a PDF and a bitmap these are arcs of 12 points, of which a row that stands 1 point above the rim is 7 from the side."""
    graph = check(name).graph
    picture = fold(graph)
    ((_, geometry),) = laid_out(graph, [picture])
    several = [(box, rows) for box in picture.boxes() if len(rows := box_rows(graph, box)) > 1 and not box.is_merge]
    assert several
    for box, rows in several:
        assert geometry.places[box.name].width >= row_width(rows[-1]) + 14


@pytest.mark.parametrize("name", ["googlenet", "inception_v3", "pspnet"])
@pytest.mark.parametrize("level", ["block", "stage"])
def test_the_lines_of_a_head_of_its_own_cross_no_others(name: str, level: str) -> None:
    graph = check(name).graph
    ((picture, geometry),) = laid_out(graph, [fold(graph, View(level))])
    drawn = [(line, curve(way.points)) for line, way in zip(picture.lines, geometry.whole(ways(picture)), strict=True)]
    heads = [(line, points) for line, points in drawn if line.training_only and line.head != line.tail]
    assert heads
    for line, points in heads:
        for other, others in drawn:
            if not {line.tail, line.head} & {other.tail, other.head}:
                assert not any(meet(*one, *two) for one in pairwise(points) for two in pairwise(others)), (line.head, other.head)


@pytest.mark.parametrize("count", [40, 160])
def test_to_mend_many_boxes_takes_as_much_longer_as_there_are_more(count: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each line was asked of each box whether it runs through it, piece by piece: 1,400 boxes took minutes."""
    asked = 0
    true = beside_lines._cuts

    def counted(*of: Any) -> bool:
        nonlocal asked
        asked += 1
        return true(*of)

    monkeypatch.setattr(beside_lines, "_cuts", counted)
    blocks = "".join(f"block b{k}(out) {{ conv(out, {1 + 2 * (k % 3)}) -> bn -> relu }}\n" for k in range(count))
    steps = " ".join(f"x{k}: b{k}({8 + k % 7})\n" for k in range(count))
    graph = graph_of(f"{blocks}network many {{\n input image[3, 8, 8]\n {steps} global_avgpool -> flatten -> linear(10)\n}}")
    laid_out(graph, [fold(graph)])
    assert 0 < asked < 60 * count
