"""Screenshots of the pages: `python docs/screenshots.py` writes docs/watch.png, docs/playground.png and docs/notebook.png, and docs/vscode.png where ARCHC_CODE_SERVER names
code-server (docs/editors.md).

It needs Chromium with its driver, `archc[watch]`, IPython, and build/playground (`make playground`). `python docs/screenshots.py notebook` writes that one alone.
"""

from __future__ import annotations

import os
import shlex
import shutil
import subprocess
import sys
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from functools import partial
from html import escape
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from tempfile import TemporaryDirectory
from threading import Thread
from typing import Any

ROOT = Path(__file__).parent.parent
sys.path.insert(0, str(ROOT))

from editors import vscode_tried as vscode  # noqa: E402
from tests.browser import opened, until  # noqa: E402

NETWORK = "googlenet"
MISTAKE = ("unit(c3[1], 3)", "unitt(c3[1], 3)")


@contextmanager
def watched(folder: Path, name: str) -> Iterator[str]:
    """The address of `archc watch` for a copy of a shipped network."""
    shutil.copy(ROOT / "architectures" / f"{name}.arch", folder)
    command = [sys.executable, "-m", "archc", "watch", f"{name}.arch"]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=folder, env={**os.environ, "PYTHONPATH": str(ROOT)})
    try:
        assert process.stdout is not None
        yield process.stdout.readline().strip()
    finally:
        process.terminate()
        process.wait()


def shoot(page: Any, file: Path) -> None:
    page.execute_script("document.activeElement.blur()")
    page.save_screenshot(str(file))


def watch(page: Any, target: Path) -> None:
    """A network with a mistake in its text: what is wrong, and the last good picture."""
    with TemporaryDirectory() as folder, watched(Path(folder), NETWORK) as url:
        page.get(url)
        until(lambda: page.find_elements("css selector", "#picture svg"))
        file = Path(folder, f"{NETWORK}.arch")
        file.write_text(file.read_text(encoding="utf-8").replace(*MISTAKE, 1), encoding="utf-8")
        until(lambda: page.find_elements("css selector", ".problem"))
        page.find_element("css selector", ".problem button").click()
        shoot(page, target)
        page.get("about:blank")


class Quiet(SimpleHTTPRequestHandler):
    def log_message(self, format: str, *args: Any) -> None:
        pass


@contextmanager
def served(folder: Path) -> Iterator[str]:
    """The address of a folder."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(Quiet, directory=str(folder)))
    Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_address[1]}/"
    server.shutdown()
    server.server_close()


def playground(page: Any, target: Path) -> None:
    """A network of the library in the dark, a line with its box, the costs beneath."""
    from selenium.webdriver.support.ui import Select

    page.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": [{"name": "prefers-color-scheme", "value": "dark"}]})
    with served(ROOT / "build" / "playground") as url:
        page.get(url)
        until(lambda: page.find_elements("css selector", "#picture svg"))
        Select(page.find_element("id", "library")).select_by_visible_text("ghostnet_100")
        until(lambda: page.execute_script("return document.getElementById('network').value") == "ghostnet_100")
        until(lambda: "conv_stem" in page.execute_script("return document.getElementById('picture').textContent"))
        page.find_element("id", "tab-costs").click()
        page.execute_script(
            "[...document.querySelectorAll('#picture .node')].find(box => box.textContent.includes('conv_stem')).querySelector('text')"
            ".dispatchEvent(new MouseEvent('click', {bubbles: true, cancelable: true}))"
        )
        until(lambda: page.find_elements("css selector", ".lit"))
        shoot(page, target)


CELLS = (
    "%load_ext archc",
    "%%arch small\nnetwork small(width = 32) {\n  input image[3, 32, 32]\n  conv(width, 3) -> bn -> relu\n"
    "  add { | conv(width, 3) -> bn -> relu -> conv(width, 3) -> bn | skip } -> relu\n  global_avgpool -> flatten -> linear(10)\n}",
    "small.cost()",
    "%%arch\nnetwork wrong {\n  input image[3, 32, 32]\n  conv(16, 3) -> rleu\n}",
)


def outputs(cells: Iterable[str]) -> Iterator[tuple[str, str]]:
    """Each cell, run by IPython, with the HTML that a notebook would be handed of it."""
    from IPython.core.interactiveshell import InteractiveShell
    from IPython.utils.capture import capture_output

    shell = InteractiveShell()
    shell.colors = "nocolor"
    for cell in cells:
        with capture_output() as told:
            done = shell.run_cell(cell)
        if done.error_in_exec is not None:
            yield cell, f"<pre class=error>{escape(told.stdout + told.stderr)}</pre>"
        elif done.result is not None:
            yield cell, shell.display_formatter.format(done.result)[0]["text/html"]
        else:
            yield cell, ""


def notebook(page: Any, target: Path) -> None:
    """What cells show: the page is ours, with all that stands beneath a cell as archc hands it to a notebook."""
    style = (
        "html { overflow: hidden } body { font: 14px sans-serif; margin: 16px } .cell { background: #f5f5f5; border: 1px solid #ddd; padding: 6px 10px; margin: 10px 0 }"
        "pre { margin: 0 } .error { background: #fdd; padding: 6px 10px } td, th { padding: 1px 8px; text-align: right }"
    )
    rows = "".join(f"<pre class=cell>{escape(cell)}</pre><div>{shown}</div>" for cell, shown in outputs(CELLS))
    with TemporaryDirectory() as folder:
        Path(folder, "index.html").write_text(f"<!doctype html><meta charset=utf-8><style>{style}</style>{rows}", encoding="utf-8")
        with served(Path(folder)) as url:
            page.get(url)
            until(lambda: page.find_elements("css selector", ".error"))
            assert len(page.find_elements("css selector", ".error")) == 1, page.find_element("css selector", "body").text
            for height in (800, None):  # how high it is hangs on how wide it is
                height = height or page.execute_script("return document.documentElement.scrollHeight") + 1
                size = {"width": 1100, "height": height, "deviceScaleFactor": 1, "mobile": False}
                page.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", size)
            shoot(page, target)


def main() -> None:
    page = opened()
    try:
        notebook(page, ROOT / "docs" / "notebook.png")
        if sys.argv[1:] == ["notebook"]:
            return
        page.execute_cdp_cmd("Emulation.clearDeviceMetricsOverride", {})
        watch(page, ROOT / "docs" / "watch.png")
        playground(page, ROOT / "docs" / "playground.png")
    finally:
        page.quit()
    command = shlex.split(os.environ.get(vscode.VARIABLE, ""))
    if command:
        with TemporaryDirectory(ignore_cleanup_errors=True) as draft:
            vscode.seen(command, Path(draft), vscode.packaged(Path(draft)), ROOT / "docs" / "vscode.png")


if __name__ == "__main__":
    main()
