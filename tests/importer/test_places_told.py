"""Places that messages and headers give are the user's: none in archc's own files, and a script by its file."""

from __future__ import annotations

import runpy
from pathlib import Path

import pytest
import torch
from torch import nn

import archc

SCRIPT = """
import torch
from torch import Tensor, nn
import archc


class Part(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.conv = nn.Conv2d(8, 8, 3, padding=1)

    def forward(self, x: Tensor) -> Tensor:
        return self.conv(x).relu() + x


class Net(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.parts = nn.ModuleList([Part(), Part()])

    def forward(self, x: Tensor) -> Tensor:
        for part in self.parts:
            x = part(x)
        return x


TEXT = archc.from_module(Net(), torch.rand(2, 8, 6, 6))
"""


def test_a_layer_at_the_root_stands_in_no_file() -> None:
    """The line was one of the importer's own, which calls the model."""
    net = nn.Sequential(nn.Conv2d(3, 8, 3), nn.FractionalMaxPool2d(2, output_size=4))
    with pytest.raises(archc.ArchError) as error:
        archc.from_module(net, torch.rand(2, 3, 12, 12))
    (row,) = error.value.diagnostics
    assert row.notes[0].endswith("1 time, first in 1"), row.notes


def test_a_script_is_told_by_its_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """It was `__main__.py`."""
    (tmp_path / "mine.py").write_text(SCRIPT, encoding="utf-8")
    text = runpy.run_path(str(tmp_path / "mine.py"), run_name="__main__")["TEXT"]
    assert "`Part` in mine.py" in text and "Net of mine" in text and "__main__" not in text, text
