"""Modules become texts that a person would have written, each equal to its module."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch
from torch import nn

import archc
from archc.compiler.importer.importing import import_model
from archc.compiler.importer.sources import model_of_module
from tests.sample import sample

from . import models, more_models
from .texts import CASES, FOLDER, text_of


@pytest.mark.parametrize("name", CASES)
def test_a_module_becomes_its_text(name: str) -> None:
    assert text_of(name) == (FOLDER / f"{name}.arch").read_text(encoding="utf-8")


def test_a_flat_text_has_a_step_for_each_call() -> None:
    assert text_of("small", flat=True) == (FOLDER / "small_flat.arch").read_text(encoding="utf-8")


@pytest.mark.parametrize("name", sample(CASES, 1, 4))
def test_the_text_gives_the_outputs_of_the_module(name: str, tmp_path: Path) -> None:
    """Asked anew, outside of the import's own proof: with the module's own weights, which are as they were."""
    kind, shapes = CASES[name]
    torch.manual_seed(0)
    module = kind()
    before = {key: value.clone() for key, value in module.state_dict().items()}
    (tmp_path / "net.arch").write_text(archc.from_module(module, [torch.zeros(2, *shape) for shape in shapes]), encoding="utf-8")
    assert module.training
    assert all(torch.equal(value, before[key]) for key, value in module.state_dict().items())
    made = archc.load(tmp_path / "net.arch", weights=module.state_dict())
    assert sorted(made.state_dict()) == sorted(module.state_dict())
    inputs = [torch.rand(3, *shape) for shape in shapes]
    with torch.no_grad():
        ours, theirs = made.eval()(*inputs), module.eval()(*inputs)
    for one, other in zip(_tensors(ours), _tensors(theirs), strict=True):
        torch.testing.assert_close(one, other, rtol=1e-4, atol=1e-5)


def _tensors(answer: object) -> list[torch.Tensor]:
    if isinstance(answer, torch.Tensor):
        return [answer]
    return list(answer.values()) if isinstance(answer, dict) else list(answer)  # type: ignore[call-overload, no-any-return]


def test_what_the_language_lacks_is_listed_with_its_place() -> None:
    with pytest.raises(archc.ArchError) as error:
        archc.from_module(models.Unsayable(), torch.zeros(2, 3, 16, 16))
    (row,) = error.value.diagnostics
    assert row.code == "F653"
    assert any("`fft_rfft2`: 1 time, first in the root module, models.py:" in note for note in row.notes)


def test_a_module_that_refuses_its_input_says_so() -> None:
    with pytest.raises(archc.ArchError) as error:
        archc.from_module(models.Small(), torch.zeros(2, 5, 16, 16))
    assert error.value.diagnostics[0].code == "F652"
    assert "5x16x16" in str(error.value)


class Stubborn(nn.Module):
    """Its blocks are of one class and do different things: no one block says both."""

    class Part(nn.Module):
        def __init__(self, number: int) -> None:
            super().__init__()
            self.number = number
            self.conv = nn.Conv2d(3, 3, 3, padding=1)

        def forward(self, x: torch.Tensor) -> torch.Tensor:
            x = self.conv(x)
            return [torch.relu, torch.sigmoid, lambda y: y * 0.5, lambda y: torch.relu(y) * 2.0][self.number](x)

    def __init__(self) -> None:
        super().__init__()
        self.parts = nn.ModuleList([self.Part(number) for number in (0, 1, 2, 3, 2, 1)])

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        for part in self.parts:
            x = part(x)
        return x


def test_instances_that_differ_in_many_ways_are_still_equal() -> None:
    made = import_model(model_of_module(Stubborn(), torch.zeros(2, 3, 8, 8)))
    assert made.proof.is_equal


class Branching(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.conv = nn.Conv2d(3, 3, 1)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.conv(x) if x.shape[0] == 2 else self.conv(torch.relu(x))


def test_a_model_that_looks_at_the_batch_is_refused() -> None:
    with pytest.raises(archc.ArchError, match="F653"):
        archc.from_module(Branching(), torch.zeros(2, 3, 8, 8))


def test_recurrent_layers_are_words_and_so_are_their_last_states() -> None:
    text = archc.from_module(more_models.Tagger(), torch.zeros(2, 7, dtype=torch.long))
    assert "read: lstm(6, layers = 2, bidirectional = true)" in text
    assert "whole: gru(5)" in text


class Dropping(nn.Module):
    """Drops whole samples by a function, which leaves no trace at rest."""

    def __init__(self, p: float) -> None:
        super().__init__()
        self.conv = nn.Conv2d(3, 3, 1)
        self.p = p

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return x + drop_path(self.conv(x), self.p, self.training)


def drop_path(x: torch.Tensor, p: float, training: bool) -> torch.Tensor:
    return x * torch.empty(x.shape[0], 1, 1, 1, device=x.device).bernoulli_(1 - p) if training else x


def test_a_function_that_drops_samples_is_a_step() -> None:
    assert "conv: conv(3, 1) -> drop_path(0.25)" in archc.from_module(Dropping(0.25), torch.zeros(2, 3, 4, 4))
