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


def script_of(shell: str, folder: Path) -> Path:
    """The script of a shell, and a command `archc` on the path that is this checkout."""
    place = folder / "bin"
    place.mkdir()
    command = place / "archc"
    command.write_text(f'#!/bin/sh\nPYTHONPATH="{ROOT}" exec "{sys.executable}" -m archc "$@"\n', encoding="utf-8")
    command.chmod(0o755)
    script = folder / f"archc.{shell}"
    script.write_text(run(folder, "completion", shell), encoding="utf-8")
    (folder / "my.arch").write_text(TWO, encoding="utf-8")
    return script


# How each shell is asked what it would offer behind a line; zsh has no way but its own screen.
ASK = {
    "bash": """source {script}; COMP_LINE="{line}"; COMP_POINT=${{#COMP_LINE}}
        _archc_completion archc; printf '%s\\n' "${{COMPREPLY[@]}}" """,
    "fish": """source {script}; complete --do-complete '{line}'""",
}
WORDS = [("archc cost resnext", "resnext101_32x8d"), ("archc check my.arch:o", "other"), ("archc draw my.arch:one --set d", "depth=")]


@pytest.mark.slow
@pytest.mark.parametrize("shell", ASK)
def test_a_shell_offers_what_archc_says(shell: str, tmp_path: Path) -> None:
    found = shutil.which(os.environ.get(f"ARCHC_{shell.upper()}", shell))
    if found is None:
        pytest.skip(f"no {shell} here")
    script = script_of(shell, tmp_path)
    environment = {**os.environ, "PATH": f"{tmp_path / 'bin'}{os.pathsep}{os.environ['PATH']}", "HOME": str(tmp_path)}
    for line, wanted in WORDS:
        asked = ASK[shell].format(script=script, line=line)
        done = subprocess.run([found, "-c", asked], cwd=tmp_path, env=environment, capture_output=True, text=True, timeout=120)
        assert any(wanted in row for row in done.stdout.splitlines()), (line, done.stdout, done.stderr)


@pytest.mark.slow
@pytest.mark.parametrize("shell", ["bash", "zsh"])
def test_a_key_completes_the_word_at_the_cursor(shell: str, tmp_path: Path) -> None:
    """In a terminal of its own: a key is pressed, and the rest of the word stands there."""
    import pty
    import select
    import time

    found = shutil.which(os.environ.get(f"ARCHC_{shell.upper()}", shell))
    if found is None:
        pytest.skip(f"no {shell} here")
    script = script_of(shell, tmp_path)
    first = "autoload -Uz compinit && compinit -u\n" if shell == "zsh" else ""
    (tmp_path / f".{shell}rc").write_text(f"PS1='ready> '\n{first}source {script}\n", encoding="utf-8")
    child, terminal = pty.fork()
    if not child:
        os.chdir(tmp_path)
        place = f"{tmp_path / 'bin'}{os.pathsep}{os.environ['PATH']}"
        os.execve(found, [found, "-i"], {**os.environ, "PATH": place, "HOME": str(tmp_path), "ZDOTDIR": str(tmp_path), "TERM": "dumb"})

    def until(words: str) -> str:
        shown, end = "", time.monotonic() + 60
        while words not in shown and time.monotonic() < end:
            if select.select([terminal], [], [], 0.2)[0]:
                shown += os.read(terminal, 65536).decode("utf-8", "replace")
        return shown

    try:
        assert "ready> " in until("ready> ")
        os.write(terminal, b"archc check my.arch:ot\t")
        assert "other" in until("other").replace("my.arch:my.arch", "")
        os.write(terminal, b"\x15archc draw my.arch:one --set de\t")
        assert "depth=" in until("depth=")
    finally:
        os.close(terminal)
        os.kill(child, 9)
        os.waitpid(child, 0)
