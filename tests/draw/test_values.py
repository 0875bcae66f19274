"""Numbers of the reader's own: in the boxes, at the headings of frames, in colours and sums, of a picture as of a page."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest
from click.testing import CliRunner

from archc.cli import group
from archc.compiler.analysis.cost import BY, groups
from archc.compiler.draw import Options, draw_text, fold
from archc.compiler.draw.page.page import to_page
from archc.compiler.draw.values import Values, read_values, values_of
from archc.compiler.driver import check
from archc.compiler.graph.graph import Graph
from tests.browser import browser, in_browser
from tests.support import graph_of

from .pages import click
from .test_page_tools import FORK

__all__ = ["browser"]


VALUES = {
    "first": {"time": 2.0},
    "left.conv1": {"time": 1.25, "energy": 30.0},
    "right.conv1": {"energy": 12.5},
    "last": {"time": 7.0},
    "last.conv1": {"time": 4.0},
}


STAGED = """
block unit(out) { conv(out, 3, bias = false) -> bn -> relu }
network staged {
  input x[8, 16, 16]
  stage stem { first: unit(8) -> maxpool(2) }
  tower: { unit(8) repeat 2 { add { | unit(8) -> unit(8) | skip } } }
  stage head { alone: { global_avgpool -> flatten } -> linear(10) }
}
"""
BY_STAGE = {"stem": 1.0, "tower": 3.5, "tower.unit1.conv1": 1.25, "head": 0.5}
NUMBERS = (
    "return [...document.querySelectorAll('#canvas .number')].map(text => [text.closest('.box, .frame').querySelector('.name').textContent,"
    " text.textContent])"
)


def page(folder: Path, graph: Graph, rows: dict[str, dict[str, float]]) -> str:
    made = to_page(graph, values=values_of(graph, rows))
    assert isinstance(made, str)
    (folder / "net.html").write_text(made, encoding="utf-8")
    return (folder / "net.html").as_uri()


def test_a_number_of_a_part_is_that_of_all_that_is_in_it() -> None:
    graph = graph_of(FORK)
    values = values_of(graph, VALUES)
    boxes = {box.name: [node.index for node in box.nodes] for box in fold(graph).boxes()}
    times = sorted(number for nodes in boxes.values() if (number := values.column("time").within(nodes)))
    assert times == [1.25, 2.0, 7.0]
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

    browser.get(page(tmp_path, graph_of(FORK), VALUES))
    chosen = Select(browser.find_element("id", "color"))
    assert chosen.first_selected_option.text == "time", "what was asked for is seen at once"
    chosen.select_by_visible_text("kind")
    assert browser.find_elements("css selector", "#canvas .number") == []
    chosen.select_by_visible_text("energy")
    numbers = "return [...document.querySelectorAll('#canvas .number')].map(text => [text.closest('.box').getAttribute('aria-label').split(' ')[0], text.textContent])"
    assert browser.execute_script(numbers) == [["left", "30"], ["right", "12.5"]]
    assert "42.5 in all" in browser.find_element("id", "legend").text
    Select(browser.find_element("id", "color")).select_by_visible_text("time")
    assert dict(browser.execute_script(numbers)) == {"first": "2", "left": "1.25", "last": "7"}
    browser.find_element("id", "tab-costs").click()
    headings = browser.find_elements("css selector", "#costs th button")
    assert [heading.text for heading in headings][-2:] == ["time", "energy"]
    headings[-1].click()
    first = browser.find_element("css selector", "#costs tbody tr")
    assert first.text.startswith("left.conv1") and first.text.endswith("30")
    assert browser.get_log("browser") == []


@in_browser
@pytest.mark.parametrize(
    ("color", "shown"), [("macs", "MACs"), ("activations", "activations"), ("energy", "energy"), (None, "time"), ("kind", "kind")]
)
def test_a_page_opens_with_the_colours_that_were_asked_for(browser: Any, tmp_path: Path, color: str | None, shown: str) -> None:
    from selenium.webdriver.support.ui import Select

    graph = graph_of(FORK)
    drawn = draw_text(graph, "html", Options(color_by=color, measured=values_of(graph, VALUES)))
    assert drawn.data is not None and [row.code for row in drawn.diagnostics] == []
    (tmp_path / "page.html").write_bytes(drawn.data)
    browser.get((tmp_path / "page.html").as_uri())
    assert Select(browser.find_element("id", "color")).first_selected_option.text == shown
    assert browser.get_log("browser") == []


def test_values_of_a_profile(tmp_path: Path) -> None:
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
        ('{"left.conv1": "fast"}', "is no number"), ('{"left.conv1": true}', "is no number"), ('{"left.conv1": {"time": null}}', "null for `time` of `left.conv1`, which is no number"),
        ('{"left.conv1": NaN}', "is no finite number"), ('{"left.conv1": 1e999}', "is no finite number"), ('{"left": -4}', "-4 for `left`, which is less than 0"),
        ('{"left": 1e308, "right": 1e308}', "whose sum is larger"), ('{"left": 1' + "0" * 400 + "}", "larger than any number"),
        ('[{"name": "left.conv1", "dur": -5}]', "whose time"), ('[{"name": "left.conv1", "dur": NaN}]', "whose time"),
        ('{"left": {"kind": 1}}', "called `kind`"), ('{"left": {"MACs": 1}}', "called `MACs`"), ("[" * 100_000, "is no JSON"), ('{"left.conv1": {}}', "holds no numbers"),
    ],
)  # fmt: skip
def test_a_file_of_numbers_that_is_wrong_is_refused_with_a_remedy(text: str, said: str, tmp_path: Path) -> None:
    (tmp_path / "net.arch").write_text(FORK, encoding="utf-8")
    (tmp_path / "times.json").write_text(text, encoding="utf-8")
    done = CliRunner().invoke(
        group, ["draw", str(tmp_path / "net.arch"), "--values", str(tmp_path / "times.json"), "-o", str(tmp_path / "n.svg")]
    )
    assert done.exit_code == 2
    assert "F607" in done.output and said in done.output
    assert not (tmp_path / "n.svg").exists()


def test_numbers_stand_in_the_boxes_of_a_picture(tmp_path: Path) -> None:
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


def staged(folder: Path, values: dict[str, float], *options: str) -> str:
    (folder / "net.arch").write_text(STAGED, encoding="utf-8")
    (folder / "v.json").write_text(json.dumps(values), encoding="utf-8")
    form = options[options.index("--format") + 1] if "--format" in options else "svg"
    file = folder / f"net.{form}"
    done = CliRunner().invoke(group, ["draw", str(folder / "net.arch"), "--values", str(folder / "v.json"), "-o", str(file), *options])
    assert done.exit_code == 0, done.output
    return file.read_text(encoding="utf-8")


def texts(svg: str) -> list[str]:
    return ["".join(text.itertext()).strip() for text in ElementTree.fromstring(svg).iter("{http://www.w3.org/2000/svg}text")]


@pytest.mark.parametrize("level", ["stage", "block", "op"])
def test_numbers_by_stage_stand_in_the_picture_and_are_its_total_at_every_level(level: str, tmp_path: Path) -> None:
    found = texts(staged(tmp_path, BY_STAGE, "--level", level))
    assert "5 in all" in found
    assert {"1", "3.5", "0.5"} <= set(found)
    assert ("1.25" in found) == (level != "stage")


def test_a_frame_has_the_colour_of_what_its_boxes_do_not_tell() -> None:
    from archc.compiler.draw.dot import Writer
    from archc.compiler.draw.fills import costs
    from archc.compiler.draw.look import Look
    from archc.compiler.draw.numbered import numbered

    graph = graph_of(STAGED)
    column = values_of(graph, {path: {"time": number} for path, number in BY_STAGE.items()}).column("time")
    picture = numbered(fold(graph), column)
    look = Look(color_by="time", column=column)
    told = {frame.scope.path[-1]: frame.number for frame in picture.frames() if frame.number}
    assert told == {"stem": "1", "tower": "3.5", "head": "0.5"}
    found = costs(picture, look)
    assert sum(found.values()) == 5.0
    tower = next(frame for frame in picture.frames() if frame.number == "3.5")
    assert found[tower.name] == 2.25 == max(found.values())
    assert Writer(graph, picture, look).heat_of(tower) == look.theme.heat[-1]
    assert Writer(graph, picture, Look(column=column)).heat_of(tower) is None


@pytest.mark.parametrize("form", ["tex", "drawio", "dot"])
def test_numbers_of_frames_stand_in_every_format(form: str, tmp_path: Path) -> None:
    text = staged(tmp_path, BY_STAGE, "--format", form)
    assert "3.5" in text and "1.25" in text


def test_numbers_of_rounds_stand_at_the_repeat(tmp_path: Path) -> None:
    found = texts(staged(tmp_path, {"tower.0": 1.0, "tower.1": 2.0}))
    assert found.count("3") == 2 and "3 in all" in found, "at its frame, and at the end of the scale"


def test_a_profile_of_every_module_is_counted_once() -> None:
    graph = graph_of(STAGED)
    rows = {"tower": 10.0, "tower.unit1": 4.0, "tower.unit1.conv1": 3.0, "head.alone": 2.0, "head.alone.global_avgpool1": 1.5}
    column = values_of(graph, {path: {"time": number} for path, number in rows.items()}).column("time")
    assert column.within(range(len(graph.nodes))) == 12.0
    ((part, _), *_) = column.parts
    assert column.beyond(part, [frozenset(nodes) for nodes, number in column.parts if number == 4.0]) == 6.0
    one = {"head.alone": {"time": 2.0}, "head.alone.flatten1": {"time": 0.5}}
    graph = graph_of(STAGED.replace("alone: { global_avgpool -> flatten }", "global_avgpool -> alone: { flatten }"))
    assert values_of(graph, one).column("time").within(range(len(graph.nodes))) == 2.0, "a part of one step is that step"


@in_browser
def test_numbers_by_stage_stand_on_the_page_open_and_folded(browser: Any, tmp_path: Path) -> None:
    from selenium.webdriver.support.ui import Select

    graph = graph_of(STAGED)
    browser.get(page(tmp_path, graph, {path: {"time": number} for path, number in BY_STAGE.items()}))
    Select(browser.find_element("id", "color")).select_by_visible_text("time")
    told = {"stem": "1", "tower": "3.5", "head": "0.5"}
    found = dict(browser.execute_script(NUMBERS))
    assert found.pop("unit") == "1.25"
    assert found == told
    assert "5 in all" in browser.find_element("id", "legend").text
    browser.find_element("id", "fold").click()
    assert dict(browser.execute_script(NUMBERS)) == told
    assert "5 in all" in browser.find_element("id", "legend").text
    browser.find_element("id", "tab-costs").click()
    assert browser.find_element("css selector", "#costs tfoot").text.endswith("5")
    assert browser.get_log("browser") == []


FILLS = (
    "return [...document.querySelectorAll('#canvas .frame')].map(frame => [frame.querySelector('.name').textContent,"
    " getComputedStyle(frame.querySelector('rect')).fill, frame.querySelector('.number')?.textContent ?? ''])"
)


@in_browser
def test_folded_frames_have_the_colour_and_the_number_of_all_that_is_in_them(browser: Any, tmp_path: Path) -> None:
    from selenium.webdriver.support.ui import Select

    graph = check("resnet50").graph
    browser.get(page(tmp_path, graph, {}))
    choice = Select(browser.find_element("id", "color"))
    choice.select_by_visible_text("MACs")
    before = {name: fill for name, fill, number in browser.execute_script(FILLS) if not number}
    assert len(before) == 6
    browser.find_element("id", "fold").click()
    folded = browser.execute_script(FILLS)
    assert {number for *_, number in folded} == {"118M", "668M", "1.03G", "1.46G", "809M", "2.05M"}
    assert len({fill for _, fill, _ in folded}) == 6
    legend = browser.find_element("id", "legend").text
    assert "1.46G" in legend and "4.09G in all" in legend
    choice.select_by_visible_text("kind")
    assert {name: fill for name, fill, _ in browser.execute_script(FILLS)} == before
    choice.select_by_visible_text("MACs")
    click(browser, "layer3")
    assert "1.46G" not in browser.find_element("id", "legend").text, "the dearest that is seen is the end of the scale"
    browser.find_element("id", "unfold").click()
    assert browser.get_log("browser") == []
