"""What a network asks of `torch.nn.init` while it is made: how each of its weights starts, in PyTorch's own words."""

from __future__ import annotations

import contextlib
import inspect
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import torch
    from torch import nn

Start = tuple[str, dict[str, Any]]
"""The function of `torch.nn.init`, and its arguments, with the shape in the place of the tensor."""


@contextlib.contextmanager
def watched_starts(fill: bool) -> Iterator[dict[int, tuple[torch.Tensor, Start]]]:
    """By the identity of each tensor, how it was started last; with `fill` it is started, too."""
    from torch import nn

    functions = [name for name in dir(nn.init) if name.endswith("_") and not name.startswith("_")]
    found: dict[int, tuple[torch.Tensor, Start]] = {}
    kept: dict[str, Callable[..., Any]] = {name: getattr(nn.init, name) for name in functions}

    def recorder(name: str) -> Callable[..., Any]:
        first, signature = kept[name], inspect.signature(kept[name])

        def start(tensor: torch.Tensor, *args: Any, **kwargs: Any) -> Any:
            made = first(tensor, *args, **kwargs) if fill else tensor
            row = signature.bind(tensor, *args, **kwargs)
            row.apply_defaults()
            found[id(tensor)] = tensor, (name, {**row.arguments, "tensor": tuple(tensor.shape)})
            return made

        return start

    for name in functions:
        setattr(nn.init, name, recorder(name))
    try:
        yield found
    finally:
        for name, function in kept.items():
            setattr(nn.init, name, function)


def starts_of(module: nn.Module, found: dict[int, tuple[torch.Tensor, Start]]) -> dict[str, Start]:
    """The same by key."""
    return {key: found[id(tensor)][1] for key, tensor in module.named_parameters() if id(tensor) in found}
