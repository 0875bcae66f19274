"""Weights that two layers share: said as one learned tensor that both read, or refused by name."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch
from torch import nn

import archc


class Tied(nn.Module):
    """A table of words that is the output layer, too; with a bias, and with a second use of the table, as asked for."""

    def __init__(self, bias: bool = False, twice: bool = False) -> None:
        super().__init__()
        self.e = nn.Embedding(100, 16)
        self.l = nn.Linear(16, 16)
        self.o = nn.Linear(16, 100, bias=bias)
        self.o.weight = self.e.weight
        self.d = nn.Embedding(100, 16) if twice else None
        if self.d is not None:
            self.d.weight = self.e.weight

    def forward(self, t: torch.Tensor) -> torch.Tensor:
        x: torch.Tensor = self.e(t)
        return self.o(self.l(x if self.d is None else x + self.d(t)))  # type: ignore[no-any-return]


class Layers(nn.Module):
    """Two layers, of which the second has the weight of the first and a bias of its own where it has one."""

    def __init__(self, first: nn.Module, second: nn.Module) -> None:
        super().__init__()
        self.a, self.b = first, second
        self.b.weight = self.a.weight

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.b(self.a(x))  # type: ignore[no-any-return]


WORDS = torch.zeros(1, 7, dtype=torch.long)


@pytest.mark.parametrize(("bias", "twice"), [(False, False), (True, False), (False, True), (True, True)])
def test_an_output_layer_that_is_tied_to_its_embedding_is_one_tensor_that_both_read(bias: bool, twice: bool) -> None:
    text = archc.from_module(Tied(bias, twice), WORDS)
    assert text.count("parameter([100, 16]") == 1 and 'skip("e.weight") -> permute([1, 0])' in text
    assert "`o.weight` is tied to `e.weight`" in text and "no run reads" not in text
    keys = archc.load(text).state_dict().keys()
    assert keys == {"e.weight", "l.weight", "l.bias", *(["o.bias"] if bias else [])}


def test_two_dense_layers_with_one_weight_and_two_biases() -> None:
    text = archc.from_module(Layers(nn.Linear(16, 16), nn.Linear(16, 16)), torch.zeros(1, 5, 16))
    assert text.count("parameter([16, 16]") == 1
    assert archc.load(text).state_dict().keys() == {"a.weight", "a.bias", "b.bias"}


def test_two_dense_layers_of_a_vector_with_one_weight() -> None:
    module, given = Layers(nn.Linear(16, 16), nn.Linear(16, 16)).eval(), torch.rand(3, 16)
    made = archc.load(archc.from_module(module, torch.zeros(1, 16))).eval()
    made.load_state_dict({key: value for key, value in module.state_dict().items() if key != "b.weight"})
    with torch.no_grad():
        torch.testing.assert_close(made(given), module(given))


def test_one_layer_under_two_names_stays_a_layer() -> None:
    layer = nn.Linear(16, 16)
    assert "matmul" not in archc.from_module(Layers(layer, layer), torch.zeros(1, 5, 16))


@pytest.mark.parametrize(
    ("model", "shape", "told"),
    [
        (Layers(nn.Conv1d(8, 8, 1), nn.Conv1d(8, 8, 1, bias=False)), (1, 8, 5), "serve two of `conv` that differ in `bias`"),
        (Layers(nn.Conv1d(8, 8, 1, bias=False), nn.Conv1d(8, 8, 1, stride=2, bias=False)), (1, 8, 6), "that differ in `stride`"),
        (Layers(nn.Conv1d(9, 9, 1, bias=False), nn.ConvTranspose1d(9, 9, 1, bias=False)), (1, 9, 5), "`a` are tied: they serve a `conv` and a `deconv`"),
        (Layers(nn.LayerNorm(16), nn.PReLU(16)), (1, 16, 16), "`a` are tied: they serve a `ln` and a `prelu`"),
    ],
)  # fmt: skip
def test_what_the_language_cannot_tie_is_refused_by_name(model: nn.Module, shape: tuple[int, ...], told: str) -> None:
    with pytest.raises(archc.ArchError, match=told) as error:
        archc.from_module(model, torch.zeros(shape))
    assert error.value.diagnostics[0].code == "F653"


class Mirrored(nn.Module):
    """As many tied layers as there are layers, and as many answers of one number."""

    def __init__(self, count: int = 6) -> None:
        super().__init__()
        self.a, self.b = (nn.ModuleList(nn.Linear(8, 8) for _ in range(count)) for _ in range(2))
        for first, second in zip(self.a, self.b, strict=True):
            second.weight, second.bias = first.weight, first.bias

    def forward(self, x: torch.Tensor) -> list[torch.Tensor]:
        answers = []
        for layer in (*self.a, *self.b):
            x = layer(x).relu()
            answers.append(x.sum(-1))
        return answers


def test_what_is_as_true_of_many_is_told_once() -> None:
    text = archc.from_module(Mirrored(), torch.zeros(2, 8))
    assert (
        text.count("is tied to") == 1
        and "`b.0.weight` is tied to `a.0.weight`, whose name both have (and so with 11 more: `b.0.bias` and `a.0.bias`, " in text
    )
    assert text.count("[batch, 1] here") == 1 and "(and so with 11 more: `1`, `2`, `3`, …)" in text


class Shared(nn.Module):
    """One layer of modules, gone through under three names."""

    def __init__(self) -> None:
        super().__init__()
        self.one = nn.Sequential(nn.Linear(8, 8), nn.ReLU(), nn.Linear(8, 8))
        self.layers = nn.ModuleList([self.one, self.one])

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        for layer in self.layers:
            x = x + layer(x)
        return x


def test_modules_of_two_names_are_told_as_such() -> None:
    text = archc.from_module(Shared(), torch.zeros(2, 8))
    assert "`layers.0` is tied to `one`, whose name both have" in text and "`layers.1` is tied to `one`" in text
    assert ".weight" not in text, text


class OfOneLength(nn.Module):
    """Takes any length that falls into fours, where its text has the one."""

    def __init__(self) -> None:
        super().__init__()
        self.c, self.f = nn.Conv1d(3, 4, 3, padding=1), nn.Linear(4, 2)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.f(self.c(x).reshape(x.shape[0], 4, x.shape[2] // 4, 4).mean((2, 3)))  # type: ignore[no-any-return]


def test_a_size_that_the_text_refuses_stands_in_its_header() -> None:
    text = archc.from_module(OfOneLength(), torch.zeros(2, 3, 16))
    assert "## Note: the model takes [3, 32] as well, which the text refuses: it has sizes of [3, 16]." in text


class Words(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.table, self.head = nn.Embedding(20, 8), nn.Linear(8, 20, bias=False)
        self.head.weight = self.table.weight

    def forward(self, ids: torch.Tensor) -> torch.Tensor:
        return self.head(self.table(ids))  # type: ignore[no-any-return]


def test_a_program_tells_tied_weights_as_its_module_does(tmp_path: Path) -> None:
    """The name that comes first is not the one that the program's graph reads."""
    program = torch.export.export(Words().eval(), (torch.zeros(2, 6, dtype=torch.long),), dynamic_shapes=({0: torch.export.Dim("n")},))
    torch.export.save(program, tmp_path / "words.pt2")
    for each in (program, torch.export.load(tmp_path / "words.pt2")):
        text = archc.from_exported(each)
        assert "tied to" in text and "no run reads" not in text
