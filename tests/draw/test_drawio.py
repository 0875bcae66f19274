"""Pictures for draw.io: what moves together is one, and lines are tied to their boxes."""

from __future__ import annotations

from pathlib import Path
from xml.etree import ElementTree

import pytest

from archc.compiler.draw import Options, draw, draw_text, fold
from archc.compiler.driver import check

from .build import Builder, Conv


@pytest.mark.parametrize("name", ["resnet50", "googlenet", "unet"])
def test_boxes_frames_and_lines_are_the_pictures(name: str) -> None:
    graph = check(name).graph
    picture = fold(graph)
    data = draw_text(graph, "drawio").data
    assert data is not None and data == draw_text(graph, "drawio").data
    cells = {cell.get("id"): cell for cell in ElementTree.fromstring(data).iter("mxCell")}
    vertices = {name for name, cell in cells.items() if cell.get("vertex")}
    assert vertices == {item.name for item in (*picture.boxes(), *picture.frames())}
    lines = sorted((cell.get("source"), cell.get("target")) for cell in cells.values() if cell.get("edge"))
    assert lines == sorted((line.tail, line.head) for line in picture.lines)
    for frame in picture.frames():
        size = cells[frame.name].find("mxGeometry")
        assert size is not None
        for item in frame.items:
            cell, inner = cells[item.name], cells[item.name].find("mxGeometry")
            assert cell.get("parent") == frame.name and inner is not None
            for corner, side in (("x", "width"), ("y", "height")):
                start = float(inner.get(corner, "nan"))
                assert 0 <= start and start + float(inner.get(side, "nan")) <= float(size.get(side, "nan"))


def test_no_name_is_markup() -> None:
    build = Builder("<b>&n")
    build.input(3, 8, 8, label="<script>alert(1)</script>")
    build.place(Conv(4), label="a&b")
    build.output()
    data = draw_text(build.graph(), "drawio").data
    assert data is not None
    values = [cell.get("value", "") for cell in ElementTree.fromstring(data).iter("mxCell")]
    assert any("&lt;script&gt;" in value for value in values) and not any("<script" in value for value in values)


def test_insets_are_refused(tmp_path: Path) -> None:
    (said,) = draw(check("resnet50").graph, tmp_path / "net.drawio", Options(insets=True))
    assert said.code == "F606" and not list(tmp_path.iterdir())
