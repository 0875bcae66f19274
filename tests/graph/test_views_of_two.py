"""Views that read a second tensor for its size alone are steps like any other: every command that lowers the graph takes them."""

from __future__ import annotations

import pytest
import torch

import archc

SAMPLES = {
    "crop to an input": "conv(1, 3, pad = 2) -> crop(like = x)",
    "crop to a step": "e: conv(1, 3)\n  skip(x)\n  conv(1, 3, pad = 2) -> crop(like = e)",
    "in a merge": "conv(8, 3, stride = 2) -> deconv(1, 3, stride = 2, pad = 1, out_pad = 1)\n  sub { | skip -> crop(like = x) | skip(x) }",
    "upsample": "conv(1, 3, stride = 2) -> upsample(like = x)",
}


@pytest.mark.parametrize("name", SAMPLES)
def test_like(name: str) -> None:
    network = archc.compile(f"network n {{\n  input x[1, 29, 31]\n  {SAMPLES[name]}\n}}\n")
    cost = network.cost()
    with torch.no_grad():
        answer = network.to_module().eval()(torch.randn(2, 1, 29, 31))
    assert tuple(answer.shape[1:]) == cost.outputs[0][1]
