"""What a shell is offered: it calls archc with the words of the line in the environment, and archc answers a word a line."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
TWO = "network one(width = 8, depth = 2) {\n  input x[3, 8, 8]\n  conv(width)\n}\nnetwork other {\n  input x[3, 8, 8]\n  conv(4)\n}\n"


def run(folder: Path, *arguments: str, **more: str) -> str:
    environment = {**os.environ, "PYTHONPATH": str(ROOT), **more}
    done = subprocess.run(
        [sys.executable, "-m", "archc", *arguments], cwd=folder, env=environment, capture_output=True, text=True, check=True
    )
    assert done.stderr == ""
    return done.stdout


def offered(folder: Path, line: str) -> list[str]:
    words = line.split(" ")
    told = run(folder, _ARCHC_COMPLETE="bash_complete", COMP_WORDS=" ".join(words), COMP_CWORD=str(len(words) - 1))
    return [row.partition(",")[2] for row in told.splitlines() if row]


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("archc b", ["build", "bench"]),
        ("archc build --dyn", ["--dynamic"]),
        ("archc cost resnext", ["resnext50", "resnext101_32x8d", "resnext101_64x4d"]),
        ("archc build efficientnet_b3", ["efficientnet_b3"]),
        ("archc cost my", ["my.arch", "myfolder/"]),
        ("archc check my.arch:o", ["my.arch:one", "my.arch:other"]),
        ("archc draw my.arch:one --set ", ["width=", "depth="]),
        ("archc draw nothing.arch --set ", []),
        ("archc diff my.arch myf", ["myfolder/"]),
    ],
)
def test_offered(line: str, expected: list[str], tmp_path: Path) -> None:
    (tmp_path / "my.arch").write_text(TWO, encoding="utf-8")
    (tmp_path / "myfolder").mkdir()
    (tmp_path / "my.txt").write_text("", encoding="utf-8")
    found = offered(tmp_path, line)
    if "resnext" in line:
        assert {"resnext50", "resnext101_32x8d"} <= set(found)
        assert all(name.startswith("resnext") for name in found)
    else:
        assert found == expected


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_the_script_is_one_that_the_shell_reads(shell: str, tmp_path: Path) -> None:
    script = run(tmp_path, "completion", shell)
    assert "_ARCHC_COMPLETE" in script
    found = shutil.which(shell)
    if found is None:
        pytest.skip(f"no {shell} here")
    subprocess.run([found, "-n", "-c", script], check=True)
