"""Grids and places: an image read where an affine map says, tables read at several tensors, masks told by numbers, and modules that run again."""

from __future__ import annotations

import importlib.util
from collections.abc import Callable
from pathlib import Path

import pytest
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from .same import imported


class Warped(nn.Module):
    """A spatial transformer, of images or of volumes."""

    def __init__(self, rank: int, align_corners: bool) -> None:
        super().__init__()
        self.rank, self.align_corners = rank, align_corners
        self.locate = nn.Linear(2 * 5**rank, rank * (rank + 1))

    def forward(self, x: Tensor) -> Tensor:
        theta = self.locate(x.flatten(1)).view(-1, self.rank, self.rank + 1)
        grid = F.affine_grid(theta, list(x.shape), align_corners=self.align_corners)
        return F.grid_sample(x, grid, padding_mode="border", align_corners=self.align_corners)


@pytest.mark.parametrize(("rank", "align_corners"), [(2, False), (2, True), (3, False)])
def test_an_image_is_read_where_an_affine_map_says(rank: int, align_corners: bool) -> None:
    shape = (2, *(5,) * rank)
    text = imported(Warped(rank, align_corners), [torch.zeros(2, *shape)], [torch.rand(3, *shape)], "W510")
    assert "grid_sample(" in text


class Distances(nn.Module):
    """Attention's bias, out of a table of two axes that is read at rows and columns; the distances run either way."""

    def __init__(self, side: int, sign: int) -> None:
        super().__init__()
        self.table = nn.Parameter(torch.zeros(2 * side - 1, 2 * side - 1))
        nn.init.normal_(self.table)
        places = torch.tensor([[row, column] for row in range(side) for column in range(side)])
        self.register_buffer("between", sign * (places[None] - places[:, None]) + side - 1, persistent=False)
        self.read = nn.Linear(4, 4)

    def forward(self, x: Tensor) -> Tensor:
        value = self.read(x)
        logits = x @ x.transpose(1, 2) + self.table[self.between[..., 0], self.between[..., 1]]
        return logits.softmax(-1) @ value  # type: ignore[no-any-return]


@pytest.mark.parametrize("sign", [1, -1])
def test_a_table_read_at_rows_and_columns(sign: int) -> None:
    imported(Distances(3, sign), [torch.zeros(2, 9, 4)], [torch.rand(3, 9, 4)])


class Corners(nn.Module):
    """Four pixels of an image, at places that are the same for all, one of them counted from the end."""

    def __init__(self) -> None:
        super().__init__()
        self.conv = nn.Conv2d(2, 3, 1)

    def forward(self, x: Tensor) -> Tensor:
        rows, columns = torch.tensor([[0, 0], [-1, 4]]), torch.tensor([[0, 5], [0, 5]])
        return self.conv(x)[:, :, rows, columns]  # type: ignore[no-any-return]


def test_pixels_at_rows_and_columns() -> None:
    imported(Corners(), [torch.zeros(2, 2, 5, 6)], [torch.rand(3, 2, 5, 6)])


class Covered(nn.Module):
    def __init__(self, is_padding: Callable[[Tensor], Tensor]) -> None:
        super().__init__()
        self.ids, self.key, self.is_padding = nn.Embedding(9, 6), nn.Linear(6, 6), is_padding

    def forward(self, ids: Tensor, mask: Tensor) -> Tensor:
        x = self.ids(ids)
        logits = (x @ self.key(x).transpose(1, 2)).masked_fill(self.is_padding(mask)[:, None], -1e9)
        return logits.softmax(-1) @ x  # type: ignore[no-any-return]


@pytest.mark.parametrize(
    "is_padding",
    [
        lambda mask: mask == 0,
        lambda mask: mask < 1,
        lambda mask: ~(mask > 0),
        lambda mask: ~mask.bool(),
        lambda mask: mask.to(torch.bool).logical_not(),
        lambda mask: ~mask.type(torch.bool),
    ],
)
def test_a_mask_of_numbers_that_is_used_as_one_of_truths(is_padding: Callable[[Tensor], Tensor]) -> None:
    """Refused as a comparison, or `bool`, of numbers of the input."""
    mask = torch.tensor([[1, 1, 1, 0]] * 3)
    text = imported(Covered(is_padding), [torch.zeros(2, 4).long(), torch.ones(2, 4).long()], [torch.randint(9, (3, 4)), mask.bool()])
    assert "the model compares `mask` with a number, or makes truths of it: a mask of truths here" in text


class Field(nn.Module):
    """What an ODE follows: it is given the time as well."""

    def __init__(self) -> None:
        super().__init__()
        self.net = nn.Sequential(nn.Linear(5, 8), nn.Tanh(), nn.Linear(8, 4))

    def forward(self, time: float, y: Tensor) -> Tensor:
        return self.net(torch.cat([y, torch.full_like(y[:, :1], time)], 1))  # type: ignore[no-any-return]


class Flow(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.field, self.head = Field(), nn.Linear(4, 2)

    def forward(self, y: Tensor) -> Tensor:
        for step in range(3):
            y = y + self.field(step / 4, y) / 4
        return self.head(y)  # type: ignore[no-any-return]


def test_a_module_that_runs_again_with_another_number() -> None:
    """It was written as the first run again, which the proof found to be another model: the text was flat."""
    text = imported(Flow(), [torch.zeros(2, 4)], [torch.rand(3, 4)])
    assert "net: indexed {" in text and 'reuse("field.net")' in text and "reuse(field)" not in text


class Summed(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.parts = nn.ModuleList([nn.Linear(4, 4), nn.Linear(4, 4)])

    def forward(self, x: Tensor) -> Tensor:
        out = torch.zeros_like(x)
        for part in self.parts:
            out = out + part(x)
        return out * torch.tensor([0.1, 0.2, 0.3, 0.7])


def test_a_sum_begins_with_its_first_term_and_numbers_are_short() -> None:
    text = imported(Summed(), [torch.zeros(2, 4)], [torch.rand(3, 4)])
    assert "constant([0.1, 0.2, 0.3, 0.7], sizes = [4])" in text and text.count("constant(") == 1


def test_the_table_of_all_models_keeps_the_rows_of_those_that_a_journal_lacks() -> None:
    """A journal of two models left two rows of 343."""
    path = Path(__file__).parents[2] / "benchmarks" / "import.py"
    spec = importlib.util.spec_from_file_location("import_benchmark", path)
    assert spec is not None and spec.loader is not None
    script = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(script)
    page = script.TABLE.read_text(encoding="utf-8")
    rows = script.rows_of(page)
    lines = [line for line in page.splitlines() if line.startswith("| t")]
    assert len(rows) == len(lines) > 300
    assert script.rows_of(script.table(rows)) == rows


class CrossStitch(nn.Module):
    """Each of two branches takes a part of the other, by a learned matrix that is read a number at a time."""

    def __init__(self) -> None:
        super().__init__()
        self.share = nn.Parameter(torch.tensor([[0.9, 0.1], [0.2, 0.8]]))
        self.one, self.other = nn.Linear(4, 4), nn.Linear(4, 4)

    def forward(self, x: Tensor) -> tuple[Tensor, Tensor]:
        one, other = self.one(x), self.other(x)
        first = self.share[0, 0] * one + self.share[0, 1] * other
        return first, self.share[1][0] * one + self.share[-1, -1] * other


def test_a_learned_matrix_is_read_a_number_at_a_time() -> None:
    text = imported(CrossStitch(), [torch.zeros(2, 4)], [torch.rand(3, 4)])
    assert text.count("slice(") == 4
