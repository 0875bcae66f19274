"""A model that is in training, random, or another one at another size is told so: that no text equals it is no fault of the import."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import torch
from torch import Tensor, nn
from torch.nn import functional as F

import archc
from archc.compiler.importer.importing import import_model
from archc.compiler.importer.prove import is_steady
from archc.compiler.importer.sources import model_of_module


class Doing(nn.Module):
    """A layer, and something beside it."""

    def __init__(self, features: int = 8) -> None:
        super().__init__()
        self.fc = nn.Linear(8, features)
        self.runs = 0


class Functional(Doing):
    def forward(self, x: Tensor) -> Tensor:
        return F.dropout(self.fc(x), 0.5)


class AlwaysAlpha(Doing):
    def forward(self, x: Tensor) -> Tensor:
        return F.alpha_dropout(self.fc(x), 0.3, True)


class Counting(Doing):
    def forward(self, x: Tensor) -> Tensor:
        self.runs += 1
        return self.fc(x) * self.runs  # type: ignore[no-any-return]


class ByBatch(Doing):
    def forward(self, x: Tensor) -> Tensor:
        return self.fc(x) * x.shape[0]  # type: ignore[no-any-return]


class BySize(nn.Module):
    """One word for small maps, and another for large ones."""

    def __init__(self, limit: int = 40) -> None:
        super().__init__()
        self.conv, self.limit = nn.Conv2d(3, 4, 3, padding=1), limit

    def forward(self, x: Tensor) -> Tensor:
        x = self.conv(x)
        return x.relu() if x.shape[-1] > self.limit else x.sigmoid()


class Attending(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.qkv = nn.Linear(8, 24)

    def forward(self, x: Tensor) -> Tensor:
        q, k, v = self.qkv(x).chunk(3, -1)
        return F.scaled_dot_product_attention(q, k, v, dropout_p=0.4)


def refused(module: nn.Module, given: Tensor) -> archc.Diagnostic:
    with pytest.raises(archc.ArchError, match="F655") as caught:
        archc.from_module(module.eval(), given)
    (row,) = caught.value.diagnostics
    return row


@pytest.mark.parametrize("kind", [Functional, AlwaysAlpha])
def test_a_dropout_that_does_not_know_of_evaluation(kind: type[Doing]) -> None:
    row = refused(kind(), torch.rand(2, 8))
    assert "drops numbers at random outside of training" in row.message
    assert row.help == "give it `training=self.training`" and row.notes[0].startswith("it stands at test_more_than_one_network.py:")


def test_a_dropout_that_knows_of_it_is_imported() -> None:
    class Told(Doing):
        def forward(self, x: Tensor) -> Tensor:
            return F.dropout(self.fc(x), 0.5, self.training)

    assert "-> dropout" in archc.from_module(Told().eval(), torch.rand(2, 8))


def test_attention_that_drops_in_evaluation() -> None:
    assert refused(Attending(), torch.rand(2, 5, 8)).help == "give it `dropout_p=self.p if self.training else 0.0`"


def test_a_count_that_is_kept() -> None:
    module = Counting()
    assert "answers otherwise each time" in refused(module, torch.rand(2, 8)).message
    assert module.runs == 0
    assert not is_steady(model_of_module(module, torch.rand(2, 8)))
    assert is_steady(model_of_module(ByBatch(), torch.rand(2, 8)))


def test_a_number_that_is_the_batch() -> None:
    row = refused(ByBatch(), torch.rand(2, 8))
    assert row.message.endswith("`mul` takes 2 where they are 2x8, 3 where they are 3x8")


def test_a_decision_by_the_size() -> None:
    row = refused(BySize(), torch.rand(2, 3, 32, 32))
    assert "`sigmoid` where they are 2x3x32x32, `relu` where they are 2x3x96x160" in row.message


def test_a_decision_by_a_smaller_size_is_noted() -> None:
    made = import_model(model_of_module(BySize().eval(), torch.rand(2, 3, 64, 64)))
    assert "relu" in made.text and made.proof.is_equal
    assert "at [3, 32, 32] the text does not answer as the model does" in made.proof.doubt
    assert made.proof.doubt in made.notes


def test_a_model_that_is_one_at_all_sizes_has_no_note() -> None:
    assert not import_model(model_of_module(BySize(0).eval(), torch.rand(2, 3, 64, 64))).proof.doubt


class Norms(nn.Module):
    """What works otherwise in training."""

    def __init__(self, *parts: nn.Module) -> None:
        super().__init__()
        self.body = nn.Sequential(nn.Conv2d(3, 8, 3), *parts, nn.ReLU())

    def forward(self, x: Tensor) -> Tensor:
        return self.body(x)  # type: ignore[no-any-return]


PARTS: dict[str, Any] = {"batch_norm": lambda: nn.BatchNorm2d(8), "dropout": lambda: nn.Dropout(0.2)}
X = torch.rand(2, 3, 16, 16)


def exported(module: nn.Module, decomposed: bool = False) -> torch.export.ExportedProgram:
    program = torch.export.export(module, (X,), dynamic_shapes=({0: torch.export.Dim("batch", min=1)},))
    return program.run_decompositions() if decomposed else program


@pytest.mark.parametrize("decomposed", [False, True])
@pytest.mark.parametrize("part", list(PARTS))
def test_a_program_in_training_mode(part: str, decomposed: bool) -> None:
    with pytest.raises(archc.ArchError, match="F655") as caught:
        archc.from_exported(exported(Norms(PARTS[part]()).train(), decomposed))
    (row,) = caught.value.diagnostics
    assert f"{part}" in row.message and "of `body.1` works as in training" in row.message
    assert row.help is not None and row.help.startswith("call `.eval()` on the module before `torch.export.export`")
    assert "network net" in archc.from_exported(exported(Norms(PARTS[part]()).eval()))


def test_a_program_in_training_mode_that_works_alike_is_imported() -> None:
    assert "gn(2)" in archc.from_exported(exported(Norms(nn.Dropout(0.0), nn.GroupNorm(2, 8)).train()))


@pytest.mark.parametrize("part", list(PARTS))
def test_an_onnx_file_in_training_mode(part: str, tmp_path: Path) -> None:
    pytest.importorskip("onnx")
    from archc.compiler.importer.files import model_of_file

    path = str(tmp_path / "net.onnx")
    module = Norms(PARTS[part]()).train()
    training = torch.onnx.TrainingMode.TRAINING
    torch.onnx.export(
        module, (X,), path, dynamo=False, training=training, do_constant_folding=False, dynamic_axes={"x": {0: "batch"}}, input_names=["x"]
    )
    with pytest.raises(archc.ArchError, match="F655") as caught:
        model_of_file(path, path)
    assert "was exported in training mode" in str(caught.value) and "before `torch.onnx.export`" in str(caught.value)
