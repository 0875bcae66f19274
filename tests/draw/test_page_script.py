"""The files of the page's script: types and lint by TypeScript and Biome where `make lint-page` fetched them, and how they are joined."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import networkx
import pytest

from archc.compiler.draw.page.script import FIRSTS, IMPORT, joined

TOOLS = Path(__file__).parent / "script"
FOLDER = Path(__file__).parents[2] / "compiler" / "draw" / "page"
NPM = shutil.which("npm")


@pytest.mark.skipif(not (NPM and (TOOLS / "node_modules").is_dir()), reason="the tools of `make lint-page` are not here")
def test_types_and_lint() -> None:
    done = subprocess.run([str(NPM), "run", "check"], cwd=TOOLS, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


def test_every_file_is_joined_once_and_after_what_it_imports() -> None:
    files = {path.name: path.read_text(encoding="utf-8") for path in FOLDER.glob("*.js")}
    imports = [(name, needed) for name, text in files.items() for _, needed in IMPORT.findall(text)]
    graph = networkx.DiGraph(imports)
    assert networkx.is_directed_acyclic_graph(graph)
    joint = set()
    for first in FIRSTS:
        script = joined(FOLDER, first)
        needed = {first, *networkx.descendants(graph, first)}
        places = {name: script.find(f'files["{name}"] = ') for name in needed}
        assert {name: script.count(f'files["{name}"] = ') for name in files} == {name: int(name in needed) for name in files}
        assert [row for row in imports if row[0] in needed and places[row[0]] < places[row[1]]] == []
        assert max(places, key=places.__getitem__) == first
        joint |= needed
    assert joint == set(files)


def test_no_import_and_no_export_is_left() -> None:
    lines = [line for first in FIRSTS for line in joined(FOLDER, first).splitlines()]
    assert [line for line in lines if line.startswith(("import ", "export "))] == []
