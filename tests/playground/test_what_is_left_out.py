"""The page asks for nothing that its archive leaves out: with those modules hidden, every answer and every form of the picture is made."""

from __future__ import annotations

import json
import runpy
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]

RUN = """
import importlib.abc, json, sys
left_out, text = json.loads(sys.argv[1]), sys.argv[2]

class Hidden(importlib.abc.MetaPathFinder):
    def find_spec(self, name, path, target=None):
        if name.startswith(tuple(left_out)):
            raise ModuleNotFoundError(f"{name} is left out")

sys.meta_path.insert(0, Hidden())
from archc.compiler.draw.graphviz import lay_out_by, render
from archc.live.answers import FORMATS
from archc.live.browser import Worker

def layout(dot, form):
    lay_out_by(None)
    return render(dot, form).decode()

for form in FORMATS:
    print(form, Worker(layout).draw("n.arch", text, "{}", form)[:100])
worker = Worker(layout)
worker.ask("n.arch", text, json.dumps({"panel": "costs"}))
part = {"part": ""}
while part["part"] not in ("done", "refused"):
    part = json.loads(worker.step())
    print(part["part"], part.get("bug", ""))
"""

TEXTS = {
    "a network": "network n {\n  input x[3, 8, 8]\n  conv(4, 3) -> relu\n}\n",
    "a budget of time": "network n {\n  input x[3, 8, 8]\n  budget time <= 5ms\n  conv(4, 3) -> relu\n}\n",
    "a mistake": "network n {\n  input x[3, 8, 8]\n  conv(4, 3, padding = 1)\n}\n",
}


@pytest.mark.parametrize("text", TEXTS.values(), ids=TEXTS)
def test_what_is_left_out_is_not_asked_for(text: str) -> None:
    build = runpy.run_path(str(ROOT / "docs" / "playground" / "build.py"))
    own = [name.replace("/", ".") if name.startswith("archc") else f"archc.{name}".replace("/", ".") for name in build["LEFT_OUT"]]
    others = [
        name.strip("/").removesuffix(".py") for name in build["UNUSED"] if name != "multiprocessing/"
    ]  # which Graphviz's process here needs
    command = [sys.executable, "-c", RUN, json.dumps([*own, *others]), text]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert "bug" not in done.stdout and "left out" not in done.stdout, done.stdout
