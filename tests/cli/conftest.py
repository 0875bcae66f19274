"""A person at a terminal: `run(…)` calls archc as they would, in an empty folder."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from archc.cli import group

Run = Callable[..., Result]

GOOD = """\
network good(width = 8, classes = 10) {
  input image[3, 32, 32]
  stage stem { conv(width, 3, bias = false) -> bn -> relu }
  stage head { global_avgpool -> flatten -> linear(classes) }
}
"""

BAD = """\
network bad {
  input image[3, 32, 32]
  add {
    | conv(8, 3, stride = 2)
    | conv(8, 1)
  }
  cnv(8)
}
"""


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "good.arch").write_text(GOOD, encoding="utf-8")
    (tmp_path / "bad.arch").write_text(BAD, encoding="utf-8")
    return tmp_path


@pytest.fixture
def run(folder: Path, monkeypatch: pytest.MonkeyPatch) -> Run:
    monkeypatch.delenv("NO_COLOR", raising=False)

    def call(*arguments: str) -> Result:
        return CliRunner().invoke(group, list(arguments), prog_name="archc")

    return call
