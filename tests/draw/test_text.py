"""The texts of charts: measured in the font that archc brings along, and never outside the picture."""

from __future__ import annotations

from xml.etree import ElementTree

import pytest

from archc.compiler.analysis.memory import inference_profile
from archc.compiler.draw.font import FAMILIES, width
from archc.compiler.draw.plot import SVG_WIDTH, Point, memory_svg, points_svg
from archc.compiler.draw.text import EDGE, svg_text
from archc.compiler.driver import check

TEXT = "{http://www.w3.org/2000/svg}text"
LONG = "a variant with a long name <channels = 64, depth = 152> & more of it"


def extent(text: ElementTree.Element) -> tuple[float, float]:
    """From where to where it reaches: what it says of its width is what the font says."""
    wide = float(text.attrib["textLength"])
    points = float(text.get("font-size", "12"))
    assert wide == pytest.approx(width(text.text or "", points, text.get("font-weight") == "bold"), abs=0.5)
    left = float(text.attrib["x"]) - {"start": 0.0, "middle": 0.5, "end": 1.0}[text.get("text-anchor", "start")] * wide
    return left, left + wide


@pytest.mark.parametrize("anchor", ["start", "middle", "end"])
@pytest.mark.parametrize("x", [-50.0, 0.0, 150.0, 299.0, 900.0])
@pytest.mark.parametrize("words", ["A", LONG, LONG * 3])
def test_a_text_stays_in_its_picture(anchor: str, x: float, words: str) -> None:
    left, right = extent(ElementTree.fromstring(svg_text(words, x, 10, 300, anchor, bold=True)))
    assert left >= EDGE - 0.1
    assert right <= 300 - EDGE + 0.1


def test_a_text_that_fits_is_not_moved() -> None:
    assert svg_text(
        "A & B", 10, 20, 300
    ) == '<text x="10" y="20" textLength="36.0" lengthAdjust="spacingAndGlyphs">A &amp; B</text>'.replace(
        "36.0", f"{width('A & B', 12):.1f}".rstrip("0").rstrip(".")
    )


def test_a_text_with_letters_of_another_font_keeps_its_own_width() -> None:
    assert svg_text("层", 10, 20, 300) == '<text x="10" y="20">层</text>'


def test_no_text_of_a_plot_is_cut_off() -> None:
    points = [Point(LONG, 1.234e12, 1.234e-12, True), Point(LONG, 9.876e12, 9.876e-12, True), Point("c", 5e12, 1e-12, False)]
    plots = [points_svg(points, "macs", LONG, LONG * 3), memory_svg(inference_profile(check("resnext50").graph), LONG)]
    for plot in plots:
        root = ElementTree.fromstring(plot)
        assert root.get("font-family") == FAMILIES
        texts = list(root.iter(TEXT))
        assert len(texts) > 6
        for text in texts:
            left, right = extent(text)
            assert left >= EDGE - 0.1 and right <= SVG_WIDTH - EDGE + 0.1, text.text
