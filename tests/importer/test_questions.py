"""Models that look at the numbers of their input: where the answers change nothing, they are imported; else they are refused, with the place."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor, nn

from archc import ArchError
from archc.compiler.importer.importing import Imported, import_model
from archc.compiler.importer.sources import model_of_module


class Asking(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.fc = nn.Linear(8, 8)


class Refuses(Asking):
    """It wants numbers of one kind, and warns of others."""

    def forward(self, x: Tensor) -> Tensor:
        assert (x > -100).all(), "too small"
        if torch.isnan(x).any():
            raise ValueError("no number")
        if x.max() > 100:
            x.size()  # where a warning would stand
        y: Tensor = self.fc(x)
        return y


class Compares(nn.Module):
    """A number is taken out of the tensor first, and told in the error."""

    def __init__(self) -> None:
        super().__init__()
        self.tokens = nn.Embedding(10, 8)

    def forward(self, ids: Tensor) -> Tensor:
        if ids.max().item() >= 10:
            raise IndexError(f"ids are below 10, and here is {ids.max().item()}")
        if 11 in ids:
            ids.size()
        y: Tensor = self.tokens(ids)
        return y


class Decides(Asking):
    def forward(self, x: Tensor) -> Tensor:
        y: Tensor = self.fc(x if x.mean() > 0 else -x)
        return y


class Counts(Asking):
    """The number itself is needed."""

    def forward(self, x: Tensor) -> Tensor:
        y: Tensor = self.fc(x) * (1 + x.sum().item())
        return y


def imported(module: nn.Module, x: Tensor) -> Imported:
    made = import_model(model_of_module(module.eval(), x))
    assert made.proof.is_equal and not made.is_flat
    return made


def test_checks_of_the_input_are_left_out_and_told() -> None:
    text = imported(Refuses(), torch.rand(2, 8)).text
    assert text.count("##") == 2 and "refuses some (at test_questions.py:" in text and text.count("test_questions.py:") == 2
    assert "fc: linear(" in text


def test_a_number_of_the_input_may_be_compared() -> None:
    text = imported(Compares(), torch.zeros(2, 6, dtype=torch.long)).text
    assert "refuses some (at test_questions.py:" in text and "tokens: embedding(10, 8)" in text


@pytest.mark.parametrize("module", [Decides(), Counts()], ids=lambda module: type(module).__name__)
def test_what_changes_the_model_is_refused(module: nn.Module) -> None:
    with pytest.raises(ArchError) as error:
        imported(module, torch.rand(2, 8))
    (row,) = error.value.diagnostics
    assert row.code == "F652" and row.help == (
        "the model decides by the values of a tensor, and a network does the same for all: import the part without it"
    )
    assert any("it stops at test_questions.py:" in note for note in row.notes)


class Stops(nn.Module):
    """Whole numbers are right, and something else is not."""

    def __init__(self) -> None:
        super().__init__()
        self.tokens, self.fc = nn.Embedding(10, 8), nn.Linear(9, 8)

    def forward(self, ids: Tensor) -> Tensor:
        y: Tensor = self.fc(self.tokens(ids))
        return y


def test_the_error_is_that_of_the_run_that_went_on() -> None:
    model = model_of_module(Stops(), torch.rand(2, 6))
    model.keep = False
    with pytest.raises(ArchError) as error:
        import_model(model)
    assert "[12, 8] X [9, 8]" in str(error.value)
