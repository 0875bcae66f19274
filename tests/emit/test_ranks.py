"""Modules that are alike but for the number of axes of a weight have classes of their own."""

from __future__ import annotations

import torch

from archc.compiler.codegen.pytorch import Mode
from archc.compiler.graph.graph import Graph
from archc.compiler.runtime.live_module import build
from tests.support import checked


def test_rounds_whose_factors_have_other_axes() -> None:
    text = "network n { input x[length = 4, channels = 2]\n repeat 2 { relu -> layer_scale -> reshape([channels = -1, length = 4, 2]) } }"
    program = checked(text, "n.arch").program
    assert program is not None
    module = build(Graph(program), Mode.TRAIN)
    assert {key: tuple(value.shape) for key, value in module.state_dict().items()} == {
        "blocks.0.layer_scale1": (2,),
        "blocks.1.layer_scale1": (1, 1, 1),
    }
    assert module(torch.ones(3, 4, 2)).shape == (3, 1, 4, 2)
