"""Functions of a model with gradients of their own (`torch.autograd.Function`): a text has their steps, and those steps' gradients."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator
from typing import Any

import torch


@contextlib.contextmanager
def noting(names: dict[str, None], settled: Callable[[torch.Tensor], None]) -> Iterator[None]:
    """While it is open, the functions that a model has with gradients of its own are noted as they are applied.

    What they took is `settled` afterwards: PyTorch counts another write of a tensor that they mark as dirty, whose writes were seen.
    """
    home = torch.autograd.Function
    first: Any = home.__dict__["apply"]

    def apply(cls: type, *args: Any, **kwargs: Any) -> Any:
        if not cls.__module__.startswith("torch."):
            names.setdefault(cls.__name__)
        made = first.__func__(cls, *args, **kwargs)
        for item in args:
            if isinstance(item, torch.Tensor):
                settled(item)
        return made

    home.apply = classmethod(apply)  # type: ignore[assignment, method-assign]
    try:
        yield
    finally:
        home.apply = first  # type: ignore[method-assign]
