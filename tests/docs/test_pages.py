"""Every listing of the pages that people read does what the page says."""

from __future__ import annotations

import io
import os
import shlex
import subprocess
import sys
from contextlib import redirect_stdout
from pathlib import Path

import pytest

from archc.reporting.terminal import to_text
from tests.support import checked

from .listings import Listing, commands, listings, missing_line

DOCS = Path(__file__).parents[2] / "docs"


def run_page(page: Path, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Run the listings of a page in order, in an empty folder; the Python ones share their names."""
    monkeypatch.chdir(folder)
    environment = {**os.environ, "PYTHONPATH": str(DOCS.parent), "COLUMNS": "160", "NO_COLOR": "1"}
    names: dict[str, object] = {}
    printed = io.StringIO()
    for listing in listings(page):
        place = f"{page.name}:{listing.line}"
        if listing.file is not None:
            Path(listing.file).write_text(listing.text, encoding="utf-8")
        elif listing.kind == "python":
            printed = io.StringIO()
            with redirect_stdout(printed):
                exec(compile(listing.text, place, "exec"), names)
        elif listing.kind == "output":  # of the Python above it
            missing = missing_line(listing.text.splitlines(), printed.getvalue())
            assert missing is None, f"{place}: nothing printed\n{missing}\nbut\n{printed.getvalue()}"
        elif listing.kind == "console":
            for command, expected in commands(listing):
                words = shlex.split(command)
                assert words[0] == "archc", place
                done = subprocess.run(
                    [sys.executable, "-m", *words], env=environment, capture_output=True, text=True, encoding="utf-8", timeout=300
                )
                assert (done.returncode != 0) == ("fails" in listing.options), f"{place}\n{done.stdout}\n{done.stderr}"
                missing = missing_line(expected, done.stderr + done.stdout)
                assert missing is None, f"{place}: `{command}` did not print\n{missing}\nbut\n{done.stdout}\n{done.stderr}"


def test_tour(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    run_page(DOCS / "tour.md", tmp_path, monkeypatch)


def test_readme(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    run_page(DOCS.parent / "README.md", tmp_path, monkeypatch)


def test_commands(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    run_page(DOCS / "commands.md", tmp_path, monkeypatch)


def test_json(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    run_page(DOCS / "json.md", tmp_path, monkeypatch)


def test_quantize(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    run_page(DOCS / "quantize.md", tmp_path, monkeypatch)


def test_every_command_is_on_the_page_of_commands() -> None:
    from archc.cli import COMMANDS

    text = (DOCS / "commands.md").read_text(encoding="utf-8")
    assert [name for name in COMMANDS if f"| `archc {name}" not in text] == []


@pytest.mark.slow
def test_own_operations(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    run_page(DOCS / "own_operations.md", tmp_path, monkeypatch)


LANGUAGE = [listing for listing in listings(DOCS / "language.md") if listing.kind == "arch"] if (DOCS / "language.md").is_file() else []


@pytest.mark.parametrize("listing", LANGUAGE, ids=lambda listing: f"line-{listing.line}")
def test_language_page(listing: Listing) -> None:
    """The examples of the language page are legal (those marked `fails` are not)."""
    found = checked(listing.text, "page.arch")
    assert found.has_errors == ("fails" in listing.options), to_text(found.diagnostics)


MISTAKES = listings(DOCS / "mistakes.md")


@pytest.mark.parametrize(
    ("text", "told"), list(zip(MISTAKES[::2], MISTAKES[1::2], strict=True)), ids=lambda listing: f"line-{listing.line}"
)
def test_mistakes_page(text: Listing, told: Listing) -> None:
    """Each text of the page of mistakes is what the listing above it gives."""
    errors = [row for row in checked(text.text, "page.arch").diagnostics if row.is_error]
    assert to_text(errors).rstrip() == told.text.rstrip()
