"""Modules as people write them become texts that say the same: dictionaries, records, times of one number, masks, norms of weights."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import pytest
import torch
from torch import Tensor, nn

import archc
from tests.sample import sample

from .people_sequences import Asks, Asks2, Asks3
from .texts import PEOPLE, example, home, text_of_people

WORKED_OUT = ("discriminator", "dilated")
"""Those with a norm of weights that becomes a weight of its own: other keys than the model's."""


@pytest.mark.parametrize("name", sample(PEOPLE, 0, 2))
def test_a_module_of_people_becomes_its_text(name: str) -> None:
    assert text_of_people(name) == home("people", name).read_text(encoding="utf-8")


@pytest.mark.parametrize("name", sample((name for name in PEOPLE if name not in WORKED_OUT), 1, 4))
def test_the_text_has_the_keys_and_the_outputs_of_the_module(name: str) -> None:
    """Asked anew, with the module's own weights and another batch."""
    kind, shapes = PEOPLE[name]
    torch.manual_seed(0)
    module = kind().eval()
    text = archc.from_module(module, [example(shape) for shape in shapes])
    made = archc.load(text).eval()
    state = {key: value for key, value in module.state_dict().items() if key in made.state_dict()}
    made.load_state_dict(state, strict=True)
    given = [example(shape, 3) for shape in shapes]
    with torch.no_grad():
        theirs = list(_tensors(module(*given)))
        ours = list(_tensors(made(*[row if row.dim() > 1 else row.unsqueeze(1) for row in given])))
    assert len(ours) == len(theirs)
    for one, other in zip(ours, theirs, strict=True):
        torch.testing.assert_close(one, _as_here(other, one), rtol=1e-4, atol=1e-5)


def _as_here(tensor: Tensor, like: Tensor) -> Tensor:
    """Of one number an image, and of time before the batch."""
    if tensor.dim() < like.dim():
        return tensor.unsqueeze(1)
    return tensor if tensor.shape == like.shape else tensor.transpose(0, 1)


def _tensors(answer: object) -> Iterator[Tensor]:
    if isinstance(answer, Tensor):
        yield answer
    elif isinstance(answer, Mapping):
        for item in answer.values():
            yield from _tensors(item)
    elif isinstance(answer, list | tuple):
        for item in answer:
            yield from _tensors(item)
    elif answer is not None:
        for item in vars(answer).values():
            yield from _tensors(item)


def test_a_module_with_norms_of_weights_stays_as_it_is() -> None:
    kind, shapes = PEOPLE["dilated"]
    module = kind()
    before = {key: value.clone() for key, value in module.state_dict().items()}
    archc.from_module(module, [example(shape) for shape in shapes])
    after = module.state_dict()
    assert list(after) == list(before)
    assert all(torch.equal(value, before[key]) for key, value in after.items())


@pytest.mark.parametrize(
    ("kind", "told"),
    [
        (Asks, "decides by the values of a tensor"),
        (Asks2, "decides by the values of a tensor"),
        (Asks3, "as long as the numbers say"),
    ],
)
def test_a_module_that_asks_its_input_for_numbers_is_told_why_that_is_no_network(kind: type[nn.Module], told: str) -> None:
    with pytest.raises(archc.ArchError) as error:
        archc.from_module(kind(), torch.zeros(2, 4))
    (row,) = error.value.diagnostics
    assert row.code == "F652"
    assert told in str(row.help)
    assert any("people_sequences.py" in note for note in row.notes)


class Counts(nn.Module):
    """Decides by a table of its own, which is the same for every input."""

    def __init__(self) -> None:
        super().__init__()
        self.fc = nn.Linear(4, 4)
        self.register_buffer("steps", torch.tensor(3))
        self.register_buffer("mask", torch.tensor([True, False]))

    def forward(self, x: Tensor) -> Tensor:
        for _ in range(int(self.steps)):  # type: ignore[arg-type]
            x = torch.relu(x)
        return self.fc(x) * 2 if self.mask.any() else x  # type: ignore[operator, no-any-return]


def test_a_module_may_ask_what_is_the_same_for_every_input() -> None:
    text = archc.from_module(Counts(), torch.zeros(2, 4))
    assert "scale(2)" in text
    assert "relu" in text


class Filled(nn.Module):
    """Covers what does not matter, in several ways."""

    def __init__(self) -> None:
        super().__init__()
        self.fc = nn.Linear(6, 6)

    def forward(self, x: Tensor) -> tuple[Tensor, ...]:
        ahead = torch.ones(6, 6).triu(1).bool()
        edge = torch.tensor([True, False, False, False, False, True])
        y = self.fc(x)
        scores = y @ y.transpose(1, 2)
        return (
            scores.masked_fill(ahead, -1e9).softmax(-1) @ y,
            y.masked_fill(edge, 0.0),
            y.masked_fill(edge, 0.25),
            torch.where(edge, y, 2.0),
        )


def test_a_mask_that_is_the_same_for_every_input_is_a_constant() -> None:
    module = Filled().eval()
    text = archc.from_module(module, torch.zeros(2, 6, 6))
    made = archc.load(text, weights=module.state_dict()).eval()
    given = torch.rand(3, 6, 6)
    with torch.no_grad():
        for one, other in zip(_tensors(made(given)), _tensors(module(given)), strict=True):
            torch.testing.assert_close(one, other, rtol=1e-4, atol=1e-5)
    assert "sdpa(scale = 1.0, causal = true)" in text or "causal = true" in text


class Doubled(torch.autograd.Function):
    """Writes into what it takes, to save memory."""

    @staticmethod
    def forward(ctx: Any, x: Tensor) -> Tensor:
        ctx.mark_dirty(x)
        return x.mul_(2)

    @staticmethod
    def backward(ctx: Any, *gradients: Tensor) -> Tensor:
        return gradients[0] * 2


class InPlace(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.first, self.second = nn.Linear(8, 8), nn.Linear(8, 2)

    def forward(self, x: Tensor) -> tuple[Tensor, Tensor]:
        x = self.first(x)
        y = Doubled.apply(x)
        return self.second(y), x


def test_a_function_with_gradients_of_its_own_may_write_into_what_it_takes() -> None:
    """What it wrote is what all read afterwards, by its old name and by its new one."""
    module = InPlace().eval()
    text = archc.from_module(module, torch.zeros(2, 8))
    assert text.count("scale(2)") == 1
    assert "`Doubled`" in text
    made = archc.load(text, weights=module.state_dict()).eval()
    given = torch.rand(3, 8)
    with torch.no_grad():
        for one, other in zip(made(given), module(given), strict=True):
            torch.testing.assert_close(one, other)
