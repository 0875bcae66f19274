"""A model that keeps its weights within bounds as it runs is its text with the weights that a run leaves behind; one that changes them at each run is none."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
import torch
import torch.nn.functional as F
from torch import Tensor, nn

import archc
from archc.compiler.importer.importing import import_model
from archc.compiler.importer.sources import model_of
from archc.compiler.importer.weights_out import after_a_run, weights_of

MODELS = """\
import torch
from torch import nn

class Bounded(nn.Conv2d):
    def forward(self, x):
        self.weight.data = torch.renorm(self.weight.data, p=2, dim=0, maxnorm=0.5)
        return super().forward(x)

class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.stem, self.last = Bounded(3, 4, 3), nn.Conv2d(4, 2, 1)

    def forward(self, x):
        return self.last(self.stem(x))
"""


class Changed(nn.Module):
    def __init__(self, change: Callable[[nn.Linear, Tensor], None]) -> None:
        super().__init__()
        self.fc, self.change = nn.Linear(8, 4), change

    def forward(self, x: Tensor) -> Tensor:
        with torch.no_grad():
            self.change(self.fc, x)
        out: Tensor = self.fc(x)
        return out


def renormed(layer: nn.Linear, _: Tensor) -> None:
    layer.weight.copy_(torch.renorm(layer.weight, p=2, dim=0, maxnorm=0.25))


def clamped(layer: nn.Linear, _: Tensor) -> None:
    layer.weight.data.clamp_(0.0)


def normalised(layer: nn.Linear, _: Tensor) -> None:
    layer.weight.data = F.normalize(layer.weight.data, dim=1)


def decayed(layer: nn.Linear, _: Tensor) -> None:
    layer.weight.mul_(0.9)


def learned(layer: nn.Linear, x: Tensor) -> None:
    layer.weight.data = layer.weight.data + 0.1 * x.mean(0)


@pytest.mark.parametrize("change", [renormed, clamped, normalised])
def test_weights_within_bounds_are_those_of_the_text(change: Callable[[nn.Linear, Tensor], None]) -> None:
    net = Changed(change).eval()
    text = archc.from_module(net, torch.zeros(2, 8))
    assert "fc: linear" in text and "parameter" not in text
    assert "the model changes weights of its own as it runs, also in evaluation, and the text does not: `fc.weight`" in text
    assert "both answer alike with the weights that a run leaves behind" in text
    given = torch.rand(3, 8)
    with torch.no_grad():
        theirs = net(given)
        assert torch.allclose(archc.load(text, weights=net.state_dict()).eval()(given), theirs, atol=1e-5)


@pytest.mark.parametrize("change", [decayed, learned])
def test_weights_that_are_others_at_each_run_are_no_network(change: Callable[[nn.Linear, Tensor], None]) -> None:
    with pytest.raises(archc.ArchError) as error:
        archc.from_module(Changed(change), torch.zeros(2, 8))
    (row,) = error.value.diagnostics
    assert row.code == "F655" and "other numbers at each run" in row.message and "`fc.weight`" in row.message


def test_the_weights_that_are_written_are_those_that_a_run_leaves_behind(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "bounded.py").write_text(MODELS, encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    model = model_of("bounded.py:Net", shapes=[(3, 8, 8)], filled=True)
    before = weights_of(model.module)
    import_model(model)
    after = after_a_run(model, before)
    assert torch.equal(before["last.weight"], after["last.weight"])
    assert torch.allclose(after["stem.weight"], torch.renorm(before["stem.weight"], 2, 0, 0.5))
