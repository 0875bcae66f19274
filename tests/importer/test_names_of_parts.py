"""Parts of a model whose names the compiler has a use for itself."""

from __future__ import annotations

import torch
from torch import nn

import archc


class Named(nn.Module):
    """Its last layer is called as the port of a network is."""

    def __init__(self) -> None:
        super().__init__()
        self.body = nn.Conv2d(3, 4, 3)
        self.output = nn.Linear(4, 2)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.output(self.body(x).mean((2, 3)))  # type: ignore[no-any-return]


def test_a_layer_may_be_called_output() -> None:
    module = Named().eval()
    text = archc.from_module(module, torch.zeros(2, 3, 8, 8))
    made = archc.load(text, weights=module.state_dict()).eval()
    image = torch.rand(3, 3, 8, 8)
    with torch.no_grad():
        torch.testing.assert_close(made(image), module(image))
