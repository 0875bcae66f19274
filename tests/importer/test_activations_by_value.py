"""Activations that a model works out step by step become the words that they are, however they are written."""

from __future__ import annotations

import math
from collections.abc import Callable

import pytest
import torch
from torch import Tensor, nn
from torch.nn import functional as F

from .same import imported

SPELLED: dict[str, tuple[Callable[[Tensor], Tensor], str]] = {
    "GELU by erf (BERT)": (lambda x: x * 0.5 * (1.0 + torch.erf(x / math.sqrt(2.0))), "gelu"),
    "GELU by erf, halved at last": (lambda x: x * (1 + torch.erf(x * 2**-0.5)) / 2, "gelu"),
    "GELU by erfc": (lambda x: 0.5 * x * torch.erfc(-x / math.sqrt(2.0)), "gelu"),
    "GELU by tanh (GPT-2)": (
        lambda x: 0.5 * x * (1.0 + torch.tanh(math.sqrt(2.0 / math.pi) * (x + 0.044715 * torch.pow(x, 3.0)))),
        "gelu(tanh = true)",
    ),
    "GELU by tanh, x factored out": (lambda x: 0.5 * x * (1 + torch.tanh(0.7978845608 * x * (1 + 0.044715 * x * x))), "gelu(tanh = true)"),
    "Swish": (lambda x: x / (1 + torch.exp(-x)), "silu"),
    "sigmoid by exp": (lambda x: 1 / (1 + (-x).exp()), "sigmoid"),
    "mish by log": (lambda x: x * torch.tanh(torch.log(1 + torch.exp(x))), "mish"),
    "mish by softplus": (lambda x: x * F.softplus(x).tanh(), "mish"),
    "hard swish": (lambda x: x * F.relu6(x + 3) / 6, "hard_swish"),
    "hard sigmoid by clamp": (lambda x: (x + 3).clamp(0, 6) / 6, "hard_sigmoid"),
    "softplus": (lambda x: torch.log1p(x.exp()), "softplus"),
}


class Act(nn.Module):
    def __init__(self, function: Callable[[Tensor], Tensor]) -> None:
        super().__init__()
        self.function = function

    def forward(self, x: Tensor) -> Tensor:
        return self.function(x)


@pytest.mark.parametrize("name", SPELLED)
def test_it_is_the_word(name: str) -> None:
    function, word = SPELLED[name]
    text = imported(nn.Sequential(nn.Conv2d(3, 4, 3), Act(function)), [torch.rand(2, 3, 8, 8)], [torch.randn(3, 3, 8, 8)])
    assert text.splitlines()[-2].endswith(f"-> {word}")


class HardSigmoid(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.relu = nn.ReLU6()

    def forward(self, x: Tensor) -> Tensor:
        answer: Tensor = self.relu(x + 3) / 6
        return answer


class HardSwish(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.sigmoid = HardSigmoid()

    def forward(self, x: Tensor) -> Tensor:
        answer: Tensor = x * self.sigmoid(x)
        return answer


def test_of_modules_within_modules() -> None:
    text = imported(nn.Sequential(nn.Conv2d(3, 4, 3), HardSwish()), [torch.rand(2, 3, 8, 8)], [torch.randn(3, 3, 8, 8)])
    assert text.splitlines()[-2].endswith("-> hard_swish")


class Gated(nn.Module):
    """GEGLU: half of the channels, activated, times the other half."""

    def __init__(self) -> None:
        super().__init__()
        self.proj = nn.Linear(8, 16)

    def forward(self, x: Tensor) -> Tensor:
        value, gate = self.proj(x).chunk(2, -1)
        return value * (gate * 0.5 * (1 + torch.erf(gate / 2**0.5)))


def test_of_one_factor_of_a_product() -> None:
    text = imported(Gated(), [torch.rand(2, 8)], [torch.randn(3, 8)])
    assert "gelu" in text and "mul" in text and "erf" not in text


class Read(nn.Module):
    """What is read elsewhere stays, and so does what is like an activation and is none."""

    def __init__(self, function: Callable[[Tensor], Tensor]) -> None:
        super().__init__()
        self.first, self.function = nn.Linear(8, 8), function

    def forward(self, x: Tensor) -> Tensor:
        return self.function(self.first(x))


def _sigmoid_twice(x: Tensor) -> Tensor:
    gate = torch.sigmoid(x)
    return x * gate + gate


@pytest.mark.parametrize("function", [_sigmoid_twice, lambda x: x * torch.sigmoid(1.702 * x), lambda x: x * torch.sigmoid(x + 0.001)])
def test_what_is_none_stays_as_it_is_written(function: Callable[[Tensor], Tensor]) -> None:
    text = imported(Read(function), [torch.rand(2, 8)], [torch.randn(3, 8)])
    assert "sigmoid" in text and "silu" not in text and "gelu" not in text
