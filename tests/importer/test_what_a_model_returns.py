"""Models that hand out nothing the language could name, and those that end the program: each is told."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest
import torch
from click.testing import CliRunner
from torch import nn

import archc
from archc.cli import group
from archc.compiler.importer.importing import import_model
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


def lin() -> nn.Module:
    return nn.Linear(3, 4)


def relu() -> nn.Module:
    return nn.ReLU()


class Words(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.table = nn.Embedding(10, 4)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.table(x)


class Quoting(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.add_module('a"b', nn.Linear(3, 3))

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.get_submodule('a"b')(x)  # type: ignore[no-any-return]


class Deciding(nn.Module):
    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return x + 1 if x.sum().item() > 0 else x - 1


class Formless(nn.Module):
    pass


number = 3


def imported(name: str, *shapes: tuple[int, ...]) -> str:
    return import_model(model_of(f"{__name__}:{name}", shapes=shapes)).text


def test_a_factory_may_be_called_like_an_operation() -> None:
    text = imported("relu", (3,))
    assert "network relu_net {" in text and "relu\n" in text


def test_a_model_of_whole_numbers_is_run_on_these() -> None:
    assert "table: embedding(10, 4)" in imported("Words", (7,))


@pytest.mark.parametrize(
    ("name", "shapes", "told"),
    [
        ("lin", ((3,),), "F653.*begin with no name.*nn.Sequential"),
        ("Quoting", ((3,),), 'F653.*name that no step can have: `a"b` has.*rename it'),
        ("Deciding", ((3,),), "F652.*decides by the values of a tensor"),
        ("Formless", ((3,),), "F652.*give the class a `forward`"),
        ("Forgetful", ((5,),), "F652.*give `--input` once for each argument"),
        ("Forgetful", (), "F652.*let its `forward` return"),
        ("number", (), "F651.*is an int, no factory"),
    ],
)
def test_a_refusal_says_what_to_do(name: str, shapes: tuple[tuple[int, ...], ...], told: str) -> None:
    with pytest.raises(archc.ArchError, match=f"(?s){told}"):
        imported(name, *shapes)


@pytest.mark.parametrize(
    ("word", "told"),
    [("resnet18", "did you mean `torchvision:resnet18`"), ("tiny/tiny.pt", "or the folder that `archc build` made, `tiny`")],
)
def test_a_word_that_names_no_model_is_told_what_may_be_meant(
    word: str, told: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "tiny").mkdir()
    (tmp_path / "tiny" / "tiny.json").write_text('{"version": 1, "network": "tiny", "nodes": []}', encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    assert told in CliRunner().invoke(group, ["import", word]).stderr
