"""Terminals and pipes that know ASCII alone: what archc prints there is readable, without question marks, escapes or broken letters."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner

from archc.cli import COMMANDS, group
from archc.reporting.legible import ASCII, legible

CALLS: tuple[tuple[str, ...], ...] = (
    ("--help",),
    *((command, "--help") for command in COMMANDS),
    ("check", "good.arch"),
    ("check", "bad.arch"),
    ("check", "bad.arch", "--format", "short"),
    ("cost", "good.arch"),
    ("cost", "good.arch", "--memory"),
    ("cost", "good.arch", "--table", "receptive"),
    ("cost", "good.arch", "--device", "cpu"),
    ("cost", "good.arch", "--convention", "all"),
    ("sizes", "good.arch"),
    ("fit", "good.arch", "--vary", "width=1..64", "--most", "parameters=10K"),
    ("sweep", "good.arch", "--vary", "width=4,8,0", "--jobs", "1"),
    ("diff", "good.arch", "good.arch", "--set-b", "width=4"),
    ("list",),
    ("explain",),
    ("explain", "conv"),
    ("explain", "E301"),
    ("build", "good.arch", "--target", "python,json"),
    ("draw", "good.arch", "-o", "good.dot"),
    ("new", "mine"),
    ("fmt", "--check", "good.arch"),
    ("nonsense",),
)


@pytest.mark.parametrize("words", CALLS, ids=" ".join)
def test_a_terminal_of_ascii_shows_all_there_is(folder: Path, words: tuple[str, ...]) -> None:
    plain, full = (CliRunner(charset=charset).invoke(group, list(words), prog_name="archc") for charset in ("ascii", "utf-8"))
    if words[0] != "new":  # it is there the second time
        assert plain.exit_code == full.exit_code
        assert plain.output == legible(full.output, "ascii")
    assert plain.output.isascii() and "\\u" not in plain.output and "\\x" not in plain.output
    assert plain.output.count("?") <= full.output.count("?") or words[0] == "new"


@pytest.mark.parametrize(
    "environment",
    [{"PYTHONIOENCODING": "ascii"}, {"LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"}, {"PYTHONIOENCODING": "latin-1"}],
)
def test_a_process_of_another_encoding(folder: Path, environment: dict[str, str]) -> None:
    """stderr of Python escapes what it cannot show of itself, stdout fails."""
    variables = os.environ | {"PYTHONPATH": os.pathsep.join(sys.path)} | environment
    for words in (("cost", "good.arch"), ("cost", "nowhere–at→all")):
        done = subprocess.run([sys.executable, "-m", "archc", *words], cwd=folder, env=variables, capture_output=True, check=False)
        told = (done.stdout + done.stderr).decode("latin-1")
        assert "?" not in told and "\\u" not in told and "Error" not in told, told
    assert "nowhere-at->all" in told


def test_what_a_file_holds_stays_what_it_is(folder: Path) -> None:
    text = "## Schön — 中文\nnetwork n {\n  input x[3]\n  linear(2)\n}\n"
    done = CliRunner(charset="ascii").invoke(group, ["fmt", "-"], input=text.encode())
    assert done.stdout_bytes.decode() == text


def test_letters_that_ascii_has_nothing_like_are_told_by_their_numbers() -> None:
    assert legible("Schön – 中", "ascii") == "Schon - \\u4e2d"
    assert legible("Schön – 中", "latin-1") == "Schön - \\u4e2d"
    assert legible("a×b ─", "cp437") == "axb ─"


def test_one_letter_stands_for_one_where_columns_are_drawn() -> None:
    assert all(len(ASCII[letter]) == 1 for letter in "─│└┌●·█▇▆▅▄▃▂▁░×−▲")
    assert all(plain.isascii() for plain in ASCII.values())
