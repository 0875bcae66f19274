"""Of what `like =` names the size alone is taken: its line is thin and dotted, and no skip."""

from __future__ import annotations

from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest

from archc.compiler.draw import Options, draw_text, fold
from archc.compiler.draw.page.page import to_page
from archc.compiler.draw.picture import Line
from tests.browser import browser, in_browser
from tests.support import graph_of

__all__ = ["browser"]

SIZED = """
network sized {
  input image[8, 32, 32]
  seen: conv(8, 3) -> maxpool(2) -> conv(8, 3) -> upsample(like = seen, mode = "nearest") -> conv(8, 3) -> add { | conv(8, 3) | skip(seen) }
}
"""


def line(tail: str, head: str) -> Line:
    graph = graph_of(SIZED)
    picture = fold(graph)
    boxes = {box.main.unique: box.name for box in picture.boxes()}
    (found,) = [line for line in picture.lines if (line.tail, line.head) == (boxes[tail], boxes[head])]
    return found


def test_a_size_that_is_taken_is_no_skip() -> None:
    assert line("seen", "upsample1").size
    assert not line("seen", "maxpool1").size
    skip = line("seen", "add1")
    assert skip.skip and not skip.size


@pytest.mark.parametrize("theme", ["light", "print"])
def test_it_is_drawn_thin_and_dotted(theme: str) -> None:
    drawn = draw_text(graph_of(SIZED), "svg", Options(theme=theme))
    assert drawn.data is not None
    lines = [group for group in ElementTree.fromstring(drawn.data).iter() if "edge" in group.get("class", "").split()]
    (size,) = [group for group in lines if "size" in group.get("class", "").split()]
    (skip,) = [group for group in lines if "skip" in group.get("class", "").split()]
    path = "{http://www.w3.org/2000/svg}path"
    widths = [[(one.get("stroke-width"), one.get("stroke-dasharray") is not None) for one in group.iter(path)] for group in (size, skip)]
    assert widths == [[("0.6", True)], [("1.1", theme == "print")]]
    assert "its size alone" in "".join(size.itertext())


@pytest.mark.parametrize(("form", "said"), [("tex", "size only]"), ("drawio", "dashPattern=1 2")])
def test_it_is_so_in_every_format(form: str, said: str) -> None:
    drawn = draw_text(graph_of(SIZED), form)
    assert drawn.data is not None
    assert drawn.data.decode().count(said) == 1


def test_volumes_have_no_arrow_of_it() -> None:
    plain = SIZED.replace("like = seen", "2")
    arrows = [
        (data := draw_text(graph_of(text), "tex", Options(style="volumes")).data) and data.count(b"skipcolor") for text in (SIZED, plain)
    ]
    assert arrows[0] and arrows[0] == arrows[1]


@in_browser
def test_it_is_so_on_the_page(browser: Any, tmp_path: Path) -> None:
    made = to_page(graph_of(SIZED))
    assert isinstance(made, str)
    (tmp_path / "net.html").write_text(made, encoding="utf-8")
    browser.get((tmp_path / "net.html").as_uri())
    (line,) = browser.find_elements("css selector", "#canvas .line.size")
    assert "skip" not in line.get_attribute("class")
    assert line.value_of_css_property("stroke-width") == "0.6px"
    assert browser.get_log("browser") == []
