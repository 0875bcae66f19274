"""The answers to a text that is being written: the same as the commands', part by part."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest

import archc
from archc.cli.draw import COLORS, DIRECTIONS, LEVELS, THEMES
from archc.compiler import driver
from archc.live.answers import FORMATS, PANELS, Wanted, Writing
from archc.live.browser import library
from archc.live.page import document
from archc.reporting.terminal import to_data

IDS = ("look-level", "look-direction", "look-color_by", "look-theme", "file-form")

NET = """\
block pair(width) { conv(width, 3) -> relu }

network small(width = 8) {
  input image[3, 16, 16]
  repeat 2 { pair(width) }
  stage head {
    global_avgpool -> flatten -> linear(10)
  }
}

network large = small(width = 32)
"""


def parts(text: str, file: str = "n.arch", **wanted: object) -> dict[str, Any]:
    found = list(Writing(file).answers(text, Wanted.of(wanted)))
    assert json.loads(json.dumps(found)) is not None
    return {str(part["part"]): part for part in found}


def test_a_sound_text_gives_its_costs_and_its_picture() -> None:
    found = parts(NET)
    assert list(found) == ["check", "costs", "picture"]
    assert found["check"]["networks"] == ["small", "large"]
    assert found["check"]["network"] == "small"
    assert found["check"]["diagnostics"] == []
    network = archc.Network.from_text(NET, "small")
    assert f"{network.cost().total.parameters:,} parameters" in found["costs"]["totals"]
    assert found["costs"]["total"][3] == f"{network.cost().total.parameters:,}"
    assert found["picture"]["svg"].startswith("<svg")


def test_other_values_of_parameters_are_those_of_a_command_with_set() -> None:
    found = parts(NET, settings={"width": 16}, panel="python")
    assert found["check"]["parameters"] == [["width", 8]]  # as the text has it
    total = archc.Network.from_text(NET, "small", width=16).cost().total
    assert f"{total.parameters:,} parameters" in found["costs"]["totals"] and "3x3, 16" in found["picture"]["svg"]
    assert found["python"]["text"] != parts(NET, panel="python")["python"]["text"]
    assert parts(NET, settings={"gone": 3, "width": [1]}) == parts(NET)


def test_a_value_that_a_network_cannot_have_is_told_as_an_error() -> None:
    found = parts(NET, settings={"width": 0})
    assert list(found) == ["check"] and found["check"]["network"] is None
    assert found["check"]["parameters"] == [["width", 8]]
    assert [row["severity"] for row in found["check"]["diagnostics"]] == ["error"]


def test_another_network_of_the_file_is_shown_when_it_is_wanted() -> None:
    assert parts(NET, network="large")["check"]["network"] == "large"
    assert parts(NET, network="gone")["check"]["network"] == "small"
    assert parts(NET, network="large")["costs"]["totals"] != parts(NET)["costs"]["totals"]


def test_errors_are_those_of_check_with_the_text_that_the_fixes_make(tmp_path: Path) -> None:
    text = NET.replace("relu }", "rellu }").replace("linear(10)", "linear(10, biass = false)")
    file = tmp_path / "n.arch"
    file.write_text(text, encoding="utf-8")
    found = parts(text, str(file))
    assert list(found) == ["check"]
    rows = driver.in_order(row for checked in driver.check_all(file) for row in checked.diagnostics)
    assert found["check"]["diagnostics"] == to_data(rows)["diagnostics"]
    assert found["check"]["network"] is None
    assert list(parts(found["check"]["fixed"], str(file))) == ["check", "costs", "picture"]


def test_the_text_that_is_written_counts_and_not_the_saved_one(tmp_path: Path) -> None:
    file = tmp_path / "n.arch"
    file.write_text("network n {", encoding="utf-8")
    assert parts(NET, str(file))["check"]["diagnostics"] == []


def test_sizes_and_source_are_worked_out_where_they_are_looked_at() -> None:
    assert list(parts(NET, panel="sizes")) == ["check", "costs", "sizes", "picture"]
    assert parts(NET, panel="python")["python"]["text"] == archc.Network.from_text(NET.partition("network large")[0], "n.arch").to_python()


def test_the_page_has_the_words_of_draw_and_a_tab_for_each_panel() -> None:
    text = document("title", "watch", "watch.js")
    assert tuple(re.findall(r'aria-controls="(\w+)"', text)) == PANELS
    offered = {name: re.findall(r"<option[^>]*>([^<]+)", text.partition(f'id="{name}"')[2].partition("</select>")[0]) for name in IDS}
    assert offered["look-level"] == list(LEVELS)
    assert offered["look-direction"][1:] == list(DIRECTIONS)
    assert offered["look-theme"][1:] == list(THEMES)
    assert set(COLORS) - set(offered["look-color_by"]) == {"time"}  # which takes seconds, and PyTorch
    assert offered["file-form"] == list(FORMATS)


@pytest.mark.parametrize("file", ["n.arch", "resnet18"])
def test_sizes_are_those_of_the_text(file: str) -> None:
    text = "network resnet18 {\n  input x[3, 16, 16]\n  require x.height >= 8\n  conv(4, 3, stride = 2)\n  global_avgpool -> flatten -> linear(2)\n}\n"
    rows = parts(text, file, panel="sizes")["sizes"]["rows"]
    assert rows[0][:2] == ["x", "height"]
    assert "every size from 8" in rows[0]


def test_the_picture_looks_as_it_is_asked_to() -> None:
    plain, dark = parts(NET)["picture"]["svg"], parts(NET, look={"theme": "dark"})["picture"]["svg"]
    assert plain != dark
    shipped = json.loads(library("resnet18"))["text"]
    inset, alone = (parts(shipped, "resnet18", look={"insets": wanted})["picture"]["svg"] for wanted in (True, False))
    assert inset.count("<rect") > alone.count("<rect")
    finer = parts(NET, look={"level": "op", "fold": ["head"]})["picture"]["svg"]
    assert (finer.count(">head<"), plain.count(">flatten<"), finer.count(">flatten<")) == (1, 1, 0)
    assert [row["code"] for row in parts(NET, look={"open": ["pear"]})["picture"]["diagnostics"]] == ["F604"]
    assert [row["code"] for row in parts(NET, look={"theme": "pink"})["picture"]["diagnostics"]] == ["F606"]


def test_what_is_no_question_is_answered_as_if_nothing_were_asked() -> None:
    assert Wanted.of({"look": 3, "network": None, "panel": None}) == Wanted()
    assert Wanted.of({"look": {"open": "x", "width": "wide"}}).options == Wanted().options


def test_a_box_knows_its_lines_and_only_those_of_the_text(tmp_path: Path) -> None:
    (tmp_path / "blocks.arch").write_text("block far(width) {\n  conv(width, 3) -> relu\n}\n", encoding="utf-8")
    text = "from blocks import far\n\nnetwork n {\n  input x[3, 8, 8]\n  conv(4) -> relu\n  far(8)\n  stage s {\n    relu\n  }\n}\n"
    found = parts(text, str(tmp_path / "n.arch"), look={"level": "op"})
    assert found["check"]["diagnostics"] == []
    rows = list(found["picture"]["places"].values())
    assert [[[5, 5]], [], []] in rows
    assert [[], [[6, 6]], []] in rows  # what far() is made of is of another file: the call stands for it
    assert [[], [], [[7, 9]]] in rows
    assert {line for row in rows for lines in row for place in lines for line in place} <= set(range(1, 11))


def test_an_answer_knows_which_files_took_part(tmp_path: Path) -> None:
    writing = Writing(str(tmp_path / "n.arch"))
    (tmp_path / "blocks.arch").write_text("block far(width) { conv(width, 3) }\n", encoding="utf-8")
    list(writing.answers("from blocks import far\nfrom missing import near\nnetwork n { input x[3, 8, 8] far(8) }\n", Wanted()))
    assert str(tmp_path / "blocks.arch") in writing.imports.paths.values()
    assert str(tmp_path / "missing.arch") in writing.imports.sought


def test_other_formats_of_the_picture() -> None:
    writing = Writing("n.arch")
    assert bytes(writing.drawn(NET, Wanted(), "dot")).startswith(b"digraph")  # type: ignore[arg-type]
    assert b"</html>" in bytes(writing.drawn(NET, Wanted(), "html"))  # type: ignore[arg-type]
    refused = writing.drawn("network n {", Wanted(), "svg")
    assert isinstance(refused, tuple)
    assert refused[0].is_error


def test_the_core_tells_what_stands_at_a_place_and_what_may_be_written_there() -> None:
    writing = Writing("n.arch:small", settings={"width": 12})
    place = NET.index("pair(width) }") + 6
    assert (
        writing.help("hover", NET, place)["text"] == "`width`, a parameter of `small`; if nothing is said `8`"
    )  # nothing is worked out yet
    list(writing.answers(NET, Wanted.of({"network": "small"})))
    assert "`width` is **12**" in str(writing.help("hover", NET, place)["text"])
    begun = NET.replace("pair(width) }", "pa }")
    found: Any = writing.help("offers", begun, begun.index("pa }") + 2)
    assert found["start"] == begun.index("pa }")
    assert "pair" in [row["word"] for row in found["offers"]]
    assert writing.help("hover", "", 7) == {"text": None}
