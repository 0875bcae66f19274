"""The tests' own memory: the guard fails a run that takes too much, and says so."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent

TESTS = """\
import tests.memory
tests.memory.LIMIT = tests.memory.peak() + 50_000_000

def test_small(): bytes(1000)
def test_large(): assert len(bytearray(b"x") * 200_000_000)
def test_later(): pass
"""


def run(folder: Path, *options: str) -> subprocess.CompletedProcess[str]:
    (folder / "test_sizes.py").write_text(TESTS, encoding="utf-8")
    (folder / "pytest.ini").write_text("[pytest]\n", encoding="utf-8")
    command = [sys.executable, "-m", "pytest", "-q", "-p", "tests.memory", *options, "test_sizes.py"]
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    for name in [name for name in environment if name.startswith("PYTEST_")]:  # of the run that runs this
        del environment[name]
    return subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, check=False, timeout=120)


@pytest.mark.skipif(sys.platform == "win32", reason="Windows knows no peak of the processes that ended")
@pytest.mark.parametrize("options", [(), ("-n", "1")], ids=["alone", "in a worker"])
def test_a_test_that_takes_too_much_fails_the_run_and_is_named(options: tuple[str, ...], tmp_path: Path) -> None:
    done = run(tmp_path, *options)
    assert done.returncode == 1, done.stdout + done.stderr
    assert re.search(r"\b3 passed, (1 warning, )?1 error\b", done.stdout)
    assert "ERROR at teardown of test_large" in done.stdout and "MB are allowed: free one module before the next is made" in done.stdout
    process = "gw0" if options else "this process"
    assert f" MB a process: {process}: " in done.stdout and " MB in test_sizes.py::test_large" in done.stdout
