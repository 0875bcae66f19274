"""`archc watch` as a person uses it: a process, a browser, a file that is saved, deleted and written back."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.browser import browser, in_browser, until

pytest.importorskip("websockets")

__all__ = ["browser"]

ROOT = Path(__file__).parents[2]

# As a child of a test runner in the background, a process may find Ctrl-C switched off.
CODE = "import signal; signal.signal(signal.SIGINT, signal.default_int_handler); from archc.cli import main; main()"

TEXT = """\
block pair(width) { conv(width, 3) -> relu }

network small(width = 8) {
  input image[3, 16, 16]
  stage body {
    conv(width, 5)
    pair(16)
  }
  stage head { global_avgpool -> flatten -> linear(10) }
}
"""


class Watch:
    """A file and the process that shows it."""

    def __init__(self, folder: Path) -> None:
        self.file = folder / "small.arch"
        self.write(TEXT)
        command = [sys.executable, "-c", CODE, "watch", str(self.file)]
        environment = {**os.environ, "PYTHONPATH": str(ROOT), "OMP_NUM_THREADS": "1"}
        self.process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, cwd=folder, env=environment)
        assert self.process.stdout is not None
        self.url = self.process.stdout.readline().strip()
        assert self.url, self.process.communicate()

    def write(self, text: str) -> None:
        self.file.write_text(text, encoding="utf-8")

    def read(self) -> str:
        return self.file.read_text(encoding="utf-8") if self.file.exists() else ""

    def end(self, number: int = signal.SIGINT) -> tuple[int, str]:
        """The exit status and what was told, after a signal."""
        self.process.send_signal(number)
        _, told = self.process.communicate(timeout=60)
        return self.process.returncode, told


@pytest.fixture
def watch(tmp_path: Path) -> Iterator[Watch]:
    made = Watch(tmp_path)
    yield made
    made.process.kill()
    made.process.communicate()


@pytest.fixture
def page(browser: Any, watch: Watch) -> Iterator[Any]:
    browser.get(watch.url)
    until(lambda: boxes(browser))
    yield browser
    assert [row for row in browser.get_log("browser") if "beforeunload" not in row["message"]] == []
    asked = browser.execute_script("return performance.getEntriesByType('resource').map(entry => entry.name)")
    assert [address for address in asked if not address.startswith((watch.url, "data:"))] == []
    browser.execute_script("window.onbeforeunload = null")
    browser.get("about:blank")
    alert = until(lambda: _alert(browser) or True)
    if alert is not True:
        alert.accept()


def _alert(browser: Any) -> Any:
    from selenium.common.exceptions import NoAlertPresentException

    try:
        return browser.switch_to.alert
    except NoAlertPresentException:
        return None


def boxes(browser: Any) -> list[str]:
    """What the boxes of the picture say."""
    found = browser.execute_script(
        "return [...document.querySelectorAll('#picture .node')].map(box => box.querySelector('text').textContent)"
    )
    assert isinstance(found, list)
    return found


def text(browser: Any) -> str:
    return str(browser.execute_script("return document.querySelector('textarea').value"))


def type_in(browser: Any, line: int, words: str) -> None:
    """Types at the end of a line."""
    browser.execute_script(
        "const area = document.querySelector('textarea'); area.focus();"
        "const end = area.value.split('\\n').slice(0, arguments[0]).join('\\n').length; area.setSelectionRange(end, end)",
        line,
    )
    browser.switch_to.active_element.send_keys(words)


def shown(browser: Any, id: str) -> str:
    return str(browser.find_element("id", id).text)


@pytest.mark.slow
@in_browser
def test_a_save_changes_the_page_and_errors_leave_the_last_good_picture(page: Any, watch: Watch) -> None:
    before = boxes(page)
    assert "conv 5x5, 8" in before
    watch.write(TEXT.replace("conv(width, 5)", "conv(width, 7)"))
    until(lambda: "conv 7x7, 8" in boxes(page))
    assert text(page) == watch.read()
    totals = shown(page, "totals")
    watch.write(TEXT.replace("conv(width, 5)", "convv(width, 7)"))
    until(lambda: shown(page, "state") == "1 error")
    assert "conv 7x7, 8" in boxes(page)
    assert shown(page, "stale") == "The text has errors: this is the last good picture."
    assert shown(page, "totals") == totals
    assert "6:5" in shown(page, "problems")
    assert page.execute_script("return document.querySelector('.under .wrong').textContent") == "convv"
    page.find_element("xpath", "//button[starts-with(., 'Fix: ')]").click()
    until(lambda: shown(page, "state") == "no errors")
    assert "conv(width, 7)" in text(page)
    assert "convv" in watch.read()
    until(lambda: not page.find_element("id", "stale").is_displayed())


@pytest.mark.slow
@in_browser
def test_lines_and_boxes_find_each_other(page: Any) -> None:
    page.execute_script(
        "[...document.querySelectorAll('#picture .node')].find(box => box.textContent.includes('linear')).querySelector('text').dispatchEvent(new MouseEvent('click', {bubbles: true, cancelable: true}))"
    )
    assert (
        page.execute_script(
            "const area = document.querySelector('textarea'); return area.value.slice(0, area.selectionStart).split('\\n').length"
        )
        == 9
    )
    assert page.execute_script("return document.querySelector('.under .lit-line').textContent").startswith("  stage head {")
    lit = "return [...document.querySelectorAll('#picture .lit')].map(box => box.querySelector('text').textContent)"
    for line, wanted in ((6, "conv 5x5, 8"), (7, "pair"), (4, "image"), (5, "body")):
        type_in(page, line, "")
        page.execute_script("document.dispatchEvent(new Event('selectionchange'))")
        found = until(lambda: page.execute_script(lit))
        assert [word.startswith(wanted) for word in found] == [True], (line, found)
    page.find_element("css selector", "#picture .node a").click()
    assert page.current_url.endswith("/")


@pytest.mark.slow
@in_browser
def test_what_is_typed_is_checked_at_once_and_written_when_asked(page: Any, watch: Watch) -> None:
    from selenium.webdriver.common.keys import Keys

    save = page.find_element("id", "save")
    assert not save.is_enabled()
    type_in(page, 6, " -> bn")
    until(
        lambda: any(
            "bn" in box
            for box in page.execute_script("return [...document.querySelectorAll('#picture .node')].map(box => box.textContent)")
        )
    )
    assert watch.read() == TEXT
    assert shown(page, "saved") == "not saved"
    save.click()
    until(lambda: shown(page, "saved") == "saved")
    assert watch.read() == text(page) == TEXT.replace("5)", "5) -> bn")
    type_in(page, 6, " -> relu")
    page.switch_to.active_element.send_keys(Keys.CONTROL + "s")
    until(lambda: "-> relu" in watch.read().splitlines()[5])


@pytest.mark.slow
@in_browser
def test_the_text_tells_what_stands_there_and_what_may_be_written(page: Any) -> None:
    """By the core of the language server."""
    from selenium.webdriver.common.action_chains import ActionChains
    from selenium.webdriver.common.keys import Keys

    tip = "const tip = document.getElementById('tip'); return tip.hidden ? '' : tip.innerText"
    conv = page.find_element("xpath", "//pre[@class='under']/div[6]")
    ActionChains(page).move_to_element_with_offset(conv, -conv.size["width"] // 2 + 40, 0).perform()
    until(lambda: "conv(channels" in page.execute_script(tip) and "[3, 16, 16] → [8, 16, 16]" in page.execute_script(tip))
    assert page.execute_script("return document.querySelectorAll('#tip code').length") > 3
    ActionChains(page).move_to_element(page.find_element("id", "totals")).perform()
    until(lambda: page.execute_script(tip) == "")
    offered = "const list = document.getElementById('offers'); return list.hidden ? [] : [...list.querySelectorAll('b')].map(row => row.textContent)"
    type_in(page, 6, " -> pai")
    until(lambda: page.execute_script(offered) == ["pair"])
    page.switch_to.active_element.send_keys(Keys.ENTER)
    until(lambda: text(page).splitlines()[5] == "    conv(width, 5) -> pair")
    page.switch_to.active_element.send_keys("(wi")
    until(lambda: page.execute_script(offered) == ["width"])
    page.switch_to.active_element.send_keys(Keys.ESCAPE)
    assert page.execute_script(offered) == []
    page.switch_to.active_element.send_keys("dth)")
    until(lambda: text(page).splitlines()[5] == "    conv(width, 5) -> pair(width)")
    until(lambda: shown(page, "state") == "no errors")
    type_in(page, 7, Keys.ARROW_LEFT * 5)
    page.switch_to.active_element.send_keys(Keys.CONTROL + "i")
    until(lambda: "width, 3" in page.execute_script(tip) or "block pair(width)" in page.execute_script(tip))


@pytest.mark.slow
@in_browser
def test_a_file_that_changed_meanwhile_is_not_written_over_without_a_word(page: Any, watch: Watch) -> None:
    type_in(page, 6, " -> bn")
    watch.write("# from elsewhere\n" + TEXT)
    until(lambda: "The file has changed, and so has the text here." in shown(page, "notice"))
    assert "-> bn" in text(page)
    page.find_element("xpath", "//button[.='Go on writing']").click()
    page.find_element("id", "save").click()
    until(lambda: "another program" in shown(page, "notice") or watch.read() == text(page))
    page.find_element("xpath", '//button[.="Take the file\'s text"]').click()
    until(lambda: text(page) == watch.read())
    assert text(page).startswith("# from elsewhere")


@pytest.mark.slow
@in_browser
def test_two_tabs_each_keep_what_is_written_there(page: Any, watch: Watch) -> None:
    first = page.current_window_handle
    page.switch_to.new_window("tab")
    page.get(watch.url)
    until(lambda: boxes(page))
    type_in(page, 6, " -> bn")
    page.find_element("id", "save").click()
    until(lambda: shown(page, "saved") == "saved")
    second = page.current_window_handle
    page.switch_to.window(first)
    until(lambda: "-> bn" in text(page))
    assert shown(page, "saved") == "saved"
    type_in(page, 2, "# mine")
    page.switch_to.window(second)
    assert "# mine" not in text(page)
    type_in(page, 1, "  # first")
    page.find_element("id", "save").click()
    until(lambda: "# first" in watch.read())
    page.close()
    page.switch_to.window(first)
    until(lambda: page.find_element("id", "notice").is_displayed())
    assert "# mine" in text(page)


@pytest.mark.slow
@in_browser
def test_the_file_is_deleted_and_comes_back(page: Any, watch: Watch) -> None:
    watch.file.unlink()
    until(lambda: "F611" in shown(page, "notice"))
    assert text(page) == TEXT
    assert boxes(page)
    watch.write(TEXT.replace("5)", "9)"))
    until(lambda: "conv 9x9, 8" in boxes(page))
    assert not page.find_element("id", "notice").is_displayed()
    watch.file.unlink()
    until(lambda: "F611" in shown(page, "notice"))
    page.find_element("id", "save").click()
    until(lambda: watch.read() == text(page))


@pytest.mark.slow
@in_browser
def test_panels_and_the_picture_as_a_file(page: Any) -> None:
    from selenium.webdriver.support.ui import Select

    page.find_element("id", "tab-python").click()
    until(lambda: "class Small(nn.Module)" in shown(page, "python-text"))
    page.find_element("id", "tab-sizes").click()
    until(lambda: "every size from" in shown(page, "sizes"))
    page.find_element("id", "tab-costs").click()
    assert "stage" in shown(page, "costs") or "body" in shown(page, "costs")
    Select(page.find_element("id", "look-level")).select_by_visible_text("op")
    until(lambda: "relu" in boxes(page))
    field = page.find_element("id", "look-open")
    field.send_keys("nothing\t")
    until(lambda: "F604" in page.execute_script("return document.getElementById('problems').textContent"))


@pytest.mark.skipif(os.name != "posix", reason="signals to processes")
def test_ctrl_c_ends_it_without_a_word_of_trouble(watch: Watch) -> None:
    status, told = watch.end()
    assert status == 0
    assert told.splitlines() == [f"{watch.file}: the page follows each save; Ctrl-C ends it", "ended"]


@in_browser
def test_a_slider_of_a_parameter_changes_the_picture_and_the_costs_and_not_the_text(page: Any, watch: Watch) -> None:
    until(lambda: "parameters" in page.find_element("id", "totals").text)
    slider = page.find_element("css selector", "#parameters input[name=width]")
    assert (slider.get_attribute("type"), slider.get_attribute("value")) == ("range", "8")
    before = page.find_element("id", "totals").text
    move = "arguments[0].value = arguments[1]; arguments[0].dispatchEvent(new Event('input'))"
    page.execute_script(move, slider, "12")
    until(lambda: "conv 5x5, 12" in page.find_element("id", "picture").text)
    assert page.find_element("id", "totals").text != before and watch.read() == TEXT
    assert page.find_element("css selector", "#parameters output").text == "12"
    page.find_element("css selector", "#parameters button").click()
    until(lambda: "conv 5x5, 8" in page.find_element("id", "picture").text)
    assert page.find_element("id", "totals").text == before
