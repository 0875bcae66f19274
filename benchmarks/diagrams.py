"""Diagrams side by side with torchview's and netron's, for the same networks, in one run.

For each network: boxes, width and height in points, smallest text on a portrait page (6.5 by 9 inches), size of the SVG, and the
seconds of a whole run in a new process, start-up and imports included (netron: export to ONNX and the time until its page has drawn).

    python benchmarks/diagrams.py [-o FILE.md] [NETWORK …]

torchview and netron are not needed by archc: `pip install --no-deps torchview netron`; netron's picture is taken in headless
Chromium (`selenium`). What is not installed is left out and said.
"""

from __future__ import annotations

import argparse
import os
import re
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

NETWORKS = {
    "resnext50": "resnext50_32x4d",
    "resnet152": "resnet152",
    "googlenet_torchvision": "googlenet",
    "densenet121": "densenet121",
}
PAGE = (6.5 * 72, 9 * 72)

# torchvision's model, also where its compiled operators do not fit the PyTorch at hand.
MODEL = """
import contextlib, sys, torch
for name in ("nms", "qnms"):
    with contextlib.suppress(RuntimeError):
        torch.library.define(f"torchvision::{name}", "(Tensor dets, Tensor scores, float iou_threshold) -> Tensor")
import torchvision
more = {"init_weights": False} if sys.argv[1] == "googlenet" else {}
model = getattr(torchvision.models, sys.argv[1])(weights=None, **more).eval()
"""

TORCHVIEW = (
    MODEL
    + """
import torchview
drawn = torchview.draw_graph(model, input_size=(1, 3, 224, 224), expand_nested=True, device="meta")
open(sys.argv[2], 'w').write(drawn.visual_graph.source)
"""
)

LAYOUT = """
import sys, pygraphviz
pygraphviz.AGraph(sys.argv[1]).draw(sys.argv[2], prog='dot')
"""

EXPORT = (
    MODEL
    + """
torch.onnx.export(model, torch.zeros(1, 3, 224, 224), sys.argv[2], dynamo=False)
"""
)


@dataclass(frozen=True)
class Measure:
    """One picture."""

    boxes: int
    width: float
    height: float
    smallest: float
    size: int
    seconds: float

    @property
    def on_a_page(self) -> float:
        """The smallest text, in points, when the picture fits the page."""
        return self.smallest * min(1.0, PAGE[0] / self.width, PAGE[1] / self.height)

    def row(self, network: str, tool: str) -> str:
        return (
            f"| {network} | {tool} | {self.boxes} | {self.width:,.0f} x {self.height:,.0f} | {self.on_a_page:.1f} | "
            f"{self.size / 1000:,.0f} | {self.seconds:.2f} |"
        )


def timed(command: list[str]) -> float:
    start = time.perf_counter()
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    return time.perf_counter() - start


def measured(svg: str, seconds: float) -> Measure:
    found = re.search(r'<svg[^>]*\swidth="([\d.]+)pt" height="([\d.]+)pt"', svg)
    assert found is not None
    sizes = [float(size) for size in re.findall(r'font-size="([\d.]+)"', svg)]
    boxes = len(re.findall(r'class="node', svg))
    return Measure(boxes, float(found[1]), float(found[2]), min(sizes), len(svg.encode()), seconds)


def archc(network: str, folder: Path) -> Measure:
    file = folder / "archc.svg"
    seconds = timed([sys.executable, "-m", "archc", "draw", network, "-o", str(file)])
    return measured(file.read_text(), seconds)


def torchview(network: str, folder: Path) -> Measure:
    dot, file = folder / "view.dot", folder / "view.svg"
    seconds = timed([sys.executable, "-c", TORCHVIEW, NETWORKS[network], str(dot)])
    seconds += timed([sys.executable, "-c", LAYOUT, str(dot), str(file)])
    return measured(file.read_text(), seconds)


def netron(network: str, folder: Path) -> Measure:
    """The page of the exported ONNX model in headless Chromium; the time runs from the export's end to the drawn graph."""
    import netron as program
    from selenium import webdriver
    from selenium.webdriver.chrome.service import Service

    model = folder / "model.onnx"
    export = timed([sys.executable, "-c", EXPORT, NETWORKS[network], str(model)])
    options = webdriver.ChromeOptions()
    for argument in ("--headless=new", "--no-sandbox", "--disable-gpu"):
        options.add_argument(argument)
    options.binary_location = "/usr/bin/chromium"
    driver = webdriver.Chrome(options=options, service=Service("/usr/bin/chromedriver"))
    address = program.start(str(model), browse=False)
    try:
        start = time.perf_counter()
        driver.get(f"http://{address[0]}:{address[1]}")
        while not driver.execute_script("const drawn = document.getElementById('canvas'); return drawn && drawn.getBBox().height > 500"):
            if time.perf_counter() - start > 120:
                raise TimeoutError("netron drew nothing")
            driver.execute_script(  # its question about its terms
                "for (const button of document.querySelectorAll('button')) if (/accept/i.test(button.textContent)) button.click()"
            )
            time.sleep(0.05)
        seconds = time.perf_counter() - start
        boxes, width, height, smallest, text = driver.execute_script(
            "const svg = document.getElementById('canvas'), box = svg.getBBox();"
            "const sizes = [...svg.querySelectorAll('text')].map(text => parseFloat(getComputedStyle(text).fontSize));"
            "return [svg.querySelectorAll('g.node').length, box.width, box.height, Math.min(...sizes), svg.outerHTML]"
        )
    finally:
        program.stop(address)
        driver.quit()
    points = 72 / 96
    return Measure(boxes, width * points, height * points, smallest * points, len(text.encode()), export + seconds)


TOOLS: dict[str, Callable[[str, Path], Measure]] = {"archc": archc, "torchview": torchview, "netron": netron}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("networks", nargs="*", default=list(NETWORKS))
    parser.add_argument("-o", "--output")
    arguments = parser.parse_args()
    rows = [
        "| network | tool | boxes | points | smallest text on a page, pt | kB | seconds |",
        "| --- | --- | --: | --: | --: | --: | --: |",
    ]
    for network in arguments.networks:
        for tool, measure in TOOLS.items():
            with tempfile.TemporaryDirectory() as folder:
                try:
                    rows.append(measure(network, Path(folder)).row(network, tool))
                except (ImportError, OSError, subprocess.CalledProcessError) as error:
                    rows.append(f"| {network} | {tool} | not run: {type(error).__name__} | | | | |")
            sys.stderr.write(rows[-1] + "\n")
    text = "\n".join(rows) + "\n"
    if arguments.output:
        Path(arguments.output).write_text(text, encoding="utf-8")
    else:
        sys.stdout.write(text)


if __name__ == "__main__":
    os.environ.setdefault("PYTHONPATH", str(Path(__file__).resolve().parent.parent))
    main()
