"""The extension tried in VS Code itself: code-server is VS Code that a browser shows.

`ARCHC_CODE_SERVER=/path/to/code-server python editors/vscode_tried.py` packages the extension, installs it, opens a file in headless Chromium and
prints what VS Code showed. `docs/editors.md` tells how to come by code-server.
"""

from __future__ import annotations

import json
import os
import shlex
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any
from urllib.parse import quote

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT))

from editors.tried import environment  # noqa: E402
from tests.browser import opened, until  # noqa: E402

HOVER = ".monaco-hover .hover-contents"
NOTICE = ".notification-list-item-message"
VARIABLE = "ARCHC_CODE_SERVER"
EXTENSION = ROOT / "editors" / "vscode"
NAME = "small.arch"
TEXT = """\
default conv(bias = false)

## A small residual network.
network small(width = 32, classes = 10) {
  input image[3, 32, 32]
  stem: conv(width, 3) -> bn -> relu
  repeat 2 {
    add {
      | conv(width, 3) -> bn -> relu -> conv(width, 3) -> bn
      | skip
    } -> relu
  }
  global_avgpool -> flatten -> linear(classes)
}
"""
MISTAKE = ("stem: conv", "stem: cnov")
SETTINGS = {
    "arch.inlayHints": "on",
    "editor.minimap.enabled": False,
    "editor.wordWrap": "off",
    "extensions.autoCheckUpdates": False,
    "security.workspace.trust.enabled": False,
    "telemetry.telemetryLevel": "off",
    "update.mode": "none",
    "chat.disableAIFeatures": True,
    "workbench.secondarySideBar.defaultVisibility": "hidden",
    "workbench.startupEditor": "none",
    "workbench.colorTheme": "Light Modern",
}


def packaged(folder: Path) -> Path:
    """The extension as the command of its page makes it, from a copy of its sources."""
    home = folder / "vscode"
    shutil.copytree(EXTENSION, home, ignore=shutil.ignore_patterns("node_modules", "*.vsix", "package-lock.json"))
    for words in (["npm", "install", "--silent", "--no-audit", "--no-fund"], ["npm", "run", "package"]):
        done = subprocess.run(words, cwd=home, capture_output=True, text=True, check=False)
        if done.returncode:
            raise RuntimeError(f"{' '.join(words)}: {done.stdout}{done.stderr}")
    return home / "archc.vsix"


def started_by(folder: Path, command: list[str]) -> None:
    """The setting of the folder that is opened: what starts the server. (VS Code writes its own settings anew where it likes.)"""
    file = folder / "nets" / ".vscode" / "settings.json"
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(json.dumps({"arch.command": command}), encoding="utf-8")


@contextmanager
def serving(command: list[str], folder: Path, package: Path) -> Iterator[str]:
    """The address of VS Code with the extension and nothing else, in a home of its own."""
    around = environment(folder)
    data = folder / "data"
    (data / "User").mkdir(parents=True)
    (data / "User" / "settings.json").write_text(json.dumps(SETTINGS), encoding="utf-8")
    places = ["--extensions-dir", str(folder / "extensions"), "--user-data-dir", str(data)]
    subprocess.run([*command, *places, "--install-extension", str(package)], env=around, check=True, capture_output=True)
    words = [*command, *places, "--auth", "none", "--bind-addr", "127.0.0.1:0", "--disable-telemetry", "--disable-update-check"]
    process = subprocess.Popen(words, env=around, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    try:
        assert process.stdout is not None
        for line in process.stdout:
            if "listening on" in line:
                yield line.split("listening on ")[1].split()[0].rstrip("/")
                break
        else:
            raise RuntimeError("code-server has ended")
    finally:
        process.terminate()
        process.wait()


@dataclass(frozen=True)
class Seen:
    """What VS Code showed."""

    failure: str
    colors: dict[str, str]
    problem: str
    fixed: str
    lenses: list[str]
    hints: list[str]
    hover: str
    offered: list[str]
    picture: str
    redrawn: str


class Code:
    """A page that shows VS Code, and what a person does there."""

    def __init__(self, page: Any) -> None:
        self.page = page

    def open(self, url: str, file: Path) -> None:
        payload = json.dumps([["openFile", f"vscode-remote://{url.split('//')[1]}{file}"]])
        self.page.get(f"{url}/?folder={quote(str(file.parent))}&payload={quote(payload)}")
        until(lambda: "network" in self.text())

    def keys(self, *words: str) -> None:
        """Keys pressed together, and then let go."""
        from selenium.webdriver.common.action_chains import ActionChains

        chain = ActionChains(self.page)
        for word in words[:-1]:
            chain.key_down(word)
        chain.send_keys(words[-1])
        for word in words[:-1]:
            chain.key_up(word)
        chain.perform()

    def command(self, words: str) -> None:
        """A command of the palette."""
        from selenium.webdriver.common.keys import Keys

        self.keys(Keys.F1)
        until(lambda: self.page.execute_script("return document.activeElement.closest('.quick-input-widget') !== null"))
        self.keys(words)
        until(lambda: any(words in row for row in self.texts(".quick-input-list .monaco-list-row")))
        self.keys(Keys.ENTER)

    def go(self, words: str) -> None:
        """The cursor behind the first of these words in the text as it is without its mistake."""
        from selenium.webdriver.common.action_chains import ActionChains
        from selenium.webdriver.common.keys import Keys

        # By the pointer: a click on the element would scroll what VS Code itself never scrolls.
        ActionChains(self.page).move_to_element(self.page.find_element("css selector", ".view-line")).click().perform()
        self.keys(Keys.CONTROL, "g")
        until(lambda: self.page.execute_script("return document.activeElement.closest('.quick-input-widget') !== null"))
        before = TEXT[: TEXT.index(words) + len(words)]
        line, column = before.count("\n") + 1, len(before.rpartition("\n")[2]) + 1
        self.keys(f"{line}:{column}")
        self.keys(Keys.ENTER)
        until(lambda: f"Ln {line}, Col {column}" in self.shown(".statusbar"))

    def texts(self, selector: str) -> list[str]:
        script = "return [...document.querySelectorAll(arguments[0])].map(row => row.textContent.replaceAll('\\u00a0', ' ').trim())"
        return list(self.page.execute_script(script, selector))

    def shown(self, selector: str) -> str:
        return "\n".join(self.texts(selector))

    def text(self) -> str:
        """The lines that are in view, with the hints in them."""
        script = """return [...document.querySelectorAll('.view-line')].sort((a, b) => parseFloat(a.style.top) - parseFloat(b.style.top))
            .map(row => row.textContent.replaceAll('\\u00a0', ' ')).join('\\n')"""
        return str(self.page.execute_script(script))

    def color(self, word: str) -> str:
        """The colour of the first piece of the text that is this word."""
        script = """const piece = [...document.querySelectorAll('.view-line span span')].find(row => row.textContent.trim() === arguments[0]);
            return piece ? getComputedStyle(piece).color : ''"""
        return str(self.page.execute_script(script, word))

    def picture(self) -> str:
        """The texts of the picture in the panel beside the text."""
        self.page.switch_to.default_content()
        try:
            for selector in ("iframe.webview", "#active-frame"):
                found = self.page.find_elements("css selector", selector)
                if not found:
                    return ""
                self.page.switch_to.frame(found[0])
            return self.shown("svg text")
        finally:
            self.page.switch_to.default_content()


def seen(command: list[str], folder: Path, package: Path, screenshot: Path | None = None) -> Seen:
    """Opens a file with a mistake where the server does not start, lets it start, and does what a person does. A screenshot is of the end."""
    from selenium.webdriver.common.keys import Keys

    file = folder / "nets" / NAME
    started_by(folder, ["archc-that-is-not-here", "lsp"])
    file.write_text(TEXT.replace(*MISTAKE), encoding="utf-8")
    with serving(command, folder, package) as url:
        page = opened()
        code = Code(page)
        try:
            code.open(url, file)
            failure = until(lambda: "pip install" in code.shown(NOTICE) and code.shown(NOTICE))
            code.command("Notifications: Clear All Notifications")
            started_by(folder, [str(folder / "bin" / "archc"), "lsp"])
            until(lambda: code.page.find_elements("css selector", ".squiggly-error"))
            colors = {word: code.color(word) for word in ("network", "conv", "32", "skip", "small")}
            code.command("View: Toggle Problems")
            problem = until(lambda: code.shown(".markers-panel .monaco-list-row .marker-message, .markers-panel .monaco-list-row"))
            code.command("View: Toggle Problems")
            code.go("stem: c")
            code.command("Fix All")
            until(lambda: "cnov" not in code.text())
            fixed = code.text()
            lenses = until(lambda: code.texts(".codelens-decoration a"))
            hints = until(lambda: [row for row in code.texts(".view-line") if "[32, 32, 32]" in row])
            code.go("stem: c")
            code.keys(Keys.CONTROL, "k")
            code.keys(Keys.CONTROL, "i")
            hover = until(lambda: "conv(channels" in code.shown(HOVER) and code.shown(HOVER))
            code.keys(Keys.ESCAPE)
            code.go("global_avgpool")
            code.keys(" -> adapt")
            offered = until(lambda: code.texts(".suggest-widget.visible .monaco-list-row"))
            code.keys(Keys.ESCAPE)
            for _ in range(len(" -> adapt")):
                code.keys(Keys.BACKSPACE)
            code.command("View: Toggle Primary Side Bar Visibility")
            code.command("arch: Picture beside the text")
            picture = until(lambda: code.picture())
            code.go("stem: conv(width, 3")
            code.keys(Keys.BACKSPACE)
            code.keys("5")
            redrawn = until(lambda: "5x5" in code.picture() and code.picture())
            code.go("default conv(bias = false)")
            code.keys(Keys.HOME)
            until(lambda: code.text().startswith("default") and code.texts(".codelens-decoration a"))
        finally:
            if screenshot is not None:  # of what went wrong, too
                page.save_screenshot(str(screenshot))
            page.quit()
    return Seen(failure, colors, problem, fixed, lenses, hints, hover, offered, picture, redrawn)


def main() -> int:
    command = shlex.split(os.environ.get(VARIABLE, ""))
    if not command:
        print(f"{VARIABLE} names no code-server")
        return 1
    with TemporaryDirectory(ignore_cleanup_errors=True) as draft:
        folder = Path(draft)
        found = seen(command, folder, packaged(folder), Path(sys.argv[1]) if len(sys.argv) > 1 else None)
    for name in Seen.__dataclass_fields__:
        print(f"{name}: {str(getattr(found, name))[:600]!r}")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
