"""The files of the page's script: types and lint by TypeScript and Biome where `make lint-page` fetched them, and how they are joined."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import networkx
import pytest

from archc.compiler.draw.page.script import FIRST, IMPORT, joined

TOOLS = Path(__file__).parent / "script"
FOLDER = Path(__file__).parents[2] / "compiler" / "draw" / "page"
NPM = shutil.which("npm")


@pytest.mark.skipif(not (NPM and (TOOLS / "node_modules").is_dir()), reason="the tools of `make lint-page` are not here")
def test_types_and_lint() -> None:
    done = subprocess.run([str(NPM), "run", "check"], cwd=TOOLS, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


def test_every_file_is_joined_once_and_after_what_it_imports() -> None:
    script = joined(FOLDER)
    files = {path.name: path.read_text(encoding="utf-8") for path in FOLDER.glob("*.js")}
    places = {name: script.find(f'files["{name}"] = ') for name in files}
    assert {name: script.count(f'files["{name}"] = ') for name in files} == dict.fromkeys(files, 1)
    imports = [(name, needed) for name, text in files.items() for _, needed in IMPORT.findall(text)]
    assert [row for row in imports if places[row[0]] < places[row[1]]] == []
    assert max(places, key=places.__getitem__) == FIRST
    assert networkx.is_directed_acyclic_graph(networkx.DiGraph(imports))


def test_no_import_and_no_export_is_left() -> None:
    lines = joined(FOLDER).splitlines()
    assert [line for line in lines if line.startswith(("import ", "export "))] == []
