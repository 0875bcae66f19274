"""The page of the house is of this house."""

from __future__ import annotations

import importlib.util
import re
from pathlib import Path

ROOT = Path(__file__).parents[2]


def test_the_picture_is_made_from_the_imports() -> None:
    """After a change of the imports: `make docs`."""
    spec = importlib.util.spec_from_file_location("architecture", ROOT / "docs" / "architecture.py")
    assert spec is not None and spec.loader is not None
    made = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(made)
    assert made.picture() == (ROOT / "docs" / "architecture.svg").read_bytes()


def test_every_file_that_the_walks_name_is_there() -> None:
    page = (ROOT / "docs" / "architecture.md").read_text(encoding="utf-8")
    names = set(re.findall(r"`([\w/]+\.(?:py|lark))`", page))
    known = [path.as_posix() for path in ROOT.rglob("*.*") if ".venv" not in path.parts]
    assert [name for name in names if not any(path.endswith("/" + name) for path in known)] == []
    assert len(names) > 25
