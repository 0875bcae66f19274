"""The name of a stage is never struck through by the line that comes in beside it: all pictures of the gallery."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from xml.etree import ElementTree

import pytest

from archc.compiler.draw import View, fold
from archc.compiler.draw.paths import own_name
from tests.support import graph_of

GALLERY = Path(__file__).parents[2] / "docs" / "gallery"
SVG = "{http://www.w3.org/2000/svg}"
ROOM = 2.0  # points between a heading and a line, at least
Point = tuple[float, float]


def groups(root: ElementTree.Element, kind: str) -> Iterator[ElementTree.Element]:
    return (group for group in root.iter(f"{SVG}g") if kind in group.get("class", "").split())


def rows(frame: ElementTree.Element) -> Iterator[tuple[float, float, float, float]]:
    """Left, top, right and bottom of each row of a heading."""
    for text in frame.iter(f"{SVG}text"):
        size, x, y, width = (float(text.attrib[name]) for name in ("font-size", "x", "y", "textLength"))
        yield x, y - 0.7 * size, x + width, y


def points(line: ElementTree.Element) -> Iterator[Point]:
    """Points of the curves of a line, close enough for letters."""
    for path in line.iter(f"{SVG}path"):
        numbers = [float(number) for number in re.findall(r"-?\d+(?:\.\d+)?", path.get("d", ""))]
        knots = list(zip(numbers[::2], numbers[1::2], strict=True))
        for at in range(0, len(knots) - 3, 3):
            for step in range(101):
                yield bezier(knots[at : at + 4], step / 100)


def bezier(knots: list[Point], t: float) -> Point:
    weights = ((1 - t) ** 3, 3 * t * (1 - t) ** 2, 3 * t * t * (1 - t), t**3)
    return sum(w * x for w, (x, _) in zip(weights, knots, strict=True)), sum(w * y for w, (_, y) in zip(weights, knots, strict=True))


@pytest.mark.parametrize("path", sorted(GALLERY.glob("*.svg")), ids=lambda path: path.stem)
def test_no_line_crosses_a_heading(path: Path) -> None:
    root = ElementTree.parse(path).getroot()
    drawn = [point for line in groups(root, "edge") for point in points(line)]
    assert drawn
    for frame in groups(root, "cluster"):
        for left, top, right, bottom in rows(frame):
            struck = [(x, y) for x, y in drawn if left < x < right + ROOM and top < y < bottom]
            assert not struck, ("".join(frame.itertext()).strip(), struck[0])


@pytest.mark.parametrize("path", sorted(GALLERY.glob("*.svg")), ids=lambda path: path.stem)
def test_no_row_begins_or_ends_with_a_space(path: Path) -> None:
    """A browser may leave such spaces out, and stretches the letters over the width that was measured with them."""
    for text in ElementTree.parse(path).iter(f"{SVG}text"):
        row = "".join(text.itertext())
        assert row == row.strip()


def test_a_group_of_one_box_within_another_part_has_no_frame_unless_it_is_asked_for() -> None:
    text = (
        "block unit(out) { add { | skip | conv(out, 3) } }\nnetwork n {\n  input x[8, 16, 16]\n"
        "  stage s { down: conv(8, 3) -> blocks: { repeat 3 { unit(8) } } -> relu }\n  rest: { repeat 2 { unit(8) } }\n}\n"
    )
    graph = graph_of(text)
    assert [frame.scope.unique or frame.scope.title for frame in fold(graph).frames()] == ["s", "rest"]
    assert "blocks" in [own_name(frame.scope) for frame in fold(graph, View(open=("blocks",))).frames()]
