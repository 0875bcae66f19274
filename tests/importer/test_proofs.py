"""What counts as equal was compared: a proof on inputs that a model refuses, or on answers without numbers, is none."""

from __future__ import annotations

import math
from collections.abc import Callable
from math import inf, nan

import pytest
import torch
from torch import Tensor, nn

import archc
from archc.compiler.importer.importing import import_model
from archc.compiler.importer.prove import SAME_FOR_ALL, prove
from archc.compiler.importer.sources import model_of_module
from archc.compiler.runtime.compared import compared, shows_nothing
from archc.compiler.verify import _outputs


class Picky(nn.Module):
    """Runs where there are no numbers, and refuses all that have some."""

    def __init__(self, says: str = "only for Tuesdays") -> None:
        super().__init__()
        self.fc = nn.Linear(4, 3)
        self.says = says

    def forward(self, x: Tensor) -> Tensor:
        if not x.is_meta:
            raise ValueError(self.says)
        return self.fc(x)  # type: ignore[no-any-return]


class Takes(nn.Module):
    """Refuses what is negative."""

    def __init__(self, wanted: Callable[[Tensor], bool]) -> None:
        super().__init__()
        self.fc = nn.Linear(4, 3)
        self.wanted = wanted

    def forward(self, x: Tensor) -> Tensor:
        if not x.is_meta and not self.wanted(x):
            raise ValueError("not these")
        return self.fc(x)  # type: ignore[no-any-return]


class Last(nn.Module):
    """A linear layer and what comes after it."""

    def __init__(self, last: Callable[[Tensor], Tensor], features: int = 3) -> None:
        super().__init__()
        self.fc = nn.Linear(4, features)
        self.last = last

    def forward(self, x: Tensor) -> Tensor:
        return self.last(self.fc(x))


X = torch.zeros(2, 4)


def text(last: str, features: int = 3) -> str:
    return f"network last {{\n  input x[4]\n  fc: linear({features}) -> {last}\n}}\n"


def test_a_model_that_refuses_every_input_is_refused() -> None:
    with pytest.raises(archc.ArchError, match="F652") as caught:
        archc.from_module(Picky(), X)
    assert "answers none of the inputs that it was compared on: ValueError: only for Tuesdays" in str(caught.value)


@pytest.mark.parametrize("wanted", [lambda x: bool((x == 1).all()), lambda x: bool((x == 0).all()), lambda x: bool((x < 0).any())])
def test_a_model_that_takes_some_numbers_is_compared_on_these(wanted: Callable[[Tensor], bool]) -> None:
    assert "fc: linear" in archc.from_module(Takes(wanted), X)


def test_a_model_without_a_finite_answer_is_refused() -> None:
    with pytest.raises(archc.ArchError, match="its outputs hold no finite number"):
        archc.from_module(Last(lambda y: torch.log(-1 - y.relu())), X)


def test_numbers_that_the_text_does_not_have_differ() -> None:
    """`log` of what is negative: NaN stands in the text's answer, and compares as neither more nor less."""
    proof = prove(text("log"), model_of_module(Last(lambda y: y.abs().log(), 3), X))
    assert not proof.is_equal and "differ by inf" in proof.told


def test_an_answer_that_is_the_same_for_all_is_said_to_show_nothing() -> None:
    module = Last(lambda y: y.softmax(1), features=1)
    assert prove(text("softmax", 1), model_of_module(module, X)).doubt == SAME_FOR_ALL
    assert SAME_FOR_ALL in archc.from_module(module, X).partition("network")[0].replace("\n## ", " ")


def test_one_number_an_image_is_compared_on_more_images() -> None:
    proof = prove(text("relu", 1), model_of_module(Last(torch.relu, 1), X))
    assert proof.is_equal and not proof.doubt


def test_another_text_for_one_number_differs() -> None:
    proof = prove(text("sigmoid", 1), model_of_module(Last(lambda y: y.tanh(), 1), X))
    assert not proof.is_equal


ROWS = {
    "equal": ([1.0, 2.0], [1.0, 2.0], 0.0, 2),
    "a NaN of ours": ([1.0, nan], [1.0, 2.0], inf, 2),
    "a NaN of theirs": ([1.0, 2.0], [1.0, nan], inf, 1),
    "NaN in both": ([1.0, nan], [1.0, nan], 0.0, 1),
    "NaN alone": ([nan], [nan], 0.0, 0),
    "infinities": ([inf, -inf, 1.0], [inf, -inf, 1.0], 0.0, 1),
    "another infinity": ([inf, 1.0], [-inf, 1.0], inf, 1),
    "NaN for infinity": ([nan, 1.0], [inf, 1.0], inf, 1),
    "nothing": ([], [], 0.0, 0),
    "zeros": ([0.0], [0.0], 0.0, 1),
    "half": ([1.0, 4.0], [2.0, 4.0], 0.25, 2),
}


@pytest.mark.parametrize("name", list(ROWS))
def test_compared(name: str) -> None:
    ours, theirs, difference, numbers = ROWS[name]
    found = compared([torch.tensor(ours)], [torch.tensor(theirs)])
    assert (found.difference, found.numbers) == (difference, numbers)


def test_truths_and_whole_numbers_are_compared_too() -> None:
    assert compared([torch.tensor([True, False])], [torch.tensor([True, True])]).difference == 1
    assert compared([torch.tensor([3])], [torch.tensor([4])]).difference == 0.25


def test_what_shows_nothing() -> None:
    flat, wide = compared([X], [X]), compared([torch.arange(3.0)], [torch.arange(3.0)])
    other = compared([X + 1], [X + 1])
    assert shows_nothing([flat]) and shows_nothing([flat, flat]) and shows_nothing([])
    assert not shows_nothing([wide]) and not shows_nothing([flat, other]) and not shows_nothing([flat, wide])


def test_what_both_refuse_at_the_size_of_the_network_is_not_verified() -> None:
    found = _outputs("outputs", Picky(), Picky(), [torch.rand(2, 4)], True)
    assert (found.good, found.result) == (False, "refused by both: only for Tuesdays")
    assert _outputs("outputs", Picky(), Picky(), [torch.rand(2, 4)], False).good


def test_an_answer_without_numbers_is_not_verified() -> None:
    nothing = Last(lambda y: y * nan)
    found = _outputs("outputs", nothing, nothing, [torch.rand(2, 4)], True)
    assert not found.good and "no finite number" in found.result


class Growing(nn.Module):
    """Blocks without norms: each makes what comes in many times larger, until there is no such number. Its own weights start small."""

    def __init__(self) -> None:
        super().__init__()
        self.layers = nn.ModuleList([nn.Sequential(nn.Linear(8, 8), nn.ReLU(), nn.Linear(8, 8)) for _ in range(60)])

    def forward(self, x: Tensor) -> Tensor:
        for layer in self.layers:
            x = x + 16 * layer(x)
        return x


def test_a_model_whose_numbers_grow_beyond_all_bounds_is_compared_with_smaller_weights() -> None:
    module = Growing().eval()
    text = archc.from_module(module, torch.zeros(2, 8))
    made = archc.load(text, weights=module.state_dict()).eval()
    given = torch.rand(3, 8)
    with torch.no_grad():
        torch.testing.assert_close(made(given), module(given), rtol=1e-3, atol=1e-3)


class LogOfLength(nn.Module):
    """As attention scales its logits to the length of what it reads."""

    def __init__(self) -> None:
        super().__init__()
        self.a = nn.Linear(8, 8)

    def forward(self, x: Tensor) -> Tensor:
        made: Tensor = self.a(x) * math.log(x.shape[1])
        return made


class Tagger(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.words, self.a = nn.Embedding(20, 8), nn.GRU(8, 4, batch_first=True)

    def forward(self, x: Tensor) -> Tensor:
        made: Tensor = self.a(self.words(x))[0]
        return made


def test_a_sequence_is_compared_at_another_length_and_in_another_batch() -> None:
    proof = import_model(model_of_module(Tagger(), torch.zeros(2, 6, dtype=torch.long))).proof
    assert proof.is_equal and not proof.doubt
    assert "outputs for [12] differ by" in proof.told and "outputs for [6], batch 2" in proof.told


def test_what_depends_on_the_length_is_told() -> None:
    """The text has one number there, whatever the length is."""
    proof = import_model(model_of_module(LogOfLength(), torch.zeros(2, 6, 8))).proof
    assert proof.is_equal and proof.doubt.startswith("at [12, 8] the text does not answer as the model does")
