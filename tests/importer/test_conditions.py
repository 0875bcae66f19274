"""What stands under a condition stands there for the model's own reason, and not for what happens to go with it."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor, nn

import archc
from archc.compiler.importer.importing import import_model
from archc.compiler.importer.sources import model_of


class Unit(nn.Module):
    def __init__(self, channels: int, stride: int = 1, use_se: bool = False) -> None:
        super().__init__()
        self.conv = nn.Conv2d(8, channels, 3, stride, 1)
        self.se = nn.Conv2d(channels, channels, 1) if use_se else nn.Identity()

    def forward(self, x: Tensor) -> Tensor:
        x = self.conv(x)
        return x if isinstance(self.se, nn.Identity) else x * self.se(x.mean((2, 3), keepdim=True)).sigmoid()


class Net(nn.Module):
    """The gate stands where the stride is 1, by chance (FastViT's last unit)."""

    def __init__(self) -> None:
        super().__init__()
        self.first, self.second, self.last = Unit(8, 2), Unit(8, 2), Unit(16, 1, use_se=True)

    def forward(self, x: Tensor) -> Tensor:
        return self.last(self.second(self.first(x)))  # type: ignore[no-any-return]


def check(text: str) -> None:
    assert "stride == 1" not in text and "stride != 2" not in text, text
    gate = next(line for line in text.splitlines() if "global_avgpool" in line)
    assert "stride" not in gate, text


def test_an_argument_of_the_constructor_says_where_a_gate_is() -> None:
    text = import_model(model_of(f"{__name__}:Net", shapes=[(3 + 5, 16, 16)])).text
    check(text)
    assert "if use_se {" in text and "use_se = true" in text


def test_without_constructors_it_is_a_choice() -> None:
    check(archc.from_module(Net(), torch.rand(2, 8, 16, 16)))


class Halved(nn.Module):
    def __init__(self, channels: int, stride: int) -> None:
        super().__init__()
        self.conv, self.pool, self.shortcut = nn.Conv2d(8, channels, 3, 1, 1), nn.AvgPool2d(stride), nn.Conv2d(8, channels, 1, stride)
        self.stride = stride

    def forward(self, x: Tensor) -> Tensor:
        y = self.pool(self.conv(x)) if self.stride > 1 else self.conv(x)
        return y + (self.shortcut(x) if self.stride > 1 else x)


def halved() -> nn.Module:
    return nn.Sequential(*(Halved(8, stride) for stride in (1, 2, 1, 2)))


@pytest.mark.filterwarnings("ignore")
def test_what_goes_with_the_stride_more_than_once_does_so_by_it() -> None:
    text = import_model(model_of(f"{__name__}:halved", shapes=[(8, 16, 16)])).text
    assert "stride" in text
