"""Every control of the page of two networks that the page of one has not, or has for one picture only."""

from __future__ import annotations

import base64
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest
from click.testing import CliRunner

from archc.cli import group
from tests.browser import browser, in_browser, until

from .pages import beside, click, labels, notes, places, shape, view
from .test_compare_page import made, rows

__all__ = ["browser"]

BOTH = ("canvas", "canvas1")


@pytest.fixture
def shown(browser: Any, tmp_path: Path) -> Iterator[Any]:
    browser.get(made(tmp_path).as_uri())
    yield browser
    assert browser.get_log("browser") == []


def at(browser: Any) -> str:
    return str(browser.find_element("id", "place").text)


@in_browser
def test_buttons_walk_through_the_changes_and_round(shown: Any) -> None:
    following, previous = shown.find_element("id", "next"), shown.find_element("id", "previous")
    total = len(rows(shown))
    assert at(shown) == f"\u2013 of {total}"
    stands = shape(shown, "#next")
    for number in [*range(1, total + 1), 1]:
        following.click()
        assert at(shown) == f"{number} of {total}"
        assert [row.text.split("\n")[0] for row in shown.find_elements("css selector", "#changes tr.on td:first-child")] == [
            rows(shown)[number - 1]
        ]
    for number in (total, total - 1):
        previous.click()
        assert at(shown) == f"{number} of {total}"
    assert shape(shown, "#next") == stands  # the same spot, however often one clicks
    shown.refresh()
    shown.find_element("tag name", "body").send_keys("p")
    until(lambda: at(shown).endswith(f" of {total}"))


@in_browser
def test_the_list_is_walked_with_the_keyboard_alone(shown: Any) -> None:
    from selenium.webdriver.common.keys import Keys

    total = len(rows(shown))
    (first,) = shown.find_elements("css selector", "#changes tbody tr[tabindex='0']")
    shown.execute_script("arguments[0].focus()", first)
    for key, number in ((Keys.ENTER, 1), (Keys.ARROW_DOWN, 2), (Keys.ARROW_DOWN, 3), (Keys.ARROW_UP, 2), (Keys.SPACE, 2)):
        shown.switch_to.active_element.send_keys(key)
        assert at(shown) == f"{number} of {total}"
        assert shown.switch_to.active_element.text.startswith(rows(shown)[number - 1])
    assert len(shown.find_elements("css selector", "#changes tbody tr[tabindex='0']")) == 1


@in_browser
def test_both_pictures_fold_unfold_zoom_and_fit(shown: Any) -> None:
    def frames(canvas: str) -> set[str]:
        return {label.split(",")[0] for label in labels(shown, "heading[aria-expanded=false]", canvas)}

    shown.find_element("id", "fold").click()
    assert [frames(canvas) for canvas in BOTH] == [{"body", "head"}] * 2  # the stem, which is the same, is a box
    shown.find_element("id", "unfold").click()
    assert [frames(canvas) for canvas in BOTH] == [set()] * 2
    assert [len(labels(shown, canvas=canvas)) for canvas in BOTH] == [18, 18]
    shown.find_element("id", "fit").click()
    for canvas in BOTH:
        box, (x, y, width, height) = (
            shown.execute_script("return document.querySelector(`#${arguments[0]} > g`).getBBox()", canvas),
            view(shown, canvas),
        )
        assert x <= box["x"] and y <= box["y"] and box["x"] + box["width"] <= x + width and box["y"] + box["height"] <= y + height
    before = [view(shown, canvas)[2] for canvas in BOTH]
    shown.find_element("id", "in").click()
    assert [view(shown, canvas)[2] for canvas in BOTH] == pytest.approx([size / 1.3 for size in before], abs=0.3)


@in_browser
def test_colours_of_costs_are_those_of_both_and_a_search_finds_in_both(shown: Any) -> None:
    from selenium.webdriver.common.keys import Keys
    from selenium.webdriver.support.ui import Select

    choice = Select(shown.find_element("id", "color"))
    assert choice.first_selected_option.text == "change"
    shown.find_element("id", "unfold").click()
    choice.select_by_visible_text("parameters")
    assert notes(shown).endswith("10.1K and 14.5K in all")  # 10,138 and 14,506
    fill = "return [...document.querySelectorAll(`#${arguments[0]} .box`)].find(box => box.getAttribute('aria-label').includes(arguments[1])).querySelector('rect').style.fill"
    assert shown.execute_script(fill, "canvas", "3x3, 32") == shown.execute_script(fill, "canvas1", "3x3, 32") != ""
    choice.select_by_visible_text("change")
    assert notes(shown).split("\n")[0].startswith("+ new")
    search = shown.find_element("id", "search")
    search.send_keys("squeeze")
    assert shown.find_element("id", "found").text == "1 found"
    assert [labels(shown, "box.on", canvas) for canvas in BOTH] == [[], ["+ squeeze: conv 1x1, 16"]]
    search.send_keys(Keys.ESCAPE)
    search.send_keys("linear")
    assert [len(labels(shown, "box.on", canvas)) for canvas in BOTH] == [1, 1]


@in_browser
def test_a_search_opens_what_is_the_same_step_in_both(shown: Any) -> None:
    from selenium.webdriver.common.keys import Keys

    before = [len(labels(shown, canvas=canvas)) for canvas in BOTH]
    shown.find_element("id", "search").send_keys("body.a.conv1", Keys.ENTER)
    assert [len(labels(shown, canvas=canvas)) for canvas in BOTH] == [count + 2 for count in before]
    assert [len(labels(shown, "box.on", canvas)) for canvas in BOTH] == [1, 1]


@in_browser
def test_a_line_of_either_source_shows_its_boxes_and_a_trace_leads_through_both(shown: Any) -> None:
    shown.find_element("id", "tab-source").click()
    assert beside(shown) == "source"
    assert [heading.text for heading in shown.find_elements("css selector", "#source h2")] == ["before.arch", "after.arch"]
    shown.execute_script("[...document.querySelectorAll('#source li')].find(row => row.textContent.includes('squeeze:')).click()")
    assert labels(shown, "box.on", "canvas1") != [] == labels(shown, "box.on")
    click(shown, "~ conv 3x3, 16")
    marked = shown.execute_script("return [...document.querySelectorAll('#source li.on')].map(row => row.textContent.trim())")
    assert sum(row.startswith("stage body") for row in marked) == 2
    shown.find_element("id", "trace").click()
    faded = [{label.split(",")[0] for label in labels(shown, "box.off", canvas)} for canvas in BOTH]
    assert faded == [set(), set()]  # all of a chain leads to it or comes from it
    told = re.fullmatch(r"(\d+) and (\d+) before, (\d+) and (\d+) after", shown.find_element("id", "traced").text)
    assert told is not None and all(int(number) < 20 for number in told.groups()), "of each network, not of both together"


@in_browser
def test_a_link_shows_both_as_they_were_seen_also_apart(shown: Any) -> None:
    from selenium.webdriver.support.ui import Select

    click(shown, "a unit")
    shown.find_element("id", "together").click()
    shown.find_element("id", "canvas1").click()
    shown.find_element("id", "in").click()
    Select(shown.find_element("id", "color")).select_by_visible_text("MACs")
    click(shown, "~ conv 5x5, 16", "canvas1")
    seen = [view(shown, canvas) for canvas in BOTH]
    assert seen[0][2] != pytest.approx(seen[1][2], rel=0.1)
    chosen = [labels(shown, "box.on", canvas) for canvas in BOTH]
    assert all(chosen)
    until(lambda: "apart=1" in shown.current_url and "color=2" in shown.current_url and "view1=" in shown.current_url)
    until(lambda: "at=" in shown.current_url)
    link = shown.current_url
    shown.get("about:blank")
    shown.get(link)
    for canvas, place in zip(BOTH, seen, strict=True):
        assert view(shown, canvas) == pytest.approx(place, abs=1.5)
    assert [labels(shown, "box.on", canvas) for canvas in BOTH] == chosen
    assert not shown.find_element("id", "together").is_selected()
    shown.get(link.replace("apart=1", ""))
    until(lambda: shown.find_element("id", "together").is_selected())  # the page hears of it a moment later
    assert view(shown)[2] == pytest.approx(view(shown, "canvas1")[2], rel=0.01)


@in_browser
def test_both_are_saved_side_by_side(shown: Any, tmp_path: Path) -> None:
    folder = tmp_path / "saved"
    folder.mkdir()
    shown.execute_cdp_cmd("Browser.setDownloadBehavior", {"behavior": "allow", "downloadPath": str(folder)})
    fills = "return [...document.querySelectorAll(arguments[0])].map(one => [getComputedStyle(one).fill, ...Object.values(one.getBoundingClientRect().toJSON()).slice(2, 4)])"
    here = shown.execute_script(fills, ".canvas rect")
    one, two = (shape(shown, f"#{canvas}") for canvas in BOTH)
    for name in ("svg", "png"):
        shown.find_element("id", name).click()
        until(lambda name=name: [path for path in folder.iterdir() if path.suffix == f".{name}" and path.stat().st_size])
    assert {path.name for path in folder.iterdir()} == {"before_and_after.svg", "before_and_after.png"}
    png = (folder / "before_and_after.png").read_bytes()
    assert int.from_bytes(png[16:20], "big") == pytest.approx(2 * (two[2] - one[0]), abs=3)
    root = ElementTree.fromstring((folder / "before_and_after.svg").read_text(encoding="utf-8"))
    assert len(root.findall("{http://www.w3.org/2000/svg}svg")) == 2
    shown.get((folder / "before_and_after.svg").as_uri())
    alone = shown.execute_script(fills, "svg svg rect")
    assert [row[0] for row in alone] == [row[0] for row in here]
    assert [row[1:] for row in alone] == [pytest.approx(row[1:], abs=0.6) for row in here]


@in_browser
def test_pictures_of_unlike_size_stand_whole_on_paper_and_where_they_are_fitted(browser: Any, tmp_path: Path) -> None:
    page = tmp_path / "diff.html"
    done = CliRunner().invoke(group, ["diff", "resnet18", "vgg16", "-o", str(page)])
    assert done.exit_code == 0, done.output
    browser.get(page.as_uri())
    first = [view(browser, canvas) for canvas in BOTH]
    extent = (
        "window.seen = () => [...document.querySelectorAll('.canvas')].map(canvas => {"
        " const {x, y, width, height} = canvas.querySelector('g').getBBox();"
        " return [canvas.getAttribute('viewBox').split(' ').map(Number), [x, y, width, height]]; });"
    )
    browser.execute_script(extent + "addEventListener('beforeprint', () => { window.printed = window.seen(); })")

    def hold(rows: list[list[list[float]]]) -> None:
        assert len(rows) == 2
        for (x, y, width, height), box in rows:
            assert x <= box[0] and y <= box[1] and box[0] + box[2] <= x + width and box[1] + box[3] <= y + height

    browser.find_element("id", "unfold").click()
    browser.find_element("id", "fit").click()
    fitted = browser.execute_script("return window.seen()")
    hold(fitted)
    assert fitted[0][1][3] > 2 * fitted[1][1][3]
    assert fitted[0][0][2] == pytest.approx(fitted[1][0][2], rel=0.01)  # one scale
    browser.find_element("id", "in").click()
    seen = [view(browser, canvas) for canvas in BOTH]
    pdf = base64.b64decode(browser.execute_cdp_cmd("Page.printToPDF", {"printBackground": True})["data"])
    assert pdf.startswith(b"%PDF")
    hold(browser.execute_script("return window.printed"))
    assert [view(browser, canvas) for canvas in BOTH] == seen
    browser.get("about:blank")
    browser.get(page.as_uri())
    browser.find_element("id", "fit").click()
    browser.find_element("tag name", "body").send_keys("0")
    assert [view(browser, canvas) for canvas in BOTH] == [pytest.approx(place, abs=0.2) for place in first]
    assert browser.get_log("browser") == []


@in_browser
def test_a_phone_shows_both_and_the_change_that_is_meant(shown: Any) -> None:
    wide, high = 390, 844
    shown.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", {"width": wide, "height": high, "deviceScaleFactor": 2, "mobile": True})
    try:
        shown.refresh()
        for _ in range(4):
            shown.find_element("id", "next").click()
        assert shown.execute_script("return [document.documentElement.scrollWidth, document.documentElement.scrollHeight]") == [wide, high]
        panel, row = shape(shown, "#changes"), shape(shown, "#changes tr.on")
        assert panel[1] <= row[1] and row[3] <= panel[3]
        for canvas in BOTH:
            left, top, right, bottom = shape(shown, f"#{canvas}")
            assert right - left > 150 and bottom - top > 200
            assert labels(shown, "box.on", canvas)
    finally:
        shown.execute_cdp_cmd("Emulation.clearDeviceMetricsOverride", {})


@in_browser
def test_both_are_seen_from_their_beginnings(browser: Any, tmp_path: Path) -> None:
    """What is the same stands much further down in one of them."""
    page = tmp_path / "d.html"
    done = CliRunner().invoke(group, ["diff", "resnet18", "resnet50d", "-o", str(page)])
    assert done.exit_code == 0, done.output
    browser.get(page.as_uri())
    tops = [next(place for label, place in places(browser, canvas).items() if label.startswith("image"))[1] for canvas in BOTH]
    assert tops[0] == pytest.approx(tops[1], abs=3)


@in_browser
def test_the_tools_stand_in_one_row(shown: Any) -> None:
    tops = shown.execute_script(
        "return [...document.querySelectorAll('#tools button, #tools select, #tools input')].map(one => one.getBoundingClientRect().top)"
    )
    assert len(tops) >= 12 and max(tops) - min(tops) < 15


def dragged(browser: Any, by: float, canvas: str = "canvas") -> None:
    """The hand takes a picture and moves it, so many pixels up."""
    browser.execute_script(
        """
        const [id, by] = arguments, canvas = document.getElementById(id), {left, top, width, height} = canvas.getBoundingClientRect();
        const at = {pointerId: 7, bubbles: true, clientX: left + width / 2, clientY: top + height / 2}, then = {...at, clientY: at.clientY - by};
        canvas.dispatchEvent(new PointerEvent("pointerdown", at));
        for (const name of ["pointermove", "pointerup"]) window.dispatchEvent(new PointerEvent(name, then));
        """,
        canvas,
        by,
    )


@in_browser
def test_no_picture_is_dragged_out_of_sight(shown: Any) -> None:
    for way in (1, -1):
        for _ in range(60):
            dragged(shown, way * 120, "canvas1")
        for canvas in BOTH:
            _, top, _, bottom = shape(shown, f"#{canvas}")
            assert any(one < bottom and other > top for _, one, _, other in places(shown, canvas).values())


@in_browser
def test_between_changes_what_is_the_same_stays_side_by_side(browser: Any, tmp_path: Path) -> None:
    """Also where one step stands far from its counterpart: all that is beyond it was left alone, and drifted apart."""
    steps = " -> ".join(f"s{number}: conv({8 + number}, 3)" for number in range(14))
    for name, row in (
        ("before", f"far: conv(3, 1) -> {steps}"),
        ("after", f"{steps} -> far: conv(3, 1) -> more: conv(6, 5) -> end: conv(7, 5)"),
    ):
        text = f"network {name} {{ input image[3, 32, 32]\n{row} -> global_avgpool -> flatten -> linear(10) }}\n"
        (tmp_path / f"{name}.arch").write_text(text, encoding="utf-8")
    page = tmp_path / "diff.html"
    done = CliRunner().invoke(group, ["diff", str(tmp_path / "before.arch"), str(tmp_path / "after.arch"), "-o", str(page)])
    assert done.exit_code == 0, done.output
    browser.get(page.as_uri())
    for _ in range(12):
        dragged(browser, 60)
        one, two = (
            {label.split(":")[0].lstrip("~ "): (top + bottom) / 2 for label, (_, top, _, bottom) in places(browser, canvas).items()}
            for canvas in BOTH
        )
        _, top, _, bottom = shape(browser, "#canvas")
        middle = (top + bottom) / 2
        seen = [name for name in one if name.startswith("s") and abs(one[name] - middle) < 15]
        assert all(abs(one[name] - two[name]) < 12 for name in seen)
