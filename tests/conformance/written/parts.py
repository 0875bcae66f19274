"""What several networks written by hand have in common."""

from __future__ import annotations

from collections import OrderedDict

from torch import nn


def named(**parts: nn.Module) -> nn.Sequential:
    """A chain whose parts have names."""
    return nn.Sequential(OrderedDict(parts))
