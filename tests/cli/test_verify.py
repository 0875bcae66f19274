"""`archc verify`: the module beside a reference."""

from __future__ import annotations

import json
from importlib.util import find_spec
from pathlib import Path

import pytest
import torch
from torch import Tensor, nn

import archc
from archc.compiler.verify import _outputs

from .conftest import Run

pytestmark = pytest.mark.skipif(find_spec("torchvision") is None, reason="torchvision is not installed")

SMALL = ("--input", "3x64x64")


def test_equal(run: Run) -> None:
    result = run("verify", "resnet18", "--against", "torchvision:resnet18", *SMALL)
    assert result.exit_code == 0, result.output
    assert [line.split("  ")[0] for line in result.stdout.splitlines()] == ["good"] * 6
    assert "outputs for [3, 97, 97]" in result.stdout


def test_as_json(run: Run) -> None:
    document = json.loads(run("verify", "resnet18", "--against", "torchvision:resnet18", "--format", "json", *SMALL).stdout)
    assert (document["version"], document["against"], document["good"]) == (1, "torchvision:resnet18", True)
    assert document["findings"][0] == {"what": "parameters", "result": "11,689,512 and 11,689,512", "good": True}


def test_the_optimised_module_against_the_plain_one(run: Run) -> None:
    result = run("verify", "mobilenet_v2", *SMALL)
    assert result.exit_code == 0, result.output
    lines = result.stdout.splitlines()
    assert [line.split("  ")[0] for line in lines] == ["good"] * 9
    assert "52 batch norms folded into the layers before them" in lines[0]
    assert "the same, loaded from a file for [3, 97, 97]" in result.stdout


def test_another_network(run: Run) -> None:
    result = run("verify", "resnet34", "--against", "torchvision:resnet18", *SMALL)
    assert result.exit_code == 1
    assert "BAD   parameters " in result.stdout
    assert "lacks" in result.stdout


def test_the_same_weights_in_another_function(run: Run, folder: Path) -> None:
    text = (Path(__file__).parents[2] / "architectures" / "squeezenet.arch").read_text(encoding="utf-8")
    changed = text.replace("relu", "leaky_relu(0.2)")
    assert changed.count("leaky_relu") > 0
    (folder / "other.arch").write_text(f"{changed}\nnetwork other = squeezenet\n", encoding="utf-8")
    result = run("verify", "other.arch", "--against", "torchvision:squeezenet1_1", *SMALL)
    assert result.exit_code == 1
    assert "good  keys of the state_dict" in result.stdout
    assert "BAD   outputs for [3, 64, 64]" in result.stdout


@pytest.mark.parametrize(
    ("against", "code", "told"),
    [
        ("resnet18", "F618", "names no reference"),
        ("my.pt2", "F618", "`my.pt2` is a file, and what it holds takes its own sizes alone"),
        ("torchvision:resnt18", "F618", "did you mean `resnet18`"),
        ("no_such_package:resnet18", "F651", "there is no module `no_such_package`"),
    ],
)
def test_no_reference(run: Run, against: str, code: str, told: str) -> None:
    result = run("verify", "resnet18", "--against", against, *SMALL)
    assert result.exit_code == 1
    assert f"error[{code}]" in result.stderr
    assert told in result.stderr


OF_ONES_OWN = """
from torch import nn

class Net(nn.Module):
    def __init__(self, act=nn.ReLU):
        super().__init__()
        self.c1 = nn.Conv2d(3, 8, 3, padding=1)
        self.act = act()
        self.fc = nn.Linear(8, 5)

    def forward(self, x):
        features = self.act(self.c1(x))
        return {"all": [features], "logits": self.fc(features.mean((2, 3)))}

def other():
    return Net(nn.SiLU)
"""

IN_THE_LANGUAGE = """
network net {
  input x[3, 32, 32]
  c1: conv(8, 3, bias = true)
  features: relu
  global_avgpool -> flatten
  fc: linear(5)
  output all = features
  output logits = fc
}
"""


@pytest.mark.parametrize(("name", "good"), [("Net", True), ("other", False)])
def test_a_module_of_ones_own(run: Run, folder: Path, name: str, good: bool) -> None:
    (folder / "of_ones_own.py").write_text(OF_ONES_OWN, encoding="utf-8")
    (folder / "net.arch").write_text(IN_THE_LANGUAGE, encoding="utf-8")
    result = run("verify", "net.arch", "--against", f"of_ones_own.py:{name}")
    assert "good  keys of the state_dict       the same 4" in result.stdout, result.output
    assert result.exit_code == (0 if good else 1) and ("BAD" in result.stdout) is not good
    assert result.stdout.count("outputs for [3, 32, 32]") == result.stdout.count("outputs for [3, 65, 65]") == 1
    result = run(
        "bench", "net.arch", "--against", f"of_ones_own.py:{name}", "--ways", "eager,reference", "--rounds", "2", "--seconds", "0.2"
    )
    assert result.exit_code == 0 and "reference" in result.stdout, result.output


class Wave(nn.Module):
    """A thing whose answer turns round with the last digits of what it is given, as maxima do that are nearly equal."""

    def __init__(self, times: float, beside: float) -> None:
        super().__init__()
        self.times, self.beside = times, beside

    def forward(self, x: Tensor) -> Tensor:
        return (x * self.times).sin() + self.beside


def test_an_answer_that_leaps_with_a_rounding_is_told_as_such() -> None:
    images = [torch.linspace(1, 2, 100)]
    leaping = _outputs("outputs", Wave(1e8, 0.01), Wave(1e8, 0), images, native=True)
    assert leaping.good and "the reference's own answer changes by" in leaping.result
    wrong = _outputs("outputs", Wave(1, 0.01), Wave(1, 0), images, native=True)
    assert not wrong.good and wrong.result == "largest relative difference 1.0e-02"


@pytest.mark.slow
def test_weights_of_ones_own(run: Run, folder: Path) -> None:
    """Those of a file are in both modules: one that gives no numbers for any image is seen."""
    module = archc.load("squeezenet1_1")
    torch.save(module.state_dict(), folder / "own.pth")
    for arguments in ((), ("--against", "torchvision:squeezenet1_1")):
        result = run("verify", "squeezenet1_1", *SMALL, "--weights", "own.pth", *arguments)
        assert result.exit_code == 0, result.output
        assert "own.pth: all 52 tensors" in result.stderr
    torch.save({key: value * float("nan") for key, value in module.state_dict().items()}, folder / "none.pth")
    result = run("verify", "squeezenet1_1", *SMALL, "--weights", "none.pth", "--against", "torchvision:squeezenet1_1")
    assert result.exit_code == 1 and "no finite number" in result.stdout


def test_weights_that_do_not_fit(run: Run, folder: Path) -> None:
    torch.save({"conv1.weight": torch.zeros(64, 3, 7, 7)}, folder / "part.pth")
    result = run("verify", "resnet18", *SMALL, "--weights", "part.pth")
    assert result.exit_code == 1 and "F622" in result.stderr
    assert "`--skip` is about weights" in run("verify", "resnet18", "--skip", "fc.*").stderr
