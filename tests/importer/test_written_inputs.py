"""A model that writes into what it takes (`x *= 255`) is one network still: each run has inputs of its own."""

from __future__ import annotations

import torch
from torch import Tensor, nn

import archc


class Ranged(nn.Module):
    """Of RCAN and EDSR as people run them: images of 0 to 1 as 0 to 255 within."""

    def __init__(self) -> None:
        super().__init__()
        self.head, self.tail = nn.Conv2d(3, 8, 3, padding=1), nn.Conv2d(8, 3, 3, padding=1)

    def forward(self, x: Tensor) -> Tensor:
        x *= 255.0
        x -= 100.0
        return self.tail(self.head(x).relu_()) / 255.0  # type: ignore[no-any-return]


def test_a_model_that_writes_into_its_input_is_no_random_one() -> None:
    """The second of two runs had the input of the first, times 255: it "answered otherwise each time"."""
    net, example, given = Ranged().eval(), torch.rand(2, 3, 8, 8), torch.rand(3, 3, 8, 8)
    before = example.clone()
    text = archc.from_module(net, [example])
    assert "scale(255" in text and torch.equal(example, before)
    made = archc.load(text).eval()
    made.load_state_dict(net.state_dict())
    with torch.no_grad():
        torch.testing.assert_close(made(given.clone()), net(given.clone()), rtol=1e-4, atol=1e-4)
