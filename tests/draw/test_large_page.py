"""A page of hundreds of boxes: what is painted is what is seen, and nobody notices that the rest is not there."""

from __future__ import annotations

import base64
from collections.abc import Iterator
from itertools import pairwise
from typing import Any

import pytest

from archc.compiler.draw.page.page import to_page
from tests.browser import browser, in_browser, until
from tests.support import graph_of

from .pages import center, click, labels, places, shape, view

__all__ = ["browser"]

pytestmark = pytest.mark.slow

COUNT = 420
TEXT = "\n".join(
    [
        "block unit(out, mid) { conv(mid, 1) -> bn -> conv(out, 3) }",
        "network many {",
        "  input x[4, 8, 8]",
        *(f"  stage s{k} {{ " + " ".join(f"unit(4, {4 + 60 * k + j})\n" for j in range(60)) + "  }" for k in range(COUNT // 60)),
        "}",
    ]
)


@pytest.fixture(scope="module")
def address(tmp_path_factory: pytest.TempPathFactory) -> str:
    made = to_page(graph_of(TEXT), seconds=60)
    assert isinstance(made, str)
    file = tmp_path_factory.mktemp("large") / "net.html"
    file.write_text(made, encoding="utf-8")
    return file.as_uri()


@pytest.fixture
def shown(browser: Any, address: str) -> Iterator[Any]:
    browser.get("about:blank")
    browser.get(address)
    yield browser
    assert browser.get_log("browser") == []


def widths(browser: Any) -> set[int]:
    """The units whose boxes are in the page, by the width in them."""
    return {int(label.split("1x1, ")[1].split(" ")[0]) for label in labels(browser) if "1x1, " in label}


@in_browser
def test_every_box_is_there_where_it_is_seen_and_few_are_elsewhere(shown: Any) -> None:
    assert 5 < len(labels(shown)) < 60
    height = shown.execute_script("return document.querySelector('#canvas > g').getBBox().height")
    found: set[int] = set()
    for _ in range(400):
        found |= widths(shown)
        _, top, _, bottom = shape(shown, "#canvas")
        seen = sorted((place[1], place[3]) for place in places(shown).values() if place[1] < bottom and place[3] > top)
        assert all(two[0] - one[1] < 80 for one, two in pairwise(seen))  # no gap where a box is missing
        if len(found) == COUNT:
            break
        shown.execute_script(
            "const canvas = document.getElementById('canvas'), {left, top} = canvas.getBoundingClientRect();"
            "const at = (kind, target, y) => target.dispatchEvent(new PointerEvent(kind, {pointerId: 1, clientX: left + 10, clientY: top + y, bubbles: true}));"
            "at('pointerdown', canvas, 700); at('pointermove', window, 20); at('pointerup', window, 20);"
        )
        assert len(labels(shown)) < 80
    assert found == set(range(4, 4 + COUNT))
    assert height > 0


@in_browser
def test_what_is_found_far_away_is_painted_marked_and_coloured(shown: Any) -> None:
    from selenium.webdriver.common.keys import Keys
    from selenium.webdriver.support.ui import Select

    Select(shown.find_element("id", "color")).select_by_visible_text("parameters")
    shown.find_element("id", "search").send_keys("1x1, 250" + Keys.ENTER)
    assert labels(shown, "box.on") == ["conv 1x1, 250"]
    left, top, right, bottom = shape(shown, "#canvas .box.on")
    canvas = shape(shown, "#canvas")
    assert canvas[0] <= left and canvas[1] <= top and right <= canvas[2] and bottom <= canvas[3]
    numbers = shown.execute_script("return [...document.querySelectorAll('#canvas .box:has(tspan) .number')].length")
    assert numbers > 5
    shown.find_element("id", "trace").click()
    assert labels(shown, "box.off") == []
    assert shown.find_element("id", "traced").text == "739 before, 522 after"


@in_browser
def test_from_afar_boxes_have_no_words_and_nearby_they_have_them_again(shown: Any) -> None:
    words = "return document.querySelectorAll('#canvas .box text').length"
    first = view(shown)
    shown.find_element("id", "fit").click()
    assert len(labels(shown)) == COUNT + 2
    assert shown.execute_script(words) == 0
    for _ in range(60):
        shown.find_element("id", "in").click()
        if shown.execute_script(words):
            break
    assert shown.execute_script("return [...document.querySelectorAll('#canvas .box')].every(box => box.querySelector('text'))")
    assert len(labels(shown)) < COUNT
    shown.find_element("tag name", "body").send_keys("0")
    assert view(shown) == pytest.approx(first, abs=0.2)


@in_browser
def test_a_box_far_down_opens_where_it_is_and_all_of_them_at_once(shown: Any) -> None:
    shown.find_element("id", "search").send_keys("1x1, 300\n")
    shown.find_element("id", "fold").click()
    shown.find_element("id", "unfold").click()
    assert len(labels(shown)) < 80
    shown.find_element("id", "fold").click()
    assert labels(shown, "heading[aria-expanded=false]") == [f"s{k}, 60 × unit" for k in range(COUNT // 60)]
    click(shown, "s3")
    box = next(label for label in labels(shown) if "unit" in label)
    before = places(shown)[box]
    count = len(shown.find_elements("css selector", "#canvas .heading"))
    click(shown, box)
    assert len(shown.find_elements("css selector", "#canvas .heading")) == count + 1
    after = shape(shown, "#canvas .heading[aria-expanded=true][data-key^=n]")
    assert after[1] == pytest.approx(before[1], abs=3)


@in_browser
def test_the_keyboard_leads_on_beyond_what_was_painted(shown: Any) -> None:
    from selenium.webdriver.common.action_chains import ActionChains
    from selenium.webdriver.common.keys import Keys

    shown.execute_script(
        "[...document.querySelectorAll('#canvas .box')].find(box => box.getAttribute('aria-label').includes('1x1, 4 ')).focus()"
    )
    for _ in range(45):
        ActionChains(shown).send_keys(Keys.TAB).perform()
    assert "1x1, 49 " in shown.switch_to.active_element.get_attribute("aria-label")
    shown.find_element("id", "canvas")
    place = shown.switch_to.active_element.rect
    canvas = shape(shown, "#canvas")
    assert canvas[1] <= place["y"] <= canvas[3]
    for _ in range(3):  # what has the focus keeps it when it is moved away
        shown.switch_to.active_element.send_keys(Keys.ARROW_UP)
    assert "1x1, 49 " in shown.switch_to.active_element.get_attribute("aria-label")


@in_browser
def test_on_paper_every_box_has_its_words_and_every_row_is_there(shown: Any) -> None:
    seen = (view(shown), len(labels(shown)))
    shown.execute_script(
        "addEventListener('beforeprint', () => { window.printed = [document.querySelectorAll('#canvas .box text').length,"
        " document.querySelectorAll('#costs tbody tr').length]; })"
    )
    assert base64.b64decode(shown.execute_cdp_cmd("Page.printToPDF", {})["data"]).startswith(b"%PDF")
    texts, rows = shown.execute_script("return window.printed")
    assert texts >= 2 * COUNT and rows == 3 * COUNT + 2
    assert (view(shown), len(labels(shown))) == seen


@in_browser
def test_a_long_table_shows_its_rows_where_it_is_scrolled(shown: Any) -> None:
    shown.find_element("id", "tab-costs").click()
    names = "return [...document.querySelectorAll('#costs tbody tr:not(.room)')].map(row => row.cells[0].textContent)"
    heights = "return ['#costs', '#costs tbody tr:not(.room)'].map(one => document.querySelector(one).getBoundingClientRect().height)"
    extent = "const panel = document.getElementById('costs'); return [panel.scrollHeight, panel.querySelector('table').getBoundingClientRect().width]"
    assert len(shown.execute_script(names)) < 200
    panel, row = shown.execute_script(heights)
    scrolled = shown.execute_script(extent)
    assert scrolled[0] == pytest.approx((3 * COUNT + 4) * row, rel=0.02)
    found: set[str] = set()
    for part in range(41):
        shown.execute_script(
            "const panel = document.getElementById('costs'); panel.scrollTop = arguments[0] / 40 * panel.scrollHeight", part
        )
        until(
            lambda: shown.execute_script(
                "const {left, top, bottom} = document.getElementById('costs').getBoundingClientRect();"
                "return [top + 60, bottom - 60].every(y => document.elementFromPoint(left + 30, y)?.closest('tr:not(.room)'))"
            )
        )
        found |= set(shown.execute_script(names))
    assert len(found) == 3 * COUNT + 2
    assert shown.execute_script(extent) == pytest.approx(scrolled, abs=2)  # no column jumped
    shown.find_element("id", "search").send_keys("1x1, 200\n")
    rows = shown.find_elements("css selector", "#costs tr.on")
    assert len(rows) == 1 and "1x1, 200" in rows[0].text
    top = rows[0].rect["y"] - shape(shown, "#costs")[1]
    assert 0 < top < panel
    heading = shown.find_elements("css selector", "#costs th button")[3]
    heading.click()
    shown.execute_script("document.getElementById('costs').scrollTop = 0")
    until(lambda: "15,232" in shown.execute_script("return document.querySelector('#costs tbody tr').textContent"))
    assert center(view(shown))
