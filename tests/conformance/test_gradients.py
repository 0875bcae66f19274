"""The eight networks of the main job: torchvision's checkpoint loads strictly, and one step of training has the same gradients.

Answers, eager and scripted, are compared in `test_equal.py`, with those of all other networks.
"""

from __future__ import annotations

import pytest
import torch
from torch import nn

from archc.compiler import driver
from archc.compiler.runtime.live_module import build
from tests.conformance import reference
from tests.conformance.modules import check_gradients, gradients, part_buffers, shake
from tests.sample import EVERYTHING, sample

MAIN = ("resnet18", "resnet34", "resnet50", "resnet101", "resnet152", "resnext50")
LARGE = ("resnext101_32x8d", "resnext101_64x4d")  # two sets of gradients of 350 MB each: for `make campaign`, which has the memory


def total(module: nn.Module, image: torch.Tensor) -> torch.Tensor:
    answer = module.train()(image)
    weights = torch.linspace(-1, 1, answer.numel()).view_as(answer)
    return (answer * weights).sum()


@pytest.mark.slow
@pytest.mark.parametrize("name", (*MAIN, *LARGE) if EVERYTHING else sample(MAIN, 2, 3))
def test_gradients(name: str) -> None:
    torch.manual_seed(0)
    theirs = shake(reference.build(name))
    with torch.device("meta"):
        ours = build(driver.compile(name).graph)
    ours.load_state_dict(theirs.state_dict(), strict=True, assign=True)
    part_buffers(ours)
    image = torch.randn(2, 3, 65, 65)
    wanted = gradients(theirs, lambda: total(theirs, image))

    def check(key: str, found: torch.Tensor) -> None:
        assert float((found - wanted[key]).norm()) <= 1e-4 * float(wanted[key].norm()) + 1e-12, key

    found = check_gradients(ours, lambda: total(ours, image), check)
    assert found == wanted.keys() == dict(theirs.named_parameters()).keys()
    statistics = dict(theirs.named_buffers())
    for key, value in ours.named_buffers():
        torch.testing.assert_close(value, statistics[key], msg=key)
