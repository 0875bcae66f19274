"""Whatever option names a file to be written: folders that are missing above it are made, and where they cannot be that is told."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.cli.conftest import Run

GOOD = "network good(width = 8) {\n  input x[3, 8, 8]\n  conv(width, 3) -> global_avgpool -> flatten -> linear(10)\n}\n"
VARY = ("sweep", "good.arch", "--vary", "width=4,8", "--jobs", "1")
OUTPUTS = {
    "build": ("build", "good.arch", "--target", "python", "-o", "{}"),
    "draw": ("draw", "good.arch", "-o", "{}/x.dot"),
    "cost": ("cost", "good.arch", "--memory", "-o", "{}/x.svg"),
    "plot": (*VARY, "--plot", "{}/x.svg"),
    "journal": (*VARY, "--journal", "{}/x.jsonl"),
    "new": ("new", "{}/mine"),
}


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "good.arch").write_text(GOOD, encoding="utf-8")
    return tmp_path


def called(run: Run, option: str, place: str) -> tuple[int, str]:
    result = run(*(word.format(place) for word in OUTPUTS[option]))
    return result.exit_code, result.stderr


@pytest.mark.parametrize("option", OUTPUTS)
def test_missing_folders_are_made(run: Run, folder: Path, option: str) -> None:
    code, told = called(run, option, "not/there")
    assert code == 0, told
    assert [path for path in (folder / "not/there").rglob("*") if path.is_file()]


@pytest.mark.parametrize("option", OUTPUTS)
def test_where_they_cannot_be_that_is_told_and_nothing_is_left(run: Run, folder: Path, option: str) -> None:
    (folder / "file").write_text("", encoding="utf-8")
    code, told = called(run, option, "file/there")
    assert code not in (0, 70) and ("error[F615]" in told or "error[F612]" in told), told
    assert sorted(path.name for path in folder.iterdir()) == ["file", "good.arch"]
