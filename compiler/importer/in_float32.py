"""Models that work in half precision in part: a text is in float32 throughout, so they are run so, and the header says it."""

from __future__ import annotations

import contextlib
import weakref
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import torch
from torch import nn
from torch.overrides import TorchFunctionMode

from .words import first_keys

Kinds = Mapping[torch.dtype, torch.dtype]

HALVES = (torch.float16, torch.bfloat16)
CASTS = {"half": torch.float16, "bfloat16": torch.bfloat16, "double": torch.float64}
"""Methods that are a cast each."""

_widened: weakref.WeakSet[nn.Module] = weakref.WeakSet()
"""Modules that had weights of several kinds, and have them of float32."""


def kinds_of(module: nn.Module) -> set[torch.dtype]:
    """The kinds of real numbers that its weights are of."""
    with torch._C.DisableTorchFunction():  # to ask is no call of the model's
        return {row.dtype for row in module.parameters() if row.is_floating_point()}


def widen(module: nn.Module) -> list[str]:
    """Make weights of several kinds float32, in place. Gives the note for the header."""
    if len(kinds_of(module)) < 2:
        return []
    other = {key: row.dtype for key, row in module.named_parameters() if row.is_floating_point() and row.dtype != torch.float32}
    module.float()
    _widened.add(module)
    kinds = " and ".join(sorted({str(kind).removeprefix("torch.") for kind in other.values()}))
    return [f"these weights are of {kinds} in the model, and of float32 here: {first_keys(other)}"]


OF_A_DICT = "a tensor is asked for its"
"""What a model is told that takes a dict, and was given a tensor."""


class _Wide(TorchFunctionMode):
    """Casts from one kind to another go to the kind that stands in for it."""

    def __init__(self, kinds: Kinds, seen: dict[str, None]) -> None:
        super().__init__()
        self.kinds, self.seen = kinds, seen

    def __torch_function__(
        self, function: Any, types: Sequence[type], args: Sequence[Any] = (), kwargs: Mapping[str, Any] | None = None
    ) -> Any:
        name = getattr(function, "__name__", "")
        if name == "__getitem__" and isinstance(args[1], str):
            raise TypeError(f"{OF_A_DICT} `{args[1]}`")  # PyTorch would take it for a list of letters
        if CASTS.get(name) in self.kinds and args and isinstance(args[0], torch.Tensor):
            return args[0].to(self._kind(CASTS[name]))
        if name == "type" and len(args) > 1 and isinstance(args[1], str) and args[1].startswith("torch.meta."):
            args = (args[0], getattr(torch, args[1].rpartition(".")[2]).dtype)  # `x.type(y.type())` of tensors without numbers
        given = {key: self._kind(value) for key, value in (kwargs or {}).items()}
        return function(*(self._kind(item) for item in args), **given)

    def _kind(self, value: Any) -> Any:
        if isinstance(value, torch.dtype) and value in self.kinds:
            self.seen[str(value).removeprefix("torch.")] = None
            return self.kinds[value]
        return value


@contextlib.contextmanager
def in_float32(module: nn.Module, seen: dict[str, None]) -> Iterator[None]:
    """While it is open nothing is cast to half precision (to float64, where a model is run in that); `seen` has what would have been."""
    kinds = kinds_of(module)
    target = next(iter(kinds), torch.float32)
    if len(kinds) > 1 or target not in (torch.float32, torch.float64):
        yield  # all of it is of another kind, which is told elsewhere
        return
    others = [*HALVES, torch.float64] if module in _widened and target is torch.float32 else HALVES
    with _without_autocast(seen), _Wide(dict.fromkeys(others, target), seen):
        yield


@contextlib.contextmanager
def _without_autocast(seen: dict[str, None]) -> Iterator[None]:
    home: Any = torch.autocast
    kept = home.__init__, home.__enter__, home.__exit__

    def init(self: Any, device_type: str, *rest: Any, **more: Any) -> None:
        kept[0](self, "cpu" if device_type == "meta" else device_type, *rest, **more)  # the device of a tensor that has no numbers

    def enter(self: Any) -> Any:
        if self._enabled and self.fast_dtype in HALVES:
            seen[str(self.fast_dtype).removeprefix("torch.")] = None
        return self

    home.__init__, home.__enter__, home.__exit__ = init, enter, lambda *_: None
    try:
        yield
    finally:
        home.__init__, home.__enter__, home.__exit__ = kept
