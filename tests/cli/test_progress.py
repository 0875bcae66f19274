"""What a long command is at is one line on a terminal, and elsewhere a line now and then."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from archc.cli.face import Face
from archc.cli.progress import progress

from .conftest import GOOD

ROOT = Path(__file__).parents[2]
FIT = ("fit", "good.arch", "--vary", "width=1..64", "--most", "parameters=10K")
SWEEP = ("sweep", "good.arch", "--vary", "width=4,8", "--jobs", "1")


def seen(folder: Path, *words: str) -> str:
    """What a terminal is sent on stderr."""
    pty = pytest.importorskip("pty", reason="no terminals here")
    (folder / "good.arch").write_text(GOOD, encoding="utf-8")
    ours, theirs = pty.openpty()
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "TERM": "xterm"}
    command = [sys.executable, "-m", "archc", *words]
    subprocess.run(command, cwd=folder, env=environment, stdout=subprocess.DEVNULL, stderr=theirs, check=True)
    os.write(theirs, b"<end>")  # that the reading below waits for nothing where nothing came
    os.close(theirs)
    text = b""
    while not text.endswith(b"<end>"):
        text += os.read(ours, 4096)
    os.close(ours)
    return text.decode().removesuffix("<end>")


def test_a_fit_tells_what_it_tries_and_wipes_it(tmp_path: Path) -> None:
    text = seen(tmp_path, *FIT)
    assert "width=64 … 1 tried" in text and text.endswith("\r\x1b[K") and "\n" not in text


def test_a_sweep_tells_how_far_it_is(tmp_path: Path) -> None:
    text = seen(tmp_path, *SWEEP)
    assert "1 of 2" in text and text.endswith("\r\x1b[K")


def test_sizes_tell_how_many_were_tried(tmp_path: Path) -> None:
    text = seen(tmp_path, "sizes", "good.arch")
    assert "height: 64 of 160 sizes tried" in text and text.endswith("\r\x1b[K")


@pytest.mark.parametrize("words", [FIT, SWEEP])
def test_nothing_where_silence_was_asked_for_or_there_is_no_terminal(tmp_path: Path, words: tuple[str, ...]) -> None:
    assert seen(tmp_path, "-q", *words) == ""
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    done = subprocess.run([sys.executable, "-m", "archc", *words], cwd=tmp_path, env=environment, capture_output=True, check=True)
    assert done.stderr == b"" and b"\x1b" not in done.stdout


def test_without_a_terminal_a_long_command_tells_seldom_what_it_is_at(monkeypatch: pytest.MonkeyPatch) -> None:
    """After ten seconds, and then after twice as long each time."""
    now = [0.0]
    monkeypatch.setattr("archc.cli.progress.monotonic", lambda: now[0])
    told: list[tuple[float, str]] = []
    face = Face()
    monkeypatch.setattr(Face, "say", lambda self, text: told.append((now[0], text)))
    with progress(face) as show:
        for second in range(100):
            now[0] = float(second)
            show(f"{second} done")
    assert told == [(10.0, "10 done"), (30.0, "30 done"), (70.0, "70 done")]
    told.clear()
    with progress(Face(quiet=True)) as show:
        now[0] = 1000.0
        show("late")
    assert told == []
