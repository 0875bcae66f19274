"""Generated modules against torchvision's: their checkpoints load, the answers are equal, and so are the gradients."""

from __future__ import annotations

import pytest
import torch
from torch import nn

from archc.compiler import driver
from archc.compiler.emit.module import build
from archc.compiler.emit.pytorch import Mode
from archc.compiler.emit.torchscript import script

from . import reference
from .comparing import difference, gradient_difference, gradients, images, shake

MAIN = (
    "resnet18 resnet34 resnet50 resnet101 resnet152 resnext50 resnext101_32x8d resnext101_64x4d".split()
)
"""The networks of the first release: checked in full."""

SIZES = (64, 97)


@pytest.fixture(autouse=True)
def one_thread() -> None:
    torch.set_num_threads(1)


def pair(name: str, mode: Mode = Mode.TRAIN) -> tuple[nn.Module, nn.Module]:
    """Ours and theirs, with the same weights; theirs are loaded strictly."""
    torch.manual_seed(0)
    theirs = reference.build(name)
    shake(theirs)
    ours = build(driver.compile(name).graph, mode)
    ours.load_state_dict(theirs.state_dict(), strict=True)
    return ours, reference.answering(name, theirs)


@pytest.mark.parametrize("name", MAIN)
def test_answers_and_gradients(name: str) -> None:
    ours, theirs = pair(name)
    ours.eval()
    theirs.eval()
    scripted = script(ours)
    with torch.no_grad():
        for size in SIZES:
            image = images(2, (3, size, size))
            wanted = theirs(image)
            assert difference(ours(image), wanted) < 1e-5
            assert difference(scripted(image), wanted) < 1e-5
    image = images(2, (3, 64, 64))
    assert gradient_difference(gradients(ours, image), gradients(theirs, image)) < 1e-4
