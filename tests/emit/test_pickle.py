"""A model of `archc.load` goes where pickle goes: other processes, `torch.save`, copies."""

from __future__ import annotations

import copy
import pickle
import subprocess
import sys
from pathlib import Path

import pytest
import torch

from archc.api import load


@pytest.fixture(scope="module")
def model() -> torch.nn.Module:
    return load("resnet18", input="3x64x64").eval()


def test_a_model_pickles_with_its_weights(model: torch.nn.Module) -> None:
    again = pickle.loads(pickle.dumps(model))
    image = torch.rand(2, 3, 64, 64)
    assert type(again) is type(model)
    assert torch.equal(again(image), model(image))
    assert torch.jit.script(again)(image).shape == (2, 1000)


def test_a_copy_is_of_the_same_class_and_has_weights_of_its_own(model: torch.nn.Module) -> None:
    again = copy.deepcopy(model)
    assert type(again) is type(model)
    assert {id(row) for row in again.parameters()}.isdisjoint(id(row) for row in model.parameters())


def test_the_text_is_kept_once(model: torch.nn.Module) -> None:
    weights = sum(row.nbytes for row in model.state_dict().values())
    assert len(pickle.dumps(model)) < weights + 100_000


def test_another_process_reads_what_torch_saved(model: torch.nn.Module, tmp_path: Path) -> None:
    torch.save(model, tmp_path / "whole.pth")
    program = "import torch\nmodel = torch.load('whole.pth', weights_only=False)\nprint(tuple(model(torch.zeros(1, 3, 64, 64)).shape))"
    done = subprocess.run([sys.executable, "-c", program], cwd=tmp_path, capture_output=True, text=True, check=False, env=_environment())
    assert (done.stdout.strip(), done.returncode) == ("(1, 1000)", 0), done.stderr


def _environment() -> dict[str, str]:
    import os

    return {**os.environ, "PYTHONPATH": str(Path(__file__).parents[2])}
