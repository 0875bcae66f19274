"""Ctrl-C ends a command: at once, with the status of an interrupt, without a traceback, and nothing of it goes on.

Real processes get real signals. No time is asserted: what does not end fails by its generous limit.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

pytestmark = pytest.mark.skipif(os.name != "posix", reason="signals to process groups")

ROOT = Path(__file__).parents[2]
LIMIT = 60

# As a child of a test runner in the background, a process may find Ctrl-C switched off.
CODE = "import signal; signal.signal(signal.SIGINT, signal.default_int_handler); from archc.cli import main; main()"

VARY = """network vary(width = 16, depth = 60) {
  input x[3, 32, 32]
  conv(width)
  repeat depth { add { | conv(width, bias = false) -> bn -> relu | skip } }
  global_avgpool -> flatten -> linear(10)
}
"""


def start(*arguments: str, folder: Path) -> subprocess.Popen[str]:
    (folder / "vary.arch").write_text(VARY, encoding="utf-8")
    return subprocess.Popen(
        [sys.executable, "-c", CODE, *arguments],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        cwd=folder,
        env={**os.environ, "PYTHONPATH": str(ROOT), "OMP_NUM_THREADS": "1"},
        start_new_session=True,
    )


def interrupted(process: subprocess.Popen[str], whole_group: bool = True) -> str:
    """What is written to stderr after a Ctrl-C, as a terminal sends it (to the group) or as another program does (to one process)."""
    try:
        (os.killpg if whole_group else os.kill)(process.pid, signal.SIGINT)
        _, told = process.communicate(timeout=LIMIT)
    except subprocess.TimeoutExpired:
        pytest.fail("it goes on")
    finally:
        left = _is_there(process.pid)
        if left:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()
    assert process.returncode == 130, told
    assert not left
    return told


def _is_there(group: int) -> bool:
    """Whether something of the group is left; one that was killed may take a moment to be gone."""
    for _ in range(600):
        try:
            os.killpg(group, 0)
        except ProcessLookupError:
            return False
        time.sleep(0.05)
    return True


def wait_for(journal: Path, process: subprocess.Popen[str], lines: int) -> None:
    for _ in range(LIMIT * 20):
        if journal.exists() and journal.read_text(encoding="utf-8").count("\n") >= lines:
            return
        assert process.poll() is None, "it ended by itself"
        time.sleep(0.05)
    pytest.fail("nothing was worked out")


@pytest.mark.parametrize("whole_group", [True, False], ids=["from a terminal", "from another program"])
@pytest.mark.parametrize("jobs", ["1", "2"])
def test_a_sweep_stops_and_its_journal_is_whole(tmp_path: Path, jobs: str, whole_group: bool) -> None:
    journal = tmp_path / "sweep.jsonl"
    process = start("sweep", "vary.arch", "--vary", "width=16..40000:2", "--jobs", jobs, "--journal", str(journal), folder=tmp_path)
    try:
        wait_for(journal, process, 4)
    finally:
        told = interrupted(process, whole_group)
    assert told.strip() == "interrupted"
    rows = [json.loads(line) for line in journal.read_text(encoding="utf-8").splitlines()]
    assert len(rows) >= 4
    assert all(row["figures"]["parameters"] > 0 and not row["error"] for row in rows)


@pytest.mark.slow
@pytest.mark.parametrize(
    "arguments",
    [
        ("fit", "vary.arch", "--vary", "width=1..4000", "--vary", "depth=1..90", "--match", "parameters=80M"),
        ("verify", "resnet50"),
        ("bench", "resnet50", "--ways", "eager"),
    ],
    ids=lambda row: row[0],
)
def test_a_command_that_takes_long_stops(tmp_path: Path, arguments: tuple[str, ...]) -> None:
    process = start(*arguments, folder=tmp_path)
    time.sleep(3)  # into its work, as far as this machine has come: wherever it is, it must stop
    told = interrupted(process)
    assert told.strip().endswith("interrupted")
    assert "Traceback" not in told


BUSY = """
import os, signal, sys, time
from archc.compiler.explore.sweep import Local, grid, sweep

def evaluate(settings):
    if dict(settings)["x"] != "0":
        time.sleep(3600)
    return {"macs": 1}, ""

def between_two_rows(done, of):
    if done:
        os.kill(os.getpid(), signal.SIGINT)
        time.sleep(3600)

def while_it_waits(done, of):
    if done:
        signal.signal(signal.SIGALRM, signal.default_int_handler)
        signal.setitimer(signal.ITIMER_REAL, 0.5)

if __name__ == "__main__":
    signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        sweep(grid({"x": ["0", "1", "2", "3"]}), evaluate, Local(2), progress=globals()[sys.argv[1]])
    except KeyboardInterrupt:
        sys.exit(130)
"""


@pytest.mark.parametrize("moment", ["between_two_rows", "while_it_waits"])
def test_workers_that_are_busy_for_an_hour_are_not_waited_for(tmp_path: Path, moment: str) -> None:
    (tmp_path / "busy.py").write_text(BUSY, encoding="utf-8")
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    process = subprocess.Popen(
        [sys.executable, "busy.py", moment], cwd=tmp_path, env=environment, start_new_session=True, stderr=subprocess.PIPE, text=True
    )
    try:
        _, told = process.communicate(timeout=LIMIT)
    except subprocess.TimeoutExpired:
        pytest.fail("it goes on")
    finally:
        if _is_there(process.pid):
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()
            pytest.fail("something of it is left")
    assert (process.returncode, told) == (130, "")
