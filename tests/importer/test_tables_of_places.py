"""Fixed tensors that follow from places: evenly spaced numbers, slopes of heads (ALiBi), distances; masks that were stretched or filled."""

from __future__ import annotations

import math

import pytest
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from archc.compiler.importer.importing import import_model
from archc.compiler.importer.progressions import Distances, Outer, Powers, Progression, by_place
from archc.compiler.importer.sources import model_of_module

from .same import imported

LENGTH = 40


class Added(nn.Module):
    """A table that is added to what comes in."""

    def __init__(self, table: Tensor) -> None:
        super().__init__()
        self.fc = nn.Linear(table.shape[-1], 6)
        self.register_buffer("table", table, persistent=False)

    def forward(self, x: Tensor) -> Tensor:
        y: Tensor = self.fc(x + self.table)
        return y


def text_of(module: nn.Module, *shape: int) -> str:
    made = import_model(model_of_module(module.eval(), torch.rand(2, *shape)))
    assert made.proof.is_equal and not made.is_flat
    return made.text


SLOPES = torch.tensor([2.0**-place for place in range(1, 5)])
PLACES = torch.arange(float(LENGTH))


@pytest.mark.parametrize(
    ("table", "steps"),
    [
        (PLACES, ['constant("places", sizes = [40])']),
        (0.5 * PLACES - 3, ['constant("places", sizes = [40]) -> scale(0.5) -> offset(-3)']),
        (SLOPES[:, None] * (PLACES + 1 - LENGTH), ["constant([0.5, 0.25, 0.125, 0.0625]", '"places", sizes = [40]) -> offset(-39)']),
        (torch.exp(-math.log(10000) * PLACES / LENGTH), ['constant("places", sizes = [40]) -> scale(-0.2302585) -> exp']),
        (torch.exp(-0.5 * PLACES[:10] - 1), ['constant("places", sizes = [10]) -> scale(-0.5) -> offset(-1) -> exp']),
        (-0.25 * (PLACES[:, None] - PLACES).abs(), ['"places", sizes = [40])', "abs -> scale(-0.25)"]),
    ],
    ids=["places", "evenly spaced", "slopes", "frequencies", "frequencies less than 1", "distances"],
)
def test_tables(table: Tensor, steps: list[str]) -> None:
    text = text_of(Added(table), *table.shape)
    assert all(step in text for step in steps), text


@pytest.mark.parametrize(
    ("frequencies", "is_in_turn", "told"),
    [
        (torch.exp(-math.log(10000) * torch.arange(8.0) / 8), False, 'constant("sincos", sizes = [40], features = 16)'),
        (torch.exp(-math.log(500) * torch.arange(8.0) / 8), True, 'constant("sinusoid", sizes = [40], features = 16, base = 500)'),
        (torch.exp(-math.log(10000) * torch.arange(8.0) / 7), False, f"features = 16, base = {10000 ** (8 / 7)})"),
        (torch.exp(-math.log(10000) * torch.arange(8.0) / 7), True, f"features = 16, base = {10000 ** (8 / 7)})"),
    ],
    ids=["usual", "another base", "whose slowest is 1 / 10000", "whose slowest is 1 / 10000, in turn"],
)
def test_sines_and_cosines_are_one_word_whatever_their_base(frequencies: Tensor, is_in_turn: bool, told: str) -> None:
    angles = PLACES[:, None] * frequencies
    pair = [angles.sin(), angles.cos()]
    table = torch.stack(pair, 2).flatten(1) if is_in_turn else torch.cat(pair, 1)
    assert told in text_of(Added(table), LENGTH, 16)


class OfTime(nn.Module):
    """A time as the sines and cosines of many frequencies, as networks of diffusion take it."""

    def __init__(self) -> None:
        super().__init__()
        self.fc = nn.Linear(128, 6)

    def forward(self, t: Tensor) -> Tensor:
        angles = t * torch.exp(-math.log(10000) * torch.arange(64, dtype=torch.float32) / 64)
        y: Tensor = self.fc(torch.cat([angles.sin(), angles.cos()], dim=-1))
        return y


def test_late_times() -> None:
    """Angles of a thousand and more are as near as single precision has them."""
    text = imported(OfTime(), [torch.rand(2, 1)], [1000 * torch.rand(3, 1)])
    assert 'constant("places", sizes = [64]) -> scale(-0.14391157) -> exp' in text, text


def test_what_they_are() -> None:
    assert by_place(0.5 ** torch.arange(10.0)) == Powers(Progression(10, 0.0, pytest.approx(-math.log(2), rel=1e-7)))
    assert by_place(2.0 ** torch.arange(10.0)) is None and by_place(torch.rand(10).sort(descending=True)[0]) is None
    assert by_place(0.1 * PLACES + 2) == Progression(LENGTH, 2.0, 0.1)
    assert by_place(3 * (PLACES[:, None] - PLACES).abs()) == Distances(LENGTH, 3.0)
    found = by_place(torch.tensor([1.0, 2.0, 5.0])[:, None] * torch.tensor([3.0, 1.0, 4.0, 1.5]))
    assert isinstance(found, Outer) and torch.allclose(
        found.rows[:, None] * found.columns, torch.tensor([[3.0, 1, 4, 1.5]]) * torch.tensor([[1.0], [2], [5]])
    )
    generator = torch.Generator().manual_seed(0)
    assert by_place(torch.rand(LENGTH, generator=generator)) is None and by_place(torch.rand(9, 9, generator=generator)) is None
    assert by_place(torch.tensor([1.0, 2.0, 3.0])) is None, "few numbers are written as they are"


class Covered(nn.Module):
    """A mask that is made for each image of the batch, as transformers makes them, before attention by hand."""

    def forward(self, x: Tensor) -> Tensor:
        ahead = torch.ones(x.shape[1], x.shape[1], dtype=torch.bool).triu(1)
        covered = ahead[None].expand(x.shape[0], -1, -1)
        logits = (x @ x.transpose(1, 2)).masked_fill(covered, torch.finfo(x.dtype).min)
        return logits.softmax(-1) @ x


def test_a_mask_that_was_stretched_over_the_batch_is_that_of_one_image() -> None:
    assert "causal" in text_of(Covered(), LENGTH, 8)


class LeastNumbers(nn.Module):
    def forward(self, x: Tensor) -> Tensor:
        mask = torch.full((x.shape[1], x.shape[1]), torch.finfo(x.dtype).min).triu(1)
        return (x @ x.transpose(1, 2) + mask).softmax(-1) @ x


def test_the_least_number_covers_as_minus_infinity_does() -> None:
    text = text_of(LeastNumbers(), LENGTH, 8)
    assert "causal" in text and "e+38" not in text


class Squeezed(nn.Module):
    """A weight that is handed on without an axis, and gets it back (Mamba)."""

    def __init__(self) -> None:
        super().__init__()
        self.conv = nn.Conv1d(4, 4, 3, groups=4)

    def forward(self, x: Tensor) -> Tensor:
        weight = self.conv.weight.squeeze(1)
        return F.conv1d(x, weight.unsqueeze(1), self.conv.bias, groups=4)


def test_a_weight_with_its_shape_again_is_the_weight() -> None:
    assert "conv: dwconv" in text_of(Squeezed(), 4, 12)


class Mixed(nn.Module):
    """What came before is mixed in by a learned share, after another layer has read it (RWKV)."""

    def __init__(self) -> None:
        super().__init__()
        self.ln = nn.LayerNorm(8)
        self.one, self.two = nn.Parameter(torch.rand(1, 1, 8)), nn.Parameter(torch.rand(1, 1, 8))
        self.key, self.value = nn.Linear(8, 8), nn.Linear(8, 8)

    def forward(self, x: Tensor) -> Tensor:
        x = self.ln(x)
        before = F.pad(x, (0, 0, 1, -1))
        key = self.key(x * self.one + before * (1 - self.one))
        value = self.value(x * self.two + before * (1 - self.two))
        rows = [key[:, 0].exp() * value[:, 0] + key[:, 1] * value[:, 1]]
        rows.append(rows[0] * key[:, 2] + value[:, 2])
        return torch.stack(rows, 1)


def test_what_is_learned_is_written_before_it_is_read() -> None:
    text = text_of(Mixed(), 6, 8)
    for name in ("one", "two"):
        assert text.index(f"{name}: parameter(") < text.index(f"skip({name})")
