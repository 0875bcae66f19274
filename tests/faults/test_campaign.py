"""Every command under every fault of the machine: it says what is wrong, ends with a status of its own, and leaves nothing half done.

The faults need no privileges and no file system of their own: a limit on the size of files stands for a full disk, a file
where a folder should be for a folder that cannot be written.
"""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from collections.abc import Callable
from functools import cache
from itertools import product
from pathlib import Path
from typing import Any

import pytest

from tests.sample import sample

if sys.platform == "win32":
    pytest.skip("the faults are made with limits, devices and closed streams of POSIX", allow_module_level=True)

import resource

ROOT = Path(__file__).parents[2]

NET = """\
network net(width = 8, classes = 10) {
  input image[3, 32, 32]
  stage stem {   conv(width, 3, bias = false) -> bn -> relu }
  stage head { global_avgpool -> flatten -> linear(classes) }
}
"""
OTHER = NET.replace("network net", "network other").replace("3, bias", "5, bias")
MENDABLE = "network mendable {\n  input image[3, 32, 32]\n  conv(8, 3, biass = false)\n}\n"
LIST = "width,accuracy\n8,0.5\n16,0.7\n"
OLD = "what an earlier run left\n"

COMMANDS: dict[str, tuple[str, ...]] = {
    "help": ("--help",),
    "version": ("--version",),
    "no command": ("chek",),
    "check": ("check", "net.arch"),
    "check json": ("check", "net.arch", "--format", "json"),
    "check fix": ("check", "mendable.arch", "--fix"),
    "build": ("build", "net.arch", "--target", "python,diagram,json", "-o", "out"),
    "cost": ("cost", "net.arch"),
    "cost memory": ("cost", "net.arch", "--memory", "-o", "out/memory.svg"),
    "draw": ("draw", "net.arch", "-o", "out/net.svg"),
    "draw page": ("draw", "net.arch", "-o", "out/net.html"),
    "draw to stdout": ("draw", "net.arch", "-o", "-", "--format", "dot"),
    "sizes": ("sizes", "net.arch"),
    "fit": ("fit", "net.arch", "--vary", "width=1..64", "--most", "parameters=1000"),
    "diff": ("diff", "net.arch", "other.arch", "-o", "out/diff.svg"),
    "sweep": ("sweep", "net.arch", "--vary", "width=8,16", "--jobs", "1", "--plot", "out/plot.svg", "--journal", "journal.jsonl"),
    "sweep list": ("sweep", "net.arch", "--list", "list.csv", "--jobs", "2"),
    "fmt": ("fmt", "net.arch"),
    "new": ("new", "out/mine"),
    "new from": ("new", "out/mine", "--from", "resnet18"),
    "list": ("list",),
    "explain": ("explain", "E301"),
    "explain a network": ("explain", "resnet18"),
    "verify": ("verify", "net.arch"),
    "bench": ("bench", "net.arch", "--ways", "eager", "--rounds", "1", "--seconds", "0"),
    "import": ("import", "json:nothing"),
}

Change = Callable[[], None]
"""What is done to the process before archc begins."""


def _to(path: str, stream: int) -> Change:
    def change() -> None:
        os.dup2(os.open(path, os.O_WRONLY), stream)

    return change


def _closed(*streams: int) -> Change:
    def change() -> None:
        for stream in streams:
            os.close(stream)

    return change


def _limit(kind: int, most: int) -> Change:
    return lambda: resource.setrlimit(kind, (most, most))


def _no_reader() -> None:
    reader, writer = os.pipe()
    os.close(reader)
    os.dup2(writer, 1)


def _folder_is_gone() -> None:
    os.mkdir("gone")
    os.chdir("gone")
    os.rmdir("../gone")


PROCESS: dict[str, Change] = {
    "stdout is full": _to("/dev/full", 1),
    "stderr is full": _to("/dev/full", 2),
    "stdout is closed": _closed(1),
    "stderr is closed": _closed(2),
    "stdin is closed": _closed(0),
    "all streams are closed": _closed(0, 1, 2),
    "nobody reads stdout": _no_reader,
    "the disk is full": _limit(resource.RLIMIT_FSIZE, 0),
    "the disk is full after a while": _limit(resource.RLIMIT_FSIZE, 300),
    "the current folder is gone": _folder_is_gone,
    "few files may be open": _limit(resource.RLIMIT_NOFILE, 7),
    "no more processes": _limit(resource.RLIMIT_NPROC, 1),
}
LOCALE = {"LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"}
SETTINGS: dict[str, dict[str, str]] = {
    "no folder for temporary files": {"TMPDIR": "/there/is/none", "TEMP": "", "TMP": ""},
    "another locale": LOCALE,
    "no home": {"HOME": "/there/is/none"},
}


def prepared(folder: Path) -> Path:
    folder.mkdir(exist_ok=True)
    for name, text in {"net.arch": NET, "other.arch": OTHER, "mendable.arch": MENDABLE, "list.csv": LIST}.items():
        (folder / name).write_text(text, encoding="utf-8")
    return folder


def archc(folder: Path, *arguments: str | bytes, change: Change | None = None, **environment: str) -> subprocess.CompletedProcess[Any]:
    known = {name: value for name, value in os.environ.items() if name not in ("NO_COLOR", "COLUMNS")}
    return subprocess.run(
        [sys.executable, "-m", "archc", *arguments],
        cwd=folder,
        env={**known, "PYTHONPATH": str(ROOT), "OMP_NUM_THREADS": "1", **environment},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        preexec_fn=change,
        check=False,
        timeout=120,
    )


def files(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file()}


@cache
def usual(command: str) -> tuple[int, dict[str, bytes], bool]:
    """How the command ends where nothing is wrong: its status, the files, and whether it prints a result."""
    import tempfile

    with tempfile.TemporaryDirectory() as name:
        folder = prepared(Path(name) / "work")
        done = archc(folder, *COMMANDS[command])
        return done.returncode, files(folder), bool(done.stdout)


def judged(command: str, folder: Path, before: dict[str, bytes], done: subprocess.CompletedProcess[Any]) -> None:
    """No bug, no abort, and every file is as it was or as it should be."""
    said = done.stderr.decode("utf-8", "replace")
    assert "a bug" not in said and "Traceback" not in said and "Exception ignored" not in said, said
    assert done.returncode in {usual(command)[0], 1, 2, 3, 141}, (done.returncode, said)
    made = usual(command)[1]
    for name, data in files(folder).items():
        if name.endswith("journal.jsonl"):
            assert all(json.loads(line)["figures"] for line in data.splitlines()) and data.endswith(b"\n")
        elif name.endswith(".dot") and command.startswith(("build", "draw", "diff")):
            assert data.startswith(b"digraph") and data.endswith(b"}\n"), "what could not be laid out is kept whole"
        else:
            assert data in (before.get(name), made.get(name)), f"{name} is neither the old nor the new"
    assert [str(path) for path in folder.rglob(".archc-*")] == []
    if done.returncode == 3:
        assert "error[F" in said or not said or "archc: the system refuses" in said, said


FAULTS = (*PROCESS, *SETTINGS)
PAIRS = sample(product(COMMANDS, FAULTS), one_in=29)
"""In `make test` every fault but one meets one of the commands, and half of the commands one of the faults; all meet in `make campaign`."""


@pytest.mark.slow
@pytest.mark.parametrize(("command", "fault"), PAIRS)
def test_every_command_under_every_fault(command: str, fault: str, tmp_path: Path) -> None:
    if "full" in fault and not os.path.exists("/dev/full"):
        pytest.skip("this system has no /dev/full")
    folder = prepared(tmp_path / "work")
    before = files(folder)
    done = archc(folder, *COMMANDS[command], change=PROCESS.get(fault), **SETTINGS.get(fault, {}))
    judged(command, folder, before, done)
    status, _, prints = usual(command)
    if fault in ("stdout is full", "stdout is closed"):
        assert done.returncode == (3 if prints else status)
        assert not prints or b"error[F615]: `<stdout>`" in done.stderr
    if fault == "nobody reads stdout":
        assert (done.returncode, done.stderr) == (141, b"") if prints else done.returncode == status
    if fault in (*SETTINGS, "stderr is full", "stderr is closed", "stdin is closed"):
        assert done.returncode == status
        assert _apart_from_keys(files(folder)) == _apart_from_keys(usual(command)[1])


def _apart_from_keys(found: dict[str, bytes]) -> dict[str, bytes]:
    """Without the keys of journals, which depend on where the network's file lies."""
    return {name: re.sub(rb'"key": "\w+"', b"", data) for name, data in found.items()}


WRITING = {name: words for name, words in COMMANDS.items() if any(word.startswith("out") for word in words)}


@pytest.mark.slow
@pytest.mark.parametrize("command", WRITING)
def test_a_file_where_the_folder_should_be(command: str, tmp_path: Path) -> None:
    folder = prepared(tmp_path / "work")
    (folder / "out").write_text(OLD, encoding="utf-8")
    done = archc(folder, *COMMANDS[command])
    assert done.returncode == 3
    assert b"error[F615]: `out" in done.stderr
    judged(command, folder, {**files(prepared(tmp_path / "again")), "out": OLD.encode()}, done)


@pytest.mark.slow
@pytest.mark.parametrize("command", WRITING)
def test_a_full_disk_keeps_the_old_file(command: str, tmp_path: Path) -> None:
    folder = prepared(tmp_path / "work")
    (folder / "out").mkdir()
    for name in usual(command)[1]:
        if name.startswith("out"):
            (folder / name).write_text(OLD, encoding="utf-8")
    before = files(folder)
    arguments = (*COMMANDS[command], "--force") if command.startswith("new") else COMMANDS[command]
    done = archc(folder, *arguments, change=_limit(resource.RLIMIT_FSIZE, 10))
    assert done.returncode == 3
    assert b"error[F615]" in done.stderr and b"ulimit -f" in done.stderr
    if command == "sweep":  # its journal comes first
        before.pop("journal.jsonl", None)
        (folder / "journal.jsonl").unlink(missing_ok=True)
    assert files(folder) == before
    assert list(folder.rglob(".archc-*")) == []


NAMES = {"beyond ASCII": "größe 网络".encode(), "not UTF-8": b"caf\xe9"}
LOCALES: dict[str, dict[str, str]] = {"UTF-8": {}, "C": LOCALE}


@pytest.mark.slow
@pytest.mark.parametrize(("command", "called", "locale"), sample(product(COMMANDS, NAMES, LOCALES), one_in=30))
def test_names_of_other_systems(command: str, called: str, locale: str, tmp_path: Path) -> None:
    name, environment = NAMES[called], LOCALES[locale]
    folder = prepared(tmp_path / "work")
    place = Path(os.fsdecode(name))
    try:
        prepared(folder / place)
    except OSError:
        pytest.skip("this file system takes no such names")
    arguments = [
        name + b"/" + word.encode() if word.startswith(("out", "journal")) or word.endswith((".arch", ".csv")) else word.encode()
        for word in COMMANDS[command]
    ]
    done = archc(folder, *arguments, **environment)
    status, made, _ = usual(command)
    said = done.stderr.decode("utf-8", "replace")
    assert "a bug" not in said and "Traceback" not in said
    assert done.returncode == status, said
    assert sorted(files(folder / place)) == sorted(made)


@pytest.mark.slow
@pytest.mark.parametrize("limit", [0, 1000])
def test_a_full_disk_and_torchscript(limit: int, tmp_path: Path) -> None:
    """PyTorch's own writer would end the process."""
    folder = prepared(tmp_path / "work")
    (folder / "out").mkdir()
    (folder / "out" / "net.pt").write_text(OLD, encoding="utf-8")
    before = files(folder)
    done = archc(folder, "build", "net.arch", "--target", "torchscript,export", "-o", "out", change=_limit(resource.RLIMIT_FSIZE, limit))
    assert done.returncode == 3, done.stderr
    assert b"error[F615]: `out/net.pt` could not be written: File too large" in done.stderr
    assert b"out/net.pt: of an earlier build, left as it was" in done.stderr
    assert {name: data for name, data in files(folder).items() if name != "out/net.pt2"} == before
    assert list(folder.rglob(".archc-*")) == []


@pytest.mark.slow
def test_too_little_memory(tmp_path: Path) -> None:
    folder = prepared(tmp_path / "work")
    text = NET.replace("linear(classes)", "linear(20000000)")
    (folder / "net.arch").write_text(text, encoding="utf-8")
    code = "import torch, resource, sys; from archc.cli import main; resource.setrlimit(resource.RLIMIT_DATA, (900 << 20,) * 2); main()"
    done = subprocess.run(
        [sys.executable, "-c", code, "build", "net.arch", "--target", "python,torchscript", "-o", "out", "--dtype", "float64"],
        cwd=folder, env={**os.environ, "PYTHONPATH": str(ROOT), "OMP_NUM_THREADS": "1"}, capture_output=True, check=False, timeout=120,
    )  # fmt: skip
    assert done.returncode == 3, done.stderr
    assert b"error[F632]" in done.stderr
    assert sorted(path.name for path in (folder / "out").iterdir()) == ["net.py"]
