"""The site names every page, and is built of the pages without a warning; no page of it asks another host for anything."""

from __future__ import annotations

import importlib.util
import os
import re
import runpy
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
FOREIGN = re.compile(
    r"""<(?:script|img|iframe|source)[^>]* src="(?:https?:)?//|<link[^>]* rel="(?!canonical)[^"]*"[^>]* href="(?:https?:)?//|url\(["']?https?://"""
)


def pages() -> dict[str, list[str]]:
    pytest.importorskip("pygments")
    found: dict[str, list[str]] = runpy.run_path(str(ROOT / "docs/site/conf.py"))["PAGES"]
    return found


def test_every_page_stands_in_the_sidebar_once() -> None:
    named = [path.relative_to(ROOT).as_posix() for rows in pages().values() for row in rows for path in sorted(ROOT.glob(f"{row}.md"))]
    there = [path.relative_to(ROOT).as_posix() for path in (ROOT / "docs").rglob("*.md") if "node_modules" not in path.parts]
    assert sorted(named) == sorted([*there, "architectures/README.md", "benchmarks/RESULTS.md", "CONTRIBUTING.md", "CHANGELOG.md"])


def test_every_name_in_the_sidebar_is_a_page() -> None:
    assert [row for rows in pages().values() for row in rows if not list(ROOT.glob(f"{row}.md"))] == []


@pytest.mark.slow
@pytest.mark.skipif(
    any(importlib.util.find_spec(name) is None for name in ("sphinx", "myst_parser", "furo")), reason="needs the extra archc[site]"
)
def test_the_site_is_built_without_a_warning_and_asks_no_other_host(tmp_path: Path) -> None:
    command = [
        sys.executable,
        "-m",
        "sphinx",
        "-q",
        "-W",
        "--keep-going",
        "-b",
        "html",
        "-c",
        "docs/site",
        "-d",
        str(tmp_path / "cache"),
        ".",
        str(tmp_path / "site"),
    ]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, env={**os.environ, "PYTHONPATH": str(ROOT)})
    assert done.returncode == 0, done.stderr
    built = sorted((tmp_path / "site").rglob("*.html"))
    assert (tmp_path / "site/index.html") in built
    for page in built:
        assert not FOREIGN.search(page.read_text(encoding="utf-8")), page
    text = (tmp_path / "site/docs/language.html").read_text(encoding="utf-8")
    assert '<span class="kd">block</span>' in text, "listings are coloured"
    assert (tmp_path / "site/searchindex.js").is_file()
