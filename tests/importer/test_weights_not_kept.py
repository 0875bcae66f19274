"""Weights that a model learns and does not keep are no numbers of a text, and a table is read with the numbers that came; the remedies that are told work."""

from __future__ import annotations

from collections.abc import Callable

import pytest
import torch
from torch import Tensor, nn
from torch.nn import functional as F

import archc

from .same import imported


class InList(nn.Module):
    """Layers in a list, which `nn.Module` does not see, or does."""

    def __init__(self, layer: Callable[[], nn.Module], kept: bool) -> None:
        super().__init__()
        layers = [layer(), layer()]
        self.layers = nn.ModuleList(layers) if kept else layers
        self.fc = nn.Conv1d(8, 4, 1)

    def forward(self, x: Tensor) -> Tensor:
        for layer in self.layers:
            x = F.relu(layer(x))
        return self.fc(x)  # type: ignore[no-any-return]


LAYERS: list[Callable[[], nn.Module]] = [
    lambda: nn.Linear(6, 6),
    lambda: nn.Conv1d(8, 8, 3, padding=1),
    lambda: nn.BatchNorm1d(8),
    lambda: nn.Sequential(nn.Conv1d(8, 8, 1), nn.Linear(6, 6)),
]


@pytest.mark.parametrize("layer", LAYERS)
def test_layers_in_a_list(layer: Callable[[], nn.Module]) -> None:
    """They stood in the text as so many numbers, or were refused as fixed filters."""
    with pytest.raises(archc.ArchError) as error:
        archc.from_module(InList(layer, kept=False).eval(), [torch.rand(2, 8, 6)])
    told = str(error.value)
    assert "F653" in told and "no parameter of the model" in told and "`nn.ModuleList`" in told and "operation of one's own" not in told
    assert "test_weights_not_kept.py" in told  # the line
    imported(InList(layer, kept=True), [torch.rand(2, 8, 6)], [torch.rand(3, 8, 6)], but="W509|W510")


class InForward(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.fc = nn.Linear(8, 4)

    def forward(self, x: Tensor) -> Tensor:
        return self.fc(nn.Linear(8, 8)(x))  # type: ignore[no-any-return]


class Bare(nn.Module):
    def __init__(self, kept: bool) -> None:
        super().__init__()
        weight = torch.randn(8, 8, requires_grad=True)
        self.w = nn.Parameter(weight.detach()) if kept else weight

    def forward(self, x: Tensor) -> Tensor:
        return x @ self.w.t()


@pytest.mark.parametrize("module", [InForward(), Bare(kept=False)], ids=["layer", "tensor"])
def test_weights_that_are_nowhere(module: nn.Module) -> None:
    with pytest.raises(archc.ArchError, match="a learned tensor that is no parameter of the model"):
        archc.from_module(module.eval(), [torch.rand(2, 8)])


def test_a_tensor_that_is_kept() -> None:
    imported(Bare(kept=True), [torch.rand(2, 8)], [torch.rand(3, 8)])


class Frozen(nn.Module):
    """A filter that nothing learns, and that has no name."""

    def __init__(self) -> None:
        super().__init__()
        self.fc, self.table = nn.Linear(3, 4), torch.tensor([0.5, 2.0, 1.5])

    def forward(self, x: Tensor) -> Tensor:
        return self.fc(x * self.table)  # type: ignore[no-any-return]


def test_numbers_that_nobody_learns_stay_numbers() -> None:
    imported(Frozen(), [torch.rand(2, 3)], [torch.rand(3, 3)])


class Fields(nn.Module):
    """One table for the columns of a table, each with its part of it."""

    def __init__(self, inside: bool) -> None:
        super().__init__()
        self.inside, self.table, self.fc = inside, nn.Embedding(30, 4), nn.Linear(12, 2)
        self.offsets = torch.tensor([0, 10, 20])

    def forward(self, ids: Tensor) -> Tensor:
        return self.fc(self.table(ids + self.offsets if self.inside else ids).flatten(1))  # type: ignore[no-any-return]


def test_rows_that_are_worked_out() -> None:
    """This was a fault of the import."""
    ids = torch.randint(10, (2, 3))
    with pytest.raises(archc.ArchError) as error:
        archc.from_module(Fields(inside=True).eval(), [ids])
    told = str(error.value)
    assert "F653" in told and "an embedding of numbers that `add` works out" in told and "where the batch is made" in told
    imported(Fields(inside=False), [ids], [torch.randint(30, (3, 3))])


class Joined(nn.Module):
    """Two rows of whole numbers side by side are read as they are."""

    def __init__(self) -> None:
        super().__init__()
        self.table = nn.Embedding(30, 4)

    def forward(self, one: Tensor, two: Tensor) -> Tensor:
        return self.table(torch.cat([one, two.flip(1)], 1))  # type: ignore[no-any-return]


def test_rows_side_by_side() -> None:
    one, two = torch.randint(30, (3, 5)), torch.randint(30, (3, 4))
    imported(Joined(), [one[:2], two[:2]], [one, two])


class Larger(nn.Module):
    """The larger of two tensors, as `torch.max` answers with two."""

    def __init__(self, by: Callable[[Tensor, Tensor], Tensor]) -> None:
        super().__init__()
        self.conv, self.by = nn.Conv2d(3, 8, 3), by

    def forward(self, x: Tensor) -> Tensor:
        one, two = torch.split(self.conv(x), 4, dim=1)
        return self.by(one, two)


BY: list[Callable[[Tensor, Tensor], Tensor]] = [
    torch.max,
    lambda one, two: torch.min(one, other=two),
    lambda one, two: one.max(two),
    lambda one, two: one.max(torch.tensor(0.1)) + two,
    lambda one, two: torch.minimum(torch.tensor(0.1), one) * two,
]


@pytest.mark.parametrize("by", BY)
def test_the_larger_of_two(by: Callable[[Tensor, Tensor], Tensor]) -> None:
    imported(Larger(by), [torch.rand(2, 3, 9, 9)], [torch.rand(3, 3, 9, 9)])
