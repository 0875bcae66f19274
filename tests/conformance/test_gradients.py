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
from tests.conformance.modules import shake

MAIN = ("resnet18", "resnet34", "resnet50", "resnet101", "resnet152", "resnext50", "resnext101_32x8d", "resnext101_64x4d")


def gradients(module: nn.Module, image: torch.Tensor) -> dict[str, torch.Tensor]:
    answer = module.train()(image)
    weights = torch.linspace(-1, 1, answer.numel()).view_as(answer)
    (answer * weights).sum().backward()
    return {name: value.grad for name, value in module.named_parameters() if value.grad is not None}


@pytest.mark.slow
@pytest.mark.parametrize("name", MAIN)
def test_gradients(name: str) -> None:
    torch.manual_seed(0)
    theirs = shake(reference.build(name))
    ours = build(driver.compile(name).graph)
    ours.load_state_dict(theirs.state_dict(), strict=True)
    image = torch.randn(2, 3, 65, 65)
    wanted, found = gradients(theirs, image), gradients(ours, image)
    assert found.keys() == wanted.keys() == dict(theirs.named_parameters()).keys()
    for key, gradient in wanted.items():
        assert float((found[key] - gradient).norm()) <= 1e-4 * float(gradient.norm()) + 1e-12, key
    statistics = dict(theirs.named_buffers())
    for key, value in ours.named_buffers():
        torch.testing.assert_close(value, statistics[key], msg=key)
