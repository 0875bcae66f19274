"""Functions of a model with gradients of their own (`torch.autograd.Function`): a text has their steps, and those steps' gradients."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from typing import Any

import torch


@contextlib.contextmanager
def noting(names: dict[str, None]) -> Iterator[None]:
    """While it is open, the functions that a model has with gradients of its own are noted as they are applied."""
    home = torch.autograd.Function
    first: Any = home.__dict__["apply"]

    def apply(cls: type, *args: Any, **kwargs: Any) -> Any:
        if not cls.__module__.startswith("torch."):
            names.setdefault(cls.__name__)
        return first.__func__(cls, *args, **kwargs)

    home.apply = classmethod(apply)  # type: ignore[assignment, method-assign]
    try:
        yield
    finally:
        home.apply = first  # type: ignore[method-assign]
