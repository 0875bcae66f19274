"""Models whose weights would take gigabytes are proved on numbers that they share."""

import pytest
import torch
from torch import nn

from archc.compiler.importer import large_models
from archc.compiler.importer.importing import import_model
from archc.compiler.importer.large_models import Undrawn, Windows, is_large
from archc.compiler.importer.prove import prove
from archc.compiler.importer.sources import Model, model_of_module


class Tower(nn.Module):
    """Layers of one size, a tied one and one that runs twice."""

    def __init__(self) -> None:
        super().__init__()
        self.layers = nn.ModuleList(nn.Linear(32, 32) for _ in range(3))
        self.norm = nn.BatchNorm1d(32)
        self.head = nn.Linear(32, 32, bias=False)
        self.head.weight = self.layers[0].weight
        self.gate_bias = nn.Parameter(torch.randn(40, 32))  # large, with the name of a small one

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        for layer in self.layers:
            x = torch.relu(layer(x)) + self.gate_bias[3]
        return self.head(self.norm(x))


@pytest.fixture
def small_is_large(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(large_models, "MOST_NUMBERS", 100)
    monkeypatch.setattr(large_models, "LARGE", 1000)


def tower() -> Model:
    return model_of_module(Tower(), torch.rand(2, 32))


@pytest.mark.usefixtures("small_is_large")
def test_outputs_are_compared() -> None:
    model = tower()
    assert is_large(model.module)
    made = import_model(model)
    assert not made.proof.doubt and "outputs for [32] differ by" in made.proof.told


@pytest.mark.usefixtures("small_is_large")
def test_a_text_that_is_another_is_seen() -> None:
    model = tower()
    text = import_model(model).text
    for before, after in (("relu", "gelu"), ("bn", "bn(eps = 0.1)")):
        assert before in text
        assert prove(text, tower()).is_equal and not prove(text.replace(before, after, 1), tower()).is_equal


@pytest.mark.usefixtures("small_is_large")
def test_somebodys_weights_are_as_they_were() -> None:
    model = tower()
    before = {key: (value.data_ptr(), value.clone()) for key, value in model.module.state_dict().items()}
    import_model(model)
    after = model.module.state_dict()
    assert after.keys() == before.keys()
    assert all(after[key].data_ptr() == place and torch.equal(after[key], numbers) for key, (place, numbers) in before.items())


def test_windows_share_their_memory_and_differ() -> None:
    windows = Windows(torch.Generator().manual_seed(0))
    one, two = windows.of(torch.Size([300, 200]), 0.5), windows.of(torch.Size([300, 200]), 0.5)
    assert one.untyped_storage().data_ptr() == two.untyped_storage().data_ptr() and not torch.equal(one, two)
    assert abs(float(one.std()) - 0.5) < 0.01
    assert one.is_contiguous() and one.data_ptr() % 64 == two.data_ptr() % 64


def test_random_numbers_of_large_parameters_are_not_drawn(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(large_models, "LARGE", 100)
    large, small, table = nn.Parameter(torch.zeros(200)), nn.Parameter(torch.zeros(50)), torch.zeros(200)
    with Undrawn(), torch.no_grad():
        for tensor in (large, small, table):
            tensor.uniform_(1, 2).mul_(2)
        worked = nn.Parameter(torch.ones(200)).mul_(3)  # never drawn: a number of its own
    assert not large.any() and bool(small.ge(2).all()) and bool(table.ge(2).all()) and bool(worked.eq(3).all())
