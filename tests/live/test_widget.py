"""The widget of a notebook: its Python half by its traits, its page in Chromium with a model of a few lines in a notebook's place."""

from __future__ import annotations

import base64
import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

import archc
from tests.browser import browser, in_browser, until

__all__ = ["browser"]

ROOT = Path(__file__).parents[2]
TEXT = "network n(width = 8) {\n  input x[3, 8, 8]\n  conv(width, 3) -> relu\n}\n"


@pytest.fixture
def editor() -> Any:
    pytest.importorskip("anywidget")
    return archc.edit(TEXT)


def test_without_its_package_the_extra_is_named() -> None:
    code = "import sys; sys.modules['anywidget'] = None\nimport archc\ntry: archc.edit('')\nexcept archc.ArchError as error: print(error)"
    told = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, cwd=ROOT, check=True).stdout
    assert "error[F616]" in told and "pip install 'archc[notebook]'" in told


def test_a_text_shows_its_picture_and_its_totals(editor: Any) -> None:
    assert editor.picture.startswith("<svg") and "3x3, 8" in editor.picture
    assert f"{archc.compile(TEXT).cost().total.parameters:,} parameters" in editor.totals
    assert (editor.diagnostics, editor.stale, editor.parameters) == ([], False, [["width", 8]])


def test_another_text_has_another_picture(editor: Any) -> None:
    editor.text = TEXT.replace("width, 3", "width, 5")
    assert "5x5, 8" in editor.picture
    assert editor.network == archc.compile(editor.text)


def test_a_mistake_is_told_and_the_last_good_picture_stays(editor: Any) -> None:
    before = editor.picture, editor.totals
    editor.text = TEXT.replace("relu", "rleu")
    assert [(row["code"], row["line"]) for row in editor.diagnostics] == [("E201", 3)]
    assert editor.stale and (editor.picture, editor.totals) == before
    with pytest.raises(archc.ArchError, match="E201"):
        _ = editor.network
    editor.text = TEXT
    assert (editor.diagnostics, editor.stale) == ([], False)


def test_a_text_that_is_wrong_from_the_beginning_has_no_picture() -> None:
    pytest.importorskip("anywidget")
    editor = archc.edit("network n {")
    assert editor.diagnostics and (editor.picture, editor.stale) == ("", False)
    empty = archc.edit("")
    assert (empty.picture, empty.totals) == ("", "")


def test_a_parameter_given_another_value_changes_the_picture_and_not_the_text(editor: Any) -> None:
    editor.settings = {"width": 16}
    assert "3x3, 16" in editor.picture and editor.text == TEXT
    assert editor.network == archc.compile(TEXT, width=16)
    editor.settings = {"width": 0}
    assert editor.stale and editor.diagnostics
    editor.settings = {}
    assert "3x3, 8" in editor.picture and not editor.stale


def test_a_parameter_that_the_network_has_not_is_refused_and_one_it_has_lost_is_let_go(editor: Any) -> None:
    from traitlets import TraitError

    with pytest.raises(TraitError, match="it has width"):
        editor.settings = {"widht": 16}
    with pytest.raises(TraitError, match="width is a number"):
        editor.settings = {"width": [16]}
    editor.settings = {"width": 16}
    editor.text = TEXT.replace("width", "size")
    assert editor.settings == {} and editor.parameters == [["size", 8]]


def test_what_cannot_be_drawn_is_said_and_counted() -> None:
    pytest.importorskip("anywidget")
    editor = archc.edit("network deep {\n  input x[3, 8, 8]\n  for i in range(1800) { conv(i % 7 + 1) }\n}\n")
    assert editor.diagnostics and editor.picture == "" and not editor.stale
    assert "parameters" in editor.totals


MODEL = """
const [source, values, done] = arguments;
const heard = {};
window.model = {
  get: (name) => values[name],
  set(name, value) { values[name] = value; },
  save_changes: () => { window.saved = JSON.stringify(values); },
  on: (name, call) => { heard[name] = call; },
  off: (name) => { delete heard[name]; },
  answer(row) { Object.assign(values, row); for (const name of Object.keys(row)) heard[`change:${name}`]?.(); },
};
import(`data:text/javascript;base64,${source}`).then(({ default: { render } }) => {
  document.body.replaceChildren();
  window.away = render({ model: window.model, el: document.body });
  done(true);
});
"""


@pytest.mark.slow
@in_browser
def test_the_page_sends_what_is_typed_and_shows_what_is_answered(browser: Any) -> None:
    source = base64.b64encode((ROOT / "archc" / "live" / "widget.js").read_bytes()).decode()
    values = {"text": TEXT, "settings": {}, "parameters": [["width", 8]], "diagnostics": [], "totals": "9 MACs", "picture": "<svg></svg>"}
    browser.get("about:blank")
    browser.execute_async_script(MODEL, source, {**values, "stale": False})

    def sent() -> dict[str, Any]:
        return dict(json.loads(browser.execute_script("return window.saved ?? '{}'")))

    area = browser.find_element("css selector", "textarea")
    assert area.get_attribute("value") == TEXT and "9 MACs" in browser.find_element("css selector", "body").text
    area.send_keys("# more")
    until(lambda: sent().get("text") == TEXT + "# more")
    field = browser.find_element("css selector", "input[name=width]")
    field.clear()
    field.send_keys("16\t")
    until(lambda: sent()["settings"] == {"width": 16})
    row = {"line": 3, "column": 2, "severity": "error", "code": "E201", "message": "<b>no</b>", "help": "yes"}
    browser.execute_script("window.model.answer(arguments[0])", {"diagnostics": [row], "stale": True, "picture": "<svg><g/></svg>"})
    assert browser.find_element("css selector", "pre").text == "3:2: error[E201]: <b>no</b>\n  help: yes"
    assert browser.execute_script("return document.querySelector('svg').parentElement.style.opacity") == "0.4"
    browser.execute_script("window.away(); window.model.answer({totals: 'unheard'})")
    assert "unheard" not in browser.find_element("css selector", "body").text
    assert browser.get_log("browser") == []
