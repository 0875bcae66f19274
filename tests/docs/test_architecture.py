"""The page of the house is of this house."""

from __future__ import annotations

import ast
import importlib.util
import re
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import FrameType

import pytest

from archc.compiler.driver import compile
from archc.compiler.targets import Plan, build
from archc.reporting.terminal import to_text
from tests.support import checked

from .listings import listings

ROOT = Path(__file__).parents[2]
PAGE = ROOT / "docs" / "architecture.md"

Met = set[tuple[str, str]]
"""Files and their functions."""


def walks() -> dict[str, list[tuple[str, list[str]]]]:
    """The walks by their headings: the files, and what is told of each."""
    parts = re.split(r"^## (.*)$", PAGE.read_text(encoding="utf-8"), flags=re.MULTILINE)
    named = re.compile(r"`([\w/]+\.(?:py|lark))`(?:\s+\(((?:`[\w.]+`(?:,\s)?)+)\))?")
    return {
        heading: [(file, re.findall(r"[\w.]+", names)) for file, names in named.findall(text)]
        for heading, text in zip(parts[1::2], parts[2::2], strict=True)
    }


WALKS = walks()
ERROR, CONVOLUTION = WALKS


def definitions(file: str) -> dict[str, type[ast.AST]]:
    """What is defined in a file, by its dotted name."""
    found: dict[str, type[ast.AST]] = {}

    def add(body: list[ast.stmt], before: str) -> None:
        for node in body:
            if isinstance(node, ast.ClassDef | ast.FunctionDef):
                found[before + node.name] = type(node)
            if isinstance(node, ast.ClassDef):
                add(node.body, f"{before}{node.name}.")

    add(ast.parse((ROOT / file).read_text(encoding="utf-8")).body, "")
    return found


def functions(heading: str) -> Met:
    """The functions of a walk. A class is met by being told of: what makes a record runs no line of its file."""
    return {
        (file, name.rpartition(".")[2]) for file, names in WALKS[heading] for name in names if definitions(file)[name] is ast.FunctionDef
    }


@contextmanager
def watched() -> Iterator[Met]:
    """What is called meanwhile."""
    met: Met = set()
    files: dict[str, str] = {}

    def see(frame: FrameType, event: str, _: object) -> None:
        if event == "call":
            code = frame.f_code
            if code.co_filename not in files:
                path = Path(code.co_filename).resolve()
                files[code.co_filename] = path.relative_to(ROOT).as_posix() if path.is_relative_to(ROOT) else ""
            met.add((files[code.co_filename], code.co_name))

    before = sys.getprofile()
    sys.setprofile(see)
    try:
        yield met
    finally:
        sys.setprofile(before)


def test_the_picture_is_made_from_the_imports() -> None:
    """After a change of the imports: `make docs`."""
    spec = importlib.util.spec_from_file_location("architecture", ROOT / "docs" / "architecture.py")
    assert spec is not None and spec.loader is not None
    made = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(made)
    assert made.picture() == (ROOT / "docs" / "architecture.svg").read_bytes()


@pytest.mark.parametrize("heading", WALKS)
def test_a_walk_names_each_file_once_and_what_is_in_it(heading: str) -> None:
    files = [file for file, _ in WALKS[heading]]
    assert len(files) > 12 and len(set(files)) == len(files)
    assert [file for file in files if not (ROOT / file).is_file()] == []
    told = [(file, name) for file, names in WALKS[heading] for name in names]
    assert [(file, name) for file, name in told if name not in definitions(file)] == []


def test_the_first_walk_is_the_way_of_a_mistake() -> None:
    text, told = listings(PAGE)
    with watched() as met:
        found = checked(text.text)
        printed = to_text(found.diagnostics)
    assert printed.rstrip() == told.text.rstrip()
    assert functions(ERROR) - met == set()


@pytest.mark.slow
def test_the_second_walk_is_the_way_of_a_convolution(tmp_path: Path) -> None:
    file = tmp_path / "n.arch"
    file.write_text("network n {\n  input image[3, 8, 8]\n  repeat 2 { conv(4, 3) -> relu }\n}\n", encoding="utf-8")
    with watched() as met:
        build(Plan(compile(str(file)).graph, str(tmp_path)), ["torchscript"])
    assert (tmp_path / "n.pt").is_file()
    assert functions(CONVOLUTION) - met == set()
