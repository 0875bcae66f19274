"""The page, as text and in a browser: it folds, links both ways, searches, and asks nothing of the network."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from archc.compiler.draw import View
from archc.compiler.draw.page.page import to_page
from archc.compiler.draw.style import contrast
from archc.compiler.driver import check
from archc.compiler.graph.graph import Graph
from tests.browser import browser, in_browser, until
from tests.sample import sample

from .build import Builder, Conv, residual_network
from .pages import click, labels

__all__ = ["browser"]

DATA = re.compile(r'<script type="application/json" id="data">(.*?)</script>', re.DOTALL)
HOSTILE = "</script><script>window.broken=1</script><img src=x onerror=window.broken=1>"


def page(graph: Graph) -> str:
    made = to_page(graph)
    assert isinstance(made, str)
    return made


def data(text: str) -> Any:
    found = DATA.search(text)
    assert found is not None
    return json.loads(found.group(1))


@pytest.mark.parametrize("name", sample(["googlenet", "resnet152", "densenet169", "inception_resnet_v2", "unet"], 0, 3))
def test_the_page_is_small_and_stands_alone(name: str) -> None:
    text = page(check(name).graph)
    assert len(text.encode()) < 400_000
    told = {key: value for key, value in data(text).items() if key != "sources"}  # a source may name its paper
    addresses = set(re.findall(r"https?://[^\s\"'<)]+", DATA.sub("", text) + json.dumps(told)))
    assert addresses == {"http://www.w3.org/2000/svg"}
    assert "default-src 'none'" in text
    assert text == page(check(name).graph)


def test_every_operation_is_in_a_row_and_in_a_box() -> None:
    graph = check("resnet50").graph
    found = data(page(graph))
    assert len(found["nodes"]) == len(graph.nodes)
    rows = found["nodes"].values()
    assert sum(row[3] for row in rows) == 25_557_032
    assert sum(row[4] for row in rows) == 4_089_184_256
    covered = set()
    for box in found["layouts"][0]["boxes"]:
        for start, end in zip(box["x"][::2], box["x"][1::2], strict=True):
            covered.update(range(start, end + 1))
    assert covered == {node.index for node in graph.nodes}


def test_the_inside_of_a_repeat_stands_for_all_rounds() -> None:
    found = data(page(residual_network((4,))))
    (box,) = [box for box in found["layouts"][0]["boxes"] if box.get("c") == 3]
    inner = found["layouts"][box["i"]]
    assert len(inner["boxes"]) == 7
    assert all(sum(end - start + 1 for start, end in zip(row["x"][::2], row["x"][1::2], strict=True)) == 3 for row in inner["boxes"])
    assert {line["t"] for line in inner["lines"]} >= {"in0"}
    assert "out0" in {line["h"] for line in inner["lines"]}


def test_no_text_of_a_user_ends_the_script() -> None:
    build = Builder(HOSTILE, file=HOSTILE)
    build.input(3, 8, 8, label=HOSTILE)
    with build.inside("stage", HOSTILE, title=HOSTILE, doc=HOSTILE):
        build.place(Conv(4), label=HOSTILE)
    build.output()
    text = page(build.graph())
    assert text.count("<script") == 2
    assert text.count("</script>") == 2
    assert "<img" not in text
    assert HOSTILE in str(data(text)["nodes"])


# ---------------------------------------------------------------------------------------------- in a browser


@pytest.fixture
def shown(browser: Any, tmp_path: Path) -> Iterator[Any]:
    """The page of GoogLeNet, opened; at the end nothing may stand in the console."""
    file = tmp_path / "net.html"
    file.write_text(page(check("googlenet").graph), encoding="utf-8")
    browser.get(file.as_uri())
    yield browser
    assert browser.get_log("browser") == []
    requests = browser.execute_script("return performance.getEntriesByType('resource').map(entry => entry.name)")
    assert requests == []


def marked(browser: Any) -> list[str]:
    found = browser.execute_script("return [...document.querySelectorAll('#source li.on')].map(row => row.textContent.trim())")
    assert isinstance(found, list)
    return found


@in_browser
def test_a_click_opens_a_box_and_another_shuts_it(shown: Any) -> None:
    before = labels(shown)
    assert sum("inception" in label for label in before) == 9
    click(shown, "inception3a")
    assert len(labels(shown)) == len(before) + 7
    assert "concat" in labels(shown)
    click(shown, "inception3a")
    assert labels(shown) == before


@in_browser
def test_a_frame_folds_and_everything_folds_and_unfolds(shown: Any) -> None:
    click(shown, "inception4")
    assert not [label for label in labels(shown) if label.startswith("inception4")]
    click(shown, "inception4")
    assert len([label for label in labels(shown) if label.startswith("inception4")]) == 5
    shown.find_element("id", "fold").click()
    assert labels(shown) == ["image, 3×224×224", "output", "aux1", "aux2"]
    shown.find_element("id", "unfold").click()
    assert len(labels(shown)) == 162


@in_browser
def test_frames_within_frames_take_turns_in_two_shades(shown: Any) -> None:
    """Each is painted unlike the one around it, the outermost as in the picture: on a page that is still, and when everything is open."""

    def shades() -> list[tuple[str, str]]:
        found = shown.execute_script(
            """
            const frames = [...document.querySelectorAll('#canvas .frame > rect:first-child')].map(rect => {
              const {left, top, right, bottom} = rect.getBoundingClientRect();
              return {left, top, right, bottom, fill: getComputedStyle(rect).fill};
            });
            const around = (one, other) => other.left < one.left && one.right < other.right && other.top < one.top && one.bottom < other.bottom;
            return frames.map(one => {
              const [inner] = frames.filter(other => around(one, other)).sort((a, b) => (a.right - a.left) - (b.right - b.left));
              return [inner ? inner.fill : "", one.fill];
            });
            """
        )
        return [(outer, own) for outer, own in found]

    first, second = "rgb(247, 248, 250)", "rgb(255, 255, 255)"
    turns = {"": first, first: second, second: first}
    assert set(shades()) == {("", first)}
    shown.find_element("id", "unfold").click()
    opened = shades()
    assert {outer for outer, _ in opened} == set(turns)
    assert [row for row in opened if row[1] != turns[row[0]]] == []


@in_browser
def test_words_of_the_language_are_coloured_but_not_in_strings_or_comments(browser: Any, tmp_path: Path) -> None:
    text = 'network n {\n  input x[3, 8, 8]\n  require 1 == 1, "input for in"  # if network\n  "stage{1}": conv(4, 1)\n}\n'
    source = tmp_path / "n.arch"
    source.write_text(text, encoding="utf-8")
    file = tmp_path / "net.html"
    file.write_text(page(check(str(source)).graph), encoding="utf-8")
    browser.get(file.as_uri())
    find = "return [...document.querySelectorAll('#source .' + arguments[0])].map(span => span.textContent)"
    assert browser.execute_script(find, "word") == ["network", "input", "require"]
    assert browser.execute_script(find, "string") == ['"input for in"', '"stage', '"']
    assert browser.execute_script(find, "comment") == ["# if network"]
    lines = browser.execute_script("return [...document.querySelectorAll('#source li')].map(line => line.textContent)")
    assert lines == text.splitlines()
    assert browser.get_log("browser") == []


@in_browser
def test_a_box_shows_its_lines_and_a_line_its_boxes(shown: Any) -> None:
    click(shown, "inception5b")
    assert any(row.startswith("inception5b: module(384") for row in marked(shown))
    shown.execute_script("[...document.querySelectorAll('#source li')].find(row => row.textContent.includes('inception3b:')).click()")
    found = shown.execute_script("return [...document.querySelectorAll('#canvas .box.on')].map(box => box.getAttribute('aria-label'))")
    assert [label.split()[0] for label in found] == ["inception3b"]


@in_browser
def test_the_table_sorts_and_its_rows_show_their_boxes(shown: Any) -> None:
    shown.find_element("id", "tab-costs").click()
    headings = shown.find_elements("css selector", "#costs th button")
    assert [heading.text for heading in headings] == ["operation", "kind", "output", "parameters", "MACs", "FLOPs", "activations"]
    headings[4].click()
    first = shown.find_element("css selector", "#costs tbody tr")
    assert first.find_elements("tag name", "td")[4].text == "346,816,512"
    assert first.text.startswith("conv3.conv")
    first.click()
    assert shown.execute_script("return document.querySelector('#costs tr.on') === arguments[0]", first)
    opened = shown.execute_script("return [...document.querySelectorAll('#canvas .box.on')].map(box => box.getAttribute('aria-label'))")
    assert opened == ["conv 3x3, 192"]


@in_browser
def test_search_finds_and_enter_leads_there(shown: Any) -> None:
    from selenium.webdriver.common.keys import Keys

    search = shown.find_element("id", "search")
    search.send_keys("5x5, 32")
    assert shown.find_element("id", "found").text == "1 found"
    search.send_keys(Keys.ENTER)
    assert shown.find_element("id", "found").text == "1 of 1"
    assert "conv 5x5, 32" in labels(shown)
    search.send_keys(Keys.ESCAPE)
    assert marked(shown) == []


@in_browser
def test_the_keyboard_alone_is_enough(shown: Any) -> None:
    from selenium.webdriver.common.keys import Keys

    body = shown.find_element("tag name", "body")
    body.send_keys("/")
    assert shown.switch_to.active_element.get_attribute("id") == "search"
    shown.execute_script(
        "[...document.querySelectorAll('#canvas .box')].find(box => box.getAttribute('aria-label').startsWith('inception3a')).focus()"
    )
    before = len(labels(shown))
    shown.switch_to.active_element.send_keys(Keys.ENTER)
    assert len(labels(shown)) > before
    assert shown.switch_to.active_element.get_attribute("aria-label").startswith("inception3a")
    shown.switch_to.active_element.send_keys(Keys.ENTER)
    assert len(labels(shown)) == before
    view = shown.find_element("id", "canvas").get_dom_attribute("viewBox")
    shown.switch_to.active_element.send_keys("+")
    assert shown.find_element("id", "canvas").get_dom_attribute("viewBox") != view


@in_browser
def test_the_page_follows_the_system_and_prints_whole(shown: Any) -> None:
    def colors() -> tuple[str, str]:
        found = shown.execute_script(
            "const page = getComputedStyle(document.body).backgroundColor;"
            "const box = [...document.querySelectorAll('.box.k-pool rect')][0]; return [page, getComputedStyle(box).fill]"
        )
        return tuple(found)

    light = colors()
    shown.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": [{"name": "prefers-color-scheme", "value": "dark"}]})
    assert colors() == ("rgb(20, 24, 29)", "rgb(106, 53, 50)")
    assert colors() != light
    shown.execute_cdp_cmd("Emulation.setEmulatedMedia", {"media": "print", "features": []})
    assert not shown.find_element("id", "tools").is_displayed()
    assert shown.find_element("id", "costs").is_displayed()
    shown.execute_cdp_cmd("Emulation.setEmulatedMedia", {"media": "", "features": []})


@in_browser
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_a_marked_line_can_be_read(shown: Any, scheme: str) -> None:
    shown.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": [{"name": "prefers-color-scheme", "value": scheme}]})
    shown.execute_script("for (const line of document.querySelectorAll('#source li')) line.classList.add('on')")
    mark, *texts = shown.execute_script(
        """
        const color = element => getComputedStyle(element).color;
        const line = document.querySelector('#source li.on');
        const spans = ['word', 'string', 'comment'].map(kind => document.querySelector('#source .' + kind));
        return [getComputedStyle(line).backgroundColor, color(line), ...spans.map(color), getComputedStyle(line, '::before').color];
        """
    )
    shown.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": []})
    assert [text for text in texts if contrast(hexadecimal(text), hexadecimal(mark)) < 4.5] == []


def hexadecimal(color: str) -> str:
    """`rgb(255, 0, 0)` as `#ff0000`."""
    return "#" + "".join(f"{int(value):02x}" for value in re.findall(r"\d+", color))


@in_browser
def test_a_skip_begins_in_the_frame_of_its_block_and_folds_with_it(browser: Any, tmp_path: Path) -> None:
    file = tmp_path / "net.html"
    made = to_page(check("resnet18").graph, View(open=("basic",)))
    assert isinstance(made, str)
    file.write_text(made, encoding="utf-8")
    browser.get(file.as_uri())
    skips = """
        const frame = [...document.querySelectorAll('#canvas .frame')].find(one => one.textContent.includes('basic ×2'));
        const {y, height} = frame.querySelector(':scope > rect').getBBox();
        const starts = [...document.querySelectorAll('#canvas .line.skip')].map(line => line.getPointAtLength(0).y);
        return starts.filter(start => y <= start && start <= y + height).length;
    """
    assert browser.execute_script(skips) == 1
    lines = len(browser.find_elements("css selector", "#canvas .line"))
    click(browser, "basic ×2")
    assert browser.execute_script(skips) == 0
    assert len(browser.find_elements("css selector", "#canvas .line")) == lines - 4  # conv, +, relu, and the skip
    assert browser.get_log("browser") == []


@in_browser
def test_heat_and_memory(shown: Any) -> None:
    from selenium.webdriver.support.ui import Select

    Select(shown.find_element("id", "color")).select_by_visible_text("MACs")
    legend = shown.find_element("id", "legend")
    assert legend.is_displayed()
    assert "1.58G in all" in legend.text
    shown.find_element("id", "tab-memory").click()
    assert "MiB" in shown.find_element("id", "memory").text
    shown.find_element("css selector", "#memory svg").click()
    assert shown.find_elements("css selector", "#canvas .on")


@in_browser
def test_another_colour_draws_no_box_anew_and_is_what_a_fresh_page_shows(shown: Any) -> None:
    from selenium.webdriver.support.ui import Select

    boxes = "return [...document.querySelectorAll('#canvas .box')].map(box => box.outerHTML)"
    kept = "return [...document.querySelectorAll('#canvas .box')].every(box => box.isSeen)"
    choice = Select(shown.find_element("id", "color"))
    first = shown.execute_script(boxes)
    shown.execute_script("for (const box of document.querySelectorAll('#canvas .box')) box.isSeen = true")
    found = []
    for name in ("MACs", "parameters", "MACs"):
        choice.select_by_visible_text(name)
        assert shown.execute_script(kept)
        found.append(shown.execute_script(boxes))
    assert found[0] == found[2] != found[1]
    for press in ("fold", "unfold"):  # what was gone is drawn anew
        shown.find_element("id", press).click()
    assert not shown.execute_script(kept)
    colors = (
        "return [...document.querySelectorAll('#canvas .box')].map(box => [box.dataset.key, box.querySelector('rect, ellipse').style.fill])"
    )
    drawn = dict(shown.execute_script(colors))
    choice.select_by_visible_text("parameters")
    choice.select_by_visible_text("MACs")
    assert dict(shown.execute_script(colors)) == drawn
    choice.select_by_index(0)
    assert all(fill == "var(--f)" for fill in dict(shown.execute_script(colors)).values()) and first


@in_browser
def test_boxes_that_were_moved_stand_where_a_fresh_page_draws_them(shown: Any) -> None:
    """What is drawn again is only moved, and made anew where it was gone; a link draws the same from nothing."""
    everything = (
        "return [...document.querySelectorAll('#canvas path, #canvas text, #canvas rect, #canvas ellipse')].map(one => {"
        " const {left, top, width, height} = one.getBoundingClientRect();"
        " return [one.tagName, one.textContent, getComputedStyle(one).fill, ...[left, top, width, height].map(Math.round)].join(' '); })"
    )
    boxes = "for (const box of document.querySelectorAll('#canvas .box')) box.isSeen = true"
    shown.execute_script(boxes)
    from selenium.webdriver.support.ui import Select

    for label in ("inception3a", "inception4", "inception3a", "inception4", "inception4b", "conv3", "inception3b", "inception4d"):
        click(shown, label)
    shown.find_element("id", "fit").click()
    Select(shown.find_element("id", "color")).select_by_visible_text("MACs")
    click(shown, "inception4d")
    known = shown.execute_script("return [...document.querySelectorAll('#canvas .box')].filter(box => box.isSeen).length")
    assert 0 < known < len(labels(shown))
    shown.find_element("id", "tab-costs").click()
    shown.find_element("id", "fit").click()
    moved = shown.execute_script(everything)
    until(lambda: "tab=costs" in shown.current_url)  # it tells of all that was done before
    link = shown.current_url
    shown.get("about:blank")
    shown.get(link)
    shown.find_element("id", "fit").click()
    fresh = shown.execute_script(everything)
    assert sorted(fresh) == sorted(moved)


@in_browser
def test_hostile_names_run_nothing(browser: Any, tmp_path: Path) -> None:
    build = Builder(HOSTILE, file=HOSTILE)
    build.input(3, 8, 8, label=HOSTILE)
    with build.inside("stage", HOSTILE, title=HOSTILE, doc=HOSTILE):
        build.place(Conv(4), label=HOSTILE)
    build.output()
    file = tmp_path / "net.html"
    file.write_text(page(build.graph()), encoding="utf-8")
    browser.get(file.as_uri())
    assert browser.execute_script("return window.broken") is None
    assert len(labels(browser)) == 3
    assert browser.get_log("browser") == []


LAST_PIECES = """
return [...document.querySelectorAll('#canvas path.line')].map(path => {
  const [x0, y0, x1, y1] = path.getAttribute('d').match(/-?[\\d.]+/g).slice(-4).map(Number);
  return [x1 - x0, y1 - y0];
});
"""


@in_browser
def test_arrows_to_folded_frames_point_at_them(browser: Any, tmp_path: Path) -> None:
    """The last piece of a line says where its arrow points: one of no length would point anywhere."""
    made = to_page(check("resnet50").graph)
    assert isinstance(made, str)
    (tmp_path / "net.html").write_text(made, encoding="utf-8")
    browser.get((tmp_path / "net.html").as_uri())
    browser.find_element("id", "fold").click()
    pieces = browser.execute_script(LAST_PIECES)
    assert len(pieces) == 7
    assert [(x, y) for x, y in pieces if y < 1 or abs(x) > y / 2] == []
