"""Models whose operands have the batch axis alone, as times, ages and prices do: [batch] in PyTorch, [batch, 1] here."""

from __future__ import annotations

from collections.abc import Callable

import pytest
import torch
from torch import Tensor, nn

from .same import imported


class Numbers(nn.Module):
    """What is asked of two numbers an image."""

    def __init__(self, answer: Callable[[Numbers, Tensor, Tensor], Tensor]) -> None:
        super().__init__()
        self.gain, self.waves = nn.Parameter(torch.tensor(0.5)), nn.Parameter(torch.tensor([0.5, 1.0, 2.0]))
        self.wide, self.narrow = nn.Linear(1, 4), nn.Linear(4, 1)
        self.register_buffer("mean", torch.tensor(3.0))
        self.answer = answer

    def forward(self, a: Tensor, b: Tensor) -> Tensor:
        return self.answer(self, a, b)


ANSWERS: dict[str, Callable[[Numbers, Tensor, Tensor], Tensor]] = {
    "learned factor": lambda net, a, b: a * net.gain + (1 - net.gain) * b,
    "learned addend": lambda net, a, b: a + net.gain - b,
    "fixed": lambda net, a, b: a / net.mean + b * net.mean,
    "numbers": lambda net, a, b: 1 - 2 * a + 1 / (b.abs() + 1),
    "with a factor": lambda net, a, b: torch.add(a, b, alpha=2) - torch.sub(a, b, alpha=3),
    "on the way": lambda net, a, b: torch.lerp(a, b, 0.25),
    "functions": lambda net, a, b: torch.relu(a) * torch.sin(b) + a.clamp(-1, 1) ** 2,
    "waves": lambda net, a, b: torch.cat([(a[:, None] * net.waves).sin(), (b.unsqueeze(-1) * net.waves).cos()], -1),
    "outer": lambda net, a, b: torch.outer(a * b, net.waves),
    "einsum": lambda net, a, b: torch.einsum("b,d->bd", a, net.waves) * torch.einsum("b,b->b", a, b)[:, None],
    "together": lambda net, a, b: torch.stack([a, b], -1).norm(dim=-1) + torch.stack([a, b]).sum(0),
    "layers": lambda net, a, b: net.narrow(torch.relu(net.wide(a[:, None]))).squeeze(-1) * b,
    "an image": lambda net, a, b: (a * b)[:, None, None, None].expand(-1, 2, 3, 3),
}


@pytest.mark.parametrize("name", ANSWERS)
def test_numbers_an_image_are_reckoned_with(name: str) -> None:
    """Asked anew with another batch; a wrong stretch over the batch would be seen."""
    imported(Numbers(ANSWERS[name]), [torch.rand(2), torch.rand(2)], [torch.rand(5), torch.rand(5)])


def test_a_learned_number_is_a_factor_of_an_image() -> None:
    class Scaled(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.conv, self.gain = nn.Conv2d(3, 4, 3), nn.Parameter(torch.tensor(0.5))

        def forward(self, x: Tensor) -> Tensor:
            return x[:, :1, 1:-1, 1:-1] + self.conv(x) * self.gain

    imported(Scaled(), [torch.rand(2, 3, 8, 8)], [torch.rand(3, 3, 8, 8)])
