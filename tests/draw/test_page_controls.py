"""Every control of the page of one network, and what a keyboard, a mouse, fingers, paper and a small screen do to it."""

from __future__ import annotations

import base64
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from archc.compiler.draw.page.page import to_page
from archc.compiler.driver import check
from tests.browser import browser, in_browser, until

from .pages import beside, center, click, labels, notes, shape, touched, view

__all__ = ["browser"]


@pytest.fixture
def shown(browser: Any, tmp_path: Path) -> Iterator[Any]:
    made = to_page(check("googlenet").graph)
    assert isinstance(made, str)
    (tmp_path / "net.html").write_text(made, encoding="utf-8")
    browser.get((tmp_path / "net.html").as_uri())
    yield browser
    assert browser.get_log("browser") == []


@in_browser
def test_buttons_and_keys_zoom_about_the_middle_and_fit(shown: Any) -> None:
    first = view(shown)
    body = shown.find_element("tag name", "body")
    for further, back in (
        (shown.find_element("id", "in").click, shown.find_element("id", "out").click),
        (lambda: body.send_keys("+"), lambda: body.send_keys("-")),
        (lambda: body.send_keys("="), lambda: body.send_keys("-")),
    ):
        further()
        assert view(shown)[2:] == pytest.approx([size / 1.3 for size in first[2:]], abs=0.2)
        assert center(view(shown)) == pytest.approx(center(first), abs=0.2)
        back()
        assert view(shown) == pytest.approx(first, abs=0.3)
    for _ in range(3):
        shown.find_element("id", "in").click()
    shown.find_element("id", "fit").click()
    whole = view(shown)
    boxes = shown.execute_script("return document.querySelector('#canvas > g').getBBox()")
    assert whole[0] < boxes["x"] and boxes["x"] + boxes["width"] < whole[0] + whole[2]
    assert whole[1] < boxes["y"] and boxes["y"] + boxes["height"] < whole[1] + whole[3]
    body.send_keys("0")
    assert view(shown) == pytest.approx(first, abs=0.1)


@in_browser
def test_a_drag_moves_the_picture_with_the_pointer_and_opens_nothing(shown: Any) -> None:
    from selenium.webdriver.common.action_chains import ActionChains

    first, before = view(shown), labels(shown)
    scale = first[2] / shown.find_element("id", "canvas").size["width"]
    box = shown.find_element("css selector", "#canvas [aria-label^=inception3a]")
    ActionChains(shown, duration=50).click_and_hold(box).move_by_offset(60, -40).release().perform()
    assert view(shown) == pytest.approx([first[0] - 60 * scale, first[1] + 40 * scale, *first[2:]], abs=0.3)
    assert labels(shown) == before
    moved = view(shown)
    ActionChains(shown, duration=50).move_by_offset(30, 30).perform()  # the button is up
    assert view(shown) == moved
    ActionChains(shown, duration=50).move_to_element(box).click().perform()
    assert len(labels(shown)) == len(before) + 7


@in_browser
def test_a_wheel_and_two_fingers_zoom_where_they_are(shown: Any) -> None:
    def at(point: tuple[float, float]) -> list[float]:
        """Where a point of the screen is in the picture."""
        x, y, width, height = view(shown)
        left, top, right, bottom = shape(shown, "#canvas")
        return [x + (point[0] - left) / (right - left) * width, y + (point[1] - top) / (bottom - top) * height]

    left, top, right, _ = shape(shown, "#canvas")
    spot = (left + (right - left) / 4, top + 120)
    wheel = "document.getElementById('canvas').dispatchEvent(new WheelEvent('wheel', {deltaY: -300, clientX: arguments[0], clientY: arguments[1], shiftKey: arguments[2], bubbles: true, cancelable: true}))"
    first, there = view(shown), at(spot)
    shown.execute_script(wheel, *spot, True)
    assert view(shown) == first
    shown.execute_script(wheel, *spot, False)
    assert view(shown)[2] < first[2] / 1.4
    assert at(spot) == pytest.approx(there, abs=0.3)

    near = view(shown)
    there = at(spot)
    fingers = [[(spot[0] - out, spot[1]), (spot[0] + out, spot[1])] for out in (20, 30, 40, 60)]
    touched(shown, fingers)
    assert view(shown)[2] == pytest.approx(near[2] / 3, rel=0.1)
    assert at(spot) == pytest.approx(there, abs=near[2] / 50)
    touched(shown, [[spot], [(spot[0] + 20, spot[1])], [(spot[0] + 50, spot[1])]])
    assert at((spot[0] + 50, spot[1]))[0] == pytest.approx(there[0], abs=near[2] / 20)


@in_browser
def test_arrows_move_the_picture_and_lead_through_the_tabs(shown: Any) -> None:
    from selenium.webdriver.common.keys import Keys

    canvas = shown.find_element("id", "canvas")
    shown.execute_script("arguments[0].focus()", canvas)
    for key, axis, sign in ((Keys.ARROW_DOWN, 1, 1), (Keys.ARROW_UP, 1, -1), (Keys.ARROW_RIGHT, 0, 1), (Keys.ARROW_LEFT, 0, -1)):
        before = view(shown)
        canvas.send_keys(key)
        after = view(shown)
        assert after[axis] - before[axis] == pytest.approx(sign * before[2] / 12, abs=0.2)
        assert after[1 - axis] == before[1 - axis]
    seen = view(shown)
    assert beside(shown) == "source"
    shown.find_element("id", "tab-source").click()
    for key, wanted in (
        (Keys.ARROW_RIGHT, "costs"),
        (Keys.ARROW_RIGHT, "memory"),
        (Keys.ARROW_RIGHT, "source"),
        (Keys.ARROW_LEFT, "memory"),
    ):
        shown.switch_to.active_element.send_keys(key)
        assert beside(shown) == wanted
        assert shown.switch_to.active_element.get_attribute("id") == f"tab-{wanted}"
    assert view(shown) == seen
    tabs = shown.find_elements("css selector", "[role=tab]")
    assert [tab.get_attribute("tabindex") for tab in tabs] == ["-1", "-1", "0"]  # Tab leads past the others


@in_browser
def test_what_the_keyboard_reaches_comes_into_view_and_opens_with_space(shown: Any) -> None:
    from selenium.webdriver.common.action_chains import ActionChains
    from selenium.webdriver.common.keys import Keys

    shown.find_element("id", "in").click()
    shown.execute_script("document.getElementById('canvas').focus()")
    found = []
    for _ in range(40):
        ActionChains(shown).send_keys(Keys.TAB).perform()
        label = shown.switch_to.active_element.get_attribute("aria-label") or ""
        found.append(label.split(",")[0])
        left, top, right, bottom = shape(shown, "#canvas")
        place = shown.execute_script(
            "const {left, top, right, bottom} = document.activeElement.getBoundingClientRect(); return [left, top, right, bottom]"
        )
        assert left - 1 <= place[0] and place[2] <= right + 1 and top - 1 <= place[1] and place[1] < bottom, label
        if found[-1].startswith("inception5b"):
            break
    assert {"stem", "image", "inception5b inception"} <= set(found)
    count = len(labels(shown))
    shown.switch_to.active_element.send_keys(Keys.SPACE)
    assert len(labels(shown)) == count + 7
    assert shown.switch_to.active_element.get_attribute("aria-expanded") == "true"


@in_browser
def test_escape_and_a_click_beside_the_boxes_select_nothing(shown: Any) -> None:
    from selenium.webdriver.common.keys import Keys

    for end in (
        lambda: shown.find_element("tag name", "body").send_keys(Keys.ESCAPE),
        lambda: shown.execute_script("document.getElementById('canvas').dispatchEvent(new MouseEvent('click', {bubbles: true}))"),
    ):
        click(shown, "conv2")
        assert labels(shown, "on") and shown.find_elements("css selector", "#source li.on")
        end()
        assert not labels(shown, "on") and not shown.find_elements("css selector", "#source li.on")
        click(shown, "conv2")


@in_browser
def test_on_paper_the_whole_picture_stands_and_on_the_screen_what_was_seen(shown: Any) -> None:
    for _ in range(4):
        shown.find_element("id", "in").click()
    seen = view(shown)
    shown.execute_script(
        "addEventListener('beforeprint', () => { const {x, y, width, height} = document.querySelector('#canvas > g').getBBox();"
        " window.printed = [document.getElementById('canvas').getAttribute('viewBox'), x, y, x + width, y + height]; })"
    )
    made = base64.b64decode(shown.execute_cdp_cmd("Page.printToPDF", {"printBackground": True})["data"])
    assert made.startswith(b"%PDF") and len(made) > 10_000
    box, left, top, right, bottom = shown.execute_script("return window.printed")
    x, y, width, height = map(float, box.split())
    assert x <= left and y <= top and right <= x + width and bottom <= y + height
    assert view(shown) == seen


@in_browser
def test_the_table_sorts_both_ways_and_sums(shown: Any) -> None:
    shown.find_element("id", "tab-costs").click()
    heading = shown.find_elements("css selector", "#costs th button")
    numbers = (
        "return [...document.querySelectorAll('#costs tbody tr')].map(row => row.cells[3].textContent.replaceAll(',', '')).map(Number)"
    )
    heading[3].click()
    down = shown.execute_script(numbers)
    assert down == sorted(down, reverse=True)
    heading[3].click()
    assert shown.execute_script(numbers) == sorted(down)
    told = [row.get_attribute("aria-sort") for row in shown.find_elements("css selector", "#costs th")]
    assert told == ["none", "none", "none", "ascending", "none", "none", "none"]
    heading[0].click()
    names = shown.execute_script("return [...document.querySelectorAll('#costs tbody td:first-child')].map(cell => cell.textContent)")
    assert names[0].startswith("aux1") and len(names) == 162
    foot = shown.find_element("css selector", "#costs tfoot").text.split()
    assert foot == ["all", "6,998,552", "1,582,671,872", "3,191,027,016", "9,910,216"]


@in_browser
def test_search_leads_backwards_too_and_the_memory_tells_under_the_pointer(shown: Any) -> None:
    from selenium.webdriver.common.action_chains import ActionChains
    from selenium.webdriver.common.keys import Keys

    search = shown.find_element("id", "search")
    search.send_keys("concat")
    total = int(shown.find_element("id", "found").text.split()[0])
    assert total == 9
    ActionChains(shown).key_down(Keys.SHIFT).send_keys(Keys.ENTER).key_up(Keys.SHIFT).perform()
    assert shown.find_element("id", "found").text == f"{total} of {total}"
    search.send_keys(Keys.ENTER)
    assert shown.find_element("id", "found").text == f"1 of {total}"
    assert labels(shown, "box.on") == ["concat"]
    shown.find_element("id", "tab-memory").click()
    chart = shown.find_element("css selector", "#memory svg")
    ActionChains(shown).move_to_element(chart).perform()
    told = shown.find_element("css selector", "#memory p:last-child").text
    name, size = told.split(": ")
    assert size.endswith("iB")
    chart.click()
    until(lambda: "tab=memory" in shown.current_url)
    rows = shown.execute_script("return [...document.querySelectorAll('#costs tr.on')].map(row => row.cells[0].textContent)")
    assert rows == [name]  # the table follows though it is not seen
    assert shown.find_element("css selector", "#memory .here").get_dom_attribute("d") != ""


@in_browser
def test_a_link_that_is_pasted_over_the_address_is_followed(shown: Any) -> None:
    url = shown.current_url.split("#")[0]
    shown.get(f"{url}#fold=&open=&tab=memory&color=1&trace=1")
    until(lambda: beside(shown) == "memory")  # the page hears of it a moment later
    assert "parameters a box" in notes(shown)
    assert shown.find_element("id", "trace").get_attribute("aria-pressed") == "true"
    shown.get(f"{url}#tab=costs")
    until(lambda: beside(shown) == "costs")
    assert not notes(shown)


@in_browser
def test_the_scale_stays_when_the_window_changes_and_the_heat_follows_the_system(shown: Any) -> None:
    from selenium.webdriver.support.ui import Select

    def scale() -> float:
        left, _, right, _ = shape(shown, "#canvas")
        return view(shown)[2] / (right - left)

    def height() -> float:
        _, top, _, bottom = shape(shown, "#canvas")
        return float(bottom - top)

    wide, tall = view(shown)[2], height()
    shown.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", {"width": 1400, "height": 600, "deviceScaleFactor": 1, "mobile": False})
    until(lambda: height() < tall and view(shown)[3] == pytest.approx(height() * scale(), abs=1))
    assert view(shown)[2] == wide
    shown.execute_cdp_cmd("Emulation.clearDeviceMetricsOverride", {})
    Select(shown.find_element("id", "color")).select_by_visible_text("MACs")
    fills = "return [...document.querySelectorAll('#canvas .box > rect, #legend span')].map(one => getComputedStyle(one).fill + getComputedStyle(one).backgroundColor)"
    light = shown.execute_script(fills)
    for scheme in ("dark", "light"):
        shown.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": [{"name": "prefers-color-scheme", "value": scheme}]})
        until(lambda scheme=scheme: (shown.execute_script(fills) == light) is (scheme == "light"))
    shown.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": []})


@in_browser
@pytest.mark.parametrize("size", [(390, 844), (844, 390)], ids=["upright", "on its side"])
def test_a_phone_shows_a_box_and_its_line_and_nothing_over_the_other(shown: Any, size: tuple[int, int]) -> None:
    from selenium.webdriver.support.ui import Select

    wide, high = size
    shown.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", {"width": wide, "height": high, "deviceScaleFactor": 2, "mobile": True})
    try:
        shown.refresh()
        Select(shown.find_element("id", "color")).select_by_visible_text("activations")
        shown.find_element("id", "trace").click()
        click(shown, "inception3b")
        assert shown.execute_script("return [document.documentElement.scrollWidth, document.documentElement.scrollHeight]") == list(size)
        line = next(row for row in shown.find_elements("css selector", "#source li.on") if row.text.strip().startswith("inception3b:")).rect
        panel = shape(shown, "#source")
        assert panel[1] <= line["y"] and line["y"] + line["height"] <= panel[3]
        legend, told, canvas = shape(shown, "#legend"), shape(shown, "#traced"), shape(shown, "#canvas")
        assert legend[2] <= told[0] or legend[3] <= told[1]
        for place in (legend, told):
            assert canvas[0] <= place[0] and place[2] <= canvas[2] and place[3] <= canvas[3]
        assert canvas[3] - canvas[1] > high * 0.4
        for tool in shown.find_elements("css selector", "#tools button, #tools select, #tools input"):
            assert tool.is_displayed() and 0 <= tool.rect["x"] and tool.rect["x"] + tool.rect["width"] <= wide
    finally:
        shown.execute_cdp_cmd("Emulation.clearDeviceMetricsOverride", {})
