"""What the page offers beside the picture: numbers of the reader's own, a trace, links to what is seen, and files of it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest

from archc.compiler.analysis.cost import BY, groups
from archc.compiler.draw import fold
from archc.compiler.draw.page.page import to_page
from archc.compiler.draw.values import NO_VALUES, Values, values_of
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


def page(folder: Path, text: str = FORK, values: Values = NO_VALUES) -> str:
    made = to_page(graph_of(text), values=values)
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
    assert faded(browser) == {"x", "first unit", "left unit", "conv 1x1"}
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
    until(lambda: f"view={(seen[3][0] + seen[3][2] / 2):.0f}"[:7] in browser.current_url)
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


VALUES = {
    "first": {"time": 2.0},
    "left.conv1": {"time": 1.25, "energy": 30.0},
    "right.conv1": {"energy": 12.5},
    "last": {"time": 7.0},
    "last.conv1": {"time": 4.0},
}


def test_a_number_of_a_part_counts_where_its_steps_have_none() -> None:
    graph = graph_of(FORK)
    values = values_of(graph, VALUES)
    boxes = {box.name: [node.index for node in box.nodes] for box in fold(graph).boxes()}
    times = sorted(number for nodes in boxes.values() if (number := values.column("time").within(nodes)))
    assert times == [1.25, 2.0, 4.0]
    assert values.column("energy").within(range(len(graph.nodes))) == 42.5


@pytest.mark.parametrize("name", ["resnet18", "googlenet", "swin_t", "siamese"])
def test_every_row_of_the_costs_may_have_a_number_which_is_that_of_what_it_covers(name: str) -> None:
    graph = check(name).graph
    for by in BY:
        rows: dict[str, list[int]] = {}
        for path, _, nodes in groups(graph.nodes, by):
            rows.setdefault(path, []).extend(node.index for node in nodes)
        for path, nodes in rows.items():
            column = values_of(graph, {path: {"time": 2.0}}).column("time")
            assert column.within(nodes) == 2.0, (by, path)
            assert column.within(nodes[1:]) == 0.0, (by, path)


@in_browser
def test_numbers_of_the_readers_own_stand_over_the_boxes_and_in_the_table(browser: Any, tmp_path: Path) -> None:
    from selenium.webdriver.support.ui import Select

    browser.get(page(tmp_path, values=values_of(graph_of(FORK), VALUES)))
    assert browser.find_elements("css selector", "#canvas .number") == []
    Select(browser.find_element("id", "color")).select_by_visible_text("energy")
    numbers = "return [...document.querySelectorAll('#canvas .number')].map(text => [text.closest('.box').getAttribute('aria-label').split(' ')[0], text.textContent])"
    assert browser.execute_script(numbers) == [["left", "30"], ["right", "12.5"]]
    assert "42.5 in all" in browser.find_element("id", "legend").text
    Select(browser.find_element("id", "color")).select_by_visible_text("time")
    assert dict(browser.execute_script(numbers)) == {"first": "2", "left": "1.25", "last": "4"}
    browser.find_element("id", "tab-costs").click()
    headings = browser.find_elements("css selector", "#costs th button")
    assert [heading.text for heading in headings][-2:] == ["time", "energy"]
    headings[-1].click()
    first = browser.find_element("css selector", "#costs tbody tr")
    assert first.text.startswith("left.conv1") and first.text.endswith("30")
    assert browser.get_log("browser") == []


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
    assert place["branch1 rectified"][1] < place["concat"][0] < place["inception3b inception"][0]
    assert browser.get_log("browser") == []


def test_values_of_a_profile(tmp_path: Path) -> None:
    from archc.compiler.draw.values import read_values

    graph = graph_of(FORK)
    events = [
        {"name": "left.conv1", "dur": 1500, "ph": "X"}, {"name": "left.conv1", "dur": 500, "ph": "X"}, {"name": "aten::conv2d", "dur": 9, "ph": "X"},
        {"name": "first", "ph": "i"},
    ]  # fmt: skip
    for number, told in enumerate(({"traceEvents": events}, [{"name": "/left.conv1_kernel_time", "dur": 2000}])):
        file = tmp_path / f"{number}.json"
        file.write_text(json.dumps(told), encoding="utf-8")
        values = read_values(graph, str(file))
        assert isinstance(values, Values)
        assert values.columns == ("time, ms",)
        assert values.column("time, ms").within(range(len(graph.nodes))) == 2.0


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("{", "is no JSON"), ("[1]", "no event bears"), ("{}", "holds no numbers"), ("3", "holds no numbers"), ('{"left.cnv1": 1}', "left.cnv1"),
        ('{"left.conv1": "fast"}', "is no number"), ('{"left.conv1": true}', "is no number"), ('{"left.conv1": {"time": null}}', "is no number"),
        ('{"left.conv1": NaN}', "is no number"), ('{"left.conv1": {}}', "holds no numbers"),
    ],
)  # fmt: skip
def test_a_file_of_numbers_that_is_wrong_is_refused_with_a_remedy(text: str, said: str, tmp_path: Path) -> None:
    from click.testing import CliRunner

    from archc.cli import group

    (tmp_path / "net.arch").write_text(FORK, encoding="utf-8")
    (tmp_path / "times.json").write_text(text, encoding="utf-8")
    done = CliRunner().invoke(
        group, ["draw", str(tmp_path / "net.arch"), "--values", str(tmp_path / "times.json"), "-o", str(tmp_path / "n.svg")]
    )
    assert done.exit_code == 2
    assert "F607" in done.output and said in done.output
    assert not (tmp_path / "n.svg").exists()


def test_numbers_stand_in_the_boxes_of_a_picture(tmp_path: Path) -> None:
    from click.testing import CliRunner

    from archc.cli import group

    (tmp_path / "net.arch").write_text(FORK, encoding="utf-8")
    (tmp_path / "times.json").write_text(json.dumps(VALUES), encoding="utf-8")
    arguments = ["draw", str(tmp_path / "net.arch"), "--values", str(tmp_path / "times.json"), "-o", str(tmp_path / "n.svg")]
    for more, total in (([], "time a box"), (["--color-by", "energy"], "energy a box"), (["--color-by", "macs"], "MACs a box")):
        done = CliRunner().invoke(group, [*arguments, *more])
        assert done.exit_code == 0, done.output
        root = ElementTree.fromstring((tmp_path / "n.svg").read_text(encoding="utf-8"))
        texts = ["".join(text.itertext()).strip() for text in root.iter("{http://www.w3.org/2000/svg}text")]
        assert total in texts
        assert ("30" if "energy" in total else "1.25") in texts
    wrong = CliRunner().invoke(group, [*arguments, "--color-by", "price"])
    assert wrong.exit_code == 2 and "energy" in wrong.output
