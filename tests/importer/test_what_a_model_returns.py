"""Models that hand out nothing the language could name, and those that end the program: each is told."""

from __future__ import annotations

import sys

import pytest
import torch
from torch import nn

import archc
from archc.compiler.importer.sources import model_of


class Constant(nn.Module):
    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return torch.zeros(2, 3)


class Parameter(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.w = nn.Parameter(torch.zeros(3))

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.w


class Forgetful(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.fc = nn.Linear(3, 4)

    def forward(self, x: torch.Tensor) -> None:
        self.fc(x)


class Number(nn.Module):
    def forward(self, x: torch.Tensor) -> int:
        return 3


class Twice(nn.Module):
    def forward(self, x: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        return x, x


class HandsOn(nn.Module):
    """It returns its input, and has weights that nothing reads."""

    def __init__(self) -> None:
        super().__init__()
        self.fc = nn.Linear(3, 4)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return x


@pytest.mark.parametrize(
    ("module", "told"),
    [
        (Constant(), "a tensor that is the same for every input"),
        (Parameter(), "the parameter `w`"),
        (Forgetful(), "None: a `return` is missing"),
        (Number(), "an int"),
    ],
)
def test_a_model_that_returns_nothing_of_its_input_is_told_what_it_returns(module: nn.Module, told: str) -> None:
    with pytest.raises(archc.ArchError) as error:
        archc.from_module(module, torch.zeros(2, 3))
    assert error.value.diagnostics[0].code == "F652"
    assert f"returns no tensor that depends on its input: it returns {told}" in str(error.value)
    assert "let its `forward` return" in str(error.value)


def test_a_model_may_return_its_input_twice() -> None:
    assert "output out0 = x, out1 = x" in archc.from_module(Twice(), torch.zeros(2, 3))


def test_a_model_may_return_its_input_and_leave_its_weights() -> None:
    assert "2 keys that no run reads are left out" in archc.from_module(HandsOn(), torch.zeros(2, 3))


def ends() -> None:
    sys.exit(3)


def test_a_factory_that_ends_the_program_is_told() -> None:
    with pytest.raises(archc.ArchError) as error:
        model_of(f"{__name__}:ends")
    assert error.value.diagnostics[0].code == "F651"
    assert "SystemExit: 3" in str(error.value)
