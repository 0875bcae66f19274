"""The playground, built and used in a browser: `make campaign` runs these, for a build fetches packages of npm and takes its time."""

from __future__ import annotations

import gzip
import json
import runpy
import threading
from collections.abc import Iterator
from functools import partial
from html import unescape
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

import archc
from archc.compiler.files.library import networks
from tests.browser import browser, in_browser, opened, until
from tests.sample import EVERYTHING

__all__ = ["browser"]

ROOT = Path(__file__).parents[2]
LARGEST = 11_000_000

pytestmark = [
    pytest.mark.slow,
    in_browser,
    pytest.mark.skipif(not EVERYTHING, reason="`make campaign` builds the playground, from packages of npm"),
]

BROKEN = "network n {\n  input x[3, 8, 8]\n  convv(4, 3) -> relu\n}\n"
SOUND = BROKEN.replace("convv", "conv")


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    script = runpy.run_path(str(ROOT / "docs" / "playground" / "build.py"))
    made = tmp_path_factory.mktemp("playground")
    try:
        script["build"](made)
    except script["NotBuilt"] as error:
        pytest.skip(f"the playground cannot be built here: {error}")
    return made


class Quiet(SimpleHTTPRequestHandler):
    def log_message(self, format: str, *args: Any) -> None:
        pass


@pytest.fixture(scope="module")
def site(folder: Path) -> Iterator[str]:
    """The folder, given away by the plainest of servers, at an address below its root."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(Quiet, directory=str(folder.parent)))
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.server_address[1]}/{folder.name}/"
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture(scope="module")
def page(browser: Any, site: str) -> Iterator[Any]:
    """The playground with its first picture; at the end nothing may stand in the console, and nothing was asked of another place."""
    browser.execute_cdp_cmd("Network.enable", {})
    browser.get(site)
    until(lambda: boxes(browser))
    yield browser
    assert browser.get_log("browser") == []
    assert [address for address in asked(browser) if not address.startswith(site)] == []


def asked(page: Any) -> list[str]:
    """What the page and its worker fetched."""
    rows = page.execute_script("return performance.getEntriesByType('resource').map(entry => entry.name)")
    assert isinstance(rows, list)
    return [row for row in rows if not row.startswith("data:")]


def boxes(page: Any) -> list[str]:
    found = page.execute_script(
        "return [...document.querySelectorAll('#picture .node')].map(box => box.querySelector('text')?.textContent ?? '')"
    )
    assert isinstance(found, list)
    return found


def shown(page: Any, id: str) -> str:
    return str(page.execute_script("return document.getElementById(arguments[0]).textContent", id))


def text(page: Any) -> str:
    return "\n".join(page.execute_script("return [...document.querySelectorAll('.cm-line')].map(line => line.textContent)"))


def write(page: Any, words: str) -> None:
    """Another text, as if it were pasted."""
    page.execute_script(
        "const place = document.querySelector('.cm-content'); place.focus(); document.execCommand('selectAll');"
        "document.execCommand('insertText', false, arguments[0])",
        words,
    )


def choose(page: Any, name: str) -> None:
    from selenium.webdriver.support.ui import Select

    Select(page.find_element("id", "library")).select_by_visible_text(name)


def totals(name: str) -> str:
    total = archc.compile(name).cost().total
    return f"{total.parameters:,} parameters · {total.macs:,} MACs"


def test_it_is_small(folder: Path) -> None:
    sizes = {
        path.relative_to(folder).as_posix(): path.stat().st_size if path.suffix == ".zip" else len(gzip.compress(path.read_bytes()))
        for path in folder.rglob("*")
        if path.is_file()
    }
    assert sum(sizes.values()) <= LARGEST, sizes


def test_it_is_the_same_when_it_is_built_again(folder: Path, tmp_path: Path) -> None:
    runpy.run_path(str(ROOT / "docs" / "playground" / "build.py"))["build"](tmp_path / "again")
    names = [path.relative_to(folder) for path in folder.rglob("*") if path.is_file()]
    assert [str(name) for name in names if (folder / name).read_bytes() != (tmp_path / "again" / name).read_bytes()] == []


def test_its_files_name_no_other_place(folder: Path) -> None:
    page = unescape((folder / "index.html").read_text(encoding="utf-8"))
    assert "//" not in page.replace("</", "<")
    assert "default-src 'none'" in page
    assert "pyodide" in (folder / "licenses.txt").read_text(encoding="utf-8")


def test_twenty_edits_are_each_answered(page: Any) -> None:
    choose(page, "resnet18")
    until(lambda: totals("resnet18") in shown(page, "totals"))
    for number in range(20):
        width = 4 + number
        if number % 4 == 3:
            write(page, BROKEN.replace("4, 3", f"{width}, 3"))
            until(lambda: shown(page, "state") == "1 error")
            assert "last good picture" in shown(page, "stale")
            page.find_element("xpath", "//button[starts-with(., 'Fix: ')]").click()
        else:
            write(page, SOUND.replace("4, 3", f"{width}, 3"))
        until(lambda width=width: f"conv 3x3, {width}" in boxes(page))
        assert shown(page, "state") == "no errors"


def test_a_slider_asks_the_core_in_the_page_and_a_link_keeps_it(page: Any, site: str) -> None:
    choose(page, "resnext50")
    until(lambda: totals("resnext50") in shown(page, "totals"))
    name = page.execute_script("return document.querySelector('#parameters input[type=range]').name")
    before = shown(page, "totals")
    page.execute_script(
        "const slider = document.querySelector('#parameters input[name=classes]'); slider.value = 16; slider.dispatchEvent(new Event('input'))"
    )
    until(lambda: shown(page, "totals") != before and "16" in shown(page, "totals"))
    varied = shown(page, "totals")
    until(lambda: "#" in page.current_url)
    link = page.execute_script("return location.href")
    page.get("about:blank")
    page.get(link)
    until(lambda: shown(page, "totals") == varied)
    assert name and page.find_element("css selector", "#parameters input[name=classes]").get_attribute("value") == "16"


def test_costs_sizes_and_source_are_those_of_the_commands(page: Any) -> None:
    choose(page, "googlenet")
    until(lambda: totals("googlenet") in shown(page, "totals"))
    page.find_element("id", "tab-python").click()
    until(lambda: "class GoogLeNet" in shown(page, "python-text") or "class Googlenet" in shown(page, "python-text"))
    wanted = archc.compile("googlenet").to_python()
    assert shown(page, "python-text").partition("\n")[2] == wanted.partition("\n")[2]  # the first line names the file
    page.find_element("id", "tab-sizes").click()
    until(lambda: "every size from" in shown(page, "sizes"))
    page.find_element("id", "tab-problems").click()


def test_a_link_shows_the_same_in_a_fresh_profile(page: Any, site: str) -> None:
    from selenium.webdriver.support.ui import Select

    write(page, SOUND.replace("4, 3", "40, 5") + "# Größe × 𝔸\n")
    Select(page.find_element("id", "look-level")).select_by_visible_text("op")
    Select(page.find_element("id", "look-theme")).select_by_visible_text("dark")
    until(lambda: "conv 5x5, 40" in boxes(page) and "relu" in boxes(page))
    before = page.current_url
    until(lambda: page.current_url == before)
    picture = page.execute_script("return document.querySelector('#picture svg').outerHTML.replace(/ class=\"[^\"]*\"/g, '')")
    other = opened()
    try:
        other.get(page.current_url)
        until(lambda: boxes(other))
        assert text(other) == text(page)
        assert "𝔸" in text(other)
        assert shown(other, "totals") == shown(page, "totals")
        until(
            lambda: (
                other.execute_script("return document.querySelector('#picture svg').outerHTML.replace(/ class=\"[^\"]*\"/g, '')") == picture
            )
        )
        assert other.get_log("browser") == []
    finally:
        other.quit()
    Select(page.find_element("id", "look-level")).select_by_visible_text("block")
    Select(page.find_element("id", "look-theme")).select_by_index(0)


@pytest.mark.parametrize("word", ["x", "AAAA", "q1ZKy8xJVbJSKkotzkstMbRQqgU", "eyJ0ZXh0IjoxfQ", "%F0"])
def test_a_link_that_was_cut_is_told(page: Any, site: str, word: str) -> None:
    page.get("about:blank")
    page.get(f"{site}#{word}")
    until(lambda: boxes(page))
    until(lambda: "The link could not be read" in shown(page, "notice"))


def test_a_line_lights_its_box_and_a_box_leads_to_its_line(page: Any) -> None:
    from selenium.webdriver.common.keys import Keys

    write(page, SOUND)
    until(lambda: "conv 3x3, 4" in boxes(page))
    page.execute_script(
        "[...document.querySelectorAll('#picture .node')].find(box => box.textContent.includes('conv')).querySelector('text')"
        ".dispatchEvent(new MouseEvent('click', {bubbles: true, cancelable: true}))"
    )
    until(lambda: "conv(4" in page.execute_script("return document.querySelector('.cm-line.lit-line')?.textContent ?? ''"))
    lit = "return [...document.querySelectorAll('#picture .lit')].map(box => box.querySelector('text').textContent)"
    field = page.switch_to.active_element
    field.send_keys(Keys.CONTROL + Keys.HOME)
    field.send_keys(Keys.ARROW_DOWN)
    until(lambda: page.execute_script(lit) == ["x"])
    field.send_keys(Keys.ARROW_DOWN)
    until(lambda: page.execute_script(lit) == ["conv 3x3, 4"])


def test_hostile_text_runs_nothing(page: Any) -> None:
    write(page, 'network n {\n  input x[3, 8, 8]\n  stage "<img src=x onerror=window.broken=1>" { conv(4) }\n}\n')
    until(lambda: "MACs" in shown(page, "totals"))
    assert page.execute_script("return window.broken") is None


def test_every_form_of_the_picture_is_made(page: Any) -> None:
    write(page, SOUND)
    until(lambda: "conv 3x3, 4" in boxes(page))
    page.execute_script(
        "window.made = []; const old = URL.createObjectURL; URL.createObjectURL = blob => { blob.text().then(text => window.made.push(text)); return old(blob) }"
    )
    from selenium.webdriver.support.ui import Select

    for form, mark in (("svg", "<svg"), ("html", "</html>"), ("tex", "tikzpicture"), ("dot", "digraph")):
        Select(page.find_element("id", "file-form")).select_by_visible_text(form)
        page.find_element("id", "file-save").click()
        until(lambda mark=mark: any(mark in text for text in page.execute_script("return window.made")))


def test_a_picture_that_archc_fails_to_make_says_so(page: Any) -> None:
    write(page, SOUND)
    until(lambda: "conv 3x3, 4" in boxes(page))
    page.execute_script(
        "window.post = Worker.prototype.postMessage;"
        "Worker.prototype.postMessage = function (said) { post.call(this, said.do === 'draw' ? {...said, wanted: 7} : said) };"  # no wish at all
        "document.getElementById('file-save').click()"
    )
    until(lambda: "archc has failed (AttributeError" in page.find_element("tag name", "body").text)
    page.execute_script("Worker.prototype.postMessage = window.post")


def test_it_can_be_used_on_a_phone_and_in_the_dark(page: Any) -> None:
    page.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", {"width": 390, "height": 800, "deviceScaleFactor": 2, "mobile": True})
    page.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": [{"name": "prefers-color-scheme", "value": "dark"}]})
    assert page.execute_script("return document.documentElement.scrollWidth") <= 390
    assert page.execute_script("return getComputedStyle(document.body).backgroundColor") == "rgb(20, 24, 29)"
    page.execute_cdp_cmd("Emulation.clearDeviceMetricsOverride", {})
    page.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": []})


def test_every_field_has_a_name(page: Any) -> None:
    nameless = page.execute_script(
        "return [...document.querySelectorAll('input, select, button, textarea')].filter(field => !(field.labels?.length || field.textContent.trim()"
        " || field.ariaLabel || field.title)).map(field => field.outerHTML)"
    )
    assert nameless == []


@pytest.mark.parametrize("name", networks())
def test_every_shipped_network_draws(page: Any, name: str) -> None:
    choose(page, name)
    until(lambda: totals(name) in shown(page, "totals") and not page.find_element("id", "stale").is_displayed())
    assert shown(page, "state") == "no errors", json.dumps(shown(page, "problems"))
    assert boxes(page)
