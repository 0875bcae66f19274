"""Diagrams side by side with those of torchview, torchlens, netron and Model Explorer, for the same networks, in one run.

For each network: boxes, width and height in points, smallest text on a portrait page (6.5 by 9 inches), size of the SVG, and the
seconds of a whole run in a new process, start-up and imports included (netron: export to ONNX and the time until its page has drawn).

    python benchmarks/diagrams.py [-o FILE.md] [NETWORK …]

The others are not needed by archc: `pip install --no-deps --target FOLDER torchview torchlens graphviz netron ai-edge-model-explorer
ai-edge-model-explorer-adapter flask werkzeug itsdangerous blinker jinja2 markupsafe requests urllib3 idna certifi charset_normalizer
portpicker psutil termcolor tqdm watchdog dacite`, and `PYTHONPATH=FOLDER`; netron's picture is taken in headless Chromium (`selenium`).
What is not installed is left out and said. Model Explorer draws on a canvas, in which no text can be measured: its boxes are the layers and
steps that it shows before anything is opened, its kilobytes those of its graph, its time that of export and conversion.
"""

from __future__ import annotations

import argparse
import json
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
    "resnet18": "resnet18",
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

# The package graphviz calls a program `dot`; this is one, of what pygraphviz carries.
DOT = """#!{python}
import sys
import pygraphviz
if "-V" in sys.argv:
    sys.exit(sys.stderr.write("dot - graphviz version 14.1.5 (0)\\n") and 0)
form = next(word[2:] for word in sys.argv if word.startswith("-T"))
out = sys.argv[sys.argv.index("-o") + 1] if "-o" in sys.argv else None
files = [word for word in sys.argv[1:] if not word.startswith("-") and word != out]
made = pygraphviz.AGraph(string=(open(files[-1]).read() if files else sys.stdin.read())).draw(format=form, prog="dot")
out = out or (f"{{files[-1]}}.{{form}}" if "-O" in sys.argv else None)
(open(out, "wb") if out else sys.stdout.buffer).write(made)
"""

TORCHLENS = (
    MODEL
    + """
import torchlens
torchlens.trace(model, torch.zeros(1, 3, 224, 224)).draw(vis_outpath=sys.argv[2], vis_save_only=True, vis_fileformat="svg")
"""
)

EXPLORER = (
    MODEL
    + """
torch.export.save(torch.export.export(model, (torch.zeros(1, 3, 224, 224),)), sys.argv[2])
import json
from model_explorer.builtin_pytorch_exportedprogram_adapter import BuiltinPytorchExportedProgramAdapter
from model_explorer.utils import convert_adapter_response
shown = convert_adapter_response(BuiltinPytorchExportedProgramAdapter().convert(sys.argv[2], {"const_element_count_limit": 16}))
open(sys.argv[3], "w").write(json.dumps(shown))
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
        """The smallest text, in points, when the picture fits the page; 0 where nothing is known of it."""
        if not self.width:
            return 0.0
        return self.smallest * min(1.0, PAGE[0] / self.width, PAGE[1] / self.height)

    def row(self, network: str, tool: str) -> str:
        extent, text = (f"{self.width:,.0f} x {self.height:,.0f}", f"{self.on_a_page:.1f}") if self.width else ("", "")
        return f"| {network} | {tool} | {self.boxes} | {extent} | {text} | {self.size / 1000:,.0f} | {self.seconds:.2f} |"


def timed(command: list[str], **more: str) -> float:
    start = time.perf_counter()
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, env={**os.environ, **more})
    return time.perf_counter() - start


def measured(svg: str, seconds: float) -> Measure:
    found = re.search(r'<svg[^>]*\swidth="([\d.]+)pt" height="([\d.]+)pt"', svg)
    assert found is not None
    sizes = [float(size) for size in re.findall(r'font-size="([\d.]+)"', svg)]
    boxes = len(re.findall(r'class="node', svg))
    return Measure(boxes, float(found[1]), float(found[2]), min(sizes), len(svg.encode()), seconds)


def archc(network: str, folder: Path, *more: str) -> Measure:
    file = folder / "archc.svg"
    seconds = timed([sys.executable, "-m", "archc", "draw", network, "-o", str(file), *(more or ("--no-insets",))])
    return measured(file.read_text(), seconds)


def with_insets(network: str, folder: Path) -> Measure:
    return archc(network, folder, "--insets")


def torchview(network: str, folder: Path) -> Measure:
    dot, file = folder / "view.dot", folder / "view.svg"
    seconds = timed([sys.executable, "-c", TORCHVIEW, NETWORKS[network], str(dot)])
    seconds += timed([sys.executable, "-c", LAYOUT, str(dot), str(file)])
    return measured(file.read_text(), seconds)


def torchlens(network: str, folder: Path) -> Measure:
    """Its rolled-out graph, as it draws it by itself."""
    program = folder / "dot"
    program.write_text(DOT.format(python=sys.executable))
    program.chmod(0o755)
    seconds = timed(
        [sys.executable, "-c", TORCHLENS, NETWORKS[network], str(folder / "lens")], PATH=f"{folder}{os.pathsep}{os.environ.get('PATH', '')}"
    )
    return measured(next(folder.glob("lens*.svg")).read_text(), seconds)


def model_explorer(network: str, folder: Path) -> Measure:
    model, graph = folder / "model.pt2", folder / "graph.json"
    seconds = timed([sys.executable, "-c", EXPLORER, NETWORKS[network], str(model), str(graph)])
    nodes = [node for shown in json.loads(graph.read_text())["graphs"] for node in shown["nodes"]]
    first = {node["namespace"].split("/")[0] or node["id"] for node in nodes}
    return Measure(len(first), 0, 0, 0, graph.stat().st_size, seconds)


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


TOOLS: dict[str, Callable[[str, Path], Measure]] = {
    "archc": archc, "archc, insets": with_insets, "torchview": torchview, "torchlens": torchlens, "netron": netron, "Model Explorer": model_explorer,
}  # fmt: skip


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
