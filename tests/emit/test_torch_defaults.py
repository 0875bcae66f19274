"""The table of what PyTorch's constructors take, held against PyTorch."""

from __future__ import annotations

import inspect

import pytest
from torch import nn

from archc.compiler.codegen.torch_defaults import CHANNELS, DEFAULTS, POSITIONS


def classes(family: str) -> list[type[nn.Module]]:
    """The classes of a family: of each number of dimensions, where there are several."""
    word = family.removeprefix("nn.")
    return [getattr(nn, name) for name in (word, f"{word}1d", f"{word}2d", f"{word}3d") if hasattr(nn, name)]


@pytest.mark.parametrize("family", DEFAULTS)
def test_defaults(family: str) -> None:
    found = classes(family)
    assert found
    for made in found:
        parameters = inspect.signature(made).parameters
        for name, value in DEFAULTS[family].items():
            if name in parameters:  # nn.AvgPool1d has no divisor, nn.Dropout2d no more than a probability
                assert parameters[name].default == value, (made, name)
        assert any(name in parameters for name in DEFAULTS[family])


@pytest.mark.parametrize("family", POSITIONS)
def test_positions(family: str) -> None:
    for made in classes(family):
        names = list(inspect.signature(made).parameters)
        assert names[: len(POSITIONS[family])] == list(POSITIONS[family]), made


def test_channels_are_arguments() -> None:
    known = {name for family in POSITIONS for name in POSITIONS[family]}
    assert known >= CHANNELS
