"""How long the playground takes to its first picture: `python benchmarks/playground.py build/playground [times]`, after `make playground`.

Each time with a browser that has nothing of the page yet. Nothing is asked of a network: the folder is given away on this machine. It must be at rest.
"""

from __future__ import annotations

import argparse
import shutil
import threading
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from statistics import median
from time import perf_counter, sleep
from typing import Any

BOXES = "return document.querySelectorAll('#picture .node').length"


class Quiet(SimpleHTTPRequestHandler):
    def log_message(self, format: str, *args: Any) -> None:
        pass


def seconds(address: str) -> float:
    """From the address to a picture with boxes."""
    from selenium import webdriver
    from selenium.webdriver.chrome.service import Service

    options = webdriver.ChromeOptions()
    for argument in ("--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--window-size=1400,950"):
        options.add_argument(argument)
    options.binary_location = str(shutil.which("chromium") or shutil.which("google-chrome"))
    driver = webdriver.Chrome(options=options, service=Service(shutil.which("chromedriver")))
    try:
        begin = perf_counter()
        driver.get(address)
        while not driver.execute_script(BOXES):
            sleep(0.02)
        return perf_counter() - begin
    finally:
        driver.quit()


def main() -> None:
    asked = argparse.ArgumentParser(description="Seconds from opening the playground to its first picture.")
    asked.add_argument("folder", type=Path)
    asked.add_argument("times", nargs="?", type=int, default=5)
    given = asked.parse_args()
    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(Quiet, directory=str(given.folder)))
    threading.Thread(target=server.serve_forever, daemon=True).start()
    found = [seconds(f"http://127.0.0.1:{server.server_address[1]}/") for _ in range(given.times)]
    server.shutdown()
    print(f"first picture: median {median(found):.1f} s, at most {max(found):.1f} s of {len(found)}")


if __name__ == "__main__":
    main()
