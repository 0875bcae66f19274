"""What the page offers beside the picture: a trace, links to what is seen, and files of it."""

from __future__ import annotations

from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest

from archc.compiler.draw.page.page import to_page
from archc.compiler.driver import check
from tests.browser import browser, in_browser, until
from tests.support import graph_of

from .pages import click, labels, view

__all__ = ["browser"]

FORK = """
block unit(out) { conv(out, 3, bias = false) -> bn -> relu }
network fork {
  input x[8, 16, 16]
  input y[8, 16, 16]
  first: unit(8)
  concat { | left: unit(6) -> l2: conv(4, 1) | skip(y) -> right: unit(8) } -> last: unit(16)
}
"""


def page(folder: Path, text: str = FORK) -> str:
    made = to_page(graph_of(text))
    assert isinstance(made, str)
    file = folder / "net.html"
    file.write_text(made, encoding="utf-8")
    return file.as_uri()


def faded(browser: Any) -> set[str]:
    return {label.split(",")[0] for label in labels(browser, "box.off")}


@in_browser
def test_a_trace_shows_all_that_leads_to_a_box_and_follows_from_it(browser: Any, tmp_path: Path) -> None:
    browser.get(page(tmp_path))
    click(browser, "right")
    assert faded(browser) == set()
    browser.find_element("id", "trace").click()
    assert faded(browser) == {"x", "first unit", "left unit", "l2: conv 1x1"}
    assert len(browser.find_elements("css selector", "#canvas .line.off")) == 4
    said = browser.find_element("id", "traced").text
    assert said == "1 before, 5 after"
    browser.find_element("tag name", "body").send_keys("t")
    assert faded(browser) == set()
    assert not browser.find_element("id", "traced").is_displayed()


@in_browser
def test_a_link_shows_what_was_looked_at(browser: Any, tmp_path: Path) -> None:
    from selenium.webdriver.support.ui import Select

    url = page(tmp_path)
    browser.get(url)
    click(browser, "left")
    browser.find_element("id", "trace").click()
    browser.find_element("id", "tab-costs").click()
    Select(browser.find_element("id", "color")).select_by_visible_text("MACs")
    browser.find_element("tag name", "body").send_keys("+")
    until(lambda: "tab=costs" in browser.current_url and "color=2" in browser.current_url)
    seen = (labels(browser), faded(browser), labels(browser, "box.on"), view(browser))
    until(lambda: abs(float(browser.current_url.partition("view=")[2].partition("+")[0] or "inf") - seen[3][0] - seen[3][2] / 2) <= 1)
    link = browser.current_url
    browser.get("about:blank")
    browser.get(link)
    assert (labels(browser), faded(browser), labels(browser, "box.on")) == seen[:3]
    assert view(browser) == pytest.approx(seen[3], abs=1.5)
    assert browser.find_element("id", "costs").is_displayed()
    assert browser.find_element("id", "legend").is_displayed()
    assert browser.get_log("browser") == []


@in_browser
@pytest.mark.parametrize("words", ["open=nothing+n99&fold=f7", "view=a+b+c&at=x+-1+1e9&color=99&tab=none", "view=1+2+0&%E0%A4%A", "="])
def test_a_link_of_nonsense_shows_the_page_as_it_is(browser: Any, tmp_path: Path, words: str) -> None:
    url = page(tmp_path)
    browser.get(url)
    plain = (labels(browser), view(browser))
    browser.get("about:blank")
    browser.get(f"{url}#{words}")
    assert (labels(browser), view(browser)) == plain
    assert browser.get_log("browser") == []


@in_browser
def test_the_view_is_saved_as_svg_and_png_and_looks_the_same_alone(browser: Any, tmp_path: Path) -> None:
    url = page(tmp_path)
    folder = tmp_path / "saved"
    folder.mkdir()
    browser.execute_cdp_cmd("Browser.setDownloadBehavior", {"behavior": "allow", "downloadPath": str(folder)})
    browser.get(url)
    click(browser, "left")
    fills = "return [...document.querySelectorAll(arguments[0] + ' rect')].map(one => getComputedStyle(one).fill)"
    here = browser.execute_script(fills, "#canvas")
    for name in ("svg", "png"):
        browser.find_element("id", name).click()
        until(lambda name=name: [path for path in folder.iterdir() if path.suffix == f".{name}" and path.stat().st_size])
    assert {path.name for path in folder.iterdir()} == {"fork.svg", "fork.png"}
    png = (folder / "fork.png").read_bytes()
    assert png.startswith(b"\x89PNG")
    width = browser.find_element("id", "canvas").size["width"]
    assert int.from_bytes(png[16:20], "big") == pytest.approx(2 * width, abs=2)
    root = ElementTree.fromstring((folder / "fork.svg").read_text(encoding="utf-8"))
    assert not [one for one in root.iter() if "class" in one.attrib or "style" in one.attrib or "var(" in str(one.attrib)]
    browser.get((folder / "fork.svg").as_uri())
    assert browser.execute_script(fills, "svg svg") == here
    texts = ["".join(text.itertext()) for text in root.iter("{http://www.w3.org/2000/svg}text")]
    assert any("left" in text for text in texts)


@in_browser
def test_the_tools_stay_where_they_are_whatever_is_done(browser: Any, tmp_path: Path) -> None:
    from selenium.webdriver.support.ui import Select

    made = to_page(check("googlenet").graph)
    assert isinstance(made, str)
    (tmp_path / "net.html").write_text(made, encoding="utf-8")
    browser.get((tmp_path / "net.html").as_uri())

    def stand() -> Any:
        return browser.execute_script(
            "return [...document.querySelectorAll('#tools *, #canvas, aside')].map(one => {"
            " const {left, top, width} = one.getBoundingClientRect(); return [one.id, left, top, width]; })"
        )

    before = stand()
    search = browser.find_element("id", "search")
    search.send_keys("conv")
    assert stand() == before
    search.send_keys("\n")
    assert stand() == before
    Select(browser.find_element("id", "color")).select_by_visible_text("activations")
    browser.find_element("id", "trace").click()
    browser.find_element("id", "unfold").click()
    browser.find_element("id", "tab-costs").click()
    assert stand() == before


@in_browser
def test_a_page_leads_to_the_right_where_that_is_asked(browser: Any, tmp_path: Path) -> None:
    made = to_page(check("googlenet").graph, direction="LR")
    assert isinstance(made, str)
    (tmp_path / "net.html").write_text(made, encoding="utf-8")
    browser.get((tmp_path / "net.html").as_uri())
    click(browser, "inception3a")
    boxes = browser.execute_script(
        "return [...document.querySelectorAll('#canvas .box')].map(box => { const {left, right} = box.getBoundingClientRect();"
        " return [box.getAttribute('aria-label').split(',')[0], left, right]; })"
    )
    place = {name: (left, right) for name, left, right in boxes}
    assert place["rectified"][1] < place["concat"][0] < place["inception3b inception"][0]
    assert browser.get_log("browser") == []


@in_browser
def test_the_mark_of_a_skip_stands_beside_the_flow(browser: Any, tmp_path: Path) -> None:
    """At the box's right, and above it once the page is turned: at its end a line leaves."""
    made = to_page(check("resnet18").graph)
    assert isinstance(made, str)
    (tmp_path / "net.html").write_text(made, encoding="utf-8")
    browser.get((tmp_path / "net.html").as_uri())

    def stand() -> set[tuple[bool, bool]]:
        """For each mark, whether it reaches beyond the right and the upper edge of its box."""
        found = browser.execute_script(
            "return [...document.querySelectorAll('#canvas .box > .line.skip')].map(line => {"
            " const one = line.getBBox(), box = line.parentElement.querySelector('rect').getBBox();"
            " return [one.x + one.width > box.x + box.width + 5, one.y < box.y - 5]; })"
        )
        return {(right, above) for right, above in found}

    assert stand() == {(True, False)}
    browser.find_element("id", "turn").click()
    assert stand() == {(False, True)}
    browser.find_element("id", "turn").click()
    assert stand() == {(True, False)}


@in_browser
def test_the_paths_of_a_block_stand_one_under_the_other_from_their_bars_on(browser: Any, tmp_path: Path) -> None:
    """As in the picture; what is told of other blocks stands in the middle."""
    made = to_page(check("googlenet").graph)
    assert isinstance(made, str)
    (tmp_path / "net.html").write_text(made, encoding="utf-8")
    browser.get((tmp_path / "net.html").as_uri())
    found = browser.execute_script(
        "return [...document.querySelectorAll('#canvas .box')].map(box => [box.querySelector('rect, ellipse').getBBox(),"
        " [...box.querySelectorAll(':scope > text')].map(row => [row.textContent, row.getBBox()])])"
        ".map(([box, rows]) => [box.x, box.width, rows.map(([words, {x, width}]) => [words, x, width])])"
    )
    seen = 0
    for left, wide, rows in found:
        paths = [x for words, x, _ in rows if words.startswith("| ")]
        if paths:
            seen += 1
            assert max(paths) - min(paths) < 0.5 and min(paths) > left
        assert all(abs(x + width / 2 - left - wide / 2) < 1 for words, x, width in rows if not paths or words == rows[0][0])
        assert all(x + width < left + wide for _, x, width in rows)
    assert seen >= 2
