"""Models whose runs are long: each is compared in as many as there is time for, which is told, and what they make several times is read once."""

from __future__ import annotations

import pytest
import torch
from torch import nn

from archc.compiler.importer import lower_constant, prove
from archc.compiler.importer.importing import import_model
from archc.compiler.importer.sources import model_of_module
from archc.compiler.importer.waves import Waves, waves

RUNS: list[tuple[int, int]] = []
"""The batches and sides of the images that a model was given, with numbers."""


class Counted(nn.Module):
    """A head for images of one size, or of any."""

    def __init__(self, has_one_size: bool) -> None:
        super().__init__()
        self.stem, self.norm = nn.Conv2d(3, 4, 3), nn.BatchNorm2d(4)
        self.head = nn.Sequential(nn.Flatten(), nn.Linear(4 * 6 * 6, 5)) if has_one_size else nn.Sequential(nn.ReLU(), nn.Conv2d(4, 5, 1))

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        made: torch.Tensor = self.head(self.norm(self.stem(x)))
        if not x.is_meta:
            RUNS.append((x.shape[0], x.shape[2]))
        return made


def seen(has_one_size: bool) -> tuple[str, list[tuple[int, int]]]:
    """What the proof doubts, and what a library's model was run on: of one, training is not looked at."""
    model = model_of_module(Counted(has_one_size), torch.rand(2, 3, 8, 8))
    model.of_library = True
    RUNS.clear()
    made = import_model(model)
    assert made.proof.is_equal and not made.is_flat
    return made.proof.doubt, [*RUNS]


def test_a_short_one_is_compared_in_two_batches() -> None:
    assert seen(has_one_size=True) == ("", [(1, 8), (2, 8)])


def test_a_long_one_of_one_size_is_compared_once_and_that_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(prove, "MOST_WORK", 1000)
    doubt, runs = seen(has_one_size=True)
    assert doubt == "compared at one size in a batch of 1 alone: one takes 0.0 billion multiply-adds" and runs == [(1, 8)]


def test_a_long_one_of_any_size_is_compared_in_another_size_and_batch(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(prove, "MOST_WORK", 1000)
    doubt, runs = seen(has_one_size=False)
    assert not doubt and (1, 8) in runs and (2, 16) in runs and (2, 8) not in runs


class Turned(nn.Module):
    """A block that makes its table of positions anew, as those with rotary positions do."""

    def __init__(self, base: float) -> None:
        super().__init__()
        self.fc, self.base = nn.Linear(64, 64), base

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        angles = torch.arange(12.0)[:, None] * self.base ** (-torch.arange(32.0) / 32)
        return self.fc(x) * torch.cat([angles, angles + 0.25], -1).sin()  # type: ignore[no-any-return]


def test_a_table_that_each_block_makes_is_looked_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    asked = []

    def counted(table: torch.Tensor) -> Waves | None:
        asked.append(table)
        return waves(table)

    monkeypatch.setattr(lower_constant, "waves", counted)
    made = import_model(model_of_module(nn.Sequential(Turned(50.0), Turned(50.0), Turned(70.0), Turned(50.0)), torch.rand(2, 12, 64)))
    assert made.proof.is_equal and made.text.count("sin") >= 1
    assert len(asked) == 2, "one for each table, not for each block"
