"""Two networks as one page: seen together, told apart, and walked through change by change."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from archc.cli import group
from tests.browser import browser, in_browser

from .pages import click, labels, places, shape, view

__all__ = ["browser"]

BEFORE = """
block unit(out, k = 3) { conv(out, k, bias = false) -> bn -> relu }
network before {
  input image[3, 32, 32]
  stage stem { first: unit(16) }
  stage body { a: unit(16) -> b: unit(16) -> old: relu -> c: unit(32) }
  stage head { global_avgpool -> flatten -> fc: linear(10) }
}
"""
AFTER = (
    BEFORE.replace("network before", "network after")
    .replace("old: relu", "squeeze: conv(16, 1)")
    .replace("b: unit(16)", "b: unit(16, 5)")
    .replace("fc: linear", "classifier: linear")
)


def made(folder: Path, *options: str) -> Path:
    """What `archc diff` writes of the two."""
    (folder / "before.arch").write_text(BEFORE, encoding="utf-8")
    (folder / "after.arch").write_text(AFTER, encoding="utf-8")
    page = folder / "diff.html"
    done = CliRunner().invoke(group, ["diff", str(folder / "before.arch"), str(folder / "after.arch"), "-o", str(page), *options])
    assert done.exit_code == 0, done.output
    return page


@pytest.fixture
def shown(browser: Any, tmp_path: Path) -> Iterator[Any]:
    browser.get(made(tmp_path).as_uri())
    yield browser
    assert browser.get_log("browser") == []


def chosen(browser: Any, canvas: str) -> list[str]:
    return [label.split(",")[0] for label in labels(browser, "box.on", canvas)]


def rows(browser: Any) -> list[str]:
    return [row.text for row in browser.find_elements("css selector", "#changes tbody tr:not(.group) td:first-child")]


@in_browser
def test_what_changes_cost_is_seen_beside_long_names(browser: Any, tmp_path: Path) -> None:
    page = tmp_path / "d.html"
    done = CliRunner().invoke(group, ["diff", "resnet18", "resnet50d", "-o", str(page)])
    assert done.exit_code == 0, done.output
    try:
        for across in (1400, 1000, 420):
            browser.execute_cdp_cmd(
                "Emulation.setDeviceMetricsOverride", {"width": across, "height": 900, "deviceScaleFactor": 1, "mobile": False}
            )
            browser.get(page.as_uri())
            wide, room = browser.execute_script(
                "const { scrollWidth, clientWidth } = document.querySelector('#changes'); return [scrollWidth, clientWidth]"
            )
            assert wide <= room, across
            legend = shape(browser, "#legend")
            assert legend[3] - legend[1] < 40, across  # one row: more would cover the pictures
    finally:
        browser.execute_cdp_cmd("Emulation.clearDeviceMetricsOverride", {})


@in_browser
def test_two_models_are_compared_as_git_compares_texts(shown: Any) -> None:
    """Two models, and where their architectures differ is spotted, part by part, with what was gone into only where something changed."""
    assert rows(shown) == [
        "~ body.b.conv1 (conv)", "\u2212 body.old (relu)", "+ body.squeeze (conv)", "~ body.c.conv1 (conv)", "= head.fc -> head.classifier (linear)",
    ]  # fmt: skip
    groups = [row.text for row in shown.find_elements("css selector", "#changes .group th")]
    assert groups == ["body: 4 changes", "head: 1 change"]
    one, two = labels(shown), labels(shown, canvas="canvas1")
    assert one[:3] == two[:3] == ["image, 3\u00d732\u00d732", "stem, unit", "a unit, 3x3, 16"]  # what is the same is shut
    assert [label for label in one if label not in two] == ["~ conv 3x3, 16", "\u2212 old: relu", "= linear 10"]
    assert [label for label in two if label not in one] == ["~ conv 5x5, 16", "+ squeeze: conv 1x1, 16", "= classifier: linear 10"]


@in_browser
def test_the_costs_of_each_change_and_of_a_part_stand_beside_it(shown: Any) -> None:
    def numbers(words: str) -> list[str]:
        (row,) = [row for row in shown.find_elements("css selector", "#changes tbody tr") if row.text.startswith(words)]
        return [cell.get_attribute("title") for cell in row.find_elements("css selector", "td.n")]

    assert numbers("~ body.b.conv1") == ["+4,096", "+4,194,304"]  # 16 x 16 x (25 - 9)
    assert numbers("+ body.squeeze") == ["+272", "+262,144"]
    assert numbers("body: 4 changes") == ["+4,368", "+4,456,448"]
    assert "parameters: 10,138 -> 14,506, +4,368 (+43.09%)" in shown.find_element("css selector", "#changes .totals").text


@in_browser
def test_both_pictures_are_moved_and_scaled_together(shown: Any) -> None:
    """Side by side, with one navigation for both; and each alone, where that is asked."""
    wheel = "document.getElementById(arguments[0]).dispatchEvent(new WheelEvent('wheel', {deltaY: arguments[1], bubbles: true, cancelable: true}))"
    shown.execute_script(wheel, "canvas", -400)
    one, two = view(shown), view(shown, "canvas1")
    assert one[2] == pytest.approx(two[2], rel=0.01)
    shown.find_element("id", "canvas").click()
    from selenium.webdriver.common.keys import Keys

    for _ in range(3):
        shown.find_element("id", "canvas").send_keys(Keys.ARROW_DOWN)
    assert view(shown)[1] > one[1] and view(shown, "canvas1")[1] > two[1]
    shown.find_element("id", "together").click()
    alone = view(shown, "canvas1")
    shown.execute_script(wheel, "canvas", 300)
    assert view(shown, "canvas1") == alone


@in_browser
def test_what_is_the_same_step_stands_level_and_is_chosen_in_both(shown: Any) -> None:
    """Steps of two graphs are known to be the same: by their paths, and where they were renamed by what they do."""
    click(shown, "~ conv 3x3, 16")
    assert (chosen(shown, "canvas"), chosen(shown, "canvas1")) == (["~ conv 3x3"], ["~ conv 5x5"])
    (renamed,) = [row for row in shown.find_elements("css selector", "#changes tbody tr") if "classifier" in row.text]
    renamed.click()
    assert (chosen(shown, "canvas"), chosen(shown, "canvas1")) == (["= linear 10"], ["= classifier: linear 10"])
    left, right = places(shown)["= linear 10"], places(shown, "canvas1")["= classifier: linear 10"]
    assert (left[1] + left[3]) / 2 == pytest.approx((right[1] + right[3]) / 2, abs=3)


@in_browser
def test_new_and_gone_steps_have_colours_of_their_own(shown: Any) -> None:
    colors = """
        const found = {};
        for (const box of document.querySelectorAll(".canvas .box")) {
          const sign = box.getAttribute("aria-label")[0];
          (found["+\u2212~".includes(sign) ? sign : ""] ??= new Set()).add(getComputedStyle(box.querySelector("rect, ellipse")).fill);
        }
        return Object.fromEntries(Object.entries(found).map(([sign, fills]) => [sign, [...fills]]));
    """
    found = shown.execute_script(colors)
    assert set(found) == {"", "+", "\u2212", "~"}
    for sign in "+\u2212~":
        assert len(found[sign]) == 1 and found[sign][0] not in found[""]
    assert "new" in shown.find_element("id", "legend").text


@in_browser
def test_the_keyboard_walks_through_the_changes_and_shows_each(shown: Any) -> None:
    body = shown.find_element("tag name", "body")
    total = len(rows(shown))
    for number in range(total):
        body.send_keys("n")
        assert shown.find_element("id", "place").text == f"{number + 1} of {total}"
        (row,) = shown.find_elements("css selector", "#changes tr.on")
        assert row.text.startswith(rows(shown)[number])
        seen = shown.execute_script(
            "return [...document.querySelectorAll('.canvas .box.on')].some(box => { const {top, bottom} = box.getBoundingClientRect();"
            "const frame = box.closest('svg').getBoundingClientRect(); return frame.top <= top && bottom <= frame.bottom; })"
        )
        assert seen, rows(shown)[number]
    body.send_keys("p")
    assert shown.find_element("id", "place").text == f"{total - 1} of {total}"


@in_browser
def test_a_box_opens_in_both_pictures(shown: Any) -> None:
    before = (len(labels(shown)), len(labels(shown, canvas="canvas1")))
    click(shown, "a unit")
    assert (len(labels(shown)), len(labels(shown, canvas="canvas1"))) == (before[0] + 2, before[1] + 2)
    click(shown, "a unit", "canvas1")
    assert (len(labels(shown)), len(labels(shown, canvas="canvas1"))) == before


@in_browser
def test_models_stand_horizontally_where_that_is_asked(browser: Any, tmp_path: Path) -> None:
    """A deep model of few branches uses the width of a screen; what is opened leads to the right, too."""
    browser.get(made(tmp_path, "--direction", "LR").as_uri())
    click(browser, "a unit")
    for canvas in ("canvas", "canvas1"):
        found = sorted(places(browser, canvas).values())
        assert len(found) == 12
        assert all(one[2] < two[0] for one, two in pairwise(found)), canvas
        assert max(place[3] for place in found) - min(place[1] for place in found) < 200
    assert browser.get_log("browser") == []


def test_networks_without_a_difference_say_so(tmp_path: Path) -> None:
    file = tmp_path / "before.arch"
    file.write_text(BEFORE, encoding="utf-8")
    done = CliRunner().invoke(group, ["diff", str(file), str(file), "-o", str(tmp_path / "same.html")])
    assert done.exit_code == 0
    text = (tmp_path / "same.html").read_text(encoding="utf-8")
    assert "no step differs; " in text
    assert '"changes":[]' in text


@in_browser
def test_the_legend_of_costs_tells_the_sum_of_each_network(shown: Any) -> None:
    from selenium.webdriver.support.ui import Select

    Select(shown.find_element("id", "color")).select_by_visible_text("parameters")
    assert "10.1K and 14.5K in all" in shown.find_element("id", "legend").text
    shown.find_element("id", "fold").click()
    numbers = "return [...document.querySelectorAll('.frame')].map(frame => frame.querySelector('.number')?.textContent)"
    assert shown.execute_script(numbers) == ["9.34K", "330", "13.7K", "330"], "the body and the head of each"


ROUNDS = "network n {{\n  input image[3, 16, 16]\n  stage body {{ repeat 3 as i {{ {step} -> bn }} }}\n}}\n"


@in_browser
def test_what_changes_alike_in_each_round_is_one_row(browser: Any, tmp_path: Path) -> None:
    """Of a hundred rounds the change of one is read, and walked to; the others are looked at where somebody asks."""
    for name, step in (("before", "conv(8, bias = false)"), ("after", "conv(8, 5, bias = false)")):
        (tmp_path / f"{name}.arch").write_text(ROUNDS.format(step=step), encoding="utf-8")
    page = tmp_path / "diff.html"
    assert CliRunner().invoke(group, ["diff", str(tmp_path / "before.arch"), str(tmp_path / "after.arch"), "-o", str(page)]).exit_code == 0
    browser.get(page.as_uri())

    def seen() -> list[str]:
        found = browser.find_elements("css selector", "#changes tbody tr:not(.group)")
        return [row.find_element("tag name", "td").text for row in found if row.is_displayed()]

    # The first convolution takes the image, and has other numbers.
    assert seen() == ["~ body.0.conv1 (conv)", "~ body.1.conv1 (conv) 1 alike"]
    body = browser.find_element("tag name", "body")
    body.send_keys("n")
    body.send_keys("n")
    assert browser.find_element("id", "place").text == "2 of 2"
    browser.find_element("css selector", ".alike").click()
    assert seen() == ["~ body.0.conv1 (conv)", "~ body.1.conv1 (conv) 1 alike", "~ body.2.conv1 (conv)"]
    assert browser.find_element("id", "place").text == "2 of 3"
    body.send_keys("n")
    assert browser.find_element("id", "place").text == "3 of 3"
    browser.find_element("css selector", ".alike").click()
    assert browser.find_element("id", "place").text == "2 of 2"
    assert browser.get_log("browser") == []
