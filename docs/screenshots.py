"""Screenshots of the pages: `python docs/screenshots.py` writes docs/watch.png. It needs Chromium with its driver, and `archc[watch]`."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

ROOT = Path(__file__).parent.parent
sys.path.insert(0, str(ROOT))

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


def main() -> None:
    page = opened()
    try:
        watch(page, ROOT / "docs" / "watch.png")
    finally:
        page.quit()


if __name__ == "__main__":
    main()
